import { describe, expect, it } from "vitest"
import type { File } from "@/contract"
import { changesOf, factsOf } from "@/features/message/changes"
import type { State } from "@/features/message/view"
import { en } from "./en"

const state = (rest: Partial<State>): State => ({ kind: "text", text: "", entities: [], files: [], content: null, media: null, ...rest })
const file = (id: number, name: string): File => ({ id, name, mime: "image/jpeg", size: 0, width: null, height: null, state: "ready" }) as unknown as File
const line = (parts: readonly { type: string; text: string }[] | null) =>
  parts?.map(({ type, text }) => (type === "same" ? text : type === "added" ? `{+${text}+}` : `[-${text}-]`)).join("") ?? null
const of = (before: Partial<State>, after: Partial<State>) => changesOf(state(before), state(after), en, "en")

describe("the changes of a version", () => {
  it("of a caption", () => {
    const changes = of({ kind: "photo", text: "A red lamp" }, { kind: "photo", text: "A green lamp" })
    expect(line(changes.words)).toBe("A [-red-]{+green+} lamp")
    expect(changes).toMatchObject({ kind: null, files: null, formatting: false, nothing: false })
  })
  it("of the formatting alone", () => {
    expect(of({ text: "a" }, { text: "a", entities: [{ type: "bold", offset: 0, length: 1 }] })).toMatchObject({ words: null, formatting: true, nothing: false })
  })
  it("of the kind and the file", () => {
    const changes = of({ kind: "photo", files: [file(1, "a.jpg")] }, { kind: "video", files: [file(2, "b.mp4")] })
    expect(changes.kind).toEqual({ before: "Photo", after: "Video" })
    expect(line(changes.files)).toBe("[-a.jpg-] {+b.mp4+}")
  })
  it("of a file that stayed: none", () => {
    expect(of({ kind: "photo", files: [file(1, "a.jpg")] }, { kind: "photo", files: [file(1, "a.jpg")] })).toMatchObject({ files: null, nothing: true })
  })
  it("of a checklist's ticks and a poll's votes", () => {
    const list = (done: boolean) => ({ kind: "checklist" as const, checklist: { title: "Before I call", tasks: [{ id: 1, text: "Fuse", done }] } })
    expect(line(of(list(false), list(true)).facts)).toBe("Before I call\n[-☐-]{+☑+} Fuse")
    expect(factsOf(state({ kind: "location", location: { latitude: 48.2, longitude: 16.4, title: "Shop" } }))).toBe("Shop\n48.20000, 16.40000")
  })
  it("of a spoiler", () => {
    expect(of({ kind: "photo" }, { kind: "photo", display: { spoiler: true, caption_above: false } })).toMatchObject({ display: true, nothing: false })
  })
})

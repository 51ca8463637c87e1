import { describe, expect, it } from "vitest"
import { noAnswer, type Answer, type FileKind } from "./answer"
import { buttonsLost, groupFiles, isCaption, planAnswer } from "./plan"

let no = 0
const file = (as: FileKind) => ({ id: `f${no++}`, file: new File(["x"], `${as}.bin`), url: "", as, facts: {} })
const answer = (kinds: readonly FileKind[], more: Partial<Answer> = {}): Answer => ({ ...noAnswer, files: kinds.map(file), ...more })
const buttons = [[{ text: "Yes", callback: "y" }]]
/** "photo+video: words [b]": the kinds, the text and whether there are buttons. */
const told = (parts: readonly Answer[]) => parts.map(({ files, text, buttons }) => `${files.map(({ as }) => as).join("+") || "text"}${text && `: ${text}`}${buttons.length > 0 ? " [b]" : ""}`)

describe("an answer becomes requests as the customer will see messages", () => {
  it.each([
    ["a text alone", answer([], { text: "hi" }), ["text: hi"]],
    ["photos and videos are one album", answer(["photo", "video", "photo"], { text: "hi" }), ["photo+video+photo: hi"]],
    ["documents are another one", answer(["photo", "document", "document"], { text: "hi" }), ["photo: hi", "document+document"]],
    ["a GIF stands alone", answer(["animation", "animation"]), ["animation", "animation"]],
    ["order is kept, so a family is an album only in a row", answer(["photo", "audio", "photo"]), ["photo", "audio", "photo"]],
    ["the caption goes to the first that takes one", answer(["sticker", "photo"], { text: "hi" }), ["sticker", "photo: hi"]],
    ["a sticker takes none: the text follows", answer(["sticker"], { text: "hi" }), ["sticker", "text: hi"]],
    ["buttons under a text", answer([], { text: "hi", buttons }), ["text: hi [b]"]],
    ["buttons under one photo", answer(["photo"], { text: "hi", buttons }), ["photo: hi [b]"]],
    ["an album has none: the text follows with them", answer(["photo", "photo"], { text: "hi", buttons }), ["photo+photo", "text: hi [b]"]],
    ["they belong to the last", answer(["photo", "photo", "document"], { text: "hi", buttons }), ["photo+photo: hi", "document [b]"]],
  ])("%s", (_why, given, expected) => expect(told(planAnswer(given))).toEqual(expected))

  it("the quote belongs to the first, the options to all", () => {
    const reply_to = { id: 5, direction: "in", kind: "text", content: null, preview: "?" } as const
    const parts = planAnswer(answer(["photo", "document"], { reply_to, quote: { text: "?", position: 0 }, options: { silent: true } }))
    expect(parts.map((part) => [part.reply_to?.id, part.quote?.text, part.options.silent])).toEqual([[5, "?", true], [undefined, undefined, true]])
  })
  it("no file is lost or doubled", () => {
    const kinds: FileKind[] = ["photo", "video", "animation", "audio", "voice", "video_note", "document", "sticker"]
    const all = answer([...kinds, ...kinds])
    expect(planAnswer(all).flatMap(({ files }) => files)).toEqual(all.files)
    expect(groupFiles(all.files).flat()).toEqual(all.files)
  })
  it("buttons of an album without a text would be lost", () => {
    expect(buttonsLost(answer(["photo", "photo"], { buttons }))).toBe(true)
    expect(buttonsLost(answer(["photo", "photo"], { buttons, text: "hi" }))).toBe(false)
    expect(buttonsLost(answer(["photo"], { buttons }))).toBe(false)
  })
  it("a caption has a limit of its own", () => {
    expect(isCaption(answer(["photo"], { text: "hi" }))).toBe(true)
    expect(isCaption(answer(["video_note"], { text: "hi" }))).toBe(false)
    expect(isCaption(answer([], { text: "hi" }))).toBe(false)
  })
})

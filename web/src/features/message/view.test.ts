import { describe, expect, it } from "vitest"
import type { Message } from "@/contract"
import { viewOfMessages, type BubbleView } from "./view"

let nextId = 1
const message = (about: Partial<Message>): Message => ({
  id: nextId++, conversation_id: 1, direction: "in", kind: "text", operator_id: null, actor: "customer", actor_id: null, text: "", entities: [], files: [], reply_to: null, album: null, content: null,
  forward: null, media: null, action: null, target_operator_id: null, client_id: null, delivery: null, delivery_error: null, origin: null,
  created_at: "2026-01-01T00:00:00Z", edited_at: null, ...about,
})
const file = (id: number) => ({ id, state: "ready", name: "photo.jpg", mime: "image/jpeg", size: 1, width: 4, height: 3 }) as const
/** Every word that the bubble draws, in its order, with * behind what is marked as edited. */
const drawn = ({ captions, placeholders }: BubbleView) =>
  [...captions, ...placeholders.flatMap(({ words }) => words ?? [])].map(({ text, edited }) => text + (edited ? "*" : ""))

describe("a bubble shows every word of its messages", () => {
  it.each(["document", "video", "voice", "audio", "animation", "paid_media", "live_photo", "hologram"])("under a content that cannot be drawn: %s", (content) => {
    const view = viewOfMessages([message({ kind: "unsupported", content, text: "refund me", edited_at: "2026-01-01T00:01:00Z" })], "Eve")
    expect(drawn(view)).toEqual(["refund me*"])
    expect(view.placeholders.map((one) => one.content)).toEqual([content])
  })
  it.each([
    ["photos and a video in one album", [message({ kind: "photo", files: [file(1)], text: "before" }), message({ kind: "unsupported", content: "video", text: "after" })], ["before", "after"], 1],
    ["two documents, each with words", [message({ kind: "unsupported", content: "document", text: "one" }), message({ kind: "unsupported", content: "document", text: "two" })], ["one", "two"], 2],
    ["two photos, each with words", [message({ kind: "photo", files: [file(1)], text: "one" }), message({ kind: "photo", files: [file(2)], text: "two", edited_at: "2026-01-01T00:01:00Z" })], ["one", "two*"], 0],
    ["a live photo without sizes", [message({ kind: "unsupported", content: "live_photo", text: "still here" })], ["still here"], 1],
  ] as const)("%s", (_why, messages, words, placeholders) => {
    const view = viewOfMessages(messages, "Eve")
    expect(drawn(view)).toEqual(words)
    expect(view.placeholders).toHaveLength(placeholders)
  })
  it("the mark stays when an edit took the words away", () => {
    const [plain, edited] = [message({ kind: "photo", files: [file(1)] }), message({ kind: "photo", files: [file(2)], edited_at: "2026-01-01T00:01:00Z" })]
    expect(viewOfMessages([plain, edited], "Eve").editedBare).toBe(edited.id)
  })
  it("a forward's origin stays, whatever is forwarded", () => {
    const forward = { kind: "hidden_user", name: "Secret Fox" } as const
    expect(viewOfMessages([message({ kind: "unsupported", content: "voice", forward })], "Eve").forward).toEqual(forward)
  })
})

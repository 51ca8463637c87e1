import { describe, expect, it } from "vitest"
import type { Message } from "@/contract"
import { isLoose, viewOfMessages, type BubbleView } from "./view"

let nextId = 1
const message = (about: Partial<Message>): Message => ({
  id: nextId++, conversation_id: 1, direction: "in", kind: "text", operator_id: null, actor: "customer", actor_id: null, text: "", entities: [], files: [], reply_to: null, album: null, content: null,
  forward: null, media: null, action: null, target_operator_id: null, client_id: null, delivery: null, delivery_error: null, origin: null,
  created_at: "2026-01-01T00:00:00Z", edited_at: null, ...about,
})
const file = (id: number) => ({ id, state: "ready", name: "photo.jpg", mime: "image/jpeg", size: 1, width: 4, height: 3 }) as const
/** Every word that the bubble draws, in its order, with * behind what is marked as edited. */
const drawn = ({ captions, pieces }: BubbleView) =>
  [...captions, ...pieces.flatMap(({ words }) => words ?? [])].map(({ text, edited }) => text + (edited ? "*" : ""))

describe("a bubble shows every word of its messages", () => {
  it.each(["document", "video", "voice", "audio", "animation", "paid_media", "live_photo", "hologram"])("under a content that cannot be drawn: %s", (content) => {
    const view = viewOfMessages([message({ kind: "unsupported", content, text: "refund me", edited_at: "2026-01-01T00:01:00Z" })], "Eve")
    expect(drawn(view)).toEqual(["refund me*"])
    expect(view.pieces.map((one) => [one.content, one.state])).toEqual([[content, null]])
  })
  it.each([
    ["photos and a video in one album", [message({ kind: "photo", files: [file(1)], text: "before" }), message({ kind: "unsupported", content: "video", text: "after" })], ["before", "after"], 1],
    ["two documents, each with words", [message({ kind: "unsupported", content: "document", text: "one" }), message({ kind: "unsupported", content: "document", text: "two" })], ["one", "two"], 2],
    ["two photos, each with words", [message({ kind: "photo", files: [file(1)], text: "one" }), message({ kind: "photo", files: [file(2)], text: "two", edited_at: "2026-01-01T00:01:00Z" })], ["one", "two*"], 0],
    ["a live photo without sizes", [message({ kind: "unsupported", content: "live_photo", text: "still here" })], ["still here"], 1],
  ] as const)("%s", (_why, messages, words, pieces) => {
    const view = viewOfMessages(messages, "Eve")
    expect(drawn(view)).toEqual(words)
    expect(view.pieces).toHaveLength(pieces)
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

describe("each kind is drawn as itself", () => {
  const video = { ...file(7), name: "clip.mp4", mime: "video/mp4", duration_ms: 4000 }
  const shapes = (view: BubbleView) => [...view.visuals.map(({ type }) => type), ...view.pieces.map(({ kind, state }) => (state ? kind : "placeholder"))]
  it.each([
    ["a video is looked at", { kind: "video", files: [video] }, ["video"]],
    ["so is an animation", { kind: "animation", files: [video] }, ["animation"]],
    ["a live photo is one picture of two files", { kind: "live_photo", files: [file(1), video] }, ["live"]],
    ["a picture sent as a file stays a file", { kind: "document", files: [file(1)] }, ["document"]],
    ["so does a video", { kind: "document", files: [video] }, ["document"]],
    ["a voice message", { kind: "voice", files: [{ ...file(2), mime: "audio/ogg" }] }, ["voice"]],
    ["paid media: what can be seen and what it costs", { kind: "paid_media", files: [file(1), video], paid_media: { stars: 5, hidden: 1 } }, ["photo", "video", "paid_media"]],
    ["a game has its picture above it", { kind: "game", files: [file(1)], game: { title: "Chess", description: "" } }, ["photo", "game"]],
    ["formatted: pictures are looked at, other files are files", { kind: "rich", text: "Hi", files: [file(1), { ...file(3), mime: "audio/mpeg" }, { ...file(4), mime: "application/zip" }] }, ["photo", "audio", "document"]],
    ["a fact that is missing leaves a placeholder", { kind: "poll" }, ["placeholder"]],
    ["a sticker without its file", { kind: "sticker", sticker: { format: "static" } }, ["placeholder"]],
    ["a gift needs no file", { kind: "gift", gift: { stars: 25 } }, ["gift"]],
  ] as [string, Partial<Message>, string[]][])("%s", (_why, about, expected) => expect(shapes(viewOfMessages([message(about)], "Eve"))).toEqual(expected))

  it("an album of photos and videos is one grid, one of files a list", () => {
    const mixed = [message({ kind: "photo", files: [file(1)] }), message({ kind: "video", files: [video] })]
    expect(shapes(viewOfMessages(mixed, "Eve"))).toEqual(["photo", "video"])
    const files = [message({ kind: "document", files: [file(1)] }), message({ kind: "document", files: [file(2)], text: "both" })]
    expect(shapes(viewOfMessages(files, "Eve"))).toEqual(["document", "document"])
    expect(drawn(viewOfMessages(files, "Eve"))).toEqual(["both"])
  })
  it("covers and captions above are kept", () => {
    const view = viewOfMessages([message({ kind: "photo", files: [file(1)], text: "look", display: { spoiler: true, caption_above: true } })], "Eve")
    expect([view.visuals[0]?.spoiler, view.captionAbove]).toEqual([true, true])
  })
  it("a sticker stands without a bubble, a photo does not", () => {
    expect(isLoose(viewOfMessages([message({ kind: "sticker", files: [file(1)] })], "Eve"))).toBe(true)
    expect(isLoose(viewOfMessages([message({ kind: "photo", files: [file(1)] })], "Eve"))).toBe(false)
    expect(isLoose(viewOfMessages([message({ kind: "sticker" })], "Eve"))).toBe(false)
  })
})

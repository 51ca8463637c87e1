import { describe, expect, it } from "vitest"
import type { Message } from "@/contract"
import { abilitiesOf } from "./abilities"
import { toEdit, whyNoDelete, whyNoEdit } from "./may"

const now = Date.parse("2026-03-03T12:00:00Z")
const message = (about: Partial<Message>): Message => ({
  id: 1, conversation_id: 1, direction: "out", kind: "text", operator_id: 1, actor: "operator", actor_id: 1, text: "hi", entities: [], files: [], reply_to: null, album: null, content: null, forward: null, media: null,
  action: null, target_operator_id: null, client_id: null, delivery: "sent", delivery_error: null, origin: null, created_at: "2026-03-03T11:00:00Z", edited_at: null, can: { edit: true, delete: true }, ...about,
})
const [telegram, app] = [abilitiesOf("telegram"), abilitiesOf("mobile")]
const no = { edit: false, delete: false }

describe("why an answer cannot be changed", () => {
  it.each([
    ["it can", message({}), telegram, null],
    ["a sticker has no text", message({ kind: "sticker", can: no }), telegram, "wordless"],
    ["an app shows what was sent", message({ can: no }), app, "channel"],
    ["nobody knows whether it arrived", message({ can: no, delivery: "uncertain" }), telegram, "uncertain"],
    ["it is deleted", message({ deleted_at: "2026-03-03T11:30:00Z" }), telegram, "deleted"],
  ] as const)("edit: %s", (_why, one, channel, expected) => expect(whyNoEdit(one, channel)).toBe(expected))

  it.each([
    ["it can", message({}), telegram, null],
    ["48 hours have passed since it was loaded", message({ created_at: "2026-03-01T11:59:00Z" }), telegram, "old"],
    ["the server says so", message({ created_at: "2026-03-01T11:00:00Z", can: { edit: true, delete: false } }), telegram, "old"],
    ["one that was not sent is never too old", message({ created_at: "2026-03-01T11:00:00Z", delivery: "failed" }), telegram, null],
    ["an app keeps what was sent", message({ can: no }), app, "channel"],
  ] as const)("delete: %s", (_why, one, channel, expected) => expect(whyNoDelete(one, channel, now)).toBe(expected))

  it("of an album the one with the caption is edited", () => {
    const album = [message({ id: 1, kind: "photo", text: "" }), message({ id: 2, kind: "photo", text: "words" })]
    expect(toEdit(album, telegram)?.id).toBe(2)
    expect(toEdit(album.map((one) => ({ ...one, text: "" })), telegram)?.id).toBe(1)
    expect(toEdit([message({ kind: "dice", can: no })], telegram)).toBeUndefined()
  })
})

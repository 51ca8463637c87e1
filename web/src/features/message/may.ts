import type { Message } from "@/contract"
import type { Abilities } from "./abilities"

/** What may be done to an answer, and otherwise why not. The server decides by the same rules. */
export type Refusal = "wordless" | "channel" | "uncertain" | "sending" | "old" | "deleted" | null

/** Kinds with a text or a caption. */
const worded: ReadonlySet<string> = new Set(["text", "photo", "live_photo", "video", "animation", "audio", "voice", "document", "paid_media", "rich"])

export function whyNoEdit(message: Message, channel: Abilities): Refusal {
  if (message.deleted_at) return "deleted"
  if (message.can?.edit) return null
  if (!worded.has(message.kind)) return "wordless"
  return message.delivery === "uncertain" ? "uncertain" : !channel.can("edit") ? "channel" : "sending"
}

/** `can` was true when the message came; time has passed since. */
export function whyNoDelete(message: Message, channel: Abilities, now = Date.now()): Refusal {
  if (message.deleted_at) return "deleted"
  const unsent = message.delivery === "queued" || message.delivery === "failed"
  const old = channel.deleteMs > 0 && now - Date.parse(message.created_at) >= channel.deleteMs
  if (message.can?.delete) return old && !unsent ? "old" : null
  if (message.delivery === "uncertain") return "uncertain"
  return !channel.can("delete") ? "channel" : old ? "old" : "sending"
}

/** Of an album the message with the caption, otherwise the first that can have one. */
export function toEdit(messages: readonly Message[], channel: Abilities): Message | undefined {
  const open = messages.filter((message) => whyNoEdit(message, channel) === null)
  return open.find(({ text }) => text !== "") ?? open[0]
}

import type { Conversation, MessageKind } from "@/contract"
import type { Catalogue } from "../i18n"

/** The name of a content that the panel cannot draw; a content newer than this program has none. */
export function contentName(content: string | null, t: Catalogue): string {
  return (content !== null && t.message.contents[content]) || t.message.unsupported
}

/** Who only pressed start sleeps until they write, and nobody put them to sleep. */
export function statusName({ status, inbound_count }: Conversation, t: Catalogue): string {
  return status === "snoozed" && inbound_count === 0 ? t.statusOfOne.silent : t.statusOfOne[status]
}

interface Told {
  kind: MessageKind
  content: string | null
  /** The words, or what the server puts where there are none: the content's name in the channel. */
  preview: string
}

/** One line that stands for a message: its own words wherever it has any, else what it is. */
export function messageLine({ kind, content, preview }: Told, t: Catalogue): string {
  const words = kind === "unsupported" && preview === content ? "" : preview
  if (words) return words
  return kind === "photo" ? t.message.photo : kind === "unsupported" ? contentName(content, t) : ""
}

import { channels, messageKinds, type Conversation, type Customer, type MessageKind } from "@/contract"
import { getLocale, type Catalogue } from "../i18n"
import { isVisible } from "./visible"

/** What stands for a message of this kind that has no words: see spec/kinds.tbl. */
export function kindName(kind: MessageKind): string {
  return messageKinds[kind].preview[getLocale()]
}

/** Whether a placeholder with the name of its content stands for a message of this kind. */
export function hasContent(kind: MessageKind): boolean {
  const { speaks, content } = messageKinds[kind]
  return speaks && content
}

/** The name of a content that the panel cannot draw; for one newer than this program, the name of the kind. */
export function contentName(content: string | null, t: Catalogue, kind: MessageKind = "unsupported"): string {
  return (content !== null && t.message.contents[content]) || kindName(kind)
}

/** Why a message could not be delivered, in the reader's language where the reason is the server's own. */
export function reasonText(reason: string, t: Catalogue): string {
  return t.message.reasons[reason] ?? reason
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

/** One line that stands for a message: its own words wherever one can see any, else what it is. */
export function messageLine({ kind, content, preview }: Told, t: Catalogue): string {
  if (isVisible(preview) && !(hasContent(kind) && preview === content)) return preview
  return (hasContent(kind) ? contentName(content, t, kind) : kindName(kind)) || t.message.blank
}

/** A text of which nothing can be seen: what stands for it is ours, and muted. */
export function isBlank({ kind, preview }: Pick<Told, "kind" | "preview">): boolean {
  return kind === "text" && !isVisible(preview)
}

/** Ids that only the server gives, to those who write from a site without having signed in there (docs/widget.md). */
const visitor = /^visitor-[\w-]{22}$/

/** By which way a customer comes, in the reader's words where the way has no name of its own. */
export function channelName({ channel, external_id }: Customer, t: Catalogue): string {
  if (channel !== "mobile") return channel in channels ? channels[channel as keyof typeof channels].title : channel
  return visitor.test(external_id) ? t.customer.webChat : t.customer.app
}

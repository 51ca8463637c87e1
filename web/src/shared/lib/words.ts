import { channels, messageKinds, type Conversation, type Customer, type MessageKind } from "@/contract"
import { getLocale, type Catalogue } from "../i18n"
import { isVisible } from "./visible"

/** The placeholder of a message of this kind without text: see spec/kinds.tbl. */
export function kindName(kind: MessageKind): string {
  return messageKinds[kind].preview[getLocale()]
}

/** Whether messages of this kind have a placeholder with the name of their content. */
export function hasContent(kind: MessageKind): boolean {
  const { counts, content } = messageKinds[kind]
  return counts && content
}

/** The name of content that the panel cannot show; for content newer than this program, the name of the kind. */
export function contentName(content: string | null, t: Catalogue, kind: MessageKind = "unsupported"): string {
  return (content !== null && t.message.contents[content]) || kindName(kind)
}

/** Why a message could not be delivered, translated if the reason is the server's own. */
export function reasonText(reason: string, t: Catalogue): string {
  return t.message.reasons[reason] ?? reason
}

/** The conversation of a customer who only pressed start is snoozed until they write, but nobody has snoozed it. */
export function statusName({ status, inbound_count }: Conversation, t: Catalogue): string {
  return status === "snoozed" && inbound_count === 0 ? t.statusOfOne.silent : t.statusOfOne[status]
}

interface Told {
  kind: MessageKind
  content: string | null
  /** The text, or the server's replacement if there is none: the content's name in the channel. */
  preview: string
}

/** Kinds whose preview is an emoji: the name of the kind follows it, as in "😄 Sticker". */
const named: ReadonlySet<MessageKind> = new Set(["sticker", "dice"])

/** A message in one line: its text if that is visible, otherwise the name of its content. */
export function messageLine({ kind, content, preview }: Told, t: Catalogue): string {
  if (isVisible(preview) && !(hasContent(kind) && preview === content)) return named.has(kind) ? `${preview} ${kindName(kind)}` : preview
  return (hasContent(kind) ? contentName(content, t, kind) : kindName(kind)) || t.message.blank
}

/** Whether a text has no visible character; a muted placeholder replaces it. */
export function isBlank({ kind, preview }: Pick<Told, "kind" | "preview">): boolean {
  return kind === "text" && !isVisible(preview)
}

/** Ids that the server generates for visitors of sites who have not signed in there (docs/widget.md). */
const visitor = /^visitor-[\w-]{22}$/

/** The customer's channel, translated unless it is a name. */
export function channelName({ channel, external_id }: Customer, t: Catalogue): string {
  if (channel !== "mobile") return channel in channels ? channels[channel as keyof typeof channels].title : channel
  return visitor.test(external_id) ? t.customer.webChat : t.customer.app
}

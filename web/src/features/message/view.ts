import type { Delivery, Entity, File, Forward, Media, Message, ReplyQuote } from "@/contract"
import { isVisible } from "@/shared/lib/visible"
import { hasContent } from "@/shared/lib/words"
import type { Outgoing } from "./outgoing"
import type { Photo } from "./photo-grid"

/** What one message says, with the mark that it was said differently before. */
export interface Words {
  /** Null before the server has it. */
  id: number | null
  text: string
  entities: readonly Entity[]
  edited: boolean
}

/** A content that cannot be drawn: it gets a card, and its words stand under it. */
export interface Placeholder {
  id: number
  kind: Message["kind"]
  content: string
  media: Media | null
  words: Words | null
}

/**
 * One bubble, whether the server has it already or not: both are brought into this shape, so nothing flickers between.
 * An album is one bubble: none of its members may hide what another one says.
 */
export interface BubbleView {
  id: number | null
  out: boolean
  author: string
  /** All its words, for copying and quoting. */
  text: string
  /** What stands in for them where there are none: "photo", or a content's name. */
  kind: Message["kind"]
  content: string | null
  photos: readonly Photo[]
  captions: readonly Words[]
  placeholders: readonly Placeholder[]
  /** An edited message that has no words to carry the mark. */
  editedBare: number | null
  edited: boolean
  forward: Forward | null
  reply: ReplyQuote | null
  delivery: Delivery | "pending" | null
  error: string | null
  at: string
  /** Written in the staff's group and not here. */
  fromGroup: boolean
  outgoing: Outgoing | null
}

/** A text that shows nothing is still all that a message of text has; under a picture there is then no caption. */
const says = ({ kind, text }: Message) => (kind === "text" ? text !== "" : isVisible(text))
const wordsOf = (message: Message): Words | null =>
  says(message) ? { id: message.id, text: message.text, entities: message.entities, edited: message.edited_at !== null } : null

export function photosOf(files: readonly File[], local?: readonly string[]): Photo[] {
  return files.map((file, i) => ({
    key: String(file.id),
    src: local?.[i] ?? `/api/files/${file.id}?size=thumb`,
    state: local?.[i] ? "ready" : file.state,
    width: file.width,
    height: file.height,
  }))
}

/** `local`: pictures of this browser's that need not be fetched. */
export function viewOfMessages(messages: readonly Message[], author: string, local?: readonly string[]): BubbleView {
  const first = messages[0] as Message
  const troubled = messages.find(({ delivery }) => delivery === "failed" || delivery === "uncertain") ?? messages.at(-1) ?? first
  const photos = photosOf(messages.flatMap(({ files }) => files), local)
  const drawn = messages.filter(({ kind }) => !hasContent(kind))
  const placeholders = messages
    .filter(({ kind }) => hasContent(kind))
    .map((message): Placeholder => ({ id: message.id, kind: message.kind, content: message.content ?? "", media: message.media, words: wordsOf(message) }))
  return {
    id: troubled.id, out: first.direction === "out", author, photos, placeholders,
    text: messages.filter(says).map(({ text }) => text).join("\n"), kind: first.kind, content: first.content,
    captions: drawn.flatMap((message) => wordsOf(message) ?? []),
    editedBare: messages.find((message) => !says(message) && message.edited_at !== null)?.id ?? null,
    edited: messages.some(({ edited_at }) => edited_at !== null), forward: messages.find(({ forward }) => forward)?.forward ?? null,
    reply: first.reply_to, delivery: first.direction === "out" ? troubled.delivery : null, error: troubled.delivery_error,
    at: first.created_at, fromGroup: first.origin === "staff_group", outgoing: null,
  }
}

export function viewOfOutgoing(outgoing: Outgoing, author: string): BubbleView {
  const { text, entities } = outgoing
  const photos = outgoing.photos.map(({ id, url }): Photo => ({ key: id, src: url, state: "ready", width: null, height: null }))
  return {
    id: null, out: true, author, text, kind: photos.length > 0 ? "photo" : "text", content: null, photos, placeholders: [],
    captions: text ? [{ id: null, text, entities, edited: false }] : [], editedBare: null, edited: false, forward: null, reply: outgoing.reply_to,
    delivery: outgoing.state === "failed" && !outgoing.waits ? "failed" : "pending", error: outgoing.error, at: outgoing.created_at,
    fromGroup: false, outgoing,
  }
}

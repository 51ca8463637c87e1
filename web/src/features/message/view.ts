import type { Change, Delivery, Entity, File, Forward, Media, Message, MessageEdit, MessageKind, Reaction, ReplyQuote } from "@/contract"
import { isVisible } from "@/shared/lib/visible"
import { hasContent } from "@/shared/lib/words"
import { kindOf, type Buttons, type Content, type OutgoingFile } from "./answer"
import type { Visual } from "./media-grid"
import type { Outgoing } from "./outgoing"

/** What one message says, with the mark that it was said differently before. */
export interface Words {
  /** Null before the server has it. */
  id: number | null
  text: string
  entities: readonly Entity[]
  edited: boolean
}

/** The content of a message or of an earlier version of it. */
export type State = Omit<MessageEdit, "replaced_at" | "replaced_by">

/** Content besides text and visuals, such as a file, a place or a poll. Its caption is below it. */
export interface Piece {
  key: string
  id: number
  kind: MessageKind
  content: string
  media: Media | null
  files: readonly File[]
  words: Words | null
  /** Null: it cannot be drawn, a placeholder is shown. */
  state: State | null
  at: string
}

/**
 * One bubble, whether the server has it already or not: both are brought into this shape, so nothing flickers between.
 * An album is one bubble: none of its members may hide what another one says.
 */
export interface BubbleView {
  id: number | null
  /** Those of the server; none before it has them. */
  messages: readonly Message[]
  out: boolean
  author: string
  /** All texts, for copying and quoting; the headline is used if there is no text. */
  text: string
  headline: string
  /** Used if there is neither. */
  kind: Message["kind"]
  content: string | null
  visuals: readonly Visual[]
  captions: readonly Words[]
  captionAbove: boolean
  pieces: readonly Piece[]
  /** An edited message that has no words to carry the mark. */
  editedBare: number | null
  edited: boolean
  forward: Forward | null
  reply: ReplyQuote | null
  /** The quoted part of the message in `reply` or `external`. */
  quote: string | null
  external: Message["external_reply"] | null
  via: string | null
  /** Of all members of an album; equal ones of one side once. */
  reactions: readonly Reaction[]
  delivery: Delivery | "pending" | null
  error: string | null
  /** Queued until then, because the channel asks to wait. */
  waitsUntil: string | null
  at: string
  buttons: Buttons
  pinned: boolean
  silent: boolean
  protected: boolean
  /** All of it was deleted by an operator. */
  deleted: boolean
  /** What has not reached the customer, or was refused. */
  change: Change | null
  /** Written in the staff's group and not here. */
  fromGroup: boolean
  outgoing: Outgoing | null
}

/** A text that shows nothing is still all that a message of text has; under a picture there is then no caption. */
const says = ({ kind, text }: Pick<Message, "kind" | "text">) => (kind === "text" ? text !== "" : isVisible(text))
const wordsOf = (message: Message): Words | null =>
  says(message) ? { id: message.id, text: message.text, entities: message.entities, edited: message.edited_at !== null } : null

// ---- visuals ----

const isPicture = ({ mime }: File) => mime.startsWith("image/")
const isMoving = ({ mime }: File) => mime.startsWith("video/")

/** Kinds whose pictures and videos are visuals; in other kinds they are files. */
const looks: ReadonlySet<MessageKind> = new Set(["photo", "live_photo", "video", "animation", "paid_media", "rich", "game"])

function visualOf(file: File, type: Visual["type"], spoiler: boolean, local?: string): Visual {
  return {
    key: String(file.id), file: file.id, type, spoiler, moving: null, mime: file.mime, size: file.size, duration_ms: file.duration_ms ?? 0,
    src: local ?? `/api/files/${file.id}?size=thumb`, full: local ?? `/api/files/${file.id}`,
    state: local ? "ready" : file.state, error: file.error, preview: local ? null : (file.preview ?? null), width: file.width, height: file.height,
  }
}

/** The visuals of a message, and its other files. */
function lookAt({ kind, files, display }: State, local?: readonly string[]): { visuals: Visual[]; rest: File[] } {
  const spoiler = display?.spoiler ?? false
  if (!looks.has(kind)) return { visuals: [], rest: [...files] }
  const [still, moving] = files
  if (kind === "live_photo" && still)
    return { visuals: [{ ...visualOf(still, "live", spoiler), moving: moving?.state === "ready" ? `/api/files/${moving.id}` : null }], rest: [] }
  const typeOf = (file: File): Visual["type"] | null => {
    if (kind === "photo") return "photo"
    if (kind === "video" || kind === "animation") return kind
    return isPicture(file) ? "photo" : isMoving(file) ? "video" : null
  }
  const visuals = files.flatMap((file, i) => {
    const type = typeOf(file)
    return type ? [visualOf(file, type, spoiler, local?.[i])] : []
  })
  return { visuals, rest: files.filter((file) => typeOf(file) === null) }
}

// ---- pieces ----

/** The kinds that are drawn as pieces, with the fact or file that each needs. */
const drawn: Partial<Record<MessageKind, (state: State) => unknown>> = {
  audio: ({ files }) => files[0], voice: ({ files }) => files[0], video_note: ({ files }) => files[0], document: ({ files }) => files[0], sticker: ({ files }) => files[0],
  location: ({ location }) => location, venue: ({ location }) => location, contact: ({ contact }) => contact, poll: ({ poll }) => poll,
  dice: ({ dice }) => dice, checklist: ({ checklist }) => checklist, story: ({ story }) => story, game: ({ game }) => game,
  invoice: ({ invoice }) => invoice, payment: ({ payment }) => payment, paid_media: ({ paid_media }) => paid_media, gift: ({ gift }) => gift,
  web_app_data: ({ web_app_data }) => web_app_data,
}

interface Shown {
  visuals: readonly Visual[]
  captions: readonly Words[]
  pieces: readonly Piece[]
}

/** What is shown of a message or of an earlier version of it. */
export function showState(state: State, { id, at, words, local }: { id: number; at: string; words: Words | null; local?: readonly string[] | undefined }): Shown {
  const { kind } = state
  const { visuals, rest } = lookAt(state, local)
  const piece: Piece = { key: String(id), id, kind, content: state.content ?? "", media: state.media, files: rest, words, state, at }
  const draw = drawn[kind]
  if (hasContent(kind) || (draw && !draw(state)) || (kind === "video" && visuals.length === 0))
    return { visuals: [], captions: [], pieces: [{ ...piece, state: null }] }
  if (draw) return { visuals, captions: [], pieces: [piece] }
  // Other files are shown as audio files or documents.
  const loose = rest.map((file): Piece => ({ ...piece, key: `${id}-${file.id}`, kind: file.mime.startsWith("audio/") ? "audio" : "document", files: [file], words: null }))
  return { visuals, captions: words ? [words] : [], pieces: loose }
}

function reactionsOf(messages: readonly Message[]): Reaction[] {
  const all = messages.flatMap(({ reactions }) => reactions ?? [])
  return all.filter(({ by, emoji }, i) => all.findIndex((one) => one.by === by && one.emoji === emoji) === i)
}

/** `local`: pictures of this browser's that need not be fetched. */
export function viewOfMessages(messages: readonly Message[], author: string, local?: readonly string[]): BubbleView {
  const first = messages[0] as Message
  const troubled = messages.find(({ delivery }) => delivery === "failed" || delivery === "uncertain") ?? messages.at(-1) ?? first
  let taken = 0
  const shown = messages.map((message) => {
    const mine = local?.slice(taken, (taken += message.files.length))
    return showState(message, { id: message.id, at: message.created_at, words: wordsOf(message), local: mine })
  })
  return {
    id: troubled.id, messages, out: first.direction === "out", author,
    visuals: shown.flatMap(({ visuals }) => visuals), captions: shown.flatMap(({ captions }) => captions), pieces: shown.flatMap(({ pieces }) => pieces),
    captionAbove: messages.some(({ display }) => display?.caption_above),
    text: messages.filter(says).map(({ text }) => text).join("\n"), headline: first.headline ?? "", kind: first.kind, content: first.content,
    editedBare: messages.find((message) => !says(message) && message.edited_at !== null)?.id ?? null,
    edited: messages.some(({ edited_at }) => edited_at !== null), forward: messages.find(({ forward }) => forward)?.forward ?? null,
    reply: first.reply_to, quote: first.quote?.text ?? null, external: first.external_reply ?? null, via: first.via?.name ?? null,
    reactions: reactionsOf(messages),
    delivery: first.direction === "out" ? troubled.delivery : null, error: troubled.delivery_error,
    waitsUntil: messages.find(({ delivery, retry_at }) => delivery === "queued" && retry_at)?.retry_at ?? null,
    at: first.created_at, fromGroup: first.origin === "staff_group", outgoing: null,
    buttons: messages.findLast(({ buttons }) => buttons)?.buttons ?? [],
    pinned: messages.some(({ pinned }) => pinned), silent: first.silent ?? false, protected: first.protected ?? false,
    deleted: messages.every(({ deleted_at }) => deleted_at), change: changeOf(messages),
  }
}

/** One that was refused tells more than one that waits. */
function changeOf(messages: readonly Message[]): Change | null {
  const changes = messages.flatMap(({ change }) => change ?? [])
  return changes.find(({ state }) => state === "failed") ?? changes[0] ?? null
}

/** Drawn as the messages that the server will make of it. */
export function viewOfOutgoing(outgoing: Outgoing, author: string): BubbleView {
  const parts = outgoing.files.length > 0 ? outgoing.files : [null]
  const view = viewOfMessages(parts.map((file, i) => messageOf(outgoing, file, i)), author, outgoing.files.map(({ url }) => url))
  return {
    ...view, id: null, messages: [], captions: view.captions.map((words) => ({ ...words, id: null })), outgoing,
    delivery: outgoing.state === "failed" && !outgoing.waits ? "failed" : "pending", error: outgoing.error, at: outgoing.created_at,
  }
}

function messageOf(outgoing: Outgoing, file: OutgoingFile | null, index: number): Message {
  const { conversation_id, content, reply_to, quote, options, buttons, created_at, client_id } = outgoing
  const first = index === 0
  return {
    id: -1 - index, conversation_id, direction: "out", kind: file?.as ?? kindOf(outgoing), operator_id: null, actor: "operator", actor_id: null,
    text: first ? outgoing.text : "", entities: first ? [...outgoing.entities] : [], files: file ? [fileOf(file, index)] : [], reply_to, album: null, content: null,
    forward: null, media: null, action: null, target_operator_id: null, client_id, delivery: null, delivery_error: null, origin: null, created_at, edited_at: null,
    ...(content && detailsOf(content)), ...(file?.as === "sticker" && { sticker: { format: "static" } }),
    ...(quote && { quote }), ...(buttons.length > 0 && { buttons: buttons.map((row) => [...row]) }),
    display: { spoiler: (options.spoiler ?? false) || (file?.facts.spoiler ?? false), caption_above: options.caption_above ?? false },
    silent: options.silent ?? false, protected: options.protected ?? false,
  }
}

function fileOf({ file, facts }: OutgoingFile, index: number): File {
  const { width = null, height = null, duration_ms } = facts
  return { id: -1 - index, state: "pending", name: file.name, mime: file.type, size: file.size, width, height, ...(duration_ms !== undefined && { duration_ms }) }
}

function detailsOf(content: Content): Partial<Message> {
  switch (content.kind) {
    case "location":
    case "venue": return { location: content.location }
    case "contact": return { contact: { ...content.contact, own: false } }
    case "dice": return { dice: { emoji: content.dice.emoji, value: 0 } }
    case "sticker": return { sticker: { format: "static", emoji: content.emoji }, files: [{ id: content.file_id, state: "ready", name: "", mime: "", size: 0, width: 512, height: 512 }] }
    case "poll": {
      const { options, correct_option, ...poll } = content.poll
      return { poll: { ...poll, options: options.map((text, i) => ({ text, voters: 0, correct: i === correct_option })), voters: 0, closed: false } }
    }
  }
}

/** Whether it is shown without a bubble: a sticker or a video message. */
export function isLoose({ pieces, visuals }: Pick<BubbleView, "pieces" | "visuals">): boolean {
  const [piece] = pieces
  return visuals.length === 0 && pieces.length === 1 && piece?.state != null && piece.words === null && (piece.kind === "sticker" || piece.kind === "video_note")
}

import type { Button, Contact, Dice, Entity, LinkPreview, Location, MessageKind, Poll, ReplyQuote } from "@/contract"

/** What an answer consists of, from its draft to the request. */

export type FileKind = "photo" | "video" | "animation" | "audio" | "voice" | "video_note" | "document" | "sticker"

/** What the browser knows of a file. */
export interface FileFacts {
  duration_ms?: number
  width?: number
  height?: number
  /** Of a voice message: loudness, each 0 to 31. */
  waveform?: readonly number[]
  /** Of a photo or video: covered until touched. */
  spoiler?: boolean
}

export interface OutgoingFile {
  id: string
  file: File
  url: string
  as: FileKind
  facts: FileFacts
}

/** A piece of the quoted message. */
export interface QuotedPiece {
  text: string
  /** In UTF-16 code units of that message's text. */
  position: number
}

export interface SendOptions {
  silent?: boolean
  protected?: boolean
  link_preview?: LinkPreview
  /** Of photos and videos. */
  spoiler?: boolean
  caption_above?: boolean
}

export type Buttons = readonly (readonly Button[])[]

export type NewPoll = Pick<Poll, "question" | "anonymous" | "multiple" | "quiz" | "explanation"> & {
  options: readonly string[]
  /** Of a quiz: the index of the right option. */
  correct_option?: number
}

/** A message without text and uploads. */
export type Content =
  | { kind: "location" | "venue"; location: Pick<Location, "latitude" | "longitude" | "title" | "address"> }
  | { kind: "contact"; contact: Omit<Contact, "own"> }
  | { kind: "poll"; poll: NewPoll }
  | { kind: "dice"; dice: Pick<Dice, "emoji"> }
  /** A sticker of a message in the desk. */
  | { kind: "sticker"; file_id: number; emoji: string }

/** One request: it becomes one message, one album, or the pieces of a long text. */
export interface Answer {
  text: string
  entities: readonly Entity[]
  files: readonly OutgoingFile[]
  content: Content | null
  reply_to: ReplyQuote | null
  quote: QuotedPiece | null
  options: SendOptions
  buttons: Buttons
}

export const noAnswer: Answer = { text: "", entities: [], files: [], content: null, reply_to: null, quote: null, options: {}, buttons: [] }

export const hasOptions = (options: SendOptions): boolean => Object.values(options).some((value) => value !== undefined && value !== false && value !== "auto")

/** The kind that a message of the answer has. */
export function kindOf({ files, content }: Pick<Answer, "files" | "content">): MessageKind {
  return content?.kind ?? files[0]?.as ?? "text"
}

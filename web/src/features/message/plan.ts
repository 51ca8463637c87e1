import { messageKinds, type MessageKind } from "@/contract"
import type { Answer, FileKind, OutgoingFile } from "./answer"

/**
 * Which requests an answer becomes. Files of one family in a row are an album; the server makes of each request what the
 * customer will see, so that the preview, the bubbles while sending and the result are the same.
 */
type Family = "visual" | "document" | "audio" | null
const families: Record<FileKind, Family> = {
  photo: "visual", video: "visual", document: "document", audio: "audio", animation: null, voice: null, video_note: null, sticker: null,
}
const captioned: ReadonlySet<MessageKind> = new Set(["photo", "video", "animation", "audio", "voice", "document"])

export const takesCaption = (files: readonly OutgoingFile[]): boolean => files[0] !== undefined && captioned.has(files[0].as)

export function groupFiles(files: readonly OutgoingFile[]): OutgoingFile[][] {
  const groups: OutgoingFile[][] = []
  for (const file of files) {
    const group = groups.at(-1)
    const family = families[file.as]
    if (group && family && group[0] && families[group[0].as] === family) group.push(file)
    else groups.push([file])
  }
  return groups
}

/**
 * The text is the caption of the first files that take one, and the buttons belong to the last message. An album has no
 * buttons: then the text follows it, with them.
 */
export function planAnswer(answer: Answer): Answer[] {
  const groups = groupFiles(answer.files)
  const { reply_to, quote, options, text, entities, buttons } = answer
  if (groups.length === 0) return [answer]
  const last = groups.at(-1) ?? []
  const apart = (buttons.length > 0 && last.length > 1) || !groups.some(takesCaption)
  const worded = apart ? null : groups.find(takesCaption)
  const parts: Answer[] = groups.map((files) => ({
    files, options, content: null,
    text: files === worded ? text : "", entities: files === worded ? entities : [],
    buttons: files === last && !apart ? buttons : [],
    reply_to: null, quote: null,
  }))
  if (apart && text !== "") parts.push({ text, entities, files: [], content: null, reply_to: null, quote: null, options, buttons })
  return parts.map((part, i) => (i === 0 ? { ...part, reply_to, quote } : part))
}

/** Buttons that no message of the answer could have: an album without a text, or nothing but a sticker with them. */
export function buttonsLost(answer: Answer): boolean {
  return answer.buttons.length > 0 && !planAnswer(answer).some(({ buttons }) => buttons.length > 0)
}

/** Whether the first message's text is a caption, which may be shorter than a text. */
export const isCaption = (answer: Answer): boolean => planAnswer(answer).some(({ files, text }) => files.length > 0 && text !== "")

export const kindsOf = (parts: readonly Answer[]): readonly MessageKind[] => parts.map(({ files, content }) => content?.kind ?? files[0]?.as ?? "text").filter((kind) => kind in messageKinds)

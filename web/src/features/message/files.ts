import { limits } from "@/contract"
import { getT } from "@/shared/i18n"
import { isolate } from "@/shared/lib/bidi"
import { uuid } from "@/shared/lib/id"
import { toast } from "@/shared/ui/toast"
import type { Abilities } from "./abilities"
import type { FileFacts, FileKind, OutgoingFile } from "./answer"
import { getDraft, updateDraft } from "./draft"
import { headBytes, kindsOfFile, named, typeOf, type FileType } from "./file-kinds"

const mostNames = 5

/** "a.pdf, b.txt +3": each is named as long as one can still read them. */
function namesOf(files: readonly File[]): string {
  const names = files.slice(0, mostNames).map(({ name }) => isolate(shorten(name))).join(", ")
  return files.length > mostNames ? `${names} +${files.length - mostNames}` : names
}

/** With its beginning and its ending, by which one knows a file. */
function shorten(name: string): string {
  const signs = [...name]
  return signs.length <= 40 ? name : `${signs.slice(0, 26).join("")}…${signs.slice(-12).join("")}`
}

const patienceMs = 4000

/** Size and length, as far as the browser can tell: it may not know the format. */
function measure(type: FileType, url: string): Promise<FileFacts> {
  const waited = new Promise<FileFacts>((resolve) => setTimeout(() => resolve({}), patienceMs))
  return Promise.race([waited, type === "jpeg" || type === "png" || type === "webp" || type === "gif" ? measurePicture(url) : measureMedia(type, url)])
}

function measurePicture(url: string): Promise<FileFacts> {
  return new Promise((resolve) => {
    const image = new Image()
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight })
    image.onerror = () => resolve({})
    image.src = url
  })
}

function measureMedia(type: FileType, url: string): Promise<FileFacts> {
  const moving = type === "mp4" || type === "mov" || type === "webm"
  if (!moving && type !== "mp3" && type !== "m4a" && type !== "ogg") return Promise.resolve({})
  return new Promise((resolve) => {
    const media = document.createElement(moving ? "video" : "audio")
    media.preload = "metadata"
    media.onloadedmetadata = () => {
      const { videoWidth: width, videoHeight: height } = media as HTMLVideoElement
      const length = Number.isFinite(media.duration) && media.duration > 0 ? { duration_ms: Math.round(media.duration * 1000) } : {}
      resolve({ ...length, ...(moving && width > 0 && { width, height }) })
      media.removeAttribute("src")
    }
    media.onerror = () => resolve({})
    media.src = url
  })
}

export type Wanted = "any" | "document"

interface Looked {
  file: OutgoingFile
  original: File
}

/** Null if it cannot be read: a folder, or a file that is gone. */
async function look(original: File, wanted: Wanted, channel: Abilities): Promise<Looked | "unreadable" | "refused" | "large_photo"> {
  let head: Uint8Array
  try {
    head = new Uint8Array(await original.slice(0, headBytes).arrayBuffer())
  } catch {
    return "unreadable"
  }
  const type = typeOf(head, original.name)
  const file = named(original, type)
  const url = URL.createObjectURL(file)
  const facts = await measure(type, url)
  const kinds = kindsOfFile(type, file.size, facts, channel)
  const as = wanted !== "any" && kinds.includes(wanted) ? wanted : kinds[0]
  if (as) return { original, file: { id: uuid(), file, url, as, facts } }
  URL.revokeObjectURL(url)
  return ["jpeg", "png", "webp", "gif"].includes(type) ? "large_photo" : "refused"
}

/** What of the chosen files can be sent; names the rest and says why they cannot. */
export async function acceptFiles(conversation: number, files: readonly File[], wanted: Wanted, channel: Abilities): Promise<void> {
  const t = getT().composer
  const refuse = (refused: readonly File[], why: string) => {
    if (refused.length > 0) toast.error(t.notAdded(namesOf(refused), why))
  }
  const empty = files.filter(({ size }) => size === 0)
  const large = files.filter(({ size }) => size > limits.file_max_bytes)
  refuse(empty, t.emptyFile)
  refuse(large, t.fileTooBig)
  const rest = files.filter((file) => !empty.includes(file) && !large.includes(file))
  const looked = await Promise.all(rest.map((file) => look(file, wanted, channel)))
  const because = (why: string) => rest.filter((_, i) => looked[i] === why)
  refuse(because("unreadable"), t.unreadable)
  refuse(because("refused"), t.notPhoto)
  refuse(because("large_photo"), t.tooBig)
  const good = looked.filter((one) => typeof one === "object")
  // Looking took a moment, in which others may have been added.
  let room = limits.files_max - getDraft(conversation).files.length
  let bytes = limits.files_max_bytes - getDraft(conversation).files.reduce((sum, { file }) => sum + file.size, 0)
  const added: OutgoingFile[] = []
  const crowded: File[] = []
  const heavy: File[] = []
  for (const { file, original } of good) {
    if (room <= 0) crowded.push(original)
    else if (file.file.size > bytes) heavy.push(original)
    else {
      added.push(file)
      room--
      bytes -= file.file.size
      continue
    }
    URL.revokeObjectURL(file.url)
  }
  refuse(crowded, channel.carries("document") ? t.tooManyFiles : t.tooMany)
  refuse(heavy, t.allTooBig)
  if (added.length > 0) updateDraft(conversation, (old) => ({ files: [...old.files, ...added] }))
}

/** Asks the browser again what the file is, for the choice of another kind. */
export async function choicesOf({ file, facts }: OutgoingFile, channel: Abilities): Promise<readonly FileKind[]> {
  const head = new Uint8Array(await file.slice(0, headBytes).arrayBuffer())
  return kindsOfFile(typeOf(head, file.name), file.size, facts, channel)
}

/** At once, and taken back by a press. */
export function removeFile(conversation: number, gone: string): void {
  const { files } = getDraft(conversation)
  const at = files.findIndex(({ id }) => id === gone)
  const file = files[at]
  if (!file) return
  updateDraft(conversation, (old) => ({ files: old.files.filter(({ id }) => id !== gone) }))
  const { composer, common } = getT()
  toast.done(composer.fileRemoved(file.as), {
    label: common.undo,
    run: () => {
      if (getDraft(conversation).files.length >= limits.files_max) return toast.error(composer.notAdded(file.file.name, composer.tooManyFiles))
      updateDraft(conversation, (old) => ({ files: old.files.toSpliced(at, 0, file) }))
    },
  })
}

export function changeFile(conversation: number, id: string, change: Partial<Pick<OutgoingFile, "as" | "facts">>): void {
  updateDraft(conversation, (old) => ({ files: old.files.map((file) => (file.id === id ? { ...file, ...change } : file)) }))
}

/** To the place of another file. */
export function moveFile(conversation: number, id: string, to: number): void {
  updateDraft(conversation, ({ files }) => {
    const file = files.find((one) => one.id === id)
    if (!file) return {}
    return { files: files.filter((one) => one !== file).toSpliced(Math.max(0, Math.min(to, files.length - 1)), 0, file) }
  })
}

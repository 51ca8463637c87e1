import type { Entity, MessageKind, ReplyQuote } from "@/contract"
import { beforeSignOut, onSessionEnd } from "@/features/access"
import { getT } from "@/shared/i18n"
import { fileKeys, readFile, removeFile, writeFile } from "@/shared/lib/file-store"
import { readJson, writeJson } from "@/shared/lib/storage"
import { createStore, useStore, type Store } from "@/shared/lib/store"
import { askConfirm } from "@/shared/ui/confirm"
import { hasOptions, type Buttons, type OutgoingFile, type QuotedPiece, type SendOptions } from "./answer"

/**
 * What was begun and not sent, whole: text with its formatting, files, the quoted message, options, and the edit of a sent
 * message. Kept in this browser for the operator who wrote it: words in the local storage at every stroke, files as
 * files. Other tabs follow.
 *
 * The record in the local storage says which files a draft has. Its list changes only by adding, removing and moving an
 * entry in the list as it stands, so that a tab that does not know of another one's file cannot lose it; and an entry is
 * added only when the file is kept, so that whoever reads the record finds the file. Until then the file is its own
 * tab's alone.
 */
export interface Draft {
  text: string
  entities: readonly Entity[]
  files: readonly OutgoingFile[]
  reply: ReplyQuote | null
  quote: QuotedPiece | null
  options: SendOptions
  buttons: Buttons
  /** While a sent message is edited in the field; the words above wait. */
  edit: Edit | null
  /** Ids of files that are still being read from the browser's store. */
  missing: readonly string[]
  /** Counts the changes that other tabs made. */
  elsewhere: number
}

/** A changed text of a message, which was sent or is to be. */
export interface Edit {
  id: number
  text: string
  entities: readonly Entity[]
  buttons: Buttons
  /** The text is a caption. */
  caption: boolean
  /** One of several files together, which carry no buttons. */
  album?: boolean
  /** Before the edit. */
  was: { text: string; entities: readonly Entity[]; buttons: Buttons }
}

/** What the list says of a draft. */
export interface DraftMark {
  text: string
  files: number
  /** Of the first file. */
  kind: MessageKind
}

type StoredFile = Pick<OutgoingFile, "id" | "as" | "facts">

/** As the local storage has it. */
interface StoredDraft extends Pick<Draft, "text" | "entities" | "reply" | "quote" | "options" | "buttons" | "edit"> {
  files: readonly StoredFile[]
}

const prefix = "switchboard.draft."
const shownLength = 80
/** A file that no record names belongs to a tab that is about to name it, or to none: for that long nobody can tell. */
const namingMs = 10_000
const empty = { text: "", entities: [], reply: null, quote: null, options: {}, buttons: [], edit: null }
const nothing: Draft = { ...empty, files: [], missing: [], elsewhere: 0 }

const drafts: Store<ReadonlyMap<number, Draft>> = createStore<ReadonlyMap<number, Draft>>(new Map())
const marks = createStore<ReadonlyMap<number, DraftMark>>(new Map())
/** Files of this tab that no record names yet, or ever, where the browser keeps no files. */
const unkept = new Set<string>()
/** Null while nobody is signed in: then nothing is kept. */
let owner: number | null = null

const keyOf = (id: number) => `${prefix}${owner}.${id}`
const fileKey = (key: string, file: string) => `${key}#${file}`

function keysOfAll(): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix))
  } catch {
    return []
  }
}

function readRecord(key: string): StoredDraft | null {
  const stored = readJson<Partial<StoredDraft> & { photos?: unknown }>(key)
  if (!stored) return null
  // Earlier versions kept the ids of photos, or only their number.
  const photos = (Array.isArray(stored.photos) ? stored.photos : []).map((id): StoredFile => ({ id: String(id), as: "photo", facts: {} }))
  return { ...empty, files: photos, ...stored }
}

/** Brings back this operator's drafts; those of whoever sat here before are removed. */
export function openDrafts(operator: number): void {
  if (owner === operator) return
  owner = operator
  drafts.set(new Map())
  marks.set(new Map())
  const mine = `${prefix}${operator}.`
  for (const key of keysOfAll()) {
    if (key.startsWith(mine)) restore(Number(key.slice(mine.length)))
    else writeJson(key, null)
  }
  void dropFiles((key) => key.startsWith(prefix) && !key.startsWith(mine))
  void dropNameless()
}

async function dropFiles(unwanted: (key: string) => boolean): Promise<void> {
  await Promise.all((await fileKeys()).filter(unwanted).map(removeFile))
}

async function dropNameless(): Promise<void> {
  const nameless = (key: string) => {
    const [record = "", file = ""] = key.split("#")
    return !readRecord(record)?.files.some(({ id }) => id === file)
  }
  const found = new Set((await fileKeys()).filter(nameless))
  if (found.size > 0) setTimeout(() => void dropFiles((key) => found.has(key) && nameless(key)), namingMs)
}

/** As the record has it, with what this tab is still about to add. */
function restore(id: number): void {
  const { files: named, ...said } = readRecord(keyOf(id)) ?? { ...empty, files: [] }
  const old = drafts.get().get(id) ?? nothing
  const here = new Map(old.files.map((file) => [file.id, file]))
  const found = named.flatMap(({ id, as, facts }) => {
    const file = here.get(id)
    return file ? [file.as === as ? file : { ...file, as, facts }] : []
  })
  const files = [...found, ...old.files.filter((file) => unkept.has(file.id) && !named.some(({ id }) => id === file.id))]
  const kept = new Set(files.map(({ id }) => id))
  for (const file of old.files) if (!kept.has(file.id)) URL.revokeObjectURL(file.url)
  const missing = named.filter(({ id }) => !here.has(id)).map(({ id }) => id)
  hold(id, { text: said.text, entities: said.entities, reply: said.reply, quote: said.quote, options: said.options, buttons: said.buttons, edit: said.edit, files, missing, elsewhere: old.elsewhere + 1 })
  for (const file of missing) if (!old.missing.includes(file)) void fetchFile(id, file)
}

async function fetchFile(id: number, wanted: string): Promise<void> {
  const key = keyOf(id)
  const file = await readFile(fileKey(key, wanted))
  const draft = drafts.get().get(id)
  if (owner === null || keyOf(id) !== key || !draft?.missing.includes(wanted)) return
  const missing = draft.missing.filter((other) => other !== wanted)
  if (!file) {
    hold(id, { ...draft, missing })
    return save(id, { without: [wanted] })
  }
  const named = readRecord(key)?.files ?? []
  const about = named.find((one) => one.id === wanted)
  const rank = ({ id }: OutgoingFile) => named.findIndex((one) => one.id === id) >>> 0
  const files = [...draft.files, { id: wanted, file, url: URL.createObjectURL(file), as: about?.as ?? "document", facts: about?.facts ?? {} }].sort((a, b) => rank(a) - rank(b))
  hold(id, { ...draft, files, missing })
}

async function keepFile(id: number, { id: wanted, file }: OutgoingFile): Promise<void> {
  const key = keyOf(id)
  const kept = await writeFile(fileKey(key, wanted), file)
  // It may have been sent or removed meanwhile, or its operator gone.
  if (owner === null || keyOf(id) !== key || !getDraft(id).files.some((other) => other.id === wanted)) return removeFile(fileKey(key, wanted))
  if (!kept) return
  unkept.delete(wanted)
  save(id, { added: wanted })
}

function hold(id: number, draft: Draft): void {
  drafts.set((old) => new Map(old).set(id, draft))
  const count = draft.files.length + draft.missing.length
  const begins = draft.text.trim() === "" && count === 0 ? undefined : { text: draft.text.trim().slice(0, shownLength), files: count, kind: draft.files[0]?.as ?? "photo" }
  const shown = marks.get().get(id)
  if (shown?.text === begins?.text && shown?.files === begins?.files && shown?.kind === begins?.kind) return
  const next = new Map(marks.get())
  if (begins) next.set(id, begins)
  else next.delete(id)
  marks.set(next)
}

/** The stored list as it stands, with what this tab knows of its entries: their kinds, and their order among themselves. */
function filesToStore(id: number, without: readonly string[], added: string | undefined): readonly StoredFile[] {
  const { files } = getDraft(id)
  const mine = new Map(files.map((file) => [file.id, file]))
  const stored = (readRecord(keyOf(id))?.files ?? []).filter((file) => !without.includes(file.id) && file.id !== added)
  const listed = added === undefined ? stored : [...stored, ...files.filter((file) => file.id === added)]
  const ids = new Set(listed.map((file) => file.id))
  const ordered = files.filter((file) => ids.has(file.id))
  let next = 0
  return listed.map((file) => {
    const { id, as, facts } = (mine.has(file.id) ? ordered[next++] : undefined) ?? file
    return { id, as, facts }
  })
}

function save(id: number, { without = [], added }: { without?: readonly string[]; added?: string }): void {
  const { text, entities, reply, quote, options, buttons, edit } = getDraft(id)
  const stored: StoredDraft = { text, entities, reply, quote, options, buttons, edit, files: filesToStore(id, without, added) }
  const bare = text.trim() === "" && stored.files.length === 0 && reply === null && edit === null && buttons.length === 0 && !hasOptions(options)
  writeJson(keyOf(id), bare ? null : stored)
}

export function updateDraft(id: number, change: (old: Draft) => Partial<Draft>): void {
  const old = drafts.get().get(id) ?? nothing
  const draft = { ...old, ...change(old) }
  hold(id, draft)
  if (owner === null) return
  const ids = new Set([...draft.files.map((file) => file.id), ...draft.missing])
  const known = new Set(old.files.map((file) => file.id))
  const gone = [...known, ...old.missing].filter((file) => !ids.has(file))
  const added = draft.files.filter((file) => !known.has(file.id))
  for (const file of gone) unkept.delete(file)
  for (const file of added) unkept.add(file.id)
  save(id, { without: gone })
  for (const file of gone) void removeFile(fileKey(keyOf(id), file))
  for (const file of added) void keepFile(id, file)
}

export function clearDraft(id: number): void {
  updateDraft(id, () => ({ ...empty, files: [], missing: [] }))
}

export function useDraft(id: number): Draft {
  return useStore(drafts, (all) => all.get(id) ?? nothing)
}

export function getDraft(id: number): Draft {
  return drafts.get().get(id) ?? nothing
}

/** How each draft begins, for the list. */
export function useDrafts(): ReadonlyMap<number, DraftMark> {
  return useStore(marks)
}

if (typeof addEventListener === "function") {
  addEventListener("storage", ({ key }) => {
    const mine = `${prefix}${owner}.`
    if (owner !== null && key?.startsWith(mine)) restore(Number(key.slice(mine.length)))
  })
  addEventListener("beforeunload", (event) => {
    if (unkept.size > 0) event.preventDefault()
  })
}

beforeSignOut(async () => {
  const { account } = getT()
  const count = marks.get().size
  return count === 0 || askConfirm({ title: account.draftsTitle(count), body: account.draftsBody, action: account.signOut, destructive: true })
})

/** Whoever signs out leaves nothing behind on this computer. */
onSessionEnd(async () => {
  owner = null
  for (const { files } of drafts.get().values()) for (const { url } of files) URL.revokeObjectURL(url)
  drafts.set(new Map())
  marks.set(new Map())
  unkept.clear()
  for (const key of keysOfAll()) writeJson(key, null)
  await dropFiles(() => true)
})

/** The buttons that the builder changes: of the edited message, while one is edited. */
export const buttonsOf = ({ edit, buttons }: Pick<Draft, "edit" | "buttons">): Buttons => edit?.buttons ?? buttons

export const setButtons = (id: number, buttons: Buttons): void => updateDraft(id, ({ edit }) => (edit ? { edit: { ...edit, buttons } } : { buttons }))

import type { Entity, ReplyQuote } from "@/contract"
import { beforeSignOut, onSessionEnd } from "@/features/access"
import { getT } from "@/shared/i18n"
import { fileKeys, readFile, removeFile, writeFile } from "@/shared/lib/file-store"
import { readJson, writeJson } from "@/shared/lib/storage"
import { createStore, useStore, type Store } from "@/shared/lib/store"
import { askConfirm } from "@/shared/ui/confirm"
import type { OutgoingPhoto } from "./outgoing"

/**
 * What was begun and not sent, whole: text with its formatting, photos, the quoted message. Kept in this browser for the
 * operator who wrote it: words in the local storage at every stroke, photos as files. Other tabs follow.
 *
 * The record in the local storage says which photos a draft has. Its list changes only by adding and removing an id in
 * the list as it stands, so that a tab that does not know of another one's photo cannot lose it; and an id is added only
 * when the file is kept, so that whoever reads the record finds the file. Until then the photo is its own tab's alone.
 */
export interface Draft {
  text: string
  entities: readonly Entity[]
  photos: readonly OutgoingPhoto[]
  reply: ReplyQuote | null
  /** Ids of photos that are still being read from the browser's store. */
  missing: readonly string[]
  /** Counts the changes that other tabs made. */
  elsewhere: number
}

/** What the list says of a draft. */
export interface DraftMark {
  text: string
  photos: number
}

/** As the local storage has it. */
interface StoredDraft {
  text: string
  entities: readonly Entity[]
  reply: ReplyQuote | null
  photos: readonly string[]
}

const prefix = "switchboard.draft."
const shownLength = 80
/** A file that no record names belongs to a tab that is about to name it, or to none: for that long nobody can tell. */
const namingMs = 10_000
const nothing: Draft = { text: "", entities: [], photos: [], reply: null, missing: [], elsewhere: 0 }

const drafts: Store<ReadonlyMap<number, Draft>> = createStore<ReadonlyMap<number, Draft>>(new Map())
const marks = createStore<ReadonlyMap<number, DraftMark>>(new Map())
/** Photos of this tab that no record names yet, or ever, where the browser keeps no files. */
const unkept = new Set<string>()
/** Null while nobody is signed in: then nothing is kept. */
let owner: number | null = null

const keyOf = (id: number) => `${prefix}${owner}.${id}`
const fileKey = (key: string, photo: string) => `${key}#${photo}`

function keysOfAll(): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix))
  } catch {
    return []
  }
}

function readRecord(key: string): StoredDraft | null {
  const stored = readJson<StoredDraft>(key)
  // Earlier versions kept a number here.
  return stored && { ...stored, photos: Array.isArray(stored.photos) ? stored.photos : [] }
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
    const [record = "", photo = ""] = key.split("#")
    return !readRecord(record)?.photos.includes(photo)
  }
  const found = new Set((await fileKeys()).filter(nameless))
  if (found.size > 0) setTimeout(() => void dropFiles((key) => found.has(key) && nameless(key)), namingMs)
}

/** As the record has it, with what this tab is still about to add. */
function restore(id: number): void {
  const stored = readRecord(keyOf(id))
  const old = drafts.get().get(id) ?? nothing
  const { text, entities, reply, photos: named } = stored ?? { ...nothing, photos: [] }
  const here = new Map(old.photos.map((photo) => [photo.id, photo]))
  const photos = [...named.flatMap((photo) => here.get(photo) ?? []), ...old.photos.filter((photo) => unkept.has(photo.id) && !named.includes(photo.id))]
  for (const photo of old.photos) if (!photos.includes(photo)) URL.revokeObjectURL(photo.url)
  const missing = named.filter((photo) => !here.has(photo))
  hold(id, { text, entities, reply: reply ?? null, photos, missing, elsewhere: old.elsewhere + 1 })
  for (const photo of missing) if (!old.missing.includes(photo)) void fetchPhoto(id, photo)
}

async function fetchPhoto(id: number, photo: string): Promise<void> {
  const key = keyOf(id)
  const file = await readFile(fileKey(key, photo))
  const draft = drafts.get().get(id)
  if (owner === null || keyOf(id) !== key || !draft?.missing.includes(photo)) return
  const missing = draft.missing.filter((other) => other !== photo)
  if (!file) {
    hold(id, { ...draft, missing })
    return save(id, { without: [photo] })
  }
  const named = readRecord(key)?.photos ?? []
  const rank = ({ id }: OutgoingPhoto) => (named.includes(id) ? named.indexOf(id) : named.length)
  const photos = [...draft.photos, { id: photo, file, url: URL.createObjectURL(file) }].sort((a, b) => rank(a) - rank(b))
  hold(id, { ...draft, photos, missing })
}

async function keepPhoto(id: number, { id: photo, file }: OutgoingPhoto): Promise<void> {
  const key = keyOf(id)
  const kept = await writeFile(fileKey(key, photo), file)
  // It may have been sent or removed meanwhile, or its operator gone.
  if (owner === null || keyOf(id) !== key || !getDraft(id).photos.some((other) => other.id === photo)) return removeFile(fileKey(key, photo))
  if (!kept) return
  unkept.delete(photo)
  save(id, { added: photo })
}

function hold(id: number, draft: Draft): void {
  drafts.set((old) => new Map(old).set(id, draft))
  const count = draft.photos.length + draft.missing.length
  const begins = draft.text.trim() === "" && count === 0 ? undefined : { text: draft.text.trim().slice(0, shownLength), photos: count }
  const shown = marks.get().get(id)
  if (shown?.text === begins?.text && shown?.photos === begins?.photos) return
  const next = new Map(marks.get())
  if (begins) next.set(id, begins)
  else next.delete(id)
  marks.set(next)
}

function save(id: number, { without = [], added }: { without?: readonly string[]; added?: string }): void {
  const key = keyOf(id)
  const { text, entities, reply } = getDraft(id)
  const named = (readRecord(key)?.photos ?? []).filter((photo) => !without.includes(photo) && photo !== added)
  const photos = added === undefined ? named : [...named, added]
  const stored: StoredDraft = { text, entities, reply, photos }
  writeJson(key, text.trim() === "" && photos.length === 0 && reply === null ? null : stored)
}

export function updateDraft(id: number, change: (old: Draft) => Partial<Draft>): void {
  const old = drafts.get().get(id) ?? nothing
  const draft = { ...old, ...change(old) }
  hold(id, draft)
  if (owner === null) return
  const ids = new Set([...draft.photos.map((photo) => photo.id), ...draft.missing])
  const gone = [...old.photos.map((photo) => photo.id), ...old.missing].filter((photo) => !ids.has(photo))
  const added = draft.photos.filter((photo) => !old.photos.includes(photo))
  for (const photo of gone) unkept.delete(photo)
  for (const photo of added) unkept.add(photo.id)
  save(id, { without: gone })
  for (const photo of gone) void removeFile(fileKey(keyOf(id), photo))
  for (const photo of added) void keepPhoto(id, photo)
}

export function clearDraft(id: number): void {
  updateDraft(id, () => ({ text: "", entities: [], photos: [], reply: null, missing: [] }))
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
  for (const { photos } of drafts.get().values()) for (const { url } of photos) URL.revokeObjectURL(url)
  drafts.set(new Map())
  marks.set(new Map())
  unkept.clear()
  for (const key of keysOfAll()) writeJson(key, null)
  await dropFiles(() => true)
})

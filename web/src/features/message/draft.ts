import type { Entity, ReplyQuote } from "@/contract"
import { onSessionEnd } from "@/features/access"
import { dropFilesUnless, readFiles, writeFiles } from "@/shared/lib/file-store"
import { readJson, writeJson } from "@/shared/lib/storage"
import { createStore, useStore, type Store } from "@/shared/lib/store"
import type { OutgoingPhoto } from "./outgoing"

/**
 * What was begun and not sent, whole: text with its formatting, photos, the quoted message. Kept in this browser for the
 * operator who wrote it: words in the local storage at every stroke, photos beside them as files. Other tabs follow.
 */
export interface Draft {
  text: string
  entities: readonly Entity[]
  photos: readonly OutgoingPhoto[]
  reply: ReplyQuote | null
  /** Photos that are still being read from the browser's store. */
  missing: number
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
  photos: number
}

type StoredPhoto = Pick<OutgoingPhoto, "id" | "file">

const prefix = "switchboard.draft."
const shownLength = 80
const nothing: Draft = { text: "", entities: [], photos: [], reply: null, missing: 0, elsewhere: 0 }

const drafts: Store<ReadonlyMap<number, Draft>> = createStore<ReadonlyMap<number, Draft>>(new Map())
const marks = createStore<ReadonlyMap<number, DraftMark>>(new Map())
/** Null while nobody is signed in: then nothing is kept. */
let owner: number | null = null

const keyOf = (id: number) => `${prefix}${owner}.${id}`
const isEmpty = ({ text, photos, reply, missing }: Draft) => text.trim() === "" && photos.length + missing === 0 && reply === null

function keysOfAll(): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix))
  } catch {
    return []
  }
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
  void dropFilesUnless((key) => key.startsWith(mine) && readJson<StoredDraft>(key) !== null)
}

function restore(id: number): void {
  const stored = readJson<StoredDraft>(keyOf(id))
  const old = drafts.get().get(id) ?? nothing
  const elsewhere = old.elsewhere + 1
  if (!stored) return hold(id, { ...nothing, elsewhere })
  const { text, entities, reply, photos: count } = stored
  const known = old.photos.length === count
  hold(id, { text, entities, reply: reply ?? null, photos: known ? old.photos : [], missing: known ? 0 : count, elsewhere })
  if (!known) void fetchPhotos(id)
}

async function fetchPhotos(id: number): Promise<void> {
  const key = keyOf(id)
  const stored = (await readFiles<readonly StoredPhoto[]>(key)) ?? []
  const draft = drafts.get().get(id)
  if (!draft || draft.missing === 0 || keyOf(id) !== key) return
  const photos = stored.map(({ id, file }) => ({ id, file, url: URL.createObjectURL(file) }))
  hold(id, { ...draft, photos: [...photos, ...draft.photos], missing: 0 })
}

function hold(id: number, draft: Draft): void {
  drafts.set((old) => new Map(old).set(id, draft))
  const count = draft.photos.length + draft.missing
  const begins = draft.text.trim() === "" && count === 0 ? undefined : { text: draft.text.trim().slice(0, shownLength), photos: count }
  const shown = marks.get().get(id)
  if (shown?.text === begins?.text && shown?.photos === begins?.photos) return
  const next = new Map(marks.get())
  if (begins) next.set(id, begins)
  else next.delete(id)
  marks.set(next)
}

export function updateDraft(id: number, change: (old: Draft) => Partial<Draft>): void {
  const old = drafts.get().get(id) ?? nothing
  const draft = { ...old, ...change(old) }
  hold(id, draft)
  if (owner === null) return
  const { text, entities, reply, photos, missing } = draft
  const stored: StoredDraft = { text, entities, reply, photos: photos.length + missing }
  writeJson(keyOf(id), isEmpty(draft) ? null : stored)
  if (photos !== old.photos && missing === 0) void writeFiles(keyOf(id), photos.map(({ id, file }) => ({ id, file })))
}

export function clearDraft(id: number): void {
  updateDraft(id, () => ({ text: "", entities: [], photos: [], reply: null, missing: 0 }))
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

if (typeof addEventListener === "function")
  addEventListener("storage", ({ key }) => {
    const mine = `${prefix}${owner}.`
    if (owner !== null && key?.startsWith(mine)) restore(Number(key.slice(mine.length)))
  })

/** Whoever signs out leaves nothing behind on this computer. */
onSessionEnd(async () => {
  owner = null
  for (const { photos } of drafts.get().values()) for (const { url } of photos) URL.revokeObjectURL(url)
  drafts.set(new Map())
  marks.set(new Map())
  for (const key of keysOfAll()) writeJson(key, null)
  await dropFilesUnless(() => false)
})

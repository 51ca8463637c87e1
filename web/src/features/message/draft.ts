import type { Entity } from "@/contract"
import { readJson, writeJson } from "@/shared/lib/storage"
import { createStore, useStore } from "@/shared/lib/store"

/** Unsent text by conversation, kept in this browser with its formatting. */
export interface SavedDraft {
  text: string
  entities: Entity[]
}

const prefix = "switchboard.draft."

const shownLength = 80

function stored(): ReadonlyMap<number, string> {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix))
    return new Map(keys.map((key) => [Number(key.slice(prefix.length)), readJson<SavedDraft>(key)?.text.slice(0, shownLength) ?? ""]))
  } catch {
    return new Map()
  }
}

const beginnings = createStore<ReadonlyMap<number, string>>(stored())

/** How each draft begins, for the list. */
export function useDrafts(): ReadonlyMap<number, string> {
  return useStore(beginnings)
}

export function loadDraft(id: number): SavedDraft {
  return readJson<SavedDraft>(prefix + id) ?? { text: "", entities: [] }
}

export function saveDraft(id: number, draft: SavedDraft): void {
  const empty = draft.text.trim() === ""
  writeJson(prefix + id, empty ? null : draft)
  const begins = empty ? undefined : draft.text.slice(0, shownLength)
  if (beginnings.get().get(id) === begins) return
  const next = new Map(beginnings.get())
  if (begins === undefined) next.delete(id)
  else next.set(id, begins)
  beginnings.set(next)
}

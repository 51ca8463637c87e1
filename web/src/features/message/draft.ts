import type { Entity } from "@/contract"
import { readJson, writeJson } from "@/shared/lib/storage"
import { createStore, useStore } from "@/shared/lib/store"

/** Unsent text by conversation, kept in this browser with its formatting. */
export interface SavedDraft {
  text: string
  entities: Entity[]
}

const prefix = "switchboard.draft."

function stored(): ReadonlySet<number> {
  try {
    return new Set(Object.keys(localStorage).filter((key) => key.startsWith(prefix)).map((key) => Number(key.slice(prefix.length))))
  } catch {
    return new Set()
  }
}

const ids = createStore<ReadonlySet<number>>(stored())

export function useDraftIds(): ReadonlySet<number> {
  return useStore(ids)
}

export function loadDraft(id: number): SavedDraft {
  return readJson<SavedDraft>(prefix + id) ?? { text: "", entities: [] }
}

export function saveDraft(id: number, draft: SavedDraft): void {
  const empty = draft.text.trim() === ""
  writeJson(prefix + id, empty ? null : draft)
  if (ids.get().has(id) !== empty) return
  const next = new Set(ids.get())
  if (empty) next.delete(id)
  else next.add(id)
  ids.set(next)
}

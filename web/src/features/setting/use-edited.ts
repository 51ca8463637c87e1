import { useState } from "react"
import type { Settings, SettingsChange } from "@/contract"
import { ApiFailure } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { useChangeSettings } from "./change-settings"
import { settingsKey } from "./get-settings"

export type EditedField = "greeting" | "greeting_ru" | "daily_greeting" | "daily_greeting_ru" | "time_zone"

/** What was typed into a field, and what was saved there when it was begun. */
interface Edit {
  text: string
  base: string
}

type Edits = Partial<Readonly<Record<EditedField, Edit>>>

/** Fields whose saved text has been changed by somebody else since one began to write another. */
export function conflictsOf(edits: Edits, saved: Settings): EditedField[] {
  return entries(edits).flatMap(([field, { text, base }]) => (saved[field] !== base && saved[field] !== text ? [field] : []))
}

function without(edits: Edits, field: EditedField): Edits {
  const others = { ...edits }
  delete others[field]
  return others
}

const entries = (edits: Edits) => Object.entries(edits) as [EditedField, Edit][]

/** A text that says what was there before is none of one's own: the field follows what is saved. */
export function typeInto(edits: Edits, saved: Settings, field: EditedField, text: string): Edits {
  const base = edits[field]?.base ?? saved[field]
  return text === base ? without(edits, field) : { ...edits, [field]: { text, base } }
}

/** What stays of the edits once `sent` is saved: what was typed meanwhile, against what is saved now. */
export function afterSaving(edits: Edits, sent: Partial<Record<EditedField, string>>, saved: Settings): Edits {
  return Object.fromEntries(entries(edits).flatMap(([field, edit]) =>
    sent[field] === undefined ? [[field, edit]] : sent[field] === edit.text ? [] : [[field, { text: edit.text, base: saved[field] }]]))
}

/**
 * A form of settings that several people may have open. A field that nobody has touched here follows what is saved. Where
 * somebody else has changed what one is changing, one sees it and chooses: the server refuses what was written over a text
 * that one has not seen.
 */
export function useEdited(saved: Settings) {
  const [edits, setEdits] = useState<Edits>({})
  const change = useChangeSettings()
  const conflicts = conflictsOf(edits, saved)
  const wanted = entries(edits).filter(([field, { text }]) => text !== saved[field])
  return {
    valueOf: (field: EditedField) => edits[field]?.text ?? saved[field],
    type: (field: EditedField, text: string) => setEdits((old) => typeInto(old, saved, field, text)),
    /** What somebody else has saved, where one has to choose; null where not. */
    theirsOf: (field: EditedField) => (conflicts.includes(field) ? saved[field] : null),
    takeTheirs: (field: EditedField) => setEdits((old) => without(old, field)),
    keepMine: (field: EditedField) => setEdits((old) => (old[field] ? { ...old, [field]: { ...old[field], base: saved[field] } } : old)),
    ready: wanted.length > 0 && conflicts.length === 0,
    busy: change.isPending,
    /** A conflict shows at its field. */
    error: change.error instanceof ApiFailure && change.error.code === "conflict" ? null : change.error,
    save: (done: () => void) => {
      const sent: Partial<Record<EditedField, string>> = Object.fromEntries(wanted.map(([field, { text }]) => [field, text]))
      const expected = Object.fromEntries(wanted.map(([field, { base }]) => [field, base]))
      change.mutate({ ...sent, expected } satisfies SettingsChange, {
        onSuccess: (now) => {
          setEdits((old) => afterSaving(old, sent, now))
          done()
        },
        onError: () => void queryClient.invalidateQueries({ queryKey: settingsKey }),
      })
    },
  }
}

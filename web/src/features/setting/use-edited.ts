import { useState } from "react"
import type { Settings, SettingsChange } from "@/contract"
import { ApiFailure } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { useChangeSettings } from "./change-settings"
import { settingsKey } from "./get-settings"

export type EditedField = "greeting" | "greeting_ru" | "daily_greeting" | "daily_greeting_ru" | "time_zone"

/** The typed text of a field, and the text that was saved when the typing began. */
interface Edit {
  text: string
  base: string
}

type Edits = Partial<Readonly<Record<EditedField, Edit>>>

/** The fields whose saved text another operator has changed since the typing began. */
export function conflictsOf(edits: Edits, saved: Settings): EditedField[] {
  return entries(edits).flatMap(([field, { text, base }]) => (saved[field] !== base && saved[field] !== text ? [field] : []))
}

function without(edits: Edits, field: EditedField): Edits {
  const others = { ...edits }
  delete others[field]
  return others
}

const entries = (edits: Edits) => Object.entries(edits) as [EditedField, Edit][]

/** A typed text that equals the saved one is no edit: the field follows the saved text again. */
export function typeInto(edits: Edits, saved: Settings, field: EditedField, text: string): Edits {
  const base = edits[field]?.base ?? saved[field]
  return text === base ? without(edits, field) : { ...edits, [field]: { text, base } }
}

/** The edits that remain after `sent` was saved: those typed meanwhile, based on the newly saved texts. */
export function afterSaving(edits: Edits, sent: Partial<Record<EditedField, string>>, saved: Settings): Edits {
  return Object.fromEntries(entries(edits).flatMap(([field, edit]) =>
    sent[field] === undefined ? [[field, edit]] : sent[field] === edit.text ? [] : [[field, { text: edit.text, base: saved[field] }]]))
}

/**
 * A form of settings that several operators may have open. A field without an edit follows the saved text. If another operator
 * has changed a field with an edit, the form shows the other text and the operator chooses one: the server refuses a change that
 * is based on another text than the saved one.
 */
export function useEdited(saved: Settings) {
  const [edits, setEdits] = useState<Edits>({})
  const change = useChangeSettings()
  const conflicts = conflictsOf(edits, saved)
  const wanted = entries(edits).filter(([field, { text }]) => text !== saved[field])
  return {
    valueOf: (field: EditedField) => edits[field]?.text ?? saved[field],
    type: (field: EditedField, text: string) => setEdits((old) => typeInto(old, saved, field, text)),
    /** The text that another operator has saved, if the field has a conflict; otherwise null. */
    theirsOf: (field: EditedField) => (conflicts.includes(field) ? saved[field] : null),
    takeTheirs: (field: EditedField) => setEdits((old) => without(old, field)),
    keepMine: (field: EditedField) => setEdits((old) => (old[field] ? { ...old, [field]: { ...old[field], base: saved[field] } } : old)),
    ready: wanted.length > 0 && conflicts.length === 0,
    busy: change.isPending,
    /** Without conflicts, which are shown at their fields. */
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

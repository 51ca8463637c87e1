import { useState } from "react"
import { onSessionEnd } from "@/features/access"

/** What was entered in a dialog of a conversation: it stays when the dialog is closed, until it is sent or the page closes. */
const kept = new Map<string, unknown>()
onSessionEnd(() => kept.clear())

export function useKept<T>(key: string, initial: () => T): readonly [T, (next: T) => void, () => void] {
  const [value, setValue] = useState<T>(() => (kept.has(key) ? (kept.get(key) as T) : initial()))
  const set = (next: T) => {
    kept.set(key, next)
    setValue(next)
  }
  return [value, set, () => void kept.delete(key)]
}

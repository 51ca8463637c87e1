// A message as the chat stores it, made from the desk's message, and the state of one that could not be sent. Pure.
import { isFinal, Refusal, type Entity, type Entry } from "./api"

export interface Message {
  /** null: a greeting, which is not stored in the history. */
  id: number | null
  /** The sort key of the list: the id, or for a greeting a unique value between two ids. */
  order: number
  mine: boolean
  text: string
  entities: readonly Entity[]
  photo: string | null
  at: number
  /** The operator who answered. */
  name: string | null
  /** For a message that was sent from here: the key of its row before it had an id, so that the row stays. */
  key?: string
}

/** refused: by the desk, for good. busy: to be repeated at retryAt. lost: it did not reach the desk. */
export interface Problem {
  kind: "refused" | "busy" | "lost"
  status: number
  field: string
  code: string
  retryAt: number
}

export interface Outgoing {
  clientId: string
  text: string
  photos: Blob[]
  /** URLs of the photos, valid as long as the page is open. */
  previews: string[]
  at: number
  /** The newest message at the time of writing. */
  afterId: number
  state: "waiting" | "sending"
  tries: number
  /** The part of the bytes that was sent, 0 to 1. */
  progress: number
  problem: Problem | undefined
}

const firstRetryMs = 2000
const lastRetryMs = 30_000

/** Parses "2026-01-31 12:34:56" in UTC; the current time if it is invalid. */
export function timeOf(text: string): number {
  const at = Date.parse(`${text.replace(" ", "T")}Z`)
  return Number.isNaN(at) ? Date.now() : at
}

/** Greetings have no id: each is placed before the message that follows it, or after the last one. */
export function toMessages(entries: readonly Entry[]): Message[] {
  const list: Message[] = []
  let before = 0
  let between = 0
  entries.forEach((entry, at) => {
    const next = entries.slice(at).find(({ id }) => id !== null)?.id
    between = entry.id === null ? between + 1 : 0
    if (entry.id !== null) before = entry.id
    const place = (next === undefined || next === null ? before : next - 1) + 0.5 + between / 1000
    list.push({ id: entry.id, order: entry.id ?? place, mine: entry.direction === "user", text: entry.message, entities: entry.entities ?? [], photo: entry.photo_url, at: timeOf(entry.created_at), name: entry.operator_name ?? null })
  })
  return list
}

export function problemOf(failure: unknown, tries: number): Problem {
  const refusal = failure instanceof Refusal ? failure : undefined
  const told = { status: refusal?.status ?? 0, field: refusal?.field ?? "", code: refusal?.code ?? "" }
  if (isFinal(failure)) return { kind: "refused", ...told, retryAt: 0 }
  if (refusal && (refusal.status === 429 || refusal.status === 503)) return { kind: "busy", ...told, retryAt: Date.now() + refusal.retryMs }
  return { kind: "lost", ...told, retryAt: Date.now() + Math.min(lastRetryMs, firstRetryMs * 2 ** Math.max(0, tries - 1)) }
}

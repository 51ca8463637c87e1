import type { Conversation } from "@/contract"
import type { Row } from "./reduce"

/**
 * The order on the screen, computed from the order that events keep. It differs in two cases. The open conversation keeps its place
 * until another one is opened, even if it belongs to another tab now. While the mouse or a finger is on the list, no row moves,
 * appears or disappears. Rows below the last one (a further page) move nothing and are added at any time.
 */
export interface Hold {
  /** The mouse or a finger is on the list. */
  held: boolean
  /** The current state of the open conversation; null if none is open. */
  open: Conversation | null
}

export interface Arranged {
  rows: readonly Row[]
  /** Rows have appeared or moved, which is not shown while the list is held. */
  news: boolean
}

export function arrange(shown: readonly Row[], live: readonly Row[], { held, open }: Hold): Arranged {
  const fresh = keepOpen(shown, live, open)
  if (!held || shown.length === 0) return { rows: fresh, news: false }
  const rows = holdStill(shown, fresh)
  return { rows, news: !sameOrder(rows, fresh) }
}

/** The live order, except for the open conversation. */
function keepOpen(shown: readonly Row[], live: readonly Row[], open: Conversation | null): readonly Row[] {
  const at = open ? shown.findIndex(({ conversation }) => conversation.id === open.id) : -1
  const known = shown[at]
  if (!open || !known) return live
  const others = live.filter(({ conversation }) => conversation.id !== open.id)
  const row = live.find(({ conversation }) => conversation.id === open.id) ?? (open === known.conversation ? known : { ...known, conversation: open })
  const place = placeAmong(others, shown.slice(0, at), shown.slice(at + 1))
  return others.toSpliced(place, 0, row)
}

/** Above the first row that was below and has not moved since; if there is none, below the rows that were above. */
function placeAmong(others: readonly Row[], above: readonly Row[], below: readonly Row[]): number {
  const still = new Map(below.map(({ conversation }) => [conversation.id, conversation.updated_at]))
  const next = others.findIndex(({ conversation }) => still.get(conversation.id) === conversation.updated_at)
  if (next >= 0) return next
  const before = new Set(above.map(({ conversation }) => conversation.id))
  return others.findLastIndex(({ conversation }) => before.has(conversation.id)) + 1
}

/** The same rows in the same places, with their current contents. */
function holdStill(shown: readonly Row[], fresh: readonly Row[]): readonly Row[] {
  const now = new Map(fresh.map((row) => [row.conversation.id, row]))
  const known = new Set(shown.map(({ conversation }) => conversation.id))
  const lastShown = fresh.findLastIndex(({ conversation }) => known.has(conversation.id))
  const further = lastShown < 0 ? [] : fresh.slice(lastShown + 1)
  return [...shown.map((row) => now.get(row.conversation.id) ?? row), ...further]
}

/** Rows that have only disappeared do not count as a difference. */
function sameOrder(rows: readonly Row[], fresh: readonly Row[]): boolean {
  const there = new Set(fresh.map(({ conversation }) => conversation.id))
  const kept = rows.filter(({ conversation }) => there.has(conversation.id))
  return kept.length === fresh.length && kept.every((row, i) => row.conversation.id === fresh[i]?.conversation.id)
}

/** The conversation after or before another one in the order on the screen; null at the ends. */
export function neighbourOf(ids: readonly number[], id: number | null, by: 1 | -1): number | null {
  const at = id === null ? -1 : ids.indexOf(id)
  if (at < 0) return (by > 0 ? ids[0] : ids.at(-1)) ?? null
  return ids[at + by] ?? null
}

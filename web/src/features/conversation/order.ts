import type { Conversation } from "@/contract"
import type { Row } from "./reduce"

/**
 * The order on the screen, made from the order that events keep. It gives up being the newest where a person would lose
 * the place: the open conversation stays where it was seen until one leaves it, even when it belongs to another tab by
 * then, and while a hand is on the list no row moves, comes or goes. What comes below the last row (a further page)
 * moves nothing and is added at any time.
 */
export interface Hold {
  /** A hand is on the list. */
  held: boolean
  /** The open conversation as it is now; null when none is open. */
  open: Conversation | null
}

export interface Arranged {
  rows: readonly Row[]
  /** The hand on the list hides that rows have come or moved. */
  news: boolean
}

export function arrange(shown: readonly Row[], live: readonly Row[], { held, open }: Hold): Arranged {
  const fresh = keepOpen(shown, live, open)
  if (!held || shown.length === 0) return { rows: fresh, news: false }
  const rows = holdStill(shown, fresh)
  return { rows, news: !sameOrder(rows, fresh) }
}

/** In the live order, but for the open conversation. */
function keepOpen(shown: readonly Row[], live: readonly Row[], open: Conversation | null): readonly Row[] {
  const at = open ? shown.findIndex(({ conversation }) => conversation.id === open.id) : -1
  const known = shown[at]
  if (!open || !known) return live
  const others = live.filter(({ conversation }) => conversation.id !== open.id)
  const row = live.find(({ conversation }) => conversation.id === open.id) ?? (open === known.conversation ? known : { ...known, conversation: open })
  const place = placeAmong(others, shown.slice(0, at), shown.slice(at + 1))
  return others.toSpliced(place, 0, row)
}

/** Above the first row that stood below and has not moved since; below those that stood above when there is none. */
function placeAmong(others: readonly Row[], above: readonly Row[], below: readonly Row[]): number {
  const still = new Map(below.map(({ conversation }) => [conversation.id, conversation.updated_at]))
  const next = others.findIndex(({ conversation }) => still.get(conversation.id) === conversation.updated_at)
  if (next >= 0) return next
  const before = new Set(above.map(({ conversation }) => conversation.id))
  return others.findLastIndex(({ conversation }) => before.has(conversation.id)) + 1
}

/** The same rows in the same places, with what is known of each by now. */
function holdStill(shown: readonly Row[], fresh: readonly Row[]): readonly Row[] {
  const now = new Map(fresh.map((row) => [row.conversation.id, row]))
  const known = new Set(shown.map(({ conversation }) => conversation.id))
  const lastShown = fresh.findLastIndex(({ conversation }) => known.has(conversation.id))
  const further = lastShown < 0 ? [] : fresh.slice(lastShown + 1)
  return [...shown.map((row) => now.get(row.conversation.id) ?? row), ...further]
}

/** Rows that are only gone are no news: their absence can wait. */
function sameOrder(rows: readonly Row[], fresh: readonly Row[]): boolean {
  const there = new Set(fresh.map(({ conversation }) => conversation.id))
  const kept = rows.filter(({ conversation }) => there.has(conversation.id))
  return kept.length === fresh.length && kept.every((row, i) => row.conversation.id === fresh[i]?.conversation.id)
}

/** The conversation after or before another in the order as it is seen; null at either end. */
export function neighbourOf(ids: readonly number[], id: number | null, by: 1 | -1): number | null {
  const at = id === null ? -1 : ids.indexOf(id)
  if (at < 0) return (by > 0 ? ids[0] : ids.at(-1)) ?? null
  return ids[at + by] ?? null
}

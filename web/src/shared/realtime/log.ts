import type { DurableEvent } from "@/contract"

/**
 * The last durable events, and the position up to which this client has received all. A response may be older than events that
 * arrived while it was under way; the code that stores the response applies these events from here.
 */
const limit = 4000
let events: DurableEvent[] = []
/** Every event after `from`, up to `position`, is in `events`. */
let from: number | null = null
let position: number | null = null
let requestReplay: (since: number) => void = () => {}

export const eventLog = {
  /** The newest event seen; null before the first connection. */
  position: (): number | null => position,

  /** A lower bound for the position of the response to a request that is sent now. */
  stamp: (): number => position ?? 0,

  start(seq: number): void {
    events = []
    from = seq
    position = seq
  },

  /** Adds events, in order and each once. */
  append(batch: readonly DurableEvent[]): void {
    const known = position ?? 0
    const older = batch.filter((event) => event.seq <= known)
    events.push(...batch.filter((event) => event.seq > known))
    position = Math.max(known, batch.at(-1)?.seq ?? 0)
    if (older.length > 0) events = merge(older, events)
    if (events.length > limit) {
      const dropped = events.splice(0, events.length - limit)
      from = dropped.at(-1)?.seq ?? from
    }
  },

  /** A replay from `since` is complete: the log now begins there. */
  reaches(since: number): void {
    if (from !== null) from = Math.min(from, since)
  },

  /** The server has confirmed that nothing up to seq is missing: the seqs between are events for other operators. */
  advance(seq: number): void {
    position = Math.max(position ?? seq, seq)
  },

  /**
   * Events after seq. If the log begins later, all of them are requested and arrive like live ones; then this returns none, since a
   * state that has a later event would ignore the earlier ones.
   */
  since(seq: number): DurableEvent[] {
    if (from !== null && seq < from && seq > 0) {
      requestReplay(seq)
      return []
    }
    return events.filter((event) => event.seq > seq)
  },

  onReplayNeeded(handler: (since: number) => void): void {
    requestReplay = handler
  },
}

function merge(older: readonly DurableEvent[], newer: readonly DurableEvent[]): DurableEvent[] {
  const bySeq = new Map([...older, ...newer].map((event) => [event.seq, event]))
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq)
}

/** Before the first connection: the position of the oldest stored response, from which the connection must resume. */
let oldestAnswer: number | null = null

export function noteAnswer(seq: number): void {
  if (position === null) oldestAnswer = Math.min(oldestAnswer ?? seq, seq)
}

export function takeOldestAnswer(): number | null {
  const seq = oldestAnswer
  oldestAnswer = null
  return seq
}

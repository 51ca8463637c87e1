import type { DurableEvent, Message, MessageList } from "@/contract"
import { reducer, type Reducers } from "@/shared/realtime/events"

/**
 * A stretch of one conversation's messages, ascending by id and without a gap. It reaches up to the newest message, or,
 * while one reads on from an old place, only up to `after`: new messages then come with their page.
 */
export interface ThreadState {
  conversation_id: number
  rows: readonly ThreadRow[]
  /** Where older messages begin; null when the first is loaded. */
  before: number | null
  /** Where newer messages begin; null when the newest is loaded. */
  after: number | null
  /** What the server said on opening: the first message that was not read; null when all was. */
  first_unread: number | null
  seq: number
}

export interface ThreadRow {
  message: Message
  seq: number
}

export function threadFromPage(conversation_id: number, page: MessageList): ThreadState {
  const rows = page.data.map((message) => ({ message, seq: page.seq }))
  return { conversation_id, rows, before: page.before, after: page.after, first_unread: page.first_unread, seq: page.seq }
}

/** `missed` are the events after the answer: older messages may have been edited while it was on its way. */
export function prependPage(state: ThreadState, page: MessageList, missed: readonly DurableEvent[]): ThreadState {
  return joinPage({ ...state, before: page.before }, page, missed)
}

/** The same at the other end: with the last page the newest messages come, and from then on events bring them. */
export function appendMessages(state: ThreadState, page: MessageList, missed: readonly DurableEvent[]): ThreadState {
  return joinPage({ ...state, after: page.after }, page, missed)
}

function joinPage(state: ThreadState, page: MessageList, missed: readonly DurableEvent[]): ThreadState {
  const known = new Set(state.rows.map((row) => row.message.id))
  const coming = page.data.filter(({ id }) => !known.has(id)).map((message) => ({ message, seq: page.seq }))
  const rows = [...coming, ...state.rows].sort((a, b) => a.message.id - b.message.id)
  const merged = { ...state, rows, seq: Math.min(state.seq, page.seq) }
  const replayed = missed.reduce(reduceThread, merged)
  return { ...replayed, seq: Math.max(state.seq, replayed.seq) }
}

export const reduceThread = reducer({
  new_message: (state, { seq, data }) => put(state, data.message, seq),
  chat_status_change: (state, { seq, data }) => (data.message ? put(state, data.message, seq) : state),
  message_update: (state, { seq, data }) => replace(state, data.message, seq),
} satisfies Reducers<ThreadState>)

/** The answer to a request of ours, which has no position of its own: it only fills what no event has brought yet. */
export function acknowledge(state: ThreadState, message: Message): ThreadState {
  if (state.after !== null || state.rows.some((row) => row.message.id === message.id)) return state
  return { ...state, rows: insert(state.rows, { message, seq: 0 }) }
}

function put(state: ThreadState, message: Message, seq: number): ThreadState {
  if (message.conversation_id !== state.conversation_id) return state
  if (state.rows.some((row) => row.message.id === message.id)) return replace(state, message, seq)
  // Between the loaded stretch and this one there is a gap.
  if (state.after !== null) return { ...state, seq }
  return { ...state, rows: insert(state.rows, { message, seq }), seq }
}

function replace(state: ThreadState, message: Message, seq: number): ThreadState {
  if (message.conversation_id !== state.conversation_id) return state
  const at = state.rows.findLastIndex((row) => row.message.id === message.id)
  const row = state.rows[at]
  if (!row) return { ...state, seq }
  return { ...state, rows: row.seq < seq ? state.rows.with(at, { message, seq }) : state.rows, seq }
}

function insert(rows: readonly ThreadRow[], row: ThreadRow): readonly ThreadRow[] {
  const after = rows.findLastIndex(({ message }) => message.id < row.message.id)
  return rows.toSpliced(after + 1, 0, row)
}

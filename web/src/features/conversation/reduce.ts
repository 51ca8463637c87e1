import { conversationFields, limits, type SpamReason, type Condition, type Conversation, type ConversationField, type ConversationList, type ConversationStatus, type DurableEvent, type Message } from "@/contract"
import { matches } from "@/shared/lib/condition"
import { hasContent } from "@/shared/lib/words"
import { reducer, type EventOf, type Reducers } from "@/shared/realtime/events"

/**
 * The list as a pure function of responses and events. Each row has its position, and the list has the position up to which it is
 * complete. An event at or below these changes nothing, so that replays, and responses that cross events, have no effect.
 */
export type StatusFilter = ConversationStatus | "all"
export type AssigneeFilter = "any" | "me" | "none"

export type SpamFilter = SpamReason | "all"

export interface ListFilter {
  status: StatusFilter
  assignee: AssigneeFilter
  q: string
  /** To whom the customers write; absent: to whomever. */
  bot?: string
  /** Only spam, which every other list leaves out: of any reason, or of one. */
  spam?: SpamFilter
  /** The tag of the source by which the customers came; absent: any. */
  tag?: string
}

export interface Row {
  conversation: Conversation
  seq: number
}

export interface ListState {
  filter: ListFilter
  /** The condition of the filter, without the search, which only the server evaluates. */
  condition: Condition<ConversationField>
  /** The operator to whom the unread counts belong, and who is "me" in the condition. */
  me: number
  /** In the order of the list: see keyOf. */
  rows: readonly Row[]
  cursor: string | null
  /** The last row of the last page: the list is not loaded below it. Null if the list is loaded completely. */
  edge: SortKey | null
  seq: number
}

interface SortKey {
  /** Descending, as on the server: a time; for snoozed conversations a negated one. */
  at: number
  id: number
}

export function listFromPage(filter: ListFilter, me: number, page: ConversationList, ownOnly = false): ListState {
  const rows = page.data.map((conversation) => ({ conversation, seq: page.seq }))
  return { filter, condition: conditionOf(filter, ownOnly), me, rows, cursor: page.next_cursor, edge: edgeOf(filter, page), seq: page.seq }
}

/**
 * As the server reads the same parameters of a request. A customer who has only pressed Start has the status snoozed, too, but is
 * not in the list of snoozed ones. ownOnly: the operator's role reaches only their own conversations.
 */
export function conditionOf({ status, assignee, bot, spam, tag }: ListFilter, ownOnly: boolean): Condition<ConversationField> {
  const all: Condition<ConversationField>[] = [...(spam ? spamConditions(spam) : [{ field: "spam", op: "is", value: false } as const])]
  if (status !== "all") all.push({ field: "status", op: "is", value: status })
  if (status === "snoozed") all.push({ field: "inbound_count", op: "more", value: 0 })
  if (assignee !== "any") all.push({ field: "assignee", op: "is", value: assignee })
  if (bot) all.push({ field: "bot", op: "is", value: bot })
  if (tag) all.push(tagCondition(tag))
  if (ownOnly) all.push({ field: "assignee", op: "is", value: "me" })
  return { all }
}

/** No other list contains any of these. */
export function spamConditions(spam: SpamFilter): Condition<ConversationField>[] {
  const any: Condition<ConversationField> = { field: "spam", op: "is", value: true }
  return spam === "all" ? [any] : [any, { field: "spam_reason", op: "is", value: spam }]
}

export const tagCondition = (tag: string): Condition<ConversationField> => ({ field: "source_tag", op: "is", value: tag })

/** Adds a further page. `missed`: the events after the older of both positions, so that none between is lost. */
export function appendPage(state: ListState, page: ConversationList, missed: readonly DurableEvent[]): ListState {
  const coming = new Map(page.data.map((conversation) => [conversation.id, { conversation, seq: page.seq }]))
  const kept = state.rows.filter((row) => {
    const next = coming.get(row.conversation.id)
    if (next && next.seq <= row.seq) coming.delete(row.conversation.id)
    return !coming.has(row.conversation.id)
  })
  const rows = joinRows(state.filter, kept, [...coming.values()])
  const merged = { ...state, rows, cursor: page.next_cursor, edge: edgeOf(state.filter, page), seq: Math.min(state.seq, page.seq) }
  const replayed = missed.reduce(reduceList, merged)
  return { ...replayed, seq: Math.max(state.seq, replayed.seq) }
}

/** A long list is not sorted again for a page that is below all of it, as nearly every page is. */
function joinRows(filter: ListFilter, above: readonly Row[], below: readonly Row[]): readonly Row[] {
  const [last, first] = [above.at(-1), below[0]]
  const rows = [...above, ...below]
  const compare = (a: Row, b: Row) => compareKeys(keyOf(filter, a.conversation), keyOf(filter, b.conversation))
  return !last || !first || compare(last, first) <= 0 ? rows : rows.sort(compare)
}

export const reduceList = reducer({
  new_message: (state, { seq, data }) => ({ ...upsert(state, unreadIfFirst(data.conversation, data.message), seq), seq }),
  chat_status_change: (state, { seq, data }) => ({ ...upsert(state, data.conversation, seq), seq }),
  chat_update: (state, { seq, data }) => ({ ...upsert(state, data.conversation, seq), seq }),
  conversation_read: (state, { seq, data }) =>
    data.operator_id === state.me ? { ...change(state, data.conversation_id, seq, (c) => withRead(c, data.read_count)), seq } : { ...state, seq },
  message_update: (state, { seq, data }) => ({ ...change(state, data.message.conversation_id, seq, (c) => withMessage(c, data.message)), seq }),
} satisfies Reducers<ListState>)

export interface ConversationState {
  conversation: Conversation
  me: number
  seq: number
}

const whole = (state: ConversationState, { seq, data }: EventOf<"new_message" | "chat_status_change" | "chat_update">): ConversationState =>
  data.conversation.id === state.conversation.id ? { ...state, conversation: keepRead(data.conversation, state.conversation), seq } : state

export const reduceConversation = reducer({
  new_message: whole,
  chat_status_change: whole,
  chat_update: whole,
  conversation_read: (state, { seq, data }) =>
    data.conversation_id === state.conversation.id && data.operator_id === state.me
      ? { ...state, conversation: withRead(state.conversation, data.read_count), seq }
      : state,
  message_update: (state, { seq, data }) =>
    data.message.conversation_id === state.conversation.id ? { ...state, conversation: withMessage(state.conversation, data.message), seq } : state,
} satisfies Reducers<ConversationState>)

/** Sets the operator's read count of a conversation from a new response, if the row came from an event, which has none. */
export function fillRead(state: ListState, conversation: Conversation): ListState {
  const { read_count } = conversation
  if (read_count === undefined) return state
  const rows = state.rows.map((row) =>
    row.conversation.id === conversation.id && row.conversation.read_count === undefined
      ? { ...row, conversation: withRead(row.conversation, read_count) }
      : row,
  )
  return { ...state, rows }
}

/** Null if the operator's read count is not known yet. */
export function unreadOf(conversation: Conversation): number | null {
  if (conversation.read_count === undefined) return null
  return Math.max(0, conversation.inbound_count - conversation.read_count)
}

function upsert(state: ListState, next: Conversation, seq: number): ListState {
  const at = state.rows.findIndex((row) => row.conversation.id === next.id)
  const known = at < 0 ? undefined : state.rows[at]
  if (known && seq <= known.seq) return state
  const rest = at < 0 ? state.rows : state.rows.toSpliced(at, 1)
  const conversation = keepRead(next, known?.conversation)
  if (!belongs(state, conversation, known !== undefined)) return known ? { ...state, rows: rest } : state
  return { ...state, rows: insert(state.filter, rest, { conversation, seq }) }
}

function change(state: ListState, id: number, seq: number, apply: (old: Conversation) => Conversation): ListState {
  const at = state.rows.findIndex((row) => row.conversation.id === id)
  const row = state.rows[at]
  if (!row || seq <= row.seq) return state
  const conversation = apply(row.conversation)
  const rows = belongs(state, conversation, true) ? state.rows.with(at, { conversation, seq }) : state.rows.toSpliced(at, 1)
  return { ...state, rows }
}

function belongs({ filter, condition, me, edge }: ListState, conversation: Conversation, known: boolean): boolean {
  // If the event does not decide, a shown row stays and no row is added.
  if (!(matches(conversationFields, condition, conversation, me) ?? known)) return false
  // Only the server evaluates a search: events change its results and add none.
  if (!known && filter.q !== "") return false
  return edge === null || compareKeys(keyOf(filter, conversation), edge) <= 0
}

function insert(filter: ListFilter, rows: readonly Row[], row: Row): readonly Row[] {
  const key = keyOf(filter, row.conversation)
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareKeys(keyOf(filter, (rows[middle] ?? row).conversation), key) < 0) low = middle + 1
    else high = middle
  }
  return rows.toSpliced(low, 0, row)
}

/** Events contain no read count of the operator: a known one is kept. */
function keepRead(next: Conversation, old: Conversation | undefined): Conversation {
  const count = old?.read_count ?? next.read_count
  return count === undefined ? next : { ...next, read_count: count }
}

/** The only read count that follows from an event: nobody can have read a first message that has just arrived. */
function unreadIfFirst(conversation: Conversation, message: Message): Conversation {
  return message.direction === "in" && conversation.inbound_count === 1 ? { ...conversation, read_count: 0 } : conversation
}

/** The count may decrease: when a snooze ends, the last message is unread again for the assignee. */
function withRead(conversation: Conversation, read_count: number): Conversation {
  return { ...conversation, read_count }
}

function withMessage(conversation: Conversation, message: Message): Conversation {
  const last = conversation.last_message
  if (last?.id !== message.id) return conversation
  const instead = hasContent(message.kind) ? (message.content ?? "") : ""
  const preview = [...message.text].slice(0, limits.preview_max).join("").replace(/[\r\n]/g, " ") || message.headline || instead
  const content = message.direction === "system" ? last.content : message.content
  const { id, direction, created_at } = last
  const { kind, delivery, retry_at } = message
  return { ...conversation, last_message: { id, direction, kind, preview, content, delivery, created_at, ...(retry_at && { retry_at }) } }
}

function edgeOf(filter: ListFilter, page: ConversationList): SortKey | null {
  const last = page.data.at(-1)
  return page.next_cursor !== null && last ? keyOf(filter, last) : null
}

/** The newest first; snoozed conversations by the end of the snooze, last those that end only with a message of the customer. */
function keyOf({ status }: ListFilter, { updated_at, snoozed_until, id }: Conversation): SortKey {
  if (status !== "snoozed") return { at: Date.parse(updated_at), id }
  return { at: snoozed_until === null ? Number.NEGATIVE_INFINITY : -Date.parse(snoozed_until), id }
}

function compareKeys(a: SortKey, b: SortKey): number {
  return a.at === b.at ? b.id - a.id : b.at > a.at ? 1 : -1
}

import { zeroConversation, zeroMessage, type Conversation, type ConversationList, type ConversationStatus, type DurableEvent, type Message, type MessageList } from "@/contract"

/** A desk small enough to reason about: it changes, logs an event for each change, and answers as the server would. */
export type Random = () => number

export function random(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export const newest = ({ updated_at }: Conversation): number => Date.parse(updated_at)
const statuses: readonly ConversationStatus[] = ["waiting", "active", "snoozed", "closed"]

export class Desk {
  seq = 100
  readonly events: DurableEvent[] = []
  readonly conversations = new Map<number, Conversation>()
  readonly messages = new Map<number, Message[]>()
  private readonly reads = new Map<number, number>()
  private clock = Date.parse("2026-01-01T00:00:00Z")
  private nextMessage = 1

  constructor(readonly me: number, private readonly chance: Random, size: number) {
    for (let id = 1; id <= size; id++) this.write(id)
  }

  /** One random change, as operators and customers make them. */
  step(): void {
    const id = 1 + Math.floor(this.chance() * (this.conversations.size + 1))
    const what = this.chance()
    if (!this.conversations.has(id) || what < 0.4) this.write(id)
    else if (what < 0.55) this.deliver(id)
    else if (what < 0.8) this.changeStatus(id)
    else this.read(id)
  }

  /** `place`: by what the list is sorted, descending, and the id behind it. */
  list(wanted: ConversationStatus | "all" | ((one: Conversation) => boolean), limit: number, cursor: string | null = null, place = newest): ConversationList {
    const [at, before] = (cursor?.split("|") ?? []).map(Number)
    const all = [...this.conversations.values()]
      .map((one) => ({ ...one, read_count: this.reads.get(one.id) ?? 0 }))
      .filter((one) => (typeof wanted === "function" ? wanted(one) : wanted === "all" || one.status === wanted))
      .sort((a, b) => (place(a) === place(b) ? b.id - a.id : place(a) < place(b) ? 1 : -1))
      .filter((one) => at === undefined || place(one) < at || (place(one) === at && one.id < Number(before)))
    const data = all.slice(0, limit)
    const last = data.at(-1)
    return { data, next_cursor: all.length > limit && last ? `${place(last)}|${last.id}` : null, seq: this.seq }
  }

  thread(id: number, limit: number, before: number | null = null): MessageList {
    const all = (this.messages.get(id) ?? []).filter((message) => before === null || message.id < before)
    const data = all.slice(-limit)
    return { data, before: all.length > limit ? (data[0]?.id ?? null) : null, after: null, first_unread: null, next_cursor: null, seq: this.seq }
  }

  threadAfter(id: number, limit: number, after: number): MessageList {
    const all = (this.messages.get(id) ?? []).filter((message) => message.id > after)
    const data = all.slice(0, limit)
    return { data, before: after > 0 ? (data[0]?.id ?? null) : null, after: all.length > limit ? (data.at(-1)?.id ?? null) : null, first_unread: null, next_cursor: null, seq: this.seq }
  }

  private log(event: { type: DurableEvent["type"]; data: unknown }): void {
    this.seq += 1 + Math.floor(this.chance() * 2)
    this.events.push(structuredClone({ ...event, seq: this.seq }) as DurableEvent)
  }

  private write(id: number): void {
    const known = this.conversations.has(id)
    const incoming = this.chance() < (known ? 0.6 : 0.85)
    const created_at = new Date((this.clock += 1000)).toISOString()
    const by = incoming ? ({ direction: "in", actor: "customer", actor_id: id } as const) : ({ direction: "out", actor: "operator", actor_id: 1, operator_id: 1, delivery: "queued" } as const)
    const message: Message = { ...zeroMessage, ...by, id: this.nextMessage++, conversation_id: id, text: `text ${this.nextMessage}`, client_id: incoming ? null : `c${this.nextMessage}`, created_at }
    const conversation: Conversation = {
      // Who has not written has pressed start alone, and sleeps until they do.
      ...(this.conversations.get(id) ?? { ...zeroConversation, id, status: incoming ? "waiting" : "snoozed", created_at, customer: { ...zeroConversation.customer, id, channel: "telegram", account: "7", external_id: String(id), name: `Customer ${id}`, created_at } }),
      updated_at: created_at,
      last_message: { id: message.id, direction: message.direction, kind: "text", preview: message.text, content: null, delivery: message.delivery, created_at },
    }
    if (incoming) conversation.inbound_count++
    this.conversations.set(id, conversation)
    this.messages.set(id, [...(this.messages.get(id) ?? []), message])
    this.log({ type: "new_message", data: { message, conversation } })
  }

  private deliver(id: number): void {
    const all = this.messages.get(id) ?? []
    const at = Math.floor(this.chance() * all.length)
    const message = all[at]
    if (!message) return
    const changed: Message = message.direction === "out" ? { ...message, delivery: "sent" } : { ...message, text: `${message.text}!`, edited_at: message.created_at }
    this.messages.set(id, all.with(at, changed))
    const conversation = this.conversations.get(id)
    if (conversation?.last_message?.id === message.id)
      this.conversations.set(id, { ...conversation, last_message: { ...conversation.last_message, preview: changed.text, delivery: changed.delivery } })
    this.log({ type: "message_update", data: { message: changed } })
  }

  private changeStatus(id: number): void {
    const old = this.conversations.get(id)
    if (!old) return
    const status = statuses[Math.floor(this.chance() * statuses.length)] ?? "waiting"
    const updated_at = new Date((this.clock += 1000)).toISOString()
    const timed = status === "snoozed" && this.chance() < 0.7
    const snoozed_until = timed ? new Date(this.clock + 60_000 * Math.ceil(this.chance() * 60)).toISOString() : null
    const conversation: Conversation = { ...old, status, assignee_id: status === "waiting" ? null : this.chance() < 0.6 ? this.me : 99, updated_at, closed_at: status === "closed" ? updated_at : null, snoozed_until, ...this.spam(old, updated_at) }
    this.conversations.set(id, conversation)
    this.log({ type: "chat_status_change", data: { conversation, message: null } })
    if (old.status === "snoozed" && status === "active") this.unread(id)
  }

  /** Sometimes becomes spam, or is none any more. */
  private spam({ spam_at, spam_reason }: Conversation, now: string): Pick<Conversation, "spam_at" | "spam_reason"> {
    if (this.chance() >= 0.2) return { spam_at, spam_reason }
    return spam_at === null ? { spam_at: now, spam_reason: this.chance() < 0.5 ? "unproven" : "flood" } : { spam_at: null, spam_reason: null }
  }

  /** For whom a snoozed conversation wakes, its last message is unread again. */
  private unread(id: number): void {
    const read_count = (this.conversations.get(id)?.inbound_count ?? 0) - 1
    if (read_count < 0 || (this.reads.get(id) ?? 0) <= read_count) return
    this.reads.set(id, read_count)
    this.log({ type: "conversation_read", data: { conversation_id: id, operator_id: this.me, read_count } })
  }

  private read(id: number): void {
    const read_count = this.conversations.get(id)?.inbound_count ?? 0
    const operator_id = this.chance() < 0.7 ? this.me : 99
    if (operator_id === this.me) this.reads.set(id, read_count)
    this.log({ type: "conversation_read", data: { conversation_id: id, operator_id, read_count } })
  }
}

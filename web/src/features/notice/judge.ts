import type { Conversation, DurableEvent, Message } from "@/contract"

/** A message of a customer, the line that a new one has passed the check, or that the snooze of a conversation has ended. */
export interface Arrival {
  seq: number
  message: Message
  conversation: Conversation
}

/** A tab of the operator: whether it has their attention, and which conversation it shows. */
export interface Watcher {
  attentive: boolean
  viewing: number | null
}

export interface Verdict {
  sound: boolean
  /** Messages in the operator's own conversations that are not on the screen. */
  cards: readonly Arrival[]
  /** For the system's notifications, because no tab has the operator's attention. */
  desktop: readonly Arrival[]
}

export const freshMs = 60_000

/** Whether the snooze ended because its time has come. A snooze that an operator ended needs no notice, and a message of the customer has one. */
export const isWoken = ({ action, actor }: Message) => action === "woken" && actor === "system"

/** Whether a new customer has passed the check, so that what they wrote before is news now. */
export const isPassed = ({ action, actor }: Message) => action === "passed" && actor === "customer"

/** The recent messages and ended snoozes that concern the operator, none of spam. Those in a replay after a reconnect are too old. */
export function arrivals(batch: readonly DurableEvent[], me: number, now: number): Arrival[] {
  return batch.flatMap((event) => {
    if (event.type !== "new_message" && event.type !== "chat_status_change") return []
    const { message, conversation } = event.data
    if (!message || !(event.type === "new_message" ? message.direction === "in" || isPassed(message) : isWoken(message))) return []
    const concerns = conversation.assignee_id === null || conversation.assignee_id === me
    return concerns && conversation.spam_at === null && now - Date.parse(message.created_at) < freshMs ? [{ seq: event.seq, message, conversation }] : []
  })
}

/** A message in the operator's own conversation is always reported, one of a new customer only if no tab has attention; neither if it is on the screen. */
export function judge(fresh: readonly Arrival[], me: number, tabs: readonly Watcher[]): Verdict {
  const attended = tabs.some(({ attentive }) => attentive)
  const inSight = new Set(tabs.flatMap(({ attentive, viewing }) => (attentive && viewing !== null ? [viewing] : [])))
  const unseen = fresh.filter(({ conversation }) => !inSight.has(conversation.id))
  const cards = unseen.filter(({ conversation }) => conversation.assignee_id === me)
  return { sound: cards.length > 0 || (!attended && unseen.length > 0), cards, desktop: attended ? [] : unseen }
}

/** The last sound, so that a burst has only one. */
export interface SoundMark {
  /** When the last message was reported, with a sound or silently within a burst. */
  told: number
  sounded: number
}

export const burstMs = 2500
const reminderMs = 12_000

/** There is no further sound within a burst, except a reminder at intervals if the burst does not end. */
export function maySound(mark: SoundMark | null, now: number): boolean {
  if (!mark || mark.told > now) return true
  return now - mark.told >= burstMs || now - mark.sounded >= reminderMs
}

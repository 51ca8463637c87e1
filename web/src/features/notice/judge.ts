import type { Conversation, DurableEvent, Message } from "@/contract"

/** A customer's message, or the line that a conversation is back from its snooze. */
export interface Arrival {
  seq: number
  message: Message
  conversation: Conversation
}

/** A tab of this person's: whether they look at it, and which conversation it shows. */
export interface Watcher {
  attentive: boolean
  viewing: number | null
}

export interface Verdict {
  sound: boolean
  /** Replies in this person's own conversations that they are not looking at. */
  cards: readonly Arrival[]
  /** What the system shall tell, because nobody looks at any tab. */
  desktop: readonly Arrival[]
}

export const freshMs = 60_000

/** Back because its time has come: whoever ends a snooze by hand knows of it, and a customer who writes is told of anyway. */
export const isWoken = ({ action, actor }: Message) => action === "woken" && actor === "system"

/** What customers wrote just now, or what came back just now, that is this person's business. A replay after a reconnect is no news. */
export function arrivals(batch: readonly DurableEvent[], me: number, now: number): Arrival[] {
  return batch.flatMap((event) => {
    if (event.type !== "new_message" && event.type !== "chat_status_change") return []
    const { message, conversation } = event.data
    if (!message || !(event.type === "new_message" ? message.direction === "in" : isWoken(message))) return []
    const concerns = conversation.assignee_id === null || conversation.assignee_id === me
    return concerns && now - Date.parse(message.created_at) < freshMs ? [{ seq: event.seq, message, conversation }] : []
  })
}

/** A reply to oneself is told wherever one is, a new customer only to who looks elsewhere; neither where one can see it. */
export function judge(fresh: readonly Arrival[], me: number, tabs: readonly Watcher[]): Verdict {
  const attended = tabs.some(({ attentive }) => attentive)
  const inSight = new Set(tabs.flatMap(({ attentive, viewing }) => (attentive && viewing !== null ? [viewing] : [])))
  const unseen = fresh.filter(({ conversation }) => !inSight.has(conversation.id))
  const cards = unseen.filter(({ conversation }) => conversation.assignee_id === me)
  return { sound: cards.length > 0 || (!attended && unseen.length > 0), cards, desktop: attended ? [] : unseen }
}

/** What has sounded, so that a burst sounds once. */
export interface SoundMark {
  /** When the last message was told of, whether with a sound or within a burst. */
  told: number
  sounded: number
}

export const burstMs = 2500
const reminderMs = 12_000

/** Within a burst there is silence; one that does not end is recalled now and then. */
export function maySound(mark: SoundMark | null, now: number): boolean {
  if (!mark || mark.told > now) return true
  return now - mark.told >= burstMs || now - mark.sounded >= reminderMs
}

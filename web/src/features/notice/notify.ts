import type { ConversationCounts, ConversationReadEvent, DurableEvent } from "@/contract"
import { countsKey, openConversationAt } from "@/features/conversation"
import { inboxAt } from "@/features/inbox"
import { getT } from "@/shared/i18n"
import { isolate } from "@/shared/lib/bidi"
import { queryClient } from "@/shared/lib/query"
import { getPrefs } from "@/shared/lib/prefs"
import { currentPath } from "@/shared/lib/router"
import { createStore, useStore } from "@/shared/lib/store"
import { setWaitingInTitle } from "@/shared/lib/title"
import { isVisible } from "@/shared/lib/visible"
import { messageLine } from "@/shared/lib/words"
import { arrivals, isPassed, isWoken, judge, type Arrival, type Watcher } from "./judge"
import { soundOnce } from "./sound"
import { askTabs, describeSelf } from "./tabs"

/** A message that the operator has not seen yet; one card per conversation, the newest first. */
export interface Notice {
  conversation: number
  customer: { id: number; name: string }
  text: string
  /** The number of messages that the card represents. */
  count: number
  /** The customer's number of messages at that time: the card has been seen when so many are read. */
  written: number
}

const mostNotices = 3
const notices = createStore<readonly Notice[]>([])
/** The number of messages of new customers since a tab last had the operator's attention. */
const missed = createStore(0)
/** The sentence for screen readers. */
const spoken = createStore("")

/** For each conversation, the operator's last read event: a tab that receives a message late also receives this event. */
const reads = new Map<number, { seq: number; count: number }>()

/** A later read event may not include the message; when a snooze ends, the read count even decreases. */
function isUnread({ seq, conversation }: Arrival): boolean {
  const read = reads.get(conversation.id)
  return !read || seq > read.seq || conversation.inbound_count > read.count
}

const attentive = () => document.visibilityState === "visible" && document.hasFocus()

function self(): Watcher {
  return { attentive: attentive(), viewing: inboxAt(currentPath())?.conversation ?? null }
}

describeSelf(self)

export function useNotices(): readonly Notice[] {
  return useStore(notices)
}

export function useSpoken(): string {
  return useStore(spoken)
}

export function dismissNotice(conversation: number): void {
  notices.set((old) => old.filter((notice) => notice.conversation !== conversation))
}

export function dismissNotices(): void {
  notices.set([])
}

/** A new customer who passes the check has written before; the conversation's last message says what. */
const lineOf = ({ message, conversation }: Arrival) =>
  isWoken(message) ? getT().conversation.woken : isPassed(message) && conversation.last_message ? messageLine(conversation.last_message, getT()) : messageLine({ kind: message.kind, content: message.content, preview: isVisible(message.text) ? message.text : (message.headline ?? "") }, getT())

function titleOf({ message, conversation }: Arrival): string {
  const { name } = conversation.customer
  return isWoken(message) ? isolate(name) : getT().notify.title(name)
}

export function notify(batch: readonly DurableEvent[], me: number): void {
  for (const event of batch) if (event.type === "conversation_read" && event.data.operator_id === me) noteRead(event.seq, event.data)
  const fresh = arrivals(batch, me, Date.now()).filter(isUnread)
  const last = fresh.at(-1)
  if (!last) return
  spoken.set(isWoken(last.message) ? `${titleOf(last)}: ${lineOf(last)}` : getT().message.newFrom(last.conversation.customer.name, lineOf(last)))
  void askTabs().then((tabs) => tell(fresh.filter(isUnread), me, tabs))
}

function noteRead(seq: number, { conversation_id, read_count }: ConversationReadEvent): void {
  reads.set(conversation_id, { seq, count: read_count })
  notices.set((old) => old.filter(({ conversation, written }) => conversation !== conversation_id || written > read_count))
}

function tell(fresh: readonly Arrival[], me: number, tabs: readonly Watcher[]): void {
  const { sound, cards, desktop } = judge(fresh, me, tabs)
  const prefs = getPrefs()
  if (!attentive()) missed.set((n) => n + fresh.filter(({ conversation }) => conversation.assignee_id === null).length)
  if (sound && prefs.sound) soundOnce(Math.max(...fresh.map(({ seq }) => seq)))
  if (prefs.notices) for (const arrival of cards) addNotice(arrival)
  if (prefs.desktop) for (const arrival of desktop) show(arrival)
}

function addNotice(arrival: Arrival): void {
  const { id, customer, inbound_count } = arrival.conversation
  notices.set((old) => {
    const known = old.find((notice) => notice.conversation === id)
    const notice: Notice = { conversation: id, customer, text: lineOf(arrival), count: (known?.count ?? 0) + 1, written: inbound_count }
    return [notice, ...old.filter((other) => other !== known)].slice(0, mostNotices)
  })
}

/** The tag combines the notifications of several tabs, and of several messages, into one. */
function show(arrival: Arrival): void {
  if (typeof Notification === "undefined" || Notification.permission !== "granted") return
  const { id } = arrival.conversation
  try {
    const notification = new Notification(titleOf(arrival), { body: lineOf(arrival), tag: `c${id}`, icon: "/icon-192.png" })
    notification.onclick = () => {
      window.focus()
      openConversationAt(id, "composer")
      notification.close()
    }
  } catch {
    // On a phone only a service worker may show notifications.
  }
}

/** Shows in the title of the tab: the operator's own conversations with unread messages, and the messages in `missed`. */
function count(): void {
  setWaitingInTitle((queryClient.getQueryData<ConversationCounts>(countsKey)?.mine_unread ?? 0) + missed.get())
}

addEventListener("focus", () => missed.set(0))
missed.subscribe(count)
queryClient.getQueryCache().subscribe(({ query }) => {
  if (query.queryKey[0] === countsKey[0]) count()
})

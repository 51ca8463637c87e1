import type { Message } from "@/contract"
import { dayKey } from "@/shared/i18n/dates"
import type { Outgoing } from "./outgoing"
import type { ThreadRow } from "./reduce"

/** What the thread shows, line by line: made anew from messages whenever they change, so it holds no state. */
export type ThreadItem =
  | { type: "start"; key: string }
  | { type: "day"; key: string; at: string }
  | { type: "unread"; key: string }
  | { type: "system"; key: string; message: Message }
  | { type: "message"; key: string; messages: readonly Message[]; first: boolean; last: boolean }
  | { type: "outgoing"; key: string; outgoing: Outgoing; first: boolean; last: boolean }

const runGapMs = 5 * 60_000

interface Input {
  rows: readonly ThreadRow[]
  outgoing: readonly Outgoing[]
  complete: boolean
  /** The first message that was unread when the conversation was opened. */
  unreadFrom: number | null
}

export function buildItems({ rows, outgoing, complete, unreadFrom }: Input): ThreadItem[] {
  const items: ThreadItem[] = complete && rows.length > 0 ? [{ type: "start", key: "start" }] : []
  const waiting = outgoing.filter((item) => !arrived(item, rows))
  const hidden = hiddenAlbums(waiting, rows)
  let day = ""
  const startDay = (at: string) => {
    if (dayKey(at) === day) return
    day = dayKey(at)
    // More of this day may be above. A line that moves up with each page would also hold the reader's place there.
    if (items.length === 0 && !complete) return
    items.push({ type: "day", key: `day-${day}`, at })
  }
  for (const group of albums(rows.map(({ message }) => message))) {
    const [message] = group
    if (!message || (message.album !== null && hidden.has(message.album))) continue
    startDay(message.created_at)
    if (group.some(({ id }) => id === unreadFrom)) items.push({ type: "unread", key: "unread" })
    const key = message.client_id ?? `m${message.id}`
    if (message.direction === "system" || message.kind === "press") items.push({ type: "system", key, message })
    else items.push({ type: "message", key, messages: group, first: true, last: true })
  }
  for (const item of waiting) {
    startDay(item.created_at)
    items.push({ type: "outgoing", key: item.client_id, outgoing: item, first: true, last: true })
  }
  markRuns(items)
  return items
}

/** All of it is here: as many messages as files were sent. The others of a message "X" are "X#2", "X#3". */
function arrived({ client_id, files }: Outgoing, rows: readonly ThreadRow[]): boolean {
  const own = rows.filter(({ message: { client_id: its } }) => its === client_id || its?.startsWith(`${client_id}#`))
  return own.length >= Math.max(1, files.length)
}

function hiddenAlbums(waiting: readonly Outgoing[], rows: readonly ThreadRow[]): ReadonlySet<string> {
  const ids = new Set(waiting.filter(({ files }) => files.length > 1).map(({ client_id }) => client_id))
  if (ids.size === 0) return new Set()
  return new Set(rows.flatMap(({ message }) => (message.album !== null && message.client_id !== null && ids.has(message.client_id) ? [message.album] : [])))
}

function albums(messages: readonly Message[]): Message[][] {
  const groups: Message[][] = []
  for (const message of messages) {
    const group = groups.at(-1)
    if (group && message.album !== null && group[0]?.album === message.album) group.push(message)
    else groups.push([message])
  }
  return groups
}

function author(item: ThreadItem | undefined): { side: string; at: number } | null {
  if (item?.type === "outgoing") return { side: "me", at: Date.parse(item.outgoing.created_at) }
  if (item?.type !== "message" || !item.messages[0]) return null
  const { direction, operator_id, created_at } = item.messages[0]
  return { side: `${direction}${operator_id ?? ""}`, at: Date.parse(created_at) }
}

/** Bubbles of one person in one breath stand close; only the last has a tail. */
function markRuns(items: ThreadItem[]): void {
  for (const [i, item] of items.entries()) {
    if (item.type !== "message" && item.type !== "outgoing") continue
    item.first = !sameRun(items[i - 1], item)
    item.last = !sameRun(item, items[i + 1])
  }
}

function sameRun(a: ThreadItem | undefined, b: ThreadItem | undefined): boolean {
  const x = author(a)
  const y = author(b)
  if (!x || !y) return false
  const side = x.side === y.side || (y.side === "me" && x.side.startsWith("out"))
  return side && y.at - x.at < runGapMs
}

// Turns messages into rows of the list: days, bubbles, albums. Pure.
import type { Entity } from "./api"
import type { Message, Outgoing } from "./message"

export interface Bubble {
  kind: "bubble"
  key: string
  mine: boolean
  /** The operator who answered; null for the visitor's own messages and for automatic ones. */
  name: string | null
  text: string
  entities: readonly Entity[]
  photos: string[]
  at: number
  /** The first and the last of consecutive messages of one side; these determine spacing and corners. */
  head: boolean
  tail: boolean
  /** The state of a message that has not reached the desk. */
  outgoing?: Outgoing
}
export interface Day {
  kind: "day"
  key: string
  at: number
}
export type Row = Bubble | Day

const albumMs = 2000
const albumMax = 10
/** The pause after which the time is shown again. */
const runMs = 5 * 60_000

const dayOf = (at: number): string => new Date(at).toDateString()

function joins(bubble: Bubble | undefined, message: Message): boolean {
  return !!bubble && !bubble.outgoing && !!message.photo && !message.text && bubble.photos.length > 0 && bubble.photos.length < albumMax &&
    bubble.mine === message.mine && bubble.name === message.name && Math.abs(message.at - bubble.at) <= albumMs
}

function bubbles(messages: readonly Message[], outgoing: readonly Outgoing[]): Bubble[] {
  const list: Bubble[] = []
  for (const message of messages) {
    const last = list.at(-1)
    if (last && message.photo && joins(last, message)) last.photos.push(message.photo)
    else list.push({ kind: "bubble", key: message.key ?? `m${message.order}`, mine: message.mine, name: message.name, text: message.text, entities: message.entities, photos: message.photo ? [message.photo] : [], at: message.at, head: true, tail: true })
  }
  for (const item of outgoing)
    list.push({ kind: "bubble", key: item.clientId, mine: true, name: null, text: item.text, entities: [], photos: item.previews, at: item.at, head: true, tail: true, outgoing: item })
  return list
}

export function buildRows(messages: readonly Message[], outgoing: readonly Outgoing[]): Row[] {
  const rows: Row[] = []
  let before: Bubble | undefined
  for (const bubble of bubbles(messages, outgoing)) {
    const newDay = !before || dayOf(before.at) !== dayOf(bubble.at)
    if (newDay) rows.push({ kind: "day", key: `d${dayOf(bubble.at)}`, at: bubble.at })
    if (before && !newDay && before.mine === bubble.mine && before.name === bubble.name && bubble.at - before.at < runMs && !before.outgoing?.problem) {
      before.tail = false
      bubble.head = false
    }
    rows.push(bubble)
    before = bubble
  }
  return rows
}

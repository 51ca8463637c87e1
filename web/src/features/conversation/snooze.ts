import { createStore } from "@/shared/lib/store"
import type { FocusAfter } from "./open"

/** The conversation to snooze, for which the dialog is open; it may be opened by a button, a key or the palette. */
export interface Snoozing {
  conversation: number
  /** Open the next conversation afterwards. */
  next: boolean
  focus: FocusAfter
}

export const snoozing = createStore<Snoozing | null>(null)

/** null: until the customer writes. */
export type Until = Date | null
export type MomentName = "hour" | "morning" | "tomorrow" | "monday"
export interface Moment {
  name: MomentName
  at: Date
}

const hourMs = 3_600_000
const morning = 9
/** Until this hour the night counts as part of the previous day, and the next morning is not called "tomorrow". */
const nightEnds = 5

function morningIn(now: Date, days: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, morning)
}

/** By the operator's clock. On a Sunday, tomorrow is Monday, and is offered only once. */
export function momentsAfter(now: Date): Moment[] {
  const toMonday = ((8 - now.getDay()) % 7) || 7
  const all: Moment[] = [{ name: "hour", at: new Date(now.getTime() + hourMs) }]
  if (now.getHours() < nightEnds) all.push({ name: "morning", at: morningIn(now, 0) })
  all.push({ name: "tomorrow", at: morningIn(now, 1) })
  if (toMonday > 1) all.push({ name: "monday", at: morningIn(now, toMonday) })
  return all
}

/** The initial value of the field for another date. */
export function suggestionAfter(now: Date): Date {
  return momentsAfter(now).find(({ name }) => name !== "hour")?.at ?? now
}

const two = (n: number) => String(n).padStart(2, "0")

/** In the format of an input of the type datetime-local. */
export function fieldOf(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`
}

const yearMs = 366 * 24 * hourMs

/** The typed time if the server accepts it: within the next year; otherwise null. */
export function readField(text: string, now: Date): Date | null {
  const at = text ? new Date(text) : null
  if (!at || Number.isNaN(at.getTime())) return null
  return at.getTime() > now.getTime() && at.getTime() < now.getTime() + yearMs ? at : null
}

import { createStore } from "@/shared/lib/store"
import type { FocusAfter } from "./open"

/** The conversation that is about to be snoozed: the question may come from a button, a key or the palette. */
export interface Snoozing {
  conversation: number
  /** The next conversation is opened then, as closing one can do. */
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
/** Until this hour a night belongs to the day before: the morning that is coming is not "tomorrow". */
const nightEnds = 5

function morningIn(now: Date, days: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, morning)
}

/** By the reader's own clock. On a Sunday tomorrow is Monday, which is offered once. */
export function momentsAfter(now: Date): Moment[] {
  const toMonday = ((8 - now.getDay()) % 7) || 7
  const all: Moment[] = [{ name: "hour", at: new Date(now.getTime() + hourMs) }]
  if (now.getHours() < nightEnds) all.push({ name: "morning", at: morningIn(now, 0) })
  all.push({ name: "tomorrow", at: morningIn(now, 1) })
  if (toMonday > 1) all.push({ name: "monday", at: morningIn(now, toMonday) })
  return all
}

/** What the field for a date of one's own begins with. */
export function suggestionAfter(now: Date): Date {
  return momentsAfter(now).find(({ name }) => name !== "hour")?.at ?? now
}

const two = (n: number) => String(n).padStart(2, "0")

/** As an input of the type datetime-local has it. */
export function fieldOf(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`
}

const yearMs = 366 * 24 * hourMs

/** What was typed, where the server would take it: a moment of the coming year. */
export function readField(text: string, now: Date): Date | null {
  const at = text ? new Date(text) : null
  if (!at || Number.isNaN(at.getTime())) return null
  return at.getTime() > now.getTime() && at.getTime() < now.getTime() + yearMs ? at : null
}

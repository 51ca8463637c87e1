import { createStore } from "@/shared/lib/store"

/** The conversation that is about to be snoozed: the question may come from a button, a key or the palette. */
export const snoozing = createStore<number | null>(null)

/** null: until the customer writes. */
export type Until = Date | null
export type MomentName = "hour" | "tomorrow" | "monday"
export interface Moment {
  name: MomentName
  at: Date
}

const hourMs = 3_600_000
const morning = 9

function morningIn(now: Date, days: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, morning)
}

/** By the reader's own clock. On a Sunday tomorrow is Monday, which is offered once. */
export function momentsAfter(now: Date): Moment[] {
  const toMonday = ((8 - now.getDay()) % 7) || 7
  const all: Moment[] = [{ name: "hour", at: new Date(now.getTime() + hourMs) }, { name: "tomorrow", at: morningIn(now, 1) }]
  return toMonday === 1 ? all : [...all, { name: "monday", at: morningIn(now, toMonday) }]
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

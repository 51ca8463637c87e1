import type { Locale } from "../lib/prefs"

type Style = "time" | "day" | "dayYear" | "full" | "weekday" | "short" | "shortYear"

const options: Record<Style, Intl.DateTimeFormatOptions> = {
  time: { hour: "numeric", minute: "2-digit" },
  day: { day: "numeric", month: "long" },
  dayYear: { day: "numeric", month: "long", year: "numeric" },
  full: { dateStyle: "medium", timeStyle: "medium" },
  weekday: { weekday: "short" },
  short: { day: "numeric", month: "short" },
  shortYear: { day: "2-digit", month: "2-digit", year: "2-digit" },
}

/** English words with the reader's own habit of dates, where it is an English one. */
const english = globalThis.navigator?.languages?.find((tag) => tag.startsWith("en")) ?? "en-GB"

const cache = new Map<string, Intl.DateTimeFormat>()

function format(locale: Locale, style: Style, date: Date): string {
  const key = `${locale}:${style}`
  let formatter = cache.get(key)
  // Building a formatter costs far more than using one, and a list shows hundreds of dates.
  if (!formatter) cache.set(key, (formatter = new Intl.DateTimeFormat(locale === "en" ? english : locale, options[style])))
  return formatter.format(date)
}

const dayMs = 86_400_000

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}

function daysAgo(date: Date): number {
  return Math.round((startOfDay(new Date()) - startOfDay(date)) / dayMs)
}

/** A key that is equal for moments of one local day. */
export function dayKey(iso: string): string {
  return new Date(iso).toDateString()
}

export function formatTime(locale: Locale, iso: string): string {
  return format(locale, "time", new Date(iso))
}

export function formatFull(locale: Locale, iso: string): string {
  return format(locale, "full", new Date(iso))
}

/** For a list: the time today, the weekday in this week, else the date. */
export function formatBrief(locale: Locale, iso: string): string {
  const date = new Date(iso)
  const ago = daysAgo(date)
  if (ago <= 0) return format(locale, "time", date)
  if (ago < 7) return format(locale, "weekday", date)
  return format(locale, date.getFullYear() === new Date().getFullYear() ? "short" : "shortYear", date)
}

/** For a line between messages. */
export function formatDay(locale: Locale, iso: string, words: { today: string; yesterday: string }): string {
  const date = new Date(iso)
  const ago = daysAgo(date)
  if (ago === 0) return words.today
  if (ago === 1) return words.yesterday
  return format(locale, date.getFullYear() === new Date().getFullYear() ? "day" : "dayYear", date)
}

export function formatDate(locale: Locale, iso: string): string {
  return format(locale, "dayYear", new Date(iso))
}

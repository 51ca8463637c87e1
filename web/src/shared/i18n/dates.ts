import type { Locale } from "../lib/prefs"

type Style = "time" | "day" | "dayYear" | "full" | "weekday" | "short" | "shortYear" | "digits"

const options: Record<Style, Intl.DateTimeFormatOptions> = {
  time: { hour: "numeric", minute: "2-digit" },
  day: { day: "numeric", month: "long" },
  dayYear: { day: "numeric", month: "long", year: "numeric" },
  full: { dateStyle: "medium", timeStyle: "medium" },
  weekday: { weekday: "short" },
  short: { day: "numeric", month: "short" },
  shortYear: { day: "numeric", month: "short", year: "numeric" },
  digits: { day: "2-digit", month: "2-digit", year: "2-digit" },
}

/** English texts with the date format of the reader's region, if that is an English one. */
const english = globalThis.navigator?.languages?.find((tag) => tag.startsWith("en")) ?? "en-GB"

const cache = new Map<string, Intl.DateTimeFormat>()

function format(locale: Locale, style: Style, date: Date): string {
  return formatFor(locale === "en" ? english : locale, style, date)
}

/** `tag`: a language tag with a region, as from the browser. */
export function formatFor(tag: string, style: Style, date: Date): string {
  const ready = known[tag]?.[style]?.(date)
  if (ready !== undefined) return ready
  const key = `${tag}:${style}`
  let formatter = cache.get(key)
  // Formatters are kept: building one is much slower than using it, and a list shows hundreds of dates.
  if (!formatter) cache.set(key, (formatter = new Intl.DateTimeFormat(tag, options[style])))
  return formatter.format(date)
}

type Known = (date: Date) => string | undefined

const twoDigits = (n: number) => String(n).padStart(2, "0")
const byTwelve: Known = (date) => `${date.getHours() % 12 || 12}:${twoDigits(date.getMinutes())} ${date.getHours() < 12 ? "AM" : "PM"}`
const byTwentyFour: Known = (date) => `${date.getHours()}:${twoDigits(date.getMinutes())}`
const weekdays = (names: string): Known => (date) => names.split(" ")[date.getDay()]
const weekdaysEn = weekdays("Sun Mon Tue Wed Thu Fri Sat")

/**
 * The formats of the first screen in the commonest regions, without the browser's tables of dates: loading these takes up to 40 ms,
 * on a phone several times as long, and is not needed until someone scrolls to last week.
 */
const known: Record<string, Partial<Record<Style, Known>>> = {
  "ru": { time: byTwentyFour, weekday: weekdays("вс пн вт ср чт пт сб") },
  "en-GB": { time: byTwentyFour, weekday: weekdaysEn },
  "en-US": { time: byTwelve, weekday: weekdaysEn },
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

/** For a list: the time of today, the weekday within a week, otherwise the date, in digits if it needs the year. */
export function formatBrief(locale: Locale, iso: string): string {
  const date = new Date(iso)
  const ago = daysAgo(date)
  if (ago <= 0) return format(locale, "time", date)
  if (ago < 7) return format(locale, "weekday", date)
  return format(locale, isThisYear(date) ? "short" : "digits", date)
}

/** For a future time: the time of today, weekday and time within a week, otherwise date and time. */
export function formatUntil(locale: Locale, iso: string): string {
  const date = new Date(iso)
  const ahead = -daysAgo(date)
  const time = format(locale, "time", date)
  if (ahead <= 0) return time
  const style: Style = ahead < 7 ? "weekday" : ahead < 365 ? "short" : shortStyle(date)
  return `${format(locale, style, date)}, ${time}`
}

/** Date and time, for texts that are read at any later time. */
export function formatMoment(locale: Locale, iso: string): string {
  const date = new Date(iso)
  return `${format(locale, shortStyle(date), date)}, ${format(locale, "time", date)}`
}

function isThisYear(date: Date): boolean {
  return date.getFullYear() === new Date().getFullYear()
}

function shortStyle(date: Date): Style {
  return isThisYear(date) ? "short" : "shortYear"
}

/** For a line between messages. */
export function formatDay(locale: Locale, iso: string, words: { today: string; yesterday: string }): string {
  const date = new Date(iso)
  const ago = daysAgo(date)
  if (ago === 0) return words.today
  if (ago === 1) return words.yesterday
  return format(locale, isThisYear(date) ? "day" : "dayYear", date)
}

export function formatDate(locale: Locale, iso: string): string {
  return format(locale, "dayYear", new Date(iso))
}

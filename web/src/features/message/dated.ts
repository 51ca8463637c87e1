import type { Locale } from "@/shared/lib/prefs"

const form = /^(?:r|(w?)([dD]?)([tT]?))$/
const steps: readonly [Intl.RelativeTimeFormatUnit, number][] = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3600], ["minute", 60]]

/**
 * A moment as Telegram's date_time entities ask for it (Bot API, "Date-time entity formatting"), in the reader's zone: "r" is
 * relative to now, "w" the weekday, "d" and "D" a short and a long date, "t" and "T" a time without and with seconds. Null: the
 * text stays.
 */
export function formatDated(locale: Locale, seconds: number, format: string, now = Date.now(), timeZone?: string): string | null {
  const parts = form.exec(format)
  if (!parts || format === "") return null
  if (format === "r") return relative(locale, seconds - Math.floor(now / 1000))
  const [, weekday, date, time] = parts
  return new Intl.DateTimeFormat(locale, {
    ...(timeZone && { timeZone }),
    ...(weekday && { weekday: "long" }),
    ...(date && { year: "numeric", month: date === "D" ? "long" : "2-digit", day: date === "D" ? "numeric" : "2-digit" }),
    ...(time && { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(time === "T" && { second: "2-digit" }) }),
  }).format(seconds * 1000)
}

function relative(locale: Locale, ahead: number): string {
  const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto" })
  const [unit, length] = steps.find(([, length]) => Math.abs(ahead) >= length) ?? (["second", 1] as const)
  return words.format(Math.trunc(ahead / length), unit)
}

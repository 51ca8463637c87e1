import type { Locale } from "../lib/prefs"

const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const

/** "820 byte", "1.4 MB", in the format of the language. */
export function formatBytes(locale: Locale, bytes: number): string {
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  const value = bytes / 1000 ** step
  return new Intl.NumberFormat(locale, { style: "unit", unit: units[step], unitDisplay: step === 0 ? "long" : "short", maximumFractionDigits: step > 0 && value < 10 ? 1 : 0 }).format(value)
}

/** "0:07", "1:02:03" */
export function formatLength(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const tail = String(seconds % 60).padStart(2, "0")
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`
}

const spans = [["year", 365 * 86_400], ["month", 30 * 86_400], ["week", 7 * 86_400], ["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]] as const

/** A duration in the largest unit that divides it: "1 week", "36 hours". A month has 30 or 31 days. */
export function formatSpan(locale: Locale, seconds: number): string {
  if (seconds === 31 * 86_400) return formatSpan(locale, 30 * 86_400)
  const [unit, length] = spans.find(([, size]) => seconds >= size && seconds % size === 0) ?? ["second", 1]
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(seconds / length)
}

/** A price; `amount` is in the smallest units of the currency. XTR is Telegram Stars. */
export function formatMoney(locale: Locale, amount: number, currency: string): string {
  if (currency === "XTR") return `⭐ ${new Intl.NumberFormat(locale).format(amount)}`
  try {
    const format = new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" })
    return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
  } catch {
    // An unknown currency.
    return `${new Intl.NumberFormat(locale, { minimumFractionDigits: 2 }).format(amount / 100)} ${currency}`.trim()
  }
}

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { formatBrief, formatFor, formatMoment, formatUntil } from "./dates"

const plain = (text: string) => text.replace(/\s/gu, " ")

describe("what is written without the browser's tables is what they say", () => {
  it.each(["ru", "en-GB", "en-US"])("%s", (tag) => {
    const time = new Intl.DateTimeFormat(tag, { hour: "numeric", minute: "2-digit" })
    const weekday = new Intl.DateTimeFormat(tag, { weekday: "short" })
    for (let minute = 0; minute < 7 * 24 * 60; minute += 7) {
      const date = new Date(2026, 5, 1, 0, minute)
      expect(plain(formatFor(tag, "time", date))).toBe(plain(time.format(date)))
      expect(formatFor(tag, "weekday", date)).toBe(weekday.format(date))
    }
  })
})

describe("a date says its year where that is another one", () => {
  beforeEach(() => void vi.useFakeTimers({ now: new Date(2026, 11, 28, 12) }))
  afterEach(() => void vi.useRealTimers())
  const at = (year: number, month: number, day: number) => new Date(year, month - 1, day, 9).toISOString()
  const cases: readonly [typeof formatUntil, string, string, string][] = [
    [formatUntil, at(2026, 12, 28), "9:00", "today"],
    [formatUntil, at(2027, 1, 2), "сб, 9:00", "within a week the weekday is enough"],
    [formatUntil, at(2027, 1, 4), "4 янв., 9:00", "a moment to come needs no year within a year"],
    [formatUntil, at(2027, 12, 28), "28 дек. 2027 г., 9:00", "a year from now"],
    [formatMoment, at(2026, 12, 2), "2 дек., 9:00", "a moment of this year"],
    [formatMoment, at(2025, 12, 2), "2 дек. 2025 г., 9:00", "a moment that stays"],
    [formatBrief, at(2025, 12, 2), "02.12.25", "a list, which has no room"],
  ]
  it.each(cases)("%s %s: %s, %s", (format, iso, wanted) => expect(plain(format("ru", iso))).toBe(wanted))
})

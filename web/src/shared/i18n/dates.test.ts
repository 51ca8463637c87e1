import { describe, expect, it } from "vitest"
import { formatFor } from "./dates"

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

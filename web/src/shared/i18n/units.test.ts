import { describe, expect, it } from "vitest"
import { en } from "./en"
import { ru } from "./ru"
import { formatBytes, formatLength, formatMoney, formatSpan } from "./units"

it.each([
  [0, "0 bytes"], [1, "1 byte"], [999, "999 bytes"], [1000, "1 kB"], [1440, "1.4 kB"], [152_600, "153 kB"], [2_000_000, "2 MB"], [48_700_000, "49 MB"], [3.1e12, "3,100 GB"],
])("%d bytes", (bytes, expected) => expect(formatBytes("en", bytes)).toBe(expected))

it("Russian has its own units", () => expect(formatBytes("ru", 1_400_000)).toBe("1,4 МБ"))

it.each([[0, "0:00"], [7000, "0:07"], [61_400, "1:01"], [3_723_000, "1:02:03"]])("%d ms", (ms, expected) => expect(formatLength(ms)).toBe(expected))

it.each([
  [1, "1 second"], [90, "90 seconds"], [3600, "1 hour"], [129_600, "36 hours"], [86_400, "1 day"], [604_800, "1 week"], [2_592_000, "1 month"], [2_678_400, "1 month"], [31_536_000, "1 year"],
])("a span of %d s", (seconds, expected) => expect(formatSpan("en", seconds)).toBe(expected))

it("a span in Russian is declined", () => expect([1, 2, 5].map((days) => formatSpan("ru", days * 86_400))).toEqual(["1 день", "2 дня", "5 дней"]))

it.each([
  [145_000, "EUR", "€1,450.00"], [500, "JPY", "¥500"], [1999, "KWD", "KWD 1.999"], [250, "XTR", "⭐ 250"], [1250, "??", "12.50 ??"], [1250, "", "12.50"],
])("%d of %s", (amount, currency, expected) => expect(formatMoney("en", amount, currency).replaceAll("\u00a0", " ")).toBe(expected))

it("rubles as Russians write them", () => expect(formatMoney("ru", 145_050, "RUB").replaceAll(/\s/gu, " ")).toBe("1 450,50 ₽"))

describe("when to try again", () => {
  it("is said in seconds up to two minutes, then in minutes that are enough", () => {
    expect([1, 119, 120, 121, 1770].map((seconds) => en.common.retryIn(seconds))).toEqual([
      "Try again in 1 second.", "Try again in 119 seconds.", "Try again in 2 minutes.", "Try again in 3 minutes.", "Try again in 30 minutes.",
    ])
    expect([60, 121, 300].map((seconds) => ru.common.retryIn(seconds))).toEqual(["Попробуйте через 60 секунд.", "Попробуйте через 3 минуты.", "Попробуйте через 5 минут."])
  })
})

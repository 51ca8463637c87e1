import { expect, it } from "vitest"
import { formatDated } from "./dated"

const at = Date.UTC(2027, 0, 15, 8, 5, 9) / 1000
const now = Date.UTC(2027, 0, 14, 8, 0, 0)

it.each([
  ["en", "D", "January 15, 2027"], ["en", "t", "08:05"], ["en", "T", "08:05:09"], ["en", "d", "01/15/2027"], ["en", "w", "Friday"],
  ["en", "wDt", "Friday, January 15, 2027 at 08:05"], ["ru", "d", "15.01.2027"], ["en", "r", "tomorrow"], ["ru", "r", "завтра"],
] as const)("%s %s is %s", (locale, format, expected) => expect(formatDated(locale, at, format, now, "UTC")).toBe(expected))

it("is in the reader's zone", () => {
  expect(formatDated("en", at, "t", now, "Asia/Tokyo")).toBe("17:05")
})

it.each(["", "x", "tT", "rd"])("%j leaves the text", (format) => expect(formatDated("en", at, format, now)).toBeNull())

import { expect, it } from "vitest"
import { formatBytes, formatLength } from "./units"

it.each([
  [0, "0 bytes"], [1, "1 byte"], [999, "999 bytes"], [1000, "1 kB"], [1440, "1.4 kB"], [152_600, "153 kB"], [2_000_000, "2 MB"], [48_700_000, "49 MB"], [3.1e12, "3,100 GB"],
])("%d bytes", (bytes, expected) => expect(formatBytes("en", bytes)).toBe(expected))

it("Russian has its own units", () => expect(formatBytes("ru", 1_400_000)).toBe("1,4 МБ"))

it.each([[0, "0:00"], [7000, "0:07"], [61_400, "1:01"], [3_723_000, "1:02:03"]])("%d ms", (ms, expected) => expect(formatLength(ms)).toBe(expected))

import { describe, expect, it } from "vitest"
import { countPieces } from "./split"

const pieces = (text: string, max: number, rest = max) => countPieces({ text, entities: [] }, max, rest)

describe("how many messages a text becomes", () => {
  it.each([
    ["one that fits", "abc", 3, 1],
    ["at a paragraph rather than a line", `${"a".repeat(6)}\n\n${"b".repeat(3)}\nc`, 10, 2],
    ["at a word", "aaaa bbbb cccc", 10, 2],
    ["without any blank: in the middle", "a".repeat(25), 10, 3],
    ["blanks at the cut are left out", `${"a".repeat(10)}${" ".repeat(30)}`, 10, 1],
    ["a surrogate pair is not cut", "😀".repeat(6), 5, 3],
    ["a flag is not cut", "🇦🇹🇩🇪🇨🇭", 6, 3],
    ["a family is one character", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 12, 2],
  ])("%s", (_why, text, max, expected) => expect(pieces(text, max)).toBe(expected))

  it("a caption is shorter than what follows it", () => expect(pieces("word ".repeat(1000).trim(), 1024, 4096)).toBe(2))
  it("formatting is kept whole where it fits", () => {
    const text = "aaaa bbbb cccc dddd"
    expect(countPieces({ text, entities: [{ type: "bold", offset: 5, length: 9 }] }, 10, 10)).toBe(3)
    expect(countPieces({ text, entities: [] }, 10, 10)).toBe(2)
  })
})

import { describe, expect, it } from "vitest"
import { findPiece } from "./selected-piece"

describe("a piece of a message's text", () => {
  it.each([
    ["in the middle", "one two three", "one ", "two", { text: "two", position: 4 }],
    ["the second of two equal ones", "aa bb aa", "aa bb ", "aa", { text: "aa", position: 6 }],
    ["from the beginning", "one two", "", "one", { text: "one", position: 0 }],
    ["a block's line break is not on the screen", "before\nquoted\nafter", "before", "quotedafter", { text: "quoted\nafter", position: 7 }],
    ["counted as the channel counts", "😀 two", "😀 ", "two", { text: "two", position: 3 }],
    ["blanks around it are left out", "one two three", "one", " two ", { text: "two", position: 4 }],
    ["only blanks", "one two", "one", " ", null],
    ["not in the text", "one two", "one ", "zwei", null],
  ])("%s", (_why, text, before, selected, expected) => expect(findPiece(text, before, selected)).toEqual(expected))
  it("is not longer than a channel quotes", () => expect(findPiece("a".repeat(2000), "", "a".repeat(1025))).toBe(null))
})

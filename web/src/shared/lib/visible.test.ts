import { expect, test } from "vitest"
import { isVisible } from "./visible"

test.each([
  ["", false, "nothing"],
  [" \n\u00a0", false, "blanks"],
  ["\u200b\u2060\ufeff", false, "no width"],
  ["\u3164", false, "the Hangul filler"],
  ["\u2800\u2800", false, "a blank braille cell"],
  ["\u{e0041}", false, "a tag"],
  ["\u202e\u2069", false, "direction marks"],
  [".", true, "a dot"],
  ["\u200bя", true, "one letter among them"],
  ["👍🏽", true, "an emoji"],
  ["\ue000", true, "a private sign: a box is drawn"],
])("%j is visible: %s (%s)", (text, expected) => expect(isVisible(text)).toBe(expected))

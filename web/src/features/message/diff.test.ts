import { describe, expect, it } from "vitest"
import { diffWords, isChanged } from "./diff"

/** "a [-b-] {+c+}" as a line. */
const line = (before: string, after: string) =>
  diffWords(before, after).map(({ type, text }) => (type === "same" ? text : type === "added" ? `{+${text}+}` : `[-${text}-]`)).join("")

it.each([
  ["nothing changed", "Hello there", "Hello there", "Hello there"],
  ["a word replaced", "The lamp is red", "The lamp is green", "The lamp is [-red-]{+green+}"],
  ["a word added", "Where is it", "Where is it now", "Where is it{+ now+}"],
  ["a word removed in the middle", "Please send it again", "Please send again", "Please send [-it -]again"],
  ["two neighbouring words are one change", "a red lamp here", "a blue shade here", "a [-red lamp-]{+blue shade+} here"],
  ["punctuation alone", "Really.", "Really?", "Really[-.-]{+?+}"],
  ["from nothing", "", "Hello", "{+Hello+}"],
  ["to nothing", "Hello", "", "[-Hello-]"],
  ["Cyrillic words are words", "Где мой заказ", "Где ваш заказ", "Где [-мой-]{+ваш+} заказ"],
  ["a line stays a line", "one\ntwo", "one\nthree", "one\n[-two-]{+three+}"],
  ["a combined letter is not split", "cafe\u0301 au lait", "cafe au lait", "[-cafe\u0301-]{+cafe+} au lait"],
])("%s", (_why, before, after, expected) => expect(line(before, after)).toBe(expected))

describe("for any texts", () => {
  const texts = ["", "a", "a b c", "c b a", "one two three two one", "🙂🙂 x", "x\n\ny", "  lead", "trail  "]
  it("what is not added is the first, what is not removed the second", () => {
    for (const before of texts)
      for (const after of texts) {
        const parts = diffWords(before, after)
        expect(parts.filter(({ type }) => type !== "added").map(({ text }) => text).join("")).toBe(before)
        expect(parts.filter(({ type }) => type !== "removed").map(({ text }) => text).join("")).toBe(after)
        expect(isChanged(parts)).toBe(before !== after)
      }
  })
  it("two long texts that share nothing are replaced as a whole", () => {
    const [before, after] = ["a ".repeat(2048), "b ".repeat(2048)]
    expect(diffWords(before, after).map(({ type }) => type)).toContain("added")
    expect(diffWords(before.repeat(2).trim(), after.repeat(2).trim()).map(({ type }) => type)).toEqual(["removed", "added"])
  })
})

import { expect, test } from "vitest"
import { isolate } from "./bidi"

test.each([
  ["a name that runs our way stays as it is", "Anna Иванова", "Anna Иванова"],
  ["a Hebrew name", "\u05d3\u05d5\u05d3", "\u2068\u05d3\u05d5\u05d3\u2069"],
  ["a mark at the end of a Latin name", "Anna\u200f", "\u2068Anna\u200f\u2069"],
])("%s", (_why, name, expected) => {
  expect(isolate(name)).toBe(expected)
})

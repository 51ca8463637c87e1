import { expect, test } from "vitest"
import { initials } from "./avatar"

test.each([
  ["Anna Vogel", "AV", "the first and the last word"],
  ["  Анна Мария Фогель ", "АФ", "in any alphabet"],
  ["Prince", "P", "one word"],
  ["🌻 Anna", "A", "letters go before an emoji"],
  ["🌻", "🌻", "a name that is one emoji"],
  ["👩🏽‍🚒 🌻", "👩🏽‍🚒", "a joined emoji stays whole"],
  ["🇩🇪", "🇩🇪", "a flag stays whole"],
  ["❤️", "❤️", "and one with its colour"],
  ["...", "?", "nothing to show"],
  ["e\u0301lodie", "E\u0301", "a letter keeps its accent"],
  ["שרה כהן", "שכ", "from right to left"],
])("the initials of %j are %s (%s)", (name, expected) => expect(initials(name)).toBe(expected))

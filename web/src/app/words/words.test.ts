import { describe, expect, it } from "vitest"
import { en } from "./en"
import { pluralRu } from "@/shared/i18n/plural"
import { ru } from "./ru"

/** Translations of the server's English texts, which English does not need. */
const translated = [".message.reasons"]
const paths = (value: unknown, at = ""): string[] =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !translated.includes(at) ? Object.entries(value).flatMap(([key, inner]) => paths(inner, `${at}.${key}`)) : [at]

describe("the catalogues", () => {
  it("have the same keys", () => expect(paths(ru)).toEqual(paths(en)))
  it.each([[1, "1 слово"], [2, "2 слова"], [5, "5 слов"], [11, "11 слов"], [21, "21 слово"], [104, "104 слова"]])("count in Russian: %i", (n, text) =>
    expect(pluralRu(n, "слово", "слова", "слов")).toBe(text),
  )
})

import { expect, it, vi } from "vitest"
import type { Settings } from "@/contract"

// Stubs of the browser's interfaces that the hook's file uses when it is loaded.
vi.hoisted(() => Object.assign(globalThis, { addEventListener: () => {}, matchMedia: () => ({ matches: false, addEventListener: () => {} }), document: { cookie: "", addEventListener: () => {} }, location: { pathname: "/", search: "" } }))

import { afterSaving, conflictsOf, typeInto } from "./use-edited"

const saved = (greeting: string) => ({ greeting, greeting_ru: "Привет" }) as Settings
const begun = typeInto({}, saved("Hello"), "greeting", "Hello!")

it("a text that is begun stands against what was saved then, and is none of one's own once it says that again", () => {
  expect(begun).toEqual({ greeting: { text: "Hello!", base: "Hello" } })
  expect(typeInto(begun, saved("Welcome"), "greeting", "Hello!!")).toEqual({ greeting: { text: "Hello!!", base: "Hello" } })
  expect(typeInto(begun, saved("Welcome"), "greeting", "Hello")).toEqual({})
})

it.each([
  ["nothing has changed", "Hello", []],
  ["a colleague has saved another text", "Welcome", ["greeting"]],
  ["a colleague has saved the same text", "Hello!", []],
  ["a colleague has emptied it", "", ["greeting"]],
] as const)("%s", (_why, now, conflicts) => expect(conflictsOf(begun, saved(now))).toEqual(conflicts))

it("what was typed while it was being saved stays, against what is saved by then", () => {
  expect(afterSaving(begun, { greeting: "Hello!" }, saved("Hello!"))).toEqual({})
  const later = typeInto(begun, saved("Hello"), "greeting", "Hello, you")
  expect(afterSaving(later, { greeting: "Hello!" }, saved("Hello!"))).toEqual({ greeting: { text: "Hello, you", base: "Hello!" } })
  expect(afterSaving(later, { greeting_ru: "Пока" }, saved("Hello"))).toEqual(later)
})

import { expect, test } from "vitest"
import { isLargeEmoji, lengthOf, linkify } from "./text"

const links = (text: string): (string | undefined)[] => linkify(text).filter(({ href }) => href).map(({ href }) => href)

test("links end where a reader would end them", () => {
  expect(links("see https://a.example/x, or www.b.example.")).toEqual(["https://a.example/x", "https://www.b.example"])
  expect(links("(https://a.example/wiki_(x))")).toEqual(["https://a.example/wiki_(x)"])
  expect(links("javascript:alert(1) data:text/html,x https:// mail@www.x.example")).toEqual([])
})

test("every part together is the text, whatever it is", () => {
  for (const text of ["", "plain", "<b>https://a.example</b> &amp;", "https://a.example https://b.example", "…https://ж.example/я?я=1…"])
    expect(linkify(text).map((part) => part.text).join("")).toBe(text)
})

test("a few emoji alone are large", () => {
  for (const text of ["🙂", "👩‍🚀", "🇳🇴 🇸🇪", "👍🏽👍🏽👍🏽"]) expect(isLargeEmoji(text), text).toBe(true)
  for (const text of ["", " ", "a🙂", "🙂🙂🙂🙂", "1"]) expect(isLargeEmoji(text), text).toBe(false)
})

test("a text is as long as the desk counts it", () => {
  expect(lengthOf("я🙂")).toBe(2)
})

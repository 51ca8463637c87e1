import { expect, test } from "vitest"
import type { Entity } from "./api"
import { format, type Piece } from "./rich"

const entity = (type: string, offset: number, length: number, url?: string): Entity => ({ type, offset, length, ...(url && { url }) })
/** The tree as markup, for tests only. */
const shown = (pieces: readonly Piece[]): string =>
  pieces.map((piece) => ("text" in piece ? piece.text : "href" in piece ? `<a ${piece.href}>${shown(piece.inside)}</a>` : `<${piece.mark}>${shown(piece.inside)}</${piece.mark}>`)).join("")
const words = (pieces: readonly Piece[]): string => pieces.map((piece) => ("text" in piece ? piece.text : words(piece.inside))).join("")

test.each([
  ["one of each", "bold it s", [entity("bold", 0, 4), entity("italic", 5, 2), entity("strikethrough", 8, 1)], "<strong>bold</strong> <em>it</em> <s>s</s>"],
  ["one in another, longer first", "ab cd", [entity("italic", 3, 2), entity("bold", 0, 5)], "<strong>ab <em>cd</em></strong>"],
  ["offsets count as JavaScript does", "🙂 bold", [entity("bold", 3, 4)], "🙂 <strong>bold</strong>"],
  ["a link with words of its own", "see here", [entity("text_link", 4, 4, "https://a.example/")], "see <a https://a.example/>here</a>"],
  ["an address that nobody marked is a link all the same", "see www.a.example", [], "see <a https://www.a.example>www.a.example</a>"],
  ["and inside of bold too, but not in code or in a link", "www.a.example www.b.example www.c.example", [entity("bold", 0, 13), entity("code", 14, 13), entity("text_link", 28, 13, "https://d.example/")],
    "<strong><a https://www.a.example>www.a.example</a></strong> <code>www.b.example</code> <a https://d.example/>www.c.example</a>"],
  ["no script, no channel's own scheme", "a b", [entity("text_link", 0, 1, "javascript:alert(1)"), entity("text_link", 2, 1, "tg://user?id=1")], "a b"],
  ["mail and telephone", "me@a.example +1 (2) 3", [entity("email", 0, 12), entity("phone_number", 13, 8)], "<a mailto:me@a.example>me@a.example</a> <a tel:+123>+1 (2) 3</a>"],
  ["a quote takes its line break along", "said\nanswer", [entity("blockquote", 0, 4)], "<blockquote>said</blockquote>answer"],
  ["an unknown one is plain", "x", [entity("hologram", 0, 1)], "x"],
  ["what reaches out is cut, what overlaps is cut at its parent", "abcdef", [entity("bold", 0, 3), entity("italic", 2, 9)], "<strong>ab<em>c</em></strong>def"],
  ["markup is text", "<b>&amp;", [entity("bold", 0, 3)], "<strong><b></strong>&amp;"],
  ["nonsense is passed over", "abc", [entity("bold", -1, 2), entity("bold", 0, 0), entity("bold", 9, 1), entity("bold", 0.5, 1), entity("bold", Number.NaN, 1)], "abc"],
])("%s", (_, text, entities, expected) => {
  expect(shown(format(text, entities))).toBe(expected)
})

test("no word is ever lost or doubled, whatever the formatting", () => {
  const types = ["bold", "italic", "code", "pre", "spoiler", "text_link", "email", "other"]
  let seed = 7
  const next = (below: number): number => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below
  for (let round = 0; round < 500; round++) {
    const text = "see https://a.example/x, 🙂 and me@b.example or no".slice(0, 5 + next(45))
    const list = Array.from({ length: next(6) }, () => entity(types[next(types.length)]!, next(50), 1 + next(30), "https://c.example/"))
    // A pre includes the line break after it; this text has none.
    expect(words(format(text, list))).toBe(text)
  }
})

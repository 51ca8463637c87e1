import type { Rich } from "./editor/model"

/**
 * Where the server cuts a text that is too long for one message (server/desk/message/split.c): at the end of a paragraph,
 * else of a line, a sentence, a word; not inside formatting if possible, and never inside a character. Used for telling
 * how many messages a text becomes. Lengths are UTF-16 code units.
 */
const paragraph = 0
const word = 3
const character = 4
const blank = /[ \t\n\r\u00a0]/
const ends = /[.!?…]/
const wideEnds = /[。！？]/
const joins = /[\u0300-\u036f\u200d\ufe00-\ufe0f\u20d0-\u20ff\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}]/u
const flag = /[\u{1f1e6}-\u{1f1ff}]/u

function classOf(before: string, last: string): number {
  if (last === "\n") return before === "\n" ? paragraph : 1
  if (wideEnds.test(last) || (blank.test(last) && ends.test(before))) return 2
  return blank.test(last) ? word : character
}

export function countPieces({ text, entities }: Rich, firstMax: number, restMax: number): number {
  const inside = (at: number) => entities.some(({ offset, length }) => offset < at && at < offset + length)
  let from = 0
  let pieces = 0
  while (from < text.length) {
    const max = pieces === 0 ? firstMax : restMax
    const to = text.length - from <= max ? text.length : cut(text, from, max, inside)
    if (text.slice(from, to).trim() !== "" || pieces === 0) pieces++
    from = to
    for (let sign = text[from]; sign !== undefined && blank.test(sign) && (/[\n\r]/.test(sign) || !inside(from)); sign = text[from]) from++
  }
  return Math.max(1, pieces)
}

function cut(text: string, from: number, max: number, inside: (at: number) => boolean): number {
  /** By lateness, class and whether it is inside formatting: the last place of each. */
  const found = new Map<string, number>()
  let before = ""
  let last = ""
  let flags = 0
  let limit = from
  for (const sign of text.slice(from, from + max + 2)) {
    const at = limit
    if (at - from > max) break
    const whole = !joins.test(sign) && last !== "\u200d" && !(flag.test(sign) && flags % 2 === 1)
    if (at > from && whole) found.set(`${(at - from) * 2 >= max}${classOf(before, last)}${inside(at)}`, at)
    flags = flag.test(sign) ? flags + 1 : 0
    before = last
    last = sign
    limit = at + sign.length
  }
  const best = (classes: readonly number[], isInside: boolean) => {
    for (const late of [true, false]) for (const kind of classes) {
      const at = found.get(`${late}${kind}${isInside}`)
      if (at !== undefined) return at
    }
    return undefined
  }
  return best([0, 1, 2, 3], false) ?? best([0, 1, 2, 3], true) ?? best([4], false) ?? best([4], true) ?? from + max
}

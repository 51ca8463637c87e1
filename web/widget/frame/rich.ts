// A message's text with its formatting, as a tree. Pure; the view makes elements of it, never markup. Unknown, misplaced or
// overlapping formatting is left out or cut, and its text stays plain.
import type { Entity } from "./api"
import { linkify } from "./text"

export type Mark = "strong" | "em" | "u" | "s" | "code" | "pre" | "blockquote" | "spoiler"
export type Piece = { text: string } | { href: string; inside: Piece[] } | { mark: Mark; inside: Piece[] }

const marks: Record<string, Mark> = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre", spoiler: "spoiler", blockquote: "blockquote", expandable_blockquote: "blockquote",
}
const safe = /^(?:https?|mailto|tel):/i

/** The URL of a link; undefined if it is invalid or has a forbidden scheme. */
function hrefOf({ type, url }: Entity, words: string): string | undefined {
  const address = type === "text_link" ? url : type === "email" ? `mailto:${words}` : type === "phone_number" ? `tel:${words.replace(/[^+\d]/g, "")}` : undefined
  return address && safe.test(address) && URL.canParse(address) ? address : undefined
}

const plain = (text: string, links: boolean): Piece[] =>
  (links ? linkify(text) : [{ text }]).filter((part) => part.text).map((part) => ("href" in part && part.href ? { href: part.href, inside: [{ text: part.text }] } : { text: part.text }))

function build(text: string, from: number, to: number, entities: readonly Entity[], links: boolean): Piece[] {
  const pieces: Piece[] = []
  let at = from
  for (let i = 0; i < entities.length; ) {
    const entity = entities[i] as Entity
    const end = Math.min(entity.offset + entity.length, to)
    let next = i + 1
    while (next < entities.length && (entities[next] as Entity).offset < end) next++
    const inside = entities.slice(i + 1, next)
    i = next
    const mark = marks[entity.type]
    const href = links ? hrefOf(entity, text.slice(entity.offset, end)) : undefined
    if (entity.offset < at || end <= entity.offset) continue
    pieces.push(...plain(text.slice(at, entity.offset), links))
    // A quote stands in a block of its own: the line break before it and after it would be an empty line.
    const deeper = build(text, entity.offset, end, inside, links && !href && mark !== "code" && mark !== "pre")
    if (href) pieces.push({ href, inside: deeper })
    else if (mark) pieces.push({ mark, inside: deeper })
    else pieces.push(...deeper)
    at = end
    if ((mark === "blockquote" || mark === "pre") && text[at] === "\n" && at < to) at++
  }
  pieces.push(...plain(text.slice(at, to), links))
  return pieces
}

export function format(text: string, entities: readonly Entity[]): Piece[] {
  const good = entities.filter(({ offset, length }) => Number.isInteger(offset) && Number.isInteger(length) && offset >= 0 && length > 0 && offset < text.length)
  return build(text, 0, text.length, [...good].sort((a, b) => a.offset - b.offset || b.length - a.length), true)
}

import type { Entity, EntityType } from "@/contract"

/** Text with formatting as plain data, and what editing does to it. No DOM here, so that every rule can be tested. */
export interface Rich {
  text: string
  entities: readonly Entity[]
}

export type Format = Extract<
  EntityType,
  "bold" | "italic" | "underline" | "strikethrough" | "spoiler" | "code" | "pre" | "blockquote" | "expandable_blockquote" | "text_link"
>

export interface Mark {
  type: Format
  url?: string
  /** Of a code block. */
  language?: string
}

export const emptyRich: Rich = { text: "", entities: [] }

/** Telegram lets nothing else be inside code. */
const lonely = new Set<EntityType>(["code", "pre"])
/** Quotes cannot be nested. */
const quotes = new Set<EntityType>(["blockquote", "expandable_blockquote"])

const end = (entity: Entity) => entity.offset + entity.length

export function normalise({ text, entities }: Rich): Rich {
  const sorted = entities
    .map((entity) => ({ ...entity, length: Math.min(end(entity), text.length) - entity.offset }))
    .filter((entity) => entity.length > 0)
    .sort((a, b) => a.offset - b.offset || b.length - a.length)
  const merged: Entity[] = []
  for (const entity of sorted) {
    const twin = merged.find((old) => old.type === entity.type && old.url === entity.url && old.language === entity.language && end(old) >= entity.offset)
    if (twin) twin.length = Math.max(end(twin), end(entity)) - twin.offset
    else merged.push(entity)
  }
  return { text, entities: merged }
}

/** Replaces [from, to) by plain text that carries `marks`; formatting around it moves along. */
export function replaceRange({ text, entities }: Rich, from: number, to: number, insert: string, marks: readonly Mark[] = []): Rich {
  const shift = insert.length - (to - from)
  const moved = entities.flatMap((entity): Entity[] => {
    const start = entity.offset
    const stop = end(entity)
    if (stop <= from) return [entity]
    if (start >= to) return [{ ...entity, offset: start + shift }]
    const left = { ...entity, length: Math.max(0, from - start) }
    const right = { ...entity, offset: from + insert.length, length: Math.max(0, stop - to) }
    return [left, right]
  })
  const added = insert ? marks.map((mark) => ({ ...mark, offset: from, length: insert.length })) : []
  return normalise({ text: text.slice(0, from) + insert + text.slice(to), entities: [...moved, ...added] })
}

/** Replaces [from, to) by text with formatting of its own; inside code it stays plain. */
export function insertRich(rich: Rich, from: number, to: number, piece: Rich): Rich {
  const around = marksAt(rich, from)
  if (around.some(({ type }) => lonely.has(type))) return replaceRange(rich, from, to, piece.text, around)
  const { text, entities } = replaceRange(rich, from, to, piece.text)
  const own = piece.entities.map((entity) => ({ ...entity, offset: entity.offset + from }))
  const kept = own.some(({ type }) => quotes.has(type)) ? entities.filter(({ type, offset, length }) => !quotes.has(type) || offset >= from + piece.text.length || offset + length <= from) : entities
  return normalise({ text, entities: [...kept, ...own] })
}

export function covered({ entities }: Rich, from: number, to: number, type: EntityType): boolean {
  return entities.some((entity) => entity.type === type && entity.offset <= from && end(entity) >= to)
}

/** The formatting that a letter typed at the position would take: that of the letter before it. */
export function marksAt({ entities }: Rich, at: number): Mark[] {
  return entities
    .filter((entity) => entity.offset < at && end(entity) >= at && entity.type !== "text_link")
    .map((entity) => ({ type: entity.type as Format, ...(entity.language && { language: entity.language }) }))
}

function without(entities: readonly Entity[], from: number, to: number, drop: (entity: Entity) => boolean): Entity[] {
  return entities.flatMap((entity): Entity[] => {
    if (!drop(entity) || end(entity) <= from || entity.offset >= to) return [entity]
    return [
      { ...entity, length: Math.max(0, from - entity.offset) },
      { ...entity, offset: to, length: Math.max(0, end(entity) - to) },
    ]
  })
}

export function addMark(rich: Rich, from: number, to: number, mark: Mark): Rich {
  const drop = (entity: Entity) => entity.type === mark.type || lonely.has(mark.type) || lonely.has(entity.type) || (quotes.has(mark.type) && quotes.has(entity.type))
  return normalise({ text: rich.text, entities: [...without(rich.entities, from, to, drop), { ...mark, offset: from, length: to - from }] })
}

export function removeMark(rich: Rich, from: number, to: number, type: EntityType): Rich {
  return normalise({ text: rich.text, entities: without(rich.entities, from, to, (entity) => entity.type === type) })
}

export function toggleMark(rich: Rich, from: number, to: number, type: Format): Rich {
  return covered(rich, from, to, type) ? removeMark(rich, from, to, type) : addMark(rich, from, to, { type })
}

/** Without white space at either end, as Telegram itself would trim. */
export function trim({ text, entities }: Rich): Rich {
  const head = text.length - text.trimStart().length
  const trimmed = text.trim()
  const moved = entities.map((entity) => {
    const start = Math.max(0, entity.offset - head)
    return { ...entity, offset: start, length: end(entity) - head - start }
  })
  return normalise({ text: trimmed, entities: moved })
}

/** The code block at the position, for a choice of its language. */
export function blockAt({ entities }: Rich, from: number, to: number): Entity | undefined {
  return entities.find((entity) => entity.type === "pre" && entity.offset <= from && end(entity) >= to)
}

export function setLanguage(rich: Rich, block: Entity, language: string): Rich {
  const { type, offset, length } = block
  return { ...rich, entities: rich.entities.map((entity) => (entity.offset === offset && entity.type === type ? { type, offset, length, ...(language && { language }) } : entity)) }
}

/** Code points; Telegram's limits count UTF-16 units. */
export function codePoints(text: string): number {
  return [...text].length
}

const signs: readonly [RegExp, Format][] = [
  [/\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*$/, "bold"],
  [/(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_$/, "italic"],
  [/~~(?=\S)([^~\n]+?)(?<=\S)~~$/, "strikethrough"],
  [/\|\|(?=\S)([^|\n]+?)(?<=\S)\|\|$/, "spoiler"],
  [/(?<!`)`([^`\n]+)`$/, "code"],
]

/** When the letter just typed closes a **pair** of signs, the pair becomes formatting. */
export function applyMarkdown(rich: Rich, caret: number): { rich: Rich; caret: number } | null {
  const before = rich.text.slice(0, caret)
  for (const [pattern, type] of signs) {
    const match = pattern.exec(before)
    const inner = match?.[1]
    if (!match || inner === undefined || covered(rich, match.index, caret, "code") || covered(rich, match.index, caret, "pre")) continue
    const sign = (match[0].length - inner.length) / 2
    const closed = replaceRange(rich, caret - sign, caret, "")
    const bare = replaceRange(closed, match.index, match.index + sign, "")
    return { rich: addMark(bare, match.index, match.index + inner.length, { type }), caret: match.index + inner.length }
  }
  return null
}

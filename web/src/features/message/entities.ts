import type { Entity } from "@/contract"

/** Text with formatting as a tree: entities may nest and overlap, elements may only nest. */
export type RichNode = string | { entity: Entity; children: RichNode[] }

/** Overlapping entities are cut where the earlier one ends; offsets beyond the text are clipped. */
export function toTree(text: string, entities: readonly Entity[]): RichNode[] {
  const sorted = entities
    .map((entity) => clip(entity, 0, text.length))
    .filter((entity) => entity.length > 0)
    .sort((a, b) => a.offset - b.offset || b.length - a.length)
  return build(text, 0, text.length, sorted)
}

function build(text: string, start: number, end: number, entities: readonly Entity[]): RichNode[] {
  const nodes: RichNode[] = []
  let at = start
  let rest = [...entities]
  while (rest.length > 0) {
    const [first, ...others] = rest
    if (!first) break
    const stop = first.offset + first.length
    if (first.offset > at) nodes.push(text.slice(at, first.offset))
    const inside = others.filter((other) => other.offset < stop).map((other) => clip(other, first.offset, stop))
    nodes.push({ entity: first, children: build(text, first.offset, stop, inside) })
    rest = others.map((other) => clip(other, stop, end)).filter((other) => other.length > 0)
    at = stop
  }
  if (at < end) nodes.push(text.slice(at, end))
  return nodes
}

function clip(entity: Entity, start: number, end: number): Entity {
  const offset = Math.max(entity.offset, start)
  return { ...entity, offset, length: Math.max(0, Math.min(entity.offset + entity.length, end) - offset) }
}

/** Only addresses that lead somewhere harmless become links. */
export function safeUrl(raw: string): string | null {
  const value = raw.trim()
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(value)?.[1]?.toLowerCase()
  if (scheme === undefined || /^[^/]*\.[^/]*:\d/.test(value)) return value ? `https://${value}` : null
  return ["http", "https", "mailto", "tel", "tg"].includes(scheme) ? value : null
}

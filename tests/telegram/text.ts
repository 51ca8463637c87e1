// Formatted text: parse mode or explicit entities in, clean text with UTF-16 entities out.
//
// The order is that of the official client library: raw size limit, markup, cleaning, detection, then the length in code points.
// Non-goals: bank cards and media timestamps, which bots do not use.
import type { Dict } from './errors.ts';
import { badRequest } from './errors.ts';
import { detectEntities } from './text-detect.ts';
import { parseHtml } from './text-html.ts';
import { parseMarkdown, parseMarkdownV2 } from './text-markdown.ts';

export interface Entity extends Dict {
  type: string;
  offset: number;
  length: number;
}
export interface FormattedText {
  text: string;
  entities: Entity[];
}

/** Raw text before parsing, in bytes of UTF-8. */
export const MAX_RAW_BYTES = 32768;
export const MAX_TEXT = 4096;
export const MAX_CAPTION = 1024;

export function codePoints(text: string): number {
  let n = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) !== 0xdc00) n++;
  return n;
}

export const byteOffset = (text: string, index: number): number => Buffer.byteLength(text.slice(0, index));

export function parseMarkup(text: string, mode: string): FormattedText {
  switch (mode.toLowerCase()) {
    case '':
    case 'none':
      return { text, entities: [] };
    case 'html':
      return parseHtml(text);
    case 'markdownv2':
      return parseMarkdownV2(text);
    case 'markdown':
      return parseMarkdown(text);
    default:
      throw badRequest('unsupported parse_mode');
  }
}

/** From the parameters to the text and entities of the message. `explicit` is the `entities` parameter. */
export function formatText(raw: string, mode: string, explicit?: unknown): FormattedText {
  if (Buffer.byteLength(raw) > MAX_RAW_BYTES) throw badRequest('text is too long');
  // The transport marks text that is not UTF-8 with a lone surrogate.
  if (!raw.isWellFormed()) throw badRequest('strings must be encoded in UTF-8');
  const parsed = Array.isArray(explicit) ? { text: raw, entities: readEntities(explicit) } : parseMarkup(raw, mode);
  return tidy(parsed.text, parsed.entities);
}

/** Cleans, trims and detects; used for the customers' texts as well. */
export function tidy(raw: string, given: Entity[]): FormattedText {
  const cleaned = clean(raw, given);
  const trimmed = trim(cleaned.text, cleaned.entities);
  const kept = trimmed.entities.filter((e) => e.length > 0);
  const found = detectEntities(trimmed.text).filter((e) => !kept.some((k) => overlaps(e, k) && (isExclusive(k) || crosses(e, k))));
  return { text: trimmed.text, entities: sortEntities([...kept, ...found]) };
}

export function readEntities(list: unknown[]): Entity[] {
  const out: Entity[] = [];
  for (const item of list) {
    const entity = item as Entity;
    if (typeof entity !== 'object' || entity === null || typeof entity.type !== 'string') {
      throw badRequest("can't parse MessageEntity: Object expected");
    }
    // Entities of detected kinds are found in the text again: the server ignores those that a client sends.
    if (DETECTED.has(entity.type)) continue;
    out.push({ ...entity, offset: Number(entity.offset), length: Number(entity.length) });
  }
  return out;
}

const DETECTED = new Set(['mention', 'hashtag', 'cashtag', 'bot_command', 'url', 'email', 'phone_number']);
/** No entities are detected inside these. */
const EXCLUSIVE = new Set(['code', 'pre', 'text_link', 'text_mention', 'custom_emoji']);
const isExclusive = (e: Entity): boolean => EXCLUSIVE.has(e.type);
const overlaps = (a: Entity, b: Entity): boolean => a.offset < b.offset + b.length && b.offset < a.offset + a.length;
const contains = (a: Entity, b: Entity): boolean => a.offset <= b.offset && b.offset + b.length <= a.offset + a.length;
const crosses = (a: Entity, b: Entity): boolean => overlaps(a, b) && !contains(a, b) && !contains(b, a);

/** Outer before inner: by offset, then the longer first, then by a fixed rank, so that equal spans always nest in the same way. */
const RANK = ['blockquote', 'expandable_blockquote', 'text_link', 'text_mention', 'bold', 'italic', 'underline', 'strikethrough', 'spoiler'];
const rank = (e: Entity): number => (RANK.indexOf(e.type) + RANK.length + 1) % (RANK.length + 1) || 50;
export function sortEntities(list: Entity[]): Entity[] {
  return list.sort((a, b) => a.offset - b.offset || b.length - a.length || rank(a) - rank(b));
}

/** Deletes what the server deletes: carriage returns, control characters and some zero-width characters. */
function clean(text: string, entities: Entity[]): FormattedText {
  if (!/[\x00-\x09\x0b-\x1f\u2028-\u202e\u{e0000}]/u.test(text)) return { text, entities };
  const shift = new Int32Array(text.length + 1);
  let out = '';
  for (let i = 0; i < text.length; i++) {
    shift[i] = out.length;
    const code = text.charCodeAt(i);
    if (code === 13 || (code >= 0x2028 && code <= 0x202e)) continue;
    out += code < 32 && code !== 10 ? ' ' : text[i];
  }
  shift[text.length] = out.length;
  return { text: out, entities: entities.map((e) => moveEntity(e, shift)) };
}

function moveEntity(e: Entity, shift: Int32Array): Entity {
  const last = shift.length - 1;
  const start = shift[Math.min(last, Math.max(0, e.offset))]!;
  const end = shift[Math.min(last, Math.max(0, e.offset + e.length))]!;
  return { ...e, offset: start, length: end - start };
}

function trim(text: string, entities: Entity[]): FormattedText {
  const start = text.length - text.trimStart().length;
  const body = text.trim();
  if (start === 0 && body.length === text.length) return { text, entities: clip(entities, 0, text.length) };
  return { text: body, entities: clip(entities, start, body.length) };
}

function clip(entities: Entity[], start: number, length: number): Entity[] {
  return entities.map((e) => {
    const from = Math.min(length, Math.max(0, e.offset - start));
    const to = Math.min(length, Math.max(0, e.offset + e.length - start));
    return from === e.offset && to - from === e.length ? e : { ...e, offset: from, length: to - from };
  });
}

/** A text of invisible characters only is empty. */
export const isBlank = (text: string): boolean => text.replace(/[\s\u200b-\u200f\u2060-\u2064\ufeff\u00ad]/gu, '') === '';

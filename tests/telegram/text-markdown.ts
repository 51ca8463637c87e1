// The MarkdownV2 and legacy Markdown parse modes.
import { badRequest } from './errors.ts';
import type { Entity, FormattedText } from './text.ts';
import { byteOffset } from './text.ts';
import { describeLink } from './text-html.ts';

/** The entity type of each marker, and the name of the type in error texts. Two-character markers come first: `__` before `_`. */
const MARKERS: [marker: string, type: string, name: string][] = [
  ['```', 'pre', 'Pre'], ['__', 'underline', 'Underline'], ['||', 'spoiler', 'Spoiler'], ['_', 'italic', 'Italic'],
  ['*', 'bold', 'Bold'], ['~', 'strikethrough', 'Strikethrough'], ['`', 'code', 'Code'],
];
const RESERVED = new Set('_*[]()~`>#+-=|{}.!');

interface Open {
  marker: string;
  type: string;
  name: string;
  offset: number;
  begin: number;
  language?: string;
}

class MarkdownV2Parser {
  private readonly raw: string;
  private at = 0;
  private out = '';
  private readonly stack: Open[] = [];
  private readonly entities: Entity[] = [];
  private quote: { offset: number; expandable: boolean } | undefined;

  constructor(raw: string) {
    this.raw = raw;
  }

  parse(): FormattedText {
    let lineStart = true;
    while (this.at < this.raw.length) {
      if (lineStart && !this.inCode()) this.quoteLine();
      if (this.at >= this.raw.length) break;
      const c = this.raw[this.at]!;
      this.step(c);
      lineStart = c === '\n';
    }
    this.endQuote();
    const open = this.stack.at(-1);
    if (open) throw this.fail(`Can't find end of ${open.name} entity at byte offset ${byteOffset(this.raw, open.begin)}`);
    return { text: this.out, entities: this.entities };
  }

  private fail(message: string): Error {
    return badRequest(`can't parse entities: ${message}`);
  }

  private inCode(): boolean {
    const type = this.stack.at(-1)?.type;
    return type === 'code' || type === 'pre';
  }

  private step(c: string): void {
    const next = this.raw.charCodeAt(this.at + 1);
    if (c === '\\' && next > 0 && next <= 126) {
      this.out += this.raw[this.at + 1];
      this.at += 2;
      return;
    }
    if (this.inCode()) return this.codeStep(c);
    if (!RESERVED.has(c)) {
      this.out += c;
      this.at++;
      return;
    }
    if (!this.quoteEnd() && !this.closing() && !this.opening(c)) {
      throw this.fail(`Character '${c}' is reserved and must be escaped with the preceding '\\'`);
    }
  }

  private codeStep(c: string): void {
    const open = this.stack.at(-1)!;
    if (this.raw.startsWith(open.marker, this.at)) {
      this.at += open.marker.length;
      this.close();
      return;
    }
    this.out += c;
    this.at++;
  }

  private opening(c: string): boolean {
    if (c === '[' || this.raw.startsWith('![', this.at)) {
      const marker = c === '[' ? '[' : '![';
      this.push(marker, marker === '[' ? 'text_link' : 'custom_emoji', marker === '[' ? 'Url' : 'CustomEmoji');
      return true;
    }
    for (const [marker, type, name] of MARKERS) {
      if (!this.raw.startsWith(marker, this.at)) continue;
      this.push(marker, type, name);
      if (type === 'pre') this.language();
      return true;
    }
    return false;
  }

  private push(marker: string, type: string, name: string): void {
    this.stack.push({ marker, type, name, offset: this.out.length, begin: this.at });
    this.at += marker.length;
  }

  /** A word directly after the fence and before a line end is the language. */
  private language(): void {
    const match = /^([^\s`]*)\n/.exec(this.raw.slice(this.at, this.at + 128));
    if (!match) return;
    const open = this.stack.at(-1)!;
    this.at += match[0].length;
    if (!match[1]) return;
    open.name = 'PreCode';
    open.language = match[1];
  }

  private closing(): boolean {
    const open = this.stack.at(-1);
    if (!open) return false;
    const isLink = open.marker === '[' || open.marker === '![';
    // `___` closes the inner italic before the outer underline, so the longer marker is preferred only if it is the open one.
    const wanted = isLink ? ']' : open.marker;
    if (!this.raw.startsWith(wanted, this.at)) return false;
    if (wanted === '_' && this.raw.startsWith('__', this.at) && !this.raw.startsWith('___', this.at)) return false;
    this.at += wanted.length;
    this.close(isLink ? this.target() : undefined);
    return true;
  }

  /** The address in parentheses after `[text]`; absent: the text is the address. */
  private target(): string {
    if (this.raw[this.at] !== '(') return '';
    const begin = this.at++;
    let url = '';
    while (this.at < this.raw.length && this.raw[this.at] !== ')') {
      if (this.raw[this.at] === '\\' && this.at + 1 < this.raw.length) this.at++;
      url += this.raw[this.at++];
    }
    if (this.at >= this.raw.length) throw this.fail(`Can't find end of a URL at byte offset ${byteOffset(this.raw, begin)}`);
    this.at++;
    return url;
  }

  private close(href?: string): void {
    const open = this.stack.pop()!;
    const length = this.out.length - open.offset;
    if (length === 0) return;
    const entity: Entity = { type: open.type, offset: open.offset, length };
    if (open.language) entity['language'] = open.language;
    if (open.type === 'text_link' && !describeLink(entity, href || this.out.slice(open.offset))) return;
    if (open.type === 'custom_emoji') {
      const id = /^tg:\/\/emoji\?id=(\d+)$/.exec(href ?? '')?.[1];
      if (!id) throw this.fail('Custom emoji URL must have an emoji identifier');
      entity['custom_emoji_id'] = id;
    }
    this.entities.push(entity);
  }

  /** `>` at the start of a line; `**>` separates two adjacent quotations. */
  private quoteLine(): void {
    const split = this.raw.startsWith('**>', this.at);
    if (split) this.endQuote();
    if (split || this.raw[this.at] === '>') {
      this.at += split ? 3 : 1;
      this.quote ??= { offset: this.out.length, expandable: false };
    } else {
      this.endQuote();
    }
  }

  /** `||` as the last thing of a quotation makes it expandable. */
  private quoteEnd(): boolean {
    if (!this.quote || this.stack.at(-1)?.marker === '||' || !/^\|\|(\n|$)/.test(this.raw.slice(this.at, this.at + 3))) return false;
    this.quote.expandable = true;
    this.at += 2;
    return true;
  }

  private endQuote(): void {
    if (!this.quote) return;
    const { offset, expandable } = this.quote;
    const length = this.out.length - offset;
    this.quote = undefined;
    if (length > 0) this.entities.push({ type: expandable ? 'expandable_blockquote' : 'blockquote', offset, length });
  }
}

export const parseMarkdownV2 = (raw: string): FormattedText => new MarkdownV2Parser(raw).parse();

const LEGACY: Record<string, string> = { _: 'italic', '*': 'bold', '`': 'code', '[': 'text_link' };

/** Legacy Markdown: no nesting, and a backslash escapes only the four markers. */
export function parseMarkdown(raw: string): FormattedText {
  let out = '';
  const entities: Entity[] = [];
  let at = 0;
  while (at < raw.length) {
    const c = raw[at]!;
    if (c === '\\' && at + 1 < raw.length && LEGACY[raw[at + 1]!]) {
      out += raw[at + 1];
      at += 2;
    } else if (!LEGACY[c]) {
      out += c;
      at++;
    } else {
      const [text, entity, end] = legacySpan(raw, at, out.length);
      out += text;
      if (entity && text.length) entities.push(entity);
      at = end;
    }
  }
  return { text: out, entities };
}

function legacySpan(raw: string, begin: number, offset: number): [string, Entity | undefined, number] {
  const pre = raw.startsWith('```', begin);
  const marker = pre ? '```' : raw[begin]!;
  const closing = marker === '[' ? ']' : marker;
  const from = begin + marker.length;
  const end = raw.indexOf(closing, from);
  if (end < 0) throw badRequest(`can't parse entities: Can't find end of the entity starting at byte offset ${byteOffset(raw, begin)}`);
  let text = raw.slice(from, end);
  const entity: Entity = { type: pre ? 'pre' : LEGACY[marker]!, offset, length: text.length };
  if (pre) {
    const language = /^([^\s`]+)\n/.exec(text)?.[1];
    if (language) entity['language'] = language;
    text = text.slice(language ? language.length + 1 : text.startsWith('\n') ? 1 : 0);
    entity.length = text.length;
  }
  if (marker !== '[') return [text, entity, end + closing.length];
  const close = raw[end + 1] === '(' ? raw.indexOf(')', end) : -1;
  const ok = describeLink(entity, close > 0 ? raw.slice(end + 2, close) : text);
  return [text, ok ? entity : undefined, close > 0 ? close + 1 : end + 1];
}

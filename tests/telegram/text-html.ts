// The HTML parse mode: the tags of facts.md, entities by name or number, and the error texts of the server.
import { badRequest } from './errors.ts';
import type { Entity, FormattedText } from './text.ts';
import { byteOffset } from './text.ts';

const TAGS: Record<string, string> = {
  b: 'bold', strong: 'bold', i: 'italic', em: 'italic', u: 'underline', ins: 'underline', s: 'strikethrough',
  strike: 'strikethrough', del: 'strikethrough', 'tg-spoiler': 'spoiler', span: 'spoiler', a: 'text_link', code: 'code',
  pre: 'pre', blockquote: 'blockquote', 'tg-emoji': 'custom_emoji',
};
const NAMED: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' };

interface OpenTag {
  name: string;
  attributes: Record<string, string>;
  offset: number;
}

class HtmlParser {
  private readonly raw: string;
  private at = 0;
  private out = '';
  private readonly stack: OpenTag[] = [];
  private readonly entities: Entity[] = [];

  constructor(raw: string) {
    this.raw = raw;
  }

  parse(): FormattedText {
    while (this.at < this.raw.length) {
      const c = this.raw[this.at]!;
      if (c === '&') this.reference();
      else if (c !== '<') this.plain();
      else if (this.raw[this.at + 1] === '/') this.endTag();
      else this.startTag();
    }
    const open = this.stack.at(-1);
    if (open) throw this.fail(`Can't find end tag corresponding to start tag "${open.name}"`);
    return { text: this.out, entities: this.entities };
  }

  private fail(message: string, index?: number): Error {
    const where = index === undefined ? '' : ` at byte offset ${byteOffset(this.raw, index)}`;
    return badRequest(`can't parse entities: ${message.replace('@@', where)}${message.includes('@@') ? '' : where}`);
  }

  private plain(): void {
    let end = this.at + 1;
    while (end < this.raw.length && this.raw[end] !== '<' && this.raw[end] !== '&') end++;
    this.out += this.raw.slice(this.at, end);
    this.at = end;
  }

  private reference(): void {
    const [text, length] = decodeReference(this.raw, this.at);
    this.out += text;
    this.at += length;
  }

  private endTag(): void {
    const begin = this.at;
    const open = this.stack.pop();
    if (!open) throw this.fail('Unexpected end tag', begin);
    const close = this.raw.indexOf('>', begin);
    if (close < 0) throw this.fail('Unclosed end tag', begin);
    const name = this.raw.slice(begin + 2, close).trim().toLowerCase();
    if (name !== '' && name !== open.name) {
      throw this.fail(`Unmatched end tag@@, expected "</${open.name}>", found "</${name}>"`, begin);
    }
    this.at = close + 1;
    this.close(open);
  }

  private startTag(): void {
    const begin = this.at;
    const match = /^<([^\s>]*)/.exec(this.raw.slice(begin, begin + 64))!;
    const name = match[1]!.toLowerCase();
    this.at += match[0].length;
    if (this.at >= this.raw.length) throw this.fail('Unclosed start tag', begin);
    if (!TAGS[name]) throw this.fail(`Unsupported start tag "${name}"`, begin);
    const attributes = this.attributes(name, begin);
    if (name === 'span' && !/\btg-spoiler\b/.test(attributes['class'] ?? '')) {
      throw this.fail('Tag "span" must have class "tg-spoiler"', begin);
    }
    this.stack.push({ name, attributes, offset: this.out.length });
  }

  private attributes(tag: string, begin: number): Record<string, string> {
    const found: Record<string, string> = {};
    const pattern = /\s*(?:(>)|([^\s=>"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+)))?)/y;
    for (;;) {
      pattern.lastIndex = this.at;
      const match = pattern.exec(this.raw);
      if (!match) {
        if (this.raw.slice(this.at).trim() === '' || /=\s*["'][^"']*$/.test(this.raw.slice(this.at))) throw this.fail('Unclosed start tag', begin);
        throw this.fail(`Empty attribute name in the tag "${tag}"`, this.at);
      }
      this.at = pattern.lastIndex;
      if (match[1]) return found;
      found[match[2]!.toLowerCase()] = decodeAll(match[3] ?? match[4] ?? match[5] ?? '');
    }
  }

  private close(open: OpenTag): void {
    const length = this.out.length - open.offset;
    if (length === 0) return;
    const entity: Entity = { type: TAGS[open.name]!, offset: open.offset, length };
    if (open.name === 'a' && !describeLink(entity, open.attributes['href'] || this.out.slice(open.offset))) return;
    if (open.name === 'tg-emoji') entity['custom_emoji_id'] = open.attributes['emoji-id'] ?? '';
    if (open.name === 'blockquote' && 'expandable' in open.attributes) entity.type = 'expandable_blockquote';
    if (open.name === 'code') this.rememberLanguage(entity, open);
    if (open.name === 'pre') mergePre(entity, this.entities);
    this.entities.push(entity);
  }

  private rememberLanguage(entity: Entity, open: OpenTag): void {
    const language = /^language-(.+)$/.exec(open.attributes['class'] ?? '')?.[1];
    if (language && this.stack.at(-1)?.name === 'pre') entity['language'] = language;
  }
}

/** `<pre><code class="language-x">` over the same span is one entity of type pre with a language. */
function mergePre(entity: Entity, entities: Entity[]): void {
  const inner = entities.at(-1);
  if (inner?.type !== 'code' || inner.offset !== entity.offset || inner.length !== entity.length) return;
  entities.pop();
  if (inner['language']) entity['language'] = inner['language'];
}

/** Fills a text_link or, for tg://user, a text_mention. False if the address is invalid; the tag is then omitted. */
export function describeLink(entity: Entity, href: string): boolean {
  const user = /^tg:\/\/user\?id=(\d+)$/.exec(href)?.[1];
  if (user) {
    entity.type = 'text_mention';
    entity['user'] = { id: Number(user), is_bot: false, first_name: '' };
    return true;
  }
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(href) ? href : /^[^\s/]+\.[^\s/]{2,}/.test(href) ? `http://${href}` : '';
  if (!url || !URL.canParse(url)) return false;
  entity['url'] = new URL(url).href;
  return true;
}

function decodeReference(raw: string, at: number): [string, number] {
  const match = /^&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]+));?/i.exec(raw.slice(at, at + 12));
  if (!match) return ['&', 1];
  if (match[3]) {
    const name = match[3].toLowerCase();
    return NAMED[name] ? [NAMED[name], match[0].length] : ['&', 1];
  }
  const code = match[1] ? parseInt(match[1], 16) : parseInt(match[2]!, 10);
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? [String.fromCodePoint(code), match[0].length] : ['&', 1];
}

function decodeAll(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; ) {
    const [piece, length] = text[i] === '&' ? decodeReference(text, i) : [text[i]!, 1];
    out += piece;
    i += length;
  }
  return out;
}

export const parseHtml = (raw: string): FormattedText => new HtmlParser(raw).parse();

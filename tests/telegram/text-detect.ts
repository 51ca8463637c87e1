// Entities found in plain text: links, mentions, commands, hashtags, cashtags, e-mail addresses and phone numbers.
import type { Entity } from './text.ts';

/** A bare domain is a link only with a known ending; these cover the tests and the demo. */
const ENDINGS = 'com|net|org|info|biz|io|dev|app|me|tv|co|eu|ru|su|by|ua|kz|de|at|ch|fr|es|it|nl|pl|pt|br|mx|uk|us|ca|in|jp|kr|cn|ae|sa|eg|tr|example|test|рф';

const URL_PATTERN = new RegExp(
  `(?:(?:https?|ftp|tonsite)://[^\\s<>"'«»]+|(?<![\\w@.-])(?:[\\p{L}\\p{N}](?:[\\p{L}\\p{N}-]*[\\p{L}\\p{N}])?\\.)+(?:${ENDINGS})(?![\\p{L}\\p{N}_@-]|\\.[\\p{L}\\p{N}])(?::\\d{1,5})?(?:[/?#][^\\s<>"'«»]*)?)`,
  'giu',
);

/** In order of precedence: a later kind cannot take what an earlier one has taken. */
const PATTERNS: [type: string, pattern: RegExp][] = [
  ['email', /(?<![\w.+-])[a-z0-9_.+-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?![\w-])/giu],
  ['url', URL_PATTERN],
  ['mention', /(?<![\w@./])@[a-z][a-z0-9_]{2,31}(?![\w])/giu],
  ['bot_command', /(?<![\w/<>.])\/[a-z0-9_]{1,64}(?:@[a-z0-9_]{3,32})?(?![\w/])/giu],
  ['hashtag', /(?<![\p{L}\p{N}_#&])#(?=[\p{N}_]*\p{L})[\p{L}\p{M}\p{N}_]{1,256}/gu],
  ['cashtag', /(?<![\p{L}\p{N}_$])\$[A-Z]{1,8}(?![\p{L}\p{N}_])/gu],
  ['phone_number', /(?<![\p{L}\p{N}_+.-])\+\d(?:[ ()-]{0,2}\d){6,14}(?![\p{L}\p{N}_])/gu],
];

const HINT = /[@#$+./:]/;

export function detectEntities(text: string): Entity[] {
  if (!HINT.test(text)) return [];
  const found: Entity[] = [];
  for (const [type, pattern] of PATTERNS) {
    for (const match of text.matchAll(pattern)) {
      const length = type === 'url' ? trimUrl(match[0]).length : match[0].length;
      const entity = { type, offset: match.index, length };
      if (!found.some((e) => e.offset < entity.offset + length && entity.offset < e.offset + e.length)) found.push(entity);
    }
  }
  return found;
}

/** Punctuation that ends a sentence, and a closing bracket with no opening one, are not part of the address. */
function trimUrl(url: string): string {
  let out = url.replace(/[.,:;!?'"…]+$/u, '');
  while (out.endsWith(')') && out.split('(').length < out.split(')').length) out = out.slice(0, -1).replace(/[.,:;!?]+$/, '');
  return out;
}

// Formatted text: from markup to plain text and UTF-16 entities, and the error texts that clients compare.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from './errors.ts';
import { codePoints, formatText, isBlank } from './text.ts';

type Row = [sentence: string, raw: string, text: string, entities: string];

/** `type offset length [extra]` for each entity, one after the other. */
const brief = (list: { type: string; offset: number; length: number }[]): string =>
  list.map((e) => [e.type, e.offset, e.length, ...['url', 'language', 'custom_emoji_id'].map((k) => (e as never)[k]).filter(Boolean)].join(' ')).join('; ');

const HTML: Row[] = [
  ['bold and italic nest', '<b>a<i>b</i></b>', 'ab', 'bold 0 2; italic 1 1'],
  ['an emoji counts two units', '👋 <b>hi</b>', '👋 hi', 'bold 3 2'],
  ['a family emoji counts all its units', '👨‍👩‍👧<u>x</u>', '👨‍👩‍👧x', 'underline 8 1'],
  ['entities by name and number are decoded', '&lt;b&gt; &#65;&#x42; &amp; &quot;', '<b> AB & "', ''],
  ['an unknown entity stays as it is', '&nbsp; x', '&nbsp; x', ''],
  ['a link keeps its address', '<a href="https://example.com/a?b=1&amp;c=2">here</a>', 'here', 'text_link 0 4 https://example.com/a?b=1&c=2'],
  ['a link without a usable address is plain text', '<a href="nonsense">here</a>', 'here', ''],
  ['code in pre names the language', '<pre><code class="language-c">int x;</code></pre>', 'int x;', 'pre 0 6 c'],
  ['both spoiler tags work', '<tg-spoiler>a</tg-spoiler> <span class="tg-spoiler">b</span>', 'a b', 'spoiler 0 1; spoiler 2 1'],
  ['a quotation can be expandable', '<blockquote expandable>q</blockquote>', 'q', 'expandable_blockquote 0 1'],
  ['a custom emoji carries its id', '<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>', '👍', 'custom_emoji 0 2 5368324170671202286'],
  ['tags are case-insensitive', '<B>x</b>', 'x', 'bold 0 1'],
  ['space around the text goes and entities move with it', '  <b> x</b> ', 'x', 'bold 0 1'],
  ['nothing is detected inside code', '<code>@someone example.com</code>', '@someone example.com', 'code 0 20'],
  ['a link is detected inside bold', '<b>see example.com</b>', 'see example.com', 'bold 0 15; url 4 11'],
];

const MARKDOWN_V2: Row[] = [
  ['the five styles', '*b* _i_ __u__ ~s~ ||p||', 'b i u s p', 'bold 0 1; italic 2 1; underline 4 1; strikethrough 6 1; spoiler 8 1'],
  ['italic inside underline closes first', '__u _i_ u__', 'u i u', 'underline 0 5; italic 2 1'],
  ['a backslash escapes', '1\\. a\\_b', '1. a_b', ''],
  ['code keeps its markers', '`a_b*c`', 'a_b*c', 'code 0 5'],
  ['a fence names the language', '```python\nx = 1\n```', 'x = 1', 'pre 0 5 python'],
  ['a link with an escaped bracket', '[t](https://example.com/a\\)b)', 't', 'text_link 0 1 https://example.com/a)b'],
  ['a custom emoji', '![👍](tg://emoji?id=5368324170671202286)', '👍', 'custom_emoji 0 2 5368324170671202286'],
  ['a quotation of two lines', '>a\n>b\nc', 'a\nb\nc', 'blockquote 0 4'],
  ['an expandable quotation', '>a\n>b||', 'a\nb', 'expandable_blockquote 0 3'],
];

const PLAIN: Row[] = [
  ['a link with a path', 'see https://example.com/x?y=1.', 'see https://example.com/x?y=1.', 'url 4 25'],
  ['a bare domain', 'go to shop.example.com now', 'go to shop.example.com now', 'url 6 16'],
  ['a mention', 'hi @some_one!', 'hi @some_one!', 'mention 3 9'],
  ['a command with a bot', '/start@my_bot now', '/start@my_bot now', 'bot_command 0 13'],
  ['a command in the middle of a path is none', 'a/b', 'a/b', ''],
  ['a hashtag in Cyrillic', 'это #тест_1', 'это #тест_1', 'hashtag 4 7'],
  ['a number is no hashtag', 'order #123', 'order #123', ''],
  ['a cashtag', 'buy $USD', 'buy $USD', 'cashtag 4 4'],
  ['an address is no mention', 'me@example.com', 'me@example.com', 'email 0 14'],
  ['a phone number', 'call +1 (555) 010-0123 today', 'call +1 (555) 010-0123 today', 'phone_number 5 17'],
  ['offsets count UTF-16 units after an emoji', '🎉🎉 @someone', '🎉🎉 @someone', 'mention 5 8'],
  ['carriage returns go', 'a\r\nb', 'a\nb', ''],
];

for (const [mode, rows] of [['HTML', HTML], ['MarkdownV2', MARKDOWN_V2], ['', PLAIN]] as const) {
  for (const [sentence, raw, text, entities] of rows) {
    test(`${mode || 'plain'}: ${sentence}`, () => {
      const found = formatText(raw, mode);
      assert.equal(found.text, text);
      assert.equal(brief(found.entities), entities);
    });
  }
}

const REFUSED: [sentence: string, mode: string, raw: string, description: string][] = [
  ['a tag that is not allowed', 'HTML', '<div>x</div>', 'Bad Request: can\'t parse entities: Unsupported start tag "div" at byte offset 0'],
  ['a tag that never ends', 'HTML', '<b', "Bad Request: can't parse entities: Unclosed start tag at byte offset 0"],
  ['an end with no start', 'HTML', 'abcde</b>', "Bad Request: can't parse entities: Unexpected end tag at byte offset 5"],
  ['bad nesting', 'HTML', '<b>ab</i>', 'Bad Request: can\'t parse entities: Unmatched end tag at byte offset 5, expected "</b>", found "</i>"'],
  ['a tag left open', 'HTML', '<b>ab', 'Bad Request: can\'t parse entities: Can\'t find end tag corresponding to start tag "b"'],
  ['a span without the class', 'HTML', '<span>a</span>', 'Bad Request: can\'t parse entities: Tag "span" must have class "tg-spoiler" at byte offset 0'],
  ['byte offsets are of UTF-8', 'HTML', 'é👋</b>', "Bad Request: can't parse entities: Unexpected end tag at byte offset 6"],
  ['a bare reserved character', 'MarkdownV2', '1. a', "Bad Request: can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'"],
  ['an open bold', 'MarkdownV2', 'before *a', "Bad Request: can't parse entities: Can't find end of Bold entity at byte offset 7"],
  ['an open legacy entity', 'Markdown', 'before *a', "Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 7"],
  ['an unknown mode', 'BBCode', 'x', 'Bad Request: unsupported parse_mode'],
  ['more than 32768 bytes', '', 'я'.repeat(16385), 'Bad Request: text is too long'],
  ['text that is not UTF-8', '', '\ud800', 'Bad Request: strings must be encoded in UTF-8'],
];
for (const [sentence, mode, raw, description] of REFUSED) {
  test(`refused: ${sentence}`, () => {
    assert.throws(() => formatText(raw, mode), (error) => error instanceof ApiError && error.message === description);
  });
}

test('explicit entities are kept, and detected kinds among them are not believed', () => {
  const found = formatText('hello @nobody_x', '', [{ type: 'bold', offset: 0, length: 5 }, { type: 'mention', offset: 0, length: 5 }]);
  assert.equal(brief(found.entities), 'bold 0 5; mention 6 9');
});
test('length is counted in code points', () => assert.equal(codePoints('👋a👨‍👩‍👧'), 7));
test('invisible characters alone are nothing', () => assert.ok(isBlank(' \u200b\u2060\n')));

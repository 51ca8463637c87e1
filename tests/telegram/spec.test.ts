// Tests of the specification check, also with the recorded updates.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FilePart } from './params.ts';
import { Spec } from './spec.ts';

const spec = new Spec();
const check = (method: string, params: object): string[] => spec.checkRequest(method, new Map(Object.entries(params)));

const REQUESTS: [sentence: string, method: string, params: object, problems: string[]][] = [
  ['a good request has no problem', 'sendMessage', { chat_id: 1, text: 'x' }, []],
  ['forms bring numbers and objects as text', 'sendMessage', { chat_id: '1', text: 'x', disable_notification: 'true', entities: '[{"type":"bold","offset":0,"length":1}]' }, []],
  ['a required parameter', 'sendMessage', { chat_id: 1 }, ['required parameter text is missing']],
  ['an unknown parameter', 'sendMessage', { chat_id: 1, text: 'x', foo: 1 }, ['unknown parameter foo']],
  ['a wrong type', 'sendMessage', { chat_id: 1, text: 'x', message_thread_id: 'abc' }, ['message_thread_id must be Integer']],
  ['a value outside the closed set', 'sendChatAction', { chat_id: 1, action: 'dancing' }, [/^action must be one of typing/ as never]],
  ['a nested object', 'sendMessage', { chat_id: 1, text: 'x', reply_parameters: '{"message_id":"a"}' }, ['reply_parameters.message_id must be Integer']],
  ['a nested unknown field', 'sendMessage', { chat_id: 1, text: 'x', link_preview_options: { disabled: true } }, ['link_preview_options.disabled is not a field of LinkPreviewOptions']],
  ['a limit in bytes', 'sendMessage', { chat_id: 1, text: 'x', reply_markup: { inline_keyboard: [[{ text: 'b', callback_data: 'я'.repeat(33) }]] } }, ['reply_markup.inline_keyboard[0][0].callback_data: the size in bytes must be at most 64, got 66']],
  ['a limit of items', 'deleteMessages', { chat_id: 1, message_ids: [] }, ['message_ids: the number of items must be at least 1, got 0']],
  ['an uploaded file', 'sendPhoto', { chat_id: 1, photo: new FilePart('a.png', 'image/png', Buffer.from('x')) }, []],
  ['a part for attach:// is no unknown parameter', 'sendPhoto', { chat_id: 1, photo: 'attach://a', a: new FilePart('a.png', 'image/png', Buffer.from('x')) }, []],
];
for (const [sentence, method, params, problems] of REQUESTS) {
  test(`request: ${sentence}`, () => {
    const found = check(method, params);
    assert.equal(found.length, problems.length, found.join('; '));
    problems.forEach((problem, i) => ((problem as unknown) instanceof RegExp ? assert.match(found[i]!, problem as never) : assert.equal(found[i], problem)));
  });
}

test('there are 27 kinds of update', () => assert.equal(spec.updateKinds().length, 27));

const recorded = readFileSync(new URL('recorded-updates.jsonl', import.meta.url), 'utf8').trim().split('\n').map((line) => JSON.parse(line));

/** Invented future fields of fixtures; fields that were optional, and sets that were larger, at the time of the recording. */
const EXPECTED = /\.future_\w+ is not a field|is required$|\.chat\.business_\w+ is not a field of Chat$|emoji must be one of|paid_media\[4\]\.type must be one of/;

test('recorded updates fit the specification, but for what is known of them', () => {
  assert.equal(recorded.length, 93);
  const surprises = recorded.flatMap((update) => spec.checkObject('Update', update)).filter((problem) => !EXPECTED.test(problem));
  assert.deepEqual(surprises, []);
  assert.ok(recorded.filter((update) => spec.checkObject('Update', update).length === 0).length >= 65);
});

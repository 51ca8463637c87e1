// Messages with content besides text: the caption, the mark of an edit with its history, and a forward's origin are always
// shown; quotes and the list show the same text. How each kind is drawn is tested in kinds.test.ts.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { Api } from '../harness/api.ts';
import { Server, until } from '../harness/server.ts';
import { Simulator } from '../telegram/client.ts';
import { assertSilent, axe, DESKTOP, launch, signIn, watch } from './browser.ts';

const TOKEN = '123456:TEST';
const EVE = { id: 6001, first_name: 'Eve', last_name: 'Stone' };
let updateId = 900_000;

const around = (messageId: number, more: object): object => ({
  message_id: messageId,
  date: Math.floor(Date.now() / 1000),
  from: { ...EVE, is_bot: false, language_code: 'en' },
  chat: { ...EVE, type: 'private' },
  ...more,
});
const written = (messageId: number, more: object): any => ({ update_id: updateId++, message: around(messageId, more) });
const changed = (messageId: number, more: object): any => ({ update_id: updateId++, edited_message: around(messageId, { edit_date: Math.floor(Date.now() / 1000), ...more }) });
const file = (id: string): object => ({ file_id: id, file_unique_id: id });

/** Each kind of content that can have a caption, and what else its bubble shows. */
const contents: [content: string, value: object, shown: string | null][] = [
  ['document', { ...file('doc1'), file_name: 'act.pdf', file_size: 152_600 }, 'act.pdf'],
  ['video', { ...file('vid1'), width: 1, height: 1, duration: 61 }, null],
  ['voice', { ...file('voi1'), duration: 7 }, '0:07'],
  ['audio', { ...file('aud1'), duration: 7, title: 'Rain' }, 'Rain'],
  ['animation', { ...file('ani1'), width: 1, height: 1, duration: 1 }, null],
  ['paid_media', { star_count: 5, paid_media: [{ type: 'preview' }] }, 'Paid media'],
  ['live_photo', { ...file('liv1'), photo: [] }, 'Live photo'],
  ['hologram', { depth: 3 }, 'Unsupported message'],
];

describe('captions of content besides text', () => {
  let sim: Simulator;
  let server: Server;
  let api: Api;
  let browser: Browser;
  let page: Page;
  let id: number;
  const complaints: string[] = [];
  const bubble = (text: string) => page.getByTestId('message').filter({ hasText: text });
  const row = () => page.getByTestId('conversation-row').filter({ hasText: 'Eve Stone' });

  before(async () => {
    sim = await Simulator.start({ tokens: [TOKEN] });
    server = await Server.start({ telegram: sim.url, token: TOKEN });
    api = await server.signIn();
    await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    await sim.inject([written(10, { text: 'hello' })]);
    id = await until('a conversation', async () => (await api.everyConversation())[0]?.id);
    browser = await launch();
    page = await (await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', reducedMotion: 'reduce' })).newPage();
    watch(page, complaints);
    await signIn(page, server.url);
    await page.goto(`${server.url}/c/${id}`);
    await bubble('hello').waitFor();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await sim?.stop();
  });

  for (const [index, [content, value, shown]] of contents.entries())
    test(`${content}: the caption, the list, the edit and its history`, async () => {
      const messageId = 100 + index;
      const first = `this ${content} breaks`;
      await sim.inject([written(messageId, { [content]: value, caption: first })]);
      await bubble(first).waitFor();
      if (shown) await bubble(first).filter({ hasText: shown }).waitFor();
      await row().filter({ hasText: first }).waitFor();
      const second = `${first}, on version 3`;
      await sim.inject([changed(messageId, { [content]: value, caption: second })]);
      await bubble(second).waitFor();
      await row().filter({ hasText: second }).waitFor();
      await bubble(second).getByTestId('edited').click();
      const dialog = page.getByRole('dialog');
      await dialog.locator('ins').filter({ hasText: ', on version 3' }).waitFor();
      await dialog.getByRole('button', { name: 'Full versions' }).click();
      await dialog.getByText(first, { exact: true }).waitFor();
      await dialog.getByText(second, { exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      const answer = around(messageId, { [content]: value, caption: second });
      await sim.inject([written(200 + index, { text: `about the ${content}`, reply_to_message: answer })]);
      await bubble(`about the ${content}`).getByRole('button', { name: second }).waitFor();
    });

  test('an album of documents shows the caption of each', async () => {
    await sim.inject([
      written(301, { document: file('a1'), media_group_id: 'g1', caption: 'the first page' }),
      written(302, { document: file('a2'), media_group_id: 'g1', caption: 'the second page' }),
    ]);
    await bubble('the first page').filter({ hasText: 'the second page' }).waitFor();
    assert.equal(await bubble('the first page').getByTestId('piece').count(), 2);
  });

  test('without a caption the card, the quote and the list name the kind of content', async () => {
    await sim.inject([written(310, { voice: { ...file('v2'), duration: 3 } })]);
    await row().filter({ hasText: 'Voice message' }).waitFor();
    await sim.inject([written(311, { text: 'did you hear?', reply_to_message: around(310, { voice: { ...file('v2'), duration: 3 } }) })]);
    await bubble('did you hear?').getByRole('button', { name: 'Voice message' }).waitFor();
  });

  test('a forward shows its origin, above text and above other content', async () => {
    const origin = { type: 'hidden_user', sender_user_name: 'Secret Fox', date: 1 };
    await sim.inject([
      written(320, { text: 'The refund was promised', forward_origin: origin }),
      written(321, { voice: { ...file('v3'), duration: 3 }, caption: 'listen to them', forward_origin: { type: 'channel', chat: { id: -5, type: 'channel', title: 'Desk News' }, message_id: 1, date: 1 } }),
    ]);
    await bubble('The refund was promised').getByTestId('forward').filter({ hasText: 'Forwarded from Secret Fox' }).waitFor();
    await bubble('listen to them').getByTestId('forward').filter({ hasText: 'Forwarded from Desk News' }).waitFor();
    assert.deepEqual(await axe(page), []);
  });

  test('the console has no errors or policy violations', () => {
    assertSilent(complaints);
  });
});

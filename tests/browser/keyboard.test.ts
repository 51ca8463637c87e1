// Keyboard commands in the list, in the field, on a Russian layout; typed text never runs a command, and a command never
// becomes part of an answer.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { until } from '../harness/server.ts';
import { assertSilent, axe } from './browser.ts';
import { Fixture, focused, focusIs, opened, openId, orderIs, rowOf } from './fixture.ts';

describe('the keyboard', () => {
  let desk: Fixture;
  let page: Page;
  const ids: Record<string, number> = {};
  const names = ['Dora', 'Cleo', 'Bert', 'Anna'];

  const drafts = (): Promise<string[]> => page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('draft')));
  const status = async (name: string): Promise<string> => (await desk.api.conversation(ids[name]!)).status;

  before(async () => {
    desk = await Fixture.start();
    page = desk.page;
    for (const name of [...names].reverse()) ids[name] = (await desk.customer(name)).id;
    await page.goto(`${desk.server.url}/inbox/waiting`);
    await orderIs(page, names);
  });
  after(() => desk?.stop());

  test('J and K move through the list with the focus on its rows, and every other key works there', async () => {
    await page.keyboard.press('j');
    await opened(page, ids['Dora']!);
    await focusIs(page, `row ${ids['Dora']}`);
    for (const name of ['Cleo', 'Bert']) {
      await page.keyboard.press('j');
      await opened(page, ids[name]!);
      await focusIs(page, `row ${ids[name]}`);
      await page.getByTestId('message').filter({ hasText: `This is ${name}` }).waitFor();
    }
    await page.keyboard.press('k');
    await opened(page, ids['Cleo']!);
    await focusIs(page, `row ${ids['Cleo']}`);
    await page.keyboard.press('e');
    await until('Cleo is closed', async () => (await status('Cleo')) === 'closed');
    await page.getByRole('button', { name: 'Reopen' }).waitFor();
    await page.keyboard.press('e');
    await until('Cleo is open', async () => (await status('Cleo')) !== 'closed');
    assert.deepEqual(await drafts(), [], 'no key has become a draft');
    assert.equal(await page.getByTestId('composer').textContent(), '');
  });

  test('Enter and R focus the field, Escape the row, and a second Escape closes the conversation', async () => {
    await page.keyboard.press('Enter');
    await focusIs(page, 'composer');
    await page.keyboard.press('Escape');
    await focusIs(page, `row ${ids['Cleo']}`);
    await page.keyboard.press('r');
    await focusIs(page, 'composer');
    await page.keyboard.press('Escape');
    await focusIs(page, `row ${ids['Cleo']}`);
    await page.keyboard.press('Escape');
    await until('no conversation is open', async () => openId(page) === null);
    await focusIs(page, `row ${ids['Cleo']}`);
  });

  test('letters typed right after R or Enter go into the answer', async () => {
    await page.keyboard.press('Enter');
    await page.keyboard.type('jke?');
    await until('all of it is in the field', async () => (await page.getByTestId('composer').textContent()) === 'jke?');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.press('Escape');
    await page.keyboard.press('r');
    await page.keyboard.type('ej');
    assert.equal(await page.getByTestId('composer').textContent(), 'ej');
    assert.equal(openId(page), ids['Cleo']);
    assert.notEqual(await status('Cleo'), 'closed');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
  });

  test('in the field Alt with arrows goes to the next conversation, one chord closes, another closes and goes on', async () => {
    await focusIs(page, 'composer');
    await orderIs(page, ['Cleo', 'Dora', 'Bert', 'Anna']);
    await page.keyboard.press('Alt+ArrowDown');
    await opened(page, ids['Dora']!);
    await focusIs(page, 'composer');
    await page.keyboard.press('Alt+ArrowUp');
    await opened(page, ids['Cleo']!);
    await focusIs(page, 'composer');
    await page.keyboard.type('A word');
    await page.keyboard.press('Control+Shift+E');
    await page.getByRole('button', { name: 'Reopen' }).waitFor();
    assert.equal(await status('Cleo'), 'closed');
    await focusIs(page, 'composer');
    assert.equal(await page.getByTestId('composer').textContent(), 'A word');
    await page.keyboard.press('Control+Shift+E');
    await page.getByRole('button', { name: 'Close', exact: true }).waitFor();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.press('Control+Shift+Enter');
    await until('Cleo is closed', async () => (await status('Cleo')) === 'closed');
    await opened(page, ids['Dora']!);
    await focusIs(page, 'composer');
    assert.equal(await page.getByTestId('message').filter({ hasText: 'A word' }).count(), 0, 'nothing was sent');
  });

  test('a letter typed into a field never runs a command', async () => {
    const before = page.url();
    for (const letter of 'jkeritl14?/') await page.keyboard.press(letter);
    assert.equal(page.url(), before);
    assert.equal(await page.getByTestId('composer').textContent(), 'jkeritl14?/');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('eje');
    assert.equal(await page.getByRole('searchbox').inputValue(), 'eje');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await focusIs(page, `row ${ids['Dora']}`);
    assert.notEqual(await status('Dora'), 'closed');
    assert.equal(openId(page), ids['Dora']);
  });

  test('the same keys work on a Russian layout', async () => {
    const press = (key: string, code: string, held: object = {}): Promise<boolean> =>
      page.evaluate(([key, code, held]) =>
        document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key: key as string, code: code as string, bubbles: true, cancelable: true, ...(held as object) })), [key, code, held]);
    await press('о', 'KeyJ');
    await opened(page, ids['Bert']!);
    await press('о', 'KeyJ');
    await opened(page, ids['Anna']!);
    await press('л', 'KeyK');
    await opened(page, ids['Bert']!);
    await press('к', 'KeyR');
    await focusIs(page, 'composer');
    await press('У', 'KeyE', { ctrlKey: true, shiftKey: true });
    await page.getByRole('button', { name: 'Reopen' }).waitFor();
    await press('У', 'KeyE', { ctrlKey: true, shiftKey: true });
    await until('Bert is open', async () => (await status('Bert')) !== 'closed');
    await page.keyboard.press('Escape');
    await press('?', 'Digit7', { shiftKey: true });
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
  });

  test('the list of keys contains every key that works, and no other', async () => {
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    const sheet = page.getByRole('dialog');
    for (const [name, keys] of [
      ['Next conversation', 'J or Alt ↓'], ['Previous conversation', 'K or Alt ↑'], ['Close', 'E or Ctrl Shift E'],
      ['Close and next', 'Shift E or Ctrl Shift Enter'], ['Write a reply', 'R'], ['Settings', 'Ctrl ,'],
    ] as const) {
      const said = await sheet.locator('dl > div').filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd').evaluate((cell) =>
        [...cell.querySelectorAll('kbd, .text-xs')].map((part) => part.textContent).join(' '));
      assert.equal(said, keys, name);
    }
    assert.deepEqual(await axe(page), []);
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
  });

  test('a click on a row focuses the field, also on the open row', async () => {
    await rowOf(page, 'Anna').click();
    await opened(page, ids['Anna']!);
    await focusIs(page, 'composer');
    await page.keyboard.press('Escape');
    await focusIs(page, `row ${ids['Anna']}`);
    await rowOf(page, 'Anna').click();
    await focusIs(page, 'composer');
  });

  test('in the search an arrow moves to the results and Enter opens one, also before the response has arrived', async () => {
    await page.goto(`${desk.server.url}/inbox/all`);
    await rowOf(page, 'Anna').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('Bert');
    await page.keyboard.press('ArrowDown');
    await focusIs(page, `row ${ids['Bert']}`);
    await page.keyboard.press('/');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('Anna');
    await page.keyboard.press('Enter');
    await opened(page, ids['Anna']!);
    await focusIs(page, 'composer');
  });

  test('a digit opens another list and focuses its first row, or its tab if the list is empty', async () => {
    await page.goto(`${desk.server.url}/inbox/snoozed`);
    await page.getByTestId('list-tabs').waitFor();
    await page.keyboard.press('5');
    await until('a row has the focus', async () => (await focused(page)).startsWith('row'));
    const first = await page.evaluate(() => (document.activeElement as HTMLElement).dataset['index']);
    assert.equal(first, '0');
    for (const name of names) await desk.api.call('POST', `/api/conversations/${ids[name]}/close`).catch(() => {});
    await page.keyboard.press('1');
    await page.getByText('Nobody is waiting').waitFor();
    await until('the tab has the focus', () => page.evaluate(() => document.activeElement?.getAttribute('aria-current') === 'page'));
  });

  test('the console has no errors', () => assertSilent(desk.complaints));
});

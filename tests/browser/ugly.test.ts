// Unusual input of customers: names of emoji or from right to left, texts without visible characters, albums of every size, numbers
// too long for a line. None of it may be shown wrongly or reorder the text beside it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { until } from '../harness/server.ts';
import type { Customer } from '../telegram/client.ts';
import { assertSilent, axe, PHONE } from './browser.ts';
import { Fixture, rowOf } from './fixture.ts';

describe('unusual data', () => {
  let desk: Fixture;
  let page: Page;
  let anna: { who: Customer; id: number };

  const bubbles = (text: string) => page.getByTestId('message').filter({ hasText: text });
  const named = async (first_name: string, text: string): Promise<number> => {
    const who = await desk.sim.customer({ first_name, language_code: 'en' });
    await desk.sim.text(who, text);
    return until(`a conversation of ${first_name}`, async () => (await desk.api.conversations('?status=all&limit=100')).data.find(({ customer }) => customer.name === first_name)?.id);
  };

  before(async () => {
    desk = await Fixture.start();
    page = desk.page;
    anna = await desk.customer('Anna', 'Hello');
    await page.goto(`${desk.server.url}/c/${anna.id}?in=all`);
    await bubbles('Hello').waitFor();
  });
  after(() => desk?.stop());

  test('a text without visible characters is shown as empty in list, bubble and quote', async () => {
    await desk.sim.text(anna.who, '\u2800\u2800');
    await bubbles('Empty message').getByText('Empty message').waitFor();
    await rowOf(page, 'Anna').getByText('Empty message').waitFor();
    await bubbles('Empty message').hover();
    await bubbles('Empty message').getByRole('button', { name: 'Message actions' }).click();
    await page.getByRole('menuitem', { name: 'Reply' }).click();
    await page.getByText('Reply to').locator('..').locator('..').getByText('Empty message').waitFor();
    assert.deepEqual(await axe(page), []);
    await page.getByRole('button', { name: 'Cancel the reply' }).click();
  });

  test('an album fills every row, whatever its size', async () => {
    for (const count of [2, 3, 5, 7, 10]) {
      await desk.sim.album(anna.who, { count });
      const cells = page.getByTestId('message').filter({ has: page.locator('.grid > div') }).last().locator('.grid > div');
      await until(`an album of ${count}`, async () => (await cells.count()) === count);
      const boxes = await cells.evaluateAll((all) => all.map((cell) => cell.getBoundingClientRect()).map(({ top, right }) => ({ top: Math.round(top), right: Math.round(right) })));
      const edge = Math.max(...boxes.map(({ right }) => right));
      for (const top of new Set(boxes.map((box) => box.top)))
        assert.ok(edge - Math.max(...boxes.filter((box) => box.top === top).map(({ right }) => right)) <= 1, `a row of an album of ${count} ends early`);
    }
  });

  test('a name of emoji alone is its avatar, and a right-to-left name does not move the time', async () => {
    await named('👩🏽‍🚒', 'Fire!');
    await rowOf(page, 'Fire!').waitFor();
    assert.equal(await rowOf(page, 'Fire!').locator('[aria-hidden=true]').first().textContent(), '👩🏽‍🚒');
    await named('שרה (כהן) 1', 'שלום 12:30');
    const row = rowOf(page, 'שרה');
    await row.waitFor();
    const [name, time] = [await row.locator('.truncate').first().boundingBox(), await row.locator('time').boundingBox()];
    assert.ok(name!.x + name!.width <= time!.x);
  });

  test('a phone number stays on one line', async () => {
    const small = await desk.otherPage({ viewport: PHONE });
    await desk.sim.text(anna.who, 'Please call me back on this number when you can: +7 912 345-67-89, thank you');
    await small.goto(`${desk.server.url}/c/${anna.id}?in=all`);
    const number = small.getByRole('link', { name: '+7 912 345-67-89' });
    await number.waitFor();
    assert.equal(await number.evaluate((link) => link.getClientRects().length), 1);
    await small.context().close();
  });

  test('the console has no errors', () => assertSilent(desk.complaints));
});

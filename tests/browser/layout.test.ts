// Nothing cuts or covers text: the customer's name beside the buttons, the tabs and the first row below the notice of new
// activity, the number beside a tab's name.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Locator } from 'playwright-core';
import { until } from '../harness/server.ts';
import { Fixture, opened, rowOf } from './fixture.ts';

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The box of the text itself, not of its element. */
const wordsOf = (element: Locator): Promise<Box> =>
  element.evaluate((node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const { x, y, width, height } = range.getBoundingClientRect();
    return { x, y, width, height };
  });
/** How many pixels of its content an element does not show. */
const hidden = (element: Locator): Promise<number> => element.evaluate((node) => node.scrollWidth - node.clientWidth);
const bottom = ({ y, height }: Box): number => y + height;

describe('the layout', () => {
  let desk: Fixture;
  before(async () => void (desk = await Fixture.start()));
  after(() => desk?.stop());

  test("a colleague's long name is cut before the customer's", async () => {
    const { api, server } = desk;
    const { id } = await desk.customer('Carlos');
    const { operator } = await api.call<{ operator: { id: number } }>('POST', '/api/operators', { login: 'sasha', name: 'Александра Константинопольская', password: 'a calm blue river', role: 'operator' });
    await api.call('POST', `/api/conversations/${id}/assign`, { operator_id: operator.id });
    for (const [locale, take] of [['ru-RU', 'Забрать себе'], ['en-GB', 'Take over']] as const) {
      const page = await desk.otherPage({ locale });
      await page.goto(`${server.url}/c/${id}`);
      await page.getByRole('button', { name: take }).waitFor();
      assert.equal(await page.locator('aside').count(), 1, "the customer's card is open");
      for (const width of [1440, 1366, 1280, 1180, 1024, 768]) {
        await page.setViewportSize({ width, height: 900 });
        // The page is drawn some time after the window's size has changed.
        await until(`${locale}, ${width} wide: the whole name, and nothing beyond the header`, async () =>
          (await hidden(page.getByRole('heading', { level: 1, name: 'Carlos Vogel' }))) === 0 && (await hidden(page.locator('main header'))) === 0);
      }
      await page.context().close();
    }
  });

  test('names and numbers of the tabs fit in both languages, from 1280 pixels and on a phone', async () => {
    const counts = { waiting: 128, active: 64, mine: 20, waiting_unread: 112, mine_unread: 12, capped_at: 999 };
    for (const locale of ['ru-RU', 'en-GB']) {
      const page = await desk.otherPage({ locale });
      await page.route('**/api/conversations/counts*', (route) => route.fulfill({ json: counts }));
      await page.goto(`${desk.server.url}/inbox/snoozed`);
      const tabs = page.getByTestId('list-tabs');
      await tabs.getByTestId('tab-unread').first().waitFor();
      for (const width of [1440, 1280, 390]) {
        await page.setViewportSize({ width, height: 844 });
        await until(`${locale}, ${width} wide: all tabs are in sight`, async () => (await hidden(tabs)) === 0);
        const boxes = await Promise.all((await tabs.locator('a > span').all()).map(async (words) => (await words.boundingBox())!));
        for (const [at, box] of boxes.slice(1).entries()) assert.ok(box.x - (boxes[at]!.x + boxes[at]!.width) >= 6, `${locale}, ${width} wide: tabs ${at + 1} and ${at + 2} stand apart`);
      }
      await page.context().close();
    }
  });

  test('the notice of new activity covers neither the tabs nor the first row; a number is on the line of its tab', async () => {
    const { page } = desk;
    const [{ who: anna }, { id: bert }] = [await desk.customer('Anna'), await desk.customer('Bert')];
    await desk.api.act(bert, 'take');
    await page.goto(`${desk.server.url}/inbox/all`);
    await rowOf(page, 'Bert').hover();
    await desk.sim.text(anna, 'Anna again');
    await page.getByTestId('list-news').waitFor();
    await page.evaluate(() => Promise.all(document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity).map(({ finished }) => finished)));
    const word = (await page.getByTestId('list-news').boundingBox())!;
    const tabs = page.getByTestId('list-tabs');
    for (const tab of await tabs.getByRole('link').all()) assert.ok(bottom(await wordsOf(tab)) <= word.y, `over ${await tab.textContent()}`);
    assert.ok(bottom((await tabs.boundingBox())!) <= word.y);
    const first = page.locator('[data-testid=conversation-row][data-index="0"]');
    assert.ok(bottom(word) <= (await wordsOf(first.locator('.truncate').first())).y + 3, 'over the name, but for what no letter fills above it');
    await rowOf(page, 'Bert').click();
    await opened(page, bert);
    const line = (await tabs.getByRole('link', { name: /^Active/ }).evaluate((tab) => {
      const text = document.createTreeWalker(tab, NodeFilter.SHOW_TEXT);
      const baselines: number[] = [];
      for (let node = text.nextNode(); node; node = text.nextNode()) {
        if (!node.textContent?.trim() || node.parentElement?.closest('.sr-only')) continue;
        const mark = document.createElement('span'); // the bottom of an empty inline block is on the baseline
        mark.style.display = 'inline-block';
        node.parentNode!.insertBefore(mark, node);
        baselines.push(mark.getBoundingClientRect().bottom);
        mark.remove();
      }
      return baselines;
    }));
    assert.equal(line.length, 2, 'a name and a number');
    assert.equal(line[0], line[1]);
  });
});

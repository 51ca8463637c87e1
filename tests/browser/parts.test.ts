// Parts of the panel whose scripts come when they are wanted: without them the page stays, and later they may come.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../harness/server.ts';
import { Fixture, opened, rowOf } from './fixture.ts';

describe('a part that cannot be loaded', () => {
  let desk: Fixture;
  before(async () => {
    desk = await Fixture.start();
  });
  after(() => desk?.stop());

  test('leaves the page, says so, and opens when its script can be had', async () => {
    const { page } = desk;
    const { id } = await desk.customer('Part');
    await page.goto(`${desk.server.url}/inbox/all`);
    await rowOf(page, 'Part').waitFor();
    await page.route(/help-sheet[^/]*\.js|settings-page[^/]*\.js/, (route) => route.abort());
    await page.keyboard.press('?');
    await page.getByText('That could not be opened.').waitFor();
    assert.ok(await rowOf(page, 'Part').isVisible(), 'the list is still there');
    await page.evaluate(() => history.pushState(null, '', '/settings/profile'));
    await page.evaluate(() => dispatchEvent(new PopStateEvent('popstate')));
    await page.getByText('This page could not be loaded').waitFor();
    await page.goBack();
    await rowOf(page, 'Part').click();
    await opened(page, id);
    await page.unroute(/help-sheet[^/]*\.js|settings-page[^/]*\.js/);
    await page.keyboard.press('Escape');
    await until('the sheet of keys is open', async () => {
      await page.keyboard.press('?');
      return page.getByRole('dialog').isVisible();
    });
  });
});

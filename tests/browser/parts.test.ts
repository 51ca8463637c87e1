// Parts of the panel with scripts of their own: if a script cannot be loaded, the page stays, says why, and opens the part later.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { ADMIN, until } from '../harness/server.ts';
import { DESKTOP, fillSignIn } from './browser.ts';
import { Fixture, opened, rowOf } from './fixture.ts';

describe('a part that cannot be loaded', () => {
  let desk: Fixture;
  before(async () => {
    desk = await Fixture.start();
    await desk.customer('Part');
  });
  after(() => desk?.stop());

  /** A page that has not loaded its parts, which it does at the first pointer or key event. */
  const untouched = async (path = '/inbox/all'): Promise<Page> => {
    const page = await desk.otherPage({});
    await page.goto(desk.server.url + path);
    await rowOf(page, 'Part').waitFor();
    return page;
  };
  const gone = (page: Page, script: RegExp): Promise<unknown> => page.route(script, (route) => route.fulfill({ status: 404, body: '{}' }));
  const settings = (page: Page) => page.getByRole('navigation', { name: 'Settings' });

  test('leaves the page as it is, gives a reason, and opens when its script can be loaded', async () => {
    const { page } = desk;
    const { id } = await desk.customer('Whole');
    await page.goto(`${desk.server.url}/inbox/all`);
    await rowOf(page, 'Whole').waitFor();
    await page.route(/help-sheet[^/]*\.js|settings-page[^/]*\.js/, (route) => route.abort());
    await page.keyboard.press('?');
    await page.getByText('That couldn’t be loaded.').waitFor();
    assert.ok(await rowOf(page, 'Whole').isVisible(), 'the list is still there');
    await page.evaluate(() => history.pushState(null, '', '/settings/profile'));
    await page.evaluate(() => dispatchEvent(new PopStateEvent('popstate')));
    await page.getByText('This page couldn’t be loaded').waitFor();
    await page.goBack();
    await rowOf(page, 'Whole').click();
    await opened(page, id);
    await page.unroute(/help-sheet[^/]*\.js|settings-page[^/]*\.js/);
    await page.keyboard.press('Escape');
    await until('the sheet of keys is open', async () => {
      await page.keyboard.press('?');
      return page.getByRole('dialog').isVisible();
    });
  });

  test('waits without a connection, and opens by itself afterwards', async () => {
    const page = await untouched();
    await page.context().setOffline(true);
    await page.keyboard.press('?');
    await page.getByText('That couldn’t be loaded: the server can’t be reached.').waitFor();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByText('The page will open as soon as the connection is back.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The page will open as soon as the connection is back.').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Reload' }).count(), 0, 'nothing that leaves the panel');
    await page.context().setOffline(false);
    await settings(page).waitFor();
    await page.context().close();
  });

  test('of another version offers a reload, and reloads only when the server is reachable', async () => {
    const page = await untouched();
    await gone(page, /settings-page[^/]*\.js/);
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByText('It looks like the panel was updated').waitFor();
    await desk.server.terminate();
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByText('The page will open as soon as the connection is back.').waitFor();
    await desk.server.run();
    await page.getByText('It looks like the panel was updated').waitFor();
    await page.unroute(/settings-page[^/]*\.js/);
    await page.getByRole('button', { name: 'Reload' }).click();
    await settings(page).waitFor();
    await page.context().close();
  });

  test('the desk itself, at a sign-in on a page from before an update', async () => {
    const page = await desk.newPage(await desk.browser.newContext({ viewport: DESKTOP, locale: 'en-GB', reducedMotion: 'reduce' }));
    await gone(page, /desk-[^/]*\.js/);
    await fillSignIn(page, desk.server.url, ADMIN.email, ADMIN.password);
    await page.getByText('It looks like the panel was updated').waitFor();
    const { y, height } = (await page.getByRole('button', { name: 'Reload' }).boundingBox())!;
    assert.ok(Math.abs(y + height / 2 - DESKTOP.height / 2) < DESKTOP.height / 4, 'in the middle of the window');
    await page.unroute(/desk-[^/]*\.js/);
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByTestId('conversation-list').waitFor();
    await page.context().close();
  });

  test('a language: the old one stays, with a reason', async () => {
    const page = await untouched();
    await gone(page, /\/ru-[^/]*\.js/);
    await page.goto(`${desk.server.url}/settings/preferences`);
    await page.getByText('Русский').click();
    await page.getByText('That couldn’t be loaded.').waitFor();
    await page.getByRole('heading', { name: 'Preferences' }).waitFor();
    assert.deepEqual(desk.complaints.filter((words) => /import/.test(words) && !/a part of the panel/.test(words)), [], 'nothing is thrown where nobody catches it');
    await page.unroute(/\/ru-[^/]*\.js/);
    await page.getByText('Русский').click();
    await page.getByRole('navigation', { name: 'Настройки' }).waitFor();
    await page.context().close();
  });

  test('a conversation without its script leaves the list as it is, and opens when the script can be loaded', async () => {
    const { page } = desk;
    const { id } = await desk.customer('Late');
    const script = /chat-[^/]*\.js/;
    await page.route(script, (route) => route.abort());
    await page.goto(`${desk.server.url}/inbox/all`);
    await rowOf(page, 'Late').click();
    await page.getByText('This page couldn’t be loaded').waitFor();
    assert.ok(await rowOf(page, 'Late').isVisible(), 'the list is still there');
    await page.unroute(script);
    await page.goBack();
    await rowOf(page, 'Late').click();
    await opened(page, id);
  });

  test('letters typed before a conversation has its script are not commands', async () => {
    const { page } = desk;
    const { id } = await desk.customer('Quick');
    const script = /chat-[^/]*\.js/;
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route(script, async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(`${desk.server.url}/inbox/all`);
    await rowOf(page, 'Quick').click();
    await page.waitForURL(`**/c/${id}?**`);
    await page.keyboard.press('?');
    assert.equal(await page.getByRole('dialog').count(), 0, 'the sheet of keys is not open');
    release();
    await opened(page, id);
    await page.keyboard.press('Escape');
    await page.unroute(script);
  });
});

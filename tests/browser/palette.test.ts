// The command palette: any customer by the server's search, every page of the settings by its content, every action; an older
// request is dropped, and waiting, no results and failure have texts.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { Api } from '../harness/api.ts';
import { Server, until } from '../harness/server.ts';
import { Simulator } from '../telegram/client.ts';
import { assertSilent, axe, DESKTOP, launch, PHONE, signIn, watch } from './browser.ts';

const TOKEN = '123456:TEST';
/** More than a page of the list, so that the first ones are not on the loaded page. */
const CROWD = 90;

describe('the palette', () => {
  let sim: Simulator;
  let server: Server;
  let api: Api;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const options = () => page.getByTestId('palette').getByRole('option');
  const field = () => page.getByTestId('palette').getByRole('combobox');
  const option = (text: string) => options().filter({ hasText: text });

  before(async () => {
    sim = await Simulator.start({ tokens: [TOKEN] });
    server = await Server.start({ telegram: sim.url, token: TOKEN });
    api = await server.signIn();
    await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    const from = (i: number) => (i === 0 ? { id: 5000, first_name: 'Zelda', last_name: 'Quist', username: 'zelda_q' } : { id: 5000 + i, first_name: `Crowd${i}`, last_name: 'Person' });
    await sim.inject(
      Array.from({ length: CROWD }, (_, i) => ({
        update_id: 700_000 + i,
        message: { message_id: 10 + i, date: Math.floor(Date.now() / 1000), from: { ...from(i), is_bot: false }, chat: { ...from(i), type: 'private' }, text: `message ${i}` },
      })),
    );
    await until('everyone is there', async () => (await api.everyConversation()).length === CROWD);
    browser = await launch();
    page = await (await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', reducedMotion: 'reduce' })).newPage();
    watch(page, complaints);
    await signIn(page, server.url);
    await page.getByTestId('conversation-row').first().waitFor();
  });
  beforeEach(async () => {
    if (await page.getByTestId('palette').isVisible()) await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await field().waitFor();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await sim?.stop();
  });

  test('finds a customer that no list has loaded, and opens the conversation', async () => {
    assert.equal(await page.getByTestId('conversation-row').filter({ hasText: 'Zelda' }).count(), 0);
    await page.keyboard.type('zelda');
    await option('Zelda Quist').filter({ hasText: '@zelda_q' }).filter({ hasText: 'Waiting' }).waitFor();
    assert.deepEqual(await axe(page), []);
    await page.keyboard.press('Enter');
    await page.getByRole('main', { name: /Zelda Quist/ }).waitFor();
    await page.getByTestId('message').filter({ hasText: 'message 0' }).waitFor();
    assert.equal(await page.getByTestId('palette').count(), 0);
  });

  test('recent choices come first', async () => {
    await option('Zelda Quist').waitFor();
    assert.match((await options().first().textContent()) ?? '', /Zelda Quist/);
  });

  test('an older request is dropped for a newer one', async () => {
    const dropped: string[] = [];
    page.on('requestfailed', (request) => dropped.push(new URL(request.url()).searchParams.get('q') ?? ''));
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route(/\/api\/conversations\?.*q=quis(&|$)/, async (route) => {
      await held;
      await route.continue().catch(() => undefined);
    });
    const asked = page.waitForRequest(/\/api\/conversations\?.*q=quis(&|$)/);
    await page.keyboard.type('quis');
    await asked;
    await page.getByTestId('palette').getByRole('status').filter({ hasText: 'Searching…' }).waitFor({ state: 'attached' });
    await page.keyboard.type('t');
    await option('Zelda Quist').waitFor();
    await until('the older one is dropped', () => dropped.includes('quis'));
    release();
    await page.unroute(/\/api\/conversations\?.*q=quis(&|$)/);
  });

  test('an empty result and an empty input have different texts', async () => {
    await page.keyboard.type('xyzzy');
    await page.getByTestId('palette').getByText('No results for “xyzzy”').waitFor();
    await page.route(/\/api\/conversations\?/, (route) => route.fulfill({ status: 403, contentType: 'application/json', body: '{"error":{"code":"forbidden","message":"no"},"message":"no"}' }));
    await page.keyboard.type('2');
    await page.getByTestId('palette').getByText('Couldn’t search customers').waitFor();
    await page.unroute(/\/api\/conversations\?/);
  });

  for (const [typed, named, path] of [
    ['change password', 'Profile', '/settings/profile'],
    ['staff group', 'Bot', '/settings/bot'],
    ['time zone', 'Apps', '/settings/apps'],
    ['greeting', 'Greeting', '/settings/greeting'],
    ['add operator', 'Operators', '/settings/operators'],
    ['failures', 'Failures', '/settings/failed'],
    ['failed mess', 'Failures', '/settings/failed'],
    ['background', 'Failures', '/settings/failed'],
    ['desktop notif', 'Preferences', '/settings/preferences'],
  ] as const)
    test(`“${typed}” leads to ${path}`, async () => {
      await page.keyboard.type(typed);
      await option(named).first().waitFor();
      await page.keyboard.press('Enter');
      await page.waitForURL(`**${path}`);
    });

  test('arrows wrap around, and a setting can be changed in the palette', async () => {
    await page.keyboard.type('sound');
    await option('Sound: turn off').waitFor();
    const all = await options().count();
    for (let i = 0; i < all; i++) await page.keyboard.press('ArrowDown');
    assert.equal(await options().first().getAttribute('aria-selected'), 'true');
    await option('Sound: turn off').click();
    await until('it is off', () => page.evaluate(() => JSON.parse(localStorage.getItem('switchboard.prefs') ?? '{}').sound === false));
    await page.keyboard.press('Control+k');
    await page.keyboard.type('sound');
    await option('Sound: turn on').waitFor();
  });

  test('text typed before its script has loaded is neither a command nor an answer', async () => {
    const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', reducedMotion: 'reduce', storageState: await page.context().storageState() });
    const slow = await context.newPage();
    watch(slow, complaints);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await slow.route(/\/palette-[^/]*\.js$/, async (route) => {
      await held;
      await route.continue();
    });
    const { id, status } = (await api.conversations('?status=all&limit=1')).data[0]!;
    await slow.goto(`${server.url}/c/${id}?in=all`);
    await slow.getByTestId('composer').waitFor();
    await slow.keyboard.press('Escape');
    await slow.keyboard.press('Control+k');
    await slow.keyboard.type('et');
    await slow.keyboard.press('Escape');
    await slow.getByTestId('palette').waitFor({ state: 'detached' });
    await slow.keyboard.press('r');
    await slow.keyboard.press('Control+k');
    await slow.keyboard.type('zel');
    release();
    const combobox = slow.getByTestId('palette').getByRole('combobox');
    await combobox.waitFor();
    await slow.keyboard.type('da');
    await slow.getByRole('option').filter({ hasText: 'Zelda Quist' }).waitFor();
    assert.equal(await combobox.inputValue(), 'zelda');
    await slow.keyboard.press('Escape');
    assert.equal((await slow.getByTestId('composer').textContent())?.trim(), '');
    const fast = await context.newPage();
    await fast.route(/\/palette-[^/]*\.js$/, async (route) => {
      await fast.getByTestId('palette').waitFor();
      await fast.keyboard.type('failed messages');
      await fast.keyboard.press('Enter');
      await route.continue();
    });
    await fast.goto(`${server.url}/c/${id}?in=all`);
    await fast.getByTestId('composer').waitFor();
    await fast.keyboard.press('Control+k');
    await fast.waitForURL(/\/settings\/failed$/);
    assert.equal((await api.conversations('?status=all&limit=100')).data.find((one) => one.id === id)?.status, status);
    await context.close();
  });

  test('fits a phone, and closes by a button', async () => {
    await page.setViewportSize(PHONE);
    const box = (await page.getByTestId('palette').boundingBox())!;
    assert.ok(box.x >= 0 && box.x + box.width <= PHONE.width, JSON.stringify(box));
    await page.getByTestId('palette').getByRole('button', { name: 'Close' }).click();
    await page.getByTestId('palette').waitFor({ state: 'detached' });
    await page.setViewportSize(DESKTOP);
  });

  test('the console has no errors or policy violations', () => {
    assertSilent(complaints);
  });
});

// A new desk: after the token come the bot's link and QR code, a text about waiting, and the first message with a button that
// opens it; in the inbox, in the settings and on a phone, and never again later.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { Server } from '../harness/server.ts';
import { Simulator } from '../telegram/client.ts';
import { assertSilent, axe, DESKTOP, launch, PHONE, signIn, watch } from './browser.ts';

const TOKEN = '777:NEW';

describe('the first steps of a desk', () => {
  let sim: Simulator;
  let server: Server;
  let browser: Browser;
  let page: Page;
  let settings: Page;
  let phone: Page;
  const complaints: string[] = [];
  const steps = (p: Page) => p.getByTestId('first-steps');

  before(async () => {
    sim = await Simulator.start({ tokens: ['123456:TEST'] });
    await sim.addBot({ token: TOKEN, username: 'fresh_desk_bot' });
    server = await Server.start({ env: { TELEGRAM_API_URL: sim.url } });
    browser = await launch();
    const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', reducedMotion: 'reduce' });
    page = await context.newPage();
    watch(page, complaints);
    await signIn(page, server.url);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await sim?.stop();
  });

  test('after the token the link, the QR code and the waiting text are shown', async () => {
    await page.getByTestId('bot-setup').waitFor();
    assert.equal(await steps(page).count(), 0);
    await page.getByTestId('token-form').locator('input').fill(TOKEN);
    await page.keyboard.press('Enter');
    await steps(page).getByText('Now message your bot').waitFor();
    assert.equal(await steps(page).getByRole('link', { name: 'Open @fresh_desk_bot' }).getAttribute('href'), 'https://t.me/fresh_desk_bot');
    await steps(page).getByRole('img', { name: 'QR code that opens @fresh_desk_bot' }).waitFor();
    await steps(page).getByRole('status').filter({ hasText: 'Waiting for the first message' }).waitFor();
    assert.deepEqual(await axe(page), []);
  });

  test('the QR code has its finder patterns and quiet zone', async () => {
    const drawn = (await page.getByTestId('qr').locator('path').getAttribute('d')) ?? '';
    const side = Number((await page.getByTestId('qr').getAttribute('viewBox'))!.split(' ')[3]);
    const dark = new Set([...drawn.matchAll(/M(\d+) (\d+)/g)].map(([, x, y]) => `${x},${y}`));
    for (const [x, y] of [[2, 2], [side - 9, 2], [2, side - 9]] as const)
      for (let i = 0; i < 7; i++)
        for (let k = 0; k < 7; k++) {
          const ring = Math.max(Math.abs(i - 3), Math.abs(k - 3));
          assert.equal(dark.has(`${x + i},${y + k}`), ring !== 2, `${x + i},${y + k}`);
        }
  });

  test('they are shown in the settings and on a phone too', async () => {
    settings = await page.context().newPage();
    watch(settings, complaints);
    await settings.goto(`${server.url}/settings/bot`);
    await steps(settings).getByText('Waiting for the first message').waitFor();
    phone = await page.context().newPage();
    watch(phone, complaints);
    await phone.setViewportSize(PHONE);
    await phone.goto(server.url);
    await steps(phone).getByText('Waiting for the first message').waitFor();
    assert.ok((await phone.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0);
    assert.deepEqual(await axe(phone), []);
  });

  test('the first message appears and can be opened', async () => {
    await sim.text(await sim.customer({ first_name: 'Greta', last_name: 'Holm' }), 'Hello, is this the desk?', { bot: 777 });
    for (const p of [page, settings, phone]) {
      await steps(p).getByText('Your first message is here').waitFor();
      await steps(p).getByText('Hello, is this the desk?').waitFor();
      assert.deepEqual(await axe(p), []);
    }
    for (const p of [page, settings, phone]) {
      await steps(p).getByRole('button', { name: 'Open and reply' }).click();
      await p.getByTestId('message').filter({ hasText: 'Hello, is this the desk?' }).waitFor();
    }
  });

  test('after the first message they are not shown again', async () => {
    await page.goto(`${server.url}/inbox/active`);
    await page.getByText('Pick a conversation').waitFor();
    assert.equal(await steps(page).count(), 0);
  });

  test('the console has no errors or policy violations', () => {
    assertSilent(complaints);
  });
});

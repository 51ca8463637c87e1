// The panel in a real browser: signing in, receiving, answering, a restart of the server without loss, a phone, the dark theme and
// Russian, and axe on every screen.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Api } from '../harness/api.ts';
import { ADMIN, Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';
import { assertSilent, axe, DESKTOP, fillSignIn, launch, openChat, PHONE, signIn, watch } from './browser.ts';

const TOKEN = '123456:TEST';
describe('the panel in Chromium', () => {
  let sim: Simulator;
  let server: Server;
  let api: Api;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let ann: Customer;
  const complaints: string[] = [];

  before(async () => {
    sim = await Simulator.start({ tokens: [TOKEN], strict: true });
    server = await Server.start({ telegram: sim.url, token: TOKEN });
    api = await server.signIn();
    await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    browser = await launch();
    context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', reducedMotion: 'reduce' });
    page = await context.newPage();
    watch(page, complaints);
    ann = await sim.customer({ first_name: 'Annika', last_name: 'Berg', language_code: 'en' });
    await sim.text(ann, 'Good morning! My order has not arrived.');
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await sim?.stop();
  });

  test('a wrong password gives an error, the right one opens the inbox', async () => {
    await page.goto(server.url);
    await page.getByTestId('login-form').waitFor();
    assert.deepEqual(await axe(page), []);
    await fillSignIn(page, server.url, ADMIN.email, 'wrong');
    await page.getByRole('alert').first().waitFor();
    await signIn(page, server.url);
    await page.getByTestId('conversation-list').waitFor();
  });

  test('a message appears, is opened, answered and delivered', async () => {
    await openChat(page, 'Annika Berg');
    await page.getByTestId('message').filter({ hasText: 'My order has not arrived.' }).waitFor();
    await page.getByTestId('composer').click();
    await page.keyboard.type('I am looking into it.');
    await page.keyboard.press('Enter');
    await page.locator('[data-testid=message][data-delivery=sent]').filter({ hasText: 'I am looking into it.' }).waitFor();
    const shown = (await sim.transcript(ann.id)).messages.at(-1)!;
    assert.equal(shown.text, 'I am looking into it.');
    await sim.text(ann, 'Thank you, you are quick!');
    await page.getByTestId('message').filter({ hasText: 'you are quick' }).waitFor();
    assert.deepEqual(await axe(page), []);
  });

  test('texts of customers are never interpreted as markup', async () => {
    await sim.text(ann, '<img src=x onerror=alert(1)> <b>not bold</b>');
    await page.getByTestId('message').filter({ hasText: '<b>not bold</b>' }).waitFor();
    assert.equal(await page.locator('[data-testid=message] img[src="x"]').count(), 0);
  });

  test('the list updates live and can be searched by name', async () => {
    for (const name of ['Bertram', 'Celeste', 'Dorian']) await sim.text(await sim.customer({ first_name: name, last_name: 'Vogel' }), `This is ${name}`);
    await page.getByTestId('conversation-row').filter({ hasText: 'Celeste Vogel' }).waitFor();
    await page.getByRole('searchbox').or(page.getByPlaceholder(/search/i)).first().fill('dorian');
    await until('one row', async () => (await page.getByTestId('conversation-row').count()) === 1);
    await page.keyboard.press('Escape');
    await page.getByRole('searchbox').or(page.getByPlaceholder(/search/i)).first().fill('');
  });

  test('after a restart of the server nothing is missing', async () => {
    await openChat(page, 'Annika Berg');
    await server.kill();
    await sim.text(ann, 'Are you still there?');
    await until('the panel says that it is not connected', async () => (await page.getByTestId('connection-state').first().textContent()) !== null);
    await server.run();
    await sim.text(ann, 'Ah, there you are.');
    await page.getByTestId('message').filter({ hasText: 'Are you still there?' }).waitFor({ timeout: 30_000 });
    await page.getByTestId('message').filter({ hasText: 'Ah, there you are.' }).waitFor();
    assert.equal(await page.getByTestId('message').filter({ hasText: 'Are you still there?' }).count(), 1);
  });

  test('it works on a phone, dark and in Russian', async () => {
    const small = await context.newPage();
    watch(small, complaints);
    await small.setViewportSize(PHONE);
    await small.emulateMedia({ colorScheme: 'dark' });
    await small.goto(server.url);
    await small.getByTestId('conversation-list').waitFor();
    await openChat(small, 'Annika Berg');
    await small.getByTestId('composer').waitFor();
    assert.equal(await small.getByTestId('conversation-list').isVisible(), false, 'one screen at a time');
    const overflow = await small.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `nothing is wider than the screen (${overflow})`);
    assert.deepEqual(await axe(small), []);
    await small.goBack();
    await small.getByTestId('conversation-list').waitFor();
    await small.close();
  });

  test('the console has no errors or policy violations', () => {
    assertSilent(complaints);
  });
});

// Answers that have not reached the server: the panel sends them again by itself, in another tab if the first was closed, once,
// and never as another operator.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page, Route } from 'playwright-core';
import { ADMIN, until } from '../harness/server.ts';
import type { Customer } from '../telegram/client.ts';
import { assertSilent, fillSignIn } from './browser.ts';
import { Fixture } from './fixture.ts';

describe('an answer that has not reached the server', () => {
  let desk: Fixture;
  let page: Page;
  let anna: { who: Customer; id: number };
  const sending = '**/api/conversations/*/messages';
  const away = (route: Route): Promise<void> => (route.request().method() === 'POST' ? route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }) : route.continue());

  const write = async (p: Page, text: string): Promise<void> => {
    await p.getByTestId('composer').click();
    await p.keyboard.type(text);
    await p.keyboard.press('Enter');
    await p.getByTestId('message').filter({ hasText: text }).getByText('Waiting for a connection').waitFor();
  };
  const chat = async (): Promise<Page> => {
    const p = await desk.newPage();
    await p.goto(`${desk.server.url}/c/${anna.id}?in=all`);
    await p.getByTestId('composer').waitFor();
    return p;
  };
  const arrived = async (text: string): Promise<number> => (await desk.sim.transcript(anna.who.id)).messages.filter((line) => line.side === 'bot' && line.text === text).length;
  const records = (p: Page): Promise<number> => p.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('switchboard.outgoing.')).length);

  before(async () => {
    desk = await Fixture.start();
    anna = await desk.customer('Anna', 'Hello');
    page = await chat();
  });
  after(() => desk?.stop());

  test('is sent again although the socket never closed', async () => {
    await page.route(sending, away);
    await write(page, 'Through a proxy that lost us');
    await page.unroute(sending, away);
    await until('it has arrived', async () => (await arrived('Through a proxy that lost us')) === 1);
    await until('nothing is kept', async () => (await records(page)) === 0);
  });

  test('is sent once by another tab after its own was closed, with its photo', async () => {
    const ending = await chat();
    await ending.route(sending, away);
    await write(ending, 'Before the crash');
    const transfer = await ending.evaluateHandle(async () => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [320, 240];
      const jpeg = await new Promise<Blob>((resolve) => canvas.toBlob((made) => resolve(made!), 'image/jpeg'));
      const made = new DataTransfer();
      made.items.add(new File([jpeg], 'one.jpg', { type: 'image/jpeg' }));
      return made;
    });
    await ending.locator('main').dispatchEvent('drop', { dataTransfer: transfer });
    await ending.getByRole('img', { name: 'one.jpg' }).waitFor();
    await write(ending, 'With a picture');
    await until('both are kept', async () => (await records(ending)) === 2);
    const living = await chat();
    await ending.close();
    const next = await chat();
    for (const text of ['Before the crash', 'With a picture']) await until(`“${text}” has arrived`, async () => (await arrived(text)) === 1);
    await until('nothing is kept', async () => (await records(next)) === 0);
    const { messages } = await desk.sim.transcript(anna.who.id);
    assert.equal(messages.find(({ text }) => text === 'With a picture')?.kind, 'photo');
    await next.reload();
    await next.getByTestId('message').filter({ hasText: 'With a picture' }).waitFor();
    assert.deepEqual([await arrived('Before the crash'), await arrived('With a picture')], [1, 1]);
    await living.close();
    await next.close();
  });

  test('makes signing out ask first, in every tab', async () => {
    const other = await chat();
    await other.route(sending, away);
    await write(other, 'In the other tab');
    await page.bringToFront();
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('dialog', { name: 'Sign out with unsent messages?' }).getByRole('button', { name: 'Cancel' }).click();
    await other.close();
  });

  test('is never sent as another operator', async () => {
    // The last test has left an answer that this tab does not own.
    assert.equal(await records(page), 1);
    await page.route(sending, away);
    await write(page, 'Mine alone');
    await desk.api.call('POST', '/api/operators', { login: 'mira', name: 'Mira Kovac', password: 'a calm blue river', role: 'operator' });
    await desk.context.clearCookies();
    await page.getByRole('link', { name: /^Closed/ }).click();
    await page.getByTestId('login-form').waitFor();
    await page.unroute(sending, away);
    await page.getByTestId('login-form').locator('input').first().fill('mira');
    await page.getByTestId('login-form').locator('input[type=password]').fill('a calm blue river');
    await page.keyboard.press('Enter');
    await page.getByTestId('list-tabs').waitFor();
    await until('nothing is kept', async () => (await records(page)) === 0);
    const mark = await desk.sim.lastCall();
    await page.goto(`${desk.server.url}/c/${anna.id}?in=all`);
    await page.getByTestId('composer').click();
    await page.keyboard.type('Mira here');
    await page.keyboard.press('Enter');
    await desk.sim.wait({ after: mark, method: 'sendMessage', contains: 'Mira here' });
    assert.equal(await arrived('Mine alone'), 0);
    await desk.context.clearCookies();
    await fillSignIn(page, desk.server.url, ADMIN.email, ADMIN.password);
    await page.getByTestId('bot-state').waitFor();
  });

  test('the console has no errors', () => assertSilent(desk.complaints));
});

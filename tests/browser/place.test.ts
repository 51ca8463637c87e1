// The place in the list is kept: after an answer, after closing, under the mouse or finger, over a reload.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { until } from '../harness/server.ts';
import type { Customer } from '../telegram/client.ts';
import { assertSilent, axe, PHONE } from './browser.ts';
import { Fixture, focusIs, opened, order, orderIs, rowOf } from './fixture.ts';

describe('the place in the list', () => {
  let desk: Fixture;
  let page: Page;
  const ids: Record<string, number> = {};
  const people: Record<string, Customer> = {};
  const names = ['Eric', 'Dora', 'Cleo', 'Bert', 'Anna'];
  const status = async (name: string): Promise<string> => (await desk.api.conversation(ids[name]!)).status;
  const away = (): Promise<void> => page.mouse.move(1100, 500);
  const writes = async (name: string, text: string): Promise<void> => {
    await desk.sim.text(people[name]!, text);
    await until(`${text} has come`, async () => (await desk.api.conversation(ids[name]!)).last_message?.preview === text);
  };

  before(async () => {
    desk = await Fixture.start();
    page = desk.page;
    for (const name of [...names].reverse()) ({ who: people[name], id: ids[name] } = await desk.customer(name) as { who: Customer; id: number });
    await page.goto(`${desk.server.url}/inbox/waiting`);
    await away();
    await orderIs(page, names);
  });
  after(() => desk?.stop());

  test('an answer moves the conversation to another tab, but its row stays, and J goes to the next', async () => {
    await rowOf(page, 'Dora').click();
    await away();
    await focusIs(page, 'composer');
    await page.keyboard.type('At once.');
    await page.keyboard.press('Enter');
    await until('Dora is active', async () => (await status('Dora')) === 'active');
    await rowOf(page, 'Dora').filter({ hasText: 'At once.' }).waitFor();
    assert.equal(await rowOf(page, 'Dora').getAttribute('data-status'), 'active');
    assert.deepEqual(await order(page), names);
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await opened(page, ids['Cleo']!);
    await orderIs(page, ['Eric', 'Cleo', 'Bert', 'Anna']);
  });

  test('close and next closes, goes on, and can be undone', async () => {
    await page.keyboard.press('Shift+E');
    await until('Cleo is closed', async () => (await status('Cleo')) === 'closed');
    await opened(page, ids['Bert']!);
    await orderIs(page, ['Eric', 'Bert', 'Anna']);
    await page.getByRole('button', { name: 'Undo' }).click();
    await until('Cleo is open', async () => (await status('Cleo')) !== 'closed');
    await away();
    await rowOf(page, 'Cleo').waitFor();
    await page.getByRole('button', { name: 'Conversation actions' }).click();
    await page.getByRole('menuitem', { name: 'Close and next' }).click();
    await until('Bert is closed', async () => (await status('Bert')) === 'closed');
    await opened(page, ids['Anna']!);
    await orderIs(page, ['Cleo', 'Eric', 'Anna']);
  });

  test('rows do not move under the mouse; a notice shows that there is new activity', async () => {
    await page.keyboard.press('Escape');
    await rowOf(page, 'Eric').hover();
    await writes('Anna', 'Anna again');
    await desk.customer('Finn');
    await rowOf(page, 'Anna').filter({ hasText: 'Anna again' }).waitFor();
    await page.getByTestId('list-news').waitFor();
    assert.deepEqual(await order(page), ['Cleo', 'Eric', 'Anna']);
    assert.deepEqual(await axe(page), []);
    await page.getByTestId('list-news').click();
    await orderIs(page, ['Finn', 'Anna', 'Cleo', 'Eric']);
    await rowOf(page, 'Eric').hover();
    await writes('Eric', 'Eric again');
    await page.getByTestId('list-news').waitFor();
    await away();
    await page.getByTestId('list-news').waitFor({ state: 'detached' });
    assert.equal((await order(page))[0], 'Eric');
  });

  test('rows do not move under a finger', async () => {
    const p = await desk.otherPage({ viewport: PHONE, hasTouch: true, isMobile: true });
    await p.goto(`${desk.server.url}/inbox/waiting`);
    await rowOf(p, 'Cleo').waitFor();
    const before = await order(p);
    const client = await p.context().newCDPSession(p);
    const box = (await rowOf(p, 'Cleo').boundingBox())!;
    await client.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: box.x + 100, y: box.y + 30 }] });
    await writes('Cleo', 'Cleo again');
    await rowOf(p, 'Cleo').filter({ hasText: 'Cleo again' }).waitFor();
    await p.getByTestId('list-news').waitFor();
    assert.deepEqual(await order(p), before);
    await client.send('Input.dispatchTouchEvent', { type: 'touchCancel', touchPoints: [] });
    await until('the hand has left', async () => (await order(p))[0] === 'Cleo');
    await p.context().close();
  });

  test('the tab, the assignee filter and the search survive a reload, also with an open conversation', async () => {
    await desk.api.act(ids['Dora']!, 'take', { force: true });
    await page.goto(`${desk.server.url}/inbox/all`);
    await rowOf(page, 'Finn').waitFor();
    await page.getByRole('button', { name: 'Assignee: Anyone' }).click();
    await page.getByRole('menuitemradio', { name: 'Me' }).click();
    await until('only mine', async () => (await rowOf(page, 'Finn').count()) === 0);
    await rowOf(page, 'Dora').click();
    await opened(page, ids['Dora']!);
    await page.reload();
    await page.getByRole('button', { name: 'Assignee: Me' }).waitFor();
    await rowOf(page, 'Dora').waitFor();
    assert.equal(await rowOf(page, 'Finn').count(), 0);
    assert.equal(await page.locator('nav a[aria-current=page]', { hasText: 'All' }).count(), 1);
    await page.getByRole('searchbox').fill('dor');
    await page.waitForURL(/q=dor/);
    await page.reload();
    await until('the search is back', async () => (await page.getByRole('searchbox').inputValue()) === 'dor');
    await page.goBack();
    await page.getByRole('searchbox').fill('');
    await page.waitForURL((url) => !url.search.includes('q='));
  });

  test('the list of the operator’s conversations and its counts are correct after live events', async () => {
    const { operator } = await desk.api.call('POST', '/api/operators', { login: 'otto', name: 'Otto Frank', role: 'operator', password: 'correct horse battery' });
    await desk.api.act(ids['Dora']!, 'take', { force: true });
    await desk.api.act(ids['Eric']!, 'assign', { operator_id: operator.id });
    await page.goto(`${desk.server.url}/inbox/active?whose=me`);
    await rowOf(page, 'Dora').waitFor();
    const shown = async (): Promise<number> => Number(/\d+$/.exec(await page.getByTestId('list-tabs').getByRole('link', { name: 'Active' }).innerText())?.[0] ?? 0);
    const counted = async (): Promise<number> => (await desk.api.call('GET', '/api/conversations/counts?assignee=me') as { active: number }).active;
    const mine = await counted();
    assert.ok((await desk.api.call('GET', '/api/conversations/counts') as { active: number }).active > mine);
    await until('the tab counts mine alone', async () => (await shown()) === mine);
    assert.equal(await rowOf(page, 'Eric').count(), 0);
    await desk.api.act(ids['Dora']!, 'assign', { operator_id: operator.id });
    await until('what is no longer mine has left', async () => (await rowOf(page, 'Dora').count()) === 0 && (await shown()) === mine - 1);
    await desk.api.act(ids['Eric']!, 'take', { force: true });
    await until('what has become mine is there', async () => (await rowOf(page, 'Eric').count()) === 1 && (await shown()) === mine);
    await page.reload();
    await rowOf(page, 'Eric').waitFor();
    assert.equal(await rowOf(page, 'Dora').count(), 0);
    await until('the tab counts the same', async () => (await shown()) === mine);
  });

  test('an uncertain answer is marked in the list', async () => {
    await page.goto(`${desk.server.url}/c/${ids['Anna']}?in=all`);
    await page.getByTestId('composer').click();
    await desk.sim.fault({ kind: 'drop_response', method: 'sendMessage', count: 1 });
    await page.keyboard.type('Did you get this?');
    await page.keyboard.press('Enter');
    await page.locator('[data-testid=message][data-delivery=uncertain]').waitFor();
    await rowOf(page, 'Anna').getByRole('img', { name: 'Delivery unconfirmed' }).waitFor();
  });

  test('the console has no errors', () => assertSilent(desk.complaints));
});

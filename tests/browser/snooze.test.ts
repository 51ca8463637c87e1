// Snoozing a conversation: by key, by chip, by date; on a phone, in Russian; ended by undo, by hand, by time.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../harness/server.ts';
import { assertSilent, PHONE } from './browser.ts';
import { Fixture, focusIs, opened, openId, orderIs, rowOf } from './fixture.ts';

describe('snoozing', () => {
  let desk: Fixture;
  before(async () => void (desk = await Fixture.start()));
  after(() => desk?.stop());

  const statusIs = (id: number, status: string) => until(`it is ${status}`, async () => (await desk.api.conversation(id)).status === status);

  test('S asks for the time, an arrow and Enter choose, and the toast undoes it', async () => {
    const { page, server, api } = desk;
    const { id } = await desk.customer('Anna');
    await api.act(id, 'take');
    await page.goto(`${server.url}/inbox/active`);
    await rowOf(page, 'Anna').click();
    await page.getByTestId('composer').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('s');
    const dialog = page.getByRole('dialog', { name: 'When should it come back?' });
    await dialog.waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await statusIs(id, 'snoozed');
    const at = new Date((await api.conversation(id)).snoozed_until!);
    assert.deepEqual([at.getHours(), at.getMinutes()], [9, 0], 'in the morning: tomorrow, or in the night the coming one');
    assert.match(await page.getByTestId('snoozed-until').innerText(), /^Snoozed until (\S+, )?9:00/);
    await page.getByTestId('toasts').getByText(/^Snoozed until (\S+, )?9:00 — .?Anna Vogel/).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await statusIs(id, 'active');
    await page.getByTestId('snoozed-until').waitFor({ state: 'detached' });
  });

  test('snoozed conversations have a list of their own, which shows the time; a woken one leaves it, is active and unread', async () => {
    const { page, server, api } = desk;
    const { id } = await desk.customer('Bert');
    await api.act(id, 'take');
    await api.call('POST', `/api/conversations/${id}/read`, {});
    await page.goto(`${server.url}/inbox/snoozed`);
    await page.getByText('Nothing is snoozed').waitFor();
    await api.act(id, 'snooze', { until: new Date(Date.now() + 3_600_000).toISOString() });
    await rowOf(page, 'Bert').getByTestId('row-snoozed').waitFor();
    await api.act(id, 'snooze', { until: new Date(Date.now() + 1200).toISOString() });
    await rowOf(page, 'Bert').waitFor({ state: 'detached' });
    await page.getByTestId('list-tabs').getByRole('link', { name: /^Active/ }).click();
    await until('it is unread', async () => (await rowOf(page, 'Bert').getAttribute('data-unread')) === '1');
    await page.reload();
    await until('it is unread after a reload too', async () => (await rowOf(page, 'Bert').getAttribute('data-unread')) === '1');
  });

  test('the list of snoozed conversations is sorted by the time of waking; a customer who only pressed start is not in it', async () => {
    const { page, server, api, sim } = desk;
    const starter = await sim.customer({ first_name: 'Only', last_name: 'Started' });
    await sim.start(starter);
    const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
    const [late, soon, never] = [await desk.customer('Late'), await desk.customer('Soon'), await desk.customer('Never')];
    await api.act(soon.id, 'snooze', { until: inMs(3_600_000) });
    await api.act(never.id, 'snooze', {});
    await api.act(late.id, 'snooze', { until: inMs(7_200_000) });
    await page.goto(`${server.url}/inbox/all`);
    await rowOf(page, 'Only').waitFor();
    await page.getByTestId('list-tabs').getByRole('link', { name: /^Snoozed/ }).click();
    await orderIs(page, ['Soon', 'Late', 'Never']);
    await api.act(late.id, 'snooze', { until: inMs(1_800_000) });
    await orderIs(page, ['Late', 'Soon', 'Never']);
    await page.reload();
    await orderIs(page, ['Late', 'Soon', 'Never']);
    for (const { id } of [late, soon, never]) await api.act(id, 'close');
  });

  test('a chosen date, and until the customer writes; waking by hand', async () => {
    const { page, server, api } = desk;
    const { id, who } = await desk.customer('Cleo');
    await page.goto(`${server.url}/c/${id}`);
    await page.getByRole('button', { name: 'Snooze', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Pick a date and time' }).click();
    await dialog.getByLabel('Pick a date and time').fill('2020-01-01T10:00');
    await dialog.getByRole('button', { name: 'Snooze', exact: true }).click();
    await dialog.getByText('Pick a time in the future, within a year.').waitFor();
    const next = new Date(Date.now() + 40 * 24 * 3_600_000).toISOString().slice(0, 10);
    await dialog.getByLabel('Pick a date and time').fill(`${next}T10:30`);
    await dialog.getByRole('button', { name: 'Snooze', exact: true }).click();
    await statusIs(id, 'snoozed');
    assert.equal(new Date((await api.conversation(id)).snoozed_until!).getMinutes(), 30);
    await page.getByRole('button', { name: 'End snooze' }).click();
    await statusIs(id, 'waiting');
    assert.equal((await api.conversation(id)).assignee_id, null, 'who wakes it has not taken it');
    await page.getByRole('button', { name: 'Snooze', exact: true }).click();
    await dialog.getByRole('button', { name: 'When the customer writes' }).click();
    await page.getByText('Snoozed until the customer writes').first().waitFor();
    await desk.sim.text(who, 'Here I am');
    await statusIs(id, 'waiting');
    await page.getByTestId('snoozed-until').waitFor({ state: 'detached' });
  });

  test('a choice that does not reach the server is shown with the reason, and can be repeated', async () => {
    const { page, server, api } = desk;
    const { id } = await desk.customer('Greta');
    await page.goto(`${server.url}/c/${id}`);
    await page.getByTestId('composer').waitFor();
    const path = `**/api/conversations/${id}/snooze`;
    await page.route(path, (route) => route.fulfill({ status: 503, json: { error: { code: 'unavailable', message: 'The database cannot be reached.' } } }));
    await page.keyboard.press('Control+Shift+s');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: /^Tomorrow morning/ }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByRole('button', { name: 'Pick a date and time' }).click();
    const picked = `${new Date(Date.now() + 50 * 24 * 3_600_000).toISOString().slice(0, 10)}T10:30`;
    await dialog.getByLabel('Pick a date and time').fill(picked);
    await dialog.getByRole('button', { name: 'Snooze', exact: true }).click();
    await until('it is refused again', async () => (await dialog.getByRole('alert').count()) === 1 && (await dialog.locator('[aria-busy=true]').count()) === 0);
    assert.equal(await dialog.getByLabel('Pick a date and time').inputValue(), picked);
    assert.equal((await api.conversation(id)).status, 'waiting');
    await page.unroute(path);
    await dialog.getByRole('button', { name: 'Snooze', exact: true }).click();
    await statusIs(id, 'snoozed');
    await dialog.waitFor({ state: 'detached' });
    await api.act(id, 'close');
  });

  test('Shift+S, or Shift with a choice while typing, snoozes and opens the next conversation', async () => {
    const { page, server, api } = desk;
    const [third, second, first] = [await desk.customer('Hugo'), await desk.customer('Ida'), await desk.customer('Jan')];
    await page.goto(`${server.url}/inbox/waiting`);
    await rowOf(page, 'Jan').waitFor();
    await rowOf(page, 'Jan').focus();
    await page.keyboard.press('j');
    await opened(page, second.id);
    await page.keyboard.press('k');
    await opened(page, first.id);
    await page.getByTestId('composer').waitFor();
    await page.keyboard.press('Shift+s');
    await page.getByRole('dialog').getByText('The next conversation opens right after.').waitFor();
    await page.keyboard.press('Enter');
    await opened(page, second.id);
    await statusIs(first.id, 'snoozed');
    await focusIs(page, `row ${second.id}`);
    await page.getByRole('button', { name: 'Undo' }).click();
    await statusIs(first.id, 'waiting');
    assert.equal(openId(page), second.id, 'taking it back leaves one where one is');
    await page.keyboard.press('r');
    await focusIs(page, 'composer');
    await page.keyboard.press('Control+Shift+s');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Shift+Enter');
    await statusIs(second.id, 'snoozed');
    await opened(page, third.id);
    await focusIs(page, 'composer');
    await page.keyboard.press('Escape');
    for (const { id } of [first, second, third]) await api.act(id, 'close');
  });

  test('the menu closes with its conversation: after the browser\'s Back it is not open in another one', async () => {
    const { page, server } = desk;
    const [first, second] = [await desk.customer('Egon'), await desk.customer('Frida')];
    await page.goto(`${server.url}/inbox/waiting`);
    await rowOf(page, 'Egon').click();
    await page.getByTestId('composer').waitFor();
    await page.keyboard.press('Control+Shift+s');
    await page.getByRole('dialog', { name: 'When should it come back?' }).waitFor();
    await page.goBack();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await rowOf(page, 'Frida').click();
    await focusIs(page, 'composer');
    assert.equal(openId(page), second.id);
    assert.equal(await page.getByRole('dialog').count(), 0);
    await page.keyboard.press('Alt+ArrowDown');
    await opened(page, first.id);
    await page.getByTestId('composer').waitFor();
    assert.equal(await page.getByRole('dialog').count(), 0, 'nor of the same one later');
  });

  test('the tab of the chosen list is visible if the tabs do not fit', async () => {
    const page = await desk.otherPage({ viewport: { width: 900, height: 768 }, locale: 'ru-RU' });
    await page.goto(`${desk.server.url}/inbox/waiting`);
    await page.getByTestId('conversation-row').first().waitFor();
    await page.keyboard.press('5');
    const tabs = page.getByTestId('list-tabs');
    await tabs.locator('[aria-current=page]').getByText('Все').waitFor();
    await until('it is in sight', async () => {
      const [bar, tab] = [await tabs.boundingBox(), await tabs.locator('[aria-current=page]').boundingBox()];
      return bar !== null && tab !== null && tab.x >= bar.x && tab.x + tab.width <= bar.x + bar.width;
    });
    await page.close();
  });

  test('on a phone in Russian it is in the menu, and fits', async () => {
    const { id } = await desk.customer('Dora');
    const page = await desk.otherPage({ viewport: PHONE, locale: 'ru-RU', hasTouch: true, colorScheme: 'dark' });
    await page.goto(`${desk.server.url}/c/${id}`);
    await page.getByRole('button', { name: 'Действия с диалогом' }).click();
    await page.getByRole('menuitem', { name: 'Отложить', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Когда вернуть диалог?' });
    await dialog.waitFor();
    const box = (await dialog.boundingBox())!;
    assert.ok(box.x >= 0 && box.x + box.width <= PHONE.width, 'inside the screen');
    await dialog.getByRole('button', { name: 'Через час' }).click();
    await statusIs(id, 'snoozed');
    for (const days of [0, 6, 360]) {
      await desk.api.act(id, 'snooze', { until: new Date(Date.now() + days * 86_400_000 + 3_600_000).toISOString() });
      await page.reload();
      const until = page.getByTestId('snoozed-until');
      assert.match((await until.locator('.sr-only').textContent())!, /^Отложен до (.+, )?\d+:\d\d$/);
      assert.match(await until.locator('.truncate').innerText(), /^(.+, )?\d+:\d\d$/);
      assert.ok(await until.locator('.truncate').evaluate((text) => text.scrollWidth <= text.clientWidth), `${days} days from now, the time is in sight`);
    }
    await page.goto(`${desk.server.url}/inbox/snoozed`);
    await rowOf(page, 'Dora').getByTestId('row-snoozed').waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= PHONE.width, 'nothing sticks out');
    await page.close();
  });

  test('the console has no errors', () => assertSilent(desk.complaints));
});

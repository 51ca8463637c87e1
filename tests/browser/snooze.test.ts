// Putting a conversation aside: by key, by chip, by date; on a phone, in Russian; back by undo, by hand, by time.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../harness/server.ts';
import { assertSilent, PHONE } from './browser.ts';
import { Fixture, focusIs, opened, openId, rowOf } from './fixture.ts';

describe('snoozing', () => {
  let desk: Fixture;
  before(async () => void (desk = await Fixture.start()));
  after(() => desk?.stop());

  const statusIs = (id: number, status: string) => until(`it is ${status}`, async () => (await desk.api.conversation(id)).status === status);

  test('S asks until when, an arrow and Enter choose, and the toast takes it back', async () => {
    const { page, server, api } = desk;
    const { id } = await desk.customer('Anna');
    await api.act(id, 'take');
    await page.goto(`${server.url}/inbox/active`);
    await rowOf(page, 'Anna').click();
    await page.getByTestId('composer').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('s');
    const dialog = page.getByRole('dialog', { name: 'Snooze until…' });
    await dialog.waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await statusIs(id, 'snoozed');
    const at = new Date((await api.conversation(id)).snoozed_until!);
    assert.deepEqual([at.getHours(), at.getMinutes()], [9, 0], 'tomorrow in the morning');
    assert.match(await page.getByTestId('snoozed-until').innerText(), /^Snoozed until \S+, 9:00/);
    await page.getByRole('button', { name: 'Undo' }).click();
    await statusIs(id, 'active');
    await page.getByTestId('snoozed-until').waitFor({ state: 'detached' });
  });

  test('the snoozed have a list of their own, which says until when; a woken one leaves it, is active and unread', async () => {
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

  test('a date of one\'s own, and until the customer writes; waking by hand', async () => {
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
    await dialog.getByRole('button', { name: 'Until the customer writes' }).click();
    await page.getByText('Snoozed until the customer writes').first().waitFor();
    await desk.sim.text(who, 'Here I am');
    await statusIs(id, 'waiting');
    await page.getByTestId('snoozed-until').waitFor({ state: 'detached' });
  });

  test('the question goes with its conversation: after the browser\'s Back it is not asked of the next one', async () => {
    const { page, server } = desk;
    const [first, second] = [await desk.customer('Egon'), await desk.customer('Frida')];
    await page.goto(`${server.url}/inbox/waiting`);
    await rowOf(page, 'Egon').click();
    await page.getByTestId('composer').waitFor();
    await page.keyboard.press('Control+Shift+s');
    await page.getByRole('dialog', { name: 'Snooze until…' }).waitFor();
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

  test('the chosen list is in sight among the tabs, where the words leave no room for all', async () => {
    const page = await desk.otherPage({ viewport: { width: 900, height: 768 }, locale: 'ru-RU' });
    await page.goto(`${desk.server.url}/inbox/waiting`);
    await page.getByTestId('conversation-row').first().waitFor();
    await page.keyboard.press('4');
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
    await page.getByRole('menuitem', { name: 'Отложить' }).click();
    const dialog = page.getByRole('dialog', { name: 'Отложить до…' });
    await dialog.waitFor();
    const box = (await dialog.boundingBox())!;
    assert.ok(box.x >= 0 && box.x + box.width <= PHONE.width, 'inside the screen');
    await dialog.getByRole('button', { name: 'Через час' }).click();
    await statusIs(id, 'snoozed');
    assert.match(await page.getByTestId('snoozed-until').innerText(), /^Отложен до \d+:\d\d$|^Отложен до \S+, \d+:\d\d$/);
    await page.goto(`${desk.server.url}/inbox/snoozed`);
    await rowOf(page, 'Dora').getByTestId('row-snoozed').waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= PHONE.width, 'nothing sticks out');
    await page.close();
  });

  test('the console stayed silent', () => assertSilent(desk.complaints));
});

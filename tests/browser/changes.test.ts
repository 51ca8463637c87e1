// What operators do to a message after it was sent: edit, delete, react, pin. Each reaches Telegram; while it has not, the bubble says
// so, and when Telegram refuses, it says why and offers the way on.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { until } from '../harness/server.ts';
import type { Customer, TranscriptLine } from '../telegram/client.ts';
import { assertSilent, axe } from './browser.ts';
import { Fixture } from './fixture.ts';

describe('a message that was sent', () => {
  let desk: Fixture;
  let page: Page;
  let anna: { who: Customer; id: number };

  const composer = (): Locator => page.getByTestId('composer');
  const says = (text: string): Promise<unknown> => until(`the field says ${text}`, async () => (await composer().textContent()) === text);
  const bubble = (text: string): Locator => page.getByTestId('message').filter({ hasText: text });
  const sent = async (text: string): Promise<Locator> => {
    await composer().click();
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
    await page.locator('[data-testid=message][data-delivery=sent]').filter({ hasText: text }).waitFor();
    return bubble(text);
  };
  const act = async (on: Locator, name: string): Promise<void> => {
    await on.hover();
    await on.getByRole('button', { name: 'Message actions' }).click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  };
  const told = async (deleted?: 1): Promise<TranscriptLine[]> => (await desk.sim.transcript(anna.who.id, deleted ? { deleted } : {})).messages.filter(({ side }) => side === 'bot');
  const texts = async (): Promise<string[]> => (await told()).map(({ text }) => text);

  before(async () => {
    desk = await Fixture.start();
    page = desk.page;
    page.setDefaultTimeout(12_000);
    anna = await desk.customer('Anna', 'Hello there');
    await page.goto(`${desk.server.url}/c/${anna.id}?in=all`);
    await composer().waitFor();
  });
  after(() => desk?.stop());

  test('is edited with the arrow up; what was being written waits; the history is kept; undone by one press', async () => {
    await sent('The frist version');
    await page.keyboard.press('ArrowUp');
    await page.getByTestId('edit-bar').filter({ hasText: 'The frist version' }).waitFor();
    await says('The frist version');
    assert.deepEqual(await axe(page), []);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('The first version');
    await page.reload();
    await says('The first version');
    await composer().click();
    await page.keyboard.press('Enter');
    await until('Telegram has it', async () => (await texts()).includes('The first version'));
    await bubble('The first version').getByTestId('edited').click();
    await page.getByRole('dialog').getByText('The frist version', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await says('');
    await page.getByTestId('toasts').getByRole('button', { name: 'Undo' }).click();
    await until('it is as before', async () => (await texts()).includes('The frist version'));
  });

  test('an edit that is given up leaves the draft, and can be taken back', async () => {
    await sent('Keep me');
    await page.keyboard.type('half of an answer');
    await act(bubble('Keep me'), 'Edit');
    await says('Keep me');
    await page.keyboard.type(' not');
    await page.keyboard.press('Escape');
    await says('half of an answer');
    await page.getByTestId('toasts').getByRole('button', { name: 'Undo' }).click();
    await says('Keep me not');
    await page.getByRole('button', { name: 'Cancel editing' }).click();
    await says('half of an answer');
    await until('one can type again', () => composer().evaluate((field) => field === document.activeElement));
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await says('');
    assert.ok((await texts()).includes('Keep me'));
  });

  test('the buttons under it are changed with it, and those of the draft wait', async () => {
    await sent('Choose one');
    await act(bubble('Choose one'), 'Edit');
    await page.getByTestId('edit-bar').getByRole('button', { name: 'Change the buttons' }).click();
    const dialog = page.getByRole('dialog', { name: 'Buttons under the message' });
    await dialog.getByRole('button', { name: 'Add a button', exact: true }).click();
    await dialog.getByLabel('Label').fill('Yes');
    await dialog.getByText('Notifies the desk', { exact: true }).click();
    await dialog.getByLabel('What the desk receives').fill('yes');
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByTestId('edit-bar').getByRole('button', { name: 'Change the buttons: 1 button' }).waitFor();
    await composer().click();
    await page.keyboard.press('Enter');
    const keyboard = async (): Promise<unknown> => (await told()).find(({ text }) => text === 'Choose one')?.buttons;
    await until('Telegram has them', async () => JSON.stringify(await keyboard())?.includes('yes'));
    await says('');
    await bubble('Choose one').getByText('Yes', { exact: true }).waitFor();
  });

  test('an edit that Telegram refuses says why, and is tried again', async () => {
    await sent('Refuse this');
    await desk.sim.fault({ kind: 'status', method: 'editMessageText', count: 1, code: 400, description: "Bad Request: message can't be edited" });
    await act(bubble('Refuse this'), 'Edit');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('Refuse this once');
    await page.keyboard.press('Enter');
    const line = bubble('Refuse this once').getByTestId('failed-change');
    await line.filter({ hasText: 'The edit didn’t reach the customer: Telegram does not let the bot edit this message.' }).waitFor();
    assert.deepEqual(await axe(page), []);
    await line.getByRole('button', { name: 'Try again' }).click();
    await line.waitFor({ state: 'detached' });
    await until('Telegram has it', async () => (await texts()).includes('Refuse this once'));
  });

  test('is deleted after a question that names the rule; the desk keeps it, struck', async () => {
    await sent('Nobody should see this');
    await act(bubble('Nobody should see this'), 'Delete…');
    const dialog = page.getByRole('dialog', { name: 'Delete this message?' });
    await dialog.getByText('Telegram allows this for 48 hours after sending').waitFor();
    assert.deepEqual(await axe(page), []);
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
    await until('it is gone in Telegram', async () => !(await texts()).includes('Nobody should see this'));
    const gone = bubble('Nobody should see this');
    await gone.getByTestId('deleted').waitFor();
    assert.equal(await gone.getAttribute('data-deleted'), 'true');
    await gone.hover();
    await gone.getByRole('button', { name: 'Message actions' }).click();
    assert.equal(await page.getByRole('menuitem', { name: 'Edit', exact: true }).count(), 0);
    await page.keyboard.press('Escape');
  });

  test('a reaction: one, changed, taken back, and any of Telegram’s', async () => {
    const theirs = bubble('Hello there');
    const reactions = async (): Promise<string> => JSON.stringify((await desk.sim.transcript(anna.who.id)).messages.find(({ text }) => text === 'Hello there')?.['reactions' as never] ?? []);
    await theirs.hover();
    await theirs.getByRole('button', { name: 'Message actions' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'React with 👍' }).click();
    await until('Telegram has it', async () => (await reactions()).includes('👍'));
    await theirs.getByTestId('reactions').waitFor();
    await theirs.hover();
    await theirs.getByRole('button', { name: 'Message actions' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'More reactions' }).click();
    assert.deepEqual(await axe(page), []);
    await page.getByRole('button', { name: 'React with 🏆' }).click();
    await until('it has changed', async () => (await reactions()).includes('🏆') && !(await reactions()).includes('👍'));
    await theirs.getByRole('button', { name: 'We reacted with 🏆' }).click();
    await until('it is gone', async () => (await reactions()) === '[]');
    await theirs.getByTestId('reactions').waitFor({ state: 'detached' });
  });

  test('is pinned and unpinned', async () => {
    await sent('Read this first');
    await act(bubble('Read this first'), 'Pin');
    await bubble('Read this first').getByRole('img', { name: 'Pinned' }).waitFor();
    await until('Telegram has it', async () => (await desk.sim.transcript(anna.who.id)).pinned.length === 1);
    await act(bubble('Read this first'), 'Unpin');
    await bubble('Read this first').getByRole('img', { name: 'Pinned' }).waitFor({ state: 'detached' });
  });

  test('after 48 hours the menu says that it cannot be deleted, and why', async () => {
    await sent('An old answer');
    const later = await desk.otherPage({}); // a clock is its context's
    await later.clock.install({ time: Date.now() + 49 * 3_600_000 });
    await later.goto(page.url());
    const old = later.getByTestId('message').filter({ hasText: 'An old answer' });
    await old.hover();
    await old.getByRole('button', { name: 'Message actions' }).click();
    await later.getByRole('menuitem', { name: /Delete…/ }).and(later.locator('[aria-disabled=true]')).filter({ hasText: 'Telegram allows this only for 48 hours after sending' }).waitFor();
    await later.close();
  });

  test('one that waits is changed in its place and withdrawn', async () => {
    await desk.sim.fault({ kind: 'status', method: 'sendMessage', count: 1, code: 429, description: 'Too Many Requests: retry after 30', retry_after: 30 });
    await composer().click();
    await page.keyboard.type('Waits in the queue');
    await page.keyboard.press('Enter');
    const waiting = page.locator('[data-testid=message][data-delivery=queued]').filter({ hasText: 'Waits in the queue' });
    await waiting.getByTestId('wait').getByText('Telegram asks to wait: 29 s').waitFor();
    await waiting.getByTestId('wait').getByText('Telegram asks to wait: 28 s').waitFor();
    assert.match(await page.getByTestId('row-wait').innerText(), /^2\d s$/);
    if (process.env['SHOTS']) await page.screenshot({ path: `${process.env['SHOTS']}/wait.png` });
    await act(bubble('Waits in the queue'), 'Edit');
    await page.keyboard.press('End');
    await page.keyboard.type(', better');
    await page.keyboard.press('Enter');
    await bubble('Waits in the queue, better').waitFor();
    await act(bubble('Waits in the queue, better'), 'Delete…');
    await page.getByRole('dialog').getByText('the customer will never see it').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await bubble('Waits in the queue, better').getByTestId('deleted').waitFor();
    assert.ok(!(await texts()).some((text) => text.startsWith('Waits')));
  });

  test('the console has no errors', () => assertSilent(desk.complaints));
});

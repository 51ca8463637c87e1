// The form of the greeting shows what a colleague saves, and loses nothing that was typed.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../harness/server.ts';
import { assertSilent, axe } from './browser.ts';
import { Fixture } from './fixture.ts';

describe('the form of the greeting', () => {
  let desk: Fixture;
  before(async () => {
    desk = await Fixture.start();
    await desk.page.goto(`${desk.server.url}/settings/greeting`);
  });
  after(() => desk?.stop());

  const english = () => desk.page.getByLabel('Greeting in English and for everyone else');
  const russian = () => desk.page.getByLabel('Greeting in Russian');

  test('an untouched field shows a colleague’s change, an edited one stays', async () => {
    await english().fill('Begun here');
    await desk.api.call('PATCH', '/api/settings', { greeting: 'By a colleague', greeting_ru: 'От коллеги' });
    await until('it follows', async () => (await russian().inputValue()) === 'От коллеги');
    assert.equal(await english().inputValue(), 'Begun here');
  });

  test('if a colleague has changed the edited field, both texts are shown and the operator chooses', async () => {
    const { page, api } = desk;
    const conflict = page.getByTestId('conflict');
    await conflict.getByText('By a colleague').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Save' }).isDisabled(), 'nothing is overwritten before that');
    assert.deepEqual(await axe(page), []);
    await conflict.getByRole('button', { name: 'Use the new text' }).click();
    await conflict.waitFor({ state: 'detached' });
    assert.equal(await english().inputValue(), 'By a colleague');
    await english().fill('Mine after all');
    await api.call('PATCH', '/api/settings', { greeting: 'By a colleague again' });
    await conflict.getByText('By a colleague again').waitFor();
    await conflict.getByRole('button', { name: 'Keep mine' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await until('it is saved', async () => (await api.call('GET', '/api/settings')).greeting === 'Mine after all');
    await conflict.waitFor({ state: 'detached' });
  });

  test('a change that has not reached the panel is not overwritten either', async () => {
    const { page, api } = desk;
    await english().fill('Over it');
    // The response that would contain the change is an old one.
    const old = await api.call('GET', '/api/settings');
    await page.route('**/api/settings', (route) => (route.request().method() === 'GET' ? route.fulfill({ json: old }) : route.continue()));
    await api.call('PATCH', '/api/settings', { greeting: 'Quicker' });
    const refused = page.waitForResponse((response) => response.request().method() === 'PATCH');
    await page.getByRole('button', { name: 'Save' }).click();
    assert.equal((await refused).status(), 409);
    assert.equal((await api.call('GET', '/api/settings')).greeting, 'Quicker');
    await page.unroute('**/api/settings');
    await api.call('PATCH', '/api/settings', { time_zone: 'UTC' }); // an event tells the panel, which requests the settings again
    await page.getByTestId('conflict').getByText('Quicker').waitFor();
    assert.equal(await english().inputValue(), 'Over it');
    await page.getByTestId('conflict').getByRole('button', { name: 'Use the new text' }).click();
  });

  test('text typed while the form is being saved stays', async () => {
    const { page, api } = desk;
    let go = (): void => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    await page.route('**/api/settings', async (route) => {
      if (route.request().method() === 'PATCH') await held;
      await route.continue();
    });
    await english().fill('Saved');
    await page.getByRole('button', { name: 'Save' }).click();
    await russian().fill('Написано позже');
    go();
    await page.getByText('Saved', { exact: true }).last().waitFor();
    await until('it is saved', async () => (await api.call('GET', '/api/settings')).greeting === 'Saved');
    await page.getByRole('button', { name: 'Save' }).and(page.locator(':enabled:not([aria-busy=true])')).waitFor();
    assert.deepEqual([await english().inputValue(), await russian().inputValue()], ['Saved', 'Написано позже']);
    await page.unroute('**/api/settings');
    await page.getByRole('button', { name: 'Save' }).click();
    await until('that is saved too', async () => (await api.call('GET', '/api/settings')).greeting_ru === 'Написано позже');
  });

  test('the console has no errors', () => assertSilent(desk.complaints));
});

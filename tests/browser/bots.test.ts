// Several bots in the panel: adding, settings, pausing, removing, and the list of one bot's conversations.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { until } from '../harness/server.ts';
import { assertSilent, axe, openChat, PHONE } from './browser.ts';
import { Fixture, rowOf } from './fixture.ts';

const SECOND = '777001:SECOND';

describe('several bots in Chromium', () => {
  let w: Fixture;
  let page: Page;
  const shot = async (p: Page, name: string): Promise<void> => {
    if (process.env['SHOTS']) await p.screenshot({ path: `${process.env['SHOTS']}/${name}.png`, fullPage: true });
  };
  const card = (name: string, p = page): Locator => p.getByTestId('bot-card').filter({ has: p.locator('p', { hasText: name }) }); // others name it in a list

  before(async () => {
    w = await Fixture.start({ webhook: true });
    page = w.page;
    await w.sim.addBot({ token: SECOND, username: 'second_bot', first_name: 'Second' });
    await w.customer('Ann');
  });
  after(() => w?.stop());

  test('with one bot nothing names it', async () => {
    await rowOf(page, 'Ann Vogel').waitFor();
    assert.equal(await page.getByTestId('row-via').count(), 0);
    await page.goto(`${w.server.url}/settings/bot`);
    await page.locator('[data-testid=bot-card][data-state=ok]').waitFor();
    assert.equal(await page.getByTestId('bot-card').count(), 1);
    await shot(page, 'bots-one');
  });

  test('a bot is added by its token, with the steps beside the field; one that is connected is refused', async () => {
    await page.getByRole('button', { name: 'Add a bot' }).click();
    await page.getByTestId('add-bot').getByText('Open @BotFather in Telegram').waitFor();
    await page.getByTestId('token-form').locator('input').fill('123456:TEST');
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByText('This bot is already connected to this desk.').waitFor();
    await shot(page, 'bots-add');
    await page.getByTestId('token-form').locator('input').fill(SECOND);
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByText('@second_bot is connected').waitFor();
    await page.locator('[data-testid=bot-card][data-id="777001"][data-state=ok]').waitFor();
    assert.deepEqual(await axe(page), []);
  });

  test('what Telegram shows of a bot stands beside what is wanted, and is sent with one button', async () => {
    await card('Second').getByRole('button', { name: 'Profile' }).click();
    const form = page.getByTestId('profile-form');
    await form.getByLabel('Name').fill('Corner shop');
    await form.getByLabel('About').fill('We answer by day');
    await form.getByLabel('Commands').fill('order');
    await form.getByText('Each line needs a command').waitFor();
    assert.ok(await form.getByRole('button', { name: 'Save and send to Telegram' }).isDisabled());
    await form.getByLabel('Commands').fill('order - Where is my order?');
    await form.getByLabel('Menu button').selectOption({ label: 'Opens the commands' });
    await form.getByLabel('Add a language').selectOption({ label: 'Russian' });
    await form.getByLabel('Name').fill('Лавка');
    await w.sim.fault({ kind: 'status', bot: SECOND, method: 'setMyName', code: 429, description: 'Too Many Requests: retry after 3600', retry_after: 3600, count: 1 });
    await form.getByRole('button', { name: 'Save and send to Telegram' }).click();
    const progress = form.getByTestId('profile-progress');
    await progress.locator('[data-outcome=waiting]').filter({ hasText: 'Telegram allows the next change' }).waitFor();
    await until('the others are done', async () => (await progress.locator('[data-outcome=done]').count()) === 4);
    await form.getByRole('tab', { name: 'All languages' }).click();
    await form.getByTestId('profile-has').first().getByText('Differs').waitFor();
    await form.getByTestId('profile-has').nth(1).getByText('We answer by day').waitFor();
    assert.deepEqual(await axe(page), []);
    await shot(page, 'bot-profile');
    const phone = await w.otherPage({ viewport: PHONE, hasTouch: true, isMobile: true, locale: 'ru-RU', colorScheme: 'dark' });
    await phone.goto(`${w.server.url}/settings/bot`);
    await card('Second', phone).getByRole('button', { name: 'Профиль' }).click();
    await phone.getByTestId('profile-form').getByRole('tab', { name: 'русский' }).click();
    await until('its texts', async () => (await phone.getByTestId('profile-form').getByLabel('Имя').inputValue()) === 'Лавка');
    await shot(phone, 'bot-profile-phone');
    await phone.context().close();
    await form.getByRole('button', { name: 'Close' }).click();
    await w.sim.call(SECOND, 'setMyName', { name: 'Second' });
  });

  test('its greeting and its way to Telegram can be set', async () => {
    await card('Second').getByRole('button', { name: 'Settings' }).click();
    const form = page.getByTestId('bot-form');
    await form.getByLabel('A greeting of its own').check();
    await form.getByLabel('Greeting', { exact: true }).fill('Welcome to the second');
    await form.getByLabel('Bot API server').fill('http://127.0.0.1:1');
    assert.ok(await form.getByRole('button', { name: 'Save' }).isDisabled(), 'the token goes there, so it is asked for');
    await form.getByLabel('Bot token').fill(SECOND);
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByRole('alert').waitFor();
    assert.deepEqual(await axe(page), []);
    await shot(page, 'bots-settings');
    await form.getByLabel('Bot API server').fill('');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.waitFor({ state: 'detached' });
    assert.equal((await w.api.call('GET', '/api/bots/777001')).settings.greeting, 'Welcome to the second');
  });

  test('the webhook is shown as Telegram sees it, and is set up again with one click', async () => {
    const state = card('Second').getByTestId('webhook-state');
    await state.getByText(`Set to ${w.server.url}/webhook/telegram/777001`).waitFor();
    await state.getByText('No messages waiting at Telegram').waitFor();
    await w.sim.fault({ kind: 'status', method: 'setWebhook', bot: SECOND, code: 400, description: 'Bad Request: bad webhook: Failed to resolve host: Name or service not known' });
    await state.getByRole('button', { name: 'Set up again' }).click();
    await card('Second').getByTestId('bot-fallback').waitFor();
    await state.getByText('Not set. It should be').waitFor();
    assert.deepEqual(await axe(page), []);
    await shot(page, 'bots-fallback');
    await w.sim.clearFaults();
    await state.getByRole('button', { name: 'Set up again' }).click();
    await card('Second').getByTestId('bot-fallback').waitFor({ state: 'detached' });
    await card('Second').getByRole('button', { name: 'Settings' }).click();
    await page.getByTestId('bot-form').getByText('Always long polling').click();
    await shot(page, 'bots-updates');
    await page.getByTestId('bot-form').getByRole('button', { name: 'Save' }).click();
    await state.waitFor({ state: 'detached' });
    assert.equal((await w.api.call('GET', '/api/bots/777001')).settings.updates, 'polling');
    await until('it polls', async () => (await w.sim.bot(SECOND))['polling']);
  });

  test('the list and the header say which bot it is, and the list can show one bot\'s alone', async () => {
    const bea = await w.sim.customer({ first_name: 'Bea', last_name: 'Vogel' });
    await w.sim.text(bea, 'hello, second', { bot: SECOND });
    await page.goto(`${w.server.url}/inbox/all`);
    await rowOf(page, 'Bea Vogel').getByTestId('row-via').filter({ hasText: '@second_bot' }).waitFor();
    await shot(page, 'bots-list');
    await page.getByRole('button', { name: /^Assignee|^Assigned|^Show/ }).or(page.locator('header button[aria-haspopup=menu]').first()).first().click();
    await shot(page, 'bots-filter');
    await page.getByRole('menuitemradio', { name: '@second_bot' }).or(page.getByRole('menuitem', { name: '@second_bot' })).first().click();
    await rowOf(page, 'Ann Vogel').waitFor({ state: 'detached' });
    assert.match(page.url(), /bot=777001/);
    await page.goto(`${w.server.url}/inbox/waiting?bot=777001`);
    // Ann waits too, but at the other bot.
    await page.getByTestId('list-tabs').locator('[aria-current="page"] [data-testid="tab-unread"]').filter({ hasText: /^1/ }).waitFor();
    await page.goto(`${w.server.url}/inbox/all?bot=777001`);
    await w.sim.text(bea, 'one more', { bot: SECOND });
    await rowOf(page, 'one more').waitFor();
    await w.customer('Cleo');
    assert.equal(await rowOf(page, 'Cleo Vogel').count(), 0, 'an event does not bring another bot\'s conversation');
    await page.reload();
    await rowOf(page, 'Bea Vogel').waitFor();
    assert.equal(await rowOf(page, 'Ann Vogel').count(), 0);
    await openChat(page, 'Bea Vogel');
    await page.getByTestId('header-via').filter({ hasText: '@second_bot' }).waitFor();
    await shot(page, 'bots-chat');
  });

  test('a bot that replaces another is chosen, and the line in the conversation says so', async () => {
    const dora = await w.sim.customer({ first_name: 'Dora', last_name: 'Vogel' });
    await w.sim.text(dora, 'to the second', { bot: SECOND });
    await page.goto(`${w.server.url}/settings/bot`);
    await card('Second').getByLabel('Replaced by').selectOption('@support_123456_bot');
    await page.getByText('Saved').waitFor();
    assert.deepEqual(await axe(page), []);
    await shot(page, 'bots-successor');
    await w.sim.start(dora);
    await page.goto(`${w.server.url}/inbox/all`);
    await openChat(page, 'Dora Vogel');
    await page.getByText('The customer now writes to @support_123456_bot instead of @second_bot').waitFor();
    await page.getByText('to the second').first().waitFor();
    await shot(page, 'bots-moved');
    await page.goto(`${w.server.url}/settings/bot`);
    await card('Second').getByLabel('Replaced by').selectOption('No other bot');
    await until('none is named', async () => (await w.api.call('GET', '/api/bots/777001')).successor_id === null);
  });

  test('a bot can be paused and goes on', async () => {
    await page.goto(`${w.server.url}/settings/bot`);
    await card('Second').getByRole('button', { name: 'Pause' }).click();
    await page.locator('[data-testid=bot-card][data-id="777001"][data-state=paused]').waitFor();
    await shot(page, 'bots-paused');
    await card('Second').getByRole('button', { name: 'Resume' }).click();
    await page.locator('[data-testid=bot-card][data-id="777001"][data-state=ok]').waitFor();
  });

  test('on a phone, in the dark, in Russian', async () => {
    const phone = await w.otherPage({ viewport: PHONE, deviceScaleFactor: 2, hasTouch: true, isMobile: true, locale: 'ru-RU', colorScheme: 'dark' });
    await phone.goto(`${w.server.url}/settings/bot`);
    await phone.getByText('Боты в Telegram').first().waitFor();
    await card('Second', phone).getByRole('button', { name: 'Настройки' }).click();
    assert.deepEqual(await axe(phone), []);
    await shot(phone, 'bots-phone-ru');
    await phone.goto(`${w.server.url}/inbox/all`);
    await phone.getByTestId('row-via').first().waitFor();
    await shot(phone, 'bots-phone-list-ru');
    await phone.close();
  });

  test('a bot is removed after its name was typed, and its conversations stay', async () => {
    await card('Second').getByRole('button', { name: 'Remove the bot' }).click();
    const dialog = page.getByTestId('remove-bot');
    const button = dialog.getByRole('button', { name: 'Remove the bot' });
    assert.ok(await button.isDisabled());
    await dialog.locator('input').fill('@second');
    assert.ok(await button.isDisabled());
    await shot(page, 'bots-remove');
    await dialog.locator('input').fill('second_bot');
    await button.click();
    await page.getByText('Bot removed').waitFor();
    assert.equal(await page.getByTestId('bot-card').count(), 1);
    await page.goto(`${w.server.url}/inbox/all`);
    await rowOf(page, 'Bea Vogel').getByTestId('row-via').filter({ hasText: '@second_bot' }).waitFor();
    await until('it is gone', async () => (await w.api.call('GET', '/api/bots')).data.length === 1);
  });

  test('nothing complained', () => assertSilent(w.complaints));
});

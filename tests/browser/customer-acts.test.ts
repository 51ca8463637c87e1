// What customers do besides writing, on the screen: presses, reactions, edits with their differences.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { until } from '../harness/server.ts';
import type { Customer } from '../telegram/client.ts';
import { assertSilent, axe, PHONE } from './browser.ts';
import { Fixture, rowOf } from './fixture.ts';

const TOKEN = '123456:TEST';
/** With a folder here, the test leaves pictures of what it saw. */
const pictures = process.env['SCREENSHOTS'];

describe('what customers do', () => {
  let f: Fixture;
  let page: Page;
  let who: Customer;
  let id: number;
  let question: number;

  before(async () => {
    f = await Fixture.start({ env: { FLOOD_MESSAGES: '20' } });
    page = f.page;
    ({ who, id } = await f.customer('Anna', 'The lamp is broken'));
    await f.api.reply(id, { text: 'Shall we send you a new one, or would you rather have your money back?' });
    question = await until('the answer', async () => (await f.sim.transcript(who.id)).messages.find(({ side }) => side === 'bot')?.message_id);
    await f.sim.call(TOKEN, 'editMessageReplyMarkup', { chat_id: who.id, message_id: question, reply_markup: { inline_keyboard: [[{ text: 'A new one', callback_data: 'new' }, { text: 'Money back', callback_data: 'money' }]] } });
    await page.goto(`${f.server.url}/c/${id}`);
    await page.getByTestId('message').first().waitFor();
  });
  after(() => f?.stop());

  async function picture(name: string, on: Page = page): Promise<void> {
    if (!pictures) return;
    mkdirSync(pictures, { recursive: true });
    await on.screenshot({ path: join(pictures, `${name}.png`) });
  }

  /** The same conversation on a phone, in Russian and dark. */
  async function onPhone(): Promise<Page> {
    const phone = await f.otherPage({ viewport: PHONE, hasTouch: true, isMobile: true, locale: 'ru-RU', colorScheme: 'dark' });
    await phone.goto(`${f.server.url}/c/${id}`);
    await phone.getByTestId('message').first().waitFor();
    return phone;
  }

  const answer = (): Locator => page.getByTestId('message').filter({ hasText: 'Shall we send' });

  test('a press is a line that names the button and its message, and leads to it', async () => {
    await f.sim.press(who, question, { text: 'Money back' });
    const line = page.getByTestId('press').filter({ hasText: 'Anna Vogel pressed Money back' });
    await line.waitFor();
    await line.getByRole('button', { name: /under “Shall we send you a new one/ }).click();
    await answer().waitFor();
    await f.sim.call(TOKEN, 'editMessageReplyMarkup', { chat_id: who.id, message_id: question, reply_markup: { inline_keyboard: [[{ text: 'Call me', callback_data: 'call' }]] } });
    await f.sim.press(who, question, { data: 'new' });
    await page.getByTestId('press').filter({ hasText: 'the button is no longer there' }).waitFor();
    await until('a press that was seen is read', async () => { const c = await f.api.conversation(id); return c.inbound_count - (c.read_count ?? 0) === 0; });
  });

  test('reactions stand at their bubble with whose they are', async () => {
    await f.sim.react(who, question, { emojis: ['👍', '🎉'] });
    const list = answer().getByTestId('reactions');
    await list.getByText('Anna Vogel reacted with 👍').waitFor();
    assert.equal(await list.getByRole('listitem').count(), 2);
    await picture('reactions');
    await f.sim.react(who, question);
    await list.waitFor({ state: 'detached' });
    await f.sim.react(who, question, { emoji: '❤' });
    await list.waitFor();
  });

  test('an edit shows what was added and removed, not by colour alone', async () => {
    const { message_id } = await f.sim.text(who, 'My order is 4711 and it came on Monday.') as any;
    await f.sim.edit(who, message_id, { text: 'My order is 4712 and it came broken on Monday.' });
    await f.sim.edit(who, message_id, { text: 'My order is 4712 and it came broken on Monday.', entities: [{ type: 'bold', offset: 12, length: 4 }] });
    await page.getByTestId('message').filter({ hasText: '4712' }).getByTestId('edited').click();
    const dialog = page.getByRole('dialog');
    const second = dialog.getByTestId('version').nth(1);
    await second.locator('del', { hasText: '4711' }).waitFor();
    await second.locator('ins', { hasText: '4712' }).waitFor();
    await second.getByText('Added:').first().waitFor({ state: 'attached' });
    assert.match((await second.textContent()) ?? '', /Anna Vogel/);
    assert.equal(await second.locator('ins').first().evaluate((element: any) => getComputedStyle(element).textDecorationLine), 'underline');
    assert.equal(await second.locator('del').first().evaluate((element: any) => getComputedStyle(element).textDecorationLine), 'line-through');
    await dialog.getByTestId('version').nth(2).getByText('The formatting changed').waitFor();
    assert.deepEqual(await axe(page), []);
    await picture('edits');
    await dialog.getByRole('button', { name: 'Full versions' }).click();
    await dialog.getByTestId('version').nth(1).locator('ins').waitFor({ state: 'detached' });
    await dialog.getByTestId('version').nth(1).getByText('My order is 4712').waitFor();
    await page.keyboard.press('Escape');
  });

  test('an edit of a caption and of the picture itself', async () => {
    const { message_id } = await f.sim.photo(who, { scene: 'lamp', caption: 'The red one' }) as any;
    await until('the photo', async () => (await f.api.history(id)).some(({ files }) => files[0]?.state === 'ready'));
    await f.sim.act(who, 'edit', { message_id, media: { type: 'photo', scene: 'parcel' }, caption: 'The green one' });
    await page.getByTestId('message').filter({ hasText: 'The green one' }).getByTestId('edited').click();
    const version = page.getByRole('dialog').getByTestId('version').nth(1);
    await version.locator('del', { hasText: 'red' }).waitFor();
    await version.getByText('Files').waitFor();
    await version.locator('img').first().waitFor();
    await picture('edit-photo');
    await page.keyboard.press('Escape');
  });

  test('on a phone in Russian and dark', async () => {
    const phone = await onPhone();
    await phone.getByTestId('press').filter({ hasText: 'такой кнопки уже нет' }).waitFor();
    await phone.getByTestId('message').filter({ hasText: 'Shall we send' }).scrollIntoViewIfNeeded();
    await picture('phone-thread', phone);
    await phone.getByTestId('message').filter({ hasText: '4712' }).getByTestId('edited').click();
    await phone.getByRole('dialog').locator('ins').first().waitFor();
    assert.deepEqual(await axe(phone), []);
    assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await picture('phone-edits', phone);
    await phone.context().close();
  });

  test('a moment is shown in the reader’s zone', async () => {
    const tokyo = await f.otherPage({ timezoneId: 'Asia/Tokyo', locale: 'en-GB' });
    await f.sim.text(who, 'Come at nine, please', { entities: [{ type: 'date_time', offset: 8, length: 4, unix_time: Date.UTC(2027, 0, 15, 8, 5) / 1000, date_time_format: 'Dt' }] });
    await tokyo.goto(`${f.server.url}/c/${id}`);
    await tokyo.getByTestId('message').locator('time[datetime="2027-01-15T08:05:00.000Z"]').filter({ hasText: '17:05' }).waitFor();
    await tokyo.context().close();
  });

  test('sources: pasted, changed, removed; the card tells where a customer came from', async () => {
    await page.goto(`${f.server.url}/settings/sources`);
    await page.getByText('No sources yet').waitFor();
    await page.getByRole('button', { name: 'Paste a table' }).click();
    const box = page.getByRole('dialog').getByRole('textbox');
    await box.fill('ads_may\tMay ads\tads\tde\nbad line!\tX');
    await page.getByText('These lines can’t be read: 2').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Paste a table' }).click();
    assert.match(await box.inputValue(), /bad line!/);
    await box.fill('payload,source,tag\nads_may,May ads,ads\nhttps://t.me/shop?start=site,Our site');
    await picture('sources-import');
    await page.getByRole('button', { name: 'Import 2 sources' }).click();
    await page.getByTestId('source').filter({ hasText: 'May ads' }).waitFor();
    await page.getByRole('button', { name: 'Add a source' }).click();
    const dialog = page.getByRole('dialog');
    await page.keyboard.type('site');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Add a source' }).click();
    assert.equal(await dialog.getByLabel('Payload begins with').inputValue(), 'site');
    await dialog.getByLabel('Source', { exact: true }).fill('Again');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByLabel('Payload begins with').fill('flyer');
    await dialog.getByLabel('Source', { exact: true }).fill('Flyer');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByTestId('source').filter({ hasText: 'Flyer' }).waitFor();
    assert.deepEqual(await axe(page), []);
    await picture('sources');
    await page.getByTestId('source').filter({ hasText: 'Flyer' }).getByRole('button', { name: /Remove/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByTestId('source').filter({ hasText: 'Flyer' }).waitFor({ state: 'detached' });
    const lena = await f.sim.customer({ first_name: 'Lena', language_code: 'en' });
    await f.sim.start(lena, 'ads_may_7');
    await f.sim.text(lena, 'Hello');
    const hers = await until('her conversation', async () => (await f.api.conversations('?status=all')).data.find((c) => c.customer.name === 'Lena')?.id);
    await f.sim.act(lena, 'rename', { first_name: 'Lena', last_name: 'Huber', is_premium: true });
    await f.sim.text(lena, 'It is me');
    await page.goto(`${f.server.url}/c/${hers}`);
    const card = page.getByTestId('customer-details');
    for (const text of ['May ads', 'ads_may_7', 'Telegram Premium']) await card.getByText(text).first().waitFor();
    await page.getByTestId('system-message').filter({ hasText: 'Lena is now Lena Huber' }).waitFor();
    await page.getByTestId('system-message').filter({ hasText: 'through the link “ads_may_7”' }).waitFor();
    await page.getByTestId('header-tag').getByText('ads').waitFor();
    await picture('card');
    await card.getByRole('link', { name: 'ads' }).click();
    await page.getByTestId('conversation-row').filter({ hasText: 'Lena' }).getByTestId('row-tag').getByText('ads').waitFor();
    assert.equal(await page.getByTestId('conversation-row').count(), 1, 'only hers has the tag');
    await picture('tag');
    await page.getByRole('button', { name: /^Assignee: ads/ }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Any tag' }).or(page.getByRole('menuitemradio', { name: 'Any tag' })).click();
    await until('all are listed', async () => (await page.getByTestId('conversation-row').count()) > 1);
    await page.goto(`${f.server.url}/c/${hers}`);
    await f.sim.deactivate(lena);
    await f.api.reply(hers, { text: 'Still there?' });
    await card.getByText('Has deleted their account').waitFor();
    await page.getByTestId('system-message').filter({ hasText: 'deleted their Telegram account' }).waitFor();
    const phone = await f.otherPage({ viewport: PHONE, hasTouch: true, isMobile: true, locale: 'ru-RU', colorScheme: 'dark' });
    await phone.goto(`${f.server.url}/settings/sources`);
    await phone.getByTestId('source').first().waitFor();
    assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await picture('phone-sources', phone);
    await phone.context().close();
  });

  test('a flood leaves the lists for the view of spam, and comes back by the menu; so does what an operator marks', async () => {
    const flora = await f.sim.customer({ first_name: 'Flora', last_name: 'Flood', language_code: 'en' });
    for (let i = 1; i <= 21; i++) await f.sim.text(flora, `Buy now! ${i}`);
    const hers = await until('spam', async () => (await f.api.conversations(`?filter=${encodeURIComponent('{"field":"spam","op":"is","value":true}')}`)).data[0]?.id);
    await page.goto(`${f.server.url}/inbox/all`);
    await page.getByTestId('conversation-row').first().waitFor();
    assert.equal(await page.getByTestId('conversation-row').filter({ hasText: 'Flora' }).count(), 0);
    await page.getByRole('button', { name: /^Assignee/ }).click();
    await page.getByTestId('spam-count').getByText('1', { exact: true }).waitFor();
    await picture('spam-menu');
    await page.getByRole('menuitemcheckbox', { name: /Spam/ }).click();
    await page.getByRole('heading', { name: 'Spam' }).waitFor();
    const row = page.getByTestId('conversation-row');
    await until('her row alone', async () => (await row.allInnerTexts()).join().includes('Flora') && (await row.count()) === 1);
    await row.click();
    await page.getByTestId('system-message').filter({ hasText: 'Too many messages at once: the conversation went to spam' }).waitFor();
    await page.getByText('This conversation is spam').waitFor();
    assert.deepEqual(await axe(page), []);
    await picture('spam');
    const phone = await f.otherPage({ viewport: PHONE, hasTouch: true, isMobile: true, locale: 'ru-RU', colorScheme: 'dark' });
    await phone.goto(`${f.server.url}/inbox/all?spam=1`);
    await phone.getByTestId('conversation-row').waitFor();
    await picture('phone-spam-list', phone);
    await phone.goto(`${f.server.url}/c/${hers}`);
    await phone.getByTestId('system-message').filter({ hasText: 'Слишком много сообщений подряд: диалог попал в спам' }).waitFor();
    await phone.getByRole('button', { name: 'Не спам' }).waitFor();
    await picture('phone-spam', phone);
    await phone.context().close();
    const choose = async (name: string): Promise<void> => {
      await page.getByRole('button', { name: 'Conversation actions' }).click();
      await page.getByRole('menuitem', { name }).click();
    };
    await page.getByRole('button', { name: 'Not spam' }).click();
    await page.getByTestId('toasts').getByText(/^Not spam: .?Flora Flood/).waitFor();
    await page.getByTestId('system-message').filter({ hasText: 'moved the conversation out of spam' }).waitFor();
    await page.getByTestId('list-tabs').getByRole('link', { name: /^Waiting/ }).click();
    await row.filter({ hasText: 'Flora' }).click();
    await choose('Mark as spam');
    await page.getByTestId('toasts').getByText(/^Marked as spam: .?Flora Flood/).waitFor();
    assert.notEqual((await f.api.conversation(hers)).spam_at, null);
    await page.getByTestId('toasts').getByRole('button', { name: 'Undo' }).last().click();
    await until('no spam', async () => (await f.api.conversation(hers)).spam_at === null);
    await page.goto(`${f.server.url}/inbox/all?spam=1`);
    await page.getByText('No spam').waitFor();
    await picture('spam-none');
  });

  test('a new customer is held until they pass the check, or is let in; a blocked one is kept out until unblocked', async () => {
    await page.goto(`${f.server.url}/settings/bot`);
    await page.getByTestId('bot-card').getByRole('button', { name: 'Settings' }).click();
    const form = page.getByTestId('bot-form');
    await form.getByText('Solve a simple sum first').click();
    await form.getByLabel('Text for blocked customers').fill('We have ended this conversation.');
    assert.deepEqual(await axe(page), []);
    await picture('first-contact-form');
    await form.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved').waitFor();

    const nora = await f.sim.customer({ first_name: 'Nora', last_name: 'Newcomer', language_code: 'en' });
    await f.sim.text(nora, 'Is anybody there?');
    await page.goto(`${f.server.url}/inbox/all?spam=1`);
    const row = page.getByTestId('conversation-row').filter({ hasText: 'Nora' });
    await row.getByTestId('row-spam').getByText('Not checked').waitFor();
    await page.getByTestId('spam-reasons').getByRole('link', { name: 'Blocked' }).click();
    await page.getByText('No spam').waitFor();
    await page.getByTestId('spam-reasons').getByRole('link', { name: 'Not checked' }).click();
    await row.click();
    await page.getByText('hasn’t passed the check yet').waitFor();
    await page.getByTestId('system-message').filter({ hasText: 'waiting until they pass the check' }).waitFor();
    assert.deepEqual(await axe(page), []);
    await picture('unproven');
    const phone = await f.otherPage({ viewport: PHONE, hasTouch: true, isMobile: true, locale: 'ru-RU', colorScheme: 'dark' });
    await phone.goto(`${f.server.url}/inbox/all?spam=unproven`);
    await phone.getByTestId('conversation-row').waitFor();
    await picture('phone-unproven-list', phone);
    await phone.getByTestId('conversation-row').click();
    await phone.getByRole('button', { name: 'Пропустить' }).waitFor();
    await picture('phone-unproven', phone);
    // Whoever has not passed still has to after a block and its undoing.
    await page.getByRole('button', { name: 'Conversation actions' }).click();
    await page.getByRole('menuitem', { name: 'Block customer' }).click();
    await page.getByTestId('header-spam').getByText('Blocked').waitFor();
    await page.getByTestId('toasts').getByRole('button', { name: 'Undo' }).last().click();
    await page.getByTestId('header-spam').getByText('Not checked').waitFor();
    await page.getByRole('button', { name: 'Let in' }).click();
    const letIn = page.getByTestId('toasts').locator('> *').filter({ hasText: /^Let in/ });
    await letIn.waitFor();
    assert.equal(await letIn.getByRole('button', { name: 'Undo' }).count(), 0, 'there is no way back');
    await page.getByTestId('system-message').filter({ hasText: 'let the customer in without the check' }).waitFor();
    await page.getByTestId('list-tabs').getByRole('link', { name: /^Waiting/ }).click();
    await row.click();

    const { customer } = (await f.api.conversations('?q=Nora')).data[0]!;
    await page.getByRole('button', { name: 'Customer details' }).last().click().catch(() => {});
    const details = page.getByTestId('customer-details');
    if (!(await details.isVisible())) await page.keyboard.press('i');
    await details.getByRole('button', { name: 'Block customer' }).click();
    await page.getByTestId('toasts').getByText(/^Blocked: .?Nora Newcomer/).waitFor();
    await details.getByTestId('customer-banned').waitFor();
    await page.getByTestId('header-spam').getByText('Blocked').waitFor();
    await page.getByText('Your team has blocked this customer').waitFor();
    assert.deepEqual(await axe(page), []);
    await picture('blocked');
    await phone.getByRole('button', { name: 'Разблокировать клиента' }).waitFor();
    await picture('phone-blocked', phone);
    await phone.context().close();
    await page.getByTestId('toasts').getByRole('button', { name: 'Undo' }).last().click();
    await until('unblocked', async () => (await f.api.call('GET', `/api/customers/${customer.id}`)).banned_at === undefined);
    await page.getByTestId('system-message').filter({ hasText: 'unblocked the customer' }).nth(1).waitFor();
    assert.equal(await page.getByTestId('header-spam').count(), 0);
    await f.api.call('PATCH', '/api/bots/123456', { first_contact: 'none' });
  });

  test('a profile photo lies over the initials, in the list, above the chat and in the details', async () => {
    const photographed = await f.sim.customer({ first_name: 'Vera', last_name: 'Vogel', language_code: 'en', photo: true });
    const row = rowOf(page, 'Vera Vogel');
    await page.goto(`${f.server.url}/inbox/all`);
    await f.sim.text(photographed, 'Do you see me?');
    await row.waitFor();
    const before = await row.boundingBox();
    const shown = (where: Locator | Page): Locator => where.locator('[data-testid=avatar-photo][data-state=shown]');
    await shown(row).waitFor();
    assert.deepEqual(await row.boundingBox(), before);
    await row.click();
    await shown(page.locator('header').filter({ hasText: 'Vera Vogel' })).waitFor();
    const details = page.getByTestId('customer-details');
    if (!(await details.isVisible())) await page.keyboard.press('i');
    await shown(details).waitFor();
    assert.deepEqual(await axe(page), []);
    await picture('photo');
    const phone = await f.otherPage({ viewport: PHONE, hasTouch: true, isMobile: true, locale: 'ru-RU', colorScheme: 'dark' });
    await phone.goto(`${f.server.url}/inbox/all`);
    await shown(rowOf(phone, 'Vera Vogel')).waitFor();
    await picture('phone-photo', phone);
    await phone.context().close();

    const broken = await f.otherPage({ locale: 'en-US', colorScheme: 'dark' });
    await broken.route('**/api/files/*', (route) => route.abort());
    await broken.goto(`${f.server.url}/inbox/all`);
    const tile = rowOf(broken, 'Vera Vogel');
    await tile.getByText('VV', { exact: true }).waitFor();
    await tile.getByTestId('avatar-photo').waitFor({ state: 'detached' });
    await picture('photo-broken', broken);
    await broken.context().close();
  });

  test('the page has nothing to complain about', () => assertSilent(f.complaints));
});

// The page in a real browser: a user acts as a customer and talks with a bot; every view is checked for accessibility.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { Simulator } from './client.ts';
import { EXAMPLES, example } from './kinds.ts';

const TOKEN = '123456:TEST';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let sim: Simulator;
let browser: Browser;

before(async () => {
  sim = await Simulator.start({ tokens: [TOKEN] });
  browser = await chromium.launch({ executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  await sim.stop();
});

async function open(options: BrowserContextOptions): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage({ locale: 'en', ...options });
  page.setDefaultTimeout(8000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(sim.url);
  await page.waitForSelector('.add');
  return { page, errors };
}

async function accessible(page: Page): Promise<void> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const result = await (globalThis as any).axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'] });
    return result.violations.map((v: any) => `${v.id}: ${v.nodes.map((n: any) => `${n.target} ${n.any[0]?.message ?? ''}`).join(' | ')}`);
  });
  assert.deepEqual(found, []);
}

test('on a desktop a person creates a customer, starts, writes, is answered, presses a button', async () => {
  await sim.reset();
  const { page, errors } = await open({ viewport: { width: 1440, height: 900 } });
  await page.click('.add');
  await page.fill('dialog input[name=first_name]', 'Nina');
  await page.click('dialog .primary');
  await page.click('.wide');
  await page.waitForSelector('.own:has-text("/start")');
  await page.fill('textarea', 'Where is my order?');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.own:has-text("Where is my order?")');
  const id = (await sim.control('GET', 'customers')).customers[0].id;
  await sim.call(TOKEN, 'sendMessage', {
    chat_id: id, text: '<b>On its way</b> <script>', parse_mode: '', reply_markup: { inline_keyboard: [[{ text: 'Thanks', callback_data: 'ok' }]] },
  });
  await sim.call(TOKEN, 'getUpdates', { offset: (await sim.call(TOKEN, 'getUpdates'))['result'].at(-1).update_id + 1 });
  await page.click('.their button:has-text("Thanks")');
  const { result } = await sim.call(TOKEN, 'getUpdates', { timeout: 5 });
  assert.equal(result.at(-1).callback_query.data, 'ok');
  await sim.call(TOKEN, 'answerCallbackQuery', { callback_query_id: result.at(-1).callback_query.id, text: 'Glad to help' });
  await page.waitForSelector('.toast:has-text("Glad to help")');
  assert.ok((await page.textContent('.their .text'))!.includes('<b>On its way</b> <script>'));
  await accessible(page);
  assert.deepEqual(errors, []);
  await page.close();
});

test('on a phone in Russian and dark: attach, edit, block and start again', async () => {
  await sim.reset();
  const ann = await sim.customer({ first_name: 'Анна', language_code: 'ru' });
  await sim.start(ann);
  const { page, errors } = await open({ viewport: { width: 390, height: 844 }, locale: 'ru', colorScheme: 'dark' });
  await accessible(page);
  await page.click('.person');
  await page.click('.composer .iconbutton');
  await page.click('.menu button:has-text("Пример фото")');
  await page.waitForSelector('.own .picture img');
  await page.fill('textarea', 'опечатко');
  await page.click('.sendbutton');
  await page.click('.own .bubble:has-text("опечатко")', { button: 'right' });
  await page.click('.menu button:has-text("Изменить")');
  await page.fill('textarea', 'опечатка');
  await page.click('.sendbutton');
  await page.waitForSelector('.own:has-text("изменено")');
  await page.click('.own .bubble:has-text("опечатка")', { button: 'right' });
  await page.click('.menu button:has-text("Реакция")');
  await page.click('.menu button:has-text("👍")');
  await page.waitForSelector('.own .reactions:has-text("👍")');
  await page.click('.bar .iconbutton:last-child');
  await page.click('.menu button:has-text("Подключить")');
  while (!(await sim.control('GET', `customers/${ann.id}`)).customer.is_premium) await page.waitForTimeout(20);
  await page.click('.composer .iconbutton');
  await page.click('.menu button:has-text("Опрос")');
  await page.waitForSelector('.own .poll');
  await accessible(page);
  await page.click('.bar .iconbutton:last-child');
  await page.click('.menu .danger');
  await page.waitForSelector('.wide:has-text("Разблокировать")');
  assert.equal((await sim.call(TOKEN, 'sendMessage', { chat_id: ann.id, text: 'x' }))['error_code'], 403);
  await page.click('.wide');
  await page.waitForSelector('.composer textarea');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(errors, []);
  await page.close();
});

test('a person sends every kind, and votes in a poll of the bot', async () => {
  await sim.reset();
  const ann = await sim.customer({ first_name: 'Ann' });
  await sim.start(ann);
  const { page, errors } = await open({ viewport: { width: 390, height: 844 } });
  await page.click('.person');
  const attach = async (...names: string[]): Promise<void> => {
    await page.click('.composer .iconbutton');
    for (const name of names) await page.getByRole('menuitem', { name, exact: true }).click();
  };
  const last = async (): Promise<any> => (await sim.transcript(ann.id)).messages.at(-1)!.message;
  const menu = (): Promise<string[]> => page.getByRole('menuitem').allTextContents();
  await page.click('.composer .iconbutton');
  await page.getByRole('menuitem', { name: 'Other kinds…' }).click();
  const names = await menu();
  assert.equal(names.length, EXAMPLES.length);
  assert.ok(names.every((name) => !name.startsWith('example_')), 'every kind has a name');
  await page.keyboard.press('Escape');
  for (const [i, name] of names.entries()) {
    const before = (await last()).message_id;
    await attach('Other kinds…', name);
    while ((await last()).message_id === before) await page.waitForTimeout(10);
    const content = Object.keys(example(EXAMPLES[i]!, () => ({}))!)[0]!;
    assert.ok(content in (await last()), `${name} is a message with ${content}`);
  }
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), attach('File from this device')]);
  await chooser.setFiles({ name: 'terms.txt', mimeType: 'text/plain', buffer: Buffer.from('words') });
  await page.waitForSelector('.own .filerow:has-text("terms.txt")');
  const { result } = await sim.call(TOKEN, 'sendPoll', { chat_id: ann.id, question: 'When?', options: [{ text: 'Now' }, { text: 'Later' }] });
  await page.click('.their .bubble:has(.poll)', { button: 'right' });
  await page.getByRole('menuitem', { name: 'Vote: Later' }).click();
  await page.waitForSelector('.their .poll label:has-text("Later"):has-text("1")');
  assert.equal(result.poll.total_voter_count, 0);
  await accessible(page);
  assert.deepEqual(errors, []);
  await page.close();
});

test('in a group a person at the page is one of its members, and replies to what the bot brought', async () => {
  await sim.reset();
  const [maria, anton] = [await sim.customer({ first_name: 'Maria' }), await sim.customer({ first_name: 'Anton' })];
  const emma = await sim.customer({ first_name: 'Emma' });
  await sim.start(emma);
  const { chat } = await sim.control('POST', 'groups', { title: 'Support team', bot: TOKEN, members: [maria.id, anton.id] });
  const { page, errors } = await open({ viewport: { width: 1440, height: 900 } });
  const names = (await page.locator('.person b').allTextContents()).map((name) => name.trim());
  assert.deepEqual(names, ['Support team', 'Emma'], 'who works in the group is no customer');
  await page.click('.person:has-text("Support team")');
  await page.waitForSelector('.hello:has-text("A reply to it goes to the customer")');
  await accessible(page);
  const brought = await sim.call(TOKEN, 'sendMessage', { chat_id: chat.id, text: 'Emma\nWhere is my order?' });
  await page.click('.self button:has-text("Anton")');
  await page.dblclick('.their .bubble:has-text("Where is my order?")');
  await page.waitForSelector('.mode:has-text("Where is my order?")');
  await page.fill('textarea', 'On its way');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.own .bubble:has-text("On its way") .quote:has-text("Emma")');
  const { result } = await sim.call(TOKEN, 'getUpdates', { timeout: 5 });
  const { message } = result.at(-1);
  assert.deepEqual([message.from.id, message.chat.id, message.reply_to_message.message_id], [anton.id, chat.id, brought['result'].message_id]);
  await page.click('.self button:has-text("Maria")');
  await page.waitForSelector('.their .sender:has-text("Anton")');
  await accessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(errors, []);
  await page.close();
});

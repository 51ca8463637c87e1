// The staff group in the panel: it is chosen from the bot's groups, its errors are shown, and answers from it are marked.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Api } from '../harness/api.ts';
import { Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';
import { assertSilent, axe, DESKTOP, launch, openChat, PHONE, signIn, watch } from './browser.ts';

const TOKEN = '123456:TEST';

describe('the staff group in Chromium', () => {
  let sim: Simulator;
  let server: Server;
  let api: Api;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let maria: Customer;
  let group: number;
  const complaints: string[] = [];
  const card = () => page.getByTestId('staff-group');
  const shot = async (p: Page, name: string): Promise<void> => {
    if (process.env['SHOTS']) await p.screenshot({ path: `${process.env['SHOTS']}/${name}.png` });
  };

  before(async () => {
    sim = await Simulator.start({ tokens: [TOKEN], strict: true });
    maria = await sim.customer({ first_name: 'Maria', language_code: 'en' });
    server = await Server.start({ telegram: sim.url, token: TOKEN });
    api = await server.signIn();
    await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    browser = await launch();
    context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', reducedMotion: 'reduce' });
    page = await context.newPage();
    watch(page, complaints);
    await signIn(page, server.url);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await sim?.stop();
  });

  test('without a group the card shows how to begin; a group that the bot joins appears by itself', async () => {
    await page.goto(`${server.url}/settings/bot`);
    await card().getByText('The bot isn’t in any group yet').waitFor();
    assert.deepEqual(await axe(page), []);
    await shot(page, 'group-empty');
    group = (await sim.group({ title: 'Support team', members: [maria.id], bot: TOKEN }))['id'];
    await card().getByText('Support team').waitFor({ timeout: 15_000 });
    await shot(page, 'group-candidates');
  });

  test("a wrong id is refused with Telegram's reason, an invalid one at once", async () => {
    await card().locator('input[name=chat_id]').fill('12345');
    await card().getByRole('button', { name: 'Use this group', exact: true }).last().click();
    await card().getByText("is a negative number").waitFor();
    await card().locator('input[name=chat_id]').fill('-1009999999999');
    await card().getByRole('button', { name: 'Use this group', exact: true }).last().click();
    await card().getByText(/chat not found|Add the bot/).first().waitFor();
    await shot(page, 'group-refused');
  });

  test('a group is chosen, and shown as working', async () => {
    await card().getByRole('button', { name: 'Use the group Support team' }).click();
    await page.waitForSelector('[data-testid=staff-group]:not([data-state=off])');
    await page.getByText('“Support team” is now the staff group').waitFor();
    const olga = await sim.customer({ first_name: 'Olga', last_name: 'Fedorova' });
    await sim.text(olga, 'Can I change the address of my order?');
    const copy = await until('the copy', async () => (await sim.transcript(group)).messages.find((l) => l.text.endsWith('of my order?')));
    await sim.text(maria, 'Yes, until it leaves. Where shall it go?', { chat: group, reply_to: copy.message_id });
    await page.waitForSelector('[data-testid=staff-group][data-state=ok]', { timeout: 15_000 });
    assert.deepEqual(await axe(page), []);
    await shot(page, 'group-ok');
  });

  test('an answer from the group is marked, with its author', async () => {
    await page.goto(server.url);
    await openChat(page, 'Olga Fedorova');
    const bubble = page.getByTestId('message').filter({ hasText: 'Where shall it go?' });
    await bubble.getByTestId('from-group').waitFor();
    assert.match(await bubble.innerText(), /Maria/);
    await shot(page, 'group-chat');
    await page.goto(`${server.url}/settings/operators`);
    await page.getByTestId('operator-row').filter({ hasText: 'Maria' }).getByText('Replies in the staff group').waitFor();
    await shot(page, 'group-operators');
  });

  test('topics are refused with what is missing, and chosen when nothing is', async () => {
    await page.goto(`${server.url}/settings/bot`);
    const mode = page.getByTestId('group-mode');
    await mode.getByText('Topics are switched on in the group').waitFor();
    assert.equal(await mode.locator('[data-met=false]').count(), 1, 'only topics are missing');
    await mode.getByText('A topic for each conversation').click();
    await mode.getByRole('alert').getByText('Topics are off in this group').waitFor();
    assert.equal(await mode.getAttribute('data-mode'), 'plain');
    assert.deepEqual(await axe(page), []);
    await shot(page, 'group-topics-refused');
    await sim.groupAct(group, 'forum', { enabled: true });
    await mode.getByText('A topic for each conversation').click();
    await page.waitForSelector('[data-testid=group-mode][data-mode=topics]');
    await until('every need is met', async () => (await mode.locator('[data-met=true]').count()) === 4);
    await mode.locator('input[name=note_prefix]').fill('!!');
    await mode.getByRole('button', { name: 'Save' }).click();
    await until('it is kept', async () => (await api.call('GET', '/api/channels/telegram/group')).note_prefix === '!!');
    const tina = await sim.customer({ first_name: 'Tina' });
    await sim.text(tina, 'in a topic of mine');
    await until('the topic', async () => ((await sim.groupAct(group, 'topics'))['topics'] as { name: string }[]).some((topic) => topic.name === '🟡 Tina'));
    await sim.groupAct(group, 'bot', { bot: TOKEN, status: 'administrator', rights: { can_manage_topics: false } });
    await sim.text(await sim.customer({ first_name: 'Uma' }), 'who needs a new topic');
    await card().getByText('The bot may not manage topics').waitFor({ timeout: 30_000 });
    await until('the need is shown', async () => (await mode.locator('[data-met=false]').count()) === 1);
    await shot(page, 'group-topics');
    await mode.getByText('One stream').click();
    await page.waitForSelector('[data-testid=group-mode][data-mode=plain]');
    await sim.groupAct(group, 'bot', { bot: TOKEN, status: 'administrator' });
    await mode.getByText('A topic for each conversation').click();
    await page.waitForSelector('[data-testid=group-mode][data-mode=topics]');
  });

  test('a group that accepts no messages is shown with its error and waiting copies; then it is removed', async () => {
    await sim.groupAct(group, 'bot', { bot: TOKEN, status: 'kicked' });
    await until('it is seen', async () => (await api.call('GET', '/api/channels/telegram/group')).state === 'failing');
    await page.goto(`${server.url}/settings/bot`);
    await page.waitForSelector('[data-testid=staff-group][data-state=failing]');
    await card().getByText('The bot was removed from the group.').waitFor();
    assert.deepEqual(await axe(page), []);
    await shot(page, 'group-failing');
    const phone = await browser.newContext({ viewport: PHONE, locale: 'ru', colorScheme: 'dark', reducedMotion: 'reduce', storageState: { cookies: (await context.storageState()).cookies, origins: [] } });
    const small = await phone.newPage();
    watch(small, complaints);
    await small.goto(`${server.url}/settings/bot`);
    await small.getByText('Группа сотрудников').first().waitFor();
    await small.getByTestId('staff-group').scrollIntoViewIfNeeded();
    assert.deepEqual(await axe(small), []);
    await shot(small, 'group-phone-dark');
    await phone.close();
    await card().getByRole('button', { name: 'Stop using' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop using' }).click();
    await page.waitForSelector('[data-testid=staff-group][data-state=off]');
  });

  test('the console has no errors', () => assertSilent(complaints));

  test('an operator links their Telegram; a person of the group is joined to an operator', async () => {
    await page.setViewportSize(DESKTOP);
    const zoe = await sim.customer({ first_name: 'Zoe', username: 'zoe_desk', language_code: 'en' });
    await page.goto(`${server.url}/settings/telegram`);
    await page.getByRole('button', { name: 'Link an account' }).click();
    const href = (await page.getByTestId('link-way').getAttribute('href'))!;
    assert.match(href, /^https:\/\/t\.me\/\w+\?start=link-[\w-]{24}$/);
    await page.getByText(/^Works once, for (9:5\d|10:00) more/).waitFor();
    assert.deepEqual(await axe(page), []);
    await shot(page, 'link-code');
    await page.setViewportSize(PHONE);
    await page.emulateMedia({ colorScheme: 'dark' });
    await shot(page, 'link-code-phone-dark');
    await page.setViewportSize(DESKTOP);
    await page.emulateMedia({ colorScheme: 'light' });
    await sim.start(zoe, href.split('start=')[1]!);
    const asked = await until('the bot asks', async () => (await sim.transcript(zoe.id)).messages.findLast((m) => m.text.startsWith('🔗')));
    await sim.press(zoe, asked.message_id, { row: 0, column: 0 });
    await page.getByTestId('linked-account').getByText('@zoe_desk').waitFor();
    await shot(page, 'link-done');
    await page.getByRole('button', { name: 'Unlink' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unlink' }).click();
    await page.getByText('No account is linked.').waitFor();
    await api.call('POST', '/api/operators', { login: 'maria', name: 'Maria Berg', role: 'operator', password: 'a plain long password' });
    server.query("INSERT INTO operator (login, name, role, password_hash, created_at, updated_at) VALUES ('tg-9', 'Maria of the group', 'operator', '', 1, 1)");
    await page.goto(`${server.url}/settings/operators`);
    await page.getByTestId('operator-row').filter({ hasText: 'Maria of the group' }).getByRole('button').click();
    await page.getByRole('menuitem', { name: 'Join to another operator' }).click();
    await page.getByRole('dialog').getByText('Maria Berg').click();
    assert.deepEqual(await axe(page), []);
    await shot(page, 'link-join');
    await page.getByRole('dialog').getByRole('button', { name: 'Join', exact: true }).click();
    await page.getByTestId('operator-row').filter({ hasText: 'Maria of the group' }).getByText('Deactivated').waitFor();
  });

  test('My Telegram: why no notice comes, then what the operator wants to hear, and when it is quiet', async () => {
    await page.goto(`${server.url}/settings/telegram`);
    await page.getByTestId('notices-why').getByText('Link your Telegram account first').waitFor();
    const me = (await api.me()).operator.id;
    server.query(`INSERT INTO operator_identity (channel, external_id, operator_id, created_at, username, account) VALUES ('telegram', '777', ${me}, 1, 'maria_x', '123456')`);
    await page.reload();
    await page.getByRole('switch', { name: 'New conversations' }).click();
    await page.getByRole('switch', { name: 'Quiet hours' }).click();
    await page.getByLabel('From', { exact: true }).fill('21:30');
    await page.getByLabel('Until', { exact: true }).fill('07:15');
    await page.getByLabel('Until', { exact: true }).blur();
    await until('it is saved', async () => {
      const wishes = await api.call('GET', '/api/operators/me/notices');
      return wishes.waiting && !wishes.answered && wishes.quiet_from === '21:30' && wishes.quiet_to === '07:15' && wishes.language === 'en' && wishes.reach === 'ready';
    });
    assert.equal(await page.getByTestId('notices-why').count(), 0);
    assert.deepEqual(await axe(page), []);
    await shot(page, 'notices-desktop');
    for (const [name, options] of [['phone-dark', { viewport: PHONE, colorScheme: 'dark', locale: 'ru-RU' }], ['desktop-dark', { viewport: DESKTOP, colorScheme: 'dark', locale: 'en-GB' }]] as const) {
      const other = await browser.newContext({ ...options, reducedMotion: 'reduce', storageState: { cookies: (await context.storageState()).cookies, origins: [] } });
      const there = await other.newPage();
      watch(there, complaints);
      await there.goto(`${server.url}/settings/telegram`);
      await there.getByRole('switch').first().waitFor();
      assert.deepEqual(await axe(there), []);
      await shot(there, `notices-${name}`);
      await other.close();
    }
  });

  test('the live card of a bot is switched on with its other settings', async () => {
    await page.goto(`${server.url}/settings/bot`);
    await page.getByRole('button', { name: 'Settings', exact: true }).first().click();
    await page.getByRole('switch', { name: 'Live card' }).click();
    await shot(page, 'live-card');
    await page.getByRole('button', { name: 'Save', exact: true }).first().click();
    await until('it is on', async () => (await api.call('GET', '/api/bots/123456/card')).enabled);
  });
});

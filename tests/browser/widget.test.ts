// The web chat on another site: visitors write there and operators answer in the desk; reloads, restarts, refusals, a phone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, BrowserContextOptions, FrameLocator, Page } from 'playwright-core';
import type { Conversation } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { Server, until } from '../harness/server.ts';
import { hashOf, picture } from '../mobile/app.ts';
import { Simulator } from '../telegram/client.ts';
import { assertSilent, axe, DESKTOP, launch, openChat, PHONE, signIn, watch } from './browser.ts';

const KEY = 'the-key-of-the-tests';
const SECRET = 'a-secret-of-32-characters-or-more';

describe('the web chat in Chromium', () => {
  let site: Simulator; // its demo shop is a page of another origin
  let server: Server;
  let api: Api;
  let browser: Browser;
  const complaints: string[] = [];
  const shot = async (p: Page, name: string): Promise<void> => {
    if (process.env['SHOTS']) await p.screenshot({ path: `${process.env['SHOTS']}/${name}.png` });
  };
  const context = (options: BrowserContextOptions = {}): Promise<BrowserContext> =>
    browser.newContext({ viewport: DESKTOP, locale: 'en-GB', reducedMotion: 'reduce', ...options });
  const shop = async (where: BrowserContext, more: Record<string, string> = {}, at = server): Promise<Page> => {
    const page = await where.newPage();
    watch(page, complaints);
    const signed: Record<string, string> = more['userId'] ? { userHash: hashOf(SECRET, more['userId']) } : {};
    await page.goto(`${site.url}/shop.html?${new URLSearchParams({ desk: at.url, ...signed, ...more })}`);
    await page.waitForFunction(() => 'Switchboard' in globalThis);
    return page;
  };
  const frame = (page: Page): FrameLocator => page.frameLocator('iframe');
  const open = async (page: Page): Promise<FrameLocator> => {
    await page.getByRole('button', { name: /Open the chat|Открыть чат/ }).click();
    await frame(page).locator('textarea').waitFor();
    return frame(page);
  };
  const write = async (page: Page, text: string): Promise<void> => {
    await frame(page).locator('textarea').fill(text);
    await frame(page).locator('textarea').press('Enter');
    await bubble(page, text).and(frame(page).locator('[data-state=sent]')).waitFor();
  };
  const bubble = (page: Page, text: string) => frame(page).getByTestId('widget-message').filter({ hasText: text });
  const conversationWith = (text: string): Promise<Conversation> =>
    until(`the conversation with "${text}"`, async () => (await api.everyConversation()).find((c) => c.last_message?.preview === text));

  before(async () => {
    site = await Simulator.start({ tokens: ['123456:TEST'] });
    server = await Server.start({ env: { MOBILE_APP_KEY: KEY, MOBILE_SIGNING_SECRET: SECRET } });
    api = await server.signIn();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await site?.stop();
  });

  test('a site loads less than 30 KB for it', async () => {
    const page = await (await fetch(`${server.url}/widget/`)).text();
    const paths = ['/widget.js', '/widget/', ...[...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((m) => m[1]!)];
    assert.ok(paths.length >= 4, page);
    for (const [name, pack] of [['gzip', gzipSync], ['br', brotliCompressSync]] as const) {
      let sum = 0;
      for (const path of paths) sum += pack(Buffer.from(await (await fetch(server.url + path)).arrayBuffer())).length;
      assert.ok(sum < 30_000, `${sum} bytes with ${name}`);
    }
  });

  test('other sites may frame the chat, but not the panel', async () => {
    const headers = async (path: string) => (await fetch(server.url + path)).headers;
    assert.equal((await headers('/')).get('x-frame-options'), 'DENY');
    assert.match((await headers('/')).get('content-security-policy')!, /frame-ancestors 'none'/);
    const own = await headers('/widget/');
    assert.equal(own.get('x-frame-options'), null);
    assert.match(own.get('content-security-policy')!, /default-src 'none'.*frame-ancestors \*/);
    assert.equal((await headers('/widget.js')).get('cross-origin-resource-policy'), 'cross-origin');
    const strict = await Server.start({ env: { MOBILE_APP_KEY: KEY, WIDGET_ORIGINS: 'https://shop.example' } });
    const policy = (await fetch(`${strict.url}/widget/`)).headers.get('content-security-policy')!;
    await strict.stop();
    assert.match(policy, /frame-ancestors 'self' https:\/\/shop\.example$/);
  });

  test('a visitor writes and gets an answer; unread answers are counted; a reload keeps everything', async () => {
    const where = await context();
    const page = await shop(where);
    await shot(page, 'widget-closed');
    await open(page);
    await frame(page).getByText('Hello!').waitFor(); // the greeting of the day
    await shot(page, 'widget-empty');
    await write(page, 'Do you have the Fjord in red?');
    const { id, customer } = await conversationWith('Do you have the Fjord in red?');
    assert.equal(customer.channel, 'mobile');
    assert.match(customer.name, /^Visitor \d{4}$/);
    await api.reply(id, { text: 'Not yet, but in May. See https://example.com/fjord' });
    await bubble(page, 'in May').getByRole('link', { name: 'https://example.com/fjord' }).waitFor();
    await until('it is seen', async () => (await api.call('GET', `/api/conversations/${id}`)).seen_message_id > 0);
    await write(page, 'Great, thank you!');
    await shot(page, 'widget-open');
    // The whole page of the site, which the chat must not break.
    assert.deepEqual((await axe(page)).filter((v) => !/color-contrast.*(header|nav|footer|article|hero|care)/.test(v)), []);
    await page.getByRole('button', { name: 'Close the chat' }).first().click();
    await api.reply(id, { text: 'One more thing' });
    await page.getByRole('button', { name: 'Open the chat, 1 unread message' }).waitFor();
    await shot(page, 'widget-unread');
    await page.reload();
    await page.getByRole('button', { name: 'Open the chat, 1 unread message' }).click();
    await bubble(page, 'One more thing').waitFor();
    await bubble(page, 'Do you have the Fjord in red?').first().waitFor();
    assert.equal(await bubble(page, 'Do you have the Fjord in red?').count(), 1);
    assert.equal((await api.history(id)).filter((m) => m.direction === 'in').length, 2);
    await where.close();
  });

  test('it shows who answers and who types, and formats messages', async () => {
    const where = await context();
    const page = await shop(where, { userId: 'formatted', userName: 'Flora' });
    const chat = await open(page);
    assert.ok((await chat.locator('textarea').boundingBox())!.height >= 34, 'the field has its height when it is first shown');
    await write(page, 'How do I care for brass?');
    const { id } = await conversationWith('How do I care for brass?');
    const { operator } = api;
    // Both at once. The chat hides them after six seconds, which a busy machine may miss: the operator goes on typing.
    await until('somebody is typing', async () => {
      await api.call('POST', `/api/conversations/${id}/typing`);
      const both = [chat.getByText(`${operator.name} is typing…`), chat.locator('.dots')];
      return Promise.all(both.map((one) => one.waitFor({ timeout: 5000 }))).then(() => true, () => false);
    });
    await shot(page, 'widget-typing');
    await api.call('POST', `/api/conversations/${id}/typing`, { typing: false });
    await chat.locator('.dots').waitFor({ state: 'hidden' });
    const text = 'Never polish it.\nYou asked about brass\nUse a soft cloth, then rub_gently() and see the guide. Secret: lemon. Or www.halden.example/brass';
    const at = (type: string, words: string, more = {}) => ({ type, offset: text.indexOf(words), length: words.length, ...more });
    await api.reply(id, { text, entities: [at('bold', 'Never'), at('italic', 'polish'), at('blockquote', 'You asked about brass'), at('strikethrough', 'soft'), at('code', 'rub_gently()'), at('text_link', 'the guide', { url: 'https://example.com/guide' }), at('spoiler', 'lemon')] });
    const answer = bubble(page, 'Use a soft cloth');
    await answer.locator('strong', { hasText: 'Never' }).waitFor();
    for (const [tag, words] of [['em', 'polish'], ['blockquote', 'You asked about brass'], ['s', 'soft'], ['code', 'rub_gently()']] as const) assert.equal(await answer.locator(tag).textContent(), words);
    assert.equal(await answer.getByRole('link', { name: 'the guide' }).getAttribute('href'), 'https://example.com/guide');
    assert.equal(await answer.getByRole('link', { name: 'www.halden.example/brass' }).getAttribute('rel'), 'noopener noreferrer nofollow');
    await answer.getByText(operator.name).first().waitFor();
    await chat.getByText(`You’re talking to ${operator.name}`).waitFor();
    assert.deepEqual((await axe(page)).filter((v) => !/color-contrast.*(header|nav|footer|article|hero|care)/.test(v)), []);
    await shot(page, 'widget-formatted');
    await answer.getByRole('button', { name: 'Hidden text. Press to reveal' }).press('Enter');
    await answer.locator('.spoiler.shown').waitFor();
    // The same after a reload, from the history; an app without formatting gets the plain text.
    await page.reload();
    await open(page);
    await bubble(page, 'Use a soft cloth').locator('strong', { hasText: 'Never' }).waitFor();
    const history = await (await fetch(`${server.url}/message_history/formatted`, { headers: { 'x-app-key': KEY } })).json() as { messages: { message: string; operator_name: string | null; entities: unknown[] }[] };
    assert.deepEqual([history.messages.at(-1)!.message, history.messages.at(-1)!.operator_name, history.messages.at(-1)!.entities.length], [text, operator.name, 7]);
    assert.doesNotMatch(JSON.stringify(history), new RegExp(operator.email ?? operator.login));
    await where.close();
  });

  test('photos go both ways', async () => {
    const where = await context();
    const page = await shop(where, { userId: 'photographer', userName: 'Pia' });
    const chat = await open(page);
    await chat.locator('input[type=file]').setInputFiles([1, 2].map((n) => ({ name: `${n}.png`, mimeType: 'image/png', buffer: picture(n, 300, 200) })));
    await chat.locator('textarea').fill('these two are broken');
    await chat.locator('textarea').press('Enter');
    await bubble(page, 'these two are broken').and(chat.locator('[data-state=sent]')).waitFor();
    const conversation = await until('the conversation', async () => (await api.everyConversation()).find((c) => c.customer.name === 'Pia'));
    const form = new FormData();
    form.append('text', 'like this one?');
    form.append('files', new Blob([new Uint8Array(picture(3, 320, 240))], { type: 'image/png' }), 'a.png');
    await api.call('POST', `/api/conversations/${conversation.id}/messages`, form);
    await bubble(page, 'like this one?').locator('button.loaded img').waitFor();
    await shot(page, 'widget-photos');
    await bubble(page, 'like this one?').getByRole('button', { name: 'Open the photo' }).click();
    await chat.locator('dialog[open] img').waitFor();
    await shot(page, 'widget-viewer');
    await page.keyboard.press('Escape');
    assert.equal((await api.history(conversation.id)).filter((m) => m.direction === 'in' && m.kind === 'photo').length, 2);
    await chat.locator('input[type=file]').setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
    await chat.getByText('Only PNG, JPEG, GIF and WebP photos can be sent.').waitFor();
    await chat.locator('input[type=file]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.alloc(0) });
    await chat.getByText('This photo is empty. Choose another one.').waitFor();
    await chat.locator('input[type=file]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.alloc(11 << 20) });
    await chat.getByText('A photo can be up to 10 MB. Choose a smaller one.').waitFor();
    await where.close();
  });

  test('a message written while the desk is down is sent once afterwards, and no answer is missed', async () => {
    const where = await context();
    const page = await shop(where, { userId: 'patient', userName: 'Petra' });
    await open(page);
    await write(page, 'before the restart');
    const { id } = await conversationWith('before the restart');
    await server.terminate();
    await frame(page).locator('textarea').fill('while it was away');
    await frame(page).locator('textarea').press('Enter');
    await frame(page).locator('[data-state=lost]').getByText('Not sent yet. We’ll keep trying').waitFor();
    await frame(page).getByText('What you write will be sent when the connection is back.').waitFor();
    await frame(page).locator('header').getByText('No connection').waitFor();
    await shot(page, 'widget-lost');
    await server.run();
    await bubble(page, 'while it was away').and(frame(page).locator('[data-state=sent]')).waitFor();
    await api.reply(id, { text: 'I am back' });
    await bubble(page, 'I am back').waitFor();
    assert.deepEqual((await api.history(id)).filter((m) => m.direction === 'in').map((m) => m.text), ['before the restart', 'while it was away']);
    assert.equal(await bubble(page, 'while it was away').count(), 1);
    await where.close();
  });

  test('Russian, dark, on a phone: it covers the screen while it is open', async () => {
    const where = await context({ viewport: PHONE, locale: 'ru', colorScheme: 'dark', hasTouch: true, isMobile: true });
    const page = await shop(where, { userId: 'ru-phone', userName: 'Рита' });
    await open(page);
    const list = frame(page).locator('.scroll:focus'); // on a phone the list is focused, so no keyboard covers it; the focus ring is shown only after a key press
    const ring = () => list.evaluate((at) => getComputedStyle(at).outlineStyle);
    assert.equal(await ring(), 'none');
    await page.keyboard.press('ArrowUp');
    assert.equal(await ring(), 'solid');
    await write(page, 'Когда придёт мой заказ?');
    const { id } = await conversationWith('Когда придёт мой заказ?');
    await api.call('POST', `/api/conversations/${id}/typing`);
    await frame(page).getByText(/печатает…/).waitFor();
    await api.reply(id, { text: 'Завтра до обеда. Курьер позвонит за час.', entities: [{ type: 'bold', offset: 0, length: 6 }] });
    await bubble(page, 'Завтра до обеда').waitFor();
    await frame(page).getByText(/Вам отвечает/).waitFor();
    const box = (await page.locator('iframe').boundingBox())!;
    assert.deepEqual([box.x, box.y, box.width], [0, 0, PHONE.width]);
    await shot(page, 'widget-phone-dark');
    await frame(page).getByRole('button', { name: 'Закрыть чат' }).click();
    await page.getByRole('button', { name: 'Открыть чат' }).waitFor();
    assert.equal(await page.evaluate(() => document.body.inert), false);
    await where.close();
  });

  for (const [size, viewport, focused] of [['a phone', PHONE, '.scroll:focus'], ['a desktop', DESKTOP, 'textarea:focus']] as const)
    test(`a chat that is opened before its frame has loaded takes the focus, on ${size}`, async () => {
      const where = await context({ viewport });
      let load = (): void => {};
      const opened = new Promise<void>((resolve) => (load = resolve));
      await where.route(`${server.url}/widget/`, async (route) => {
        await opened;
        await route.continue();
      });
      const page = await shop(where);
      await page.getByRole('button', { name: 'Open the chat' }).click();
      load();
      await frame(page).locator(focused).waitFor();
      await where.close();
    });

  test('the keyboard alone opens, writes and closes it', async () => {
    const where = await context({ colorScheme: 'dark' });
    const page = await shop(where, { userId: 'keys' });
    await page.getByRole('button', { name: 'Open the chat' }).focus();
    await page.keyboard.press('Enter');
    await frame(page).locator('textarea:focus').waitFor();
    await page.keyboard.type('typed');
    await page.keyboard.press('Enter');
    await bubble(page, 'typed').and(frame(page).locator('[data-state=sent]')).waitFor();
    await shot(page, 'widget-dark');
    await page.keyboard.press('Escape');
    await page.locator('button.launcher:focus').waitFor();
    await where.close();
  });

  test('a wrong key gives the visitor a short text and the site’s owner a warning in the console', async () => {
    const where = await context();
    const page = await where.newPage();
    const warnings: string[] = [];
    page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
    await page.goto(`${site.url}/shop.html?${new URLSearchParams({ desk: server.url, appKey: 'wrong', userId: 'claimed' })}`);
    await page.getByRole('button', { name: 'Open the chat' }).click();
    await frame(page).getByText('The chat isn’t available here right now.').waitFor();
    await shot(page, 'widget-refused');
    await until('the warning in the console', () => warnings.some((text) => /data-app-key/.test(text)));
    await where.close();
  });

  test('signed ids: a user with their own signature can chat, one with another’s cannot', async () => {
    const signed = await Server.start({ env: { MOBILE_API_AUTH: 'signed', MOBILE_SIGNING_SECRET: SECRET, WIDGET_VISITORS: 'false' } });
    const where = await context();
    const page = await shop(where, { userId: 'sam', userName: 'Sam' }, signed);
    await open(page);
    await write(page, 'signed and sent');
    await frame(page).locator('input[type=file]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: picture(7, 200, 100) });
    await frame(page).locator('textarea').press('Enter');
    await frame(page).locator('button.loaded img').waitFor();
    await page.reload();
    await page.waitForFunction(() => 'Switchboard' in globalThis);
    await open(page);
    await frame(page).locator('button.loaded img').waitFor(); // fetched with the signature
    for (const who of [{ userId: 'eve', userHash: hashOf(SECRET, 'sam') }, {}] as Record<string, string>[]) {
      const other = await where.newPage();
      await other.goto(`${site.url}/shop.html?${new URLSearchParams({ desk: signed.url, ...who })}`);
      await other.getByRole('button', { name: 'Open the chat' }).click();
      await frame(other).getByText('The chat isn’t available here right now.').waitFor();
    }
    await where.close();
    await signed.stop();
  });

  test('an anonymous visitor has a secret, stored in the frame only; an earlier visitor without one gets it', async () => {
    const where = await context();
    const addresses: string[] = [];
    where.on('request', (request) => addresses.push(request.url()));
    const page = await shop(where);
    assert.equal(await page.locator('script[data-app-key]').count(), 0);
    await open(page);
    await write(page, 'nobody but me reads this');
    const { customer } = await conversationWith('nobody but me reads this');
    assert.match(customer.external_id, /^visitor-[\w-]{22}$/);
    const stored = (): Promise<Record<string, string | null>> => frame(page).locator('body').evaluate(() => ({ id: localStorage.getItem('switchboard.widget.visitor'), secret: localStorage.getItem('switchboard.widget.secret') }));
    assert.equal((await stored())['id'], customer.external_id);
    assert.match((await stored())['secret']!, /^[0-9a-f]{64}$/);
    assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
    await frame(page).locator('input[type=file]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: picture(1, 200, 150) });
    await write(page, 'a picture that nobody else sees');
    await page.reload();
    await open(page);
    await until('the picture is drawn', () => frame(page).locator('article img, .bubble img, main img').evaluateAll((all) => all.some((i) => (i as HTMLImageElement).naturalWidth > 0 && (i as HTMLImageElement).src.startsWith('blob:'))));
    const secret = (await stored())['secret']!;
    assert.deepEqual(addresses.filter((address) => address.includes(secret) || address.includes('user_hash')), [], 'no address bears the secret');
    assert.ok(addresses.some((address) => address.includes('/uploads/')));
    // A browser whose id has messages but no secret, as in versions before secrets.
    const old = 'web-abcdefghijABCDEFGHIJ-_';
    const made = await (await fetch(`${server.url}/visitor`, { method: 'POST', body: JSON.stringify({ user_id: old, claim: 'nobody-knows-this-claim' }), headers: { 'content-type': 'application/json' } })).json() as { code?: string };
    assert.equal(made.code, 'not_found', 'nobody gets a secret for an id that was never written under');
    server.query(`UPDATE customer SET external_id = '${old}' WHERE external_id = '${customer.external_id}'`);
    await frame(page).locator('body').evaluate((_, id) => {
      localStorage.clear();
      localStorage.setItem('switchboard.widget.visitor', id);
    }, old);
    await page.reload();
    await open(page);
    await bubble(page, 'nobody but me reads this').waitFor();
    await write(page, 'still me');
    const again = (await conversationWith('still me')).customer;
    assert.match(again.external_id, /^visitor-[\w-]{22}$/, 'under an id that the desk made');
    assert.equal(again.id, customer.id);
    assert.equal((await stored())['id'], again.external_id);
    assert.match((await stored())['secret']!, /^[0-9a-f]{64}$/);
    // A desk with another key refuses the secret: the chat begins anew instead of failing for ever.
    await frame(page).locator('body').evaluate(() => localStorage.setItem('switchboard.widget.secret', '0'.repeat(64)));
    await page.reload();
    await open(page);
    await write(page, 'somebody new');
    assert.match((await conversationWith('somebody new')).customer.external_id, /^visitor-/);
    await where.close();
  });

  test('the panel shows the tag, and has a page to try the chat', async () => {
    const where = await context();
    const page = await where.newPage();
    watch(page, complaints);
    await signIn(page, server.url);
    await page.goto(`${server.url}/settings/apps`);
    const card = page.getByTestId('widget-card');
    await card.getByText(`<script async src="${server.url}/widget.js"></script>`, { exact: true }).waitFor();
    await card.getByRole('radio', { name: '#7c3aed' }).click();
    await card.getByText('data-color="#7c3aed"').waitFor();
    assert.deepEqual(await axe(page), []);
    await shot(page, 'widget-card');
    const [tried] = await Promise.all([where.waitForEvent('page'), card.getByRole('link', { name: 'Try it' }).click()]);
    await tried.frameLocator('iframe').locator('textarea').waitFor();
    await shot(tried, 'widget-try');
    await page.goto(server.url);
    await openChat(page, 'Petra');
    await page.getByTestId('message').filter({ hasText: 'while it was away' }).waitFor();
    await where.close();
  });

  test('the consoles have no errors', () => assertSilent(complaints));
});

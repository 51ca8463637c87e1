// An operator's day in a real browser: the first password, the bot's token, photos, failures, colleagues, drafts, long
// histories, the keyboard alone, Russian, and axe's opinion of every further screen in both themes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { Api } from '../harness/api.ts';
import { Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';
import { assertSilent, axe, DESKTOP, fillSignIn, launch, openChat, PHONE, signIn, watch } from './browser.ts';

const TOKEN = '123456:TEST';
const MIRA = { login: 'mira', name: 'Mira Kovac', password: 'a calm blue river' };

describe("an operator's day in Chromium", () => {
  let sim: Simulator;
  let server: Server;
  let api: Api;
  let browser: Browser;
  let admin: BrowserContext;
  let page: Page;
  let nora: Customer;
  let noraId: number;
  const complaints: string[] = [];

  const context = (options: BrowserContextOptions = {}): Promise<BrowserContext> => 
    // Colours during a transition are not checked.
    browser.newContext({ viewport: DESKTOP, locale: 'en-GB', reducedMotion: 'reduce', ...options });
  const newPage = async (where: BrowserContext): Promise<Page> => {
    const fresh = await where.newPage();
    watch(fresh, complaints);
    return fresh;
  };
  /** A page with the administrator's session and other options, without another sign-in. */
  const adminPage = async (options: BrowserContextOptions): Promise<Page> => {
    const { cookies } = await admin.storageState();
    return newPage(await context({ storageState: { cookies, origins: [] }, ...options }));
  };
  const bubble = (p: Page, text: string) => p.getByTestId('message').filter({ hasText: text });
  const conversationOf = (name: string): Promise<number> =>
    until(`a conversation of ${name}`, async () => (await api.everyConversation()).find(({ customer }) => customer.name === name)?.id);

  before(async () => {
    sim = await Simulator.start({ tokens: [TOKEN], strict: true });
    server = await Server.start({ telegram: sim.url, token: TOKEN });
    api = await server.signIn();
    await api.call('POST', '/api/operators', { ...MIRA, role: 'operator' });
    nora = await sim.customer({ first_name: 'Nora', last_name: 'Lund', username: 'nora_lund', language_code: 'en' });
    await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    await sim.text(nora, 'Do you deliver to Bergen?');
    noraId = await conversationOf('Nora Lund');
    browser = await launch();
    admin = await context();
    page = await newPage(admin);
    await signIn(page, server.url);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await sim?.stop();
  });

  test('a one-time password must be changed before anything else', async () => {
    const { password } = await api.call('POST', '/api/operators', { login: 'otto', name: 'Otto Frank', role: 'operator' });
    const guest = await context();
    const p = await newPage(guest);
    await fillSignIn(p, server.url, 'otto', password);
    const form = p.getByTestId('password-form');
    await form.waitFor();
    await p.goto(`${server.url}/inbox/all`);
    await form.waitFor();
    assert.equal(await p.getByTestId('bot-state').count(), 0, 'the desk stays closed');
    const [, next, again] = await form.locator('input').all();
    await form.locator('input').first().fill(password);
    await next!.fill('seven green boats');
    await again!.fill('seven green goats');
    await p.keyboard.press('Enter');
    await form.getByRole('alert').waitFor();
    await again!.fill('seven green boats');
    await p.keyboard.press('Enter');
    await p.getByTestId('bot-state').waitFor();
    await p.reload();
    await p.getByTestId('bot-state').waitFor();
    const refusal = await server.signIn({ login: 'otto', password }).then(() => '', (error) => error.code as string);
    assert.equal(refusal, 'wrong_password');
    await server.signIn({ login: 'otto', password: 'seven green boats' });
    await guest.close();
  });

  test('a new desk asks for a token, refuses a wrong one, and works with a valid one', async () => {
    const other = await Server.start({ env: { TELEGRAM_API_URL: sim.url } });
    try {
      await sim.addBot({ token: '777:NEW', username: 'fresh_desk_bot' });
      const owner = await context();
      const p = await newPage(owner);
      await signIn(p, other.url);
      await p.getByTestId('bot-setup').waitFor();
      assert.deepEqual(await axe(p), []);
      const field = p.getByTestId('token-form').locator('input');
      const problem = p.getByTestId('token-form').getByRole('alert');
      await field.fill('my bot');
      await p.keyboard.press('Enter');
      await problem.filter({ hasText: 'doesn’t look like a token' }).waitFor();
      await field.fill('999:WRONG');
      await p.keyboard.press('Enter');
      await problem.filter({ hasText: 'Telegram doesn’t recognise this token' }).waitFor();
      await field.fill('777:NEW');
      await p.keyboard.press('Enter');
      await p.locator('[data-testid=bot-state][data-state=ok]').waitFor();
      assert.equal(await p.getByTestId('bot-setup').count(), 0);
      await sim.text(await sim.customer({ first_name: 'First', last_name: 'Customer' }), 'Are you open?', { bot: 777 });
      await p.getByTestId('conversation-row').filter({ hasText: 'First Customer' }).waitFor();
      assert.equal((await p.content()).includes('777:NEW'), false, 'the token is never shown');
      await owner.close();
    } finally {
      await other.stop();
    }
  });

  test('a photo dropped into the chat is sent with a caption', async () => {
    await openChat(page, 'Nora Lund');
    const dropped = await page.evaluateHandle(async () => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [640, 480];
      const pen = canvas.getContext('2d')!;
      pen.fillStyle = '#2f5be8';
      pen.fillRect(0, 0, 640, 480);
      const blob = await new Promise<Blob>((resolve) => canvas.toBlob((made) => resolve(made!), 'image/png'));
      const transfer = new DataTransfer();
      transfer.items.add(new File([blob], 'map.png', { type: 'image/png' }));
      return transfer;
    });
    await page.locator('main').dispatchEvent('drop', { dataTransfer: dropped });
    await page.getByRole('button', { name: 'Remove map.png' }).waitFor();
    await page.getByTestId('composer').click();
    await page.keyboard.type('Yes: here is where.');
    await page.keyboard.press('Enter');
    await page.locator('[data-testid=message][data-delivery=sent]').filter({ hasText: 'here is where' }).waitFor();
    const line = (await sim.transcript(nora.id)).messages.at(-1)!;
    assert.equal(line.kind, 'photo');
    assert.equal(line.message['caption'], 'Yes: here is where.');
    assert.equal(line.message['photo'].at(-1).width, 640);
    await bubble(page, 'here is where').getByRole('button', { name: /^Open the photo/ }).click();
    const lightbox = page.getByTestId('lightbox');
    await lightbox.locator('img').waitFor();
    await until('the picture is drawn', async () => lightbox.locator('img').evaluate((img) => (img as HTMLImageElement).naturalWidth === 640));
    await page.keyboard.press('Escape');
    await lightbox.waitFor({ state: 'detached' });
  });

  test('a refused message shows why, is counted, and is delivered when sent again', async () => {
    await openChat(page, 'Nora Lund');
    await sim.fault({ kind: 'status', method: 'sendMessage', count: 1, code: 400, description: 'Bad Request: the harbour is frozen' });
    await page.getByTestId('composer').click();
    await page.keyboard.type('It leaves on Monday.');
    await page.keyboard.press('Enter');
    const failed = page.locator('[data-testid=message][data-delivery=failed]').filter({ hasText: 'It leaves on Monday.' });
    await failed.filter({ hasText: 'Telegram refused this: the harbour is frozen' }).waitFor();
    await page.getByTestId('failed-count').filter({ hasText: /^1/ }).waitFor();
    await page.goto(`${server.url}/settings/failed`);
    await page.getByTestId('dead-letter').filter({ hasText: 'the harbour is frozen' }).waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await axe(page), [], `failed messages, ${colorScheme}`);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('button', { name: 'Open conversation' }).click();
    await failed.getByRole('button', { name: 'Resend' }).click();
    await page.locator('[data-testid=message][data-delivery=sent]').filter({ hasText: 'It leaves on Monday.' }).waitFor();
    await page.getByTestId('failed-count').waitFor({ state: 'detached' });
    const told = (await sim.transcript(nora.id)).messages.filter(({ text }) => text === 'It leaves on Monday.');
    assert.equal(told.length, 1, 'told once');
  });

  test('two operators see who views, types and takes', async () => {
    const theirs = await context();
    const q = await newPage(theirs);
    await signIn(q, server.url, MIRA.login, MIRA.password);
    const kim = await sim.customer({ first_name: 'Kim', last_name: 'Aas' });
    await sim.text(kim, 'Who is there?');
    const id = await conversationOf('Kim Aas');
    await page.goto(`${server.url}/c/${id}`);
    await page.getByTestId('composer').waitFor();
    assert.equal(await page.getByRole('img', { name: 'Also viewing: Mira Kovac' }).count(), 0);
    await q.goto(`${server.url}/c/${id}`);
    await page.getByRole('img', { name: 'Also viewing: Mira Kovac' }).waitFor();
    await q.getByRole('img', { name: 'Also viewing: Administrator' }).waitFor();
    await q.getByTestId('composer').click();
    await q.keyboard.type('Let me');
    await page.getByText('Mira Kovac is typing…').waitFor();
    await q.getByRole('button', { name: 'Take', exact: true }).click();
    await page.locator('[data-testid=system-message][data-action=taken]').filter({ hasText: 'Mira Kovac took the conversation' }).waitFor();
    await page.getByText('Assigned to Mira Kovac.').waitFor();
    await page.getByRole('button', { name: 'Take over' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take over' }).click();
    await q.getByText('Assigned to Administrator.').waitFor();
    assert.equal((await api.conversation(id)).assignee_id, api.operator.id);
    await q.goto(`${server.url}/inbox/waiting`);
    await page.getByRole('img', { name: 'Also viewing: Mira Kovac' }).waitFor({ state: 'detached' });
    await theirs.close();
  });

  test('closing can be undone', async () => {
    await openChat(page, 'Kim Aas');
    await page.locator('header').getByRole('button', { name: 'Close', exact: true }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.locator('[data-testid=system-message][data-action=reopened]').waitFor();
    await page.locator('header').getByRole('button', { name: 'Close', exact: true }).waitFor();
  });

  test('a draft survives a reload, with its formatting, and is shown in the list', async () => {
    await openChat(page, 'Nora Lund');
    await page.getByTestId('composer').click();
    await page.keyboard.type('Not yet ');
    await page.keyboard.press('Control+b');
    await page.keyboard.type('decided');
    await page.reload();
    const composer = page.getByTestId('composer');
    await until('the draft is back', async () => (await composer.textContent()) === 'Not yet decided');
    assert.equal(await composer.locator('b, strong').textContent(), 'decided');
    await openChat(page, 'Kim Aas');
    await page.getByTestId('conversation-row').filter({ hasText: 'Nora Lund' }).filter({ hasText: 'Draft:' }).filter({ hasText: 'Not yet decided' }).waitFor();
    await openChat(page, 'Nora Lund');
    await until('the draft is back', async () => (await composer.textContent()) === 'Not yet decided');
    await composer.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
  });

  test('scrolling up through 500 messages shows each once and in order', async () => {
    const hugo = await sim.customer({ first_name: 'Hugo', last_name: 'Longo' });
    await sim.burst({ count: 500, customer_ids: [hugo.id], text: 'line {n}' });
    const id = await conversationOf('Hugo Longo');
    await until('all have come', async () => (await api.conversation(id)).inbound_count === 500, 30_000);
    const expected = (await api.history(id)).filter(({ direction }) => direction === 'in').map((message) => message.id);
    assert.equal(expected.length, 500);
    // A history that has been read opens at its end.
    await api.act(id, 'read');
    await page.goto(`${server.url}/c/${id}`);
    await page.getByTestId('message').first().waitFor();
    // The first request for an older page fails: the operator at the top must get it nevertheless.
    let asked = 0;
    await page.route(/messages\?before=/, (route) => (asked++ === 0 ? route.abort() : route.continue()));
    // Page Up to the beginning of the conversation, with a check of what is shown after each.
    const seen = await page.evaluate(async () => {
      const log = document.querySelector<HTMLElement>('[role=log]')!;
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const ids = new Set<number>();
      const disorder: string[] = [];
      const look = (): void => {
        const drawn = [...document.querySelectorAll<HTMLElement>('[data-testid=message]')]
          .map((element) => ({ id: Number(element.dataset['id']), top: element.getBoundingClientRect().top }))
          .sort((a, b) => a.top - b.top)
          .map((one) => one.id);
        drawn.forEach((one, i) => (i > 0 && one <= drawn[i - 1]! ? disorder.push(`${drawn[i - 1]} above ${one}`) : ids.add(one)));
      };
      log.scrollTop = log.scrollHeight;
      const until = performance.now() + 20_000;
      for (let still = 0; still < 30 && performance.now() < until; ) {
        await frame();
        await frame();
        look();
        still = log.scrollTop < 1 && document.body.textContent!.includes('The conversation began here') ? still + 1 : 0;
        log.scrollTop -= 400;
      }
      return { ids: [...ids].sort((a, b) => a - b), disorder };
    });
    await page.unroute(/messages\?before=/);
    assert.ok(asked > 1, 'a page was lost');
    assert.deepEqual(seen.disorder, []);
    assert.deepEqual(seen.ids, expected);
    await page.getByRole('button', { name: 'Jump to the newest message' }).click();
    await bubble(page, 'line 500').waitFor();
  });

  test('an answer can be written with the keyboard alone', async () => {
    const p = await newPage(admin);
    await p.goto(`${server.url}/inbox/all`);
    await p.getByTestId('conversation-row').first().waitFor();
    await p.keyboard.press('/');
    await until('the search has focus', () => p.evaluate(() => document.activeElement?.getAttribute('type') === 'search'));
    await p.keyboard.type('nora');
    await until('one is found', async () => (await p.getByTestId('conversation-row').count()) === 1);
    const onRow = () => p.evaluate(() => document.activeElement?.getAttribute('data-testid') === 'conversation-row');
    for (let i = 0; i < 12 && !(await onRow()); i++) await p.keyboard.press('Tab');
    assert.ok(await onRow(), 'Tab reaches the row');
    await p.keyboard.press('Enter');
    await until('the field has focus', () => p.evaluate(() => document.activeElement?.getAttribute('data-testid') === 'composer'));
    await p.keyboard.type('Written without a mouse.');
    await p.keyboard.press('Enter');
    await p.locator('[data-testid=message][data-delivery=sent]').filter({ hasText: 'Written without a mouse.' }).waitFor();
    await p.keyboard.press('Escape');
    await p.keyboard.press('e');
    await p.getByRole('button', { name: 'Reopen' }).waitFor();
    assert.equal((await api.conversation(noraId)).status, 'closed');
    await p.keyboard.press('e');
    await until('it is open again', async () => (await api.conversation(noraId)).status !== 'closed');
    await p.keyboard.press('Control+k');
    await p.getByTestId('palette').waitFor();
    await p.keyboard.type('Failed messages');
    await p.keyboard.press('Enter');
    await p.getByText('Nothing has failed').waitFor();
    await p.close();
  });

  test('Enter or Ctrl+Enter sends, by the operator’s choice', async () => {
    await page.goto(`${server.url}/settings/preferences`);
    await page.getByText('Ctrl+Enter', { exact: true }).click();
    await page.goto(`${server.url}/c/${noraId}`);
    await page.getByTestId('composer').click();
    await page.keyboard.type('two');
    await page.keyboard.press('Enter');
    await page.keyboard.type('lines');
    await page.keyboard.press('Control+Enter');
    await page.locator('[data-testid=message][data-delivery=sent]').filter({ hasText: 'two\nlines' }).waitFor();
    assert.equal((await sim.transcript(nora.id)).messages.at(-1)!.text, 'two\nlines');
  });

  test('the Russian panel has no English texts', async () => {
    const p = await adminPage({ locale: 'ru-RU' });
    // Texts that are not translated: names, keys, addresses, and messages.
    const foreign = /Switchboard|long polling|Telegram|BotFather|Enter|Ctrl|Shift|Esc\b|English|Administrator|admin|example\.com|support|bot\b|Nora|Lund|nora_lund|Mira|mira|Kovac|Otto|otto|Frank|Hugo|Longo|Kim|Aas|line \d+|Hello!.*chat\./gi;
    for (const path of ['/inbox/all', '/settings/bot', '/settings/operators', '/settings/failed', '/settings/preferences', '/settings/profile']) {
      await p.goto(server.url + path);
      await p.locator('h1, h2').first().waitFor();
      await p.getByTestId('bot-state').waitFor();
      await until(`${path} is drawn`, async () => (await p.locator('[aria-label="Загрузка"]').count()) === 0);
      assert.equal(await p.evaluate(() => document.documentElement.lang), 'ru');
      const said = await p.evaluate(() => {
        const labels = [...document.querySelectorAll('[aria-label], [placeholder], [title]')].flatMap((e) => ['aria-label', 'placeholder', 'title'].map((a) => e.getAttribute(a) ?? ''));
        // Rows of the list contain customers' messages.
        const rows = new Set([...document.querySelectorAll('[data-testid=conversation-row]')].map((e) => (e as HTMLElement).innerText));
        return [document.title, ...labels, ...document.body.innerText.split('\n')].filter((line) => ![...rows].some((row) => row.includes(line)));
      });
      assert.deepEqual(said.map((line) => line.replace(foreign, '')).filter((line) => /[a-z]{3}/i.test(line)), [], path);
    }
    await p.goto(`${server.url}/c/${noraId}`);
    assert.equal(await p.getByTestId('composer').getAttribute('data-placeholder'), 'Напишите ответ…');
    await p.context().close();
  });

  for (const colorScheme of ['light', 'dark'] as const)
    test(`axe finds nothing on the further screens, ${colorScheme}`, async () => {
      const p = await adminPage({ colorScheme });
      await p.goto(`${server.url}/settings`);
      for (const section of ['bot', 'greeting', 'preferences', 'profile', 'operators']) {
        await p.locator(`nav a[href="/settings/${section}"]`).last().click();
        await p.waitForURL(`**/settings/${section}`);
        await p.locator('main h2').first().waitFor();
        assert.equal(await p.evaluate(() => document.documentElement.classList.contains('dark')), colorScheme === 'dark');
        assert.deepEqual(await axe(p), [], section);
      }
      await p.getByRole('button', { name: 'Add operator' }).click();
      await p.getByRole('dialog').waitFor();
      assert.deepEqual(await axe(p), [], 'a new operator');
      await p.keyboard.press('Escape');
      await p.getByRole('dialog').waitFor({ state: 'detached' });
      await p.keyboard.press('Control+k');
      await p.getByTestId('palette').waitFor();
      assert.deepEqual(await axe(p), [], 'the palette');
      await p.keyboard.press('Escape');
      await p.keyboard.press('?');
      await p.getByRole('dialog').waitFor();
      assert.deepEqual(await axe(p), [], 'the keys');
      await p.context().close();
    });

  test('on a phone no control is too small, and nothing is wider than the screen', async () => {
    const p = await adminPage({ viewport: PHONE, hasTouch: true, isMobile: true });
    for (const path of ['/inbox/all', `/c/${noraId}`, '/settings', '/settings/operators', '/settings/preferences']) {
      await p.goto(server.url + path);
      await p.locator('main').waitFor();
      const small = await p.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('a, button, input:not(.sr-only):not([type=file]), [role=button]')]
          .filter((e) => e.checkVisibility() && !e.closest('.rich') && e.tabIndex >= 0 && !/sr-only/.test(e.className))
          .map((e) => ({ name: e.getAttribute('aria-label') ?? e.textContent ?? '', box: (e.closest('label') ?? e).getBoundingClientRect() }))
          .filter(({ box }) => box.width > 0 && (box.width < 24 || box.height < 24))
          .map(({ name, box }) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`),
      );
      assert.deepEqual(small, [], path);
      assert.ok((await p.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, `${path} is as wide as the screen`);
    }
    await p.context().close();
  });

  test('the console has no errors or policy violations', () => {
    assertSilent(complaints);
  });
});

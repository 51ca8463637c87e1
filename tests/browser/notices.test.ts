// Notices of replies in the operator's conversations: numbers, the tab's title and icon, a card, one sound for a burst and for
// all tabs, a notification while no tab is visible; none of them for the conversation that is being read.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Api } from '../harness/api.ts';
import { Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';
import { assertSilent, axe, DESKTOP, launch, PHONE, signIn, watch } from './browser.ts';

const TOKEN = '123456:TEST';

/** Runs in the page: counts tones and notifications instead of making them, and lets the test set whether the tab is visible. */
function stage(): void {
  const w = window as any;
  w.away = false;
  w.tones = [];
  w.shown = [];
  w.slow = 0; // the delay after which this tab tells the others what it shows
  w.cut = false; // whether this tab has lost its connection for good
  const Live = WebSocket;
  w.WebSocket = class extends Live {
    constructor(url: string) {
      super(w.cut ? 'ws://127.0.0.1:1' : url);
      w.socket = this;
    }
  };
  const post = BroadcastChannel.prototype.postMessage;
  BroadcastChannel.prototype.postMessage = function (note) {
    if (note.type === 'here' && w.slow) setTimeout(() => post.call(this, note), w.slow);
    else post.call(this, note);
  };
  document.hasFocus = () => !w.away;
  Object.defineProperty(document, 'visibilityState', { get: () => (w.away ? 'hidden' : 'visible'), configurable: true });
  const node = { frequency: { value: 0 }, gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: (to: unknown) => to, start() {}, stop() {} };
  w.AudioContext = class {
    currentTime = 0;
    resume = () => (w.tones.push(Date.now()), Promise.resolve());
    createOscillator = () => ({ ...node });
    createGain = () => node;
  };
  w.Notification = class {
    static permission = 'granted';
    constructor(title: string, options: object) {
      w.shown.push({ title, ...options });
    }
  };
}

describe('notices', () => {
  let sim: Simulator;
  let server: Server;
  let api: Api;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const ids = new Map<Customer, number>();
  let ann: Customer;
  let ben: Customer;
  const complaints: string[] = [];

  const open = async (path: string): Promise<Page> => {
    const fresh = await context.newPage();
    watch(fresh, complaints);
    await fresh.goto(server.url + path);
    await fresh.locator('[data-testid=connection-state][data-state=online]').first().waitFor();
    return fresh;
  };
  /** Of all tabs together, since any of them may play the sound. */
  const tones = async (): Promise<number[]> => {
    const all: number[] = [];
    for (const p of context.pages()) all.push(...(await p.evaluate(() => (window as any).tones as number[])));
    return all;
  };
  /** When the only tone was played. */
  const oneTone = async (): Promise<number> => {
    await until('a sound', async () => (await tones()).length > 0);
    await burstOver();
    const all = await tones();
    assert.equal(all.length, 1);
    return all[0]!;
  };
  const burstOver = (): Promise<boolean> =>
    until('the burst is over', () => page.evaluate(async () => (await navigator.locks.query()).held!.every(({ name }) => name !== 'switchboard.sound')));
  const shown = (p: Page): Promise<any[]> => p.evaluate(() => (window as any).shown);
  const leave = (p: Page, away: boolean): Promise<void> =>
    p.evaluate((gone) => {
      (window as any).away = gone;
      document.dispatchEvent(new Event('visibilitychange'));
      dispatchEvent(new Event(gone ? 'blur' : 'focus'));
    }, away);
  const online = (p: Page, is: boolean): Promise<void> =>
    p.locator(`[data-testid=connection-state]${is ? '' : ':not('}[data-state=online]${is ? '' : ')'}`).first().waitFor({ state: 'attached' });
  const cut = async (p: Page): Promise<void> => {
    await p.evaluate(() => {
      (window as any).cut = true;
      (window as any).socket.close();
    });
    await online(p, false);
  };
  const mend = async (p: Page): Promise<void> => {
    await p.evaluate(() => {
      (window as any).cut = false;
      dispatchEvent(new Event('online'));
    });
    await online(p, true);
  };
  const card = (p: Page, text: string) => p.getByTestId('notice').filter({ hasText: text });
  /** Changes the setting as another tab would: the browser notifies every tab but the one that writes. */
  const prefer = (change: object): Promise<void> =>
    page.evaluate((c) => {
      localStorage.setItem('switchboard.prefs', JSON.stringify({ ...JSON.parse(localStorage.getItem('switchboard.prefs') ?? '{}'), ...c }));
      dispatchEvent(new StorageEvent('storage', { key: 'switchboard.prefs' }));
    }, change);
  const readAll = async (): Promise<void> => {
    for (const id of ids.values()) await api.act(id, 'read');
  };

  before(async () => {
    sim = await Simulator.start({ tokens: [TOKEN], strict: true });
    server = await Server.start({ telegram: sim.url, token: TOKEN });
    api = await server.signIn();
    await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    [ann, ben] = await Promise.all(['Ann', 'Ben'].map((first_name) => sim.customer({ first_name, last_name: 'Vik' }))) as [Customer, Customer];
    for (const who of [ann, ben]) {
      await sim.text(who, 'hello');
      const id = await until(`a conversation of ${who.first_name}`, async () => (await api.everyConversation()).find(({ customer }) => customer.external_id === String(who.id))?.id);
      ids.set(who, id);
      await api.act(id, 'take');
    }
    browser = await launch();
    context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', reducedMotion: 'reduce' });
    await context.addInitScript(stage);
    page = await context.newPage();
    watch(page, complaints);
    await signIn(page, server.url);
    await prefer({ desktop: true });
  });
  // Removes the traces and tabs of a test before the next one.
  beforeEach(async () => {
    for (const p of context.pages()) if (p !== page) await p.close();
    await leave(page, false);
    await burstOver();
    await page.evaluate(() => {
      (window as any).tones = [];
      (window as any).shown = [];
    });
    await readAll();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await sim?.stop();
  });

  test('in the settings: a card, numbers, the title, the icon, a sound; the card opens the conversation', async () => {
    const p = await open('/settings/preferences');
    await p.waitForFunction(() => document.title === 'Preferences · Switchboard');
    await sim.text(ann, 'It broke again');
    await card(p, 'It broke again').waitFor();
    await p.waitForFunction(() => document.title === '(1) Preferences · Switchboard');
    assert.equal(await p.locator('link[rel=icon]').getAttribute('href'), '/favicon-unread.svg');
    await p.locator('[data-testid=inbox-count][data-of=mine]').filter({ hasText: '1' }).waitFor();
    await oneTone();
    assert.deepEqual(await shown(p), [], 'no notification of the system while the person is here');
    assert.deepEqual(await axe(p), []);
    await p.getByRole('button', { name: 'Open the conversation with Ann Vik' }).click();
    await p.waitForURL(new RegExp(`/c/${ids.get(ann)}\\b`));
    await p.getByTestId('message').filter({ hasText: 'It broke again' }).waitFor();
    assert.equal(await p.getByTestId('notice').count(), 0);
    await p.waitForFunction(() => document.title === 'Switchboard');
    assert.equal(await p.locator('link[rel=icon]').getAttribute('href'), '/favicon.svg');
  });

  test('a burst makes one sound and one card with a number', async () => {
    const p = await open('/settings/profile');
    for (let i = 1; i <= 5; i++) await sim.text(ann, `part ${i}`);
    await card(p, 'part 5').filter({ hasText: '5 unread messages' }).waitFor();
    assert.equal(await p.getByTestId('notice').count(), 1);
    await oneTone();
  });

  test('the open conversation makes no notice, another one does', async () => {
    const p = await open(`/c/${ids.get(ann)}`);
    await sim.text(ann, 'You see this');
    await p.getByTestId('message').filter({ hasText: 'You see this' }).waitFor();
    await until('it is read', async () => (await api.conversation(ids.get(ann)!)).read_count === (await api.conversation(ids.get(ann)!)).inbound_count);
    const between = Date.now();
    await sim.text(ben, 'And I wait');
    await card(p, 'And I wait').waitFor();
    assert.equal(await p.getByTestId('notice').count(), 1);
    // If the first one had made a sound, the second would be silent, as a part of the same burst.
    assert.ok((await oneTone()) >= between);
  });

  test('reading the conversation in another tab removes the card', async () => {
    const p = await open('/settings/profile');
    await sim.text(ben, 'Read me somewhere');
    await card(p, 'Read me somewhere').waitFor();
    await api.act(ids.get(ben)!, 'read');
    await card(p, 'Read me somewhere').waitFor({ state: 'detached' });
  });

  test('two tabs in the background: one sound, one notification', async () => {
    const [a, b] = [await open('/inbox/active'), await open('/settings/profile')];
    for (const p of [page, a, b]) await leave(p, true);
    await sim.text(ann, 'Anyone there?');
    for (const p of [a, b]) await card(p, 'Anyone there?').waitFor();
    await oneTone();
    // Each tab shows the notification; with the same tag they become one.
    const all = [...(await shown(a)), ...(await shown(b))];
    assert.deepEqual(new Set(all.map(({ tag, title, body }) => `${tag} ${title} ${body}`)), new Set([`c${ids.get(ann)} New message from Ann Vik Anyone there?`]));
  });

  test('a tab in the background is silent for a conversation that another tab shows', async () => {
    const [front, back] = [await open(`/c/${ids.get(ann)}`), await open('/settings/profile')];
    await leave(page, true);
    await leave(back, true);
    await front.evaluate(() => { (window as any).slow = 400; }); // as on a busy machine
    await sim.text(ann, 'In front of you');
    await front.getByTestId('message').filter({ hasText: 'In front of you' }).waitFor();
    const between = Date.now();
    await sim.text(ben, 'Not in front');
    await card(back, 'Not in front').waitFor();
    assert.ok((await oneTone()) >= between);
    assert.equal(await card(back, 'In front of you').count(), 0);
    assert.deepEqual(await shown(back), []);
  });

  test('a tab that was disconnected does not repeat another tab’s notice', async () => {
    const [a, late] = [await open('/settings/profile'), await open('/settings/profile')];
    for (const p of [page, a, late]) await leave(p, true);
    await cut(late);
    await sim.text(ann, 'Told already');
    await card(a, 'Told already').waitFor();
    await oneTone();
    await mend(late);
    await card(late, 'Told already').waitFor();
    await burstOver();
    assert.equal((await tones()).length, 1);
  });

  test('a tab that was disconnected makes no notice of what was read meanwhile', async () => {
    const late = await open('/settings/profile');
    await cut(late);
    await sim.text(ann, 'Read elsewhere');
    await until('it has come', async () => (await api.conversation(ids.get(ann)!)).last_message?.preview === 'Read elsewhere');
    await api.act(ids.get(ann)!, 'read');
    await sim.text(ben, 'Still unread');
    await until('it has come', async () => (await api.conversation(ids.get(ben)!)).last_message?.preview === 'Still unread');
    await mend(late);
    await card(late, 'Still unread').waitFor();
    assert.equal(await card(late, 'Read elsewhere').count(), 0);
  });

  test('a new customer makes a sound only while the operator is away, and the tabs of the list show unread conversations', async () => {
    const p = await open('/inbox/waiting');
    for (const one of [page, p]) await leave(one, true);
    await sim.text(await sim.customer({ first_name: 'Cleo' }), 'Are you open?');
    await p.waitForFunction(() => document.title === '(1) Switchboard' && (window as any).shown.length === 1);
    await oneTone();
    assert.equal(await p.getByTestId('notice').count(), 0);
    for (const one of [page, p]) await leave(one, false);
    await p.waitForFunction(() => document.title === 'Switchboard');
    await p.getByRole('link', { name: /^Waiting/ }).getByTestId('tab-unread').filter({ hasText: '1 conversation with unread messages' }).waitFor();
    await sim.text(ben, 'Mine is unread too');
    await p.getByRole('link', { name: /^Active/ }).getByTestId('tab-unread').filter({ hasText: '1' }).waitFor();
    assert.deepEqual(await axe(p), []);
  });

  test('a woken conversation is noticed once, like a message, also an unassigned one', async () => {
    const p = await open('/settings/profile');
    for (const one of [page, p]) await leave(one, true);
    await api.act(ids.get(ann)!, 'snooze', { until: new Date(Date.now() + 1500).toISOString() });
    await card(p, 'Snooze ended').filter({ hasText: 'Ann Vik' }).waitFor();
    await oneTone();
    assert.deepEqual((await shown(p)).map(({ title, body }) => `${title}: ${body}`), ['Ann Vik: Snooze ended']);
    assert.equal(await p.getByTestId('notice').count(), 1);
    await p.waitForFunction(() => document.title === '(1) Profile · Switchboard');
    await api.act(ids.get(ann)!, 'read');
    await p.getByTestId('notice').waitFor({ state: 'detached' });
    await sim.text(await sim.customer({ first_name: 'Dan' }), 'Later is fine');
    const { id } = await until('it has come', async () => (await api.everyConversation()).find(({ customer }) => customer.name.startsWith('Dan')));
    await burstOver();
    await p.evaluate(() => { (window as any).shown = []; });
    await api.act(id, 'snooze', { until: new Date(Date.now() + 1500).toISOString() });
    await until('a notification', async () => (await shown(p)).some(({ body }) => body === 'Snooze ended'));
    assert.equal(await p.getByTestId('notice').count(), 0, 'no card for what is nobody\'s');
  });

  test('card and sound can be switched off', async () => {
    await prefer({ notices: false, sound: false });
    const p = await open('/settings/preferences');
    await sim.text(ann, 'Quietly, please');
    await p.waitForFunction(() => document.title.startsWith('('));
    await p.getByRole('switch', { name: 'Cards in the panel' }).check({ force: true });
    await sim.text(ann, 'And now a card');
    await card(p, 'And now a card').waitFor();
    assert.equal(await card(p, 'Quietly').count(), 0);
    assert.deepEqual(await tones(), []);
    await prefer({ notices: true, sound: true });
  });

  test('on a phone, dark, the card fits the screen', async () => {
    const p = await open('/settings');
    await p.setViewportSize(PHONE);
    await p.emulateMedia({ colorScheme: 'dark' });
    await sim.text(ann, 'A long sentence, which goes on and on, so that two lines are needed for it and no more than two are taken by it, whatever else it says.');
    const box = (await card(p, 'A long sentence').boundingBox())!;
    assert.ok(box.x >= 0 && box.x + box.width <= PHONE.width && box.y >= 0, JSON.stringify(box));
    assert.deepEqual(await axe(p), []);
  });

  test('the console has no errors or policy violations', () => {
    assertSilent(complaints);
  });
});

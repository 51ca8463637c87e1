// The common start of browser tests: a desk with a bot, an administrator in a browser, and customers who write.
import assert from 'node:assert/strict';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import type { Api } from '../harness/api.ts';
import { Server, type ServerOptions, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';
import { DESKTOP, launch, signIn, watch } from './browser.ts';

const TOKEN = '123456:TEST';

export class Fixture {
  readonly sim: Simulator;
  readonly server: Server;
  readonly api: Api;
  readonly browser: Browser;
  readonly complaints: string[] = [];
  readonly context: BrowserContext;
  page!: Page;

  private constructor(sim: Simulator, server: Server, api: Api, browser: Browser, context: BrowserContext) {
    Object.assign(this, { sim, server, api, browser, context });
    [this.sim, this.server, this.api, this.browser, this.context] = [sim, server, api, browser, context];
  }

  static async start({ flags = [], ...options }: ServerOptions & { flags?: readonly string[] } = {}): Promise<Fixture> {
    const sim = await Simulator.start({ tokens: [TOKEN], strict: true });
    const server = await Server.start({ telegram: sim.url, token: TOKEN, ...options });
    const api = await server.signIn();
    await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    const browser = await launch(flags);
    const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', reducedMotion: 'reduce' });
    const fixture = new Fixture(sim, server, api, browser, context);
    fixture.page = await fixture.newPage();
    await signIn(fixture.page, server.url);
    return fixture;
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    await this.sim.stop();
  }

  async newPage(context = this.context): Promise<Page> {
    const page = await context.newPage();
    watch(page, this.complaints);
    return page;
  }

  /** The administrator's session in a window of another size or language. */
  async otherPage(options: BrowserContextOptions): Promise<Page> {
    const { cookies } = await this.context.storageState();
    return this.newPage(await this.browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce', locale: 'en-GB', storageState: { cookies, origins: [] }, ...options }));
  }

  /** A customer who has written; gives the conversation's id too. */
  async customer(first_name: string, text = `This is ${first_name}`): Promise<{ who: Customer; id: number }> {
    const who = await this.sim.customer({ first_name, last_name: 'Vogel', language_code: 'en' });
    await this.sim.text(who, text);
    const id = await until(`a conversation of ${first_name}`, async () =>
      (await this.api.conversations('?status=all&limit=100')).data.find(({ customer }) => customer.name === `${first_name} Vogel`)?.id);
    return { who, id };
  }
}

export const rowOf = (page: Page, name: string): Locator => page.getByTestId('conversation-row').filter({ hasText: name });

/** The focused element: the composer, the row of a conversation, or another element by its tag. */
export const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLElement | null;
    if (element?.dataset['testid'] === 'composer') return 'composer';
    if (element?.dataset['testid'] === 'conversation-row') return `row ${element.dataset['id']}`;
    return element?.tagName.toLowerCase() ?? 'nothing';
  });

export const focusIs = (page: Page, expected: string): Promise<unknown> =>
  until(`the focus is on ${expected}`, async () => (await focused(page)) === expected);

/** Which conversation the address names; null when none. */
export const openId = (page: Page): number | null => Number(/\/c\/(\d+)/.exec(page.url())?.[1] ?? 0) || null;

export const opened = (page: Page, id: number): Promise<unknown> => until(`conversation ${id} is open`, async () => openId(page) === id);

/** The names in the list from top to bottom. */
export const order = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('[data-testid=conversation-row]')]
      .map((row) => ({ at: row.getBoundingClientRect().top, name: row.querySelector('.truncate')?.textContent?.split(' ')[0] ?? '' }))
      .sort((a, b) => a.at - b.at)
      .map(({ name }) => name));

export async function orderIs(page: Page, expected: readonly string[]): Promise<void> {
  await until(`the list is ${expected.join(', ')}`, async () => (await order(page)).join() === expected.join()).catch(() => {});
  assert.deepEqual(await order(page), expected);
}

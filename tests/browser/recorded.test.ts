// The recorded updates through the real program: as they are, none is lost or stops the bot; and every message in them, written by
// a customer, is stored and stands in the thread.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Message } from '../../web/src/contract.ts';
import { until } from '../harness/server.ts';
import type { Customer } from '../telegram/client.ts';
import { assertSilent } from './browser.ts';
import { Fixture } from './fixture.ts';

type Dict = Record<string, any>;

const recorded: Dict[] = readFileSync(new URL('../telegram/recorded-updates.jsonl', import.meta.url), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const HOLDERS = ['message', 'edited_message', 'channel_post', 'edited_channel_post', 'business_message', 'edited_business_message', 'guest_message'];
/** Where a message came from; a customer's own has other values, or none. */
const ORIGINS = ['sender_chat', 'author_signature', 'business_connection_id', 'sender_business_bot', 'message_thread_id', 'is_topic_message', 'is_automatic_forward', 'edit_date', 'reply_to_message', 'guest_query_id'];

function asCustomers(update: Dict, who: Customer, message_id: number): Dict | null {
  const holder = HOLDERS.find((name) => typeof update[name] === 'object');
  if (!holder) return null;
  const content = Object.fromEntries(Object.entries(update[holder] as Dict).filter(([name]) => !ORIGINS.includes(name)));
  const names = { first_name: who.first_name, last_name: who.last_name, language_code: 'en' };
  const chat = { id: who.id, type: 'private', first_name: who.first_name, last_name: who.last_name };
  return { update_id: 0, message: { ...content, message_id, date: Math.floor(Date.now() / 1000), chat, from: { id: who.id, is_bot: false, ...names } } };
}

describe('the recorded updates', () => {
  let f: Fixture;
  before(async () => {
    f = await Fixture.start();
  });
  after(() => f?.stop());

  test('as they are: all are taken, and the bot goes on', async () => {
    assert.equal(recorded.length, 93);
    await f.sim.inject(recorded, { renumber: true });
    await until('none waits', async () => (await f.sim.bot('123456:TEST'))['pending_update_count'] === 0 || (await f.sim.bot('123456:TEST'))['pending_updates'] === 0);
    await f.customer('Zoe', 'after all of them');
    assert.equal((await f.api.bot()).state, 'ok');
  });

  test('as a customer’s messages: each is stored, and drawn when one scrolls through the thread', async () => {
    const { who, id } = await f.customer('Rita', 'Before the recorded ones');
    const mine = recorded.flatMap((update, i) => asCustomers(update, who, 1000 + i) ?? []);
    assert.ok(mine.length > 60, `${mine.length}`);
    await f.sim.inject(mine, { renumber: true });
    const { who: last } = await f.customer('Rosa', 'After the recorded ones');
    void last;
    await f.sim.text(who, 'After the recorded ones');
    const history: Message[] = await until('all of them', async () => {
      const all = await f.api.history(id);
      return all.at(-1)?.text === 'After the recorded ones' && all;
    });
    const kinds = new Map<string, number>();
    for (const { kind, content } of history) kinds.set(content ? `${kind} ${content}` : kind, (kinds.get(content ? `${kind} ${content}` : kind) ?? 0) + 1);
    // Two recorded states of one message are two messages here.
    assert.equal(history.length, mine.length + 2 + history.filter(({ direction }) => direction === 'out').length, [...kinds].join(' '));

    const page = f.page;
    await page.goto(`${f.server.url}/c/${id}`);
    await page.getByTestId('message').first().waitFor();
    const scroller = page.locator('.scroll-area').filter({ has: page.getByTestId('message') }).first();
    const drawn = new Map<number, string>();
    const look = async (): Promise<void> => {
      const seen = await page.evaluate(() => [...document.querySelectorAll<HTMLElement>('[data-testid=message], [data-testid=system-message], [data-testid=press]')].map((line) => ({
        id: Number(line.dataset['id']), shows: `${line.innerText} ${[...line.querySelectorAll('img, video, [role=img], svg')].map((e) => e.getAttribute('aria-label') ?? e.tagName).join(' ')}`.trim(),
      })));
      for (const line of seen) drawn.set(line.id, line.shows);
    };
    await until('the first message is drawn', async () => {
      await scroller.evaluate((element) => element.scrollBy(0, -2000));
      await look();
      return drawn.has(history[0]?.id ?? 0);
    });
    await until('the last message is drawn', async () => {
      await scroller.evaluate((element) => element.scrollBy(0, 250));
      await look();
      return drawn.has(history.at(-1)?.id ?? 0) && scroller.evaluate((element) => element.scrollTop + element.clientHeight >= element.scrollHeight - 2);
    });
    // The bubble of an album has the id of one of its messages.
    const albums = new Map<string, number[]>();
    for (const { id, album } of history) if (album) albums.set(album, [...(albums.get(album) ?? []), id]);
    const stands = ({ id, album }: Message): boolean => drawn.has(id) || (album !== null && (albums.get(album) ?? []).some((one) => drawn.has(one)));
    assert.deepEqual(history.filter((message) => !stands(message)).map(({ id, kind, content }) => `${id} ${kind} ${content ?? ''}`), []);
    assert.deepEqual([...drawn].filter(([, shows]) => shows === '').map(([id]) => id), []);
    // Whatever a recorded message holds has a kind of its own; one of them holds nothing ("unknown").
    const placeholders = [...new Set(history.filter(({ kind }) => kind === 'unsupported').map(({ content }) => content))].sort();
    assert.deepEqual(placeholders.filter((content) => !['giveaway', 'giveaway_winners', 'users_shared', 'chat_shared', 'passport_data', 'unknown'].includes(content ?? '')), []);
    assertSilent(f.complaints);
  });
});

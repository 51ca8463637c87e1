// 200 customers write and edit and operators answer while the server is killed with SIGKILL at random moments, with long polling and
// with webhooks, and while PostgreSQL is restarted. At the end every confirmed update is stored exactly once and in order, every
// message is in its newest state with all earlier ones as its history, every accepted answer was delivered or is marked failed or
// uncertain, no answer was delivered twice, and every open screen equals a freshly loaded one.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Message } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { Screen } from '../harness/screen.ts';
import { type Engine, engines, pause, Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';
const CUSTOMERS = Number(process.env['CRASH_CUSTOMERS'] ?? 200);
const KILLS = Number(process.env['CRASH_KILLS'] ?? 10);
const WRITERS = 2;
const ANSWERERS = 2;

const restart = process.env['TEST_POSTGRES_RESTART'];

interface Way {
  name: string;
  engine: Engine;
  kills: number;
  webhook?: boolean;
  /** Telegram delivers what one customer does over several connections at once: edits overtake edits and messages. */
  shuffled?: boolean;
  /** Before every second kill the database is restarted too, alternately in order and at once. */
  restarts?: boolean;
}
const ways: Way[] = [
  { name: `killed ${KILLS} times on sqlite`, engine: 'sqlite', kills: KILLS },
  { name: 'killed on sqlite, with updates by webhook', engine: 'sqlite', kills: Math.ceil(KILLS / 2), webhook: true },
  { name: 'killed on sqlite, with updates by webhook in any order', engine: 'sqlite', kills: Math.ceil(KILLS / 3), webhook: true, shuffled: true },
  { name: 'killed on postgres, which is restarted too', engine: 'postgres', kills: Math.ceil(KILLS / 2), restarts: true },
  { name: 'killed on postgres, with updates by webhook', engine: 'postgres', kills: Math.ceil(KILLS / 3), webhook: true },
];

for (const way of ways.filter((w) => engines.includes(w.engine))) {
  describe(way.name, () => {
    const { engine } = way;
    let sim: Simulator;
    let server: Server;
    let api: Api;
    let screens: Screen[] = [];
    const customers: Customer[] = [];
    /** Each customer's messages in order, each with all its states. */
    const written = new Map<number, { id: number; states: string[] }[]>();
    /** Answers that the API accepted: message id to text. */
    const accepted = new Map<number, string>();
    let writing = true;

    before(async () => {
      sim = await Simulator.start({ tokens: [TOKEN] });
      await sim.settings({ webhook_retry_ms: 50, webhook_retry_max_ms: 500 });
      server = await Server.start({ engine, telegram: sim.url, token: TOKEN, webhook: way.webhook ?? false });
      if (way.shuffled) await sim.fault({ kind: 'reorder_updates' });
      api = await server.signIn();
      screens = [await Screen.open(api), await Screen.open(api)];
      for (let i = 0; i < CUSTOMERS; i++) {
        const customer = await sim.customer({ first_name: `Customer${i}` });
        customers.push(customer);
        written.set(customer.id, []);
      }
    });
    after(async () => {
      for (const screen of screens) screen.close();
      await server?.stop();
      await sim?.stop();
    });

    /** Each writer has customers of its own, since simultaneous messages of two writers in one chat have no order. */
    const write = async (writer: number): Promise<void> => {
      const mine = customers.filter((_, i) => i % WRITERS === writer);
      while (writing) {
        const customer = mine[Math.floor(Math.random() * mine.length)]!;
        const list = written.get(customer.id)!;
        // Several actions in a row, so that one has not ended when the next begins.
        for (let acts = 1 + Math.floor(Math.random() * 4); acts > 0; acts--) {
          const last = list.at(-1);
          if (last && Math.random() < 0.4) {
            const text = `${last.states[0]}, edited ${last.states.length}`;
            last.states.push(text);
            await sim.edit(customer, last.id, { text });
          } else {
            const text = `${customer.first_name} says ${list.length}`;
            list.push({ id: Number((await sim.text(customer, text))['message_id']), states: [text] });
          }
        }
        await pause(5);
      }
    };

    const answer = async (answerer: number): Promise<void> => {
      let serial = 0;
      while (writing) {
        const open = [...screens[0]!.conversations.values()];
        const conversation = open[Math.floor(Math.random() * open.length)];
        if (!conversation) {
          await pause(20);
          continue;
        }
        const text = `answer ${serial++} of ${answerer}`;
        const clientId = `c${answerer}-${serial}`;
        // The operator's program repeats the request with the same client_id until it has a response, as the panel does.
        for (let sent = false; !sent && writing; ) {
          try {
            const message = await api.reply(conversation.id, { text, client_id: clientId });
            accepted.set(message.id, text);
            sent = true;
          } catch {
            await pause(50);
          }
        }
        await pause(15);
      }
    };

    test('nothing acknowledged is lost, nothing is doubled, no screen has a gap', async () => {
      const work = [...Array.from({ length: WRITERS }, (_, i) => write(i)), ...Array.from({ length: ANSWERERS }, (_, i) => answer(i))];
      for (let i = 0; i < way.kills; i++) {
        await pause(200 + Math.random() * 900);
        if (way.restarts && restart) {
          // The mode is pg_ctl's: "immediate" is a crash of the database.
          await promisify(execFile)(restart, [i % 2 ? 'fast' : 'immediate']);
          await pause(300 + Math.random() * 500);
        }
        if (!way.restarts || i % 2) await server.kill();
        await pause(Math.random() * 200);
        if (!way.restarts || i % 2) await server.run();
      }
      const before = accepted.size;
      await until('work goes on after the last crash', () => accepted.size > before + 5, 60_000);
      writing = false;
      await Promise.all(work);

      await until('every update is confirmed', async () => (await sim.bot(TOKEN))['pending_updates'] === 0, 120_000);
      const settled = async (): Promise<boolean> => {
        const stats = await Promise.all((await api.everyConversation()).map((c) => api.history(c.id)));
        return stats.flat().every((m) => m.delivery !== 'queued' && m.delivery !== 'sending');
      };
      await until('every answer has left', settled, 120_000);

      const conversations = await api.everyConversation();
      const stored = new Map<string, Message[]>();
      for (const c of conversations) stored.set(c.customer.name, await api.history(c.id));
      for (const customer of customers) {
        const messages = (stored.get(customer.first_name) ?? []).filter((m) => m.direction === 'in');
        const list = written.get(customer.id)!;
        const shown = messages.map((m) => m.text), newest = list.map((m) => m.states.at(-1)!);
        if (way.shuffled) shown.sort(), newest.sort();
        assert.deepEqual(shown, newest, `${customer.first_name}: each message once, in order, as it was edited last`);
        for (const message of messages.filter((m) => m.edited_at)) {
          const versions: string[] = (await api.call('GET', `/api/messages/${message.id}/edits`)).data.map((e: { text: string }) => e.text);
          const { states } = list.find((m) => m.states.at(-1) === message.text)!;
          assert.deepEqual(versions, states.slice(0, -1), `"${message.text}" has its whole history`);
        }
      }

      const byId = new Map([...stored.values()].flat().map((m) => [m.id, m]));
      const delivered = new Map<string, number>();
      for (const customer of customers.filter((c) => written.get(c.id)!.length > 0))
        for (const line of (await sim.transcript(customer.id)).messages)
          if (line.side === 'bot') delivered.set(line.text, (delivered.get(line.text) ?? 0) + 1);
      for (const [id, text] of accepted) {
        const message = byId.get(id);
        assert.ok(message, `accepted answer ${id} is stored`);
        if (message.delivery === 'sent') assert.ok(delivered.get(text), `answer ${id} says sent and was delivered`);
        else assert.ok(message.delivery === 'failed' || message.delivery === 'uncertain', `answer ${id} is ${message.delivery}`);
      }
      for (const [text, times] of delivered) assert.equal(times, 1, `"${text}" was delivered ${times} times`);

      for (const screen of screens) await screen.showsWhatAFreshOneShows();
    });
  });
}

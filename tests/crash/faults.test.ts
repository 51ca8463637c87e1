// Many messages each way while everything around the server fails: calls of Telegram are lost before and after their effect, answered
// with errors, cut and garbled; updates come twice and out of order; the object store is down; the disk is full; the database is
// restarted. Halfway another bot replaces the first, and every other customer goes on there, while both run. At the end every message
// of a customer is stored once, with its file, in one conversation; every answer was delivered once, in order, or is marked uncertain;
// and no token, path or address of Telegram stands in any answer, event or log line.
// FAULT_MESSAGES: how many messages each way; scripts/fault-run.sh runs it with 10,000.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Bot, Message } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { Screen } from '../harness/screen.ts';
import { type Engine, engines, pause, Server, until } from '../harness/server.ts';
import { Door, Swift } from '../harness/swift.ts';
import { type Customer, type Fault, Simulator } from '../telegram/client.ts';

const TOKEN = '123456:AAfaultsFaultsFaultsFaultsFaultsFaul';
const SUCCESSOR = '777001:AAsuccessorSuccessorSuccessorSuccess';
const MESSAGES = Number(process.env['FAULT_MESSAGES'] ?? 150);
const CUSTOMERS = Math.min(100, Math.ceil(MESSAGES / 6));
const WRITERS = 4, ANSWERERS = 8;
const FILE_EVERY = 12;
/** So long everything is given to settle after the last fault. */
const SETTLING_MS = 240_000;
const restart = process.env['TEST_POSTGRES_RESTART'];

/** A call is lost, cut or refused with these probabilities, in this order; the first that fires ends it. */
const faults: Fault[] = [
  { kind: 'drop_request', probability: 0.02 },
  { kind: 'drop_response', probability: 0.015 },
  { kind: 'reset_mid_body', probability: 0.01 },
  { kind: 'truncated_json', probability: 0.01 },
  { kind: 'status', code: 502, body: '<html><h1>502 Bad Gateway</h1></html>', probability: 0.02 },
  { kind: 'status', code: 500, description: 'Internal Server Error', probability: 0.02 },
  { kind: 'status', code: 429, retry_after: 1, probability: 0.01 },
  { kind: 'duplicate_updates', probability: 0.05 },
];

interface Way {
  engine: Engine;
  webhook: boolean;
}
const ways: Way[] = [{ engine: 'sqlite', webhook: false }, { engine: 'postgres', webhook: true }];

let swift: Swift;
before(async () => void (swift = await Swift.start()), { timeout: 120_000 });
after(() => swift?.stop());

for (const { engine, webhook } of ways.filter((way) => engines.includes(way.engine))) {
  describe(`${MESSAGES} messages each way through faults, ${webhook ? 'webhook' : 'polling'}, on ${engine}`, { timeout: 3_600_000 }, () => {
    let sim: Simulator;
    let door: Door;
    let server: Server;
    let api: Api;
    let screen: Screen;
    const customers: Customer[] = [];
    /** Each customer's messages in the order of writing: the text, and the size of a file. */
    const written = new Map<number, { text: string; size: number; bot: string }[]>();
    /** Since then the customers with an odd number write to the successor. */
    let replaced = false;
    /** Ids of accepted answers, with their texts. */
    const accepted = new Map<number, string>();

    before(async () => {
      const bucket = `faults-${engine}`;
      await swift.makeBucket(bucket);
      door = await Door.open(swift.port);
      sim = await Simulator.start({ tokens: [TOKEN], limits: false });
      await sim.settings({ webhook_retry_ms: 50, webhook_retry_max_ms: 500 });
      server = await Server.start({ engine, telegram: sim.url, token: TOKEN, webhook, env: { FAFF_RATE_LIMITS: 'off', ...swift.env(bucket, door.url) } });
      api = await server.signIn();
      await sim.addBot({ token: SUCCESSOR, username: 'successor_bot', first_name: 'Successor' });
      await api.call('POST', '/api/bots', { token: SUCCESSOR });
      await until('the bots are ok', async () => (await api.call('GET', '/api/bots')).data.every((bot: Bot) => bot.state === 'ok'));
      screen = await Screen.open(api);
      for (let i = 0; i < CUSTOMERS; i++) {
        const customer = await sim.customer({ first_name: `Customer${i}` });
        customers.push(customer);
        written.set(customer.id, []);
      }
    });
    after(async () => {
      screen?.close();
      await server?.stop();
      await sim?.stop();
      await door?.close();
    });

    /** Customers of one writer each, since simultaneous messages in one chat have no order. */
    const write = async (writer: number): Promise<void> => {
      const mine = customers.filter((_, i) => i % WRITERS === writer);
      for (let i = writer; i < MESSAGES; i += WRITERS) {
        const customer = mine[Math.floor(i / WRITERS) % mine.length]!;
        const list = written.get(customer.id)!;
        const text = `${customer.first_name} says ${list.length}`;
        const bot = replaced && customers.indexOf(customer) % 2 ? SUCCESSOR : TOKEN;
        if (i % FILE_EVERY === 0) {
          const size = 1000 + (i % 97) * 1000;
          await sim.media(customer, 'document', { caption: text, size, seed: i, file_name: `${i}.bin`, bot });
          list.push({ text, size, bot });
        } else {
          await sim.text(customer, text, { bot });
          list.push({ text, size: 0, bot });
        }
        await pause(5);
      }
    };

    /** When half is written; repeated until the server has taken it. */
    const replace = async (): Promise<void> => {
      await until('half is written', () => [...written.values()].flat().length >= MESSAGES / 2, 3_000_000);
      await until('the first bot has a successor', () => api.call('PATCH', '/api/bots/123456', { successor_id: 777001 }).then(() => true, () => false), SETTLING_MS);
      replaced = true;
    };

    /** Repeats the request with the same client_id until the server has taken it, as the panel does. */
    const answer = async (answerer: number): Promise<void> => {
      for (let i = answerer; i < MESSAGES; ) {
        const open = [...screen.conversations.values()].filter((c) => c.id % ANSWERERS === answerer % ANSWERERS);
        const conversation = open[Math.floor(i / ANSWERERS) % open.length] ?? [...screen.conversations.values()][0];
        if (!conversation) {
          await pause(20);
          continue;
        }
        const text = `answer ${i}`;
        try {
          const message = await api.reply(conversation.id, { text, client_id: `c${i}` });
          accepted.set(message.id, text);
          i += ANSWERERS;
        } catch {
          await pause(50);
        }
      }
    };

    /** What surrounds the server fails in turn, until the work is done. */
    const weather = async (over: () => boolean): Promise<void> => {
      for (let round = 0; !over(); round++) {
        door.change('closed');
        await pause(800);
        door.change('open');
        server.limit('fsize', 4096);
        await pause(500);
        server.limit('fsize', 'unlimited');
        if (engine === 'postgres' && restart) await promisify(execFile)(restart, [round % 2 ? 'fast' : 'immediate']);
        door.change('error');
        await pause(500);
        door.change('open');
        await pause(1500);
      }
    };

    test('nothing is lost, nothing is doubled, the order is kept, and no secret is shown', async () => {
      for (const fault of faults) await sim.fault(fault);
      let done = false;
      const storm = weather(() => done);
      await Promise.all([...Array.from({ length: WRITERS }, (_, i) => write(i)), replace(), ...Array.from({ length: ANSWERERS }, (_, i) => answer(i))]);
      const settling = Date.now() + SETTLING_MS + MESSAGES * 60;
      const left = (): number => Math.max(1000, settling - Date.now());
      await until('most answers have left', async () => (await sim.calls({ method: 'sendMessage', ok: true, limit: 1_000_000 })).length > MESSAGES / 2, left());
      done = true;
      await storm;
      const fired = await sim.faults();
      const unanswered = fired.filter((rule) => rule['code'] !== 429 && rule['kind'] !== 'duplicate_updates').reduce((sum, rule) => sum + Number(rule['fired']), 0);
      await sim.clearFaults();
      for (const token of [TOKEN, SUCCESSOR]) await until('every update is confirmed', async () => (await sim.bot(token))['pending_updates'] === 0, left());

      const histories = async (): Promise<Map<string, Message[]>> => {
        const all = new Map<string, Message[]>();
        for (const conversation of await api.everyConversation()) {
          assert.ok(!all.has(conversation.customer.external_id), 'one customer has one conversation');
          all.set(conversation.customer.external_id, await api.history(conversation.id));
        }
        return all;
      };
      const stored = await until('every answer has left, and every file has come', async () => {
        const all = await histories();
        const messages = [...all.values()].flat();
        const waiting = messages.some((m) => m.delivery === 'queued' || m.delivery === 'sending' || m.files.some((file) => file.state === 'pending'));
        return !waiting && all;
      }, left());

      for (const customer of customers) {
        const list = written.get(customer.id)!;
        const messages = (stored.get(String(customer.id)) ?? []).filter((m) => m.direction === 'in');
        assert.equal(messages.length, list.length, `${customer.first_name}: each message once`);
        for (const token of [TOKEN, SUCCESSOR]) { // two chats have no common order
          const there = list.filter(({ bot }) => bot === token), texts = new Set(there.map(({ text }) => text));
          const found = messages.filter((m) => texts.has(m.text));
          assert.deepEqual(found.map((m) => m.text), there.map(({ text }) => text), `${customer.first_name}: in order`);
          assert.deepEqual(found.map((m) => m.files[0]?.size ?? 0), there.map(({ size }) => size), `${customer.first_name}: each file whole`);
        }
        for (const file of messages.flatMap((m) => m.files)) assert.equal(file.state, 'ready');
      }

      const answers = new Map([...stored.values()].flat().filter((m) => m.direction === 'out').map((m) => [m.id, m]));
      assert.deepEqual([...answers.keys()].sort((a, b) => a - b), [...accepted.keys()].sort((a, b) => a - b), 'each accepted answer is stored once, and no other');
      let uncertain = 0;
      for (const customer of customers) {
        const chats = await Promise.all([TOKEN, SUCCESSOR].map(async (token) =>
          written.get(customer.id)!.some(({ bot }) => bot === token) ? (await sim.transcript(customer.id, { bot: token })).messages.filter((m) => m.side === 'bot').map((m) => m.text) : []));
        const delivered = chats.flat();
        const own = [...answers.values()].filter((m) => (stored.get(String(customer.id)) ?? []).includes(m)).sort((a, b) => a.id - b.id);
        const arrived = new Set(delivered);
        assert.equal(arrived.size, delivered.length, `${customer.first_name} got nothing twice`);
        for (const m of own) {
          if (m.delivery === 'uncertain') uncertain++;
          else assert.equal(m.delivery, 'sent', `"${m.text}" is ${m.delivery}: ${m.delivery_error}`);
          if (m.delivery === 'sent') assert.ok(arrived.has(m.text), `"${m.text}" was delivered`);
        }
        for (const chat of chats) assert.deepEqual(chat, own.map((m) => m.text).filter((text) => chat.includes(text)), `${customer.first_name} got them in order`);
      }
      assert.ok(uncertain <= unanswered, `${uncertain} uncertain answers, ${unanswered} calls without a whole answer`);
      await screen.showsWhatAFreshOneShows(120_000);
      console.log(`${accepted.size} answers, ${uncertain} of them uncertain; faults fired: ${fired.map((rule) => `${rule['kind']} ${rule['fired']}`).join(', ')}`);

      const shown = JSON.stringify([[...stored.values()], screen.events, screen.ephemeral, await api.call('GET', '/api/bots'), await api.call('GET', '/api/audit'), await api.call('GET', '/api/dead-letters'), await api.call('GET', '/api/dead-jobs')]);
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      for (const secret of [TOKEN, TOKEN.split(':')[1]!, SUCCESSOR, SUCCESSOR.split(':')[1]!, '/file/bot', 'file_path', 'api.telegram.org'])
        for (const [place, text] of [['an answer or an event', shown], ['the metrics', metrics], ['the log', server.log]] as const) assert.ok(!text.includes(secret), `${secret} stands in ${place}`);
    });
  });
}

// 200 customers write and operators answer while the server is killed with SIGKILL at random moments. At the end every
// confirmed update is stored exactly once and in order, every accepted answer was delivered or is marked failed or
// uncertain, nothing was delivered twice, and every open screen shows the same as a fresh one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Message } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { Screen } from '../harness/screen.ts';
import { engines, pause, Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';
const CUSTOMERS = Number(process.env['CRASH_CUSTOMERS'] ?? 200);
const KILLS = Number(process.env['CRASH_KILLS'] ?? 10);

for (const engine of engines) {
  describe(`killed ${KILLS} times on ${engine}`, () => {
    let sim: Simulator;
    let server: Server;
    let api: Api;
    let screens: Screen[] = [];
    const customers: Customer[] = [];
    /** What each customer has written, in order. */
    const written = new Map<number, string[]>();
    /** Answers that the API accepted: message id to text. */
    const accepted = new Map<number, string>();
    let writing = true;

    before(async () => {
      sim = await Simulator.start({ tokens: [TOKEN] });
      server = await Server.start({ engine, telegram: sim.url, token: TOKEN });
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

    const write = async (): Promise<void> => {
      while (writing) {
        const customer = customers[Math.floor(Math.random() * customers.length)]!;
        const list = written.get(customer.id)!;
        const text = `${customer.first_name} says ${list.length}`;
        list.push(text);
        await sim.text(customer, text);
        await pause(2);
      }
    };

    const answer = async (): Promise<void> => {
      let serial = 0;
      while (writing) {
        const open = [...screens[0]!.conversations.values()];
        const conversation = open[Math.floor(Math.random() * open.length)];
        if (!conversation) {
          await pause(20);
          continue;
        }
        const text = `answer ${serial++}`;
        const clientId = `c${serial}`;
        // The operator's program tries again with the same client_id until it has an answer, as the panel does.
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
      const work = [write(), write(), answer(), answer()];
      for (let i = 0; i < KILLS; i++) {
        await pause(200 + Math.random() * 900);
        await server.kill();
        await pause(Math.random() * 200);
        await server.run();
      }
      await pause(500);
      writing = false;
      await Promise.all(work);

      await until('every update is confirmed', async () => (await sim.bot(TOKEN))['pending_updates'] === 0, 60_000);
      const settled = async (): Promise<boolean> => {
        const stats = await Promise.all((await api.everyConversation()).map((c) => api.history(c.id)));
        return stats.flat().every((m) => m.delivery !== 'queued' && m.delivery !== 'sending');
      };
      await until('every answer has left', settled, 120_000);

      const conversations = await api.everyConversation();
      const stored = new Map<string, Message[]>();
      for (const c of conversations) stored.set(c.customer.name, await api.history(c.id));
      for (const customer of customers) {
        const texts = (stored.get(customer.first_name) ?? []).filter((m) => m.direction === 'in').map((m) => m.text);
        assert.deepEqual(texts, written.get(customer.id), `${customer.first_name}: each message once, in order`);
      }

      const byId = new Map([...stored.values()].flat().map((m) => [m.id, m]));
      const delivered = new Map<string, number>();
      for (const customer of customers)
        for (const line of (await sim.transcript(customer.id)).messages)
          if (line.side === 'bot') delivered.set(line.text, (delivered.get(line.text) ?? 0) + 1);
      for (const [id, text] of accepted) {
        const message = byId.get(id);
        assert.ok(message, `accepted answer ${id} is stored`);
        if (message.delivery === 'sent') assert.ok(delivered.get(text), `answer ${id} says sent and was delivered`);
        else assert.ok(message.delivery === 'failed' || message.delivery === 'uncertain', `answer ${id} is ${message.delivery}`);
      }
      const all = [...byId.values()].filter((m) => m.direction === 'out');
      const countOf = (text: string): number => all.filter((m) => m.text === text).length;
      for (const [text, times] of delivered) assert.ok(times <= countOf(text), `"${text}" was delivered ${times} times for ${countOf(text)} messages`);

      await until('the screens are back', () => screens.every((s) => s.connected), 20_000);
      const fresh = await Screen.open(api);
      fresh.close();
      await until('the screens have seen as much', () => screens.every((s) => s.connected && s.seq >= fresh.seq), 20_000);
      for (const screen of screens) {
        assert.deepEqual(screen.picture(), fresh.picture());
      }
    });
  });
}

// Two processes on one PostgreSQL, both with the bot's token: one stops or dies while it sends, the other goes on. No message is
// sent twice unless an operator retries it, none waits longer than necessary, and a node that starts leaves the leases of a
// sending node alone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Message } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';
const SECRET_KEY = 'ab'.repeat(32); // shared by the nodes of one desk
const HELD_MS = 20_000; // longer than a node takes to start on a loaded machine

/** A node that has sent a request, which the simulator holds, and a second node on the same database that starts then. */
class Nodes {
  sim!: Simulator;
  first!: Server;
  second!: Server;
  api!: Api;
  who!: Customer;
  id!: number;

  async open(heldMs: number): Promise<void> {
    this.sim = await Simulator.start({ tokens: [TOKEN] });
    this.first = await Server.start({ engine: 'postgres', telegram: this.sim.url, token: TOKEN, env: { SECRET_KEY } });
    this.api = await this.first.signIn();
    await until('the bot is ok', async () => (await this.api.bot()).state === 'ok');
    this.who = await this.sim.customer({ first_name: 'Nadia' });
    await this.sim.text(this.who, 'Hello');
    this.id = (await until('the conversation', async () => (await this.api.everyConversation())[0])).id;
    await this.sim.fault({ kind: 'delay', method: 'sendMessage', chat: this.who.id, ms: heldMs, count: 1 });
    await this.api.reply(this.id, { text: 'on its way' });
    await until('the request has left', () => this.first.query("SELECT count(*) FROM job WHERE kind = 'outbox.answer' AND state = 'leased'")[0] === '1');
    this.second = await Server.start({ telegram: this.sim.url, token: TOKEN, env: { SECRET_KEY, DATABASE_URL: this.first.env['DATABASE_URL']! } });
  }
  async close(): Promise<void> {
    await this.second?.stop();
    await this.first?.stop();
    await this.sim?.stop();
  }

  /** From now on the test uses the second node's API. */
  async turnToSecond(): Promise<void> {
    this.api = await this.second.signIn();
  }
  answers = async (): Promise<Message[]> => (await this.api.history(this.id)).filter((m) => m.direction === 'out');
  deliveries = async (): Promise<(string | null)[]> => (await this.answers()).map((m) => m.delivery);
  async becomes(...wanted: string[]): Promise<void> {
    await until(`deliveries ${wanted.join(', ')}`, async () => (await this.deliveries()).join() === wanted.join(), 60_000);
  }
  received = async (): Promise<string[]> => (await this.sim.transcript(this.who.id)).messages.filter((m) => m.side === 'bot').map((m) => m.text);
  /** Makes every lease expire, without waiting. */
  leasesRunOut(): void {
    this.second.query("UPDATE job SET lease_until = 0 WHERE state = 'leased' AND kind = 'outbox.answer'");
  }
}

describe('two nodes on one database', { skip: !engines.includes('postgres') && 'there is no PostgreSQL' }, () => {
  describe('a node that starts while another is sending', () => {
    const w = new Nodes();
    before(() => w.open(HELD_MS));
    after(() => w.close());

    test('changes and sends none of its messages, and sends others', async () => {
      await w.turnToSecond();
      const other = await w.sim.customer({ first_name: 'Otto' });
      await w.sim.text(other, 'Hello too');
      const id = (await until('the other conversation', async () => (await w.api.everyConversation()).find((c) => c.customer.name === 'Otto'))).id;
      await w.api.reply(id, { text: 'to somebody else' });
      await until('it is sent', async () => (await w.api.history(id)).some((m) => m.delivery === 'sent'));
      assert.deepEqual(await w.deliveries(), ['sending']);
      await w.becomes('sent');
      assert.deepEqual(await w.received(), ['on its way']);
    });
  });

  describe('a node that is stopped while it sends', () => {
    const w = new Nodes();
    before(() => w.open(HELD_MS));
    after(async () => {
      process.kill(w.first.pid, 'SIGCONT');
      await w.close();
    });

    test('loses its lease and delays nothing, and its result still counts when it continues', async () => {
      process.kill(w.first.pid, 'SIGSTOP');
      await w.turnToSecond();
      await w.api.reply(w.id, { text: 'behind it' });
      w.leasesRunOut();
      await until('the second is sent', async () => (await w.deliveries())[1] === 'sent', 60_000);
      assert.deepEqual(await w.deliveries(), ['uncertain', 'sent']);
      process.kill(w.first.pid, 'SIGCONT');
      await w.becomes('sent', 'sent');
      assert.deepEqual((await w.received()).sort(), ['behind it', 'on its way'], 'each once');
      assert.equal((await w.api.deadLetters()).length, 0);
    });
  });

  describe('a node that dies while it sends', () => {
    const w = new Nodes();
    before(() => w.open(60_000));
    after(() => w.close());

    test('leaves an uncertain message: the other node marks it without a restart, goes on, and sends it again when an operator retries it', async () => {
      await w.first.kill();
      await w.turnToSecond();
      await w.api.reply(w.id, { text: 'behind it' });
      await w.becomes('sending', 'queued'); // another node does not take a valid lease
      w.leasesRunOut();
      await w.becomes('uncertain', 'sent');
      assert.match((await w.answers())[0]!.delivery_error!, /may have arrived/);
      assert.deepEqual(await w.received(), ['behind it']);
      const [letter] = await w.api.deadLetters();
      await w.api.call('POST', `/api/dead-letters/${letter!.id}/retry`);
      await w.becomes('sent', 'sent');
      assert.deepEqual(await w.received(), ['behind it', 'on its way']);
    });
  });
});

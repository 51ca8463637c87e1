// The customer's profile photo: it appears, stays, changes and disappears; by polling and by webhook, on both databases.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Conversation } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';
const METHOD = 'getUserProfilePhotos';

const ways = engines.flatMap((engine, i) => [{ engine, webhook: i > 0 }, ...(engines.length > 1 ? [] : [{ engine, webhook: true }])]);

for (const { engine, webhook } of ways)
  describe(`profile photos on ${engine}, by ${webhook ? 'webhook' : 'polling'}`, () => {
    let sim: Simulator;
    let server: Server;
    let api: Api;

    before(async () => {
      sim = await Simulator.start({ tokens: [TOKEN], strict: true });
      server = await Server.start({ engine, telegram: sim.url, token: TOKEN, webhook });
      api = await server.signIn();
      await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    });
    after(async () => {
      const violations = await sim?.violations();
      await server?.stop();
      await sim?.stop();
      assert.deepEqual(violations, []);
    });

    const of = async (name: string): Promise<Conversation | undefined> =>
      (await api.conversations('?status=all&limit=100')).data.find((c) => c.customer.name === name);
    const settled = (): Promise<unknown> => until('no photo is asked for', () => server.query("SELECT count(*) FROM job WHERE kind = 'customer.photo'")[0] === '0');

    /** Writes as on another day. */
    async function writesAgain(who: Customer, text: string): Promise<void> {
      await settled();
      server.query('UPDATE customer SET photo_asked_at = 1');
      await sim.text(who, text);
      await until(`"${text}"`, async () => (await of(who.first_name))?.last_message?.preview === text);
    }
    async function bytes(file: number, size = ''): Promise<Buffer> {
      const response = await api.send('GET', `/api/files/${file}${size}`);
      assert.equal(response.status, 200);
      return Buffer.from(await response.arrayBuffer());
    }

    test('it appears, is fetched once, changes and disappears', async () => {
      const who = await sim.customer({ first_name: 'Paula', photo: true });
      await sim.text(who, 'Hello');
      const first = await until('a photo', async () => (await of('Paula'))?.customer.photo_id ?? false);
      assert.ok((await bytes(first)).length > 0);
      assert.ok((await bytes(first, '?size=thumb')).length > 0);
      await sim.text(who, 'and again, the same day');
      await writesAgain(who, 'the next day');
      await settled();
      assert.equal((await of('Paula'))!.customer.photo_id, first, 'the same photo is not fetched again');
      assert.equal(server.query('SELECT count(*) FROM file')[0], '1');

      await sim.avatar(who, 200);
      await writesAgain(who, 'with another');
      const second = await until('another photo', async () => { const id = (await of('Paula'))!.customer.photo_id; return id !== null && id !== first ? id : false; });
      assert.notDeepEqual(await bytes(second), await bytes(first));

      await sim.avatar(who);
      await writesAgain(who, 'without one');
      await until('no photo', async () => (await of('Paula'))!.customer.photo_id === null);
    });

    test('a flood delays it, and it waits as Telegram says; a refusal leaves the initials', async () => {
      await sim.fault({ kind: 'status', method: METHOD, code: 429, description: 'Too Many Requests: retry after 1', retry_after: 1, count: 1 });
      const who = await sim.customer({ first_name: 'Flora', photo: true });
      await sim.text(who, 'Hello');
      await until('a photo', async () => (await of('Flora'))?.customer.photo_id ?? false);
      await sim.fault({ kind: 'status', method: METHOD, code: 400, description: 'Bad Request: user not found', count: 1 });
      const other = await sim.customer({ first_name: 'Rita', photo: true });
      await sim.text(other, 'Hello');
      await sim.wait({ method: METHOD, contains: String(other.id), timeout: 30 });
      await settled();
      assert.equal((await of('Rita'))!.customer.photo_id, null);
    });

    test('nobody who is blocked is asked about', async () => {
      const who = await sim.customer({ first_name: 'Bruno', photo: true });
      await sim.text(who, 'Hello');
      const id = (await until('a photo', async () => { const c = await of('Bruno'); return c?.customer.photo_id ? c : false; })).customer.id;
      await api.call('POST', `/api/customers/${id}/block`);
      await sim.avatar(who, 10);
      server.query('UPDATE customer SET photo_asked_at = 1');
      await sim.text(who, 'Still here');
      await until('it is stored', () => server.query("SELECT count(*) FROM message WHERE text = 'Still here'")[0] === '1');
      assert.equal(server.query("SELECT count(*) FROM job WHERE kind = 'customer.photo'")[0], '0');
    });

    test('only who is signed in gets it', async () => {
      const file = server.query('SELECT max(photo_id) FROM customer')[0];
      assert.equal((await fetch(`${server.url}/api/files/${file}`)).status, 401);
    });
  });

// Each operator's own read position: unread counts and the first unread message.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { Simulator } from '../telegram/client.ts';

for (const engine of engines)
  describe(`reading a history on ${engine}`, () => {
    let sim: Simulator;
    let server: Server;
    let api: Api;
    let id: number;
    let ids: number[];

    before(async () => {
      sim = await Simulator.start({ strict: true });
      server = await Server.start({ engine, telegram: sim.url });
      api = await server.signIn();
      const who = await sim.customer({ first_name: 'Rita' });
      await sim.burst({ count: 120, customer_ids: [who.id], text: 'line {n}' });
      id = await until('a conversation', async () => (await api.conversations('?status=all')).data[0]?.id);
      await until('all have come', async () => (await api.conversation(id)).inbound_count === 120, 30_000);
      ids = (await api.history(id)).filter(({ direction }) => direction === 'in').map((message) => message.id);
    });
    after(async () => {
      await server?.stop();
      await sim?.stop();
    });

    const page = async (query: string) => {
      const { data, before, after, first_unread } = await api.messages(id, query);
      return { ids: data.map((message) => message.id), before, after, first_unread };
    };
    const read = async (index: number): Promise<number> => (await api.act(id, 'read', { message_id: ids[index - 1] }) as any).read_count;

    test('an unread history begins with the first message', async () => {
      assert.deepEqual(await page('?from=unread&limit=50'), { ids: ids.slice(0, 50), before: null, after: ids[49], first_unread: ids[0] });
    });

    test('a partly read history begins shortly before the first unread message', async () => {
      assert.equal(await read(40), 40);
      assert.deepEqual(await page('?from=unread&limit=50'), { ids: ids.slice(31, 81), before: ids[31], after: ids[80], first_unread: ids[40] });
      assert.deepEqual(await page('?from=unread&limit=1'), { ids: [ids[40]], before: ids[40], after: ids[40], first_unread: ids[40] });
      assert.deepEqual((await page(`?after=${ids[80]}&limit=100`)).after, null, 'the pages below lead to the end');
    });

    test('a history that is read, or nearly so, begins with its newest page', async () => {
      assert.equal(await read(110), 110);
      assert.deepEqual(await page('?from=unread&limit=50'), { ids: ids.slice(70), before: ids[70], after: null, first_unread: ids[110] });
      assert.equal(await read(120), 120);
      assert.deepEqual(await page('?from=unread&limit=50'), { ids: ids.slice(70), before: ids[70], after: null, first_unread: null });
    });

    test('an invalid value of the parameter is refused', async () => {
      for (const query of ['?from=start', `?from=unread&before=${ids[5]}`, `?from=unread&after=${ids[5]}`])
        assert.equal((await api.refusal('GET', `/api/conversations/${id}/messages${query}`)).field, 'from');
    });
  });

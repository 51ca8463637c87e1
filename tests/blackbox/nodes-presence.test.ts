// Two processes on one PostgreSQL: the presence of operators when one of them stops or dies.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Api } from '../harness/api.ts';
import { Screen } from '../harness/screen.ts';
import { engines, Server, until } from '../harness/server.ts';

const SETTLED_MS = 120_000;

describe('who is online on two nodes', { skip: !engines.includes('postgres') && 'there is no PostgreSQL' }, () => {
  test('a starting node sets no operator of another node offline; when a node dies, its operators go offline', async () => {
    const first = await Server.start({ engine: 'postgres' });
    const second = await Server.prepare({ env: { DATABASE_URL: first.env['DATABASE_URL']! } });
    cpSync(join(first.folder, 'secret.key'), join(second.folder, 'secret.key'));
    let screen: Screen | undefined;
    try {
      const api = await first.signIn();
      const statusOf = async (by: Api, login: string): Promise<string> => {
        const all = await by.call<{ data: { login: string; status: string }[] }>('GET', '/api/operators');
        return all.data.find((one) => one.login === login)!.status;
      };
      const ghost = await api.call('POST', '/api/operators', { login: 'ghost', name: 'Ghost', role: 'operator', password: 'a calm blue river' });
      screen = await Screen.open(api);
      const mine = api.operator.login;
      await until('whoever has a socket is online', async () => (await statusOf(api, mine)) === 'online');
      // An operator of a node that died long ago: once this operator is offline, the second node has checked the others.
      first.query(`UPDATE operator SET status = 'online' WHERE login = 'ghost'`);
      first.query(`INSERT INTO operator_lease SELECT id, 'dead.1', 0 FROM operator WHERE login = 'ghost'`);
      assert.ok(ghost);
      await second.run();
      const there = await second.signIn();
      await until('the second node has looked around', async () => (await statusOf(there, 'ghost')) === 'offline', SETTLED_MS);
      await until('both have', () => first.query("SELECT count(*) FROM operator_lease WHERE holder = 'dead.1'")[0] === '0', SETTLED_MS);
      assert.equal(await statusOf(there, mine), 'online', 'still with the first node');
      await first.kill();
      await until('the dead node\'s operator is offline', async () => (await statusOf(there, mine)) === 'offline', SETTLED_MS);
    } finally {
      screen?.close();
      await second.stop();
      await first.stop();
    }
  });
});

// Conditions: the panel's evaluator and the server's give the same result for every row. server/desk/condition/condition_test.c
// compares the server's evaluator, in C, with SQL on both engines, on data of the same kind.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { Simulator } from '../telegram/client.ts';

const ROOT = join(import.meta.dirname, '../..');
const source = (path: string) => pathToFileURL(join(ROOT, 'web/src', path)).href;
registerHooks({ resolve: (name, context, next) => (name === '@/contract' ? { url: source('contract.ts'), shortCircuit: true } : next(name, context)) });

type Node = { all?: Node[]; any?: Node[]; none?: Node[]; field?: string };
interface Vectors {
  reader: number;
  rows: { id: number }[];
  cases: { condition: Node; rows: string }[];
}

const leaves = (condition: Node): Node[] => (condition.field ? [condition] : (condition.all ?? condition.any ?? condition.none ?? []).flatMap(leaves));
const binary = process.env.SWITCHBOARD_CONFORMANCE ?? join(ROOT, 'build/release/switchboard-conformance');

for (const seed of [1, 2, 3, 4])
  test(`C and TypeScript agree on random conversations and conditions ${seed}`, async () => {
    const { matches } = await import(source('shared/lib/condition.ts'));
    const { conversationFields } = await import(source('contract.ts'));
    const { reader, rows, cases }: Vectors = JSON.parse(execFileSync(binary, ['conditions', String(seed)], { encoding: 'utf8', maxBuffer: 1 << 26 }));
    const ask = (condition: Node, row: unknown): string => ({ true: 'y', false: 'n', undefined: '?' })[String(matches(conversationFields, condition, row, reader))] ?? 'x';
    const counts: Record<string, number> = {};
    // The shortest first, so that a failure is easy to read.
    for (const { condition, rows: said } of cases.sort((a, b) => JSON.stringify(a.condition).length - JSON.stringify(b.condition).length))
      rows.forEach((row, i) => {
        const says = ask(condition, row);
        counts[says] = (counts[says] ?? 0) + 1;
        if (says !== said[i]) assert.fail(`${JSON.stringify(condition)}: TypeScript says ${says}, C says ${said[i]} of ${JSON.stringify(row)}; of its comparisons TypeScript says ${leaves(condition).map((leaf) => `${JSON.stringify(leaf)}: ${ask(leaf, row)}`).join(', ')}`);
      });
    for (const truth of ['y', 'n', '?']) assert.ok((counts[truth] ?? 0) > 500, `"${truth}" is rare: the data say little`);
  });

test('/api/docs names every field of a condition with its operators', async () => {
  const { conversationFields } = await import(source('contract.ts'));
  const server = await Server.start({});
  try {
    const page = await (await fetch(`${server.url}/api/docs`)).text();
    for (const name of Object.keys(conversationFields)) assert.match(page, new RegExp(`<tr><td><code>${name}</code></td><td>\\w[^<]*</td><td>\\w`));
    assert.ok(page.includes('<code>last_direction</code></td><td>in | out | system</td>'));
    assert.match(page, /<code>snoozed_until<\/code><\/td><td>time<\/td><td>[^<]*before[^<]*, not_empty<\/td>/);
  } finally {
    await server.stop();
  }
});

for (const engine of engines)
  describe(`the list by a condition on ${engine}`, () => {
    let sim: Simulator;
    let server: Server;
    let api: Api;
    const people = ['Anna Smíth', 'Пётр Ёлкин', 'Bob', 'Zoë', 'Anna Petrova', 'Carla'];

    before(async () => {
      sim = await Simulator.start({ strict: true });
      server = await Server.start({ engine, telegram: sim.url });
      api = await server.signIn();
      for (const [i, first_name] of people.entries()) {
        const who = await sim.customer({ first_name, language_code: i % 2 ? 'en' : 'ru' });
        await sim.burst({ count: 1 + i, customer_ids: [who.id], text: 'line {n}' });
      }
      await until('all have come', async () => {
        const { data } = await api.conversations('?status=all');
        return data.length === people.length && data.reduce((sum, one) => sum + one.inbound_count, 0) === 21;
      }, 30_000);
      // Sorted by name, since customers of one batch get their ids in any order.
      const rows = await all();
      const idOf = (name: string) => rows.find(({ customer }) => customer.name === name)!.id;
      await api.act(idOf('Anna Smíth'), 'take', {});
      await api.act(idOf('Пётр Ёлкин'), 'take', {});
      await api.act(idOf('Пётр Ёлкин'), 'read', {});
      await api.act(idOf('Bob'), 'close', {});
    });
    after(async () => {
      await server?.stop();
      await sim?.stop();
    });

    const all = async () => (await api.conversations('?status=all&limit=100')).data;
    const ask = (filter: object, more = '') => `/api/conversations?filter=${encodeURIComponent(JSON.stringify(filter))}${more}`;
    /** All pages, of at most two rows each. */
    const listed = async (filter: object): Promise<number[]> => {
      const ids: number[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page: any = await api.call('GET', ask(filter, `&limit=2${cursor && `&cursor=${cursor}`}`));
        ids.push(...page.data.map((one: { id: number }) => one.id));
        cursor = page.next_cursor;
      }
      return ids;
    };

    test('contains what the panel’s evaluator selects, in the list’s order', async () => {
      const { matches } = await import(source('shared/lib/condition.ts'));
      const { conversationFields } = await import(source('contract.ts'));
      const rows = await all();
      const leaf = (field: string, op: string, value?: unknown) => ({ field, op, ...(value === undefined ? {} : { value }) });
      const conditions = [
        leaf('status', 'is', 'waiting'),
        leaf('assignee', 'is', 'me'),
        leaf('assignee', 'is_not', 'me'),
        { none: [leaf('status', 'is', 'closed')] },
        { any: [leaf('status', 'is', 'closed'), leaf('assignee', 'is', 'me')] },
        { all: [leaf('assignee', 'in', ['me', 'none']), leaf('unread', 'more', 0)] },
        leaf('unread', 'less', 1),
        leaf('customer_name', 'contains', 'ANNA smith'),
        leaf('customer_name', 'starts', 'петр'),
        leaf('language', 'in', ['ru', 'de']),
        leaf('customer_username', 'empty'),
        leaf('closed_at', 'not_empty'),
        leaf('last_direction', 'is', 'system'),
        leaf('inbound_count', 'between', [2, 4]),
        leaf('updated_at', 'before', rows[2]!.updated_at),
        { all: [leaf('updated_at', 'after', rows[4]!.updated_at), leaf('channel', 'is', 'telegram')] },
      ];
      let found = 0;
      for (const condition of conditions) {
        const expected = rows.filter((row) => matches(conversationFields, condition, row, api.operator.id)).map(({ id }) => id);
        assert.deepEqual(await listed(condition), expected, JSON.stringify(condition));
        found += expected.length;
      }
      assert.ok(found > conditions.length);
    });

    test('can be combined with status, assignee and a search', async () => {
      const unread = { field: 'unread', op: 'more', value: 0 };
      const names = async (query: string) => ((await api.call('GET', ask(unread, query))) as any).data.map((one: any) => one.customer.name).sort();
      assert.deepEqual(await names('&assignee=me'), ['Anna Smíth']);
      assert.deepEqual(await names('&q=anna'), ['Anna Petrova', 'Anna Smíth']);
      assert.deepEqual(await names('&q=anna&status=waiting'), ['Anna Petrova']);
    });

    test('every route with a condition refuses an invalid one and names the place', async () => {
      const leaf = { field: 'status', op: 'is', value: 'closed' };
      const deep = (depth: number): object => (depth ? { all: [deep(depth - 1)] } : leaf);
      const of = (field: string, value: unknown, op = 'is') => ({ field, op, value });
      const refused: [why: string, filter: object | string, place: string][] = [
        ['no JSON', 'nonsense', 'filter'],
        ['cut off', '{"all":[', 'filter'],
        ['two texts', `${JSON.stringify(leaf)} ${JSON.stringify(leaf)}`, 'filter'],
        ['a list', [leaf], 'filter'],
        ['nothing', {}, 'filter'],
        ['two groups', { all: [leaf], any: [leaf] }, 'filter'],
        ['an empty group', { none: [] }, 'filter.none'],
        ['an unknown field', { any: [{ none: [of('nose', 1)] }] }, 'filter.any[0].none[0].field'],
        ['an inherited name for a field', of('constructor', 1), 'filter.field'],
        ['no field', { op: 'is', value: 1 }, 'filter.field'],
        ['a number for a field', { field: 7, op: 'is', value: 1 }, 'filter.field'],
        ['an unknown operator', { all: [leaf, of('status', 'closed', 'likes')] }, 'filter.all[1].op'],
        ['an operator of other types', of('status', 1, 'more'), 'filter.op'],
        ['a number for a word', { all: [leaf, of('status', 7)] }, 'filter.all[1].value'],
        ['an unknown word', of('status', 'asleep'), 'filter.value'],
        ['a text for an operator', of('assignee', 'nobody'), 'filter.value'],
        ['a number for a text', of('customer_name', 5, 'contains'), 'filter.value'],
        ['a text for a flag', of('blocked', 'true'), 'filter.value'],
        ['a text for a number', of('unread', '3', 'more'), 'filter.value'],
        ['a fraction', of('inbound_count', 1.5), 'filter.value'],
        ['a number for a time', of('updated_at', 1700000000, 'before'), 'filter.value'],
        ['null', of('language', null), 'filter.value'],
        ['one of a list is wrong', of('status', ['closed', true], 'in'), 'filter.value[1]'],
        ['no value', { field: 'status', op: 'is' }, 'filter.value'],
        ['a value for an operator without', of('assignee', 1, 'empty'), 'filter.value'],
        ['an unknown member', { ...leaf, not: true }, 'filter'],
        ['six groups deep', deep(6), 'filter.all[0].all[0].all[0].all[0].all[0].all'],
        ['a hundred groups deep', deep(100), 'filter.all[0].all[0].all[0].all[0].all[0].all'],
        ['51 comparisons in one group', { any: Array(51).fill(leaf) }, 'filter.any'],
        ['51 comparisons in two groups', { all: [{ any: Array(30).fill(leaf) }, { none: Array(21).fill(leaf) }] }, 'filter.all[1].none[20]'],
      ];
      const doors = [['GET', '/api/conversations'], ['GET', '/api/conversations/counts'], ['GET', '/api/chats'], ['POST', '/api/chats']] as const;
      for (const [method, path] of doors) {
        for (const [why, filter, place] of refused) {
          const text = typeof filter === 'string' ? filter : JSON.stringify(filter);
          const { status, code, field } = await api.refusal(method, `${path}?filter=${encodeURIComponent(text)}`);
          assert.deepEqual([status, code, field], [400, 'invalid_field', place], `${method} ${path}: ${why}`);
        }
        for (const filter of [deep(5), { any: Array(50).fill(leaf) }])
          assert.equal((await api.send(method, `${path}?filter=${encodeURIComponent(JSON.stringify(filter))}`)).status, 200, `${method} ${path}`);
      }
    });

    test('the counts are those of the requested assignee', async () => {
      const counts = async (query: string) => {
        const { waiting, active, mine } = (await api.call('GET', `/api/conversations/counts${query}`)) as any;
        return [waiting, active, mine];
      };
      assert.deepEqual(await counts(''), [3, 2, 2]);
      assert.deepEqual(await counts('?assignee=me'), [0, 2, 2]);
      assert.deepEqual(await counts('?assignee=none'), [3, 0, 2]);
    });

    test('the counts of a condition are those of its list', async () => {
      const conditions: object[] = [
        { field: 'unread', op: 'more', value: 0 },
        { field: 'customer_name', op: 'starts', value: 'anna' },
        { all: [{ field: 'last_direction', op: 'is', value: 'in' }, { field: 'updated_at', op: 'after', value: '2020-01-01T00:00:00Z' }] },
        { none: [{ field: 'blocked', op: 'is', value: true }] },
        { field: 'status', op: 'is', value: 'waiting' },
        { field: 'updated_at', op: 'before', value: '2020-01-01T00:00:00Z' },
      ];
      for (const filter of conditions) {
        const listed = async (query: string) => ((await api.call('GET', ask(filter, query))) as any).data as any[];
        const unread = (rows: any[]) => rows.filter((one) => one.inbound_count > one.read_count).length;
        for (const assignee of ['', '&assignee=me', '&assignee=none']) {
          const counts = (await api.call('GET', `/api/conversations/counts?filter=${encodeURIComponent(JSON.stringify(filter))}${assignee}`)) as any;
          const [waiting, active, mine] = [await listed(`&status=waiting${assignee}`), await listed(`&status=active${assignee}`), await listed('&status=active&assignee=me')];
          assert.deepEqual(
            [counts.waiting, counts.active, counts.mine, counts.waiting_unread, counts.mine_unread, counts.partial],
            [waiting.length, active.length, mine.length, unread(waiting), unread(mine), false],
            `${JSON.stringify(filter)} ${assignee}`,
          );
        }
      }
    });

    test('the counts have the same limit for a condition as the list, and refuse the same', async () => {
      const long = { any: Array.from({ length: 50 }, () => ({ field: 'unread', op: 'between', value: [90, 91] })) };
      const counts = (filter: object) => `/api/conversations/counts?filter=${encodeURIComponent(JSON.stringify(filter))}`;
      assert.equal(((await api.call('GET', counts(long))) as any).waiting, 0);
      const deep = (depth: number): object => (depth ? { all: [deep(depth - 1)] } : { field: 'blocked', op: 'is', value: true });
      const refused: [object, string][] = [
        [{ any: [...long.any, long.any[0]] }, 'filter'],
        [{ all: [{ field: 'nose', op: 'is', value: 1 }] }, 'filter.all[0].field'],
        [{ field: 'unread', op: 'more', value: 'many' }, 'filter.value'],
        [deep(6), 'filter'],
      ];
      for (const [filter, place] of refused) {
        const answer = await api.refusal('GET', counts(filter));
        assert.deepEqual([answer.status, answer.code], [400, 'invalid_field'], JSON.stringify(filter));
        assert.ok(answer.field!.startsWith(place), answer.field ?? 'no field');
      }
    });
  });

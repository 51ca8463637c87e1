// The law of conditions: the panel's evaluator says of every row what the server's says. The server's, in C, is compared
// with SQL on both engines by server/desk/condition/condition_test.c, on data of the same kind.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '../..');
const source = (path: string) => pathToFileURL(join(ROOT, 'web/src', path)).href;
registerHooks({ resolve: (name, context, next) => (name === '@/contract' ? { url: source('contract.ts'), shortCircuit: true } : next(name, context)) });

type Node = { all?: Node[]; any?: Node[]; none?: Node[]; field?: string };
interface Vectors {
  reader: number;
  rows: { id: number }[];
  cases: { condition: Node; rows: string }[];
}

const binary = process.env.SWITCHBOARD_CONFORMANCE ?? join(ROOT, 'build/release/switchboard-conformance');

for (const seed of [1, 2, 3, 4])
  test(`C and TypeScript agree on random conversations and conditions ${seed}`, async () => {
    const { matches } = await import(source('shared/lib/condition.ts'));
    const { conversationFields } = await import(source('contract.ts'));
    const { reader, rows, cases }: Vectors = JSON.parse(execFileSync(binary, ['conditions', String(seed)], { encoding: 'utf8', maxBuffer: 1 << 26 }));
    const ask = (condition: Node, row: unknown): string => ({ true: 'y', false: 'n', undefined: '?' })[String(matches(conversationFields, condition, row, reader))] ?? 'x';
    const counts: Record<string, number> = {};
    for (const { condition, rows: said } of cases)
      rows.forEach((row, i) => {
        const says = ask(condition, row);
        counts[says] = (counts[says] ?? 0) + 1;
        if (says !== said[i]) assert.fail(`${JSON.stringify(condition)}: TypeScript says ${says}, C says ${said[i]} of ${JSON.stringify(row)}`);
      });
    for (const truth of ['y', 'n', '?']) assert.ok((counts[truth] ?? 0) > 1000, `"${truth}" is rare: the data say little`);
  });

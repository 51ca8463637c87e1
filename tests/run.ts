// Runs test files like `node --test`, but those that take longest first, so that none of them is left for the end, and ends with
// the durations of the longest files and "N passed, N failed": node run.ts FILES_AT_ONCE FILE…
// A test or a suite that takes 4 minutes hangs, and has failed. What a failed test leaves behind does not keep its file alive.
import { basename, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const TIMEOUT_MS = 240_000;
const LONGEST_SHOWN = 12;
/** By what they took on a calm machine; any other file takes less. */
const LONGEST = ['bucket', 'faults', 'staff-topics', 'nodes-presence', 'staff-group', 'bots', 'operations', 'changes', 'realtime', 'widget', 'kinds', 'desk'];

const rank = (file: string): number => {
  const at = LONGEST.indexOf(basename(file, '.test.ts'));
  return at < 0 ? LONGEST.length : at;
};

const [atOnce, ...names] = process.argv.slice(2);
const files = names.map((name) => resolve(name)).sort((a, b) => rank(a) - rank(b));
const durations: [string, number][] = [];
let passed = 0;
let failed = 0;

const events = run({ files, concurrency: Number(atOnce), timeout: TIMEOUT_MS, forceExit: true });
// Tests count, suites do not.
const counts = ({ details, skip }: { details: { type?: string }; skip?: unknown }): boolean => details.type !== 'suite' && !skip;
events.on('test:pass', (data) => (passed += counts(data as never) ? 1 : 0));
events.on('test:fail', (data) => {
  failed += counts(data as never) ? 1 : 0;
  process.exitCode = 1;
});
events.on('test:summary', ({ file, duration_ms }) => file && durations.push([basename(file), duration_ms]));
events.on('end', () => {
  durations.sort((a, b) => b[1] - a[1]);
  // After the reporter's own summary, which it prints when the stream has ended.
  process.once('beforeExit', () => {
    for (const [name, ms] of durations.slice(0, LONGEST_SHOWN)) console.log(`${String(Math.round(ms / 1000)).padStart(4)} s  ${name}`);
    console.log(`${passed} passed, ${failed} failed`);
  });
});
events.compose(new spec()).pipe(process.stdout);

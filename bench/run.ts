// Prints the figures of the design's table, each with its aim and the limits of the machine, in one run. It does not fail
// when a figure is low.
//   scripts/bench.sh [--conversations 1000000] [--messages 10] [--sockets 1000] [--updates 10000] [--only webhook,push,…]
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync } from 'node:zlib';
import { pause, Server, until } from '../tests/harness/server.ts';
import { Simulator } from '../tests/telegram/client.ts';

const TOKEN = '123456:TEST';
const ROOT = join(import.meta.dirname, '..');
const LOAD = join(ROOT, 'build/release/bench/load');
const { values } = parseArgs({
  options: {
    conversations: { type: 'string', default: '1000000' },
    messages: { type: 'string', default: '10' },
    sockets: { type: 'string', default: '1000' },
    updates: { type: 'string', default: '10000' }, // published in the fan-out benchmark
    count: { type: 'string', default: '60000' },
    only: { type: 'string', default: '' },
  },
});
const only = values.only ? new Set(values.only.split(',')) : undefined;
const wanted = (name: string): boolean => !only || only.has(name);

const line = (what: string, figure: string, aim = ''): void => console.log(`${what.padEnd(58)} ${figure.padEnd(34)} ${aim}`);
const number = (n: number, digits = 0): string => n.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });

/** Runs the load generator and returns its key=value line as an object. */
function load(...args: (string | number)[]): Record<string, number> {
  const result = spawnSync(LOAD, args.map(String), { encoding: 'utf8', maxBuffer: 1 << 20 });
  if (result.stderr) console.error(result.stderr.trim());
  return Object.fromEntries(result.stdout.trim().split(/\s+/).map((pair) => pair.split('=')).map(([k, v]) => [k, Number(v)]));
}

const rssKb = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);

async function machine(folder: string): Promise<void> {
  console.log(`machine: ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}; every process of a run shares them`);
  const path = join(folder, 'fsync');
  const fd = openSync(path, 'w');
  const block = Buffer.alloc(4096, 7);
  let fsyncs = 0;
  for (const end = Date.now() + 1500; Date.now() < end; fsyncs++) {
    writeSync(fd, block);
    fsyncSync(fd);
  }
  closeSync(fd);
  rmSync(path);
  line('limit: write 4 KB + fsync', `${number(fsyncs / 1.5)}/s`);
  const sql = `PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c TEXT);
    BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 500000)
    INSERT INTO t (b, c) SELECT 'some text of a message ' || i, 'another column' FROM n; COMMIT;`;
  const started = performance.now();
  execFileSync('sqlite3', [join(folder, 'raw.db'), sql], { stdio: 'ignore' });
  line('limit: raw SQLite inserts, one transaction, no fsync', `${number(500000 / ((performance.now() - started) / 1000))}/s`);
  const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const socket = connect((echo.address() as any).port, '127.0.0.1');
  socket.setNoDelay(true);
  await once(socket, 'connect');
  const trips: number[] = [];
  for (let i = 0; i < 2000; i++) {
    const at = performance.now();
    socket.write('x');
    await once(socket, 'data');
    trips.push(performance.now() - at);
  }
  socket.destroy();
  echo.close();
  line('limit: loopback round trip between two sockets of Node', `${number(trips.sort((a, b) => a - b)[1000]! * 1000)} µs p50`);
}

async function withServer(work: (at: { server: Server; sim: Simulator; secret: string; token: string }) => Promise<void>, prepare?: (server: Server) => Promise<void>): Promise<void> {
  const sim = await Simulator.start({ tokens: [TOKEN], local: true });
  const server = await Server.prepare({ telegram: sim.url, token: TOKEN, webhook: true, env: { LOG_LEVEL: 'warn', MAX_CONNECTIONS: '20000' } });
  try {
    if (prepare) await prepare(server);
    await server.run();
    const api = await server.signIn();
    const call = await until('the webhook is set', async () => (await sim.calls({ method: 'setWebhook' })).find((c) => c.params['secret_token']));
    await work({ server, sim, secret: String(call.params['secret_token']), token: api.token });
  } finally {
    await server.stop();
    await sim.stop();
  }
}

async function webhook(): Promise<void> {
  await withServer(async ({ server, secret }) => {
    load('webhook', '127.0.0.1', server.port, secret, 64, 2000, 0, 500, 1000);
    const most = load('webhook', '127.0.0.1', server.port, secret, 256, values.count, 0, 5000, 100_000);
    line('webhook updates stored durably (256 connections)', `${number(most['per_second']!)}/s, p99 ${most['answer_p99_ms']} ms`, 'aim 10,000/s');
    const calm = load('webhook', '127.0.0.1', server.port, secret, 64, 5000, 1000, 5000, 10_000_000);
    line('webhook updates at 1,000/s', `p50 ${calm['answer_p50_ms']} ms, p99 ${calm['answer_p99_ms']} ms`, 'aim p99 < 10 ms');
  });
}

async function push(): Promise<void> {
  await withServer(async ({ server, secret, token }) => {
    const one = load('push', '127.0.0.1', server.port, secret, token, 1, 3000, 500, 500, 1000);
    line("webhook POST → panel's frame at 500/s", `p50 ${one['push_p50_ms']} ms, p99 ${one['push_p99_ms']} ms`, 'aim p50 < 1 ms, p99 < 5 ms');
  });
}

async function fan(): Promise<void> {
  await withServer(async ({ server, secret, token }) => {
    const tokens = await enoughTokens(server, token, Number(values.sockets));
    const many = load('push', '127.0.0.1', server.port, secret, tokens, values.sockets, values.updates, 0, 500, 1000, server.pid);
    line(`fan-out to ${values.sockets} panels, from the webhook on`, `${number(many['deliveries_per_second']!)}/s`, 'aim 1,000,000/s');
    line("a delivery's cost to the server", `${number(many['server_cpu_us_per_delivery']!, 3)} µs of processor time`);
    line("a delivery's frame", `${number(many['bytes_per_delivery']!)} bytes, ${number(many['deliveries_per_read']!, 1)} in one read`);
  });
}

/** Several tokens for the load generator, separated by commas, since the number of sockets per operator is limited. */
async function enoughTokens(server: Server, admin: string, sockets: number): Promise<string> {
  const tokens = [];
  for (let i = 0; i < Math.ceil(sockets / 20); i++) {
    const password = 'benchmark password';
    const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' };
    await fetch(`${server.url}/api/auth/register`, { method: 'POST', headers, body: JSON.stringify({ login: `bench${i}`, email: `bench${i}@example.com`, name: `Bench ${i}`, role: 'operator', password }) });
    for (;;) {
      const answer = await fetch(`${server.url}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ login: `bench${i}`, password }) });
      if (answer.ok) {
        tokens.push(((await answer.json()) as any).access_token);
        break;
      }
      await pause(1000);
    }
  }
  return tokens.join(',');
}

async function idle(): Promise<void> {
  await withServer(async ({ server, token }) => {
    await pause(1500);
    const before = rssKb(server.pid);
    line('memory when idle (resident)', `${number(before / 1024, 1)} MB`, 'aim 25 MB');
    const sockets = Number(values.sockets);
    const tokens = await enoughTokens(server, token, sockets);
    const settled = rssKb(server.pid);
    const holder = spawn(LOAD, ['idle', '127.0.0.1', String(server.port), tokens, String(sockets), '6'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    await pause(2000);
    line(`an idle panel's socket, of ${sockets}`, `${number(((rssKb(server.pid) - settled) * 1024) / sockets)} bytes`, 'aim < 4,096');
    await once(holder, 'exit');
  });
  const server = await Server.prepare({});
  await server.run();
  await server.terminate();
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const started = performance.now();
    await server.run();
    times.push(performance.now() - started);
    await server.terminate();
  }
  await server.stop();
  line('start to first answer (seen by a poll every 20 ms)', `${number(times.sort((a, b) => a - b)[2]!)} ms`, 'aim 100 ms');
}

async function big(): Promise<void> {
  const conversations = Number(values.conversations);
  const messages = Number(values.messages);
  await withServer(
    async ({ server, token: admin }) => {
      const token = await enoughTokens(server, admin, 80);
      const api = (what: string, aim: string, ...paths: string[]): void => {
        load('get', '127.0.0.1', server.port, token, 1, 30, ...paths);
        const one = load('get', '127.0.0.1', server.port, token, 1, 400, ...paths);
        line(what, `p50 ${one['answer_p50_ms']} ms, p99 ${one['answer_p99_ms']} ms`, one['failed'] ? `${one['failed']} FAILED` : aim);
      };
      const random = (n: number): number => 1 + Math.floor(Math.random() * n);
      api('open list, first page', 'aim p99 < 5 ms', '/api/conversations?status=waiting', '/api/conversations?status=active', '/api/conversations?status=all', '/api/conversations?status=closed');
      const filter = (condition: object): string => `/api/conversations?filter=${encodeURIComponent(JSON.stringify(condition))}`;
      api('list by assignee', 'aim p99 < 5 ms', '/api/conversations?assignee=me', '/api/conversations?assignee=none', '/api/conversations?status=active&assignee=me');
      api('list by a condition of status and assignee', 'aim p99 < 5 ms', filter({ none: [{ field: 'status', op: 'is', value: 'closed' }] }), filter({ any: [{ field: 'status', op: 'is', value: 'waiting' }, { field: 'assignee', op: 'is', value: 'me' }] }));
      api('list by a condition that rows are compared with', '', filter({ field: 'unread', op: 'more', value: 2 }), filter({ field: 'customer_name', op: 'contains', value: 'nobody is called so' }));
      api('page of messages, newest', 'aim p99 < 5 ms', ...Array.from({ length: 200 }, () => `/api/conversations/${random(conversations)}/messages`));
      api('search by name', 'aim < 50 ms', '/api/conversations?status=all&q=anna', '/api/conversations?status=all&q=kuz', '/api/conversations?status=all&q=olga%20pet', '/api/conversations?status=all&q=user77');
      api('search within a status', 'aim < 50 ms', '/api/conversations?status=waiting&q=anna', '/api/conversations?status=active&q=kuz', '/api/conversations?status=closed&q=olga%20pet');
      api('search by one letter, within a status', 'aim < 50 ms', '/api/conversations?status=waiting&q=a', '/api/conversations?status=closed&q=o');
      api('counts of the tabs', '', '/api/conversations/counts');
    },
    async (server) => {
      const migrated = server.command('migrate');
      if (migrated.code) throw new Error(migrated.output);
      await server.run(); // creates the first administrator
      await server.terminate();
      console.log(`filling ${number(conversations)} conversations with ${number(conversations * messages)} messages…`);
      const started = performance.now();
      execFileSync('sqlite3', [join(server.folder, 'switchboard.db'), `.parameter set :conversations ${conversations}`, `.parameter set :messages ${messages}`, `.read ${join(ROOT, 'bench/fill.sql')}`], { stdio: ['ignore', 'ignore', 'inherit'] });
      console.log(`filled in ${number((performance.now() - started) / 1000)} s`);
    },
  );
}

/** The kilobytes of scripts, and of what they import at once, compressed as for a browser. */
async function scriptSize(url: string, paths: string[]): Promise<number> {
  const seen = new Set<string>();
  let bytes = 0;
  const take = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    const script = Buffer.from(await (await fetch(url + path)).arrayBuffer());
    bytes += brotliCompressSync(script).length;
    for (const [, from] of script.toString().matchAll(/(?:from|import)\s*"(\.\/[^"]+\.js)"/g)) await take(new URL(from!, url + path).pathname);
  };
  for (const path of paths) await take(path);
  return bytes / 1024;
}

/** The scripts that the page names: its own, and those that web/public/theme.js requests for who is signed in. */
async function firstLoad(): Promise<void> {
  const server = await Server.start({});
  const page = await (await fetch(`${server.url}/`)).text();
  const named = (attribute: string): string[] => [...page.matchAll(new RegExp(` ${attribute}="([^"]+\\.js)"`, 'g'))].flatMap(([, list]) => list!.split(' '));
  const signIn = named('src'), inbox = [...signIn, ...named('data-desk')], chat = [...inbox, ...named('data-chat')];
  for (const [name, paths] of Object.entries({ 'sign-in page': signIn, inbox, chat }))
    line(`first load of the ${name}, compressed script`, `${number(await scriptSize(server.url, paths), 0)} KB`, 'aim < 200 KB');
  await server.stop();
}

const folder = mkdtempSync(join(tmpdir(), 'switchboard-bench-'));
try {
  if (wanted('machine')) await machine(folder);
  if (wanted('webhook')) await webhook();
  if (wanted('push')) await push();
  if (wanted('fan')) await fan();
  if (wanted('idle')) await idle();
  if (wanted('panel')) await firstLoad();
  if (wanted('big')) await big();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

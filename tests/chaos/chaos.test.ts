// Thousands of connections that stop, reset and half-close at random positions of every kind of request, against the builds
// with AddressSanitizer, on one loop and on four. Afterwards the server answers, has freed every connection, descriptor and
// spooled file, and exits with 0. The test prints its seed; CHAOS_SEED=N repeats a run (except for the network's timing),
// CHAOS_CONNECTIONS=N sets the number of connections per server.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { raw } from '../harness/raw.ts';
import { ADMIN, Server, until } from '../harness/server.ts';
import { act, pickEnding } from './client.ts';
import { Random } from './random.ts';
import { bytesOf, type Paths, pickKind } from './requests.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const CONFORMANCE = process.env['SWITCHBOARD_CONFORMANCE'] ?? join(ROOT, 'build/asan/switchboard-conformance');
const SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000_007);
const CONNECTIONS = Number(process.env['CHAOS_CONNECTIONS'] ?? 1500);
const AT_ONCE = 48;
const STAYING = 60;
const BACK_TO_NORMAL_MS = 45_000;

console.log(`chaos: seed ${SEED}`);

/** The interface of a server under test. */
interface Target {
  port: number;
  pid: number;
  paths: Paths;
  spool: string;
  log: () => string;
  alive: () => boolean;
  /** Its open connections, without the one of this request, and passwords that wait to be hashed. */
  connections: () => Promise<number>;
  answers: () => Promise<boolean>;
}

const ask = (port: number, path: string) => raw(port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`, { timeoutMs: 10_000 });
const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
const spooled = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('upload-'));

/** A few sessions of Engine.IO, for requests that continue one. */
async function openSessions(target: Target): Promise<string[]> {
  const sids: string[] = [];
  for (const path of target.paths.engine)
    for (let i = 0; i < 4; i++) {
      const answer = await ask(target.port, `${path}?EIO=4&transport=polling`).catch(() => undefined);
      const sid = /"sid":"([^"]+)"/.exec(answer?.body ?? '')?.[1];
      if (sid) sids.push(sid);
    }
  return sids;
}

async function storm(target: Target, connections: number, random: Random): Promise<void> {
  const kept: Socket[] = [];
  let sids: string[] = [], started = 0;
  const keep = (socket: Socket): void => {
    kept.push(socket);
    if (kept.length > STAYING) kept.splice(random.below(kept.length), 1)[0]!.resetAndDestroy();
  };
  const worker = async (): Promise<void> => {
    while (started < connections && target.alive()) {
      if (started++ % 100 === 0) sids = await openSessions(target);
      const kind = pickKind(random), ending = pickEnding(random);
      await act(target.port, '127.0.0.1', bytesOf(kind, target.paths, sids, random), ending, random, keep);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  for (const socket of kept) socket.resetAndDestroy();
}

/** Runs the connections, then checks the server. */
async function weather(target: Target, seed: number): Promise<void> {
  const random = new Random(seed);
  const living = (): void => assert.ok(target.alive(), `the server has ended; seed ${SEED}:\n${target.log().slice(-8000)}`);
  const settled = async (): Promise<boolean> => (living(), (await target.connections()) === 0);
  await storm(target, CONNECTIONS / 10, random); /* opens what the server then keeps, such as connections to the database */
  await until('a small storm is over', settled, BACK_TO_NORMAL_MS);
  const before = descriptors(target.pid);
  await storm(target, CONNECTIONS, random);
  living();
  assert.ok(await target.answers(), `the server answers; seed ${SEED}`);
  await until(`every connection is given back; seed ${SEED}`, settled, BACK_TO_NORMAL_MS);
  await until(`every descriptor is given back (${before} before); seed ${SEED}`, () => descriptors(target.pid) <= before, BACK_TO_NORMAL_MS);
  await until(`no spooled file remains; seed ${SEED}`, () => spooled(target.spool).length === 0, BACK_TO_NORMAL_MS);
}

const clean = (log: string): void => assert.doesNotMatch(log, /ERROR: \w+Sanitizer|runtime error:|Assertion/, `seed ${SEED}`);

for (const loops of [1, 4]) {
  describe(`the net core on ${loops} loop${loops > 1 ? 's' : ''}`, () => {
    let child: ChildProcess | undefined;
    let log = '';
    const spool = mkdtempSync(join(tmpdir(), 'switchboard-chaos-'));
    after(() => {
      child?.kill('SIGKILL');
      rmSync(spool, { recursive: true, force: true });
    });

    test('survives clients that break off anywhere', async () => {
      const options = ['--port', '0', '--loops', String(loops), '--spool', spool, '--ping-interval', '1000', '--ping-timeout', '1000'];
      child = spawn(CONFORMANCE, options, { stdio: ['ignore', 'pipe', 'pipe'] });
      const server = child;
      for (const stream of [server.stdout!, server.stderr!]) stream.setEncoding('utf8').on('data', (text: string) => (log += text));
      const port = await until('the server listens', () => Number(/listening on http:\/\/[^:]+:(\d+)/.exec(log)?.[1]) || undefined);
      const target: Target = {
        port,
        pid: server.pid!,
        spool,
        log: () => log,
        alive: () => server.exitCode === null && server.signalCode === null,
        connections: async () => (JSON.parse((await ask(port, '/stats')).body) as { connections_open: number }).connections_open - 1,
        answers: async () => (await ask(port, '/hello')).status === 200,
        paths: {
          get: ['/', '/hello', '/work', '/slow?ms=3', '/stats', '/nowhere'],
          json: ['/raw', '/http-echo', '/hello', '/nowhere'],
          form: ['/http-echo'],
          upload: ['/upload'],
          file: ['/file', '/file?name=x'],
          websocket: ['/echo', '/broadcast'],
          engine: ['/engine.io/', '/socket.io/'],
          headers: [],
        },
      };
      await weather(target, SEED + loops);
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      const [code] = (await ended) as [number | null];
      clean(log);
      assert.equal(code, 0, `it ends well; seed ${SEED}:\n${log.slice(-8000)}`);
    });
  });

  describe(`the desk on ${loops} loop${loops > 1 ? 's' : ''}`, () => {
    let server: Server | undefined;
    after(() => server?.stop());

    test('survives clients that break off anywhere', async () => {
      const desk = (server = await Server.start({ env: { LOOPS: String(loops), MOBILE_API_AUTH: 'open', LOG_LEVEL: 'warn' } }));
      const { token } = await desk.signIn();
      const target: Target = {
        port: desk.port,
        pid: desk.pid,
        spool: join(desk.folder, 'files', 'tmp'),
        log: () => desk.log,
        alive: () => desk.running,
        connections: async () => {
          const metrics = await ask(desk.port, '/metrics');
          const open = /^switchboard_http_connections_open (\d+)$/m.exec(metrics.body)?.[1];
          const waiting = /^switchboard_sign_ins_waiting (\d+)$/m.exec(metrics.body)?.[1];
          assert.ok(open && waiting, `/metrics answers ${metrics.status}`);
          return Number(open) - 1 + Number(waiting);
        },
        answers: async () => (await ask(desk.port, '/health')).status === 200,
        paths: {
          get: ['/', '/health', '/api/conversations', '/api/auth/me', '/api/nothing', '/widget.js'],
          json: ['/api/templates', '/api/auth/logout', '/webhook/telegram', '/send_message', '/mark_read'],
          form: ['/send_message', '/api/templates'],
          upload: ['/send_message', '/send_message', '/api/conversations/1/photos'],
          file: ['/', '/widget.js', '/api/openapi.json'],
          signIn: { paths: ['/api/auth/login', '/api/auth/login', '/api/auth/login', '/api/auth/password'], login: ADMIN.email, password: ADMIN.password },
          websocket: ['/ws', `/ws?token=${token}`],
          engine: ['/socket.io/'],
          headers: [`Authorization: Bearer ${token}`],
        },
      };
      await weather(target, SEED + 100 + loops);
      const code = await desk.terminate();
      clean(desk.log);
      assert.equal(code, 0, `it ends well; seed ${SEED}:\n${desk.log.slice(-8000)}`);
    });
  });
}

// POST /send_message of the real binary on its SQLite store, and of a Node service that does the same, in turns in one run.
// It only prints figures. bench/load.c drives both; no client listens in the rooms. The CPU time is
// that of the server and its children, which other load on the machine changes least.
//   scripts/bench-apps.sh [--messages 20000] [--photos 500] [--rounds 3] [--workers 0]
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Server } from '../../tests/harness/server.ts';

const KEY = 'the key of the benchmark';
const ROOT = join(import.meta.dirname, '../..');
const LOAD = join(ROOT, 'build/release/bench/load');
const USERS = 5000; // the rate limit of a user: thirty at once, then two a second
const PHOTO_USERS = 500;
const TICKS_PER_S = 100; // of /proc/PID/stat
const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '20000' },
    photos: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '3' },
    workers: { type: 'string', default: '0' }, // Switchboard's threads for requests; 0: its default
  },
});
const rounds = Number(values.rounds);

interface Subject {
  name: string;
  port: number;
  pid: number;
  stop(): Promise<void>;
}

async function switchboard(): Promise<Subject> {
  const server = await Server.start({ env: { LOG_LEVEL: 'warn', MOBILE_APP_KEY: KEY, WORKERS: values.workers } });
  return { name: 'switchboard', port: server.port, pid: server.pid, stop: () => server.stop() };
}

async function node(): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-bench-node-'));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'node-server.mjs'), join(ROOT, 'tests'), folder, KEY], { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const [said] = await once(child.stdout, 'data');
  return {
    name: 'Node, socket.io',
    port: Number(/\d+/.exec(String(said))![0]),
    pid: child.pid!,
    async stop() {
      child.kill();
      await once(child, 'exit');
      process.off('exit', kill);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_S;
}

interface Figure {
  perSecond: number;
  p50: number;
  p99: number;
  cpuUs: number;
  failed: number;
}

let next = 1; // the number of the next message; each is used once
function drive(at: Subject, connections: number, count: number, rate: number, users: number, photo: string[]): Figure {
  const before = cpuSeconds(at.pid);
  const args = ['app', '127.0.0.1', at.port, KEY, connections, count, rate, users, next, ...photo];
  next += count;
  const result = spawnSync(LOAD, args.map(String), { encoding: 'utf8' });
  if (result.stderr) console.error(result.stderr.trim());
  const said = Object.fromEntries(result.stdout.trim().split(/\s+/).map((pair) => pair.split('=')).map(([name, value]) => [name, Number(value)]));
  return {
    perSecond: said['per_second']!,
    p50: said['answer_p50_ms']!,
    p99: said['answer_p99_ms']!,
    cpuUs: ((cpuSeconds(at.pid) - before) * 1e6) / count,
    failed: said['failed']!,
  };
}

const number = (n: number, digits = 0): string => n.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
const ms = (n: number): string => number(n, n < 10 ? 1 : 0);

/** The round with the middle rate, or, at a fixed rate, the middle p99. */
function compare(what: string, subjects: Subject[], rate: number, one: (at: Subject) => Figure): void {
  const figures = subjects.map((): Figure[] => []);
  for (let round = 0; round < rounds; round++) subjects.forEach((at, i) => figures[i]!.push(one(at)));
  subjects.forEach((at, i) => {
    const middle = figures[i]!.sort((a, b) => (rate ? a.p99 - b.p99 : a.perSecond - b.perSecond))[Math.floor(rounds / 2)]!;
    const failed = figures[i]!.reduce((sum, f) => sum + f.failed, 0);
    console.log(`${what.padEnd(45)} ${at.name.padEnd(15)} ${number(middle.perSecond).padStart(7)}/s   p50 ${ms(middle.p50).padStart(5)} ms   p99 ${ms(middle.p99).padStart(5)} ms   ${number(middle.cpuUs).padStart(7)} µs CPU each${failed ? `   ${failed} FAILED` : ''}`);
  });
}

/** A valid JPEG of about 1 MB, of noise, which does not compress. */
function makePhoto(folder: string): string {
  const raw = join(folder, 'noise.v');
  const path = join(folder, 'photo.jpg');
  execFileSync('vips', ['gaussnoise', raw, '1690', '1270', '--mean', '128', '--sigma', '40']);
  execFileSync('vips', ['jpegsave', raw, path, '--Q', '80']);
  return path;
}

const folder = mkdtempSync(join(tmpdir(), 'switchboard-bench-'));
const photo = makePhoto(folder);
const size = statSync(photo).size;
console.log(`${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}; Node ${process.version}; a photo of ${number(size)} bytes; the middle one of ${rounds} rounds`);
const ours = await switchboard();
const theirs = await node();
try {
  const pair = [ours, theirs];
  for (const at of pair) drive(at, 64, USERS, 0, USERS, []); // every user exists before the first measurement
  const json = Number(values.messages);
  compare('JSON, 64 connections, as fast as it goes', pair, 0, (at) => drive(at, 64, json, 0, USERS, []));
  compare('JSON, 64 connections, 500/s', pair, 500, (at) => drive(at, 64, 2500, 500, USERS, []));
  compare('JSON, one connection', pair, 0, (at) => drive(at, 1, 1000, 0, USERS, []));
  for (const at of pair) drive(at, 8, 100, 0, PHOTO_USERS, [photo]);
  compare('1 MB photo, 8 connections, as fast as it goes', pair, 0, (at) => drive(at, 8, Number(values.photos), 0, PHOTO_USERS, [photo]));
  compare('1 MB photo, 8 connections, 20/s', pair, 20, (at) => drive(at, 8, 200, 20, PHOTO_USERS, [photo]));
  for (const { name, pid } of pair) {
    const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
    console.log(`${'memory afterwards'.padEnd(45)} ${name.padEnd(15)} ${number(resident / 1024)} MB`);
  }
} finally {
  for (const at of [ours, theirs]) await at.stop();
  rmSync(folder, { recursive: true, force: true });
}

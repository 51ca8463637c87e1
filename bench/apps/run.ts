// How fast an app's messages are taken: POST /send_message as JSON and with a photo of 1 MB, each stored durably before it
// is answered, beside a server in Node that does the same on the same machine in the same run. It judges nothing.
//   scripts/bench-apps.sh [--count 20000] [--photos 400]
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Server } from '../../tests/harness/server.ts';
import { picture } from '../../tests/mobile/app.ts';

const ROOT = join(import.meta.dirname, '../..');
const LOAD = join(ROOT, 'build/release/bench/load');
const KEY = 'the-key-of-the-benchmark';
const PHOTO_BYTES = 1 << 20;
const { values } = parseArgs({ options: { count: { type: 'string', default: '20000' }, photos: { type: 'string', default: '400' } } });

interface Figures {
  per_second: number;
  answer_p50_ms: number;
  answer_p99_ms: number;
  failed: number;
}

function load(...args: (string | number)[]): Figures {
  const result = spawnSync(LOAD, ['app', '127.0.0.1', ...args.map(String)], { encoding: 'utf8' });
  if (result.stderr) console.error(result.stderr.trim());
  return Object.fromEntries(result.stdout.trim().split(/\s+/).map((pair) => pair.split('=')).map(([k, v]) => [k, Number(v)])) as unknown as Figures;
}

function compare(what: string, ports: Record<string, number>, run: (port: number, first: number) => Figures): void {
  for (const [name, port] of Object.entries(ports)) {
    const f = run(port, (serial += 1_000_000));
    const failed = f.failed ? `  ${f.failed} FAILED` : '';
    console.log(`${what.padEnd(44)} ${name.padEnd(12)} ${Math.round(f.per_second).toLocaleString('en').padStart(9)}/s  p50 ${f.answer_p50_ms.toFixed(2).padStart(8)} ms  p99 ${f.answer_p99_ms.toFixed(2).padStart(8)} ms${failed}`);
  }
}
let serial = 0;

const folder = mkdtempSync(join(tmpdir(), 'switchboard-bench-'));
const photo = join(folder, 'photo.png');
const drawn = picture(1, 1200, 900);
writeFileSync(photo, Buffer.concat([drawn, randomBytes(PHOTO_BYTES - drawn.length)]));
const server = await Server.start({ env: { MOBILE_APP_KEY: KEY, LOG_LEVEL: 'error' } });
mkdirSync(join(folder, 'node'));
const node = spawn(process.execPath, [join(ROOT, 'bench/apps/node-server.mjs'), join(ROOT, 'tests'), join(folder, 'node'), KEY], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  const [line] = (await once(node.stdout!.setEncoding('utf8'), 'data')) as [string];
  const ports = { switchboard: server.port, 'node + npm': Number(/:(\d+)\n/.exec(line)![1]) };
  console.log(`machine: ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}; server, load generator and disk share them`);
  const count = Number(values.count), photos = Number(values.photos);
  for (const port of Object.values(ports)) load(port, KEY, 16, 500, 0, 100, (serial += 1_000_000));
  compare('JSON, 128 connections', ports, (port, first) => load(port, KEY, 128, count, 0, count / 10, first));
  compare('JSON, one connection', ports, (port, first) => load(port, KEY, 1, Math.ceil(count / 10), 0, count / 10, first));
  compare('JSON at 500 a second', ports, (port, first) => load(port, KEY, 64, 2500, 500, count / 10, first));
  compare('a photo of 1 MB, 16 connections', ports, (port, first) => load(port, KEY, 16, photos, 0, photos, first, photo));
  compare('a photo of 1 MB at 20 a second', ports, (port, first) => load(port, KEY, 16, 100, 20, photos, first, photo));
  const rss = (pid: number): string => (Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024).toFixed(0);
  console.log(`resident memory afterwards: switchboard ${rss(server.pid)} MB, node + npm ${rss(node.pid!)} MB`);
} finally {
  node.kill('SIGKILL');
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

// What attacks cost the server: memory and disk while unauthenticated clients send bodies; whether the server accepts an
// operator's body while such clients hold all the memory they can; whether a new client can connect while silent connections, or
// sockets that never join, use every place. It only prints figures.
//   node bench/attacks/run.ts BINARY [BASELINE]     two binaries are measured one after the other and printed side by side
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const WEBHOOKS = 800;
const UPLOADS = 20;
const UPLOAD_BYTES = 49_000_000;
const OPENING = '--b\r\nContent-Disposition: form-data; name="photo"; filename="p.jpg"\r\n\r\n';
const SILENT = 2_100;
const CONNECTIONS_MAX = 2_000;
const STRANGERS = 9; /* addresses: each may hold an eighth of the memory, so together they fill it */
const PATIENCE_MS = 15_000;

const binaries = process.argv.slice(2);
if (binaries.length < 1 || binaries.length > 2) throw new Error('usage: run.ts BINARY [BASELINE]');

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class Server {
  readonly folder = mkdtempSync(join(tmpdir(), 'switchboard-attacks-'));
  port = 0;
  private child!: ChildProcess;

  async start(binary: string): Promise<this> {
    const probe = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => probe.once('listening', resolve));
    this.port = (probe.address() as { port: number }).port;
    probe.close();
    const env = {
      PATH: process.env['PATH'] ?? '',
      PORT: String(this.port),
      DATA_DIR: this.folder,
      ADMIN_PASSWORD: 'correct horse battery',
      LOG_LEVEL: 'error',
      MOBILE_API_AUTH: 'key',
      MAX_CONNECTIONS: String(CONNECTIONS_MAX),
      TRUSTED_PROXIES: '192.0.2.1',
    };
    this.child = spawn(binary, ['serve'], { cwd: this.folder, env, stdio: 'ignore' });
    const child = this.child, kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    const deadline = Date.now() + 20_000;
    while (!(await answers(this.port, '127.0.0.1')).status) {
      if (Date.now() > deadline || this.child.exitCode !== null) throw new Error(`${binary} did not start`);
      await pause(20);
    }
    return this;
  }

  memoryMb(): number {
    const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))?.[1];
    return Number(kb ?? 0) / 1024;
  }

  /** The bytes on disk of uploads that are being received. */
  diskMb(): number {
    const spool = join(this.folder, 'files', 'tmp');
    return readdirSync(spool).reduce((sum, name) => sum + (statSync(join(spool, name), { throwIfNoEntry: false })?.size ?? 0), 0) / 1e6;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** GET /health from this address: its status (0: none) and how long it took. */
function answers(port: number, from: string): Promise<{ status: number; ms: number }> {
  return new Promise((resolve) => {
    const started = performance.now();
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    const done = (status: number): void => (resolve({ status, ms: performance.now() - started }), clearTimeout(timer), void socket.destroy());
    const timer = setTimeout(done, PATIENCE_MS, 0);
    socket.on('error', () => done(0)).once('end', () => done(0));
    socket.once('data', (piece: Buffer) => done(Number(piece.toString('latin1').split(' ')[1])));
    socket.write('GET /health HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n');
  });
}

/** Sends a head, the start of the body, and as much of the rest as the server accepts, but never the end. */
function attack(port: number, head: string[], bytes: number, opening = '', from = '127.0.0.2'): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  socket.on('error', () => undefined).resume();
  socket.write([...head, `Content-Length: ${bytes + 1000}`, '', ''].join('\r\n') + opening);
  const piece = Buffer.alloc(64 << 10, 0x78);
  let sent = 0;
  const go = (): void => {
    while (sent < bytes && socket.writable) {
      sent += piece.length;
      if (!socket.write(sent > bytes ? piece.subarray(0, piece.length - (sent - bytes)) : piece)) return void socket.once('drain', go);
    }
  };
  go();
  return socket;
}

/** The highest values until none has grown for a second. */
async function peak(measure: () => number): Promise<number> {
  let most = measure(), quiet = 0;
  while (quiet < 20) {
    await pause(50);
    const now = measure();
    quiet = now > most * 1.01 ? 0 : quiet + 1;
    if (now > most) most = now;
  }
  return most;
}

interface Figure {
  what: string;
  value: string;
}

async function measure(binary: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  const add = (what: string, value: string): void => void figures.push({ what, value });
  const form = (path: string, more: string[]): string[] => [`POST ${path} HTTP/1.1`, 'Host: desk', 'Content-Type: multipart/form-data; boundary=b', ...more];
  const uploads: [string, string[]][] = [
    ['with no key', form('/send_message', [])],
    ['with a made-up session', form('/api/conversations/1/messages', ['Cookie: switchboard_session=made-up'])],
  ];

  let server = await new Server().start(binary);
  add('memory when idle', `${server.memoryMb().toFixed(0)} MB`);
  let sockets = Array.from({ length: WEBHOOKS }, () => attack(server.port, ['POST /webhook/telegram HTTP/1.1', 'Host: desk'], 999_000));
  add(`memory under ${WEBHOOKS} unfinished webhooks of 1 MB`, `${(await peak(() => server.memoryMb())).toFixed(0)} MB`);
  for (const socket of sockets) socket.destroy();
  await server.stop();

  for (const [who, head] of uploads) {
    server = await new Server().start(binary);
    sockets = Array.from({ length: UPLOADS }, () => attack(server.port, head, UPLOAD_BYTES, OPENING));
    add(`disk under ${UPLOADS} uploads ${who}`, `${(await peak(() => server.diskMb())).toFixed(0)} MB`);
    for (const socket of sockets) socket.destroy();
    await server.stop();
  }

  server = await new Server().start(binary);
  const session = (await (await fetch(`http://127.0.0.1:${server.port}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login: 'admin', password: 'correct horse battery' }),
  })).json()) as { access_token: string };
  sockets = Array.from({ length: STRANGERS * 70 }, (_, i) => attack(server.port, ['POST /send_message HTTP/1.1', 'Host: desk', 'Content-Type: application/json'], 100_000, '', `127.0.0.${2 + (i % STRANGERS)}`));
  await peak(() => server.memoryMb());
  const own = await fetch(`http://127.0.0.1:${server.port}/api/operators/me`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${session.access_token}` },
    body: JSON.stringify({ name: 'Admin', padding: 'x'.repeat(100_000) }),
  });
  add(`an operator's body beside unfinished ones of ${STRANGERS} addresses`, own.status === 200 ? 'is taken' : `is refused (${own.status})`);
  for (const socket of sockets) socket.destroy();
  await server.stop();

  const upgrade = 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: desk\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  for (const [whose, addresses, says, what] of [
    ['one address', 1, '', 'silent connections'],
    ['20 addresses', 20, '', 'silent connections'],
    ['20 addresses', 20, upgrade, 'sockets that never join'],
  ] as const) {
    server = await new Server().start(binary);
    sockets = [];
    for (let i = 0; i < SILENT; i++) {
      const socket = connect({ port: server.port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (i % addresses)}` });
      socket.on('error', () => undefined).resume();
      if (says) socket.write(says);
      sockets.push(socket);
      if (i % 100 === 0) await pause(10);
    }
    await pause(500);
    const newcomer = await answers(server.port, '127.0.1.1');
    add(`a newcomer beside ${SILENT} ${what} of ${whose}`, newcomer.status === 200 ? `gets in, ${newcomer.ms.toFixed(1)} ms` : `is shut out (${newcomer.status || 'no answer'})`);
    for (const socket of sockets) socket.destroy();
    await server.stop();
  }
  return figures;
}

const columns: Figure[][] = [];
for (const binary of binaries) columns.push(await measure(binary));
const widest = Math.max(...columns[0]!.map((f) => f.what.length));
if (binaries.length > 1) console.log(`${''.padEnd(widest)}  ${'measured'.padEnd(26)}baseline`);
columns[0]!.forEach((f, i) => console.log(`${f.what.padEnd(widest)}  ${f.value.padEnd(26)}${columns[1]?.[i]?.value ?? ''}`));

// Starts the real binary for a test, with a folder, a port and a database of its own.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Api } from './api.ts';
import { examine, leaksOf, secretAddress, secretToken, watch } from './secrets.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const START_TIMEOUT_MS = 60_000;
/** How long a test waits for an expected result: long enough for a loaded machine, since only a failing test takes that long. */
export const PATIENCE_MS = 30_000;
const STOP_TIMEOUT_MS = 30_000;

export type Engine = 'sqlite' | 'postgres';
/** Both if there is a PostgreSQL (scripts/with-postgres.sh), otherwise SQLite alone. */
export const engines: Engine[] = process.env['TEST_POSTGRES_URL'] ? ['sqlite', 'postgres'] : ['sqlite'];
/** The build under test; SWITCHBOARD_BINARY names another, such as the one with sanitizers. */
export const binary = process.env['SWITCHBOARD_BINARY'] ?? join(ROOT, 'build/release/switchboard');
export const ADMIN = { email: 'admin@example.com', password: 'correct horse battery' };

export interface ServerOptions {
  engine?: Engine;
  telegram?: string;
  token?: string;
  /** Updates come by webhook instead of long polling. */
  webhook?: boolean;
  env?: Record<string, string>;
}

export class Server {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  /** The environment of the next start. */
  readonly env: Record<string, string>;
  private readonly database: string | undefined;
  private child: ChildProcess | undefined;
  /** Its output, over restarts. */
  log = '';

  private constructor(port: number, folder: string, env: Record<string, string>, database: string | undefined) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.folder = folder;
    this.env = env;
    this.database = database;
  }

  static async start(options: ServerOptions = {}): Promise<Server> {
    const server = await Server.prepare(options);
    await server.run();
    return server;
  }

  /** Prepares everything, but does not start it. */
  static async prepare(options: ServerOptions = {}): Promise<Server> {
    const folder = mkdtempSync(join(tmpdir(), 'switchboard-test-'));
    const port = await freePort();
    const database = options.engine === 'postgres' ? createDatabase() : undefined;
    const env: Record<string, string> = {
      PATH: process.env['PATH'] ?? '',
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: folder,
      DATABASE_URL: database ?? `sqlite:${folder}/switchboard.db`,
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      LOG_LEVEL: 'info',
      FLOOD_MESSAGES: '0', // customers of tests write faster than people
    };
    if (options.telegram) Object.assign(env, { TELEGRAM_API_URL: options.telegram, TELEGRAM_BOT_TOKEN: options.token ?? '123456:TEST' });
    if (options.webhook) env['TELEGRAM_WEBHOOK_URL'] = `http://127.0.0.1:${port}`;
    Object.assign(env, options.env);
    if (env['TELEGRAM_BOT_TOKEN']) secretToken(env['TELEGRAM_BOT_TOKEN']);
    if (env['TELEGRAM_API_URL']) secretAddress(env['TELEGRAM_API_URL']);
    watch(port);
    return new Server(port, folder, env, database);
  }

  async run(...flags: string[]): Promise<void> {
    const child = spawn(binary, ['serve', ...flags], { cwd: this.folder, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    const printedBefore = this.log.length;
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
      // Its own log line first, since another program may have taken the port and would answer instead.
      const ready = this.log.includes('Switchboard is ready', printedBefore);
      if (ready && (await fetch(`${this.url}/health`).then((r) => r.ok, () => false))) return;
      await pause(20);
    }
    kill();
    throw new Error(`the server did not start:\n${this.log.slice(-4000)}`);
  }

  /** Runs a command of the binary to its end; kills one that does not end, such as a server that should have refused to start. */
  command(...args: string[]): { code: number; output: string } {
    const result = this.execute(args);
    if (!args[0]?.startsWith('print-')) examine(this.port, `the output of ${args.join(' ')}`, result.output); // those print the documents
    return result;
  }

  private execute(args: string[]): { code: number; output: string } {
    try {
      return { code: 0, output: execFileSync(binary, args, { cwd: this.folder, env: this.env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: START_TIMEOUT_MS }) };
    } catch (error) {
      const failure = error as { status: number; stdout: string; stderr: string };
      return { code: failure.status, output: failure.stdout + failure.stderr };
    }
  }

  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGTERM, like a service manager; returns the exit code. */
  async terminate(): Promise<number | null> {
    await this.end('SIGTERM');
    return this.child?.exitCode ?? null;
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }

  /** Stops it and removes its folder and database. */
  async stop(): Promise<void> {
    await this.terminate();
    examine(this.port, 'the log', this.log);
    const leaks = await leaksOf(this.port);
    rmSync(this.folder, { recursive: true, force: true });
    if (this.database) dropDatabase(this.database);
    const undeclared = /^.*route\.undeclared_refusal.*$/m.exec(this.log); // missing in its route's row, and so in the OpenAPI document
    if (undeclared) throw new Error(`a route answers what its row does not declare: ${undeclared[0]}`);
    if (leaks.length) throw new Error(`the server says what nobody may read:\n${leaks.map(({ where, secret, around }) => `${secret} in ${where}: …${around}…`).join('\n')}`);
    if (/ERROR: (Address|Leak|Thread|Undefined)|runtime error:/.test(this.log)) throw new Error(`a sanitizer spoke:\n${this.log.slice(-6000)}`);
  }

  /** The result of a query, one row per line, columns separated by |. */
  query(sql: string): string[] {
    const url = this.env['DATABASE_URL']!;
    const [program, args] = url.startsWith('sqlite:') ? ['sqlite3', ['-cmd', '.timeout 5000', url.slice(7), sql]] : ['psql', ['-X', '-q', '-t', '-A', url, '-c', sql]];
    return execFileSync(program as string, args as string[], { encoding: 'utf8' }).split('\n').filter(Boolean);
  }

  /** Runs a function while another transaction is open, which is committed half a second later, or when `ready` has resolved. */
  async meanwhile<T>(begin: string, act: () => Promise<T>, end: string, ready = (): Promise<unknown> => pause(500)): Promise<T> {
    const url = this.env['DATABASE_URL']!;
    const [program, args] = url.startsWith('sqlite:') ? ['sqlite3', ['-cmd', '.timeout 5000', url.slice(7)]] : ['psql', ['-X', '-q', '-t', '-A', '-v', 'ON_ERROR_STOP=1', url]];
    const child = spawn(program as string, args as string[], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const held = new Promise<void>((resolve) => child.stdout!.on('data', (said) => String(said).includes('held') && resolve()));
    child.stdin!.write(`${begin};\nSELECT 'held';\n`);
    await Promise.race([held, ended]);
    const acting = act();
    await ready();
    child.stdin!.end(`${end};\n`);
    const [code] = await ended;
    if (code !== 0) throw new Error(`the transaction failed: ${program} ended with ${code}`);
    return acting;
  }

  /** Sets a resource limit of the running process: nofile, fsize, …, as in prlimit(1). */
  limit(resource: string, most: number | 'unlimited'): void {
    execFileSync('prlimit', ['--pid', String(this.pid), `--${resource}=${most}:`]);
  }

  /** The CPU time of the running process in seconds. */
  processorTime(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async signIn(who: { email?: string; login?: string; password: string } = ADMIN): Promise<Api> {
    return Api.signIn(this.url, who);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Calls `ask` until its result is neither undefined nor false, and returns it; throws with `what` when the time is over. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false> | T | undefined | false, timeoutMs = PATIENCE_MS): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await pause(15);
  }
}

/**
 * A free port below those that the kernel uses for outgoing connections, one of which could take it between this check and the
 * server's own bind. It is random, so that two test runs rarely choose the same.
 */
export async function freePort(): Promise<number> {
  const [lowest, highest] = [12_000, firstEphemeralPort() - 1];
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1));
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false)).listen({ port, host: '127.0.0.1' }, () => resolve(true));
    });
    if (!free) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
  throw new Error('no free port');
}

function firstEphemeralPort(): number {
  const first = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0]);
  return first > 14_000 ? first : 32_768;
}

function psql(sql: string): void {
  execFileSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', process.env['TEST_POSTGRES_URL']!, '-c', sql], { stdio: ['ignore', 'ignore', 'pipe'] });
}

function createDatabase(): string {
  const name = `sb_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  psql(`CREATE DATABASE ${name}`);
  const url = new URL(process.env['TEST_POSTGRES_URL']!);
  url.pathname = `/${name}`;
  return url.toString();
}

function dropDatabase(url: string): void {
  psql(`DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
}

// Starts switchboard-conformance for a test, and speaks Engine.IO to it byte by byte.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** The build under test; SWITCHBOARD_CONFORMANCE names another, such as the one with sanitizers. */
const binary = process.env['SWITCHBOARD_CONFORMANCE'] ?? join(ROOT, 'build/release/switchboard-conformance');

export const PING_INTERVAL = 300;
export const PING_TIMEOUT = 200;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(what: string, ask: () => Promise<boolean> | boolean, timeoutMs = 8000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await pause(10);
  }
}

export class Conformance {
  port = 0;
  log = '';
  private child: ChildProcess | undefined;
  private readonly options: string[];

  private constructor(options: string[]) {
    this.options = options;
  }

  /** Two loops, so that a session's requests arrive on either. */
  static async start(...options: string[]): Promise<Conformance> {
    const server = new Conformance(options);
    await server.run();
    return server;
  }

  /** Long heartbeats, except for the tests of heartbeats. */
  static calm(): Promise<Conformance> {
    return Conformance.start('--ping-interval', '2000', '--ping-timeout', '5000');
  }

  async run(): Promise<void> {
    const child = spawn(binary, ['--port', String(this.port), '--loops', '2', ...this.options], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    const started = new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          this.log += text;
          const port = /listening on http:\/\/[^:]+:(\d+)/.exec(this.log);
          if (port) this.port = Number(port[1]);
          if (port) resolve();
        });
      child.once('error', (why) => reject(new Error(`${binary} cannot be started (make conformance builds it): ${why.message}`)));
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${this.log}`)));
    });
    this.log = '';
    await started;
  }

  /** Sends SIGTERM; an exit code other than 0, such as a sanitizer's, fails the test. */
  async stop(): Promise<void> {
    const code = await this.end('SIGTERM');
    if (code !== 0) throw new Error(`the server ended with ${code}:\n${this.log}`);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.child!;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  }

  get http(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stats(): Promise<Record<string, number>> {
    return (await fetch(`${this.http}/socketio-stats`)).json() as Promise<Record<string, number>>;
  }

  /** A URL with the path of one of the two protocols. */
  at(path: '/engine.io/' | '/socket.io/', query: Record<string, string>): string {
    return `${this.http}${path}?${new URLSearchParams(query).toString()}`;
  }

  polling(path: '/engine.io/' | '/socket.io/', sid?: string): string {
    return this.at(path, { EIO: '4', transport: 'polling', ...(sid ? { sid } : {}) });
  }

  /** Opens a session over polling and returns its sid. */
  async handshake(path: '/engine.io/' | '/socket.io/' = '/engine.io/'): Promise<string> {
    const body = await (await fetch(this.polling(path))).text();
    return (JSON.parse(body.slice(1)) as { sid: string }).sid;
  }

  wire(path: '/engine.io/' | '/socket.io/', sid?: string, answerPings = false): Promise<Wire> {
    return Wire.open(this.at(path, { EIO: '4', transport: 'websocket', ...(sid ? { sid } : {}) }).replace('http', 'ws'), answerPings);
  }
}

export type Frame = string | Buffer;

/** A WebSocket whose frames are read one by one. */
export class Wire {
  private readonly socket: WebSocket;
  private readonly frames: Frame[] = [];
  private waiting: ((frame: Frame) => void) | undefined;
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket, answerPings: boolean) {
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      const frame = typeof event.data === 'string' ? event.data : Buffer.from(event.data);
      if (answerPings && frame === '2') {
        socket.send('3');
        return;
      }
      if (this.waiting) this.waiting(frame);
      else this.frames.push(frame);
      this.waiting = undefined;
    };
    this.closed = new Promise((resolve) => (socket.onclose = (event) => resolve(event.code)));
  }

  static async open(url: string, answerPings: boolean): Promise<Wire> {
    const socket = new WebSocket(url);
    const wire = new Wire(socket, answerPings);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error('the WebSocket did not open'));
    });
    socket.onerror = () => undefined;
    return wire;
  }

  say(...frames: Frame[]): void {
    for (const frame of frames) this.socket.send(typeof frame === 'string' ? frame : new Uint8Array(frame));
  }

  hear(): Promise<Frame> {
    const frame = this.frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing was heard for five seconds')), 5000);
      this.waiting = (heard) => {
        clearTimeout(timer);
        resolve(heard);
      };
    });
  }

  async hearText(): Promise<string> {
    const frame = await this.hear();
    if (typeof frame !== 'string') throw new Error('bytes came where text should');
    return frame;
  }

  /** The number of received frames that were not read. */
  get unread(): number {
    return this.frames.length;
  }

  close(): void {
    this.socket.close();
  }
}

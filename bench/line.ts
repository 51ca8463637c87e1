// A connection for one POST after another. fetch() costs several times as much processor time as the server needs for a request.
import { connect, type Socket } from 'node:net';

export class Line {
  readonly #socket: Socket;
  readonly #head: string;
  #answer = '';
  #done: ((status: number) => void) | undefined;

  /** headers: those of every request, such as `authorization`. */
  constructor(base: string, headers: Record<string, string>) {
    const { hostname, port, host } = new URL(base);
    this.#head = Object.entries({ host, 'content-type': 'application/json', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    this.#socket = connect(Number(port), hostname).setNoDelay().setEncoding('latin1').on('data', (piece) => this.#read(String(piece)));
  }

  #read(piece: string): void {
    this.#answer += piece;
    const end = this.#answer.indexOf('\r\n\r\n');
    if (end < 0 || this.#answer.length < end + 4 + Number(/content-length: (\d+)/i.exec(this.#answer)?.[1] ?? 0)) return;
    const status = Number(this.#answer.slice(9, 12));
    this.#answer = '';
    this.#done?.(status);
  }

  /** Throws unless the answer is 2xx. */
  async post(path: string, body: string): Promise<void> {
    const status = await new Promise<number>((done) => {
      this.#done = done;
      this.#socket.write(`POST ${path} HTTP/1.1\r\n${this.#head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    });
    if (status < 200 || status > 299) throw new Error(`${path}: ${status}`);
  }

  close = (): void => void this.#socket.destroy();
}

/** Calls `one` for each number below `count`, `atOnce` at a time; `who` is below `atOnce`. */
export async function each(count: number, atOnce: number, one: (i: number, who: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async (_, who) => {
    while (next < count) await one(next++, who);
  }));
}

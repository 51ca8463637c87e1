// A client that can violate every rule of HTTP, since it sends and receives raw bytes.
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  status: number;
  /** Lower-case names; a repeated one keeps all its values. */
  headers: Map<string, string[]>;
  body: string;
}

/** Sends the bytes unchanged and reads until the server closes, the response is complete, or the time is over. */
export async function raw(port: number, bytes: string | Uint8Array, options: { timeoutMs?: number; half?: boolean } = {}): Promise<RawAnswer> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const pieces: Buffer[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, options.timeoutMs ?? 5000);
      const done = (): void => (clearTimeout(timer), resolve());
      socket.on('error', (error: NodeJS.ErrnoException) => (pieces.length ? done() : (clearTimeout(timer), reject(error))));
      socket.on('data', (piece: Buffer) => {
        pieces.push(piece);
        if (isWhole(Buffer.concat(pieces))) done();
      });
      socket.on('end', done);
      if (options.half) socket.end(bytes);
      else socket.write(bytes);
    });
  } finally {
    socket.destroy();
  }
  return parse(Buffer.concat(pieces));
}

export function parse(bytes: Buffer): RawAnswer {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const lines = (end < 0 ? text : text.slice(0, end)).split('\r\n');
  const headers = new Map<string, string[]>();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return { status: Number(lines[0]?.split(' ')[1] ?? 0), headers, body: end < 0 ? '' : text.slice(end + 4) };
}

function isWhole(bytes: Buffer): boolean {
  const answer = parse(bytes);
  const length = answer.headers.get('content-length')?.[0];
  return answer.status >= 200 && length !== undefined && answer.body.length >= Number(length);
}

/**
 * Many GETs at once on one connection, answered in order. The client uses little CPU time, so that a test reaches a limit on
 * requests per second on a busy machine too.
 */
export async function pipelined(port: number, paths: readonly string[]): Promise<RawAnswer[]> {
  const socket = connect(port, '127.0.0.1');
  const pieces: Buffer[] = [];
  let seen = 0;
  let rest = '';
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('end', resolve);
      socket.on('data', (piece: Buffer) => {
        pieces.push(piece);
        const text = rest + piece.toString('latin1');
        seen += text.split('HTTP/1.1 ').length - 1;
        rest = text.slice(1 - 'HTTP/1.1 '.length);
        if (seen > paths.length) resolve();
      });
      socket.write([...paths, '/health'].map((path) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`).join(''));
    });
  } finally {
    socket.destroy();
  }
  const text = Buffer.concat(pieces).toString('latin1');
  return text.split(/(?=HTTP\/1\.1 )/).slice(0, paths.length).map((one) => parse(Buffer.from(one, 'latin1')));
}

/** Opens a connection and keeps it. */
export function hold(port: number, bytes?: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      if (bytes) socket.write(bytes);
      resolve(socket);
    });
    socket.once('error', reject);
    socket.on('error', () => undefined);
  });
}

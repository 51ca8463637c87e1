// What no server under test may say: a bot's token, the path of a file at Telegram, the address of the Bot API. Every byte that a test
// receives from a server is searched, whichever client reads it (fetch, WebSocket, Socket.IO, raw sockets), and so are its log,
// the outputs of its commands and its SQLite database. Server.stop() throws what was found.
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

export interface Leak {
  /** An answer, the log, the output of a command. */
  where: string;
  secret: string;
  around: string;
}

interface Watched {
  leaks: Leak[];
  /** Coded answers that are still being read. */
  reading: Set<Promise<void>>;
}

/** A secret may arrive in two pieces, so the end of a piece is searched again with the next one. */
const LONGEST_SECRET = 256;
const AROUND = 100;
/** Shorter ones are words that other texts have too. */
const SHORTEST_HALF = 12;

/** Said by no server, however it is configured: file_path is a field of getFile, /file/bot stands in every link to a file. */
const secrets = new Set(['api.telegram.org', '/file/bot', 'file_path']);
const servers = new Map<number, Watched>();

/** Neither the token nor its secret half may be said. */
export function secretToken(token: string): void {
  secrets.add(token);
  const half = token.split(':')[1] ?? '';
  if (half.length >= SHORTEST_HALF) secrets.add(half);
}

/** The host and port of a Bot API. */
export const secretAddress = (url: string): void => void secrets.add(new URL(url).host);

/** An administrator has entered it for a bot, whose settings show it to administrators. */
export const shownAddress = (url: string): void => void secrets.delete(new URL(url).host);

/** Searches from now on whatever the server at this port sends. */
export function watch(port: number): void {
  servers.set(port, { leaks: [], reading: new Set() });
}

/** What the server has said and must not; it is reported once. */
export async function leaksOf(port: number): Promise<Leak[]> {
  const watched = servers.get(port);
  await Promise.all(watched?.reading ?? []);
  return watched?.leaks.splice(0) ?? [];
}

/** Searches what the server at this port has written or sent; true if there is something that must not be there. */
export function examine(port: number, where: string, said: string | Buffer): boolean {
  const watched = servers.get(port);
  const before = watched?.leaks.length;
  if (watched)
    for (const secret of secrets) {
      const at = said.indexOf(secret);
      if (at >= 0) watched.leaks.push({ where, secret, around: String(said).slice(Math.max(0, at - AROUND), at + AROUND) });
    }
  return watched?.leaks.length !== before;
}

/** Searches all that comes through a socket, before its reader gets it. */
function tap(socket: Socket): void {
  const push = socket.push.bind(socket);
  let end: Buffer = Buffer.alloc(0);
  socket.push = (piece: unknown, encoding?: BufferEncoding): boolean => {
    const port = socket.remotePort;
    if (port !== undefined && servers.has(port) && piece instanceof Uint8Array) {
      const bytes = Buffer.concat([end, piece]);
      const found = examine(port, 'an answer', bytes);
      end = found ? Buffer.alloc(0) : bytes.subarray(Math.max(0, bytes.length - LONGEST_SECRET));
    }
    return push(piece, encoding);
  };
}
subscribe('net.client.socket', (message) => tap((message as { socket: Socket }).socket));

/** What fetch gets is compressed, or comes in chunks with a line before each: a secret may not stand there as such. */
const fetchFirst = globalThis.fetch;
globalThis.fetch = async (...request) => {
  const response = await fetchFirst(...request);
  const coded = response.headers.has('content-encoding') || response.headers.has('transfer-encoding');
  const port = coded ? Number(new URL(response.url).port) : 0;
  const watched = servers.get(port);
  if (!watched || !response.body) return response;
  const reading = response.clone().arrayBuffer().then(
    (body) => void examine(port, `the answer of ${new URL(response.url).pathname}`, Buffer.from(body)),
    () => undefined, // the server was killed, or the test has seen enough
  );
  watched.reading.add(reading);
  void reading.then(() => watched.reading.delete(reading));
  return response;
};

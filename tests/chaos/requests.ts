// The bytes of every kind of request that the server accepts, complete; the client decides where they end.
import { randomBytes } from 'node:crypto';
import type { Random } from './random.ts';

/** The paths of the kinds of request on the server under test. */
export interface Paths {
  get: string[];
  json: string[];
  form: string[];
  upload: string[];
  file: string[];
  websocket: string[];
  /** The path on which passwords are hashed, with an account that can sign in; absent: none. */
  signIn?: { paths: string[]; login: string; password: string };
  /** Engine.IO's, with its sessions so far. */
  engine: string[];
  /** Header lines that belong to every request, such as credentials. */
  headers: string[];
}

export type Kind =
  | 'get'
  | 'json'
  | 'form'
  | 'upload'
  | 'refused upload'
  | 'chunked'
  | 'chunked upload'
  | 'expect'
  | 'pipeline'
  | 'websocket'
  | 'polling'
  | 'engine websocket'
  | 'downloads'
  | 'sign-in'
  | 'nonsense';

/** The weight of each kind: kinds that once failed are frequent. */
const weights: [Kind, number][] = [
  ['get', 2],
  ['json', 3],
  ['form', 2],
  ['upload', 4],
  ['refused upload', 8],
  ['chunked', 3],
  ['chunked upload', 3],
  ['expect', 3],
  ['pipeline', 3],
  ['websocket', 4],
  ['polling', 4],
  ['engine websocket', 4],
  ['downloads', 3],
  ['sign-in', 4],
  ['nonsense', 1],
];

export function pickKind(random: Random): Kind {
  let at = random.below(weights.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [kind, weight] of weights) if ((at -= weight) < 0) return kind;
  return 'get';
}

const BOUNDARY = 'chaos-boundary';

function head(method: string, path: string, paths: Paths, more: string[] = []): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: chaos', ...paths.headers, ...more, '', ''].join('\r\n');
}

function withBody(method: string, path: string, type: string, body: Buffer, paths: Paths, more: string[] = []): Buffer {
  return Buffer.concat([Buffer.from(head(method, path, paths, [`Content-Type: ${type}`, `Content-Length: ${body.length}`, ...more])), body]);
}

function chunked(body: Buffer, random: Random): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const n = Math.min(body.length - at, 1 + random.below(9000));
    pieces.push(Buffer.from(`${n.toString(16)}\r\n`), body.subarray(at, at + n), Buffer.from('\r\n'));
    at += n;
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
}

/** A form of `fields` fields and files of these sizes. */
function multipart(fields: number, files: number[], padding = 0): Buffer {
  const pieces: Buffer[] = [];
  const part = (disposition: string, value: Buffer): void =>
    void pieces.push(Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`), value, Buffer.from('\r\n'));
  for (let i = 0; i < fields; i++) part(`name="f${i}"`, Buffer.from('x'));
  files.forEach((size, i) => part(`name="photos"; filename="p${i}.jpg"`, randomBytes(size)));
  pieces.push(Buffer.from(`--${BOUNDARY}--\r\n`), Buffer.alloc(padding, 0x2e));
  return Buffer.concat(pieces);
}

/** A client's WebSocket frame: masked, sometimes malformed. */
function frame(opcode: number, payload: Buffer, random: Random): Buffer {
  const broken = random.chance(0.05);
  const length = payload.length < 126 ? [0x80 | payload.length] : payload.length < 65536 ? [0xfe, payload.length >> 8, payload.length & 0xff] : undefined;
  const header = length ?? [0xff, 0, 0, 0, 0, (payload.length >> 24) & 0xff, (payload.length >> 16) & 0xff, (payload.length >> 8) & 0xff, payload.length & 0xff];
  return Buffer.concat([Buffer.from([(broken ? 0xf0 : 0x80) | opcode, ...header, 0, 0, 0, 0]), payload]);
}

function upgrade(path: string, paths: Paths): Buffer {
  return Buffer.from(
    head('GET', path, paths, ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`]),
  );
}

function frames(texts: string[], random: Random): Buffer {
  const all = texts.map((text) => frame(1, Buffer.from(text), random));
  if (random.chance(0.5)) all.push(frame(2, randomBytes(random.below(90_000)), random));
  if (random.chance(0.3)) all.push(frame(9, Buffer.from('ping'), random));
  if (random.chance(0.3)) all.push(frame(8, Buffer.from([0x03, 0xe8]), random));
  return Buffer.concat(all);
}

export function bytesOf(kind: Kind, paths: Paths, sids: string[], random: Random): Buffer {
  const form = 'multipart/form-data; boundary=' + BOUNDARY;
  const body = Buffer.from(JSON.stringify({ text: 'x'.repeat(random.below(60_000)), user_id: '7', message: 'hello' }));
  const engine = random.pick(paths.engine);
  const sid = sids.length && random.chance(0.8) ? `&sid=${random.pick(sids)}` : '';
  switch (kind) {
    case 'get':
      return Buffer.from(head(random.pick(['GET', 'HEAD', 'OPTIONS', 'DELETE']), random.pick(paths.get), paths));
    case 'json':
      return withBody('POST', random.pick(paths.json), 'application/json', body, paths);
    case 'form':
      return withBody('POST', random.pick(paths.form), 'application/x-www-form-urlencoded', Buffer.from(`user_id=7&message=${'y'.repeat(random.below(30_000))}`), paths);
    case 'upload':
      return withBody('POST', random.pick(paths.upload), form, multipart(random.below(4), Array.from({ length: 1 + random.below(3) }, () => random.below(300_000))), paths);
    case 'refused upload': /* too many fields in the first piece that is parsed; the rest arrives while the server refuses it */
      return withBody('POST', random.pick(paths.upload), form, multipart(1500, [], random.below(60_000)), paths);
    case 'chunked':
      return Buffer.concat([Buffer.from(head('POST', random.pick(paths.json), paths, ['Content-Type: application/json', 'Transfer-Encoding: chunked'])), chunked(body, random)]);
    case 'chunked upload':
      return Buffer.concat([
        Buffer.from(head('POST', random.pick(paths.upload), paths, [`Content-Type: ${form}`, 'Transfer-Encoding: chunked'])),
        chunked(multipart(random.chance(0.3) ? 1500 : 2, [random.below(200_000)]), random),
      ]);
    case 'expect':
      return withBody('POST', random.pick([...paths.json, ...paths.upload]), random.pick(['application/json', form]), body, paths, ['Expect: 100-continue']);
    case 'pipeline':
      /* A poll comes last: the server reads nothing after it until it is answered, which may take as long as a heartbeat. */
      return Buffer.concat([
        ...Array.from({ length: 2 + random.below(10) }, () => bytesOf(random.pick(['get', 'json', 'form', 'upload'] as const), paths, sids, random)),
        ...(random.chance(0.5) ? [bytesOf('polling', paths, sids, random)] : []),
      ]);
    case 'websocket':
      return Buffer.concat([upgrade(random.pick(paths.websocket), paths), frames(['hello', '{"type":"ping"}', '{"type":"auth","token":"x"}', 'z'.repeat(random.below(70_000))], random)]);
    case 'polling':
      return random.chance(0.6)
        ? Buffer.from(head('GET', `${engine}?EIO=4&transport=polling${sid}`, paths))
        : withBody('POST', `${engine}?EIO=4&transport=polling${sid}`, 'text/plain', Buffer.from(random.pick(['40', '4hello\x1e4again', '3', '1', '42["message",1]', 'bAQID', 'broken'])), paths);
    case 'engine websocket':
      return Buffer.concat([upgrade(`${engine}?EIO=4&transport=websocket${sid}`, paths), frames(random.pick([['2probe', '5', '4hi'], ['40', '42["message",1]', '451-["message",{"_placeholder":true,"num":0}]'], ['4'], ['5'], ['nonsense']]), random)]);
    case 'downloads':
      return Buffer.from(Array.from({ length: 8 }, () => head('GET', random.pick(paths.file), paths)).join(''));
    case 'sign-in': {
      /* Each from a new address and mostly for a new login; otherwise the limits on guesses would answer before anything is hashed. No
       * password is changed, so that the other kinds stay signed in. */
      const right = paths.signIn !== undefined && random.chance(0.3);
      const login = right ? paths.signIn!.login : `somebody-${random.below(1_000_000)}`, password = right ? paths.signIn!.password : `a guess ${random.below(1_000_000)}`;
      const text = JSON.stringify({ login, password, current_password: `${password}, not`, new_password: `another ${random.below(1_000_000)} of them` });
      const from = `X-Forwarded-For: 198.51.${random.below(256)}.${1 + random.below(254)}`;
      return withBody('POST', random.pick(paths.signIn?.paths ?? paths.json), 'application/json', Buffer.from(text), paths, [from, ...(random.chance(0.3) ? ['Expect: 100-continue'] : [])]);
    }
    case 'nonsense':
      return randomBytes(1 + random.below(5000));
  }
}

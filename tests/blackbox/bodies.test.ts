// Bodies of requests: the head decides who may send one, before the server reads a byte of it and before it answers 100; the
// memory and disk for bodies is limited; addresses and connections have limits too.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Api } from '../harness/api.ts';
import { parse, raw, type RawAnswer } from '../harness/raw.ts';
import { Server, until } from '../harness/server.ts';
import { hashOf } from '../mobile/app.ts';
import { Simulator } from '../telegram/client.ts';

const PROMISED = 900_000;
const multipart = 'Content-Type: multipart/form-data; boundary=b';

/** The first response to a head with Expect: 100-continue whose body never comes. */
const offer = (port: number, path: string, headers: string[]): Promise<RawAnswer> =>
  raw(port, [`POST ${path} HTTP/1.1`, 'Host: desk', 'Expect: 100-continue', `Content-Length: ${PROMISED}`, ...headers, '', ''].join('\r\n'));

/** The server's first response, including 100. */
function firstLine(port: number, bytes: string, from?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ...(from ? { localAddress: from } : {}) });
    socket.on('error', reject);
    socket.once('data', (piece: Buffer) => (resolve(parse(piece).status), socket.destroy()));
    socket.once('end', () => (resolve(0), socket.destroy()));
    socket.write(bytes);
  });
}

describe('the server reads a body only from a client that may send it', () => {
  let server: Server, sim: Simulator, admin: Api;
  let cookies = '', csrf = '';
  const spooled = (): string[] => readdirSync(join(server.folder, 'files', 'tmp'));

  before(async () => {
    sim = await Simulator.start({ tokens: ['123456:TEST'] });
    server = await Server.start({ telegram: sim.url, webhook: true, env: { MOBILE_API_AUTH: 'key', MOBILE_APP_KEY: 'the-key' } });
    admin = await server.signIn();
    await until('the bot is ok', async () => (await admin.bot()).state === 'ok');
    const login = await fetch(`${server.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'admin@example.com', password: 'correct horse battery' }),
    });
    const set = login.headers.getSetCookie().map((line) => line.split(';')[0]!);
    cookies = `Cookie: ${set.join('; ')}`;
    csrf = set.find((one) => one.startsWith('switchboard_csrf='))!.split('=')[1]!;
  });
  after(async () => {
    await server?.stop();
    await sim?.stop();
  });

  const rows: [string, string, () => string[], number][] = [
    ['a webhook without the secret', '/webhook/telegram', () => [], 403],
    ['a webhook with a wrong secret', '/webhook/telegram', () => ['X-Telegram-Bot-Api-Secret-Token: guess'], 403],
    ['an app without a key', '/send_message', () => [multipart], 401],
    ['an app with a wrong key', '/send_message', () => [multipart, 'X-App-Key: guess'], 401],
    ['an app with a malformed signature', '/send_message', () => [multipart, 'X-User-Hash: 12'], 401],
    ['an app whose signature does not fit its user', '/send_message', () => [multipart, 'X-User-Id: 7', `X-User-Hash: ${'a'.repeat(64)}`], 401],
    ['nobody', '/api/conversations/1/messages', () => [multipart], 401],
    ['a session that was made up', '/api/conversations/1/messages', () => [multipart, 'Cookie: switchboard_session=made-up'], 401],
    ['a token that was made up', '/api/conversations/1/messages', () => [multipart, 'Authorization: Bearer a.b.c'], 401],
    ['a session without the CSRF header', '/api/conversations/1/messages', () => [multipart, cookies], 403],
  ];
  for (const [who, path, headers, status] of rows)
    test(`${who} is refused by the head`, async () => {
      const answer = await offer(server.port, path, headers());
      assert.equal(answer.status, status, answer.body);
      assert.deepEqual(spooled(), []);
    });

  const rightful: [string, string, () => string[]][] = [
    ['an app with its key', '/send_message', () => [multipart, 'X-App-Key: the-key']],
    ['a session with its CSRF header', '/api/conversations/1/messages', () => [multipart, cookies, `X-CSRF-Token: ${csrf}`]],
    ['a bearer token', '/api/conversations/1/messages', () => [multipart, `Authorization: Bearer ${admin.token}`]],
  ];
  for (const [who, path, headers] of rightful)
    test(`${who} gets 100 Continue`, async () => {
      const head = [`POST ${path} HTTP/1.1`, 'Host: desk', 'Expect: 100-continue', `Content-Length: ${PROMISED}`, ...headers(), '', ''].join('\r\n');
      assert.equal(await firstLine(server.port, head), 100);
    });

  test('800 unfinished bodies of unauthenticated clients take no memory', async () => {
    const held = async (): Promise<number> => Number(/^switchboard_http_body_bytes_held (\d+)$/m.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1]);
    const sockets: Socket[] = [];
    let ended = 0;
    for (let i = 0; i < 800; i++) {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined).on('close', () => ended++);
      socket.resume();
      socket.write(`POST /webhook/telegram HTTP/1.1\r\nHost: desk\r\nX-Telegram-Bot-Api-Secret-Token: guess\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(50_000)}`);
      sockets.push(socket);
    }
    await until('all of them are refused and closed', () => ended === sockets.length);
    assert.equal(await held(), 0);
  });
});

describe('with signed user ids', () => {
  const SECRET = 'a secret of the tests', SMALL = 131_072;
  let server: Server;
  before(async () => {
    server = await Server.start({ env: { MOBILE_API_AUTH: 'signed', MOBILE_SIGNING_SECRET: SECRET } });
  });
  after(() => server?.stop());

  const hash = `X-User-Hash: ${hashOf(SECRET, 'ann')}`, user = 'X-User-Id: ann', wrong = `X-User-Hash: ${'a'.repeat(64)}`;
  const rows: [string, number, string, string[], number][] = [
    ['a large body with a signature and no user', PROMISED, '', [hash], 401],
    ['a large body with a well-formed signature of nobody', PROMISED, '', [wrong], 401],
    ['a large body with a user and no signature', PROMISED, '', [user], 401],
    ['a large body with a wrong signature', PROMISED, '', [user, wrong], 401],
    ['a large body of a signed user', PROMISED, '', [user, hash], 100],
    ['a large body of a signed user, in the query', PROMISED, `?user_id=ann&user_hash=${hashOf(SECRET, 'ann')}`, [], 100],
    ['a small body with a wrong signature of its user', SMALL, '', [user, wrong], 401],
    ['a small body, which may hold both', SMALL, '', [], 100],
    ['a small body, which may hold the user', SMALL, '', [hash], 100],
  ];
  for (const [what, bytes, query, headers, status] of rows)
    test(`${what}: ${status}`, async () => {
      const head = [`POST /send_message${query} HTTP/1.1`, 'Host: desk', 'Expect: 100-continue', `Content-Length: ${bytes}`, multipart, ...headers, '', ''].join('\r\n');
      assert.equal(await firstLine(server.port, head), status);
    });

  test('a chunked body has no known size, so it needs both headers', async () => {
    const head = (more: string[]): string => ['POST /send_message HTTP/1.1', 'Host: desk', 'Expect: 100-continue', 'Transfer-Encoding: chunked', multipart, ...more, '', ''].join('\r\n');
    assert.equal(await firstLine(server.port, head([hash])), 401);
    assert.equal(await firstLine(server.port, head([user, hash])), 100);
  });
});

describe('a client that loses a permission while it sends the body', () => {
  let server: Server, admin: Api;
  before(async () => {
    server = await Server.start();
    admin = await server.signIn();
  });
  after(() => server?.stop());

  let count = 0;
  const someone = async (role: string): Promise<Api> => {
    const login = `someone${++count}`;
    await admin.call('POST', '/api/operators', { login, name: login, role, password: 'a password of theirs', email: `${login}@example.com` });
    const first = await server.signIn({ login, password: 'a password of theirs' });
    if (!first.operator.must_change_password) return first;
    await first.call('POST', '/api/auth/password', { current_password: 'a password of theirs', new_password: 'another one of theirs' });
    return server.signIn({ login, password: 'another one of theirs' });
  };

  /** Sends a request without its last byte; the returned function sends the last byte and returns the response. */
  async function begin(who: Api, method: string, path: string, body: unknown): Promise<() => Promise<RawAnswer>> {
    const text = JSON.stringify(body), pieces: Buffer[] = [];
    const socket = connect(server.port, '127.0.0.1');
    const ended = new Promise<void>((resolve) => socket.on('data', (piece: Buffer) => pieces.push(piece)).on('error', () => resolve()).on('close', () => resolve()));
    const head = [`${method} ${path} HTTP/1.1`, 'Host: desk', 'Expect: 100-continue', 'Connection: close', 'Content-Type: application/json', `Content-Length: ${text.length}`, `Authorization: Bearer ${who.token}`];
    socket.write([...head, '', ''].join('\r\n'));
    await until('the body is wanted', () => Buffer.concat(pieces).includes('100 Continue'));
    pieces.length = 0;
    socket.write(text.slice(0, -1));
    return async () => {
      socket.write(text.slice(-1));
      await ended;
      return parse(Buffer.concat(pieces));
    };
  }

  test('nothing lost: the request succeeds', async () => {
    const ann = await someone('operator');
    const end = await begin(ann, 'PATCH', '/api/operators/me', { name: 'Renamed' });
    assert.equal((await end()).status, 200);
  });

  const losses: [string, number, (who: Api) => Promise<unknown>][] = [
    ['deactivated', 401, (who) => admin.call('PATCH', `/api/operators/${who.operator.id}`, { active: false })],
    ['signed out', 401, (who) => who.call('POST', '/api/auth/logout')],
    ['made a mere operator', 403, (who) => admin.call('PATCH', `/api/operators/${who.operator.id}`, { role: 'operator' })],
  ];
  for (const [what, status, lose] of losses)
    test(`${what}: the request is refused`, async () => {
      const ann = await someone('admin'), name = `friend-of-${what.replaceAll(' ', '-')}`;
      const end = await begin(ann, 'POST', '/api/operators', { login: name, name, role: 'operator', email: `${name}@example.com` });
      await lose(ann);
      const answer = await end();
      assert.equal(answer.status, status, answer.body);
      assert.ok(!JSON.stringify(await admin.call('GET', '/api/operators')).includes(name));
    });
});

describe('a client that loses a permission while its password waits to be hashed', () => {
  test('is refused', async () => {
    const server = await Server.start();
    try {
      const admin = await server.signIn(), password = 'a password of theirs';
      await admin.call('POST', '/api/operators', { login: 'ann', name: 'Ann', role: 'admin', password, email: 'ann@example.com' });
      let ann = await server.signIn({ login: 'ann', password });
      if (ann.operator.must_change_password) {
        await ann.call('POST', '/api/auth/password', { current_password: password, new_password: 'another one of theirs' });
        ann = await server.signIn({ login: 'ann', password: 'another one of theirs' });
      }
      const asked = Array.from({ length: 12 }, (_, i) => ann.send('POST', '/api/operators', { login: `friend${i}`, name: 'A friend', role: 'operator', email: `friend${i}@example.com` }));
      await until('several wait', async () => Number(/^switchboard_sign_ins_waiting (\d+)$/m.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1]) >= 3);
      await admin.call('PATCH', `/api/operators/${ann.operator.id}`, { active: false });
      const statuses = (await Promise.all(asked)).map((answer) => answer.status);
      assert.ok(statuses.includes(401), `what waited is refused: ${statuses.join(' ')}`);
    } finally {
      await server.stop();
    }
  });
});

describe('bodies of unauthenticated clients from many addresses', () => {
  let server: Server, sim: Simulator, admin: Api;
  const sockets: Socket[] = [];
  before(async () => {
    sim = await Simulator.start({ tokens: ['123456:TEST'] });
    server = await Server.start({ telegram: sim.url, webhook: true, env: { MOBILE_API_AUTH: 'signed', TRUSTED_PROXIES: '192.0.2.1', BODY_MEMORY_MAX_MB: '4' } });
    admin = await server.signIn();
    await until('the bot is ok', async () => (await admin.bot()).state === 'ok');
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await server?.stop();
    await sim?.stop();
  });

  test('leave no room for other unauthenticated clients, but for authenticated ones', async () => {
    const held = async (): Promise<number> => Number(/^switchboard_http_body_bytes_held (\d+)$/m.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1]);
    for (let i = 0; i < 9 * 3; i++) {
      const socket = connect({ port: server.port, host: '127.0.0.1', localAddress: `127.0.0.${20 + (i % 9)}` });
      socket.on('error', () => undefined).resume();
      socket.write(`POST /send_message HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\nContent-Length: 131072\r\n\r\n${'x'.repeat(100_000)}`);
      sockets.push(socket);
    }
    await until('they hold their half', async () => (await held()) >= 2 << 20);
    assert.equal(await held(), 2 << 20);
    const body = (text: string): string => `Connection: close\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
    const large = JSON.stringify({ name: 'Admin' }).padEnd(100_000);
    assert.equal(await firstLine(server.port, `POST /send_message HTTP/1.1\r\nHost: desk\r\n${body(large)}`, '127.0.0.40'), 503);
    const known = `PATCH /api/operators/me HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer ${admin.token}\r\n${body(large)}`;
    assert.equal(await firstLine(server.port, known, '127.0.0.40'), 200);
    await sim.text(await sim.customer({ first_name: 'Ann' }), 'hello');
    await until('an update comes in', async () => (await admin.conversations()).data.length === 1);
  });
});

describe('connections of one address', () => {
  const EACH = 256;
  let server: Server;
  const sockets: Socket[] = [];
  before(async () => {
    server = await Server.start({ env: { TRUSTED_PROXIES: '192.0.2.1', MAX_CONNECTIONS: '400', LOOPS: '1', MOBILE_APP_KEY: 'the-key' } });
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await server?.stop();
  });

  /** A connection that begins a request and then stays silent. */
  const silent = (from: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port: server.port, host: '127.0.0.1', localAddress: from });
      sockets.push(socket);
      socket.once('error', reject).on('error', () => undefined); /* the server may close it later */
      socket.once('connect', () => socket.write('GET /health HTTP/1.1\r\nHost: desk\r\nX-Slow: ', () => resolve()));
    });
  const health = (from: string): Promise<number> => firstLine(server.port, 'GET /health HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n', from);

  test('are limited to 256, further ones get an error; other addresses can connect', async () => {
    for (let i = 0; i < EACH; i++) await silent('127.0.0.2');
    await until('the 257th is refused', async () => (await health('127.0.0.2')) === 503);
    assert.equal(await health('127.0.0.3'), 200);
  });

  test('that are unauthenticated sockets lock nobody out, and are closed before one that has joined', async () => {
    const listen = (from: string, key: string): Promise<Socket> =>
      new Promise((resolve, reject) => {
        const socket = connect({ port: server.port, host: '127.0.0.1', localAddress: from });
        sockets.push(socket);
        socket.once('error', reject).on('error', () => undefined);
        socket.once('data', () => resolve(socket));
        const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
        socket.write(['GET /socket.io/?EIO=4&transport=websocket HTTP/1.1', 'Host: desk', `X-App-Key: ${key}`, ...upgrade, '', ''].join('\r\n'));
      });
    const frame = (text: string): Buffer => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
    const joined = await listen('127.0.0.5', 'the-key');
    let said = '', ended = false;
    joined.on('data', (piece: Buffer) => (said += piece.toString('latin1'))).on('close', () => (ended = true));
    joined.write(Buffer.concat([frame('40'), frame('42["join_chat",{"user_id":"ann"}]')]));
    await until('it has joined', () => said.includes('["joined"'));
    for (let i = 0; i < 500; i++) await listen(`127.0.0.${6 + (i % 3)}`, 'no key');
    for (let i = 0; i < 20; i++) assert.equal(await health(`127.0.0.${10 + i}`), 200);
    assert.ok(!ended, 'the one that has joined is still there');
  });

  test('that are silent, from many addresses, lock nobody out', async () => {
    for (let i = 0; i < 200; i++) await silent('127.0.0.4'); /* 56 above the limit */
    for (let i = 0; i < 20; i++) assert.equal(await health(`127.0.0.${10 + i}`), 200);
  });
});

// The search of everything that servers under test say (harness/secrets.ts): it finds a secret whichever client reads it, however
// it is cut or compressed, and a server that is asked to say its secrets where it could keeps them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { raw } from '../harness/raw.ts';
import { examine, leaksOf, secretToken, watch } from '../harness/secrets.ts';
import { Server, until } from '../harness/server.ts';
import { Simulator } from '../telegram/client.ts';

const TOKEN = '987654:AAExampleOfASecretThatIsLongEnough_0';
const HALF = TOKEN.split(':')[1]!;

describe('the search', () => {
  const answers: Record<string, (response: ServerResponse) => void> = {
    '/plain': (response) => response.end(`token ${TOKEN}`),
    '/half': (response) => response.end(`token ${HALF}`),
    '/header': (response) => response.writeHead(302, { location: `https://api.telegram.org/file/x` }).end(),
    '/compressed': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(`{"file_path":"photos/1.jpg"}`)),
    '/cut': (response) => {
      response.write(`token ${TOKEN.slice(0, 20)}`);
      setImmediate(() => response.end(TOKEN.slice(20)));
    },
    '/clean': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('nothing to see')),
  };
  const server = createServer((request: IncomingMessage, response) => answers[request.url!]!(response));
  let port = 0;
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    secretToken(TOKEN);
    watch(port);
  });
  after(() => server.close());

  const found = async (): Promise<string[]> => [...new Set((await leaksOf(port)).map(({ secret }) => secret))];
  for (const [path, expected] of Object.entries({
    '/plain': [TOKEN, HALF], '/half': [HALF], '/header': ['api.telegram.org'], '/compressed': ['file_path'], '/cut': [TOKEN, HALF], '/clean': [],
  }))
    test(`of fetch's answer ${path}`, async () => {
      await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual' }).then((response) => response.text());
      assert.deepEqual((await found()).sort(), expected.sort());
    });
  test('of the bytes of a socket', async () => {
    await raw(port, `GET /half HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    assert.deepEqual(await found(), [HALF]);
  });
  test('of a text', async () => {
    examine(port, 'the log', `GET https://api.telegram.org/bot${TOKEN}/getMe`);
    const leaks = await leaksOf(port);
    assert.deepEqual(leaks.map(({ where, secret }) => [where, secret]), [['the log', 'api.telegram.org'], ['the log', TOKEN], ['the log', HALF]]);
  });
});

test('a server keeps its secrets when Telegram is away, refuses the token or lies about files', async () => {
  const sim = await Simulator.start({ tokens: [TOKEN] });
  const server = await Server.start({ telegram: sim.url, token: TOKEN, env: { LOG_LEVEL: 'debug' } });
  try {
    const api = await server.signIn();
    await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    const who = await sim.customer({ first_name: 'Sacha' });
    await sim.text(who, 'Hello');
    const conversation = await until('the conversation', async () => (await api.conversations('?status=all')).data[0]);

    const file_path = `../bot${TOKEN}/logOut`;
    await sim.fault({ kind: 'status', method: 'getFile', code: 200, body: JSON.stringify({ ok: true, result: { file_id: 'x', file_unique_id: 'x', file_path } }), count: 1 });
    await sim.photo(who, { caption: 'a lie' });
    await until('the photo has failed', async () => (await api.history(conversation.id)).find((m) => m.text === 'a lie' && m.files[0]?.state === 'failed'));
    await sim.photo(who, { caption: 'a photo', width: 40, height: 30 });
    const photo = await until('a photo', async () => (await api.history(conversation.id)).find((m) => m.text === 'a photo' && m.files[0]?.state === 'ready'));
    await (await api.send('GET', `/api/files/${photo.files[0]!.id}`)).arrayBuffer();

    for (const description of [`Not Found: ${sim.url}/bot${TOKEN}/sendMessage`, `Unauthorized: ${TOKEN}`]) {
      await sim.fault({ kind: 'status', method: 'sendMessage', code: 400, description, count: 1 });
      const { id } = await api.reply(conversation.id, { text: 'an answer' });
      await until('it has failed', async () => (await api.history(conversation.id)).find((m) => m.id === id && m.delivery === 'failed'));
    }
    await api.deadLetters();
    await api.refusal('POST', '/api/bots', { token: TOKEN });
    await sim.stop();
    await until('it is known that Telegram is away', async () => (await api.bot()).state === 'unreachable');
    for (const path of ['/api/bots', '/api/bot', '/api/audit', '/api/dead-letters', '/api/dead-jobs', '/api/openapi.json', '/metrics', '/health'])
      await (await api.send('GET', path)).text();
    server.command('doctor');
  } finally {
    await server.stop();
  }
});

// Visitors of the web chat: whoever holds all that is public (the app's key, a visitor's id, the names of pictures)
// reads, writes, joins and marks nothing of theirs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { io, type Socket } from 'socket.io-client';
import { engines, Server, until } from '../harness/server.ts';
import { App, file, form, hashOf, picture } from './app.ts';

const KEY = 'the-key-of-the-tests';
const SECRET = 'a-secret-of-32-characters-or-more';

interface Visitor {
  user_id: string;
  user_hash: string;
}

for (const engine of engines) {
  for (const mode of ['key', 'signed', 'open']) {
    describe(`visitors in the ${mode} mode on ${engine}`, () => {
      let server: Server;
      let ann: Visitor;
      let photo: string;
      const sockets: Socket[] = [];
      const app = (headers: Record<string, string> = {}): App => new App(server.url, headers);
      const as = (who: Visitor): App => app({ 'x-user-id': who.user_id, 'x-user-hash': who.user_hash });
      const become = async (body: unknown = {}): Promise<Visitor> => {
        const answer = await app().call('POST', '/visitor', body);
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        return answer.body as Visitor;
      };

      before(async () => {
        server = await Server.start({ engine, env: { MOBILE_API_AUTH: mode, MOBILE_APP_KEY: KEY, MOBILE_SIGNING_SECRET: SECRET } });
        ann = await become();
        const sent = await as(ann).send(form({ user_id: ann.user_id, message: 'my address is …' }, [[file(picture(1)), 'a.png']]));
        assert.equal(sent.status, 200, JSON.stringify(sent.body));
        photo = sent.body.photo_url;
      });
      after(async () => {
        for (const socket of sockets) socket.disconnect();
        await server?.stop();
      });

      test('each is another, and reads what is theirs', async () => {
        assert.match(ann.user_id, /^visitor-[\w-]{22}$/);
        assert.match(ann.user_hash, /^[0-9a-f]{64}$/);
        assert.notEqual((await become()).user_id, ann.user_id);
        const { messages } = (await as(ann).history(ann.user_id)).body;
        assert.deepEqual(messages.filter((m: any) => m.direction === 'user').map((m: any) => m.message), ['my address is …']);
        assert.equal((await fetch(server.url + photo, { headers: as(ann).headers })).status, 200);
        assert.equal((await fetch(`${server.url}${photo}?user_id=${ann.user_id}&user_hash=${ann.user_hash}`)).status, 200);
      });

      test('all that is public opens nothing: no history, no writing, no picture, no mark, no device', async () => {
        const eve = await become();
        const attempts: Record<string, Record<string, string>> = {
          nothing: {},
          'the app’s key': { 'x-app-key': KEY },
          'another visitor’s secret': { 'x-app-key': KEY, 'x-user-id': ann.user_id, 'x-user-hash': eve.user_hash },
          'a signature of the site’s': { 'x-app-key': KEY, 'x-user-id': ann.user_id, 'x-user-hash': hashOf(SECRET, ann.user_id) },
          'half a secret': { 'x-app-key': KEY, 'x-user-id': ann.user_id, 'x-user-hash': ann.user_hash.slice(0, 32) },
          'oneself': { 'x-app-key': KEY, 'x-user-id': eve.user_id, 'x-user-hash': eve.user_hash },
        };
        for (const [what, headers] of Object.entries(attempts)) {
          const thief = app(headers);
          assert.equal((await thief.history(ann.user_id)).status, 401, `history with ${what}`);
          assert.equal((await thief.send({ user_id: ann.user_id, message: 'as ann' })).status, 401, `writing with ${what}`);
          assert.equal((await thief.send(form({ user_id: ann.user_id, message: 'x' }, [[file(picture(2)), 'b.png']]))).status, 401, `a photo with ${what}`);
          assert.equal((await thief.call('POST', '/mark_read', { user_id: ann.user_id })).status, 401, `a mark with ${what}`);
          assert.equal((await thief.call('POST', '/register_device', { user_id: ann.user_id, fcm_token: 't' })).status, 401, `a device with ${what}`);
          assert.ok([401, 404].includes((await fetch(server.url + photo, { headers })).status), `the picture with ${what}`);
          assert.ok([401, 404].includes((await fetch(`${server.url}${photo}?size=thumb&user_id=${ann.user_id}`, { headers })).status), `the small picture with ${what}`);
          assert.notEqual((await app(headers).send({ user_id: eve.user_id, message: 'x', photo_url: photo, user_hash: eve.user_hash })).status, 200, `the picture as one’s own with ${what}`);
        }
        assert.deepEqual((await as(ann).history(ann.user_id)).body.messages.filter((m: any) => m.direction === 'user').length, 1);
      });

      test('nor does a socket join, leave a mark, or hear', async () => {
        const heard: any[] = [];
        const socket = io(server.url, { forceNew: true, auth: { app_key: KEY } });
        sockets.push(socket);
        socket.onAny((name: string, data: unknown) => heard.push({ name, data }));
        const asked = (event: string, body: object): Promise<any> => new Promise((resolve) => socket.emit(event, body, resolve));
        assert.deepEqual(await asked('join_chat', { user_id: ann.user_id, after: 0 }), { success: false });
        assert.deepEqual(await asked('read', { user_id: ann.user_id }), { success: false });
        const eve = await become();
        assert.deepEqual(await asked('join_chat', { user_id: ann.user_id, user_hash: eve.user_hash }), { success: false });
        assert.deepEqual(await asked('join_chat', { user_id: ann.user_id, user_hash: ann.user_hash, after: 0 }), { success: true });
        await until('ann’s own secret joins', () => heard.find((h) => h.name === 'new_message'));
        assert.equal(heard.filter((h) => h.name === 'error').length, 3);
      });

      test('no secret is given for somebody else’s id', async () => {
        for (const user_id of [ann.user_id, 'visitor-x', 'somebody', 'web-short', ' ', 'web-0123456789abcdefghij/x'])
          assert.equal((await app().call('POST', '/visitor', { user_id })).status, 400, user_id);
        assert.equal((await app().call('POST', '/visitor', { user_id: 'web-0123456789abcdefghijkl' })).status, 404);
      });

      test('a signed id needs no key, and a key opens no signed id’s file in the signed mode', async () => {
        const sam = app({ 'x-user-id': 'sam', 'x-user-hash': hashOf(SECRET, 'sam') });
        assert.equal((await sam.send({ user_id: 'sam', message: 'hello' })).status, 200);
        assert.equal((await sam.history('sam')).status, 200);
        assert.equal((await app({ 'x-app-key': KEY }).history('sam')).status, mode === 'signed' ? 401 : 200, 'the key mode is as it was');
      });
    });
  }
}

test('a desk that takes no visitors says so', async () => {
  const server = await Server.start({ env: { WIDGET_VISITORS: 'false' } });
  try {
    const answer = await new App(server.url).call('POST', '/visitor', {});
    assert.equal(answer.status, 401);
    assert.match(answer.body.error, /no visitors/);
    assert.equal((await (await server.signIn()).call('GET', '/api/channels/mobile')).visitors, false);
  } finally {
    await server.stop();
  }
});

// Visitors of the web chat: a client that knows all that is public (the app's key, a visitor's id, the names of pictures) cannot
// read, write, join or mark anything of theirs.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { io, type Socket } from 'socket.io-client';
import { engines, Server, until } from '../harness/server.ts';
import { greyPng } from '../harness/png.ts';
import { App, file, form, hashOf, picture } from './app.ts';

const KEY = 'the-key-of-the-tests';
const SECRET = 'a-secret-of-32-characters-or-more';
const claim = 'what-only-one-browser-knows';

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

      test('each has an id and reads their own messages', async () => {
        assert.match(ann.user_id, /^visitor-[\w-]{22}$/);
        assert.match(ann.user_hash, /^[0-9a-f]{64}$/);
        assert.notEqual((await become()).user_id, ann.user_id);
        const { messages } = (await as(ann).history(ann.user_id)).body;
        assert.deepEqual(messages.filter((m: any) => m.direction === 'user').map((m: any) => m.message), ['my address is …']);
        assert.equal((await fetch(server.url + photo, { headers: as(ann).headers })).status, 200);
        assert.equal((await fetch(`${server.url}${photo}?user_id=${ann.user_id}&user_hash=${ann.user_hash}`)).status, 200);
      });

      test('public values do not give access to history, sending, pictures, read marks or devices', async () => {
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

      test('nor to a socket’s join, read marks or messages', async () => {
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

      test('nobody gets a secret for another visitor’s id', async () => {
        for (const user_id of [ann.user_id, 'visitor-x', 'somebody', 'web-short', ' ', 'web-0123456789abcdefghij/x'])
          assert.equal((await app().call('POST', '/visitor', { user_id, claim })).status, 400, user_id);
        assert.equal((await app().call('POST', '/visitor', { user_id: 'web-0123456789abcdefghijkl', claim })).status, 404);
      });

      test('an id generated by a browser is exchanged once, for an unguessable one', async () => {
        const old = `web-${'0123456789abcdefghijk'}${engine[0]}`;
        const before = app(mode === 'signed' ? { 'x-user-hash': hashOf(SECRET, old) } : { 'x-app-key': KEY });
        const exchange = (body: object): ReturnType<App['call']> => app().call('POST', '/visitor', { user_id: old, ...body });
        assert.equal((await before.send({ user_id: old, message: 'from before' })).status, 200);
        assert.equal((await exchange({})).body.field, 'claim');
        assert.equal((await exchange({ claim: 'too short' })).status, 400);
        const first = await exchange({ claim });
        if (mode === 'signed') { // in this mode browsers generated no ids, so the id belongs to a user
          assert.equal(first.status, 404);
          assert.equal((await before.history(old)).body.messages.filter((m: any) => m.message === 'from before').length, 1);
          return;
        }
        assert.equal(first.status, 200, JSON.stringify(first.body));
        const me = first.body as Visitor;
        assert.match(me.user_id, /^visitor-[\w-]{22}$/);
        assert.deepEqual((await as(me).history(me.user_id)).body.messages.filter((m: any) => m.direction === 'user').map((m: any) => m.message), ['from before']);
        assert.deepEqual((await exchange({ claim })).body, me, 'an answer that was lost comes again');
        assert.equal((await exchange({ claim: claim + 'x' })).status, 404, 'nobody else gets it');
        assert.deepEqual((await before.history(old)).body.messages.filter((m: any) => m.direction === 'user'), [], 'nor does the key open it');
        assert.equal((await before.history(me.user_id)).status, 401);
      });

      test('an app’s user with such an id and a device is not exchanged', async () => {
        const user_id = `web-${'ABCDEFGHIJKLMNOPQRSTU'}${engine[0]}`;
        const sam = app({ 'x-app-key': KEY, 'x-user-hash': hashOf(SECRET, user_id) });
        assert.equal((await sam.send({ user_id, message: 'by phone' })).status, 200);
        assert.equal((await sam.call('POST', '/register_device', { user_id, fcm_token: 'phone' })).status, 200);
        assert.equal((await app().call('POST', '/visitor', { user_id, claim })).status, 404);
        assert.equal((await sam.history(user_id)).body.messages.filter((m: any) => m.direction === 'user').length, 1);
      });

      test('ids of an app’s users may begin like a visitor’s', async () => {
        for (const user_id of ['visitor-42', 'web-42', 'visitor-6f9619ff-8b86-d011-b42d-00cf4fc964ff', 'web-bcdefghijklmnopqrstuvw']) {
          const user = app(mode === 'key' ? { 'x-app-key': KEY } : { 'x-user-hash': hashOf(SECRET, user_id) });
          assert.equal((await user.send({ user_id, message: 'as ever' })).status, 200, user_id);
          assert.deepEqual((await user.history(user_id)).body.messages.filter((m: any) => m.direction === 'user').map((m: any) => m.message), ['as ever'], user_id);
        }
      });

      test('an id with an unreadable character is refused', async () => {
        const key = { 'x-app-key': KEY };
        for (const user_id of ['\\ud800', '\\udfff', 'ann\\u0000', '\uFFFD']) {
          const answer = await app(key).call('POST', '/send_message', `{"user_id":"${user_id}","message":"x"}`);
          assert.deepEqual([answer.status, answer.body.code, answer.body.field], [400, 'invalid_field', 'user_id'], user_id);
        }
        const repeated = await app(key).call('POST', '/send_message', `{"user_id":"ann-1","message":"x","client_id":"\\ud800"}`);
        assert.deepEqual([repeated.status, repeated.body.field], [400, 'client_id']);
        assert.equal((await app(key).history('\uFFFD')).status, 400);
        const socket = io(server.url, { forceNew: true, auth: { app_key: KEY } });
        sockets.push(socket);
        assert.deepEqual(await new Promise((resolve) => socket.emit('join_chat', { user_id: '\uFFFD' }, resolve)), { success: false });
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

test('a desk without visitors refuses all of them, even with a secret, and they find their chats when it accepts them again', async () => {
  const env = { MOBILE_API_AUTH: 'open', MOBILE_SIGNING_SECRET: SECRET, SECRET_KEY: 'the-same-before-and-after' };
  const server = await Server.start({ env });
  try {
    const ann = (await new App(server.url).call('POST', '/visitor', {})).body as Visitor;
    const as = (): App => new App(server.url, { 'x-user-id': ann.user_id, 'x-user-hash': ann.user_hash });
    const sent = await as().send(form({ user_id: ann.user_id, message: 'let me in' }, [[file(picture(1)), 'a.png']]));
    assert.equal(sent.status, 200);
    await server.terminate();
    server.env['WIDGET_VISITORS'] = 'false';
    await server.run();
    const refused = [
      await new App(server.url).call('POST', '/visitor', {}),
      await new App(server.url).call('POST', '/visitor', { user_id: 'web-0123456789abcdefghijkl', claim }),
      await as().history(ann.user_id),
      await as().send({ user_id: ann.user_id, message: 'again' }),
      await as().send(form({ user_id: ann.user_id, message: 'x' }, [[file(picture(2)), 'b.png']])),
      await as().call('POST', '/mark_read', { user_id: ann.user_id }),
      await as().call('POST', '/register_device', { user_id: ann.user_id, fcm_token: 't' }),
      await as().call('GET', sent.body.photo_url),
    ];
    for (const answer of refused) {
      assert.deepEqual([answer.status, answer.body.code], [403, 'forbidden'], JSON.stringify(answer.body));
      assert.match(answer.body.error, /no visitors/);
    }
    const socket = io(server.url, { forceNew: true, auth: { user_hash: ann.user_hash } });
    const error = new Promise<any>((resolve) => socket.on('error', resolve));
    assert.deepEqual(await new Promise((resolve) => socket.emit('join_chat', { user_id: ann.user_id }, resolve)), { success: false });
    assert.equal((await error).code, 'forbidden');
    socket.disconnect();
    assert.equal((await (await server.signIn()).call('GET', '/api/channels/mobile')).visitors, false);
    assert.equal((await new App(server.url, { 'x-user-hash': hashOf(SECRET, 'sam') }).send({ user_id: 'sam', message: 'signed' })).status, 200);
    await server.terminate();
    server.env['WIDGET_VISITORS'] = 'true';
    await server.run();
    assert.equal((await as().history(ann.user_id)).body.messages.filter((m: any) => m.direction === 'user').length, 1);
  } finally {
    await server.stop();
  }
});

/** An address for documentation (RFC 5737), the same for the same name. */
const addresses: string[] = [];
const addressOf = (name: string): string => `198.51.100.${addresses.includes(name) ? addresses.indexOf(name) + 1 : addresses.push(name)}`;

for (const engine of engines)
  test(`photos of visitors have a daily limit, per visitor and in total, also after a restart (${engine})`, async () => {
    const env = { MOBILE_SIGNING_SECRET: SECRET, WIDGET_PHOTOS_MB_EACH: '1', WIDGET_PHOTOS_MB_ALL: '2' };
    const server = await Server.start({ engine, env });
    const heavy = (n: number): Blob => file(greyPng(847, n)); // 700 KB
    const sendAs = (who: { user_id: string; user_hash: string }, n: number, client_id = String(n), from = who.user_id): ReturnType<App['call']> =>
      new App(server.url, { 'x-user-id': who.user_id, 'x-user-hash': who.user_hash, 'x-forwarded-for': addressOf(from) }).send(form({ user_id: who.user_id, message: 'x', client_id }, [[heavy(n), 'a.png']]));
    const refused = (answer: { status: number; body: any }): void => assert.deepEqual([answer.status, answer.body.code, answer.body.field], [403, 'quota_exceeded', 'photo'], JSON.stringify(answer.body));
    const kept = (): number => readdirSync(`${server.folder}/files`, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
    try {
      const [ann, bob, carl, dora] = await Promise.all([1, 2, 3, 4].map(async () => (await new App(server.url).call('POST', '/visitor', {})).body as Visitor)) as [Visitor, Visitor, Visitor, Visitor];
      assert.equal((await sendAs(ann, 1)).status, 200);
      const files = kept();
      assert.equal((await sendAs(ann, 1)).status, 200, 'what is sent again is not counted again');
      refused(await sendAs(ann, 2));
      assert.equal(kept(), files, 'nothing of it stays on the disk');
      assert.equal((await sendAs(bob, 3)).status, 200, 'another has their own');
      refused(await sendAs(carl, 4));
      const beside = await sendAs(dora, 10, '10', ann.user_id);
      refused(beside);
      assert.match(JSON.stringify(beside.body), /from one address/);
      await server.kill();
      await server.run();
      refused(await sendAs(ann, 5));
      refused(await sendAs(carl, 6));
      const text = await new App(server.url, { 'x-user-hash': ann.user_hash }).send({ user_id: ann.user_id, message: 'only words' });
      assert.equal(text.status, 200, 'words go on');
      const sam = { user_id: 'sam', user_hash: hashOf(SECRET, 'sam') };
      for (const n of [7, 8, 9]) assert.equal((await sendAs(sam, n)).status, 200, 'a user of the site is not counted');
    } finally {
      await server.stop();
    }
  });

for (const engine of engines)
  test(`messages of visitors have a daily limit, of which one address has a part (${engine})`, async () => {
    const server = await Server.start({ engine, env: { WIDGET_WORDS_MB_ALL: '1' } });
    const long = '\u{1f600}'.repeat(4096);
    const app = (who: Visitor, from: string): App => new App(server.url, { 'x-user-hash': who.user_hash, 'x-forwarded-for': addressOf(from) });
    const newcomer = async (): Promise<Visitor> => (await new App(server.url).call('POST', '/visitor', {})).body as Visitor;
    const sendLong = (who: Visitor, from: string): ReturnType<App['call']> => app(who, from).send({ user_id: who.user_id, message: long });
    /** How many long messages an address can send, as one visitor after the other. */
    const taken = async (from: string): Promise<number> => {
      for (let n = 0; n < 200; ) {
        const who = await newcomer();
        for (let i = 0; i < 10; i++, n++) {
          const answer = await sendLong(who, from);
          if (answer.status === 200) continue;
          assert.deepEqual([answer.status, answer.body.code, answer.body.field], [403, 'quota_exceeded', 'message']);
          return n;
        }
      }
      throw new Error('there is no bound');
    };
    try {
      assert.equal(await taken('one'), 15, 'a quarter of a megabyte');
      const stored = server.query('SELECT count(*) FROM message')[0];
      await server.kill();
      await server.run();
      const again = await newcomer();
      assert.equal((await sendLong(again, 'one')).status, 403, 'a restart forgets nothing');
      assert.equal((await app(again, 'one').call('POST', '/register_device', { user_id: again.user_id, fcm_token: 'x' })).status, 403);
      assert.equal((await app(again, 'one').history(again.user_id)).status, 200, 'reading goes on');
      assert.equal(server.query('SELECT count(*) FROM message')[0], stored);
      assert.deepEqual([await taken('two'), await taken('three'), await taken('four')], [15, 15, 15]);
      assert.ok((await taken('five')) <= 2, 'the rest of what is for all');
    } finally {
      await server.stop();
    }
  });

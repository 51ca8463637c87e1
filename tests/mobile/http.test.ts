// The apps' API, black box: every route, every refusal, races, and messages to the panel and back.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Conversation, Message } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { App, type AppMessage, file, form, hashOf, picture } from './app.ts';

const KEY = 'the-key-of-the-tests';
const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

/** All stored files. */
function kept(folder: string): number {
  const files = join(folder, 'files');
  return readdirSync(files, { recursive: true }).filter((name) => statSync(join(files, String(name))).isFile()).length;
}

for (const engine of engines) {
  describe(`apps on ${engine}`, () => {
    let server: Server;
    let api: Api;
    let app: App;

    before(async () => {
      server = await Server.start({ engine, env: { MOBILE_APP_KEY: KEY } });
      api = await server.signIn();
      app = new App(server.url, { 'x-app-key': KEY });
    });
    after(async () => server?.stop());

    const conversationOf = async (name: string): Promise<Conversation> => {
      const found = (await api.everyConversation()).find((c) => c.customer.name === name);
      assert.ok(found, `${name} is in the list`);
      return found;
    };
    const messagesOf = async (user: string): Promise<AppMessage[]> => (await app.history(user)).body.messages;

    test('a message appears in the panel, and the answer in the history', async () => {
      const sent = await app.send({ user_id: 'user-1', user_name: 'Anna App', message: 'Where is my order?' });
      assert.equal(sent.status, 200);
      assert.equal(sent.body.success, true);
      assert.ok(Number.isInteger(sent.body.message_id) && sent.body.message_id > 0);
      assert.equal(sent.body.photo_url, null);
      assert.equal(sent.body.photo_count, 0);
      const conversation = await conversationOf('Anna App');
      assert.equal(conversation.status, 'waiting');
      assert.equal(conversation.customer.channel, 'mobile');
      assert.equal(conversation.customer.external_id, 'user-1');
      assert.equal(conversation.seen_message_id, null);
      const [first] = await api.history(conversation.id);
      assert.equal(first!.id, sent.body.message_id);
      const answer = await api.reply(conversation.id, { text: 'On its way' });
      await until('it is delivered', async () => (await api.history(conversation.id)).find((m) => m.id === answer.id && m.delivery === 'sent'));
      const { status, body } = await app.history('user-1', '?limit=50');
      assert.equal(status, 200);
      assert.equal(body.success, true);
      const said = (body.messages as AppMessage[]).map((m) => [m.direction, m.message, m.photo_url]);
      assert.deepEqual(said, [['user', 'Where is my order?', null], ['support', 'On its way', null], ['support', 'Здравствуйте!', null]]);
      for (const message of body.messages as AppMessage[]) assert.match(message.created_at, TIME);
    });

    test('what an app cannot show is refused by name, and changes nothing', async () => {
      const { id } = (await api.everyConversation()).find((c) => c.customer.channel === 'mobile')!;
      const before = await api.history(id);
      const [theirs, answer] = [before.find((m) => m.direction === 'in')!, before.findLast((m) => m.direction === 'out' && m.delivery === 'sent')!];
      const at = `/api/conversations/${id}/messages`;
      for (const [method, path, body] of [
        ['PATCH', `${at}/${answer.id}`, { text: 'changed' }],
        ['DELETE', `${at}/${answer.id}`, undefined],
        ['PUT', `${at}/${answer.id}/pin`, { pinned: true }],
        ['PUT', `${at}/${theirs.id}/reaction`, { emoji: '👍' }],
        ['POST', at, { poll: { question: 'x', options: ['a', 'b'] } }],
        ['POST', at, { text: 'x', buttons: [[{ text: 'b', copy: 'c' }]] }],
      ] as const) {
        const refused = await api.refusal(method, path, body);
        assert.deepEqual([refused.status, refused.code], [422, 'unsupported_by_channel'], `${method} ${JSON.stringify(body)}`);
      }
      assert.deepEqual(await api.history(id), before);
    });

    test('a message with one invalid optional value is stored', async () => {
      const bodies: [string, string, string][] = [
        ['half', '{"user_id":"half","user_name":"Half \\ud83d","message":"cut in the middle \\ud83d"}', 'cut in the middle \ufffd'],
        ['nul', '{"user_id":"nul","user_name":"Nul","message":"a\\u0000b"}', 'a\ufffdb'],
        ['wide', '{"user_id":"wide","user_name":"Wide","message":"hi","ts":18446744073709551616,"x":1e999}', 'hi'],
        ['mark', '\ufeff{"user_id":"mark","user_name":"Mark","message":"with BOM"}', 'with BOM'],
      ];
      for (const [user, body, wanted] of bodies) {
        const sent = await app.call('POST', '/send_message', body);
        assert.equal(sent.status, 200, `${user}: ${JSON.stringify(sent.body)}`);
        assert.deepEqual((await messagesOf(user)).filter((m) => m.direction === 'user').map((m) => m.message), [wanted]);
      }
      await conversationOf('Half \ufffd');
      const refused = await app.call('POST', '/send_message', '{"user_id":18446744073709551616,"message":"hi"}');
      assert.equal(refused.status, 400, 'a field that is read');
    });

    test('the first history of a day greets, by name, once', async () => {
      const first = await app.history('greeted', `?user_name=${encodeURIComponent('Пётр')}`);
      assert.equal(first.body.greeting_sent, true);
      assert.deepEqual((first.body.messages as AppMessage[]).map((m) => [m.direction, m.message]), [['support', 'Здравствуйте, Пётр!']]);
      const second = await app.history('greeted', `?user_name=${encodeURIComponent('Пётр')}`);
      assert.equal(second.body.greeting_sent, false);
      assert.equal(second.body.messages.length, 1);
      const english = await app.history('greeted-too', '?user_name=Pete&language=en-GB');
      assert.equal(english.body.messages[0].message, 'Hello, Pete!');
      assert.ok(!(await api.everyConversation()).some((c) => c.customer.external_id === 'greeted'), 'who only looked in waits for nobody');
    });

    test('simultaneous requests get one greeting', async () => {
      for (let round = 0; round < 3; round++) {
        const answers = await Promise.all(Array.from({ length: 8 }, () => app.history(`racer-${round}`)));
        assert.equal(answers.filter((a) => a.body.greeting_sent).length, 1);
        for (const answer of answers) assert.ok(answer.body.messages.length <= 1);
        assert.equal((await messagesOf(`racer-${round}`)).length, 1);
      }
    });

    test('the greeting and the time zone of its day can be set in the panel', async () => {
      await api.call('PATCH', '/api/settings', { daily_greeting: 'Welcome back, {user_name}', daily_greeting_ru: '', time_zone: 'Europe/Moscow' });
      assert.equal((await app.history('set-1', '?user_name=Ann&language=en')).body.messages[0].message, 'Welcome back, Ann');
      const silent = await app.history('set-2', '?user_name=Ann');
      assert.deepEqual([silent.body.greeting_sent, silent.body.messages], [false, []]);
      const refusal = await api.refusal('PATCH', '/api/settings', { time_zone: 'Mars/Olympus' });
      assert.deepEqual([refusal.status, refusal.field], [400, 'time_zone']);
      await api.call('PATCH', '/api/settings', { time_zone: '+14:00', daily_greeting_ru: 'Здравствуйте, {user_name}!' });
    });

    test('photos arrive as an album and can be fetched; those of answers too', async () => {
      const bytes = [picture(1), picture(2, 60, 60)];
      const sent = await app.send(form({ user_id: 'shooter', message: 'Broken', user_name: 'Paul Photo' }, [[file(bytes[0]!), '../../etc/a.png'], [file(bytes[1]!), 'b.png']]));
      assert.equal(sent.status, 200);
      assert.equal(sent.body.photo_count, 2);
      assert.match(sent.body.photo_url, /^\/uploads\/[\w-]+\.png$/);
      const got = await fetch(server.url + sent.body.photo_url);
      assert.equal(got.status, 200);
      assert.equal(got.headers.get('content-type'), 'image/png');
      assert.deepEqual(Buffer.from(await got.arrayBuffer()), bytes[0]);
      const conversation = await conversationOf('Paul Photo');
      const messages = await api.history(conversation.id);
      assert.deepEqual(messages.map((m) => [m.kind, m.text, m.files.length]), [['photo', 'Broken', 1], ['photo', '', 1]]);
      assert.equal(messages[0]!.album, messages[1]!.album);
      assert.equal(messages[0]!.files[0]!.name, 'a.png', 'a path in a name is stripped');
      const answer: Message = await api.call('POST', `/api/conversations/${conversation.id}/messages`, (() => {
        const out = new FormData();
        out.append('text', 'Like this');
        out.append('files', file(bytes[1]!), 'c.png');
        return out;
      })());
      const shown = (await messagesOf('shooter')).find((m) => m.id === answer.id)!;
      assert.equal(shown.direction, 'support');
      assert.equal((await fetch(server.url + shown.photo_url)).status, 200);
    });

    test('a photo without content, and one that is too large, are refused in words and store nothing', async () => {
      const send = async (photo: Buffer): Promise<unknown[]> => {
        const { status, body } = await app.send(form({ user_id: 'empty-handed', message: 'look' }, [[file(photo), 'a.png']]));
        return [status, body.field, body.detail ?? body.error];
      };
      assert.deepEqual(await send(Buffer.alloc(0)), [400, 'photo', 'The file is empty.']);
      const [status, , message] = await send(Buffer.alloc(51 << 20));
      assert.equal(status, 413);
      assert.match(String(message), /may have at most \d+ MB here/);
      assert.deepEqual((await messagesOf('empty-handed')).filter((m) => m.direction !== 'support'), []);
    });

    test('a photo_url is accepted only for a file of that user', async () => {
      const { photo_url } = (await app.send(form({ user_id: 'owner', message: 'mine' }, [[file(picture(3)), 'x.png']]))).body;
      const again = await app.send({ user_id: 'owner', message: 'once more', photo_url });
      assert.equal(again.status, 200);
      assert.equal(again.body.photo_count, 1);
      assert.equal((await fetch(server.url + again.body.photo_url)).status, 200);
      for (const [user_id, url] of [['thief', photo_url], ['thief', server.url + photo_url], ['owner', '/uploads/1-000000000000000000000000.png']]) {
        const refused = await app.send({ user_id, message: 'x', photo_url: url });
        assert.deepEqual([refused.status, refused.body.field], [400, 'photo_url']);
      }
    });

    test('a photo_url whose file is removed while the message is being stored stores nothing', async () => {
      const { photo_url } = (await app.send(form({ user_id: 'racer', message: 'mine' }, [[file(picture(77)), 'x.png']]))).body;
      const [id, key] = server.query('SELECT id, storage_key FROM file ORDER BY id DESC LIMIT 1')[0]!.split('|');
      const begin = engine === 'sqlite' ? 'BEGIN IMMEDIATE' : 'BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT id FROM conversation FOR UPDATE';
      const refused = await server.meanwhile(begin, () => app.send({ user_id: 'racer', message: 'once more', photo_url }), `
        DELETE FROM message_file WHERE file_id = ${id}; DELETE FROM file WHERE id = ${id};
        SELECT id FROM file WHERE storage_key = '${key}'; COMMIT`);
      assert.deepEqual([refused.status, refused.body.field], [400, 'photo_url']);
      assert.deepEqual(server.query(`SELECT id FROM file WHERE storage_key = '${key}'`), []);
      assert.deepEqual((await messagesOf('racer')).filter((m) => m.direction === 'user').map((m) => m.message), ['mine']);
    });

    test('a missing or invalid value is a 400 with a sentence and the field', async () => {
      const cases: [unknown, string][] = [
        [{ message: 'x' }, 'user_id'],
        [{ user_id: '', message: 'x' }, 'user_id'],
        [{ user_id: 'u' }, 'message'],
        [{ user_id: 'u', message: '  ' }, 'message'],
        [{ user_id: 'x'.repeat(129), message: 'x' }, 'user_id'],
        [{ user_id: 'a\u0001b', message: 'x' }, 'user_id'],
        [{ user_id: 'u', message: 'x'.repeat(4097) }, 'message'],
        [form({ message: 'x' }), 'user_id'],
        [form({ user_id: 'u' }, [[file(picture(4)), 'x.png']]), 'message'],
        [form({ user_id: 'u', message: 'x'.repeat(4097) }), 'message'],
      ];
      for (const [body, field] of cases) {
        const refused = await app.send(body);
        assert.equal(refused.status, 400);
        assert.equal(typeof refused.body.error, 'string');
        assert.equal(refused.body.field, field);
      }
      const broken = await app.send('{"user_id":');
      assert.equal(broken.status, 400);
      assert.equal(typeof broken.body.error, 'string');
      assert.equal((await app.call('GET', '/message_history/u?limit=x')).status, 400);
      assert.equal((await app.send(form({ user_id: 'captionless', message: '' }, [[file(picture(5)), 'x.png']]))).status, 200);
    });

    test('a photo of a wrong type or size refuses the whole album', async () => {
      await app.send({ user_id: 'keeper', message: 'hello' });
      const count = kept(server.folder);
      const fresh = picture(77, 50, 50);
      const text = await app.send(form({ user_id: 'keeper', message: 'two' }, [[file(fresh), 'a.png'], [file(Buffer.from('no picture')), 'b.png']]));
      assert.deepEqual([text.status, text.body.field], [400, 'photo']);
      const large = await app.send(form({ user_id: 'keeper', message: 'two' }, [[file(fresh), 'a.png'], [file(Buffer.concat([fresh, Buffer.alloc(10 << 20)])), 'b.png']]));
      assert.equal(large.status, 413);
      assert.equal(typeof large.body.error, 'string');
      const many = await app.send(form({ user_id: 'keeper', message: 'x' }, Array.from({ length: 11 }, (_, i) => [file(picture(i)), 'a.png'] as [Blob, string])));
      assert.ok(many.status === 400 || many.status === 413);
      assert.equal(kept(server.folder), count);
      assert.equal((await messagesOf('keeper')).filter((m) => m.direction === 'user').length, 1);
    });

    test('a repeated client_id stores nothing more', async () => {
      const body = (): FormData => form({ user_id: 'again', message: 'once', client_id: 'c1' }, [[file(picture(6)), 'a.png'], [file(picture(7)), 'b.png']]);
      const answers = await Promise.all([app.send(body()), app.send(body()), app.send(body())]);
      assert.equal(new Set(answers.map((a) => a.body.message_id)).size, 1);
      for (const answer of answers) assert.equal((await fetch(server.url + answer.body.photo_url)).status, 200);
      assert.equal((await messagesOf('again')).filter((m) => m.direction === 'user').length, 2);
      const count = kept(server.folder);
      const other = await app.send(form({ user_id: 'again', message: 'once', client_id: 'c1' }, [[file(picture(60)), 'a.png'], [file(picture(61)), 'b.png']]));
      assert.equal(other.body.message_id, answers[0]!.body.message_id);
      assert.equal(kept(server.folder), count, 'photos that became no message go again');
      assert.deepEqual(readdirSync(join(server.folder, 'files', 'tmp')), [], 'and no claim is left');
    });

    test('a request without a name keeps the name, and a user without one is shown by the id', async () => {
      await app.send({ user_id: 'named', message: '1', user_name: 'Nina Named' });
      await app.send({ user_id: 'named', message: '2' });
      assert.equal((await conversationOf('Nina Named')).inbound_count, 2);
      await app.send({ user_id: 'nameless', message: '1' });
      await conversationOf('nameless');
    });

    test('an operator sees when a customer last used the app, and on which devices', async () => {
      await app.send({ user_id: 'present', message: 'hello', user_name: 'Priscilla' });
      await app.call('POST', '/register_device', { user_id: 'present', fcm_token: 'p1', platform: 'ios', device_id: 'd1' });
      const { customer } = await conversationOf('Priscilla');
      const seen = await until('the presence', async () => {
        const now = await api.call('GET', `/api/customers/${customer.id}/devices`);
        return now.last_seen_at ? now : undefined;
      });
      assert.ok(Math.abs(Date.parse(seen.last_seen_at) - Date.now()) < 20_000);
      assert.deepEqual(seen.devices.map((d: any) => d.platform), ['ios']);
      assert.ok(!JSON.stringify(seen).includes('p1'), 'never a token');
      assert.equal((await api.refusal('GET', '/api/customers/999999/devices')).status, 404);
      assert.equal((await fetch(`${server.url}/api/customers/${customer.id}/devices`)).status, 401);
    });

    test('devices are registered, moved and counted', async () => {
      const register = (body: unknown) => app.call('POST', '/register_device', body);
      const first = await register({ user_id: 'dev', fcm_token: 't1', platform: 'android', device_id: 'd1' });
      assert.deepEqual(first.body, { success: true, message: 'Устройство зарегистрировано успешно', device_count: 1 });
      assert.equal((await register({ user_id: 'dev', fcm_token: 't1', platform: 'android', device_id: 'd1' })).body.device_count, 1);
      assert.equal((await register({ user_id: 'dev', fcm_token: 't2', platform: 'ios', device_id: 'd2' })).body.device_count, 2);
      assert.equal((await register({ user_id: 'dev', fcm_token: 't3', device_id: 'd2' })).body.device_count, 2, 'a device has one token');
      assert.equal((await register({ user_id: 'dev2', fcm_token: 't1', device_id: 'd1' })).body.device_count, 1);
      const check = await app.call('GET', '/check_device/dev');
      assert.deepEqual(check.body, { user_id: 'dev', registered: true, device_count: 1, has_tokens: true });
      assert.deepEqual((await app.call('GET', '/check_device/nobody')).body, { user_id: 'nobody', registered: false, device_count: 0, has_tokens: false });
      const long = Array.from({ length: 2048 }, () => String.fromCharCode(33 + Math.floor(Math.random() * 94))).join('');
      assert.equal((await register({ user_id: 'dev3', fcm_token: long })).status, 200, 'as long a token as is allowed, which nothing shortens');
      for (const body of [{ fcm_token: 'x' }, { user_id: 'x' }, { user_id: 'x', fcm_token: '' }, { user_id: 'x', fcm_token: `${long}x` }, { user_id: 'x', fcm_token: 'ключ' }]) assert.equal((await register(body)).status, 400);
    });

    test('the panel shows the user’s read position, which never moves back', async () => {
      await app.send({ user_id: 'seer', message: 'hi', user_name: 'Sara Seer' });
      const { id } = await conversationOf('Sara Seer');
      const answers = [await api.reply(id, { text: 'one' }), await api.reply(id, { text: 'two' })];
      await app.call('POST', '/mark_read', { user_id: 'seer', message_id: answers[0]!.id });
      assert.equal((await api.conversation(id)).seen_message_id, answers[0]!.id);
      await app.call('POST', '/mark_read', { user_id: 'seer' });
      assert.equal((await api.conversation(id)).seen_message_id, answers[1]!.id);
      await app.call('POST', '/mark_read', { user_id: 'seer', message_id: answers[0]!.id });
      const conversation = await api.conversation(id);
      assert.equal(conversation.seen_message_id, answers[1]!.id);
      assert.ok(conversation.seen_at);
      assert.equal((await app.call('POST', '/mark_read', { user_id: 'unknown' })).status, 200);
    });

    test('support_mode is always human', async () => {
      assert.deepEqual((await app.call('GET', '/support_mode/u1')).body, { success: true, user_id: 'u1', mode: 'human' });
      assert.equal((await app.call('POST', '/support_mode/u1', { mode: 'ai' })).body.mode, 'human');
      assert.equal((await app.call('POST', '/support_mode/u1', { mode: 'robot' })).status, 400);
    });

    test('pages of history go back and forth by id', async () => {
      const ids: number[] = [];
      for (let i = 0; i < 5; i++) ids.push((await app.send({ user_id: 'pager', message: `m${i}` })).body.message_id);
      assert.deepEqual((await app.history('pager', `?limit=2&before=${ids[3]}`)).body.messages.map((m: AppMessage) => m.id), [ids[1], ids[2]]);
      assert.deepEqual((await app.history('pager', `?after=${ids[2]}`)).body.messages.map((m: AppMessage) => m.id), [ids[3], ids[4]]);
      assert.equal((await app.history('pager', '?limit=3')).body.messages.length, 3);
    });

    test('without the key nothing can be read or written', async () => {
      for (const headers of [{}, { 'x-app-key': 'wrong' }] as Record<string, string>[]) {
        const stranger = new App(server.url, headers);
        for (const refused of [
          await stranger.send({ user_id: 'u', message: 'x' }),
          await stranger.history('u'),
          await stranger.call('GET', '/check_device/u'),
          await stranger.call('POST', '/register_device', { user_id: 'u', fcm_token: 't' }),
          await stranger.call('POST', '/mark_read', { user_id: 'u' }),
          await stranger.call('GET', '/support_mode/u'),
        ]) {
          assert.equal(refused.status, 401);
          assert.equal(typeof refused.body.error, 'string');
        }
      }
    });

    test('the panel shows administrators how apps reach the desk', async () => {
      const view = await api.call('GET', '/api/channels/mobile');
      assert.deepEqual([view.auth, view.app_key, view.own_key, view.push], ['key', KEY, false, false]);
      assert.match(view.push_error, /FCM_SERVICE_ACCOUNT_PATH/);
      assert.equal((await api.refusal('POST', '/api/channels/mobile/key')).status, 409);
    });

    test('a user is rate limited', async () => {
      const statuses: number[] = [];
      for (let i = 0; i < 40; i++) statuses.push((await app.send({ user_id: 'flooder', message: String(i) })).status);
      assert.ok(statuses.slice(0, 30).every((s) => s === 200));
      assert.equal(statuses.at(-1), 429);
      assert.equal((await app.send({ user_id: 'calm', message: 'x' })).status, 200);
    });
  });

  describe(`who may call, on ${engine}`, () => {
    test('the key is generated on the first start, shown, changed, and kept over a restart', async () => {
      const server = await Server.start({ engine });
      try {
        const api = await server.signIn();
        const view = await api.call('GET', '/api/channels/mobile');
        assert.equal(view.auth, 'key');
        assert.ok(view.app_key.length >= 32 && view.signing_secret.length >= 32);
        assert.equal((await new App(server.url, { 'x-app-key': view.app_key }).send({ user_id: 'u', message: 'x' })).status, 200);
        const { app_key } = await api.call('POST', '/api/channels/mobile/key');
        assert.notEqual(app_key, view.app_key);
        assert.equal((await new App(server.url, { 'x-app-key': view.app_key }).send({ user_id: 'u', message: 'x' })).status, 401);
        await server.terminate();
        await server.run();
        assert.equal((await new App(server.url, { 'x-app-key': app_key }).send({ user_id: 'u', message: 'x' })).status, 200);
      } finally {
        await server.stop();
      }
    });

    test('open: anyone may call', async () => {
      const server = await Server.start({ engine, env: { MOBILE_API_AUTH: 'open' } });
      try {
        const app = new App(server.url);
        assert.equal((await app.send({ user_id: 'u', message: 'x' })).status, 200);
        assert.equal((await app.history('u')).status, 200);
        assert.match(server.log, /mobile\.open/);
      } finally {
        await server.stop();
      }
    });

    test('signed: each user for themselves, also for files', async () => {
      const secret = 'a secret of the tests';
      const server = await Server.start({ engine, env: { MOBILE_API_AUTH: 'signed', MOBILE_SIGNING_SECRET: secret } });
      try {
        const as = (user: string): App => new App(server.url, { 'x-user-hash': hashOf(secret, user), 'x-user-id': user });
        const sent = await as('ann').send(form({ user_id: 'ann', message: 'mine' }, [[file(picture(9)), 'a.png']]));
        assert.equal(sent.status, 200);
        assert.equal((await as('bob').send({ user_id: 'ann', message: 'not me' })).status, 401);
        assert.equal((await as('bob').history('ann')).status, 401);
        assert.equal((await new App(server.url).history('ann')).status, 401);
        assert.equal((await new App(server.url).history('ann', `?user_hash=${hashOf(secret, 'ann')}`)).status, 200);
        assert.equal((await new App(server.url).send({ user_id: 'ann', message: 'x', user_hash: hashOf(secret, 'ann').toUpperCase() })).status, 200);
        const url = server.url + sent.body.photo_url;
        assert.equal((await fetch(url)).status, 401);
        assert.equal((await fetch(url, { headers: as('bob').headers })).status, 404);
        assert.equal((await fetch(url, { headers: as('ann').headers })).status, 200);
        assert.equal((await fetch(`${url}?user_id=ann&user_hash=${hashOf(secret, 'ann')}`)).status, 200);
        assert.equal((await as('bob').send({ user_id: 'bob', message: 'x', photo_url: sent.body.photo_url })).status, 400);
      } finally {
        await server.stop();
      }
    });
  });
}

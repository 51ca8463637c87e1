// The apps' Socket.IO with the real socket.io-client, over polling, WebSocket and the upgrade.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { io, type Socket } from 'socket.io-client';
import type { Api } from '../harness/api.ts';
import { PanelSocket } from '../harness/panel-socket.ts';
import { engines, Server, until } from '../harness/server.ts';
import { App, file, form, hashOf, picture } from './app.ts';

const KEY = 'the-key-of-the-tests';

interface Heard {
  event: string;
  data: any;
}

class Phone {
  readonly socket: Socket;
  readonly heard: Heard[] = [];
  constructor(url: string, options: object) {
    this.socket = io(url, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, ...options });
    this.socket.onAny((event: string, data: unknown) => this.heard.push({ event, data }));
  }
  next = (event: string, fits: (data: any) => boolean = () => true): Promise<any> =>
    until(`${event} is heard`, () => this.heard.find((h) => h.event === event && fits(h.data))?.data);
  close = (): void => void this.socket.disconnect();
}

for (const engine of engines) {
  describe(`apps' sockets on ${engine}`, () => {
    let server: Server;
    let api: Api;
    let app: App;
    const phones: Phone[] = [];
    const dial = (options: object = {}): Phone => {
      const phone = new Phone(server.url, { auth: { app_key: KEY }, ...options });
      phones.push(phone);
      return phone;
    };

    before(async () => {
      server = await Server.start({ engine, env: { MOBILE_APP_KEY: KEY } });
      api = await server.signIn();
      app = new App(server.url, { 'x-app-key': KEY });
    });
    after(async () => {
      for (const phone of phones) phone.close();
      await server?.stop();
    });

    const conversationId = async (user: string): Promise<number> => (await api.everyConversation()).find((c) => c.customer.external_id === user)!.id;

    for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
      test(`a joined user gets every message, by ${transports.join(' and ')}`, async () => {
        const user_id = `live-${transports.join('-')}`;
        const phone = dial({ transports });
        phone.socket.emit('join_chat', { user_id });
        assert.deepEqual(await phone.next('joined'), { user_id, status: 'connected' });
        const other = dial({ transports });
        other.socket.emit('join_chat', { user_id: `${user_id}-other` });
        await other.next('joined');
        const sent = await app.send(form({ user_id, message: 'Look' }, [[file(picture(1)), 'a.png']]));
        const own = await phone.next('new_message');
        assert.deepEqual({ ...own, created_at: '' }, { id: sent.body.message_id, user_id, message: 'Look', photo_url: sent.body.photo_url, direction: 'user', created_at: '', operator_name: null, entities: [] });
        assert.match(own.created_at, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
        const answer = await api.reply(await conversationId(user_id), { text: 'Seen it' });
        const heard = await phone.next('new_message', (m) => m.direction === 'support');
        assert.deepEqual([heard.id, heard.message, heard.photo_url, heard.user_id, heard.operator_name], [answer.id, 'Seen it', null, user_id, api.operator.name]);
        assert.deepEqual(other.heard.filter((h) => h.event === 'new_message'), []);
        phone.socket.emit('leave_chat', { user_id });
        await phone.socket.timeout(5000).emitWithAck('read', { user_id });
        await other.socket.timeout(5000).emitWithAck('join_chat', { user_id });
        const unheard = await api.reply(await conversationId(user_id), { text: 'Unheard' });
        await other.next('new_message', (m) => m.id === unheard.id);
        await phone.socket.timeout(5000).emitWithAck('read', { user_id }); // earlier packets have arrived
        assert.equal(phone.heard.filter((h) => h.event === 'new_message').length, 2);
      });
    }

    test('an event reaches the user that its row names, whatever its JSON says', async () => {
      await app.send({ user_id: 'route-alice', message: 'From Alice' });
      await conversationId('route-alice');
      const [alice, bob] = [dial(), dial()];
      await alice.socket.timeout(5000).emitWithAck('join_chat', { user_id: 'route-alice' });
      await bob.socket.timeout(5000).emitWithAck('join_chat', { user_id: 'route-bob' });
      const columns = 'type, subject, subject_id, data, created_at, actor';
      for (const address of [`'telegram', 'default', 'route-bob'`, `'mobile', 'another', 'route-bob'`, `'mobile', 'default', 'route-bob'`])
        server.query(`INSERT INTO event (${columns}, channel, account, external_id) SELECT ${columns}, ${address} FROM event WHERE type = 'new_message' AND external_id = 'route-alice'`);
      assert.equal((await bob.next('new_message')).user_id, 'route-bob');
      const last = await app.send({ user_id: 'route-bob', message: 'From Bob' });
      await bob.next('new_message', (m) => m.id === last.body.message_id);
      assert.equal(bob.heard.filter((h) => h.event === 'new_message').length, 2);
      assert.deepEqual(alice.heard.filter((h) => h.event === 'new_message'), []);
    });

    test('a join without the key gets an error and no messages', async () => {
      const listener = dial();
      listener.socket.emit('join_chat', { user_id: 'secret' });
      await listener.next('joined');
      for (const auth of [{}, { app_key: 'wrong' }]) {
        const phone = dial({ auth });
        phone.socket.emit('join_chat', { user_id: 'secret' });
        assert.match((await phone.next('error')).message, /X-App-Key/);
        const sent = (await app.send({ user_id: 'secret', message: 'x' })).body.message_id as number;
        await listener.next('new_message', (m) => m.id === sent);
        assert.deepEqual(await phone.socket.timeout(5000).emitWithAck('read', { user_id: 'secret' }), { success: false });
        assert.ok(!phone.heard.some((h) => h.event === 'new_message'));
      }
      const phone = dial();
      for (const bad of [{}, { user_id: '' }, null, 'text', { user_id: 'x'.repeat(200) }]) phone.socket.emit('join_chat', bad);
      await until('five errors', () => phone.heard.filter((h) => h.event === 'error').length === 5);
      phone.socket.emit('join_chat', { user_id: 'still-here' });
      await phone.next('joined');
    });

    test('the panel gets the read position', async () => {
      await app.send({ user_id: 'reader', message: 'hi' });
      const id = await conversationId('reader');
      const answer = await api.reply(id, { text: 'hello' });
      const phone = dial();
      const { success } = await phone.socket.timeout(5000).emitWithAck('read', { user_id: 'reader', message_id: answer.id });
      assert.equal(success, true);
      await until('it is seen', async () => (await api.conversation(id)).seen_message_id === answer.id);
    });

    test('a join brings missed messages, also after a restart', async () => {
      const user_id = 'returning';
      const first = (await app.send({ user_id, message: 'one' })).body.message_id as number;
      const phone = dial();
      phone.socket.on('connect', () => phone.socket.emit('join_chat', { user_id, after: Math.max(first, ...phone.heard.filter((h) => h.event === 'new_message').map((h) => h.data.id)) }));
      await phone.next('joined');
      const id = await conversationId(user_id);
      await api.reply(id, { text: 'two' });
      await phone.next('new_message', (m) => m.message === 'two');
      await server.kill();
      await server.run();
      await app.send({ user_id, message: 'three' });
      await (await server.signIn()).reply(id, { text: 'four' });
      await phone.next('new_message', (m) => m.message === 'four');
      assert.deepEqual(phone.heard.filter((h) => h.event === 'new_message').map((h) => h.data.message), ['two', 'three', 'four']);
      const fresh = dial();
      fresh.socket.emit('join_chat', { user_id, after: 0 }); // has no message yet
      await fresh.next('new_message', (m) => m.message === 'four');
      assert.deepEqual(fresh.heard.filter((h) => h.event === 'new_message').map((h) => h.data.message), ['one', 'two', 'three', 'four']);
    });
    test('a join sends earlier messages only after an id: null is none, and a number below 0 is refused', async () => {
      const user_id = 'odd-after';
      const witness = dial();
      await witness.socket.timeout(5000).emitWithAck('join_chat', { user_id });
      for (let i = 0; i < 3; i++) await app.send({ user_id, message: `earlier ${i}` });
      await witness.next('new_message', (m) => m.message === 'earlier 2'); // none of them is still on its way
      const joins: [after: unknown, accepted: boolean, earlier: number][] = [[null, true, 0], [-1, false, 0], [Number.MIN_SAFE_INTEGER, false, 0], [0, true, 3], [undefined, true, 0]];
      for (const [value, success, earlier] of joins) {
        const phone = dial();
        assert.deepEqual(await phone.socket.timeout(5000).emitWithAck('join_chat', { user_id, after: value }), { success }, String(value));
        if (success) {
          const { message_id } = (await app.send({ user_id, message: 'live' })).body;
          await phone.next('new_message', (m) => m.id === message_id);
        } else assert.equal((await phone.next('error')).code, 'invalid_field');
        assert.equal(phone.heard.filter((h) => h.data.message?.startsWith('earlier')).length, earlier, String(value));
      }
    });

    test('a socket joins 64 chats; a further join is refused, until it leaves one', async () => {
      const phone = dial();
      const ask = (event: string, user_id: string): Promise<{ success: boolean }> => phone.socket.timeout(5000).emitWithAck(event, { user_id });
      for (let i = 0; i < 64; i++) assert.deepEqual(await ask('join_chat', `room-${i}`), { success: true }, String(i));
      assert.deepEqual(await ask('join_chat', 'room-64'), { success: false });
      const refused = await phone.next('error');
      assert.deepEqual([refused.code, /64 users/.test(refused.message)], ['bad_request', true]);
      assert.ok(!phone.heard.some((h) => h.event === 'joined' && h.data.user_id === 'room-64'));
      assert.deepEqual(await ask('join_chat', 'room-0'), { success: true }, 'again');
      assert.deepEqual(await ask('leave_chat', 'room-0'), { success: true });
      assert.deepEqual(await ask('join_chat', 'room-64'), { success: true });
      for (const user_id of ['room-63', 'room-64']) {
        await app.send({ user_id, message: 'Here' });
        await phone.next('new_message', (m) => m.user_id === user_id);
      }
    });

    for (const transport of ['polling', 'websocket'])
      test(`a join brings all of a long history, in order, by ${transport}`, async () => {
        const user_id = `long-${transport}`;
        const first = (await app.send({ user_id, message: 'the first' })).body.message_id as number;
        // Far more than a queue holds: 500 messages of 16 KB.
        server.query(`INSERT INTO message (conversation_id, direction, kind, text, created_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT m.conversation_id, 'in', 'text', '${'🙂'.repeat(4000)}', m.created_at FROM message AS m, n WHERE m.id = ${first}`);
        const phone = dial({ transports: [transport] });
        const lost: string[] = [];
        phone.socket.on('disconnect', (reason) => lost.push(reason));
        phone.socket.emit('join_chat', { user_id, after: first });
        await phone.next('joined');
        // A live message comes after all earlier ones, so a client can continue from its highest id.
        const last = (await app.send({ user_id, message: 'the last' })).body.message_id as number;
        await phone.next('new_message', (m) => m.id === last);
        const ids = phone.heard.filter((h) => h.event === 'new_message').map((h) => h.data.id as number);
        assert.deepEqual(ids, [...new Set(ids)].sort((a, b) => a - b));
        assert.equal(ids.length, 501);
        assert.deepEqual(lost, []);
        await app.send({ user_id, message: 'and live again' });
        await phone.next('new_message', (m) => m.message === 'and live again');
      });

    for (const transport of ['polling', 'websocket'])
      test(`a chat that is caught up with while messages arrive is received once and in order, by ${transport}`, async () => {
        const user_id = `busy-${transport}`;
        const sent = [(await app.send({ user_id, message: 'hello' })).body.message_id as number];
        const id = await conversationId(user_id);
        const say = async (): Promise<void> => void sent.push((await api.reply(id, { text: '🙂'.repeat(2000) })).id);
        for (let i = 1; i < 20; i++) await say();
        const heardBy = (phone: Phone): number[] => phone.heard.filter((h) => h.event === 'new_message').map((h) => h.data.id as number);
        const early = dial({ transports: [transport] });
        await early.socket.timeout(5000).emitWithAck('join_chat', { user_id, after: sent[19] });
        for (let i = 0; i < 20; i++) {
          await say();
          await early.socket.timeout(5000).emitWithAck('leave_chat', { user_id });
          early.socket.emit('join_chat', { user_id, after: heardBy(early).at(-1) ?? sent[19] });
          const phone = dial({ transports: [transport] });
          phone.socket.emit('join_chat', { user_id, after: sent[i] });
          await say();
          await say();
        }
        for (const [i, phone] of phones.slice(-20).entries()) {
          await phone.next('new_message', (m) => m.id === sent.at(-1));
          assert.deepEqual(heardBy(phone), sent.slice(i + 1));
        }
        await early.next('new_message', (m) => m.id === sent.at(-1));
        assert.deepEqual(heardBy(early), sent.slice(20));
      });

    test('a join with an id above all others, as after a restored backup, gets new messages', async () => {
      const user_id = 'restored';
      await app.send({ user_id, message: 'before' });
      const phone = dial();
      phone.socket.emit('join_chat', { user_id, after: 1e12 });
      await phone.next('joined');
      await until('a message is heard', async () => {
        await app.send({ user_id, message: 'now' });
        return phone.heard.some((h) => h.event === 'new_message' && h.data.message === 'now');
      });
    });

    for (const transports of [['polling'], ['websocket']])
      test(`messages full of links arrive whole, live and when catching up, by ${transports[0]}`, async () => {
        const user_id = `links-${transports[0]}`;
        await app.send({ user_id, message: 'Where is everything?' });
        const id = await conversationId(user_id);
        const entities = Array.from({ length: 60 }, (_, i) => ({ type: 'text_link', offset: i * 2, length: 1, url: `https://example.com/${String(i).repeat(900)}` }));
        const live = dial({ transports });
        await live.socket.timeout(5000).emitWithAck('join_chat', { user_id });
        const sent: number[] = [];
        for (let i = 0; i < 45; i++) sent.push((await api.reply(id, { text: 'a '.repeat(60).trim(), entities })).id); // 5 MB
        await live.next('new_message', (m) => m.id === sent.at(-1));
        const late = dial({ transports });
        late.socket.emit('join_chat', { user_id, after: 0 });
        await late.next('new_message', (m) => m.id === sent.at(-1));
        for (const phone of [live, late]) {
          const told = phone.heard.filter((h) => h.event === 'new_message' && h.data.direction === 'support').map((h) => h.data);
          assert.deepEqual(told.map((m) => m.id), sent);
          for (const m of told) assert.deepEqual(m.entities, entities);
        }
        const pages: any[][] = [];
        for (let before = '', more = true; more;) {
          const { messages, has_more } = (await app.history(user_id, `?limit=200${before}`)).body;
          pages.unshift(messages.filter((m: any) => m.id));
          more = has_more;
          before = `&before=${pages[0]![0].id}`;
        }
        assert.ok(pages.length > 1, 'a page of 200 is no page of 5 MB');
        assert.deepEqual(pages.flat().filter((m) => m.direction === 'support').map((m) => m.id), sent);
        const { messages, has_more } = (await app.history(user_id, `?limit=200&after=${sent[0]}`)).body;
        assert.deepEqual([messages[0].id, has_more], [sent[1], true]);
      });

    test('only the user sees who types, by name; formatting is sent beside the plain text', async () => {
      const [ann, bob] = [dial(), dial()];
      for (const [phone, user_id] of [[ann, 'typed-ann'], [bob, 'typed-bob']] as const) {
        await app.send({ user_id, message: 'hello' });
        phone.socket.emit('join_chat', { user_id });
        await phone.next('joined');
      }
      const id = await conversationId('typed-ann');
      await api.call('POST', `/api/conversations/${id}/typing`);
      assert.deepEqual(await ann.next('typing'), { user_id: 'typed-ann', operator_name: api.operator.name, typing: true });
      const panel = await PanelSocket.open(server.port, { Authorization: `Bearer ${api.token}` });
      await panel.next('connection_established');
      panel.say({ type: 'typing', conversation_id: id, typing: false });
      assert.deepEqual(await ann.next('typing', (said) => !said.typing), { user_id: 'typed-ann', operator_name: api.operator.name, typing: false });
      panel.end();
      const entities = [{ type: 'bold', offset: 0, length: 4 }, { type: 'text_link', offset: 5, length: 4, url: 'https://example.com/' }];
      const name = `Anna ${engine}`;
      await api.call('PATCH', `/api/operators/${api.operator.id}`, { name });
      await api.reply(id, { text: 'bold link', entities });
      const heard = await ann.next('new_message', (m) => m.direction === 'support');
      assert.deepEqual([heard.message, heard.entities, heard.operator_name], ['bold link', entities, name], 'the new name, too');
      const told = (await app.history('typed-ann')).body.messages.find((m: any) => m.id === heard.id);
      assert.deepEqual([told.message, told.entities, told.operator_name], ['bold link', entities, name]);
      assert.deepEqual(bob.heard.filter((h) => h.event === 'typing'), []);
    });
  });
}

describe('who may join', () => {
  test('with the app’s key: after it is changed, sockets with the old key get no more messages', async () => {
    const server = await Server.start({ env: { MOBILE_API_AUTH: 'key', MOBILE_SIGNING_SECRET: 'secret' } });
    const api = await server.signIn();
    const key = (await api.call<{ app_key: string }>('GET', '/api/channels/mobile')).app_key;
    const phones = [
      ...[['polling'], ['websocket']].map((transports) => new Phone(server.url, { auth: { app_key: key }, transports, reconnection: false })),
      new Phone(server.url, { auth: { user_hash: hashOf('secret', 'ann') } }),
    ] as const;
    try {
      for (const phone of phones) {
        phone.socket.emit('join_chat', { user_id: 'ann' });
        await phone.next('joined');
      }
      const fresh = (await api.call<{ app_key: string }>('POST', '/api/channels/mobile/key')).app_key;
      await new App(server.url, { 'x-app-key': fresh }).send({ user_id: 'ann', message: 'not for old keys' });
      await phones[2]!.next('new_message');
      for (const phone of phones.slice(0, 2)) {
        await until('the old key is shown the door', () => !phone.socket.connected);
        assert.deepEqual(phone.heard.filter((h) => h.event === 'new_message'), []);
        phone.socket.connect();
        phone.socket.emit('join_chat', { user_id: 'ann' });
        assert.match((await phone.next('error')).message, /X-App-Key/);
      }
      assert.ok(phones[2]!.socket.connected);
    } finally {
      for (const phone of phones) phone.close();
      await server.stop();
    }
  });

  test('signed: each user for themselves', async () => {
    const server = await Server.start({ env: { MOBILE_API_AUTH: 'signed', MOBILE_SIGNING_SECRET: 'secret' } });
    const ann = new Phone(server.url, { auth: { user_hash: hashOf('secret', 'ann') } });
    try {
      ann.socket.emit('join_chat', { user_id: 'bob' });
      assert.match((await ann.next('error')).message, /signature/);
      ann.socket.emit('join_chat', { user_id: 'ann' });
      assert.equal((await ann.next('joined')).user_id, 'ann');
    } finally {
      ann.close();
      await server.stop();
    }
  });
});

test('a phone that does not read for a while is not disconnected, and gets every live message once, in each chat in order', async () => {
  const server = await Server.start({ env: { MOBILE_API_AUTH: 'open' } });
  const app = new App(server.url);
  const phone = new Phone(server.url, { transports: ['websocket'], reconnection: false });
  const reasons: string[] = [];
  phone.socket.on('disconnect', (reason) => reasons.push(reason));
  const users = Array.from({ length: 30 }, (_, i) => `user-${i}`);
  try {
    for (const user_id of users) phone.socket.emit('join_chat', { user_id });
    await until('all are joined', () => phone.heard.filter((h) => h.event === 'joined').length === users.length);
    const wire = (phone.socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } }).ws._socket;
    wire.pause();
    const sent = new Map<string, number[]>(users.map((user) => [user, []]));
    for (let round = 0; round < 25; round++)
      await Promise.all(users.map(async (user_id) => sent.get(user_id)!.push((await app.send({ user_id, message: '🙂'.repeat(4000) })).body.message_id as number)));
    wire.resume();
    const heardBy = (user: string): number[] => phone.heard.filter((h) => h.event === 'new_message' && h.data.user_id === user).map((h) => h.data.id as number);
    for (const user of users) {
      await until(`all messages of ${user}`, () => heardBy(user).length >= 25, 30_000);
      assert.deepEqual(heardBy(user), sent.get(user));
    }
    assert.deepEqual(reasons, []);
    await app.send({ user_id: 'user-3', message: 'live again' });
    await phone.next('new_message', (m) => m.message === 'live again');
    assert.equal(phone.heard.filter((h) => h.event === 'new_message').length, users.length * 25 + 1);
  } finally {
    phone.close();
    await server.stop();
  }
});

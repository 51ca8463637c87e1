// The formats that apps may send, the format of errors, and access to other users' data.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { io, type Socket } from 'socket.io-client';
import type { Api } from '../harness/api.ts';
import { pipelined, type RawAnswer } from '../harness/raw.ts';
import { Server, until } from '../harness/server.ts';
import { App, type AppMessage, file, form, hashOf, picture } from './app.ts';

interface Answer {
  status: number;
  body: any;
  headers: Headers;
}

describe('formats and access', () => {
  let server: Server;
  let api: Api;
  let app: App;
  before(async () => {
    server = await Server.start({ env: { MOBILE_API_AUTH: 'open', ALLOWED_ORIGINS: 'https://app.example' } });
    api = await server.signIn();
    app = new App(server.url);
  });
  after(async () => server?.stop());

  const ask = async (method: string, path: string, body?: BodyInit, type?: string): Promise<Answer> => {
    const response = await fetch(server.url + path, { method, redirect: 'manual', ...(body === undefined ? {} : { body }), headers: { origin: 'https://app.example', ...(type ? { 'content-type': type } : {}) } });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text, headers: response.headers };
  };
  const json = (method: string, path: string, body: unknown): Promise<Answer> => ask(method, path, typeof body === 'string' ? body : JSON.stringify(body), 'application/json');
  const posted = (path: string, fields: string): Promise<Answer> => ask('POST', path, fields, 'application/x-www-form-urlencoded');
  const said = async (user: string): Promise<string[]> => ((await app.history(user)).body.messages as AppMessage[]).filter((m) => m.direction === 'user').map((m) => m.message);

  test('a number as user id is equal to its decimal digits, on every route', async () => {
    assert.equal((await app.send({ user_id: 123456789012345, message: 'by number' })).status, 200);
    assert.deepEqual(await said('123456789012345'), ['by number']);
    const device = await app.call('POST', '/register_device', { user_id: 123456789012345, fcm_token: 't', device_id: 7 });
    assert.deepEqual([device.status, device.body.device_count], [200, 1]);
    assert.equal((await app.call('GET', '/check_device/123456789012345')).body.registered, true);
    assert.equal((await app.call('POST', '/mark_read', { user_id: 123456789012345 })).status, 200);
    const socket: Socket = io(server.url, { forceNew: true });
    try {
      const joined = new Promise((resolve) => socket.once('joined', resolve));
      socket.emit('join_chat', { user_id: 123456789012345 });
      assert.deepEqual(await joined, { user_id: '123456789012345', status: 'connected' });
    } finally {
      socket.disconnect();
    }
    for (const user_id of [1.5, true, ['a'], { a: 1 }, null]) {
      const refused = await app.send({ user_id, message: 'x' });
      assert.deepEqual([refused.status, refused.body.field], [400, 'user_id']);
    }
  });

  test('a form is accepted like JSON', async () => {
    const sent = await posted('/send_message', 'user_id=former&message=%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82+%26+x&user_name=Form+Er&unknown=1&message=second');
    assert.equal(sent.status, 200);
    assert.deepEqual(await said('former'), ['Привет & x']);
    assert.equal((await api.everyConversation()).find((c) => c.customer.external_id === 'former')!.customer.name, 'Form Er');
    assert.equal((await posted('/register_device', 'user_id=former&fcm_token=t9&platform=ios')).body.device_count, 1);
    assert.equal((await posted('/mark_read', `user_id=former&message_id=${sent.body.message_id}`)).body.success, true);
    const refusals: [string, string | undefined][] = [
      ['message=x', 'user_id'],
      ['user_id=u', 'message'],
      ['user_id=&message=x', 'user_id'],
      ['user_id=u&message=%ff', 'message'],
      ['user_id=u&message=%zz', undefined],
      ['user_id=u&message=a%00b', undefined],
      ['', 'user_id'],
    ];
    for (const [fields, field] of refusals) {
      const refused = await posted('/send_message', fields);
      assert.deepEqual([refused.status, refused.body.field, typeof refused.body.error], [400, field, 'string'], fields);
    }
    assert.equal((await posted('/mark_read', 'user_id=former&message_id=x')).body.field, 'message_id');
    assert.equal((await posted('/api/auth/login', 'email=a&password=b')).status, 415, 'but not where cookies are believed');
  });

  test('every error of an app path is {"error": "a sentence"}, readable by pages of other origins', async () => {
    const wrong: [number, Promise<Answer>][] = [
      [404, ask('GET', '/message_history')],
      [404, ask('GET', '/message_history/')],
      [404, ask('GET', '/uploads')],
      [404, ask('GET', '/uploads/nothing.png')],
      [404, ask('GET', '/uploads/1-000000000000000000000000.png')],
      [404, ask('POST', '/check_device')],
      [404, ask('GET', '/support_mode/')],
      [404, ask('GET', '/send_message/more')],
      [405, ask('GET', '/send_message')],
      [405, ask('GET', '/send_message/')],
      [405, ask('DELETE', '/message_history/u')],
      [405, ask('PUT', '/support_mode/u')],
      [405, ask('POST', '/uploads/x.png')],
      [400, json('POST', '/send_message', '{"user_id"')],
      [400, json('POST', '/send_message', '[1]')],
      [400, json('POST', '/send_message', '')],
      [400, ask('POST', '/send_message', '--b\r\nContent-Disposition: form-data; name="user_id"\r\n\r\nu', 'multipart/form-data; boundary=b')],
      [400, ask('GET', '/message_history/u?limit=%zz')],
      [413, json('POST', '/register_device', { user_id: 'u', fcm_token: 'x'.repeat(2 << 20) })],
      [413, ask('POST', '/send_message', form({ user_id: 'u', message: 'x' }, [[file(Buffer.alloc(11 << 20)), 'a.png']]))],
      [415, ask('POST', '/send_message', 'user_id', 'text/plain')],
    ];
    for (const [status, asked] of wrong) {
      const refused = await asked;
      const shown = JSON.stringify(refused.body);
      assert.equal(refused.status, status, shown);
      assert.ok(typeof refused.body.error === 'string' && refused.body.error.length > 5, shown);
      assert.equal(refused.headers.get('access-control-allow-origin'), 'https://app.example', shown);
      if (status === 405) assert.match(refused.headers.get('allow') ?? '', /GET|POST/);
    }
    assert.equal((await ask('GET', '/inbox')).status, 200, 'a page of the panel is still one');
  });

  test('a slash at the end is ignored', async () => {
    assert.equal((await json('POST', '/send_message/', { user_id: 'slashed', message: 'one' })).status, 200);
    const history = await ask('GET', '/message_history/slashed/?limit=5');
    assert.deepEqual((history.body.messages as AppMessage[]).map((m) => m.message).slice(0, 1), ['one']);
    assert.equal((await ask('GET', '/check_device/slashed/')).body.user_id, 'slashed');
  });

  test('ids are opaque: slashes, spaces, other alphabets, up to 128 bytes', async () => {
    for (const id of ['a/b c', 'tenant/7/user', '  ', 'Имя🙂', 'a?b#c&d=e%20', '..x', 'x'.repeat(128), 'я'.repeat(64)]) {
      assert.equal((await app.send({ user_id: id, message: `of ${id}` })).status, 200, id);
      assert.deepEqual(await said(id), [`of ${id}`], id);
      assert.equal((await app.call('GET', `/check_device/${encodeURIComponent(id)}`)).body.user_id, id);
    }
    for (const path of ['x'.repeat(129), encodeURIComponent('я'.repeat(65)), '%ff', 'a%01b', 'a%7Fb']) {
      const refused = await ask('GET', `/message_history/${path}`);
      assert.deepEqual([refused.status, refused.body.field], [400, 'user_id'], path);
    }
    assert.equal((await ask('GET', '/message_history/a%00b')).status, 400);
  });

  test('limit is a number from 1, and a page has 200 messages at most', async () => {
    for (let i = 0; i < 7; i++) await app.send(form({ user_id: 'many', message: `m${i}` }, Array.from({ length: 10 }, (_, n) => [file(picture(i * 10 + n, 8, 8)), 'a.png'] as [Blob, string])));
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 7; i++) await app.send(form({ user_id: 'many', message: 'again' }, Array.from({ length: 10 }, (_, n) => [file(picture(i * 10 + n, 8, 8)), 'a.png'] as [Blob, string])));
    const count = async (query: string): Promise<number> => ((await app.history('many', query)).body.messages as AppMessage[]).length;
    assert.equal(await count(''), 50);
    assert.equal(await count('?limit=1'), 1);
    assert.equal(await count('?limit=200'), 200);
    assert.equal(await count('?limit=100000'), 200);
    for (const limit of ['0', '-1', 'abc', '1e3', '5.5', '', '%205', '99999999999999999999']) {
      const refused = await ask('GET', `/message_history/many?limit=${limit}`);
      assert.deepEqual([refused.status, refused.body.field], [400, 'limit'], limit);
    }
  });

  test('the URL of a photo on another host becomes text', async () => {
    const url = 'https://cdn.example.com/p/1.png?a=b';
    const sent = await app.send({ user_id: 'elsewhere', message: 'See this', photo_url: url });
    assert.deepEqual([sent.status, sent.body.photo_url, sent.body.photo_count], [200, null, 0]);
    assert.equal((await app.send({ user_id: 'elsewhere', message: '', photo_url: url })).status, 200);
    assert.deepEqual(await said('elsewhere'), [`See this\n${url}`, url]);
    for (const photo_url of ['ftp://example.com/a.png', 'javascript:alert(1)', 'https://a b', 'a.png'])
      assert.equal((await app.send({ user_id: 'elsewhere', message: 'x', photo_url })).body.field, 'photo_url');
    assert.equal((await app.send({ user_id: 'elsewhere', message: 'x'.repeat(4090), photo_url: url })).body.field, 'message');
  });

  test('the files that browsers and crawlers request of any server', async () => {
    const health = await ask('GET', '/health');
    assert.deepEqual([health.status, health.body], [200, { status: 'ok' }]);
    const robots = await ask('GET', '/robots.txt');
    const closed = String(robots.body).split('\n').filter((line) => line.startsWith('Disallow:'));
    assert.ok(closed.includes('Disallow: /api/') && closed.includes('Disallow: /uploads/'), String(robots.body));
    assert.equal(closed.includes('Disallow: /'), false, 'the sign-in page may be found');
    const icon = await fetch(`${server.url}/favicon.ico`);
    assert.deepEqual([icon.status, icon.headers.get('content-type')], [200, 'image/x-icon']);
  });

  test('the metrics contain those of apps', async () => {
    const figures = await (await fetch(`${server.url}/metrics`)).text();
    for (const line of ['switchboard_push_queued 0', 'switchboard_push_total{outcome="sent"} 0', 'switchboard_socketio_sessions{transport="polling"} ', 'switchboard_socketio_events_total '])
      assert.ok(figures.includes(line), line);
  });
});

test('one address is rate limited over all of its user ids', async () => {
  const server = await Server.start({ env: { MOBILE_API_AUTH: 'open' } });
  try {
    const answers: RawAnswer[] = [];
    await until('it is slowed', async () => {
      answers.push(...(await pipelined(server.port, Array.from({ length: 1500 }, (_, i) => `/check_device/u${answers.length + i}`))));
      return answers.some((a) => a.status === 429);
    }, 60_000);
    assert.ok(answers.slice(0, 1000).every((a) => a.status === 200), 'the first thousand are served');
    const slowed = answers.find((a) => a.status === 429)!;
    assert.equal(typeof JSON.parse(slowed.body).error, 'string');
    assert.ok(Number(slowed.headers.get('retry-after')?.[0]) >= 1);
  } finally {
    await server.stop();
  }
});

test('one address cannot open any number of sockets, and the panel can still connect', async () => {
  const server = await Server.start({ env: { MOBILE_API_AUTH: 'open' } });
  try {
    const statuses: number[] = [];
    await until('it is refused', async () => {
      statuses.push(...(await pipelined(server.port, new Array(1500).fill('/socket.io/?EIO=4&transport=polling'))).map((a) => a.status));
      return statuses.includes(403);
    }, 60_000);
    assert.ok(statuses.length > 1000 && statuses.slice(0, 1000).every((status) => status === 200), `after ${statuses.length}`);
    assert.equal((await fetch(`${server.url}/health`)).status, 200);
    await server.signIn();
  } finally {
    await server.stop();
  }
});

test('signed: no user reads or changes another\'s data', async () => {
  const secret = 'a secret of the tests';
  const server = await Server.start({ env: { MOBILE_API_AUTH: 'signed', MOBILE_SIGNING_SECRET: secret } });
  const sockets: Socket[] = [];
  try {
    const api = await server.signIn();
    const as = (user: string): App => new App(server.url, { 'x-user-hash': hashOf(secret, user), 'x-user-id': user });
    await as('ann').send({ user_id: 'ann', message: 'mine' });
    for (const refused of [
      await as('bob').history('ann'),
      await as('bob').call('GET', '/check_device/ann'),
      await as('bob').call('POST', '/register_device', { user_id: 'ann', fcm_token: 'of-bob' }),
      await as('bob').call('POST', '/mark_read', { user_id: 'ann' }),
      await as('bob').call('GET', '/support_mode/ann'),
      await as('bob').call('POST', '/support_mode/ann', { mode: 'ai' }),
      await as('bob').send({ user_id: 'ann', message: 'as ann' }),
      await new App(server.url).send({ user_id: 'ann', message: 'x', user_hash: hashOf('another secret', 'ann') }),
      await new App(server.url).call('GET', `/check_device/ann?user_hash=${hashOf(secret, 'ANN')}`),
    ]) {
      assert.deepEqual([refused.status, typeof refused.body.error], [401, 'string']);
    }
    assert.equal((await as('ann').call('GET', '/check_device/ann')).body.device_count, 0);
    const dial = (user: string): [Socket, any[]] => {
      const socket = io(server.url, { forceNew: true, auth: { user_hash: hashOf(secret, user) } });
      const heard: any[] = [];
      socket.on('new_message', (message) => heard.push(message));
      sockets.push(socket);
      return [socket, heard];
    };
    const [ann, toAnn] = dial('ann');
    const [bob, toBob] = dial('bob');
    const asAnn = { user_id: 'ann' };
    assert.deepEqual(await bob.timeout(5000).emitWithAck('join_chat', asAnn), { success: false });
    assert.deepEqual(await bob.timeout(5000).emitWithAck('read', asAnn), { success: false });
    assert.deepEqual(await ann.timeout(5000).emitWithAck('join_chat', asAnn), { success: true });
    const id = (await api.everyConversation()).find((c) => c.customer.external_id === 'ann')!.id;
    const answer = await api.reply(id, { text: 'for Ann alone' });
    await until('Ann hears it', () => toAnn.some((m) => m.id === answer.id));
    await bob.timeout(5000).emitWithAck('join_chat', { user_id: 'bob' }); // earlier packets have arrived
    assert.deepEqual(toBob, []);
    assert.equal((await api.conversation(id)).seen_message_id, null);
  } finally {
    for (const socket of sockets) socket.disconnect();
    await server.stop();
  }
});

// Push messages against a stand-in for Firebase that checks requests.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { App } from './app.ts';
import { failure, Fcm, type Pushed } from './fcm.ts';

for (const engine of engines) {
  describe(`push on ${engine}`, () => {
    let fcm: Fcm;
    let folder: string;
    let server: Server;
    let api: Api;
    let app: App;

    before(async () => {
      fcm = await Fcm.start();
      folder = mkdtempSync(join(tmpdir(), 'fcm-'));
      writeFileSync(join(folder, 'account.json'), JSON.stringify(fcm.account));
      server = await Server.start({
        engine,
        env: { MOBILE_API_AUTH: 'open', FCM_SERVICE_ACCOUNT_PATH: join(folder, 'account.json'), FCM_ENDPOINT: fcm.url, MOBILE_PUSH_TITLE: 'Поддержка' },
      });
      api = await server.signIn();
      app = new App(server.url);
    });
    after(async () => {
      await server?.stop();
      fcm?.stop();
      rmSync(folder, { recursive: true, force: true });
      assert.deepEqual(fcm.complaints, []);
    });

    const customer = async (user_id: string, ...tokens: string[]): Promise<number> => {
      await app.send({ user_id, message: 'hello' });
      for (const fcm_token of tokens) await app.call('POST', '/register_device', { user_id, fcm_token, platform: 'android', device_id: fcm_token });
      return (await api.everyConversation()).find((c) => c.customer.external_id === user_id)!.id;
    };
    const pushedTo = (token: string): Pushed[] => fcm.pushed.filter((m) => m.token === token);

    test('an answer reaches every device, with the app’s data and the unread count', async () => {
      const id = await customer('ann', 'a1', 'a2');
      const answer = await api.reply(id, { text: 'On its way 🚚' });
      await until('both are pushed', () => pushedTo('a1').length === 1 && pushedTo('a2').length === 1);
      const message = pushedTo('a1')[0]!;
      assert.deepEqual(message.notification, { title: 'Поддержка', body: 'On its way 🚚' });
      assert.match(message.data['created_at']!, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
      assert.deepEqual({ ...message.data, created_at: '' }, { type: 'new_message', user_id: 'ann', message: 'On its way 🚚', photo_url: '', direction: 'support', created_at: '', message_id: String(answer.id), unread: '1' });
      assert.deepEqual([message.android.priority, message.android.notification.tag], ['HIGH', `message-${answer.id}`]);
      assert.equal(message.apns.payload.aps.badge, 1);
      await api.reply(id, { text: 'x'.repeat(4096) });
      await until('the second', () => pushedTo('a1').length === 2);
      assert.equal(pushedTo('a1')[1]!.data['unread'], '2');
      await app.call('POST', '/mark_read', { user_id: 'ann' });
      await api.reply(id, { text: 'again' });
      await until('the third', () => pushedTo('a1').length === 3);
      assert.equal(pushedTo('a1')[2]!.data['unread'], '1');
      assert.equal(fcm.exchanges, 1, 'the key is kept');
    });

    // A full disk stops SQLite's writes, not its reads; PostgreSQL has a disk of its own.
    if (engine === 'sqlite')
      test('a push whose result cannot be stored is not sent again at every poll', async () => {
        const id = await customer('full', 'f1');
        fcm.fault = (m) => (m.token === 'f1' && server.limit('fsize', 4096), undefined);
        await api.reply(id, { text: 'one' });
        await until('the outcome is lost', () => server.log.includes('push.outcome_not_stored'));
        fcm.fault = () => undefined;
        server.limit('fsize', 'unlimited');
        await until('it writes again', async () => (await api.send('POST', `/api/conversations/${id}/messages`, { text: 'two', client_id: 'two' })).ok);
        await until('the second', () => pushedTo('f1').some((m) => m.data['message'] === 'two'));
        assert.deepEqual(pushedTo('f1').map((m) => m.data['message']), ['one', 'two']);
      });

    const cases = [
      { name: 'unregistered', fault: failure(404, 'NOT_FOUND', 'UNREGISTERED'), devices: 1, error: null },
      { name: 'no-token', fault: failure(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'message.token'), devices: 1, error: null },
      { name: 'bad-message', fault: failure(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'message.android'), devices: 2, error: null },
      { name: 'no-project', fault: failure(404, 'NOT_FOUND'), devices: 2, error: /NOT_FOUND.*FCM_SERVICE_ACCOUNT_PATH/ },
      { name: 'other-sender', fault: failure(403, 'PERMISSION_DENIED', 'SENDER_ID_MISMATCH'), devices: 2, error: /SENDER_ID_MISMATCH/ },
      { name: 'apple', fault: failure(401, 'UNAUTHENTICATED', 'THIRD_PARTY_AUTH_ERROR'), devices: 2, error: /THIRD_PARTY_AUTH_ERROR.*APNs/ },
    ];
    for (const { name, fault, devices, error } of cases)
      test(`${name}: the device ${devices === 1 ? 'is removed' : 'is kept'}`, async () => {
        const id = await customer(name, `${name}-bad`, `${name}-good`);
        const exchanges = fcm.exchanges;
        let tried = 0;
        fcm.fault = (m) => (m.token === `${name}-bad` ? (tried++, fault) : undefined);
        await api.reply(id, { text: 'one' });
        await until('the good one', () => pushedTo(`${name}-good`).length === 1);
        await until('the bad one was judged', () => tried > 0);
        const count = async (): Promise<number> => (await app.call('GET', `/check_device/${name}`)).body.device_count;
        if (devices === 1) await until('it is forgotten', async () => (await count()) === 1);
        // The results of a batch are stored together: when the second push has arrived, the result of the first is stored.
        await api.reply(id, { text: 'two' });
        await until('the second answer', () => pushedTo(`${name}-good`).length === 2);
        assert.equal(await count(), devices);
        if (error) await until('the panel says why', async () => error.test((await api.call('GET', '/api/channels/mobile')).push_error ?? ''), 15_000);
        assert.equal(fcm.exchanges, exchanges, 'the key is kept');
        fcm.fault = () => undefined;
      });

    test('a failed push is retried; the answer itself is delivered nevertheless', async () => {
      const id = await customer('cid', 'c1');
      let tries = 0;
      let down = true;
      fcm.fault = (m) => (m.token === 'c1' && (++tries <= 2 || down) ? { status: tries % 2 === 1 ? 503 : 429, headers: { 'retry-after': '1' } } : undefined);
      const answer = await api.reply(id, { text: 'patience' });
      await until('it is delivered', async () => (await api.history(id)).find((m) => m.id === answer.id && m.delivery === 'sent'));
      const error = async (): Promise<string | null> => (await api.call('GET', '/api/channels/mobile')).push_error;
      await until('the panel says why', async () => /503|429/.test((await error()) ?? ''));
      down = false;
      await until('it is pushed', () => pushedTo('c1').length === 1, 60_000);
      assert.ok(tries >= 3, `${tries} tries`);
      await until('the panel says that it works', async () => (await error()) === null);
      fcm.fault = () => undefined;
    });

    test('a refused access token is replaced', async () => {
      const id = await customer('dan', 'd1');
      const before = fcm.exchanges;
      fcm.forgetKey();
      await api.reply(id, { text: 'new key' });
      await until('it is pushed', () => pushedTo('d1').length === 1, 15_000);
      assert.equal(fcm.exchanges, before + 1);
    });

    test('queued pushes are sent after a kill', async () => {
      const id = await customer('eve', 'e1');
      let tries = 0;
      fcm.fault = () => (tries++, { status: 500 });
      await api.reply(id, { text: 'later' });
      await until('it is tried', () => tries > 0);
      await server.kill();
      fcm.fault = () => undefined;
      await server.run();
      await until('it is pushed', () => pushedTo('e1').length >= 1, 15_000);
    });
  });
}

test('an unusable service account turns push off, and the panel shows the reason', async () => {
  const server = await Server.start({ env: { FCM_SERVICE_ACCOUNT_PATH: '/nonexistent/account.json', MOBILE_API_AUTH: 'open' } });
  try {
    const view = await (await server.signIn()).call('GET', '/api/channels/mobile');
    assert.equal(view.push, false);
    assert.match(view.push_error, /cannot be read/);
    const app = new App(server.url);
    assert.equal((await app.send({ user_id: 'u', message: 'x' })).status, 200);
  } finally {
    await server.stop();
  }
});

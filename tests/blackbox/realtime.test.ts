// The panel's socket: a panel that was disconnected, one that reads slowly, one that does not read at all.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Api } from '../harness/api.ts';
import { PanelSocket } from '../harness/panel-socket.ts';
import { engines, pause, Server, until } from '../harness/server.ts';
import { App } from '../mobile/app.ts';

const ascending = (numbers: readonly number[]): boolean => numbers.every((n, i) => i === 0 || n > numbers[i - 1]!);

for (const engine of engines) {
  describe(`a panel's socket on ${engine}`, { concurrency: true }, () => {
    let server: Server;
    let api: Api;
    let app: App;
    let rounds = 0;
    const sockets: PanelSocket[] = [];
    const open = async (): Promise<PanelSocket> => {
      const panel = await PanelSocket.open(server.port, { Authorization: `Bearer ${api.token}` });
      sockets.push(panel);
      return panel;
    };
    /** Messages of as many customers as the rate limit of one customer requires. */
    const write = async (count: number, text: string): Promise<void> => {
      const round = rounds++;
      for (let done = 0; done < count; done += 40)
        await Promise.all(Array.from({ length: Math.min(40, count - done) }, async (_, i) => {
          const answer = await app.send({ user_id: `writer-${round}-${Math.floor((done + i) / 25)}`, message: text });
          assert.equal(answer.status, 200, JSON.stringify(answer.body));
        }));
    };

    before(async () => {
      server = await Server.start({ engine, env: { MOBILE_API_AUTH: 'open' } });
      api = await server.signIn();
      app = new App(server.url);
    });
    after(async () => {
      for (const panel of sockets) panel.end();
      await server?.stop();
    });

    test('typing frames of one socket take effect in their order, though a worker is slow', { skip: engine !== 'postgres' && 'one connection is held in PostgreSQL' }, async () => {
      const { status } = await app.send({ user_id: 'typed-at', message: 'Hello' });
      assert.equal(status, 200);
      const id = Number(server.query('SELECT max(id) FROM conversation')[0]);
      const [typist, other] = [await open(), await open()];
      await Promise.all([typist.next('connection_established'), other.next('connection_established')]);
      const typed = (): boolean[] => other.frames.flatMap((frame) => (frame.type === 'typing' && frame.data.conversation_id === id ? [frame.data.typing] : []));
      const waiting = (): number => Number(server.query("SELECT pid FROM pg_locks WHERE relation = 'conversation'::regclass AND NOT granted LIMIT 1")[0] ?? 0);
      let held = 0;
      try {
        // The first frame's worker waits for a lock; its connection is stopped there, and the lock released.
        const hold = async (): Promise<number> => (held ||= await until('the first frame is looked up', () => waiting() || undefined));
        await server.meanwhile('BEGIN; LOCK TABLE conversation IN ACCESS EXCLUSIVE MODE', async () => {
          typist.say({ type: 'typing', conversation_id: id, typing: true });
          process.kill(await hold(), 'SIGSTOP');
        }, 'COMMIT', () => until('it is stopped', () => held > 0));
        typist.say({ type: 'typing', conversation_id: id, typing: false });
        typist.say({ type: 'ping' });
        await typist.next('pong');
        await pause(300); // enough for the second frame, if it need not wait
      } finally {
        if (held) process.kill(held, 'SIGCONT');
      }
      await until('both were sent', () => typed().length === 2);
      assert.deepEqual(typed(), [true, false]);
    });

    test('a panel that was disconnected during 400 messages of 4,000 characters gets all of them', async () => {
      const before = await open();
      const { seq } = (await before.next('connection_established')).data;
      before.end();
      await write(400, 'long '.repeat(800));
      const panel = await open();
      await panel.next('connection_established');
      panel.say({ type: 'resume', since: seq });
      const { data } = await panel.next('resumed');
      assert.ok(data.replayed >= 400, `${data.replayed} events`);
      assert.equal(panel.closed, undefined);
      const replayed = panel.frames.slice(0, panel.frames.findIndex((frame) => frame.type === 'resumed')).flatMap((frame) => ('seq' in frame && frame.seq <= data.seq ? [frame.seq] : []));
      const later = replayed.slice(replayed.indexOf(seq + 1));
      assert.ok(ascending(later));
      assert.equal(panel.frames.filter((frame) => frame.type === 'new_message' && frame.data.message.text.length === 4000).length >= 400, true);
      panel.end();
    });

    test('of two panels that do not read, the one that reads again gets everything once and in order, the other is closed with a reason', async () => {
      const [slow, quick, stuck] = [await open(), await open(), await open()];
      for (const panel of [slow, stuck]) {
        await panel.next('connection_established');
        panel.pause();
      }
      // More than a queue and the kernel's buffers of both ends hold.
      await write(550, '🙂'.repeat(4000));
      await write(1, 'the last of them');
      const isLast = (frame: (typeof quick.frames)[number]): boolean => frame.type === 'new_message' && frame.data.message.text === 'the last of them';
      const last = await until('the panel that reads has the last one', () => quick.frames.find(isLast), 30_000);
      assert.ok('seq' in last);
      slow.goOn();
      await until('the slow one has it too', () => slow.frames.some(isLast), 30_000);
      assert.equal(slow.closed, undefined);
      assert.ok(ascending(slow.seqs), 'in order, none twice');
      const from = Math.max(slow.seqs[0]!, quick.seqs[0]!);
      const between = (panel: PanelSocket): number[] => panel.seqs.filter((seq) => seq >= from && seq <= last.seq);
      assert.deepEqual(between(slow), between(quick));
      const isGivenUp = async (): Promise<boolean> => /websocket_slow_total [1-9]/.test(await (await fetch(`${server.url}/metrics`)).text());
      await until('the stuck one is given up', isGivenUp, 60_000);
      stuck.goOn();
      await until('it hears the reason', () => stuck.closed);
      assert.deepEqual(stuck.closed, { code: 1013, reason: 'too slow' });
      assert.equal(quick.closed ?? slow.closed, undefined);
    });

    test('the token may come as a subprotocol, and access_token is echoed', async () => {
      const panel = await PanelSocket.open(server.port, { 'Sec-WebSocket-Protocol': `access_token, ${api.token}`, Origin: 'https://elsewhere.example' });
      sockets.push(panel);
      assert.match(panel.head, /^HTTP\/1\.1 101 /);
      assert.match(panel.head, /\r\nSec-WebSocket-Protocol: access_token(\r\n|$)/i);
      assert.equal((await panel.next('connection_established')).data.operator_id, api.operator.id);
      const browser = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, ['access_token', api.token]);
      await new Promise((resolve, reject) => Object.assign(browser, { onopen: resolve, onerror: reject }));
      assert.equal(browser.protocol, 'access_token');
      browser.close();
      const refused = await PanelSocket.open(server.port, { 'Sec-WebSocket-Protocol': 'access_token, nonsense' });
      assert.match(refused.head, /^HTTP\/1\.1 401 /);
      const other = await PanelSocket.open(server.port, { 'Sec-WebSocket-Protocol': `chat, ${api.token}` });
      sockets.push(other);
      assert.doesNotMatch(other.head, /Sec-WebSocket-Protocol/i);
      assert.match(other.head, /^HTTP\/1\.1 101 /, 'a stranger, who may still say who they are');
    });

    test('an operator without a permission gets no event that needs it, neither live nor when catching up', async () => {
      const password = 'a password for mira';
      await api.call('POST', '/api/auth/register', { login: 'mira', name: 'Mira', role: 'operator', password });
      const mira = await server.signIn({ login: 'mira', password });
      const openMira = async (): Promise<PanelSocket> => {
        const panel = await PanelSocket.open(server.port, { Authorization: `Bearer ${mira.token}` });
        sockets.push(panel);
        return panel;
      };
      const [administrator, live] = [await open(), await openMira()];
      const { seq } = (await live.next('connection_established')).data;
      await administrator.next('connection_established');
      await api.call('PATCH', '/api/settings', { greeting: 'Welcome!' });
      await administrator.next('setting_change');
      await write(1, 'after the change');
      await live.next('new_message');
      const later = await openMira();
      await later.next('connection_established');
      later.say({ type: 'resume', since: seq });
      await later.next('resumed');
      await until('the message is caught up with', () => later.frames.some((frame) => frame.type === 'new_message'));
      for (const panel of [live, later]) assert.ok(!panel.frames.some((frame) => frame.type === 'setting_change'));
    });

    test('signing out closes every socket of the session at once, with a code that differs from a lost connection', async () => {
      const other = await open();
      await other.next('connection_established');
      const waited: number[] = [];
      // The check every five seconds would find them too, so one of several attempts must be faster than that.
      while (waited.length < 5 && !waited.some((ms) => ms < 500)) {
        const session = await server.signIn();
        const panels = await Promise.all([1, 2, 3].map(() => PanelSocket.open(server.port, { Authorization: `Bearer ${session.token}` })));
        sockets.push(...panels);
        for (const panel of panels) await panel.next('connection_established');
        await session.call('POST', '/api/auth/logout');
        const left = Date.now();
        for (const panel of panels) await until('it is closed', () => panel.closed);
        waited.push(Date.now() - left);
        for (const panel of panels) assert.deepEqual(panel.closed, { code: 1008, reason: 'the session has ended' });
      }
      assert.ok(waited.some((ms) => ms < 500), `not with the next look around: ${waited.join(', ')} ms`);
      assert.equal(other.closed, undefined);
    });
  });
}

describe('a panel that requests the log again and again', () => {
  let server: Server;
  let api: Api;
  const sockets: PanelSocket[] = [];
  before(async () => {
    server = await Server.start({ env: { MOBILE_API_AUTH: 'open' } });
    api = await server.signIn();
    const app = new App(server.url);
    for (let i = 0; i < 100; i++) await app.send({ user_id: `writer-${Math.floor(i / 20)}`, message: 'long '.repeat(200) });
  });
  after(async () => {
    for (const panel of sockets) panel.end();
    await server?.stop();
  });

  /** The CPU time for a number of sockets that send a number of requests at once. */
  const cost = async (asks: number): Promise<number> => {
    const panels = await Promise.all(Array.from({ length: 12 }, () => PanelSocket.open(server.port, { Authorization: `Bearer ${api.token}` })));
    sockets.push(...panels);
    await Promise.all(panels.map((panel) => panel.next('connection_established')));
    const from = server.processorTime();
    for (const panel of panels) for (let i = 0; i < asks; i++) panel.say({ type: 'resume', since: 0 });
    await Promise.all(panels.map((panel) => panel.next('resumed')));
    await pause(1000);
    for (const panel of panels) panel.end();
    return server.processorTime() - from;
  };

  test('gets one replay at a time, so that it delays nobody', async () => {
    const once = await cost(1), often = await cost(38);
    assert.ok(often < 8 * Math.max(once, 0.05), `once ${once} s, 38 times ${often} s`);
  });
});

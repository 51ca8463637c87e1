// The real socket.io-client against the server: each transport, the upgrade, lost connections, restarts.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket as TcpSocket } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { io, Manager, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { Conformance, pause, until } from './harness.ts';

let server: Conformance;
before(async () => (server = await Conformance.calm()));
after(() => server.stop());

const open: Socket[] = [];
const doors: { close: () => void }[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.disconnect();
  for (const door of doors.splice(0)) door.close();
});

type Options = Partial<ManagerOptions & SocketOptions>;
const fast: Options = { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 100 };

function dial(nsp: string, options: Options = {}, base = server.http): Socket {
  const socket = io(base + nsp, { ...fast, ...options });
  open.push(socket);
  return socket;
}

/** The arguments of the next such event. */
function next(socket: Socket, event: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} within twenty seconds`)), 20_000);
    socket.once(event, (...args: unknown[]) => {
      clearTimeout(timer);
      resolve(args);
    });
  });
}

async function ready(nsp: string, options: Options = {}, base?: string): Promise<Socket> {
  const socket = dial(nsp, options, base);
  await next(socket, 'connect');
  return socket;
}

const ways: [string, Options][] = [
  ['polling', { transports: ['polling'] }],
  ['websocket', { transports: ['websocket'] }],
  ['upgrading', {}],
];

for (const [way, options] of ways)
  describe(way, () => {
    const upgradeEnds = (socket: Socket): Promise<void> =>
      until('the transport', () => socket.io.engine.transport.name === (way === 'polling' ? 'polling' : 'websocket'));

    test('connects, and shows the auth payload', async () => {
      const socket = dial('/', { ...options, auth: { token: 'abc', деталь: [1] } });
      assert.deepEqual(await next(socket, 'auth'), [{ token: 'abc', деталь: [1] }]);
      assert.ok(!socket.recovered);
      await upgradeEnds(socket);
    });
    test('events with every sort of argument come back, before, during and after the upgrade', async () => {
      const socket = await ready('/', options);
      for (let i = 0; i < 30; i++) {
        const bytes = Buffer.from([i, 255, 0]);
        const back = next(socket, 'message-back');
        socket.emit('message', i, 'два', null, { deep: [{ bytes }] }, bytes);
        assert.deepEqual(await back, [i, 'два', null, { deep: [{ bytes }] }, bytes]);
      }
      await upgradeEnds(socket);
    });
    test('many events at once keep their order', async () => {
      const socket = await ready('/', options);
      const got: unknown[] = [];
      socket.on('message-back', (i: number) => got.push(i));
      for (let i = 0; i < 500; i++) socket.emit('message', i, i % 7 ? 'x' : Buffer.alloc(100, i));
      await until('all of them', () => got.length === 500);
      assert.deepEqual(got, Array.from({ length: 500 }, (_, i) => i));
    });
    test('a large text and large bytes', async () => {
      const socket = await ready('/', options);
      const text = 'ж'.repeat(200_000);
      const bytes = Buffer.alloc(600_000, 7);
      let back = next(socket, 'message-back');
      socket.emit('message', text);
      assert.deepEqual(await back, [text]);
      back = next(socket, 'message-back');
      socket.emit('message', bytes);
      assert.ok(bytes.equals((await back)[0] as Buffer));
    });
    test('acknowledgements, with bytes too', async () => {
      const socket = await ready('/', options);
      assert.deepEqual(await socket.timeout(3000).emitWithAck('message-with-ack', { a: 1 }), { a: 1 });
      const answer = new Promise((resolve) => socket.emit('message-with-ack', 'x', Buffer.from('y'), (...all: unknown[]) => resolve(all)));
      assert.deepEqual(await answer, ['x', Buffer.from('y')]);
    });
    test('the server asks, the client acknowledges', async () => {
      const socket = await ready('/rooms', options);
      socket.on('question', (a: unknown, b: unknown, answer: (...all: unknown[]) => void) => answer('seen', a, b));
      const answered = next(socket, 'answered');
      socket.emit('ask-me', 5, Buffer.from('bytes'));
      assert.deepEqual(await answered, ['seen', 5, Buffer.from('bytes')]);
    });
    test('the server’s request is not acknowledged', async () => {
      const socket = await ready('/rooms', options);
      const unanswered = next(socket, 'unanswered');
      socket.emit('ask-me', 5);
      await unanswered;
    });
    test('several namespaces over one connection', async () => {
      const manager = new Manager(server.http, { ...fast, ...options });
      const main = manager.socket('/');
      const custom = manager.socket('/custom');
      open.push(main, custom);
      await Promise.all([next(main, 'connect'), next(custom, 'connect')]);
      assert.notEqual(main.id, custom.id);
      const both = Promise.all([next(main, 'message-back'), next(custom, 'message-back')]);
      main.emit('message', 'm');
      custom.emit('message', 'c');
      assert.deepEqual(await both, [['m'], ['c']]);
      custom.disconnect();
      const back = next(main, 'message-back');
      main.emit('message', 'still');
      assert.deepEqual(await back, ['still']);
    });
    test('an unknown namespace', async () => {
      const [error] = (await next(dial('/nowhere', options), 'connect_error')) as [Error];
      assert.equal(error.message, 'Invalid namespace');
    });
    test('a worker decides who may connect', async () => {
      await ready('/door', { ...options, auth: { word: 'friend' } });
      const [error] = (await next(dial('/door', { ...options, auth: { word: 'foe' } }), 'connect_error')) as [Error & { data: unknown }];
      assert.equal(error.message, 'no "entry"');
      assert.deepEqual(error.data, { code: 42 });
    });
    test('the server ends the socket, and the connection', async () => {
      const socket = await ready('/rooms', { ...options, reconnection: false });
      const gone = next(socket, 'disconnect');
      socket.emit('kick', 0);
      assert.equal((await gone)[0], 'io server disconnect');
      socket.connect();
      await next(socket, 'connect');
      const closed = new Promise((resolve) => socket.io.once('close', resolve));
      socket.emit('kick', 1);
      await closed;
    });
    test('rooms: to a room, to the others, to all, and from a worker', async () => {
      const [a, b, c] = (await Promise.all([1, 2, 3].map(() => ready('/rooms', options)))) as [Socket, Socket, Socket];
      const got: string[] = [];
      for (const [name, socket] of [['a', a], ['b', b], ['c', c]] as const) socket.on('said', (what: string) => got.push(name + what));
      await a.emitWithAck('join', 'red');
      await b.emitWithAck('join', 'red');
      await b.emitWithAck('join', 'red');
      const heardNow = async (...wanted: string[]): Promise<void> => {
        await until(`${wanted} (there is ${got})`, () => got.length >= wanted.length);
        await Promise.all([a, b, c].map((socket) => socket.emitWithAck('leave', 'none'))); // earlier packets have arrived
        assert.deepEqual(got.splice(0).sort(), wanted);
      };
      await c.emitWithAck('say', 'red', 1);
      await heardNow('a1', 'b1');
      await a.emitWithAck('say-to-others', 'red', 2);
      await heardNow('b2');
      await a.emitWithAck('leave', 'red');
      await c.emitWithAck('say', 'red', 3);
      await heardNow('b3');
      await c.emitWithAck('burst', 're', 1, 4);
      await b.emitWithAck('join', 're0');
      await c.emitWithAck('burst', 're', 1, 5);
      await heardNow('b5');
      assert.equal(await a.emitWithAck('work'), 'done');
      await heardNow('afrom a worker', 'afrom a worker');
      const gone = next(b, 'disconnect');
      c.emit('kick-room', 're0');
      await gone;
      assert.ok(a.connected && c.connected);
    });
  });

/** A proxy between client and server that can cut its connections. */
async function slammable(): Promise<{ base: string; slam: () => void }> {
  const pairs = new Set<TcpSocket>();
  const door = createServer((near) => {
    const far = connect(server.port, '127.0.0.1');
    for (const [from, to] of [[near, far], [far, near]] as const) {
      pairs.add(from);
      from.on('error', () => to.destroy()).on('close', () => (pairs.delete(from), to.destroy()));
      from.pipe(to);
    }
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
  const slam = (): void => pairs.forEach((socket) => socket.resetAndDestroy());
  const { port } = door.address() as { port: number };
  doors.push({ close: () => (slam(), door.close()) });
  return { base: `http://127.0.0.1:${port}`, slam };
}

describe('lost connections and restarts', () => {
  /** A polling client between two requests would not notice that its connection is lost. */
  const pollsAreOut = async (way: string, count: number): Promise<void> => {
    if (way === 'polling') await until('the polls wait', async () => (await server.stats())['polls_waiting']! >= count);
    else await pause(50);
  };
  for (const [way, options] of ways) {
    test(`${way}: the client reconnects after a lost connection`, async () => {
      const door = await slammable();
      const socket = await ready('/', options, door.base);
      const first = socket.id;
      await pollsAreOut(way, 1);
      const gone = next(socket, 'disconnect');
      const back = next(socket, 'connect');
      door.slam();
      assert.match((await gone)[0] as string, /^transport (close|error)$/);
      await back;
      assert.notEqual(socket.id, first);
      assert.deepEqual(await socket.timeout(3000).emitWithAck('message-with-ack', 'here'), 'here');
    });

    test(`${way}: missed events arrive after a lost connection`, async () => {
      const door = await slammable();
      const reader = dial('/recovery', options, door.base);
      const got: unknown[] = [];
      reader.on('logged', (what: unknown) => got.push(what));
      await next(reader, 'connect');
      const writer = await ready('/recovery', options);
      await writer.emitWithAck('publish', `${way} one`);
      await until('the first', () => got.length === 1);
      await pollsAreOut(way, 2);
      const gone = next(reader, 'disconnect');
      const back = next(reader, 'connect');
      door.slam();
      await gone;
      await writer.emitWithAck('publish', `${way} two`);
      await writer.emitWithAck('publish', `${way} three`);
      await back;
      assert.equal(reader.recovered, true);
      await writer.emitWithAck('publish', `${way} four`);
      await until('all of them', () => got.length === 4);
      await pause(30);
      assert.deepEqual(got, ['one', 'two', 'three', 'four'].map((n) => `${way} ${n}`));
    });
  }

  test('no event is lost or repeated while events are published and connections break', async () => {
    const door = await slammable();
    const reader = await ready('/recovery', {}, door.base);
    const writer = await ready('/recovery');
    const got: number[] = [];
    const first = next(reader, 'logged'); // it may arrive before the writer's own
    await writer.emitWithAck('publish', -1);
    await first;
    reader.on('logged', (n: number) => got.push(n));
    for (let i = 0; i < 300; i++) {
      writer.emit('publish', i);
      if (i % 60 === 30) door.slam();
      await pause(3);
    }
    await until('all of them', () => got.at(-1) === 299);
    assert.deepEqual(got, Array.from({ length: 300 }, (_, i) => i));
  });

  test('the id of an earlier server process is not recovered', async () => {
    const socket = await ready('/recovery', { auth: { pid: 'abc', offset: '999999' } });
    assert.equal(socket.recovered, false);
  });

  test('all clients reconnect after a restart', async () => {
    const sockets = await Promise.all(ways.flatMap(([, options]) => [ready('/', options), ready('/', options)]));
    const back = Promise.all(sockets.map((socket) => next(socket, 'disconnect').then(() => next(socket, 'connect'))));
    await server.stop();
    await server.run();
    await back;
    for (const socket of sockets) assert.equal(await socket.timeout(3000).emitWithAck('message-with-ack', 1), 1);
  });

  test('all clients reconnect after a kill', async () => {
    const sockets = await Promise.all(ways.map(([, options]) => ready('/', options)));
    const back = Promise.all(sockets.map((socket) => next(socket, 'disconnect').then(() => next(socket, 'connect'))));
    await server.end('SIGKILL');
    await server.run();
    await back;
  });
});

test('two hundred clients of every kind get the same events', async () => {
  const sockets = await Promise.all(Array.from({ length: 200 }, (_, i) => ready('/rooms', ways[i % 3]![1])));
  let count = 0;
  for (const socket of sockets) socket.on('said', () => count++);
  await Promise.all(sockets.map((socket) => socket.emitWithAck('join', 'all')));
  for (let i = 0; i < 10; i++) sockets[i]!.emit('say', 'all', i);
  await until('all of it', () => count === 2000);
  await pause(50);
  assert.equal(count, 2000);
  for (const socket of sockets) socket.disconnect();
  await until('nothing is left', async () => (await server.stats())['sockets'] === 0);
});

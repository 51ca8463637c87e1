// Engine.IO 4, byte by byte: every case of the protocol's document and its public suite, and edge cases.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Conformance, PING_INTERVAL, PING_TIMEOUT, until } from './harness.ts';

let server: Conformance;
before(async () => (server = await Conformance.calm()));
after(() => server.stop());

const poll = (sid: string): Promise<Response> => fetch(server.polling('/engine.io/', sid));
/** A poll that the server holds. */
async function held(sid: string): Promise<{ answer: Promise<Response> }> {
  const before = (await server.stats())['echo_polls_waiting']!;
  const answer = poll(sid);
  await until('the poll waits', async () => (await server.stats())['echo_polls_waiting']! > before);
  return { answer };
}
const push = (sid: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(server.polling('/engine.io/', sid), { method: 'POST', body, headers });
async function heard(sid: string): Promise<string> {
  const response = await poll(sid);
  assert.equal(response.status, 200);
  return response.text();
}
const isGone = async (sid: string): Promise<void> => assert.equal((await poll(sid)).status, 400);
const wire = (sid?: string, answerPings = false) => server.wire('/engine.io/', sid, answerPings);
const refused = (url: string): Promise<number> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url.replace('http', 'ws'));
    socket.onopen = () => resolve(101);
    socket.onerror = () => resolve(400);
  });

describe('the handshake', () => {
  test('over polling it returns the parameters', async () => {
    const usual = await Conformance.start();
    const response = await fetch(usual.polling('/engine.io/'));
    await usual.stop();
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain/);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const body = await response.text();
    assert.equal(body[0], '0');
    const terms = JSON.parse(body.slice(1)) as Record<string, unknown>;
    assert.deepEqual(Object.keys(terms).sort(), ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades']);
    assert.match(terms['sid'] as string, /^[\w-]{20}$/);
    assert.deepEqual(terms['upgrades'], ['websocket']);
    assert.deepEqual([terms['pingInterval'], terms['pingTimeout'], terms['maxPayload']], [PING_INTERVAL, PING_TIMEOUT, 1000000]);
  });

  test('over WebSocket it offers no upgrade', async () => {
    const socket = await wire();
    const terms = JSON.parse((await socket.hearText()).slice(1)) as Record<string, unknown>;
    assert.deepEqual(terms['upgrades'], []);
    assert.match(terms['sid'] as string, /^[\w-]{20}$/);
    socket.close();
  });

  test('sids are unique', async () => {
    const sids = await Promise.all(Array.from({ length: 50 }, () => server.handshake()));
    assert.equal(new Set(sids).size, 50);
  });

  test('the path works without its last slash', async () => {
    const response = await fetch(`${server.http}/engine.io?EIO=4&transport=polling`);
    assert.equal(response.status, 200);
  });

  const wrong: [string, Record<string, string>, RequestInit, number, number][] = [
    ['no version', { transport: 'polling' }, {}, 400, 5],
    ['a version that is no number', { EIO: 'abc', transport: 'polling' }, {}, 400, 5],
    ['an old version', { EIO: '3', transport: 'polling' }, {}, 400, 5],
    ['no transport', { EIO: '4' }, {}, 400, 0],
    ['a transport that nobody knows', { EIO: '4', transport: 'abc' }, {}, 400, 0],
    ['a POST', { EIO: '4', transport: 'polling' }, { method: 'POST', body: 'x' }, 400, 2],
    ['a PUT', { EIO: '4', transport: 'polling' }, { method: 'PUT', body: 'x' }, 400, 2],
    ['a sid that was never given', { EIO: '4', transport: 'polling', sid: 'AAAAAAAAAAAAAAAAAAAA' }, {}, 400, 1],
    ['a sid of another length', { EIO: '4', transport: 'polling', sid: 'A' }, {}, 400, 1],
    ['an empty sid', { EIO: '4', transport: 'polling', sid: '' }, {}, 400, 1],
    ['a sid of a loop that does not exist', { EIO: '4', transport: 'polling', sid: '_AAAAAAAAAAAAAAAAAAA' }, {}, 400, 1],
    ['WebSocket without an upgrade', { EIO: '4', transport: 'websocket' }, {}, 400, 3],
  ];
  for (const [why, query, init, status, code] of wrong)
    test(`${why} is refused with code ${code}`, async () => {
      const response = await fetch(server.at('/engine.io/', query), init);
      assert.equal(response.status, status);
      const body = (await response.json()) as { code: number; message: string };
      assert.equal(body.code, code);
      assert.ok(body.message.length > 0);
    });

  test('a WebSocket with a wrong version or transport does not open', async () => {
    for (const query of ['transport=websocket', 'EIO=abc&transport=websocket', 'EIO=4', 'EIO=4&transport=abc', 'EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAAAAAA'])
      assert.equal(await refused(`${server.http}/engine.io/?${query}`), 400, query);
  });
});

describe('CORS', () => {
  const from = (origin: string, method = 'GET'): Promise<Response> =>
    fetch(server.polling('/engine.io/'), { method, headers: { origin, 'access-control-request-headers': 'x-own' } });

  test('an allowed origin gets CORS headers', async () => {
    const response = await from('https://app.example');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('access-control-allow-origin'), 'https://app.example');
    assert.equal(response.headers.get('access-control-allow-credentials'), 'true');
    assert.equal(response.headers.get('vary'), 'Origin');
  });
  test('a preflight is answered', async () => {
    const response = await from('http://localhost:3000', 'OPTIONS');
    assert.equal(response.status, 204);
    assert.match(response.headers.get('access-control-allow-methods') ?? '', /POST/);
    assert.equal(response.headers.get('access-control-allow-headers'), 'x-own');
  });
  test('another origin is refused with code 4', async () => {
    const response = await from('https://evil.example');
    assert.equal(response.status, 403);
    assert.deepEqual(await response.json(), { code: 4, message: 'Forbidden' });
    assert.equal(response.headers.get('access-control-allow-origin'), null);
  });
  test('the error for a large body is readable by an allowed origin, not by others', async () => {
    for (const [origin, wanted] of [['https://app.example', 'https://app.example'], ['https://evil.example', null]] as const) {
      const sid = await server.handshake();
      const response = await push(sid, `4${'x'.repeat(1_000_000)}`, { origin });
      assert.equal(response.status, 413);
      assert.equal(response.headers.get('access-control-allow-origin'), wanted);
    }
  });
  test('our own origin needs no permission', async () => {
    assert.equal((await from(server.http)).status, 200);
  });
});

describe('messages over polling', () => {
  test('one text', async () => {
    const sid = await server.handshake();
    const response = await push(sid, '4hello');
    assert.equal(response.status, 200);
    assert.equal(await response.text(), 'ok');
    assert.equal(await heard(sid), '4hello');
  });
  test('several texts in one payload come back in one', async () => {
    const sid = await server.handshake();
    await push(sid, '4test1\x1e4test2\x1e4test3');
    assert.equal(await heard(sid), '4test1\x1e4test2\x1e4test3');
  });
  test('text and bytes', async () => {
    const sid = await server.handshake();
    await push(sid, '4hello\x1ebAQIDBA==\x1eb');
    assert.equal(await heard(sid), '4hello\x1ebAQIDBA==\x1eb');
  });
  test('text beyond ASCII', async () => {
    const sid = await server.handshake();
    await push(sid, '4привет 👋');
    assert.equal(await heard(sid), '4привет 👋');
  });
  test('a waiting poll is answered when a message comes', async () => {
    const sid = await server.handshake();
    const { answer } = await held(sid);
    await push(sid, '4late');
    assert.equal(await (await answer).text(), '4late');
  });
  test('a message of almost the largest size', async () => {
    const sid = await server.handshake();
    const text = `4${'x'.repeat(999_998)}`;
    assert.equal((await push(sid, text)).status, 200);
    assert.equal(await heard(sid), text);
  });
  test('a payload over the largest size is refused', async () => {
    const sid = await server.handshake();
    const response = await push(sid, `4${'x'.repeat(1_000_000)}`).catch(() => undefined);
    if (response) assert.equal(response.status, 413);
  });

  const broken: [string, BodyInit, Record<string, string>?][] = [
    ['a packet of no known type', 'abc'],
    ['an empty packet', '4a\x1e'],
    ['an open packet', '0{}'],
    ['a ping', '2'],
    ['base64 that is none', 'b###='],
    ['base64 cut short', 'bAQI'.slice(0, 3)],
    ['bytes left over in base64', 'bAQJ='],
    ['text that is not UTF-8', Buffer.from([0x34, 0xff, 0xfe])],
    ['a body of bytes', '4hello', { 'content-type': 'application/octet-stream' }],
  ];
  for (const [why, body, headers] of broken)
    test(`${why} closes the session`, async () => {
      const sid = await server.handshake();
      const response = await push(sid, body, headers);
      assert.equal(response.status, 400);
      await isGone(sid);
    });

  test('no message of a malformed payload is delivered', async () => {
    const sid = await server.handshake();
    const { answer } = await held(sid);
    assert.equal((await push(sid, '4first\x1exyz')).status, 400);
    assert.equal(await (await answer).text(), '1');
  });
  test('a second poll beside the first closes the session', async () => {
    const sid = await server.handshake();
    const { answer } = await held(sid);
    const second = await poll(sid);
    const first = await answer;
    assert.equal(first.status, 200);
    assert.equal(await first.text(), '1');
    assert.equal(second.status, 400);
    await isGone(sid);
  });
  test('another method does not close the session', async () => {
    const sid = await server.handshake();
    assert.equal((await fetch(server.polling('/engine.io/', sid), { method: 'DELETE' })).status, 400);
    await push(sid, '4still');
    assert.equal(await heard(sid), '4still');
  });
  test('a poll whose connection is lost ends the session', async () => {
    const sid = await server.handshake();
    const socket = connect(server.port, '127.0.0.1');
    const waiting = async (): Promise<number> => (await server.stats())['echo_polls_waiting']!;
    const before = await waiting();
    socket.write(`GET /engine.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: t\r\n\r\n`);
    await until('the poll waits', async () => (await waiting()) > before);
    assert.equal((await push(sid, '6')).status, 200);
    socket.destroy();
    await until('the session is gone', async () => (await push(sid, '6')).status === 400);
    assert.equal(await waiting(), before);
  });
});

describe('messages over WebSocket', () => {
  test('a text and bytes', async () => {
    const socket = await wire(undefined, true);
    await socket.hear();
    socket.say('4hello', Buffer.from([1, 2, 3]), '4');
    assert.equal(await socket.hear(), '4hello');
    assert.deepEqual(await socket.hear(), Buffer.from([1, 2, 3]));
    assert.equal(await socket.hear(), '4');
    socket.close();
  });
  test('a noop is ignored', async () => {
    const socket = await wire(undefined, true);
    await socket.hear();
    socket.say('6', '4after');
    assert.equal(await socket.hear(), '4after');
    socket.close();
  });
  for (const [why, text] of [['no known type', 'abc'], ['nothing', ''], ['an open packet', '0{}'], ['a ping', '2'], ['base64', 'bAQID']] as const)
    test(`${why} closes the session`, async () => {
      const socket = await wire();
      await socket.hear();
      socket.say(text);
      await socket.closed;
    });
  test('a message over the largest size closes the session', async () => {
    const socket = await wire();
    await socket.hear();
    socket.say(`4${'x'.repeat(1_000_000)}`);
    assert.equal(await socket.closed, 1009);
  });
});

describe('heartbeats', () => {
  let calm: Conformance;
  before(async () => {
    calm = server;
    server = await Conformance.start('--ping-interval', String(PING_INTERVAL), '--ping-timeout', '1000');
  });
  after(async () => {
    await server.stop();
    server = calm;
  });
  test('over polling: the server pings, the client answers', async () => {
    const sid = await server.handshake();
    for (let i = 0; i < 3; i++) {
      assert.equal(await heard(sid), '2');
      assert.equal((await push(sid, '3')).status, 200);
    }
    await push(sid, '4alive');
    assert.ok((await heard(sid)).split('\x1e').includes('4alive'));
    await push(sid, '1'); // the next test counts the sessions that time out
  });
  test('over polling: no answer ends the session', async () => {
    const before = (await server.stats())['echo_ping_timeouts']!;
    const sid = await server.handshake();
    await until('its time is over', async () => (await server.stats())['echo_ping_timeouts']! > before);
    await isGone(sid);
  });
  test('a waiting poll is answered at the end', async () => {
    const sid = await server.handshake();
    assert.equal(await heard(sid), '2');
    assert.equal(await heard(sid), '1');
    await isGone(sid);
  });
  test('over WebSocket: the server pings, the client answers', async () => {
    const socket = await wire();
    await socket.hear();
    for (let i = 0; i < 3; i++) {
      assert.equal(await socket.hear(), '2');
      socket.say('3');
    }
    socket.say('4alive');
    let frame = await socket.hear();
    if (frame === '2') frame = await socket.hear();
    assert.equal(frame, '4alive');
    socket.close();
  });
  test('over WebSocket: no answer ends the session', async () => {
    const socket = await wire();
    await socket.hear();
    const started = Date.now();
    await socket.closed;
    const took = Date.now() - started;
    assert.ok(took >= PING_INTERVAL + 1000 - 20 && took < 5000, `${took} ms`);
  });
});

describe('the end', () => {
  test('over polling: the client closes, and the waiting poll is answered', async () => {
    const sid = await server.handshake();
    const { answer } = await held(sid);
    const pushed = await push(sid, '1');
    const polled = await answer;
    assert.equal(polled.status, 200);
    assert.equal(await polled.text(), '6');
    assert.equal(pushed.status, 200);
    await isGone(sid);
  });
  test('over WebSocket: the client closes', async () => {
    const socket = await wire();
    await socket.hear();
    socket.say('1');
    await socket.closed;
  });
});

describe('the upgrade', () => {
  async function upgraded() {
    const sid = await server.handshake();
    const socket = await wire(sid, true);
    socket.say('2probe');
    assert.equal(await socket.hear(), '3probe');
    socket.say('5');
    return { sid, socket };
  }

  test('a session moves from polling to WebSocket', async () => {
    const { socket } = await upgraded();
    socket.say('4hello', Buffer.from([9]));
    assert.equal(await socket.hear(), '4hello');
    assert.deepEqual(await socket.hear(), Buffer.from([9]));
    socket.close();
  });
  test('sixteen sessions at once, on any loop', async () => {
    await Promise.all(
      Array.from({ length: 16 }, async (_, i) => {
        const { socket } = await upgraded();
        socket.say(`4number ${i}`);
        assert.equal(await socket.hear(), `4number ${i}`);
        socket.close();
      }),
    );
  });
  test('the probe ends a waiting poll', async () => {
    const sid = await server.handshake();
    const waiting = heard(sid);
    const socket = await wire(sid);
    socket.say('2probe');
    assert.equal(await waiting, '6');
    assert.equal(await socket.hear(), '3probe');
    assert.equal(await heard(sid), '6', 'and one that comes while it lasts');
    socket.close();
  });
  test('messages queued meanwhile arrive after it, in order', async () => {
    const sid = await server.handshake();
    const socket = await wire(sid, true);
    socket.say('2probe');
    assert.equal(await socket.hear(), '3probe');
    await push(sid, '4one\x1ebAgM=\x1e4two');
    socket.say('5', '4three');
    assert.equal(await socket.hear(), '4one');
    assert.deepEqual(await socket.hear(), Buffer.from([2, 3]));
    assert.equal(await socket.hear(), '4two');
    assert.equal(await socket.hear(), '4three');
    socket.close();
  });
  test('polling requests are refused after it, and the session continues', async () => {
    const { sid, socket } = await upgraded();
    socket.say('4a');
    await socket.hear();
    for (const response of [await poll(sid), await push(sid, '4x')]) {
      assert.equal(response.status, 400);
      assert.equal(((await response.json()) as { code: number }).code, 3);
    }
    socket.say('4hello');
    assert.equal(await socket.hear(), '4hello');
    socket.close();
  });
  test('a second WebSocket after it opens and is closed, and the session continues', async () => {
    const { sid, socket } = await upgraded();
    await (await wire(sid)).closed;
    socket.say('4hello');
    assert.equal(await socket.hear(), '4hello');
    socket.close();
  });
  test('a second WebSocket during a probe opens and is closed, and the session continues', async () => {
    const sid = await server.handshake();
    const socket = await wire(sid);
    await (await wire(sid)).closed;
    socket.say('2probe');
    assert.equal(await socket.hear(), '3probe');
    socket.close();
  });
  for (const [why, text] of [['a message', '4hello'], ['an upgrade without a probe', '5'], ['another probe', '2other'], ['nonsense', 'abc']] as const)
    test(`${why} ends the probe, and the session goes on polling`, async () => {
      const sid = await server.handshake();
      const socket = await wire(sid);
      socket.say(text);
      await socket.closed;
      await push(sid, '4still');
      assert.equal(await heard(sid), '4still');
    });
  test('after an interrupted probe the session continues, and another probe works', async () => {
    const sid = await server.handshake();
    const first = await wire(sid);
    first.say('2probe');
    await first.hear();
    first.close();
    await first.closed;
    await push(sid, '4still');
    assert.equal(await heard(sid), '4still');
    const second = await wire(sid, true);
    second.say('2probe');
    assert.equal(await second.hear(), '3probe');
    second.say('5', '4there');
    assert.equal(await second.hear(), '4there');
    second.close();
  });
  test('a probe that never ends is closed', async () => {
    const sid = await server.handshake();
    const socket = await wire(sid);
    const beating = (async () => {
      for (let i = 0; i < 10; i++) {
        const text = await heard(sid).catch(() => '');
        if (text.includes('2')) await push(sid, '3');
        if (!text) break;
      }
    })();
    const started = Date.now();
    await socket.closed;
    assert.ok(Date.now() - started >= 1900);
    await push(sid, '1');
    await beating;
  });
  test('a session that ends closes its probe', async () => {
    const sid = await server.handshake();
    const socket = await wire(sid);
    await push(sid, '1');
    await socket.closed;
  });
});

test('no session is left', async () => {
  await until('no session', async () => {
    const stats = await server.stats();
    return stats['echo_sessions'] === 0 && stats['echo_websockets'] === 0 && stats['echo_polls_waiting'] === 0;
  }, 20_000);
});

// Socket.IO 5, packet by packet over a raw WebSocket (and some over polling): every case of the protocol's document and its public
// suite, and hostile clients.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Conformance, type Frame, until, type Wire } from './harness.ts';

let server: Conformance;
before(async () => (server = await Conformance.calm()));
after(() => server.stop());

async function engine(): Promise<Wire> {
  const socket = await server.wire('/socket.io/', undefined, true);
  await socket.hear();
  return socket;
}

/** A connection that has entered "/" and read the response. */
async function connected(): Promise<Wire> {
  const socket = await engine();
  socket.say('40');
  assert.match(await socket.hearText(), /^40\{"sid":"\w{20}"\}$/);
  assert.equal(await socket.hear(), '42["auth",{}]');
  return socket;
}

async function entered(nsp: string): Promise<Wire> {
  const socket = await engine();
  socket.say(`40${nsp},`);
  assert.ok((await socket.hearText()).startsWith(`40${nsp},{"sid":"`));
  return socket;
}

describe('entering a namespace', () => {
  test('the main one', async () => (await connected()).close());
  test('the main one, with a payload', async () => {
    const socket = await engine();
    socket.say('40{"token":"123"}');
    assert.match(await socket.hearText(), /^40\{"sid":"\w{20}"\}$/);
    assert.equal(await socket.hear(), '42["auth",{"token":"123"}]');
    socket.close();
  });
  test('another', async () => {
    const socket = await engine();
    socket.say('40/custom,');
    assert.match(await socket.hearText(), /^40\/custom,\{"sid":"\w{20}"\}$/);
    assert.equal(await socket.hear(), '42/custom,["auth",{}]');
    socket.close();
  });
  test('another, with a payload and without the comma', async () => {
    const socket = await engine();
    socket.say('40/custom,{"token":"abc"}', '40');
    assert.match(await socket.hearText(), /^40\/custom,\{/);
    assert.match(await socket.hearText(), /^40\{/);
    assert.deepEqual([await socket.hearText(), await socket.hearText()].sort(), ['42/custom,["auth",{"token":"abc"}]', '42["auth",{}]']);
    socket.close();
    const bare = await engine();
    bare.say('40/custom');
    assert.match(await bare.hearText(), /^40\/custom,\{/);
    bare.close();
  });
  test('one that does not exist is refused, and the connection goes on', async () => {
    const socket = await engine();
    socket.say('40/random');
    assert.equal(await socket.hear(), '44/random,{"message":"Invalid namespace"}');
    socket.say('40');
    assert.match(await socket.hearText(), /^40\{/);
    socket.close();
  });
  test('only a namespace with recovery sends the private id', async () => {
    const socket = await engine();
    socket.say('40/recovery,');
    assert.match(await socket.hearText(), /^40\/recovery,\{"sid":"\w{20}","pid":"\w{20}"\}$/);
    socket.close();
  });
  for (const [why, text] of [['nonsense', '4abc'], ['an event first', '42["message"]'], ['a payload that is no object', '40["a"]'], ['broken JSON', '40{"a":}'], ['an ack id', '401'], ['a type beyond the last', '47'], ['nothing', '4'], ['bytes', '']] as const)
    test(`${why} ends the connection`, async () => {
      const socket = await engine();
      socket.say(text || Buffer.from([1]));
      await socket.closed;
    });
  test('entering a namespace twice ends the connection', async () => {
    const socket = await connected();
    socket.say('40');
    await socket.closed;
  });
  test('a connection that enters no namespace is closed', async () => {
    const started = Date.now();
    await (await engine()).closed;
    assert.ok(Date.now() - started > 900);
  });
  test('a refused namespace does not count as entered', async () => {
    const socket = await engine();
    socket.say('40/random');
    await socket.hear();
    await socket.closed;
  });
  test('more namespaces than a connection may have', async () => {
    const socket = await connected();
    for (const nsp of ['/custom', '/rooms', '/recovery']) {
      socket.say(`40${nsp},`);
      assert.ok((await socket.hearText()).startsWith(`40${nsp},`));
      if (nsp === '/custom') await socket.hear();
    }
    socket.close();
  });
});

describe('leaving', () => {
  test('the main namespace: the connection goes on', async () => {
    const socket = await connected();
    socket.say('41', '40/custom,');
    assert.match(await socket.hearText(), /^40\/custom,/);
    socket.close();
  });
  test('another: the main one goes on', async () => {
    const socket = await connected();
    socket.say('40/custom,');
    await socket.hear();
    await socket.hear();
    socket.say('41/custom,', '42["message","to the main one"]');
    assert.equal(await socket.hear(), '42["message-back","to the main one"]');
    socket.close();
  });
  test('and coming back', async () => {
    const socket = await connected();
    socket.say('41', '40');
    assert.match(await socket.hearText(), /^40\{/);
    socket.close();
  });
  test('a packet that crosses a disconnect is dropped', async () => {
    const socket = await entered('/rooms');
    socket.say('42/rooms,["kick",0]', '42/rooms,["say","a","b"]', '40/custom,');
    assert.equal(await socket.hear(), '41/rooms,');
    assert.match(await socket.hearText(), /^40\/custom,/);
    socket.close();
  });
  test('the server may end the whole connection', async () => {
    const socket = await entered('/rooms');
    socket.say('42/rooms,["kick",1]');
    assert.equal(await socket.hear(), '41/rooms,');
    await socket.closed;
  });
});

describe('events', () => {
  const echoes: [string, Frame[], Frame[]][] = [
    ['plain arguments', ['42["message",1,"2",{"3":[true]}]'], ['42["message-back",1,"2",{"3":[true]}]']],
    ['no argument', ['42["message"]'], ['42["message-back"]']],
    ['null, text with escapes, numbers', ['42["message",null,"a\\u0436\\n\\"",-1.5e3]'], ['42["message-back",null,"a\\u0436\\n\\"",-1.5e3]']],
    ['text beyond ASCII', ['42["message","жук 👋"]'], ['42["message-back","жук 👋"]']],
    ['a name with escapes', ['42["\\u006dessage",1]'], ['42["message-back",1]']],
    ['an ack', ['42456["message-with-ack",1,"2",{"3":[false]}]'], ['43456[1,"2",{"3":[false]}]']],
    ['an ack of nothing', ['420["message-with-ack"]'], ['430[]']],
    ['bytes', ['452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])],
      ['452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])]],
    ['bytes with an ack', ['452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.from([1]), Buffer.from([])],
      ['462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.from([1]), Buffer.from([])]],
    ['a binary event without bytes', ['450-["message",1]'], ['42["message-back",1]']],
    ['a placeholder in an event without bytes is an object like any', ['42["message",{"_placeholder":true,"num":7}]'], ['42["message-back",{"_placeholder":true,"num":7}]']],
  ];
  for (const [why, said, wanted] of echoes)
    test(why, async () => {
      const socket = await connected();
      socket.say(...said);
      for (const frame of wanted) assert.deepEqual(await socket.hear(), frame);
      socket.close();
    });
  test('all of it in another namespace', async () => {
    const socket = await engine();
    socket.say('40/custom,');
    await socket.hear();
    await socket.hear();
    socket.say('42/custom,["message",1]', '42/custom,7["message-with-ack",2]', '451-/custom,8["message-with-ack",{"_placeholder":true,"num":0}]', Buffer.from([5]));
    assert.equal(await socket.hear(), '42/custom,["message-back",1]');
    assert.equal(await socket.hear(), '43/custom,7[2]');
    assert.equal(await socket.hear(), '461-/custom,8[{"_placeholder":true,"num":0}]');
    assert.deepEqual(await socket.hear(), Buffer.from([5]));
    socket.close();
  });
  test('bytes over polling', async () => {
    const sid = await server.handshake('/socket.io/');
    const url = server.polling('/socket.io/', sid);
    await fetch(url, { method: 'POST', body: '40' });
    let heard = '';
    while (!heard.includes('42["auth",{}]')) heard += await (await fetch(url)).text(); // it is sent separately from the response
    await fetch(url, { method: 'POST', body: '451-["message",{"_placeholder":true,"num":0}]\x1ebAQIDBA==' });
    assert.equal(await (await fetch(url)).text(), '451-["message-back",{"_placeholder":true,"num":0}]\x1ebAQIDBA==');
    await fetch(url, { method: 'POST', body: '1' });
  });

  const hostile: [string, Frame[]][] = [
    ['an unknown type', ['4abc']],
    ['a payload that is no array', ['42{}']],
    ['no payload', ['42']],
    ['an empty array', ['42[]']],
    ['a name that is no text', ['42[1]']],
    ['a reserved name', ['42["disconnect"]']],
    ['a reserved name in escapes', ['42["\\u0064isconnect"]']],
    ['a name that is too long', [`42["${'n'.repeat(129)}"]`]],
    ['an ack id that is no number', ['42abc["message-with-ack",1]']],
    ['an ack id beyond what a double holds', ['429007199254740992["message-with-ack",1]']],
    ['an ack without id', ['43[1]']],
    ['an ack that is no array', ['431{}']],
    ['a connect error from a client', ['44{"message":"x"}']],
    ['something behind the JSON', ['42["message"]x']],
    ['JSON that is too deep', [`42["message",${'['.repeat(40)}${']'.repeat(40)}]`]],
    ['a count without its dash', ['451["message"]']],
    ['more attachments than allowed', ['4517-["message"]']],
    ['a placeholder beyond the attachments', ['451-["message",{"_placeholder":true,"num":1}]']],
    ['a placeholder that numbers nothing', ['451-["message",{"_placeholder":true,"num":"x"}]']],
    ['bytes that nobody announced', [Buffer.from([1])]],
    ['text where bytes should come', ['451-["message",{"_placeholder":true,"num":0}]', '42["message"]']],
    ['attachments that are too large together', ['452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.alloc(600_000), Buffer.alloc(600_000)]],
    ['a disconnect with a payload', ['41{}']],
    ['a namespace with control characters', ['40/a\x01b,']],
    ['a namespace that is too long', [`40/${'n'.repeat(200)},`]],
  ];
  for (const [why, said] of hostile)
    test(`${why} ends the connection`, async () => {
      const socket = await connected();
      socket.say(...said);
      await socket.closed;
      assert.equal(socket.unread, 0);
    });
});

describe('slow clients', () => {
  test('a client that reads nothing is disconnected, not buffered', async () => {
    const sid = await server.handshake('/socket.io/');
    const url = server.polling('/socket.io/', sid);
    await fetch(url, { method: 'POST', body: '40/rooms,' });
    await (await fetch(url)).text();
    const before = (await server.stats())['dropped_slow']!;
    await fetch(url, { method: 'POST', body: '42/rooms,["flood",10,900000,false]' });
    await until('it is dropped', async () => (await server.stats())['dropped_slow']! > before);
    assert.equal((await fetch(url)).status, 400);
  });
  test('volatile events are dropped for it instead', async () => {
    const sid = await server.handshake('/socket.io/');
    const url = server.polling('/socket.io/', sid);
    await fetch(url, { method: 'POST', body: '40/rooms,' });
    await (await fetch(url)).text();
    await fetch(url, { method: 'POST', body: '42/rooms,["flood",100,50000,true]' });
    const text = await (await fetch(url)).text();
    const came = text.split('\x1e').filter((packet) => packet.startsWith('42/rooms,["flood"')).length;
    assert.ok(came >= 1 && came <= 3, `${came} of 100`);
    assert.ok((await server.stats())['volatile_dropped']! >= 97);
    await fetch(url, { method: 'POST', body: '1' });
  });
});

test('no connection is left', async () => {
  await until('no session', async () => {
    const stats = await server.stats();
    return stats['sessions'] === 0 && stats['websockets'] === 0 && stats['sockets'] === 0 && stats['polls_waiting'] === 0;
  }, 20_000);
});

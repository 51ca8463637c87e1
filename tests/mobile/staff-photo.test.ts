// Photos from the staff group in an app that has not read for a while.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { io } from 'socket.io-client';
import { Server, until } from '../harness/server.ts';
import { Simulator } from '../telegram/client.ts';
import { App } from './app.ts';

const TOKEN = '123456:TEST';

test('a photo from the staff group does not overtake messages that an app has not got yet', async () => {
  const sim = await Simulator.start({ tokens: [TOKEN], strict: true });
  const maria = await sim.customer({ first_name: 'Maria', language_code: 'en' });
  const group = (await sim.group({ title: 'Team', members: [maria.id], bot: TOKEN }))['id'];
  const server = await Server.start({ telegram: sim.url, token: TOKEN, env: { MOBILE_API_AUTH: 'open', TELEGRAM_GROUP_CHAT_ID: String(group) } });
  const api = await server.signIn();
  const app = new App(server.url);
  const socket = io(server.url, { forceNew: true, transports: ['websocket'], reconnection: false });
  const reader = io(server.url, { forceNew: true, transports: ['websocket'] });
  const heard: any[] = [], seen: string[] = [];
  socket.on('new_message', (data) => heard.push(data));
  reader.on('new_message', (data) => seen.push(data.message));
  try {
    await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    const user_id = 'slow-reader';
    await app.send({ user_id, message: 'any news' });
    const copy = await until('the copy', async () => (await sim.transcript(group)).messages.find((l) => l.side === 'bot' && l.text.endsWith('any news')));
    const others = Array.from({ length: 30 }, (_, i) => `user-${i}`);
    let joined = 0;
    socket.on('joined', () => joined++);
    await until('the socket is open', () => socket.connected);
    for (const user of [...others, user_id]) socket.emit('join_chat', { user_id: user });
    await until('all are joined', () => joined === 31);
    await reader.timeout(5000).emitWithAck('join_chat', { user_id });
    const wire = (socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } }).ws._socket;
    wire.pause();
    for (let round = 0; round < 25; round++) await Promise.all(others.map((user) => app.send({ user_id: user, message: '🙂'.repeat(4000) })));
    for (let i = 0; i < 10; i++) assert.equal((await app.send({ user_id, message: `text ${i} ${'🙂'.repeat(3900)}` })).status, 200);
    await sim.photo(maria, { chat: group, reply_to: copy.message_id, caption: 'here it is', width: 200, height: 100 });
    const { id } = (await api.everyConversation()).find((c) => c.customer.external_id === user_id)!;
    await until('it is delivered', async () => (await api.history(id)).find((m) => m.text === 'here it is' && m.delivery === 'sent'));
    await until('a socket that reads has it', () => seen.includes('here it is'));
    wire.resume();
    const own = () => heard.filter((m) => m.user_id === user_id);
    await until('all of the chat', () => own().length >= 11, 60_000);
    const ids = own().map((m) => m.id as number);
    assert.deepEqual(ids, [...new Set(ids)].sort((a, b) => a - b), own().map((m) => `${m.id} ${m.message.slice(0, 10)}`).join(', '));
  } finally {
    socket.disconnect();
    reader.disconnect();
    await server.stop();
    await sim.stop();
  }
});

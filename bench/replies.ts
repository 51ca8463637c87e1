// Replies through the outbox. First against a Bot API without limits that answers at once, as fast as they go: from the first API call
// to the last delivery; every reply is committed before the API answers, once more when it is being sent, and once more when it has
// been sent. Then against the simulated Telegram with its limit of 30 messages a second: how many a second arrive, and how many
// refusals (429) there were. Measures the binary SWITCHBOARD_BINARY. It only prints figures and never fails because of one.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { pause, Server, until } from '../tests/harness/server.ts';
import { Simulator } from '../tests/telegram/client.ts';
import { each, Line } from './line.ts';

const { values } = parseArgs({ options: { replies: { type: 'string', default: '20000' }, chats: { type: 'string', default: '5000' }, 'at-once': { type: 'string', default: '64' }, rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '60' } } });
const TOKEN = '123456:TEST';
const chats = Number(values.chats);
const number = (n: number, digits = 0): string => n.toLocaleString('en-US', { maximumFractionDigits: digits });

/** A Bot API that does nothing but answer: as fast as Node's HTTP server is, which limits the figure. */
async function fastApi(): Promise<{ url: string; sent: () => number; give: (updates: unknown[]) => void; close: () => void }> {
  let sent = 0, updates: unknown[] = [], waiting: ((updates: unknown[]) => void) | undefined;
  const server = createServer((request, response) => {
    const method = request.url!.split('/').at(-1)!.split('?')[0]!;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', async () => {
      let result: unknown = true;
      if (method === 'sendMessage') {
        const { chat_id: id } = JSON.parse(String(Buffer.concat(chunks)));
        result = { message_id: ++sent + 1_000_000, date: Math.floor(Date.now() / 1000), chat: { id: Number(id), type: 'private' }, text: 'x' };
      } else if (method === 'getMe') result = { id: 123456, is_bot: true, first_name: 'Bench', username: 'bench_bot' };
      else if (method === 'getWebhookInfo') result = { url: '', has_custom_certificate: false, pending_update_count: 0 };
      else if (method === 'getUpdates') {
        if (!updates.length) await Promise.race([new Promise<void>((resolve) => (waiting = () => resolve())), pause(5000)]);
        result = updates;
        updates = [];
      }
      const body = JSON.stringify({ ok: true, result });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => sent,
    give: (more) => ((updates = more), waiting?.(more)),
    close: () => (server.closeAllConnections(), server.close()),
  };
}

/** Processor time that a process has used, in milliseconds; Linux counts it in hundredths of a second. */
function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function fast(): Promise<number> {
  const telegram = await fastApi();
  const server = await Server.start({ telegram: telegram.url, token: TOKEN, env: { LOG_LEVEL: 'warn', FAFF_RATE_LIMITS: 'off', TELEGRAM_MESSAGES_PER_SECOND: '10000' } });
  const api = await server.signIn();
  await until('the bot is ok', async () => (await api.bot()).state === 'ok');
  for (let i = 0; i < chats; i += 100) {
    telegram.give(Array.from({ length: Math.min(100, chats - i) }, (_, k) => ({ update_id: i + k + 1, message: { message_id: i + k + 1, date: Math.floor(Date.now() / 1000), chat: { id: i + k + 1, type: 'private', first_name: `C${i + k}` }, from: { id: i + k + 1, is_bot: false, first_name: `C${i + k}` }, text: 'Hello' } })));
    await until('they are stored', async () => (await api.conversations('?status=all&limit=1')).data[0]?.customer.external_id === String(Math.min(i + 100, chats)), 60_000);
  }
  const ids = (await api.everyConversation()).map((c) => c.id);
  const count = Number(values.replies);
  const [started, used] = [performance.now(), processorMs(server.pid)];
  const lines = Array.from({ length: Number(values['at-once']) }, () => new Line(server.url, { authorization: `Bearer ${api.token}` }));
  await each(count, lines.length, (i, who) => lines[who]!.post(`/api/conversations/${ids[i % ids.length]}/messages`, JSON.stringify({ text: `reply ${i}`, client_id: `r${i}` })));
  const stored = performance.now();
  await until('all have arrived', () => telegram.sent() >= count, 300_000);
  const seconds = (performance.now() - started) / 1000;
  console.log(`  ${number(count)} replies: accepted at ${number(count / ((stored - started) / 1000))}/s, delivered at ${number(count / seconds)}/s, ${number((processorMs(server.pid) - used) / count, 3)} ms of the server's processor time each`);
  lines.forEach((line) => line.close());
  await server.stop();
  telegram.close();
  return count / seconds;
}

async function paced(): Promise<void> {
  const sim = await Simulator.start({ tokens: [TOKEN], limits: true });
  const server = await Server.start({ telegram: sim.url, token: TOKEN, env: { LOG_LEVEL: 'warn', FAFF_RATE_LIMITS: 'off' } });
  const api = await server.signIn();
  await until('the bot is ok', async () => (await api.bot()).state === 'ok');
  const people = 100, seconds = Number(values.seconds);
  for (let i = 0; i < people; i++) await sim.text(await sim.customer({ first_name: `C${i}` }), 'Hello');
  await until('all have written', async () => (await api.everyConversation()).length === people);
  const ids = (await api.everyConversation()).map((c) => c.id);
  const from = await sim.lastCall();
  await each(seconds * 31 + 60, 8, (i) => api.reply(ids[i % people]!, { text: `reply ${i}` }));
  await pause(4000); // the burst with which a rested bot begins
  const count = async (): Promise<{ sent: number; refused: number }> => {
    const calls = await sim.calls({ method: 'sendMessage', after: from, limit: 1_000_000 });
    return { sent: calls.filter((c) => c.ok).length, refused: calls.filter((c) => !c.ok).length };
  };
  const before = await count(), started = performance.now();
  await pause(Math.min(seconds * 1000 - 5000, 50_000));
  const after = await count(), took = (performance.now() - started) / 1000;
  console.log(`the limit of 30 a second: ${number((after.sent - before.sent) / took, 2)}/s sent, ${after.refused} refused with 429 (aim 29.5/s and none)`);
  await server.stop();
  await sim.stop();
}

console.log('replies through the outbox, a Bot API without limits (aim 3,000/s):');
const rounds: number[] = [];
for (let i = 0; i < Number(values.rounds); i++) rounds.push(await fast());
rounds.sort((a, b) => a - b);
console.log(`  delivered: median ${number(rounds[Math.floor(rounds.length / 2)]!)}/s, ${number(rounds[0]!)} to ${number(rounds.at(-1)!)}`);
await paced();

// Updates a second by kind: each is posted to the webhook by one of 64 connections and counts when it has been answered, which is
// after its commit. Files are tiny, and fetched in the background while the updates come in, as Telegram's would be.
// Measures the binary SWITCHBOARD_BINARY; rounds alternate over the kinds. It only prints figures and never fails because of one.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { Server, until } from '../tests/harness/server.ts';
import { Simulator } from '../tests/telegram/client.ts';
import type { Dict } from '../tests/telegram/errors.ts';
import { each, Line } from './line.ts';

const { values } = parseArgs({ options: { updates: { type: 'string', default: '5000' }, customers: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '3' }, connections: { type: 'string', default: '64' } } });
const [count, customers, rounds, connections] = [Number(values.updates), Number(values.customers), Number(values.rounds), Number(values.connections)];
const TOKEN = '123456:TEST';
const PATH = '/webhook/telegram';
const FIRST = 10_000; // ids of customers, above the simulator's own

const sim = await Simulator.start({ tokens: [TOKEN] });
const server = await Server.start({ telegram: sim.url, token: TOKEN, webhook: true, env: { LOG_LEVEL: 'error' } });
const secret: string = (await until('the webhook is set', async () => (await sim.calls({ method: 'setWebhook' })).find(({ params }) => params['secret_token']))).params['secret_token'];
const author = await sim.customer({ first_name: 'Author' });
await sim.media(author, 'document', { size: 100, file_name: 'a.bin' });
// The simulator's own object carries no id; the id that this bot got is in the server's request.
const { file_id } = (await until('the file is fetched', async () => (await sim.calls({ method: 'getFile' }))[0])).params as { file_id: string };

let nextUpdate = 1_000_000_000, nextMessage = 1_000_000;
const now = (): number => Math.floor(Date.now() / 1000);
const personOf = (n: number): Dict => ({ id: FIRST + (n % customers), is_bot: false, first_name: `Customer ${n % customers}` });
const chatOf = (n: number): Dict => ({ id: FIRST + (n % customers), type: 'private', first_name: `Customer ${n % customers}` });
const message = (n: number, content: Dict): Dict => ({ message_id: nextMessage++, date: now(), from: personOf(n), chat: chatOf(n), ...content });
/** The same bytes under an id that the server has not seen. */
const fresh = (more: Dict = {}): Dict => ({ file_id, file_unique_id: `u${nextMessage}`, file_size: 100, ...more });

const bare: Record<string, (n: number) => Dict> = {
  text: (n) => ({ message: message(n, { text: `Message ${n}` }) }),
  'formatted text': (n) => ({ message: message(n, { text: 'Where is my order? See the page.', entities: [{ type: 'bold', offset: 0, length: 8 }, { type: 'italic', offset: 9, length: 9 }, { type: 'text_link', offset: 23, length: 8, url: 'https://example.com/' }] }) }),
  photo: (n) => ({ message: message(n, { photo: [fresh({ width: 90, height: 90 })], caption: 'The lamp' }) }),
  document: (n) => ({ message: message(n, { document: fresh() }) }),
  voice: (n) => ({ message: message(n, { voice: fresh({ duration: 3, mime_type: 'audio/ogg' }) }) }),
  location: (n) => ({ message: message(n, { location: { latitude: 48.2, longitude: 16.4 } }) }),
  contact: (n) => ({ message: message(n, { contact: { phone_number: '+43660123456', first_name: 'Jonas' } }) }),
  poll: (n) => ({ message: message(n, { poll: { id: `p${nextMessage}`, question: 'Which?', options: [{ text: 'a', voter_count: 0 }, { text: 'b', voter_count: 0 }], total_voter_count: 0, is_closed: false, is_anonymous: true, type: 'regular', allows_multiple_answers: false } }) }),
  'service message': (n) => ({ message: message(n, { message_auto_delete_timer_changed: { message_auto_delete_time: 86400 } }) }),
  'unknown content': (n) => ({ message: message(n, { hologram: { depth: 3 } }) }),
  'edit of a text': (n) => ({ edited_message: { ...message(n, { text: `Edited ${nextMessage}` }), message_id: edited[n % edited.length]!.id, from: personOf(edited[n % edited.length]!.of), chat: chatOf(edited[n % edited.length]!.of), edit_date: now() } }),
  'press of a button': (n) => ({ callback_query: { id: `q${nextMessage++}`, from: personOf(n), chat_instance: '1', data: 'a', message: { message_id: 1, date: now(), chat: chatOf(n), text: 'Well?', reply_markup: { inline_keyboard: [[{ text: 'a', callback_data: 'a' }]] } } } }),
  'block and unblock': (n) => ({ my_chat_member: { chat: chatOf(n), from: personOf(n), date: now(), old_chat_member: { status: n % 2 ? 'kicked' : 'member' }, new_chat_member: { status: n % 2 ? 'member' : 'kicked' } } }),
  'update of a kind not asked for': (n) => ({ inline_query: { id: `i${nextMessage++}`, from: personOf(n), query: 'lamp', offset: '' } }),
};
const edited: { id: number; of: number }[] = [];

const lines = Array.from({ length: connections }, () => new Line(server.url, { 'x-telegram-bot-api-secret-token': secret }));
async function run(make: (n: number) => Dict, howMany: number): Promise<number> {
  const bodies = Array.from({ length: howMany }, (_, n) => JSON.stringify({ update_id: nextUpdate++, ...make(n) }));
  const started = performance.now();
  await each(howMany, lines.length, (i, who) => lines[who]!.post(PATH, bodies[i]!));
  return (howMany * 1000) / (performance.now() - started);
}

const fetched = (): Promise<unknown> => until('all files are there', () => Number(server.query("SELECT count(*) FROM file WHERE state = 'pending'")[0]) === 0, 300_000);
await run((n) => {
  const text = message(n, { text: 'Hello' });
  edited.push({ id: text['message_id'], of: n });
  return { message: text };
}, customers);

const rates = new Map<string, number[]>(Object.keys(bare).map((kind) => [kind, []]));
for (let round = 0; round < rounds; round++)
  for (const [kind, make] of Object.entries(bare)) {
    rates.get(kind)!.push(await run(make, count));
    await fetched();
  }
console.log(`${cpus().length} processors; ${count} updates of ${customers} customers by ${connections} connections, ${rounds} rounds: median (least, most) a second`);
for (const [kind, all] of rates) {
  all.sort((a, b) => a - b);
  const show = (n: number): string => n.toLocaleString('en-US', { maximumFractionDigits: 0 }).padStart(7);
  console.log(`${kind.padEnd(32)}${show(all[Math.floor(all.length / 2)]!)}   (${show(all[0]!)}, ${show(all.at(-1)!)})`);
}
lines.forEach((line) => line.close());
await server.stop();
await sim.stop();

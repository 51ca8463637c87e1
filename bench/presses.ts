// How fast a press of a button is answered: presses of many customers at a steady rate, by webhook and by polling; from the
// press to the answerCallbackQuery that arrives at the simulated Telegram. Every press is committed before it is answered.
// Measures the binary SWITCHBOARD_BINARY. It only prints figures and never fails because of one.
import { parseArgs } from 'node:util';
import { pause, Server, until } from '../tests/harness/server.ts';
import { Simulator } from '../tests/telegram/client.ts';

const { values } = parseArgs({ options: { rate: { type: 'string', default: '200' }, seconds: { type: 'string', default: '15' }, customers: { type: 'string', default: '200' } } });
const TOKEN = '123456:TEST';
const rate = Number(values.rate);
const count = rate * Number(values.seconds);

const percentile = (sorted: number[], p: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? NaN;

for (const webhook of [true, false]) {
  const sim = await Simulator.start({ tokens: [TOKEN] });
  const server = await Server.start({ telegram: sim.url, token: TOKEN, webhook, env: { LOG_LEVEL: 'error' } });
  const api = await server.signIn();
  await until('the bot is ok', async () => (await api.bot()).state === 'ok');
  const people: { id: number; message: number }[] = [];
  for (let i = 0; i < Number(values.customers); i++) {
    const who = await sim.customer({ first_name: `Customer ${i}` });
    await sim.text(who, 'Hello');
    const buttons = ['a', 'b', 'c', 'd'].map((data) => ({ text: data, callback_data: data }));
    const { result } = (await sim.call(TOKEN, 'sendMessage', { chat_id: who.id, text: 'Well?', reply_markup: { inline_keyboard: [buttons] } })) as any;
    people.push({ id: who.id, message: result.message_id });
  }
  const pressedAt = new Map<string, number>();
  const begin = performance.now();
  const presses: Promise<void>[] = [];
  for (let n = 0; n < count; n++) {
    const late = begin + (n * 1000) / rate - performance.now();
    if (late > 1) await pause(late);
    const { id, message } = people[n % people.length]!;
    const started = Date.now();
    presses.push(sim.press(id, message, { data: 'abcd'[Math.floor(n / people.length) % 4] }).then((answer: any) => void pressedAt.set(answer.callback_query_id, started)));
  }
  await Promise.all(presses);
  const calls = await sim.waitMany(count, { method: 'answerCallbackQuery', timeout: 30 });
  const times = calls.flatMap(({ params, at }) => {
    const started = pressedAt.get(String(params['callback_query_id']));
    return started === undefined ? [] : [Date.parse(at) - started];
  }).sort((a, b) => a - b);
  console.log(`${webhook ? 'webhook' : 'polling'}: ${times.length} presses at ${rate}/s, answered after p50 ${percentile(times, 0.5)} ms, p99 ${percentile(times, 0.99)} ms, longest ${percentile(times, 1)} ms`);
  await server.stop();
  await sim.stop();
}

// Updates by webhook: the secret, the confirmation after the commit, redelivery.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { once } from 'node:events';
import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import type { Bot, BotWebhook } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { engines, freePort, Server, until } from '../harness/server.ts';
import { Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';

/** A proxy in front of the server: passes connections on, or is shut like a closed port. */
class Gate {
  port = 0;
  passed = 0;
  readonly own: number;
  private server: NetServer | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(own: number) {
    this.own = own;
  }

  static async open(): Promise<Gate> {
    const gate = new Gate(await freePort());
    await gate.admit();
    return gate;
  }

  get url(): string {
    return `http://127.0.0.1:${this.own}`;
  }

  async admit(): Promise<void> {
    this.server = createServer((from) => {
      this.passed++;
      const to = connect(this.port, '127.0.0.1');
      for (const [one, other] of [[from, to], [to, from]] as const) {
        this.sockets.add(one);
        one.on('error', () => other.destroy()).on('close', () => this.sockets.delete(one)).pipe(other);
      }
    }).listen(this.own, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async shut(): Promise<void> {
    if (!this.server) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server = undefined;
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

for (const engine of engines) {
  describe(`the webhook on ${engine}`, () => {
    let sim: Simulator;
    let server: Server;
    let api: Api;

    before(async () => {
      sim = await Simulator.start({ tokens: [TOKEN], strict: true, local: true });
      await sim.settings({ webhook_retry_ms: 100, webhook_retry_max_ms: 500 });
      server = await Server.start({ engine, telegram: sim.url, token: TOKEN, webhook: true });
      api = await server.signIn();
      await until('the webhook is set', async () => ((await sim.bot(TOKEN))['webhook'] as any)?.url);
    });
    after(async () => {
      await server?.stop();
      await sim?.stop();
    });

    const post = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${server.url}/webhook/telegram`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

    test('a message comes by webhook', async () => {
      const ann = await sim.customer({ first_name: 'Annelise' });
      await sim.text(ann, 'by webhook');
      const list = await until('the conversation', async () => (await api.conversations('?status=all')).data[0]);
      assert.equal(list.last_message?.preview, 'by webhook');
      assert.equal((await api.bot()).mode, 'webhook');
    });

    test('a request without the secret or with a wrong one is refused and not kept', async () => {
      const update = JSON.stringify({ update_id: 1, message: { message_id: 1, date: 1, chat: { id: 5, type: 'private', first_name: 'X' }, from: { id: 5, is_bot: false, first_name: 'X' }, text: 'forged' } });
      for (const headers of [{}, { 'x-telegram-bot-api-secret-token': 'guess' }] as Record<string, string>[]) {
        const { status } = await post(update, headers);
        assert.ok(status === 401 || status === 403, String(status));
      }
      assert.ok(!(await api.conversations('?status=all')).data.some((c) => c.last_message?.preview === 'forged'));
    });

    test('nobody learns which bots there are: a wrong secret, an unknown bot and a desk without bots get one answer', async () => {
      const bare = await Server.start({ engine });
      const answers = new Set<string>();
      try {
        for (const base of [server.url, bare.url])
          for (const path of ['/webhook/telegram', '/webhook/telegram/123456', '/webhook/telegram/5'])
            for (const body of ['', '{', '{"update_id":1}', '\0', '"' + 'x'.repeat(100_000) + '"'])
              for (const headers of [{}, { 'x-telegram-bot-api-secret-token': 'guess' }] as Record<string, string>[]) {
                const answer = await fetch(base + path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
                answers.add(`${answer.status} ${await answer.text()}`);
              }
      } finally {
        await bare.stop();
      }
      assert.equal(answers.size, 1, [...answers].join('\n'));
      assert.match([...answers][0]!, /^403 .*"forbidden"/);
    });

    test('an update that is delivered again after its success does nothing', async () => {
      await sim.fault({ kind: 'duplicate_updates', count: 5 });
      const bea = await sim.customer({ first_name: 'Beatrix' });
      for (let i = 0; i < 5; i++) await sim.text(bea, `twice ${i}`);
      const conversation = await until('five', async () => (await api.conversations('?status=all&q=Beatrix')).data.find((c) => c.inbound_count === 5));
      assert.deepEqual((await api.history(conversation.id)).map((m) => m.text), [0, 1, 2, 3, 4].map((i) => `twice ${i}`));
    });

    test('updates that were sent while the server was down arrive afterwards', async () => {
      const cat = await sim.customer({ first_name: 'Catrina' });
      await server.kill();
      for (let i = 0; i < 10; i++) await sim.text(cat, `missed ${i}`);
      await server.run();
      const conversation = await until('ten', async () => (await api.conversations('?status=all&q=Catrina')).data.find((c) => c.inbound_count === 10), 20_000);
      assert.deepEqual((await api.history(conversation.id)).map((m) => m.text), Array.from({ length: 10 }, (_, i) => `missed ${i}`));
    });

    test('a burst of 2,000 from 50 customers is stored exactly once, in order', async () => {
      await sim.burst({ count: 2000, customers: 50, text: 'burst {n}' });
      await until('all are confirmed', async () => {
        const bot = await sim.bot(TOKEN);
        return (bot['pending_updates'] ?? (bot['webhook'] as any)?.pending_update_count) === 0;
      }, 60_000);
      const conversations = (await api.everyConversation()).filter((c) => c.last_message?.preview.startsWith('burst'));
      assert.equal(conversations.length, 50);
      let total = 0;
      for (const conversation of conversations) {
        const numbers = (await api.history(conversation.id)).map((m) => Number(m.text.slice(6)));
        assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
        assert.equal(new Set(numbers).size, numbers.length);
        total += numbers.length;
      }
      assert.equal(total, 2000);
    });
  });
}

test('a webhook that asks for other updates is named by doctor and set again', async () => {
  const sim = await Simulator.start({ tokens: [TOKEN], strict: true, local: true });
  await sim.settings({ webhook_retry_ms: 100, webhook_retry_max_ms: 500 });
  const server = await Server.start({ telegram: sim.url, token: TOKEN, webhook: true });
  try {
    const api = await server.signIn();
    const webhook = async (): Promise<any> => (await sim.bot(TOKEN))['webhook'];
    const url = await until('the webhook is set', async () => (await webhook())?.url);
    const wanted: string[] = (await webhook()).allowed_updates;
    assert.ok(wanted.includes('callback_query') && !wanted.includes('inline_query'), String(wanted));
    assert.match(server.command('doctor').output, /^ok +webhook: set/m);
    assert.equal((await sim.call(TOKEN, 'setWebhook', { url, allowed_updates: ['message'] })).ok, true);
    assert.match(server.command('doctor').output, /^WRONG webhook: it asks Telegram for other kinds of update/m);
    await until('the server sets it again', async () => (await webhook()).allowed_updates?.length === wanted.length, 90_000);
    await sim.text(await sim.customer({ first_name: 'Annelise' }), 'after the repair');
    await until('the conversation', async () => (await api.conversations('?status=all')).data[0]);
  } finally {
    await server.stop();
    await sim.stop();
  }
});

// The database has no part in it but storing one flag, so SQLite alone.
test('a webhook that Telegram does not reach is given up for polling, and comes back by itself', async () => {
  const sim = await Simulator.start({ tokens: [TOKEN], strict: true, local: true });
  await sim.settings({ webhook_retry_ms: 100, webhook_retry_max_ms: 500 });
  const gate = await Gate.open();
  const server = await Server.start({ telegram: sim.url, token: TOKEN, webhook: true, env: { TELEGRAM_WEBHOOK_URL: gate.url } });
  gate.port = server.port;
  try {
    const api = await server.signIn();
    const id = 123456;
    const bot = (): Promise<Bot> => api.call('GET', `/api/bots/${id}`);
    const shown = (): Promise<BotWebhook> => api.call('GET', `/api/bots/${id}/webhook`);
    const who = await sim.customer({ first_name: 'Greta' });
    const heard = (text: string): Promise<unknown> =>
      until(`"${text}" is heard`, async () => (await api.conversations('?status=all')).data[0]?.last_message?.preview === text);
    await sim.text(who, 'by webhook');
    await heard('by webhook');
    assert.deepEqual([(await bot()).mode, (await bot()).fallback], ['webhook', false]);
    assert.deepEqual(await shown(), { url: `${gate.url}/webhook/telegram`, wanted_url: `${gate.url}/webhook/telegram`, ours: true, pending: 0, last_error: null, last_error_at: null });

    await gate.shut();
    await sim.text(who, 'nobody hears this yet');
    await until('Telegram reports it', async () => (await shown()).last_error !== null);
    const trouble = await shown();
    assert.deepEqual([trouble.pending, trouble.last_error], [1, 'Connection refused']);
    assert.ok(Math.abs(Date.parse(trouble.last_error_at!) - Date.now()) < 60_000);
    await api.call('POST', `/api/bots/${id}/repair`); // looks at once; the webhook is still broken
    await heard('nobody hears this yet');
    const fallen = await until('it polls', async () => (await bot()).fallback && bot());
    assert.deepEqual([fallen.state, fallen.mode, fallen.error], ['ok', 'polling', 'Telegram cannot deliver to the webhook: Connection refused']);
    assert.deepEqual([(await shown()).url, (await shown()).wanted_url], [null, `${gate.url}/webhook/telegram`]);
    assert.match(server.command('doctor').output, /^WRONG webhook: Telegram cannot deliver to the webhook: Connection refused Updates come by polling/m);

    await gate.admit();
    await until('the webhook is set again', async () => (await bot()).mode === 'webhook' && (await shown()).ours);
    const before = gate.passed;
    await sim.text(who, 'by webhook again');
    await heard('by webhook again');
    assert.ok(gate.passed > before, 'through the gate');
    assert.deepEqual([(await bot()).error, (await bot()).fallback], [null, false]);

    await api.call('PATCH', `/api/bots/${id}`, { updates: 'polling' });
    await until('it polls for good', async () => (await sim.bot(TOKEN))['polling']);
    assert.deepEqual([(await bot()).mode, (await bot()).fallback, (await bot()).settings!.updates], ['polling', false, 'polling']);
    await sim.text(who, 'by polling');
    await heard('by polling');
    assert.match(server.command('doctor').output, /^ok +webhook: none, updates come by long polling/m);

    await gate.shut();
    await api.call('PATCH', `/api/bots/${id}`, { updates: 'webhook' });
    await until('the webhook is set', async () => (await shown()).ours);
    await sim.text(who, 'waits for the webhook');
    await until('it is said', async () => (await bot()).state === 'unreachable');
    assert.deepEqual([(await bot()).mode, (await bot()).error], ['webhook', 'Telegram cannot deliver to the webhook: Connection refused']);
    const last = await sim.lastCall();
    const repair = server.command('doctor', '--repair').output;
    assert.match(repair, /^WRONG webhook: Telegram could not deliver: Connection refused \(1 updates wait; the last try: /m);
    assert.match(repair, /^note +webhook: the running server sets it up again/m);
    await sim.waitMany(1, { method: 'setWebhook', after: last, timeout: 30 });
    await gate.admit();
    await heard('waits for the webhook');
    await until('it is well', async () => (await bot()).state === 'ok');
    assert.equal((await api.refusal('PATCH', `/api/bots/${id}`, { updates: 'pigeon' })).code, 'invalid_field');
    assert.equal((await api.refusal('GET', '/api/bots/5/webhook')).code, 'not_found');
    assert.equal((await api.refusal('POST', '/api/bots/5/repair')).code, 'not_found');
    assert.deepEqual((await api.history((await api.conversations('?status=all')).data[0]!.id)).map((m) => m.text),
      ['by webhook', 'nobody hears this yet', 'by webhook again', 'by polling', 'waits for the webhook']);
    assert.deepEqual(await sim.violations(), []);
  } finally {
    await server.stop();
    await sim.stop();
    await gate.shut();
  }
});

test('a webhook address that Telegram refuses leaves the bot polling, and fixing the webhook needs one', async () => {
  const sim = await Simulator.start({ tokens: [TOKEN] });
  await sim.fault({ kind: 'status', method: 'setWebhook', code: 400, description: 'Bad Request: bad webhook: HTTPS URL must be provided for webhook' });
  const server = await Server.start({ telegram: sim.url, token: TOKEN, webhook: true });
  const bare = await Server.start({ telegram: sim.url, token: TOKEN, env: { TELEGRAM_BOT_TOKEN: '' } });
  try {
    const api = await server.signIn();
    const bot = await until('it polls', async () => {
      const now = await api.bot();
      return now.fallback && now.state === 'ok' && now;
    });
    assert.match(bot.error!, /^Telegram refuses the webhook: .*HTTPS URL must be provided/);
    await sim.text(await sim.customer({ first_name: 'Hugo' }), 'heard all the same');
    await until('it is heard', async () => (await api.conversations('?status=all')).data[0]?.last_message?.preview === 'heard all the same');
    const other = await bare.signIn();
    await sim.addBot({ token: '777001:SECOND', username: 'second_bot', first_name: 'Second' });
    await other.call('POST', '/api/bots', { token: '777001:SECOND' });
    const refused = await other.refusal('PATCH', '/api/bots/777001', { updates: 'webhook' });
    assert.deepEqual([refused.code, refused.field], ['invalid_field', 'updates']);
    assert.match(refused.message, /TELEGRAM_WEBHOOK_URL/);
  } finally {
    await server.stop();
    await bare.stop();
    await sim.stop();
  }
});

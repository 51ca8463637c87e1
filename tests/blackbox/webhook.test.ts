// Updates by webhook: the secret, the confirmation after the commit, redelivery.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';

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

    test('without a bot the routes answer 404 for any body', async () => {
      const bare = await Server.start({ engine });
      try {
        for (const path of ['/webhook/telegram', '/webhook/telegram/123456'])
          for (const body of ['', '{', '[]', '{"update_id":1}', '\0', '"' + 'x'.repeat(100_000) + '"'])
            for (const headers of [{}, { 'x-telegram-bot-api-secret-token': 'guess' }] as Record<string, string>[]) {
              const answer = await fetch(bare.url + path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
              assert.equal(answer.status, 404, `${path} ${body.slice(0, 20)}`);
              assert.equal(((await answer.json()) as any).error.code, 'not_found');
            }
      } finally {
        await bare.stop();
      }
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

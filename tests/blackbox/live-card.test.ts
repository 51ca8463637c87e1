// The live card, black box: one message in the customer's chat that shows the state of their conversation, edited in place; its button
// acts as the customer; by polling and by webhook.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Conversation } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { type Customer, Simulator, type TranscriptLine } from '../telegram/client.ts';

const TOKEN = '123456:TEST';

for (const engine of engines) {
  const webhook = engine === 'postgres';
  describe(`live cards on ${engine}, ${webhook ? 'by webhook' : 'by polling'}`, () => {
    let sim: Simulator;
    let server: Server;
    let api: Api;

    const cards = async (who: Customer): Promise<TranscriptLine[]> =>
      (await sim.transcript(who.id)).messages.filter((m) => m.side === 'bot' && !m.deleted && (m.buttons ?? []).flat().some((b) => String(b['callback_data']).startsWith('desk:card:')));
    const shows = (who: Customer, words: RegExp): Promise<TranscriptLine> => until(`${who.first_name} sees ${words}`, async () => {
      const list = await cards(who);
      assert.ok(list.length <= 1, 'never two');
      return list.find((m) => words.test(m.text));
    });
    const writes = async (first_name: string, language_code = 'en'): Promise<{ who: Customer; id: number }> => {
      const who = await sim.customer({ first_name, language_code });
      await sim.text(who, `I am ${first_name}`);
      const row = await until(first_name, async () => (await api.everyConversation()).find((c: Conversation) => c.customer.name === first_name));
      return { who, id: row.id };
    };

    before(async () => {
      sim = await Simulator.start({ tokens: [TOKEN], strict: true });
      server = await Server.start({ engine, telegram: sim.url, token: TOKEN, webhook });
      api = await server.signIn();
      await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    });
    after(async () => {
      await server?.stop();
      await sim?.stop();
    });

    test('off until an administrator switches it on for the bot', async () => {
      assert.deepEqual(await api.call('GET', '/api/bots/123456/card'), { enabled: false });
      const { id } = await writes('Zoe');
      await api.reply(id, { text: 'hello' });
      assert.equal((await api.refusal('GET', '/api/bots/99/card')).status, 404);
      assert.equal((await api.refusal('PUT', '/api/bots/123456/card', { enabled: true, more: 1 })).field, 'more');
      await api.call('POST', '/api/operators', { login: 'olga', name: 'Olga', role: 'operator', password: 'a plain long password' });
      const olga = await server.signIn({ login: 'olga', password: 'a plain long password' });
      assert.equal((await olga.refusal('PUT', '/api/bots/123456/card', { enabled: true })).status, 403);
      assert.deepEqual(await api.call('PUT', '/api/bots/123456/card', { enabled: true }), { enabled: true });
      assert.equal(server.query("SELECT count(*) FROM job WHERE kind = 'outbox.card'")[0], '0');
      await api.act(id, 'close');
    });

    test('one message through the life of a conversation; its button acts as the customer', async () => {
      const spam = await writes('Spammer'); // takes no place in the queue
      await api.act(spam.id, 'spam', { spam: true });
      const { who, id } = await writes('Ada');
      const first = await shows(who, /^🕐 Your message has arrived\. You are next/);
      assert.equal(first.message['disable_notification'] ?? true, true);
      const second = await writes('Boris', 'ru');
      await shows(second.who, /Ваше место в очереди: 2/);
      await api.act(id, 'take');
      const owner = (await api.me()).operator.name;
      assert.ok((await shows(who, /is helping you/)).text.includes(owner));
      // Many changes at once are one edit, and an answer does not wait for it.
      const before = await sim.lastCall();
      for (let i = 0; i < 3; i++) {
        await api.call('PATCH', `/api/conversations/${id}`, { assignee_id: null });
        await api.act(id, 'take');
      }
      await api.reply(id, { text: 'here is your answer' });
      await sim.wait({ method: 'sendMessage', chat: who.id, after: before, contains: 'here is your answer' });
      await api.act(id, 'close');
      const closed = await shows(who, /^✅ This conversation is closed/);
      assert.equal(closed.message_id, first.message_id, 'the same message');
      const edits = (await sim.calls({ method: 'editMessageText', chat: who.id, after: before })).length;
      assert.ok(edits <= 3, `${edits} edits for eight changes`);
      // Reopened by the customer, it waits for anybody; closed by them, the history says who did it.
      const pressed = await sim.lastCall();
      await sim.press(who, closed.message_id, { text: 'Open again' });
      const answer = await sim.wait({ method: 'answerCallbackQuery', after: pressed });
      assert.equal(answer.params['text'], 'The conversation is open again.');
      const open = await api.conversation(id);
      assert.deepEqual([open.status, open.assignee_id], ['waiting', null]);
      const waits = await shows(who, /^🕐/);
      await sim.press(who, waits.message_id, { text: 'Close the conversation' });
      await until('it is closed', async () => (await api.conversation(id)).status === 'closed');
      const last = (await api.history(id)).at(-1)!;
      assert.deepEqual([last.action, last.actor], ['closed', 'customer']);
      await shows(who, /^✅/);
      // Whoever presses on and on is stopped.
      for (let i = 0; i < 12; i++) await sim.press(who, closed.message_id, { data: i % 2 ? 'desk:card:close' : 'desk:card:reopen' });
      await until('too many', async () => (await sim.calls({ method: 'answerCallbackQuery', after: pressed })).some((c) => /^Too many presses/.test(String(c.params['text']))));
    });

    test('deleted in the chat it is made anew; the place moves up by itself; blocked, nothing is sent', async () => {
      const boris = (await api.everyConversation()).find((c: Conversation) => c.customer.name === 'Boris')!;
      const who = { id: Number(boris.customer.external_id), first_name: 'Boris' } as Customer;
      const card = (await cards(who))[0]!;
      // The first in the queue is gone, and nothing else has happened to Boris: his card looks again by itself.
      server.query("UPDATE job SET due_at = 1 WHERE kind = 'outbox.card'");
      await api.act(boris.id, 'read'); // the server looks at its queue after a write of its own
      await shows(who, /Ваша очередь следующая/);
      await sim.call(TOKEN, 'deleteMessage', { chat_id: who.id, message_id: card.message_id });
      await api.act(boris.id, 'take');
      assert.notEqual((await shows(who, /отвечает вам/)).message_id, card.message_id);
      await sim.block(who);
      await until('the desk knows', async () => (await api.conversation(boris.id)).customer.blocked);
      const before = await sim.lastCall();
      await api.act(boris.id, 'close');
      await until('nothing waits', () => server.query(`SELECT count(*) FROM job WHERE kind = 'outbox.card' AND lane LIKE '%/${who.id}/%'`)[0] === '0');
      assert.equal((await sim.calls({ chat: who.id, after: before })).length, 0);
      assert.deepEqual(await sim.violations(), []);
    });
  });
}

// What customers do besides writing: they press buttons, react, edit; by polling and by webhook, on both databases.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Message } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';

const ways = engines.flatMap((engine) => [{ engine, webhook: false }, { engine, webhook: true }]);

for (const { engine, webhook } of ways) {
  describe(`what customers do on ${engine}, by ${webhook ? 'webhook' : 'polling'}`, () => {
    let sim: Simulator;
    let server: Server;
    let api: Api;

    before(async () => {
      sim = await Simulator.start({ tokens: [TOKEN], strict: true });
      server = await Server.start({ engine, telegram: sim.url, token: TOKEN, webhook, env: { FLOOD_MESSAGES: '20' } });
      api = await server.signIn();
      await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    });
    after(async () => {
      const violations = await sim?.violations();
      await server?.stop();
      await sim?.stop();
      assert.deepEqual(violations, []);
    });

    /** A customer who was answered; the answer's id at Telegram has two buttons under it. */
    async function asked(first_name: string, language_code: string): Promise<{ who: Customer; id: number; question: number }> {
      const who = await sim.customer({ first_name, language_code });
      await sim.text(who, 'Hello');
      const id = await until('the conversation', async () => (await api.conversations('?status=all&limit=100')).data.find((c) => c.customer.name === first_name)?.id);
      await api.reply(id, { text: 'Shall we send it again?' });
      const question = await until('the answer', async () => (await sim.transcript(who.id)).messages.find(({ side }) => side === 'bot')?.message_id);
      await keyboard(who, question, [['Yes', 'yes'], ['No, thanks', 'no']]);
      await until('it is sent', async () => (await api.history(id)).some(({ delivery }) => delivery === 'sent'));
      return { who, id, question };
    }

    const keyboard = (who: Customer, message_id: number, buttons: [string, string][]): Promise<unknown> =>
      sim.call(TOKEN, 'editMessageReplyMarkup', { chat_id: who.id, message_id, reply_markup: { inline_keyboard: [buttons.map(([text, callback_data]) => ({ text, callback_data }))] } });

    /** Presses, and gives the answer that the bot makes to it. */
    async function pressed(who: Customer, message: number, button: Record<string, unknown>): Promise<any> {
      const { callback_query_id } = await sim.press(who, message, button) as any;
      const call = await sim.wait({ method: 'answerCallbackQuery', contains: callback_query_id, timeout: 30 });
      assert.equal(call.ok, true);
      return call.params;
    }

    const presses = async (id: number): Promise<Message[]> => (await api.history(id)).filter(({ kind }) => kind === 'press');

    test('a press is a message of the customer, and answered at once', async () => {
      const { who, id, question } = await asked('Paula', 'en');
      await api.act(id, 'close');
      const answer = await pressed(who, question, { text: 'No, thanks' });
      assert.equal(answer.text, 'Got it');
      const [line] = await until('the line', async () => { const all = await presses(id); return all.length > 0 && all; });
      assert.deepEqual([line?.direction, line?.text, line?.press, line?.reply_to?.preview], ['in', 'No, thanks', { data: 'no', stale: false }, 'Shall we send it again?']);
      const conversation = await api.conversation(id);
      assert.deepEqual([conversation.status, conversation.inbound_count, conversation.last_message?.preview], ['waiting', 2, 'No, thanks']);
    });

    test('a second press of the same button is explained in the customer’s language and is no second answer', async () => {
      const { who, id, question } = await asked('Вера', 'ru');
      assert.equal((await pressed(who, question, { text: 'Yes' })).text, 'Принято');
      assert.equal((await pressed(who, question, { text: 'Yes' })).text, 'Вы уже нажали эту кнопку.');
      assert.equal((await presses(id)).length, 1);
      await pressed(who, question, { text: 'No, thanks' });
      assert.deepEqual((await presses(id)).map(({ text }) => text), ['Yes', 'No, thanks']);
    });

    test('a press of a button that is gone is explained, and shown as such', async () => {
      const { who, id, question } = await asked('Stella', 'en');
      await keyboard(who, question, [['Call me', 'call']]);
      const answer = await pressed(who, question, { data: 'yes' });
      assert.match(answer.text, /out of date/);
      assert.equal(String(answer.show_alert), 'true');
      assert.match((await pressed(who, question, { data: 'call', inaccessible: true })).text, /out of date/);
      assert.deepEqual((await presses(id)).map(({ press }) => press?.stale), [true, true]);
    });

    test('a press in a group ends its spinner and stays out of the desk', async () => {
      const { who } = await asked('Greta', 'en');
      const group = await sim.group({ members: [who.id] });
      const { result } = await sim.call(TOKEN, 'sendMessage', { chat_id: group['id'], text: 'x', reply_markup: { inline_keyboard: [[{ text: 'A', callback_data: 'a' }]] } }) as any;
      const answer = await pressed(who, result.message_id, { chat: group['id'], text: 'A' });
      assert.equal(answer.text, undefined);
    });

    test('an answer that Telegram refuses or does not take harms nothing', async () => {
      const { who, id, question } = await asked('Oskar', 'en');
      await sim.fault({ kind: 'status', method: 'answerCallbackQuery', code: 400, description: 'Bad Request: query is too old and response timeout expired or query ID is invalid', count: 1 });
      await sim.press(who, question, { text: 'Yes' });
      await until('the line', async () => (await presses(id)).length === 1);
      await sim.fault({ kind: 'drop_request', method: 'answerCallbackQuery', count: 1 });
      await sim.press(who, question, { text: 'No, thanks' });
      await until('the second line', async () => (await presses(id)).length === 2);
      assert.equal((await api.bot()).state, 'ok');
    });

    test('reactions come, change and go, and move nothing', async () => {
      const { who, id, question } = await asked('Rosa', 'en');
      const before = await api.conversation(id);
      const reactions = async (): Promise<unknown> => (await api.history(id)).find(({ direction }) => direction === 'out')?.reactions;
      const are = (expected: string[]): Promise<unknown> =>
        until(`reactions ${expected.join()}`, async () => JSON.stringify((await reactions()) ?? []) === JSON.stringify(expected.map((emoji) => ({ by: 'customer', emoji }))));
      await sim.react(who, question, { emoji: '👍' });
      await are(['👍']);
      await sim.react(who, question, { emojis: ['🔥', '❤'] });
      await are(['🔥', '❤']);
      await sim.react(who, question, { custom_emoji_id: '5368324170671202286' });
      await are(['⭐']);
      await sim.react(who, question);
      await are([]);
      const now = await api.conversation(id);
      assert.deepEqual([now.status, now.inbound_count, now.updated_at, now.last_message], [before.status, before.inbound_count, before.updated_at, before.last_message]);
    });

    const customerOf = async (id: number): Promise<any> => (await api.conversation(id)).customer;
    const conversationOf = (first_name: string): Promise<number> =>
      until(`a conversation of ${first_name}`, async () => (await api.conversations('?status=all&limit=100')).data.find((c) => c.customer.name === first_name)?.id);

    test('a link’s payload names the source, and conditions find by it', async () => {
      await api.call('POST', '/api/sources/import', { sources: [{ payload: 'ads', name: 'Ads', tag: 'paid' }, { payload: 'ads_de', name: 'German ads', language: 'ru' }] });
      const lena = await sim.customer({ first_name: 'Lena', language_code: 'en' });
      await sim.start(lena, 'ads_de_42');
      const id = await conversationOf('Lena');
      const customer = await customerOf(id);
      assert.deepEqual([customer.source, customer.source_tag, customer.start_payload, customer.language], ['German ads', undefined, 'ads_de_42', 'ru']);
      await sim.text(lena, 'Hello');
      await until('her message', async () => (await api.conversation(id)).inbound_count === 1);
      assert.equal((await customerOf(id)).language, 'ru', 'the app’s language does not replace the source’s');
      const filter = encodeURIComponent(JSON.stringify({ field: 'source', op: 'is', value: 'German ads' }));
      assert.deepEqual((await api.conversations(`?status=all&filter=${filter}`)).data.map((c) => c.id), [id]);
      const paula = await sim.customer({ first_name: 'Paul', language_code: 'en' });
      await sim.start(paula, 'ads_7');
      const paid = await conversationOf('Paul');
      const tag = encodeURIComponent(JSON.stringify({ field: 'source_tag', op: 'is', value: 'paid' }));
      assert.deepEqual((await api.conversations(`?status=all&filter=${tag}`)).data.map((c) => c.id), [paid]);
    });

    test('the table of sources: adding, changing, removing, and what is refused', async () => {
      const made = await api.call('POST', '/api/sources', { payload: 'site', name: 'Site', tag: '', language: null });
      assert.deepEqual([made.payload, made.name, made.language], ['site', 'Site', null]);
      assert.equal((await api.refusal('POST', '/api/sources', { payload: 'site', name: 'Again' })).code, 'conflict');
      assert.equal((await api.refusal('POST', '/api/sources', { payload: 'a b', name: 'X' })).field, 'payload');
      assert.equal((await api.refusal('POST', '/api/sources', { payload: 'x'.repeat(65), name: 'X' })).field, 'payload');
      assert.equal((await api.refusal('POST', '/api/sources', { payload: 'x', name: ' ' })).field, 'name');
      assert.equal((await api.refusal('POST', '/api/sources', { payload: 'x', name: 'X', language: 'English please' })).field, 'language');
      assert.equal((await api.refusal('POST', '/api/sources', { payload: 'x', name: 'X', nmae: 'X' })).field, 'nmae');
      await api.call('PATCH', `/api/sources/${made.id}`, { payload: 'site_', name: 'Our site' });
      assert.equal((await api.refusal('PATCH', '/api/sources/999999', { payload: 'y', name: 'Y' })).code, 'not_found');
      const rows = Array.from({ length: 3 }, (_v, i) => ({ payload: i === 2 ? 'bad payload' : `bulk${i}`, name: 'Bulk' }));
      assert.equal((await api.refusal('POST', '/api/sources/import', { sources: rows })).field, 'sources[2].payload');
      assert.ok(!(await api.call('GET', '/api/sources')).data.some((row: any) => row.payload === 'bulk0'), 'all or none');
      await api.call('DELETE', `/api/sources/${made.id}`);
      assert.equal((await api.refusal('DELETE', `/api/sources/${made.id}`)).code, 'not_found');
    });

    test('another name, username, language and premium are quiet lines', async () => {
      const who = await sim.customer({ first_name: 'Nadja', username: 'nadja', language_code: 'en' });
      await sim.text(who, 'One');
      const id = await conversationOf('Nadja');
      await sim.act(who, 'rename', { first_name: 'Nadja', last_name: 'K.', username: '', is_premium: true, language_code: 'de' });
      await sim.text(who, 'Two');
      await until('both', async () => (await api.conversation(id)).inbound_count === 2);
      const lines = (await api.history(id)).filter(({ direction }) => direction === 'system').map(({ action, text }) => [action, text]);
      assert.deepEqual(lines, [['renamed', 'Nadja\nNadja K.'], ['username', 'nadja\n'], ['premium', ''], ['language', 'en\nde']]);
      assert.deepEqual(((c) => [c.name, c.username, c.premium])(await customerOf(id)), ['Nadja K.', null, true]);
    });

    test('a flood goes to spam: stored whole, in no list but its own, and back with its unread messages', async () => {
      const who = await sim.customer({ first_name: 'Flora', language_code: 'en' });
      const words = Array.from({ length: 21 }, (_v, i) => `flood ${i}`);
      for (const text of words.slice(0, 20)) await sim.text(who, text);
      const id = await conversationOf('Flora');
      await until('twenty messages', async () => (await api.conversation(id)).inbound_count === 20);
      const counts = () => api.call('GET', '/api/conversations/counts');
      const [before, usual] = [await api.conversation(id), await counts()];
      assert.deepEqual([before.spam_at, usual.spam], [null, 0], 'twenty are not too many');
      await sim.text(who, words[20]!);
      await until('spam', async () => (await api.conversation(id)).spam_at !== null);
      const history = await api.history(id);
      assert.deepEqual(history.filter(({ direction }) => direction === 'in').map(({ text }) => text), words);
      assert.deepEqual(history.filter(({ action }) => action).map(({ action, operator_id }) => [action, operator_id]), [['spam', null]]);
      const spam = encodeURIComponent(JSON.stringify({ field: 'spam', op: 'is', value: true }));
      const listed = async (query: string): Promise<boolean> => (await api.conversations(`?limit=100${query}`)).data.some((c) => c.id === id);
      for (const query of ['', '&status=waiting', '&assignee=none', '&q=Flora']) assert.equal(await listed(query), false, query);
      assert.deepEqual((await api.conversations(`?filter=${spam}`)).data.map((c) => c.id), [id]);
      assert.deepEqual(((n) => [n.waiting, n.spam])(await counts()), [usual.waiting - 1, 1]);
      const stats = await api.call('GET', '/api/stats');
      assert.equal((await api.refusal('POST', `/api/conversations/${id}/spam`, {})).field, 'spam');
      assert.equal((await api.refusal('POST', '/api/conversations/999999/spam', { spam: true })).code, 'not_found');
      const back = await api.act(id, 'spam', { spam: false });
      assert.deepEqual([back.spam_at, back.status, back.inbound_count, back.read_count], [null, 'waiting', 21, 0]);
      assert.ok(await listed('&status=waiting'));
      assert.deepEqual(((n) => [n.waiting, n.spam])(await counts()), [usual.waiting, 0]);
      assert.equal((await api.call('GET', '/api/stats')).waiting, stats.waiting + 1);
      const [entry] = (await api.call('GET', '/api/audit')).data;
      assert.deepEqual([entry.action, entry.target, entry.actor_id], ['spam.cleared', `conversation:${id}`, api.operator.id]);
    });

    const meets = async (first_contact: string, texts: Record<string, string> = {}): Promise<void> => {
      const settings = (await api.call('PATCH', '/api/bots/123456', { first_contact, ...texts })).settings;
      assert.equal(settings.first_contact, first_contact);
    };
    const unproven = encodeURIComponent(JSON.stringify({ field: 'spam_reason', op: 'is', value: 'unproven' }));
    const heldOf = (name: string): Promise<number> =>
      until('the held conversation', async () => (await api.conversations(`?filter=${unproven}`)).data.find((c) => c.customer.name === name)?.id);
    /** The newest question that the customer has got. */
    const question = (who: Customer, text: RegExp): Promise<any> =>
      until(`a question ${text}`, async () => (await sim.transcript(who.id)).messages.filter(({ side }) => side === 'bot').findLast((m: any) => text.test(m.text ?? '')));
    const buttonsOf = (message: any): any[] => message.buttons.flat();

    test('a new customer presses a button before the desk sees them; nobody who is known is asked', async () => {
      const known = await asked('Konrad', 'en');
      await meets('button', { check_text_ru: 'Нажмите, пожалуйста:' });
      const who = await sim.customer({ first_name: 'Новичок', language_code: 'ru' });
      await sim.text(who, 'Один');
      await sim.text(who, 'Два');
      const id = await heldOf('Новичок');
      assert.ok(!(await api.conversations('?status=all&limit=100')).data.some((c) => c.id === id));
      const check = await question(who, /Нажмите, пожалуйста/);
      assert.match(buttonsOf(check)[0].callback_data, /^desk:contact:/, 'a callback that no client may use');
      assert.equal((await pressed(who, check.message_id, { text: 'Я не робот' })).text, 'Спасибо!');
      const conversation = await api.conversation(id);
      assert.deepEqual([conversation.status, conversation.spam_at, conversation.spam_reason, conversation.inbound_count], ['waiting', null, null, 2]);
      assert.deepEqual((await api.history(id)).filter(({ direction }) => direction === 'in').map(({ text }) => text), ['Один', 'Два']);
      await question(who, /Мы получили ваше сообщение/);
      assert.equal((await pressed(who, check.message_id, { text: 'Я не робот' })).text, 'Спасибо!');
      await sim.text(known.who, 'Me again');
      await until('it is stored', async () => (await api.conversation(known.id)).inbound_count === 2);
      assert.equal((await api.conversation(known.id)).spam_at, null);
      await meets('none', { check_text_ru: '' });
    });

    test('a sum: three wrong answers mean a wait; an operator lets the customer in', async () => {
      await meets('sum');
      const who = await sim.customer({ first_name: 'Otto', language_code: 'en' });
      await sim.text(who, 'Hello');
      const id = await heldOf('Otto');
      let before = 0;
      for (const expected of [/not quite/, /not quite/, /few minutes/]) {
        const asks = await until('a new question', async () => { const m = await question(who, /= \?/); return m.message_id > before && m; });
        before = asks.message_id;
        const [, one, other] = /(\d+) \+ (\d+) = \?/.exec(asks.text)!;
        const buttons = buttonsOf(asks);
        assert.equal(buttons.length, 6);
        assert.ok(buttons.some(({ text }) => text === String(Number(one) + Number(other))));
        const wrong = buttons.find(({ text }) => text !== String(Number(one) + Number(other)));
        assert.match((await pressed(who, asks.message_id, { text: wrong.text })).text, expected);
      }
      await question(who, /three wrong answers/);
      assert.equal((await api.conversation(id)).spam_reason, 'unproven');
      const back = await api.act(id, 'spam', { spam: false });
      assert.deepEqual([back.spam_reason, back.status, back.inbound_count], [null, 'waiting', 1]);
      assert.equal((await api.call('GET', '/api/audit')).data[0].action, 'customer.let_in');
      await meets('none');
      assert.equal((await api.refusal('PATCH', '/api/bots/123456', { first_contact: 'riddle' })).field, 'first_contact');
    });

    test('a blocked customer is stored, told once, and comes back with what they wrote', async () => {
      const { who, id } = await asked('Blake', 'en');
      await meets('none', { block_text: 'We have ended this conversation.' });
      const { customer } = await api.conversation(id);
      const counts = await api.call('GET', '/api/conversations/counts');
      // Callbacks of the desk's own begin with "desk:"; any other is a client's.
      assert.equal((await api.refusal('POST', `/api/conversations/${id}/messages`, { text: 'x', buttons: [[{ text: 'b', callback: 'desk:contact:1:1' }]] })).field, 'buttons');
      const blocked = await api.call('POST', `/api/customers/${customer.id}/block`);
      assert.deepEqual([blocked.banned_by, typeof blocked.banned_at, blocked.blocked], [api.operator.id, 'string', false]);
      for (const text of ['Why?', 'Answer me']) await sim.text(who, text);
      await until('they are stored', async () => (await api.conversation(id)).inbound_count === 3);
      await question(who, /ended this conversation/);
      const refused = await api.refusal('POST', `/api/conversations/${id}/spam`, { spam: false });
      assert.equal(refused.code, 'conflict');
      assert.equal((await api.call('GET', '/api/conversations/counts')).spam, counts.spam + 1);
      const open = await api.call('POST', `/api/customers/${customer.id}/unblock`);
      assert.equal(open.banned_at, undefined);
      const back = await api.conversation(id);
      assert.deepEqual([back.spam_at, back.inbound_count], [null, 3]);
      assert.equal((await sim.transcript(who.id)).messages.filter((m: any) => /ended/.test(m.text ?? '')).length, 1);
      const actions = (await api.history(id)).flatMap(({ action, operator_id }) => (action === 'banned' || action === 'unbanned' ? [[action, operator_id]] : []));
      assert.deepEqual(actions, [['banned', api.operator.id], ['unbanned', api.operator.id]]);
      assert.equal((await api.refusal('POST', '/api/customers/999999/block')).code, 'not_found');
      assert.deepEqual((await api.call('GET', '/api/audit')).data.slice(0, 2).map((e: any) => [e.action, e.target]),
        [['customer.unblocked', `customer:${customer.id}`], ['customer.blocked', `customer:${customer.id}`]]);
    });

    test('a blocked bot, an unblocked one and a deleted account are told apart', async () => {
      const { who, id } = await asked('Ulla', 'en');
      const actions = async (): Promise<unknown[]> => (await api.history(id)).flatMap(({ action }) => (action && action !== 'taken' ? [action] : []));
      const are = (...expected: string[]): Promise<unknown> => until(expected.join(), async () => JSON.stringify(await actions()) === JSON.stringify(expected));
      await sim.block(who);
      await are('blocked');
      await sim.unblock(who);
      await are('blocked', 'unblocked');
      await sim.deactivate(who);
      await api.reply(id, { text: 'Are you there?' });
      await are('blocked', 'unblocked', 'deactivated');
      assert.deepEqual(((c) => [c.blocked, c.deactivated])(await customerOf(id)), [true, true]);
    });
  });
}

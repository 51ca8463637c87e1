// What operators do to answers that exist: edits, deletions, pins and reactions reach Telegram in every state of the answer, once,
// whatever happens on the way; and what Telegram refuses is shown in words.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Conversation, Message } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { Screen } from '../harness/screen.ts';
import { engines, pause, Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

for (const engine of engines) {
  for (const mode of ['polling', 'webhook'] as const) {
    describe(`changes of answers, ${mode}, on ${engine}`, () => {
      let sim: Simulator;
      let server: Server;
      let api: Api;
      let screen: Screen;
      let who: Customer;
      let id: number;
      const open = async (): Promise<void> => {
        await until('the bot is ok', async () => (await api.bot()).state === 'ok');
        screen = await Screen.open(api);
      };
      before(async () => {
        sim = await Simulator.start({ tokens: [TOKEN], strict: true });
        server = await Server.start({ engine, telegram: sim.url, token: TOKEN, webhook: mode === 'webhook', env: { FAFF_RATE_LIMITS: 'off' } });
        api = await server.signIn();
        await open();
      });
      after(async () => {
        screen?.close();
        await server?.stop();
        await sim?.stop();
      });
      afterEach(() => sim.clearFaults());
      /** Each test has a customer of its own, so no pace is waited for. */
      const customer = async (name: string): Promise<void> => {
        who = await sim.customer({ first_name: name });
        await sim.text(who, `${name} is here`);
        id = (await until<Conversation>('the conversation', async () => (await api.everyConversation()).find((c) => c.customer.name === name))).id;
      };

      const path = (message: { id: number }, rest = ''): string => `/api/conversations/${id}/messages/${message.id}${rest}`;
      const edit = (message: { id: number }, body: unknown): Promise<Message> => api.call('PATCH', path(message), body);
      const now = async (message: { id: number }): Promise<Message> => (await api.history(id)).find((m) => m.id === message.id)!;
      const sent = (message: { id: number }): Promise<Message> => until('it is sent', async () => { const m = await now(message); return m.delivery === 'sent' && m; });
      const settled = (message: { id: number }): Promise<Message> => until('the change is settled', async () => { const m = await now(message); return m.change?.state !== 'queued' && m; });
      const seen = async (): Promise<string[]> => (await sim.transcript(who.id)).messages.filter((m) => m.side === 'bot').map((m) => m.text ?? '');
      const changes = async (after: number): Promise<string[]> => (await sim.calls({ after })).filter((c) => /^(edit|delete[MC]|setMessage|pin|unpin)/.test(c.method) && c.method !== 'deleteWebhook').map((c) => c.method);

      test('an edit of a sent answer reaches the customer, and the desk keeps the history', async () => {
        await customer('Edith');
        const message = await sent(await api.reply(id, { text: 'at five' }));
        assert.deepEqual(message.can, { edit: true, delete: true });
        const edited = await edit(message, { text: 'at six', entities: [{ type: 'bold', offset: 3, length: 3 }], buttons: [[{ text: 'Ok', callback: 'ok' }]] });
        assert.equal(edited.text, 'at six');
        assert.deepEqual(edited.change, { what: 'edit', state: 'queued', error: null });
        assert.ok(edited.edited_at);
        const done = await settled(message);
        assert.equal(done.change, undefined);
        assert.deepEqual(await seen(), ['at six']);
        const shown = (await sim.transcript(who.id)).messages.at(-1)!.message;
        assert.deepEqual(shown['entities'], [{ type: 'bold', offset: 3, length: 3 }]);
        assert.deepEqual(shown['reply_markup'], { inline_keyboard: [[{ text: 'Ok', callback_data: 'ok' }]] });
        const { data } = await api.call('GET', `/api/messages/${message.id}/edits`);
        assert.deepEqual(data.map((v: any) => [v.text, v.replaced_by]), [['at five', (await api.call('GET', '/api/auth/me')).operator.id]]);
        // Text alone: the buttons stay. Buttons alone: the text stays.
        await edit(message, { text: 'at seven' });
        await settled(message);
        assert.ok((await sim.transcript(who.id)).messages.at(-1)!.message['reply_markup']);
        await edit(message, { buttons: [] });
        await settled(message);
        assert.equal((await sim.transcript(who.id)).messages.at(-1)!.message['reply_markup'], undefined);
        assert.deepEqual(await seen(), ['at seven']);
        await screen.showsWhatAFreshOneShows();
      });

      test('a caption is edited, and emptied', async () => {
        await customer('Carla');
        const form = new FormData();
        form.append('files', new Blob([PIXEL]), 'a.png');
        form.append('text', 'look');
        const message = await sent(await api.reply(id, form));
        const after = await sim.lastCall();
        await edit(message, { text: 'look here' });
        await settled(message);
        await edit(message, { text: '' });
        assert.equal((await settled(message)).change, undefined);
        assert.deepEqual(await changes(after), ['editMessageCaption', 'editMessageCaption']);
        assert.equal((await sim.transcript(who.id)).messages.at(-1)!.message['caption'], undefined);
        assert.equal((await now(message)).files.length, 1);
      });

      test('an answer that was not sent yet is changed and withdrawn in place', async () => {
        await customer('Quentin');
        await sim.fault({ kind: 'status', method: 'sendMessage', chat: who.id, code: 429, retry_after: 3 });
        const one = await api.reply(id, { text: 'one' });
        const two = await api.reply(id, { text: 'two' });
        await until('it waits', async () => (await now(one)).retry_at !== undefined);
        const changed = await edit(one, { text: 'first' });
        assert.equal(changed.change, undefined);
        assert.equal(changed.edited_at, null);
        const withdrawn = await api.call<Message>('DELETE', path(two));
        assert.ok(withdrawn.deleted_at);
        assert.equal(withdrawn.delivery, null);
        assert.equal(withdrawn.can, undefined);
        await sim.clearFaults();
        await sent(one);
        await pause(300);
        assert.deepEqual(await seen(), ['first']);
        assert.equal((await now(two)).delivery, null);
        await screen.showsWhatAFreshOneShows();
      });

      test('an answer that could not be sent and was deleted stays unsent, whatever is retried', async () => {
        await customer('Frida');
        await sim.fault({ kind: 'status', method: 'sendMessage', chat: who.id, code: 400, description: 'Bad Request: there is no such thing' });
        const message = await api.reply(id, { text: 'better not' });
        await until('it has failed', async () => (await now(message)).delivery === 'failed');
        await sim.clearFaults();
        const letter = (await api.deadLetters()).find((one) => one.message.id === message.id)!;
        const withdrawn = await api.call<Message>('DELETE', path(message));
        assert.deepEqual([withdrawn.delivery, !!withdrawn.deleted_at], [null, true]);
        assert.equal((await api.deadLetters()).some((one) => one.message.id === message.id), false);
        assert.equal((await api.refusal('POST', `/api/dead-letters/${letter.id}/retry`)).status, 404);
        assert.equal((await api.refusal('POST', `/api/messages/${message.id}/retry`)).code, 'not_retryable');
        await sent(await api.reply(id, { text: 'the next one' }));
        assert.deepEqual(await seen(), ['the next one']);
      });

      test('an answer that may have arrived is neither changed nor withdrawn, not even while it is sent again', async () => {
        await customer('Ursula');
        await sim.fault({ kind: 'drop_response', method: 'sendMessage', chat: who.id, count: 1 });
        const message = await api.reply(id, { text: 'once' });
        await until('its arrival is not known', async () => (await now(message)).delivery === 'uncertain');
        const refused = async (): Promise<void> => {
          for (const failure of [await api.refusal('PATCH', path(message), { text: 'twice' }), await api.refusal('DELETE', path(message))]) {
            assert.equal(failure.code, 'not_changeable');
            assert.match(failure.message, /not known whether/);
          }
        };
        await refused();
        await sim.fault({ kind: 'status', method: 'sendMessage', chat: who.id, code: 400, description: 'Bad Request: there is no such thing', count: 1 });
        await sim.fault({ kind: 'status', method: 'sendMessage', chat: who.id, code: 429, retry_after: 2, count: 1 });
        const again = async (): Promise<unknown> => api.call('POST', `/api/messages/${message.id}/retry`);
        await again();
        await until('it has failed', async () => (await now(message)).delivery === 'failed');
        await refused();
        await again();
        await until('it waits', async () => (await sim.faults()).every((rule) => rule['fired'] > 0) && (await now(message)).delivery === 'queued');
        await refused();
        await sent(message);
        assert.deepEqual(await seen(), ['once', 'once']);
        await edit(message, { text: 'twice' });
        await settled(message);
        assert.deepEqual(await seen(), ['once', 'twice']);
      });

      test('an answer whose client_id looks like that of a part is refused, not taken for a repetition', async () => {
        await customer('Parta');
        const long = 'word '.repeat(1000);
        await sent(await api.reply(id, { text: long, client_id: 'P' }));
        const failure = await api.refusal('POST', `/api/conversations/${id}/messages`, { text: 'lost?', client_id: 'P#2' });
        assert.deepEqual([failure.status, failure.field], [400, 'client_id']);
        assert.equal((await sent(await api.reply(id, { text: 'not lost', client_id: 'P#2a' }))).text, 'not lost');
      });

      test('an edit while the answer is being sent follows it; of several edits only the last is sent', async () => {
        await customer('Lena');
        const slow = await sim.fault({ kind: 'late_response', method: 'sendMessage', chat: who.id, ms: 1500 });
        const message = await api.reply(id, { text: 'v1' });
        await until('it is being sent', async () => (await now(message)).delivery === 'sending');
        const after = await sim.lastCall();
        for (const text of ['v2', 'v3', 'v4']) await edit(message, { text });
        await sim.removeFault(slow['id'] as number);
        assert.equal((await settled(await sent(message))).change, undefined);
        assert.deepEqual(await seen(), ['v4']);
        assert.deepEqual(await changes(after), ['editMessageText']);
      });

      test('an edit during an edit is not lost', async () => {
        await customer('Dora');
        const message = await sent(await api.reply(id, { text: 'v1' }));
        const slow = await sim.fault({ kind: 'delay', method: 'editMessageText', ms: 1000, count: 1 });
        await edit(message, { text: 'v2' });
        await pause(400);
        await edit(message, { text: 'v3' });
        await sim.removeFault(slow['id'] as number).catch(() => undefined);
        await settled(message);
        assert.deepEqual(await seen(), ['v3']);
      });

      test('an edit whose answer is lost is repeated and settles, as does a deletion', async () => {
        await customer('Lotte');
        const message = await sent(await api.reply(id, { text: 'v1' }));
        await sim.fault({ kind: 'drop_response', method: 'editMessageText', chat: who.id, count: 1 });
        await edit(message, { text: 'v2' });
        assert.equal((await settled(message)).change, undefined);
        assert.deepEqual(await seen(), ['v2']);
        await sim.fault({ kind: 'drop_response', method: 'deleteMessage', chat: who.id, count: 1 });
        const asked = await api.call<Message>('DELETE', path(message));
        assert.deepEqual(asked.change, { what: 'delete', state: 'queued', error: null });
        const gone = await until('it is gone', async () => { const m = await now(message); return m.deleted_at ? m : undefined; });
        assert.equal(gone.text, 'v2');
        assert.equal(gone.change, undefined);
        assert.deepEqual(await seen(), []);
        assert.equal((await api.refusal('PATCH', path(message), { text: 'v3' })).code, 'not_changeable');
        await screen.showsWhatAFreshOneShows();
      });

      test('after kill -9 in the middle of an edit the customer has the new text', async () => {
        await customer('Kilian');
        const message = await sent(await api.reply(id, { text: 'v1' }));
        await sim.fault({ kind: 'late_response', method: 'editMessageText', chat: who.id, ms: 30_000 });
        await edit(message, { text: 'v2' });
        await sim.wait({ method: 'editMessageText', chat: who.id, timeout: 10 });
        screen.close();
        await server.kill();
        await sim.clearFaults();
        await server.run();
        api = await server.signIn();
        await open();
        assert.equal((await settled(message)).change, undefined);
        assert.deepEqual(await seen(), ['v2']);
      });

      test('nothing is changed while a deletion is on its way, and again when it was refused', async () => {
        await customer('Gia');
        const message = await sent(await api.reply(id, { text: 'v1' }));
        await sim.fault({ kind: 'status', method: 'deleteMessage', chat: who.id, code: 429, retry_after: 2, count: 1 });
        await sim.fault({ kind: 'status', method: 'deleteMessage', chat: who.id, code: 400, description: "Bad Request: message can't be deleted", count: 1 });
        await api.call('DELETE', path(message));
        for (const [method, rest, body] of [['PATCH', '', { text: 'v2' }], ['PUT', '/pin', { pinned: true }], ['PUT', '/reaction', { emoji: '👍' }]] as const)
          assert.equal((await api.refusal(method, path(message, rest), body)).code, 'not_changeable', method + rest);
        const waiting = await now(message);
        assert.deepEqual([waiting.text, waiting.pinned, waiting.reactions], ['v1', message.pinned, undefined]);
        assert.equal((await settled(message)).change?.state, 'failed');
        await edit(message, { text: 'v2' });
        await until('it is edited', async () => (await seen())[0] === 'v2');
      });

      test('what Telegram refuses is shown in words, and the same request tries again', async () => {
        await customer('Rita');
        const message = await sent(await api.reply(id, { text: 'v1' }));
        await sim.fault({ kind: 'status', method: 'editMessageText', chat: who.id, code: 400, description: "Bad Request: message can't be edited", count: 1 });
        await edit(message, { text: 'v2' });
        const refused = await settled(message);
        assert.deepEqual(refused.change, { what: 'edit', state: 'failed', error: 'Telegram does not let the bot edit this message.' });
        assert.equal(refused.text, 'v2');
        await edit(message, { text: 'v2' });
        assert.equal((await settled(message)).change, undefined);
        assert.deepEqual(await seen(), ['v2']);
        assert.equal((await api.deadLetters()).length, 0);
      });

      test('a pin and a reaction reach the customer, and are taken back', async () => {
        await customer('Pia');
        const message = await sent(await api.reply(id, { text: 'the address' }));
        const theirs = (await api.history(id))[0]!;
        const after = await sim.lastCall();
        assert.equal((await api.call<Message>('PUT', path(message, '/pin'), { pinned: true })).pinned, true);
        const reacted = await api.call<Message>('PUT', path(theirs, '/reaction'), { emoji: '👍' });
        assert.deepEqual(reacted.reactions, [{ by: 'operator', emoji: '👍' }]);
        assert.equal((await settled(message)).change, undefined);
        assert.equal((await settled(theirs)).change, undefined);
        assert.equal((await sim.transcript(who.id) as any).pinned.length, 1);
        await api.call('PUT', path(message, '/pin'), { pinned: false });
        await api.call('PUT', path(theirs, '/reaction'), { emoji: null });
        await settled(message);
        assert.equal((await settled(theirs)).reactions, undefined);
        assert.deepEqual(await changes(after), ['pinChatMessage', 'setMessageReaction', 'unpinChatMessage', 'setMessageReaction']);
        await sim.fault({ kind: 'status', method: 'setMessageReaction', chat: who.id, code: 400, description: 'Bad Request: REACTION_INVALID', count: 1 });
        await api.call('PUT', path(theirs, '/reaction'), { emoji: '🔥' });
        const refused = await settled(theirs);
        assert.deepEqual(refused.change, { what: 'reaction', state: 'failed', error: 'Telegram does not allow this reaction here. Choose another one.' });
        assert.equal(refused.reactions, undefined, 'nobody sees it');
        assert.deepEqual((await api.call<Message>('PUT', path(theirs, '/reaction'), { emoji: '❤️' })).reactions, [{ by: 'operator', emoji: '❤' }]);
        assert.equal((await settled(theirs)).change, undefined);
        for (const emoji of ['😀', 'no', '❤❤', '\u202e❤']) assert.equal((await api.refusal('PUT', path(theirs, '/reaction'), { emoji })).field, 'emoji', emoji);
      });

      test('an answer that may not have arrived is not edited, reacted to or deleted; sent again, it is', async () => {
        await customer('Uma');
        await sim.fault({ kind: 'drop_response', method: 'sendMessage', chat: who.id, count: 1 });
        const message = await api.reply(id, { text: 'v1' });
        await until('it is uncertain', async () => (await now(message)).delivery === 'uncertain');
        assert.deepEqual((await now(message)).can, { edit: false, delete: false });
        for (const [method, rest, body] of [['PATCH', '', { text: 'v2' }], ['DELETE', '', undefined], ['PUT', '/reaction', { emoji: '👍' }]] as const) {
          const refused = await api.refusal(method, path(message, rest), body);
          assert.equal(refused.code, 'not_changeable');
          if (!rest) assert.match(refused.message, /not known whether this message has arrived/);
        }
        await api.call('POST', `/api/messages/${message.id}/retry`);
        await sent(message);
        await edit(message, { text: 'v2' });
        assert.equal((await settled(message)).change, undefined);
      });

      test('words that are not in the quoted message are refused, and what Telegram finds no more is said', async () => {
        await customer('Quin');
        const theirs = (await api.history(id))[0]!;
        const refused = await api.refusal('POST', `/api/conversations/${id}/messages`, { text: 'x', reply_to: theirs.id, quote: { text: 'was here' } });
        assert.deepEqual([refused.code, refused.field], ['invalid_field', 'quote']);
        await sim.fault({ kind: 'status', method: 'sendMessage', chat: who.id, code: 400, description: 'Bad Request: QUOTE_TEXT_INVALID', count: 1 });
        const message = await api.reply(id, { text: 'x', reply_to: theirs.id, quote: { text: 'is here', position: 5 } });
        await until('it has failed', async () => (await now(message)).delivery === 'failed');
        assert.match((await now(message)).delivery_error ?? '', /^The words you quoted are not in the customer’s message any more/);
      });

      test('what cannot be changed is refused in words', async () => {
        await customer('Otto');
        const message = await sent(await api.reply(id, { text: 'v1' }));
        const theirs = (await api.history(id))[0]!;
        for (const [method, of, body, code] of [
          ['PATCH', theirs, { text: 'x' }, 'not_changeable'],
          ['DELETE', theirs, undefined, 'not_changeable'],
          ['PATCH', message, { text: 'x'.repeat(4097) }, 'invalid_field'],
          ['PATCH', message, { text: ' ' }, 'nothing_visible'],
          ['PATCH', message, {}, 'missing_field'],
          ['PATCH', message, { txt: 'x' }, 'invalid_field'],
          ['PATCH', message, { buttons: [[{ text: 'x' }]] }, 'invalid_field'],
          ['PATCH', { id: 999_999 }, { text: 'x' }, 'not_found'],
        ] as const)
          assert.equal((await api.refusal(method, path(of), body)).code, code, `${method} ${JSON.stringify(body)}`);
      });

      test('a deletion after 48 hours is refused by Telegram, in words', async () => {
        await customer('Old');
        const message = await sent(await api.reply(id, { text: 'v1' }));
        await sim.advanceClock(48 * 3600 + 60);
        await api.call('DELETE', path(message));
        assert.deepEqual((await settled(message)).change, { what: 'delete', state: 'failed', error: 'Telegram lets a bot delete a message for 48 hours only.' });
        assert.ok(!(await now(message)).deleted_at);
        await edit(message, { text: 'v2' });
        await until('an edit has no limit', async () => (await seen())[0] === 'v2');
      });
    });
  }
}

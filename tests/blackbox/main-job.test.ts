// The main job from outside: the real binary, both databases, the Telegram simulator in strict mode.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Conversation, Message } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { Screen } from '../harness/screen.ts';
import { engines, Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';

for (const engine of engines) {
  describe(`the main job on ${engine}`, () => {
    let sim: Simulator;
    let server: Server;
    let api: Api;
    let screen: Screen;

    before(async () => {
      sim = await Simulator.start({ tokens: [TOKEN], strict: true });
      server = await Server.start({ engine, telegram: sim.url, token: TOKEN });
      api = await server.signIn();
      await until('the bot is ok', async () => (await api.bot()).state === 'ok');
      screen = await Screen.open(api);
    });
    after(async () => {
      screen?.close();
      await server?.stop();
      await sim?.stop();
    });

    const conversationOf = (customer: Customer): Promise<Conversation> =>
      until('the conversation', async () =>
        (await api.conversations(`?status=all&q=${encodeURIComponent(customer.first_name)}&limit=100`)).data.find((c) => c.customer.name.includes(customer.first_name)),
      );
    const messageWith = (id: number, fits: (m: Message) => boolean): Promise<Message> =>
      until('the message', async () => (await api.history(id)).find(fits));
    const delivered = (id: number, message: Message): Promise<Message> =>
      messageWith(id, (m) => m.id === message.id && m.delivery === 'sent');

    test('a customer writes, the panel sees it, the operator answers, the customer gets it', async () => {
      const ann = await sim.customer({ first_name: 'Annabel', language_code: 'en' });
      const seen = screen.next((f) => f.type === 'new_message' && f.data.message.text === 'Where is my parcel?');
      await sim.text(ann, 'Where is my parcel?');
      const frame = await seen;
      assert.equal(frame.type, 'new_message');
      const conversation = await conversationOf(ann);
      assert.equal(conversation.status, 'waiting');
      assert.equal(conversation.inbound_count, 1);
      assert.equal(conversation.last_message?.preview, 'Where is my parcel?');
      const answer = await api.reply(conversation.id, { text: 'On its way!', client_id: 'one' });
      assert.equal(answer.delivery, 'queued');
      await delivered(conversation.id, answer);
      const said = (await sim.transcript(ann.id)).messages.filter((m) => m.side === 'bot').map((m) => m.text);
      assert.deepEqual(said, ['On its way!']);
      const after = await api.conversation(conversation.id);
      assert.equal(after.status, 'active', 'answering takes it');
      assert.equal(after.assignee_id, api.operator.id);
      assert.equal(after.read_count, 1, 'answering reads it');
    });

    test('simultaneous requests with the same client_id send one message', async () => {
      const bob = await sim.customer({ first_name: 'Robertino' });
      await sim.text(bob, 'hello');
      const { id } = await conversationOf(bob);
      const answers = await Promise.all(Array.from({ length: 8 }, () => api.reply(id, { text: 'once', client_id: 'same' })));
      assert.equal(new Set(answers.map((a) => a.id)).size, 1);
      await delivered(id, answers[0]!);
      await until('nothing is left to send', () => server.query("SELECT count(*) FROM job WHERE kind LIKE 'outbox.%'")[0] === '0');
      assert.equal((await sim.transcript(bob.id)).messages.filter((m) => m.side === 'bot').length, 1);
    });

    test('formatting is transferred both ways as entities in UTF-16, never as markup', async () => {
      const eve = await sim.customer({ first_name: 'Evelina' });
      await sim.text(eve, '👩‍🚀 <b>bold</b> and <a href="https://example.com/">a link</a>', { parse_mode: 'HTML' });
      const { id } = await conversationOf(eve);
      const [incoming] = await api.history(id);
      assert.equal(incoming!.text, '👩‍🚀 bold and a link');
      assert.deepEqual(incoming!.entities.map((e) => [e.type, e.offset, e.length]), [['bold', 6, 4], ['text_link', 15, 6]]);
      const text = '🎉 *stars* <tags> & bold';
      const entities = [{ type: 'bold', offset: text.indexOf('bold'), length: 4 }];
      await delivered(id, await api.reply(id, { text, entities }));
      const call = (await sim.calls({ method: 'sendMessage', chat: eve.id })).at(-1)!;
      assert.equal(call.params['parse_mode'], undefined);
      const shown = (await sim.transcript(eve.id)).messages.at(-1)!;
      assert.equal(shown.text, text);
      assert.deepEqual((shown.message['entities'] as any[]).map((e) => [e.type, e.offset, e.length]), [['bold', 20, 4]]);
    });

    test('photos arrive unchanged and are sent, alone and as an album', async () => {
      const pia = await sim.customer({ first_name: 'Pialina' });
      await sim.photo(pia, { caption: 'broken!', width: 900, height: 600 });
      const { id } = await conversationOf(pia);
      const incoming = await messageWith(id, (m) => m.kind === 'photo' && m.files[0]?.state === 'ready');
      assert.equal(incoming.text, 'broken!');
      const file = incoming.files[0]!;
      assert.equal(file.width, 900);
      const bytes = new Uint8Array(await (await api.send('GET', `/api/files/${file.id}`)).arrayBuffer());
      assert.equal(bytes.length, file.size);
      const form = new FormData();
      form.append('text', 'look here');
      form.append('client_id', 'photo-1');
      form.append('files', new Blob([bytes], { type: 'image/png' }), 'a.png');
      await delivered(id, await api.call('POST', `/api/conversations/${id}/messages`, form));
      const single = (await sim.transcript(pia.id)).messages.at(-1)!;
      assert.equal(single.kind, 'photo');
      assert.equal(single.text, 'look here');
      const album = new FormData();
      album.append('text', 'three of them');
      for (const name of ['1.png', '2.png', '3.png']) album.append('files', new Blob([bytes], { type: 'image/png' }), name);
      const first: Message = await api.call('POST', `/api/conversations/${id}/messages`, album);
      assert.ok(first.album);
      const sent = await until('the album', async () => {
        const all = (await api.history(id)).filter((m) => m.album === first.album);
        return all.length === 3 && all.every((m) => m.delivery === 'sent') ? all : undefined;
      });
      assert.deepEqual(sent.map((m) => m.text), ['three of them', '', '']);
      const shown = (await sim.transcript(pia.id)).messages.filter((m) => m.message['media_group_id']);
      assert.equal(shown.length, 3);
    });

    test('a file that cannot be the wanted kind is refused and not kept', async () => {
      const { data } = await api.conversations('?status=all&limit=1');
      const form = new FormData();
      form.append('files', new Blob(['<svg xmlns="http://www.w3.org/2000/svg"/>'], { type: 'image/png' }), 'a.png');
      form.append('kind', 'photo');
      const refused = await api.refusal('POST', `/api/conversations/${data[0]!.id}/messages`, form);
      assert.equal(refused.status, 400);
      assert.deepEqual([refused.code, refused.field], ['invalid_field', 'files']);
    });

    test('an edit keeps the history', async () => {
      const kim = await sim.customer({ first_name: 'Kimberlyn' });
      const first = await sim.text(kim, 'I want two');
      const { id } = await conversationOf(kim);
      await sim.edit(kim, first['message_id'] as number, { text: 'I want three' });
      const edited = await messageWith(id, (m) => m.edited_at !== null);
      assert.equal(edited.text, 'I want three');
      const edits = await api.call('GET', `/api/messages/${edited.id}/edits`);
      assert.deepEqual(edits.data.map((e: any) => e.text), ['I want two']);
      assert.equal((await api.conversation(id)).last_message?.preview, 'I want three');
    });

    test('every content is a message of its own kind, with its files', async () => {
      const max = await sim.customer({ first_name: 'Maximilian' });
      const media = ['sticker', 'voice', 'video', 'document', 'animation', 'audio', 'video_note'] as const;
      for (const kind of media) await sim.media(max, kind);
      await sim.location(max);
      await sim.contact(max);
      await sim.act(max, 'poll');
      await sim.act(max, 'dice');
      const { id } = await conversationOf(max);
      const all = await until('eleven messages with their bytes', async () => {
        const list = await api.history(id);
        return list.length >= 11 && list.every((m) => m.files.every(({ state }) => state === 'ready')) ? list : undefined;
      }, 30_000);
      assert.deepEqual(all.map(({ kind }) => kind), [...media, 'location', 'contact', 'poll', 'dice']);
      assert.ok(all.every(({ content }) => content === null));
      const of = (kind: string): (typeof all)[number] => all.find((m) => m.kind === kind)!;
      for (const kind of media) assert.equal(of(kind).files.length, 1, kind);
      const [video] = of('video').files;
      assert.deepEqual([video!.width, video!.height, video!.duration_ms], [640, 360, 4000]);
      const poster = await api.send('GET', `/api/files/${video!.id}?size=thumb`);
      assert.deepEqual([poster.status, /^image\/(jpeg|png)$/.test(poster.headers.get('content-type')!)], [200, true], 'the small picture that Telegram has of a video');
      assert.equal((await api.send('GET', `/api/files/${of('voice').files[0]!.id}?size=thumb`)).status, 404, 'a sound has no picture');
      const part = await fetch(`${server.url}/api/files/${of('voice').files[0]!.id}`, { headers: { authorization: `Bearer ${api.token}`, range: 'bytes=0-3' } });
      assert.deepEqual([part.status, part.headers.get('content-disposition'), await part.text()], [206, null, 'OggS']);
      assert.equal(typeof of('location').location?.latitude, 'number');
      assert.ok(of('contact').contact?.phone_number);
      assert.ok(of('poll').poll?.options.length);
      assert.ok((of('dice').dice?.value ?? 0) > 0);
      assert.equal(of('document').headline, of('document').files[0]!.name);
    });

    test('a content newer than this program is a placeholder with its raw JSON kept', async () => {
      const nina = await sim.customer({ first_name: 'Ninotchka' });
      await sim.text(nina, 'before');
      const message = { message_id: 900, date: 1, chat: { id: nina.id, type: 'private', first_name: 'Ninotchka' }, from: { id: nina.id, is_bot: false, first_name: 'Ninotchka' } };
      await sim.inject([{ update_id: 1, message: { ...message, hologram: { depth: 3 } } }], { renumber: true });
      const { id } = await conversationOf(nina);
      const placeholder = await until('the placeholder', async () => (await api.history(id)).find(({ kind }) => kind === 'unsupported'));
      assert.equal(placeholder.content, 'hologram');
      assert.ok(JSON.stringify(await api.call('GET', `/api/messages/${placeholder.id}/raw`)).includes('depth'));
    });

    test('a file that Telegram does not give says why, and is fetched again when somebody asks', async () => {
      const olga = await sim.customer({ first_name: 'Olgamaria' });
      await sim.media(olga, 'document', { size: 21 << 20, file_name: 'big.bin', caption: 'the words are here at once' });
      const { id } = await conversationOf(olga);
      const big = await until('it has failed', async () => (await api.history(id)).find(({ files }) => files[0]?.state === 'failed'));
      assert.deepEqual([big.text, big.files[0]!.error, big.files[0]!.name, big.files[0]!.size], ['the words are here at once', 'too_large', 'big.bin', 21 << 20]);
      const hollow = await sim.fault({ kind: 'status', method: 'file', code: 200, body: '' });
      await sim.media(olga, 'document', { size: 500, file_name: 'nothing.bin' });
      const nothing = await until('the empty one has failed', async () => (await api.history(id)).find(({ files }) => files[0]?.name === 'nothing.bin' && files[0].state === 'failed'));
      await sim.removeFault(hollow['id']);
      assert.equal(nothing.files[0]!.error, 'empty');
      const asked = async (): Promise<number> => (await sim.calls({ method: 'getFile', ok: false })).length;
      const before = await asked();
      await api.call('POST', `/api/files/${big.files[0]!.id}/fetch`);
      await until('Telegram is asked again', async () => (await asked()) > before);
      await until('and says the same', async () => (await api.history(id)).find(({ files }) => files[0]?.error === 'too_large'));
      assert.equal((await api.refusal('POST', '/api/files/999999/fetch')).status, 404);
    });

    test('/start is answered with the greeting in the customer’s language, and the conversation waits only after a message', async () => {
      const { greeting } = await api.call('PATCH', '/api/settings', { greeting: 'Hello there!', greeting_ru: 'Добрый день!' });
      const late = await api.refusal('PATCH', '/api/settings', { greeting: 'Over it', greeting_ru: 'Поверх', expected: { greeting, greeting_ru: 'Здравствуйте!' } });
      assert.deepEqual([late.status, late.code, late.field], [409, 'conflict', 'greeting_ru'], 'somebody has changed it since');
      const seen = await api.call('PATCH', '/api/settings', { time_zone: 'UTC', expected: { greeting, greeting_ru: 'Добрый день!', daily_greeting: undefined } });
      assert.deepEqual([seen.greeting, seen.greeting_ru], ['Hello there!', 'Добрый день!'], 'none of it was written');
      const ivan = await sim.customer({ first_name: 'Иванушка', language_code: 'ru' });
      const jane = await sim.customer({ first_name: 'Janette', language_code: 'en' });
      await sim.start(ivan, 'campaign-7');
      await sim.start(jane);
      for (const [who, text] of [[ivan, 'Добрый день!'], [jane, 'Hello there!']] as const) {
        await sim.wait({ method: 'sendMessage', chat: who.id, contains: text, timeout: 10 });
      }
      const conversation = await conversationOf(ivan);
      assert.equal(conversation.status, 'snoozed');
      assert.equal(conversation.inbound_count, 0);
      assert.deepEqual([conversation.last_message?.kind, conversation.last_message?.content], ['system', 'started']);
      assert.deepEqual((await api.history(conversation.id)).map((m) => [m.action, m.text]), [['started', 'campaign-7'], [null, 'Добрый день!']]);
      await sim.text(ivan, 'Где мой заказ?');
      const waiting = await until('it waits now', async () => (await conversationOf(ivan)).status === 'waiting' && conversationOf(ivan));
      assert.equal((await waiting)?.last_message?.preview, 'Где мой заказ?');
    });

    test('a snoozed conversation wakes at its time or by the next message; an invalid time is refused and the error names the field', async () => {
      const dora = await sim.customer({ first_name: 'Dorabella', language_code: 'en' });
      await sim.text(dora, 'Any news?');
      const { id } = await conversationOf(dora);
      await api.act(id, 'take');
      await api.call('POST', `/api/conversations/${id}/read`, {});
      const day = 24 * 3600 * 1000;
      for (const until_ of [new Date(Date.now() - 1000).toISOString(), new Date(Date.now() + 367 * day).toISOString(), 'tomorrow', 5])
        assert.deepEqual(await api.refusal('POST', `/api/conversations/${id}/snooze`, { until: until_ }).then((r) => [r.status, r.field]), [400, 'until'], String(until_));
      const late = await api.refusal('PATCH', `/api/conversations/${id}`, { status: 'snoozed', snoozed_until: '2020-01-01T00:00:00Z' });
      assert.deepEqual([late.status, late.field], [400, 'snoozed_until']);
      const patched = await api.call('PATCH', `/api/conversations/${id}`, { status: 'snoozed', snoozed_until: new Date(Date.now() + day).toISOString() });
      assert.equal(patched.status, 'snoozed');
      const soon = new Date(Date.now() + 1500).toISOString();
      const seen = screen.next((f) => f.type === 'chat_status_change' && f.data.conversation.id === id && f.data.message?.action === 'woken');
      const snoozed = await api.act(id, 'snooze', { until: soon });
      assert.deepEqual([snoozed.status, snoozed.snoozed_until, snoozed.assignee_id], ['snoozed', soon, api.operator.id]);
      const frame = await seen;
      assert.ok(frame.type === 'chat_status_change' && frame.data.message?.actor === 'system');
      const awake = await api.conversation(id);
      assert.deepEqual([awake.status, awake.snoozed_until, awake.inbound_count - awake.read_count!], ['active', null, 1], 'unread again for whoever has it');
      assert.equal((await api.call('GET', '/api/conversations/counts')).mine_unread >= 1, true);
      assert.equal((await api.call('POST', `/api/conversations/${id}/snooze`)).snoozed_until, null, 'no body: until the customer writes');
      await sim.text(dora, 'It has come!');
      await until('it is back', async () => (await api.conversation(id)).status === 'active');
      await api.act(id, 'close');
      assert.equal((await api.refusal('POST', `/api/conversations/${id}/snooze`, {})).code, 'conversation_closed');
    });

    test('duplicates do nothing; unknown, malformed and irrelevant updates never block the queue', async () => {
      const dan = await sim.customer({ first_name: 'Danielus' });
      await sim.fault({ kind: 'duplicate_updates', count: 3 });
      await sim.text(dan, 'only once');
      await sim.unknownUpdate();
      await sim.inject([
        { update_id: 1, message: { nonsense: true } },
        { update_id: 2, message: 'not an object' },
        { update_id: 3, channel_post: { message_id: 1, date: 1, chat: { id: -1001, type: 'channel' }, text: 'x' } },
        { update_id: 4, message: { message_id: 9007199254740991, date: 4102444800, chat: { id: dan.id, type: 'private', first_name: 'D' }, from: { id: dan.id, is_bot: false, first_name: 'Danielus' }, text: 'odd \u0000 text' } },
      ], { renumber: true });
      await sim.text(dan, 'and then');
      const { id } = await conversationOf(dan);
      await messageWith(id, (m) => m.text === 'and then');
      const texts = (await api.history(id)).map((m) => m.text);
      assert.equal(texts.filter((t) => t === 'only once').length, 1);
      await until('the queue is empty', async () => (await sim.bot(TOKEN))['pending_update_count'] === 0 || (await sim.bot(TOKEN))['pending_updates'] === 0);
    });

    test('messages of a chat keep their order, in and out', async () => {
      const olga = await sim.customer({ first_name: 'Olgalina' });
      await sim.text(olga, 'start');
      const { id } = await conversationOf(olga);
      for (let i = 0; i < 40; i++) await sim.text(olga, `in ${i}`);
      for (let i = 0; i < 12; i++) await api.reply(id, { text: `out ${i}` });
      await until('all are sent', async () => (await api.history(id)).filter((m) => m.direction === 'out').every((m) => m.delivery === 'sent'), 40_000);
      const history = await api.history(id);
      assert.deepEqual(history.filter((m) => m.text.startsWith('in ')).map((m) => m.text), Array.from({ length: 40 }, (_, i) => `in ${i}`));
      const shown = (await sim.transcript(olga.id)).messages.filter((m) => m.side === 'bot').map((m) => m.text);
      assert.deepEqual(shown, Array.from({ length: 12 }, (_, i) => `out ${i}`));
    });

    test('429 is obeyed, a server error is retried, a lost response makes a message uncertain, a refusal a dead letter', async () => {
      const fay = await sim.customer({ first_name: 'Fayenne' });
      await sim.text(fay, 'hi');
      const { id } = await conversationOf(fay);
      await sim.fault({ kind: 'status', code: 429, retry_after: 1, method: 'sendMessage', chat: fay.id, count: 1 });
      const started = Date.now();
      await delivered(id, await api.reply(id, { text: 'after a pause' }));
      assert.ok(Date.now() - started >= 950, 'waited for retry_after');
      await sim.fault({ kind: 'status', code: 502, method: 'sendMessage', chat: fay.id, count: 1 });
      await delivered(id, await api.reply(id, { text: 'second try' }));
      await sim.fault({ kind: 'drop_response', method: 'sendMessage', chat: fay.id, count: 1 });
      const lost = await api.reply(id, { text: 'answer lost' });
      await messageWith(id, (m) => m.id === lost.id && m.delivery === 'uncertain');
      await sim.fault({ kind: 'status', code: 400, description: 'Bad Request: chat not found', method: 'sendMessage', chat: fay.id, count: 1 });
      const refused = await api.reply(id, { text: 'refused' });
      const failed = await messageWith(id, (m) => m.id === refused.id && m.delivery === 'failed');
      assert.equal(failed.delivery_error, 'Telegram does not know this chat any more.');
      const letters = await api.deadLetters();
      assert.ok(letters.some((l) => l.message.id === refused.id));
      assert.ok(letters.some((l) => l.message.id === lost.id));
      await api.call('POST', `/api/dead-letters/${letters.find((l) => l.message.id === refused.id)!.id}/retry`);
      await delivered(id, refused);
      await api.call('DELETE', `/api/dead-letters/${letters.find((l) => l.message.id === lost.id)!.id}`);
      await sim.fault({ kind: 'status', code: 400, description: 'Bad Request: chat not found', method: 'sendMessage', chat: fay.id, count: 1 });
      const again = await api.reply(id, { text: 'again' });
      await messageWith(id, (m) => m.id === again.id && m.delivery === 'failed');
      await api.call('POST', `/api/messages/${again.id}/retry`);
      await delivered(id, again);
      const audited = (await api.call('GET', '/api/audit?part=changes')).data.filter((a: any) => a.action.startsWith('dead_letter.'));
      assert.deepEqual(audited.map((a: any) => [a.action, a.target, a.detail, a.actor]), [
        ['dead_letter.retried', `message:${again.id}`, 'outbox.answer', 'operator'],
        ['dead_letter.dismissed', `message:${lost.id}`, 'outbox.answer', 'operator'],
        ['dead_letter.retried', `message:${refused.id}`, 'outbox.answer', 'operator'],
      ]);
      assert.deepEqual((await sim.transcript(fay.id)).messages.filter((m) => m.side === 'bot').map((m) => m.text), ['after a pause', 'second try', 'answer lost', 'refused', 'again']);
    });

    test('a customer who blocks the bot is marked, and unmarked when they return', async () => {
      const gus = await sim.customer({ first_name: 'Gustavian' });
      await sim.text(gus, 'bye');
      const { id } = await conversationOf(gus);
      await sim.block(gus);
      await until('blocked', async () => (await api.conversation(id)).customer.blocked);
      const refused = await api.refusal('POST', `/api/conversations/${id}/messages`, { text: 'wait!' });
      assert.equal(refused.code, 'customer_blocked');
      await sim.unblock(gus);
      await until('unblocked', async () => !(await api.conversation(id)).customer.blocked);
      await delivered(id, await api.reply(id, { text: 'welcome back' }));
    });

    test('take, assign, close, reopen by a new message, unread counts per operator', async () => {
      const made = await api.call('POST', '/api/operators', { login: 'nina', email: 'nina@example.com', name: 'Nina', role: 'operator', password: 'nina has a password' });
      let nina = await server.signIn({ login: 'nina', password: made.password ?? 'nina has a password' });
      if ((await nina.me()).operator.must_change_password) {
        await nina.call('POST', '/api/auth/password', { current_password: made.password ?? 'nina has a password', new_password: 'ninas very own one' });
        nina = await server.signIn({ login: 'nina', password: 'ninas very own one' });
      }
      const hal = await sim.customer({ first_name: 'Halberto' });
      await sim.text(hal, 'one');
      await sim.text(hal, 'two');
      const { id } = await conversationOf(hal);
      await until('two unread', async () => (await nina.conversation(id)).inbound_count === 2);
      assert.equal((await nina.conversation(id)).read_count, 0);
      await nina.act(id, 'take');
      const clash = await api.refusal('POST', `/api/conversations/${id}/take`, {});
      assert.equal(clash.code, 'already_taken');
      await nina.act(id, 'read');
      assert.equal((await nina.conversation(id)).read_count, 2);
      assert.equal((await api.conversation(id)).read_count, 0, 'reading is each operator’s own');
      assert.equal((await api.act(id, 'assign', { operator_id: api.operator.id })).assignee_id, api.operator.id);
      const forbidden = await nina.refusal('POST', `/api/conversations/${id}/assign`, { operator_id: null });
      assert.equal(forbidden.status, 403);
      const changed = screen.next((f) => f.type === 'chat_status_change' && f.data.conversation.id === id && f.data.conversation.status === 'closed');
      assert.equal((await api.act(id, 'close')).status, 'closed');
      await changed;
      await sim.text(hal, 'one more thing');
      const reopened = await until('reopened', async () => {
        const now = await api.conversation(id);
        return now.status === 'waiting' ? now : undefined;
      });
      assert.equal(reopened.assignee_id, null);
      assert.equal((await api.act(id, 'close')).status, 'closed');
      assert.notEqual((await api.act(id, 'reopen')).status, 'closed');
    });

    test('the other operators see who types and who views a conversation', async () => {
      const { data } = await api.conversations('?status=all&limit=1');
      const id = data[0]!.id;
      const other = await Screen.open(api);
      const typed = other.next((f) => f.type === 'typing' && f.data.conversation_id === id && f.data.typing);
      const present = other.next((f) => f.type === 'presence' && f.data.conversation_id === id && f.data.operator_ids.includes(api.operator.id));
      screen.say({ type: 'viewing', conversation_id: id });
      screen.say({ type: 'typing', conversation_id: id, typing: true });
      await Promise.all([typed, present]);
      const gone = other.next((f) => f.type === 'presence' && f.data.conversation_id === id && f.data.operator_ids.length === 0);
      screen.say({ type: 'viewing', conversation_id: null });
      await gone;
      other.close();
    });

    test('a screen that was disconnected during a restart misses nothing', async () => {
      const leo = await sim.customer({ first_name: 'Leonardine' });
      await sim.text(leo, 'before');
      const { id } = await conversationOf(leo);
      await until('seen', () => screen.messages.get(id)?.size === 1);
      assert.equal(await server.terminate(), 0, 'a clean exit');
      assert.equal(screen.closes[0]?.code, 1001, 'told that the server is going away');
      await sim.text(leo, 'while it was down');
      await server.run();
      await sim.text(leo, 'and after');
      await until('all three', () => screen.messages.get(id)?.size === 3, 20_000);
      await screen.showsWhatAFreshOneShows();
      assert.equal(screen.repeated, 0);
    });

    test('the token can be changed without a restart, and a wrong one gives an error at once', async () => {
      const wrong = await api.refusal('PUT', '/api/bot/token', { token: '1:WRONG' });
      assert.equal(wrong.status, 422);
      assert.equal(wrong.code, 'bot_token_invalid');
      assert.equal((await api.bot()).state, 'ok', 'the old one goes on');
      await sim.addBot({ token: '777:SECOND', username: 'second_bot', first_name: 'Second' });
      const bot = await api.call('PUT', '/api/bot/token', { token: '777:SECOND' });
      assert.equal(bot.username, 'second_bot');
      const zoe = await sim.customer({ first_name: 'Zoelinda' });
      await sim.text(zoe, 'hello, second', { bot: '777:SECOND' });
      const { id } = await conversationOf(zoe);
      await delivered(id, await api.reply(id, { text: 'hello, Zoe' }));
      assert.ok(!server.log.includes('SECOND') && !server.log.includes(TOKEN), 'no token in the log');
    });

    test('the simulator saw no breach of the specification', async () => {
      assert.deepEqual(await sim.violations(), []);
    });
  });
}

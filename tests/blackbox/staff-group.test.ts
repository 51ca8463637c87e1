// The staff group, black box: messages of customers of both channels reach it, and replies there reach the customers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { io, type Socket } from 'socket.io-client';
import type { Conversation, Message, Operator, StaffGroup } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { App, file, form, picture } from '../mobile/app.ts';
import { type Customer, Simulator, type TranscriptLine } from '../telegram/client.ts';

const TOKEN = '123456:TEST';
const KEY = 'the-key-of-the-tests';

for (const engine of engines) {
  describe(`the staff group on ${engine}`, () => {
    let sim: Simulator;
    let server: Server;
    let api: Api;
    let app: App;
    let group: number;
    let maria: Customer, anton: Customer;
    const sockets: Socket[] = [];

    before(async () => {
      sim = await Simulator.start({ tokens: [TOKEN], strict: true });
      maria = await sim.customer({ first_name: 'Maria', last_name: 'Support', language_code: 'en' });
      anton = await sim.customer({ first_name: 'Антон', language_code: 'ru' });
      group = (await sim.group({ title: 'Support team', members: [maria.id, anton.id], bot: TOKEN }))['id'];
      server = await Server.start({ engine, telegram: sim.url, token: TOKEN, env: { MOBILE_APP_KEY: KEY, TELEGRAM_GROUP_CHAT_ID: String(group) } });
      api = await server.signIn();
      app = new App(server.url, { 'x-app-key': KEY });
      await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    });
    after(async () => {
      for (const socket of sockets) socket.disconnect();
      await server?.stop();
      await sim?.stop();
    });

    const said = async (): Promise<TranscriptLine[]> => (await sim.transcript(group)).messages;
    const inGroup = (what: string, fits: (line: TranscriptLine) => boolean): Promise<TranscriptLine> =>
      until(what, async () => (await said()).find(fits));
    const copyOf = (text: string): Promise<TranscriptLine> => inGroup(`the copy of "${text}"`, (l) => l.side === 'bot' && l.text.endsWith(text));
    const answers = async (customer: Customer): Promise<TranscriptLine[]> => (await sim.transcript(customer.id)).messages.filter((m) => m.side === 'bot');
    const answered = (customer: Customer, text: string): Promise<TranscriptLine> =>
      until(`"${text}" reaches ${customer.first_name}`, async () => (await answers(customer)).find((m) => m.text === text));
    const conversationOf = (external: string | number): Promise<Conversation> =>
      until('the conversation', async () => (await api.everyConversation()).find((c) => c.customer.external_id === String(external)));
    const messageWith = (id: number, fits: (m: Message) => boolean): Promise<Message> => until('the message', async () => (await api.history(id)).find(fits));
    /** The server has processed all updates and sent all messages. */
    const quiet = async (): Promise<void> => {
      await until('every update is heard', async () => (await sim.bot(TOKEN))['pending_updates'] === 0);
      await until('nothing is left to send', () => server.query("SELECT count(*) FROM job WHERE kind LIKE 'outbox.%'")[0] === '0');
    };
    const shown = (): Promise<StaffGroup> => api.call('GET', '/api/channels/telegram/group');
    const reply = (by: Customer, to: TranscriptLine | number, text: string) =>
      sim.text(by, text, { chat: group, reply_to: typeof to === 'number' ? to : to.message_id });

    test('the group is known, with its title', async () => {
      const info = await until('the title', async () => {
        const now = await shown();
        return now.title ? now : undefined;
      });
      assert.deepEqual({ ...info, state: '', candidates: [], needs: [] }, { chat_id: String(group), title: 'Support team', mode: 'plain', note_prefix: '//', needs: [], source: 'environment', state: '', error: null, queued: 0, candidates: [] });
    });

    test('a customer’s message is copied with the customer’s name; a reply to the copy is the answer', async () => {
      const ann = await sim.customer({ first_name: 'Annabel', last_name: 'Lee', username: 'annabel_lee', language_code: 'en' });
      await sim.text(ann, '👩‍🚀 where is <b>my</b> parcel?', { parse_mode: 'HTML' });
      const copy = await copyOf('parcel?');
      assert.equal(copy.text, 'Annabel Lee · @annabel_lee\n👩‍🚀 where is my parcel?');
      assert.deepEqual((copy.message['entities'] as any[]).filter((e) => e.type === 'bold').map((e) => [e.offset, e.length]), [[0, 11], [42, 2]]);
      await reply(maria, copy, 'On its way!');
      const answer = await answered(ann, 'On its way!');
      assert.equal(answer.message['reply_to_message'], undefined, 'the last message needs no quote');
      const conversation = await conversationOf(ann.id);
      const message = await messageWith(conversation.id, (m) => m.text === 'On its way!' && m.delivery === 'sent');
      assert.equal(message.origin, 'staff_group');
      const operators: Operator[] = (await api.call('GET', '/api/operators')).data;
      const operator = operators.find((o) => o.id === message.operator_id)!;
      assert.equal(operator.name, 'Maria Support');
      assert.equal(operator.login, `tg-${maria.id}`);
      assert.equal(operator.can_sign_in, false);
      assert.equal((await api.conversation(conversation.id)).assignee_id, operator.id, 'answering takes it');
      await quiet();
      assert.equal((await said()).filter((l) => l.text.includes('On its way!')).length, 1, 'what was said there is not copied there');
      assert.equal((await shown()).state, 'ok');
    });

    test('an answer from the panel is shown in the group, and can be replied to', async () => {
      const bea = await sim.customer({ first_name: 'Beatrix' });
      await sim.text(bea, 'hello from bea');
      await copyOf('hello from bea');
      const { id } = await conversationOf(bea.id);
      await api.reply(id, { text: 'from the panel' });
      const copy = await copyOf('from the panel');
      assert.equal(copy.text, `${api.operator.name} → Beatrix\nfrom the panel`);
      await reply(maria, copy, 'and from the group');
      await answered(bea, 'and from the group');
      assert.deepEqual((await answers(bea)).map((m) => m.text), ['from the panel', 'and from the group']);
    });

    test('an older message is quoted to the customer', async () => {
      const cleo = await sim.customer({ first_name: 'Cleopatra' });
      const first = await sim.text(cleo, 'first question');
      const copy = await copyOf('first question');
      await sim.text(cleo, 'second question');
      await copyOf('second question');
      await reply(anton, copy, 'to the first');
      assert.equal((await answered(cleo, 'to the first')).message['reply_to_message']?.message_id, first['message_id']);
    });

    test('photos go both ways, alone and as an album', async () => {
      const dora = await sim.customer({ first_name: 'Dorothea' });
      await sim.photo(dora, { caption: 'it is broken', width: 320, height: 200 });
      const copy = await inGroup('the photo', (l) => l.side === 'bot' && l.kind === 'photo' && l.text === 'Dorothea\nit is broken');
      await sim.photo(maria, { chat: group, reply_to: copy.message_id, caption: 'like this?', width: 300, height: 300 });
      const back = await until('the photo comes', async () => (await answers(dora)).find((m) => m.kind === 'photo'));
      assert.equal(back.text, 'like this?');
      const { id } = await conversationOf(dora.id);
      const stored = await messageWith(id, (m) => m.text === 'like this?' && m.files[0]?.state === 'ready');
      assert.equal(stored.files[0]!.width, 300);
      await sim.album(dora, { count: 3, spacing_ms: 60, caption: 'three views' });
      const parts = await until('the album', async () => {
        const all = (await said()).filter((l) => l.side === 'bot' && l.message['media_group_id']);
        return all.length === 3 ? all : undefined;
      });
      assert.deepEqual(parts.map((l) => l.text), ['Dorothea\nthree views', '', '']);
      assert.equal(new Set(parts.map((l) => l.message['media_group_id'])).size, 1);
      await sim.album(maria, { chat: group, reply_to: parts[1]!.message_id, count: 2, spacing_ms: 60, caption: 'two of ours' });
      const ours = await until('our album', async () => {
        const all = (await answers(dora)).filter((m) => m.message['media_group_id']);
        return all.length === 2 ? all : undefined;
      });
      assert.deepEqual(ours.map((m) => m.text), ['two of ours', '']);
      assert.equal((await sim.calls({ method: 'sendMediaGroup', chat: dora.id })).length, 1);
    });

    test("an app's customer reaches the group too, and the reply reaches the app", async () => {
      const socket = io(server.url, { auth: { app_key: KEY }, forceNew: true });
      sockets.push(socket);
      const heard: any[] = [];
      socket.on('new_message', (data) => heard.push(data));
      socket.emit('join_chat', { user_id: 'phone-1' });
      await new Promise((resolve) => socket.once('joined', resolve));
      await app.send({ user_id: 'phone-1', user_name: 'Fiona', message: 'the app is stuck' });
      const copy = await copyOf('the app is stuck');
      assert.equal(copy.text, 'Fiona · App\nthe app is stuck');
      await app.send(form({ user_id: 'phone-1', message: 'see here' }, [[file(picture(1)), 'a.png'], [file(picture(2)), 'b.png']]));
      await until('the album of the app', async () => (await said()).filter((l) => l.kind === 'photo' && l.message['media_group_id'] && l.side === 'bot').length >= 5);
      await reply(maria, copy, 'Restart it, please');
      const words = await until('the words come', () => heard.find((m) => m.message === 'Restart it, please'));
      assert.equal(words.direction, 'support');
      await sim.photo(maria, { chat: group, reply_to: copy.message_id, caption: 'press here', width: 200, height: 100 });
      const photo = await until('the photo comes', () => heard.find((m) => m.message === 'press here'));
      const bytes = await fetch(server.url + photo.photo_url, { headers: { 'x-app-key': KEY } });
      assert.equal(bytes.status, 200, 'it is told when it can be fetched');
      assert.match(bytes.headers.get('content-type')!, /^image\//);
      const history = (await app.history('phone-1')).body.messages as { message: string }[];
      assert.ok(history.some((m) => m.message === 'press here'));
      assert.equal(heard.filter((m) => m.message === 'press here').length, 1);
    });

    test('directional controls in a name do not reorder the text of a copy', async () => {
      const anna = await sim.customer({ first_name: 'Anna\u202egnp.exe', username: 'anna_x' });
      await sim.text(anna, 'hello from Anna');
      // The text of the request to Telegram, which itself removes some of these characters.
      const asked = async (text: string): Promise<unknown> => (await sim.wait({ method: 'sendMessage', chat: group, contains: text })).params['text'];
      assert.equal(await asked('hello from Anna'), 'Annagnp.exe · @anna_x\nhello from Anna');
      const { id } = await conversationOf(anna.id);
      await api.reply(id, { text: 'to Anna' });
      assert.equal(await asked('to Anna'), `${api.operator.name} → Annagnp.exe\nto Anna`);
    });

    test('conversations among the staff and people outside the group have no effect; an edited answer is edited', async () => {
      const gina = await sim.customer({ first_name: 'Georgina' });
      await sim.text(gina, 'a quiet question');
      const copy = await copyOf('a quiet question');
      const first = await reply(maria, copy, 'the answer');
      await answered(gina, 'the answer');
      await sim.text(anton, 'shall we have lunch?', { chat: group });
      await reply(anton, first['message_id'], 'are you sure of that?'); // to a colleague, not to the customer
      await sim.edit(maria, first['message_id'], { text: 'another answer', chat: group });
      const other = (await sim.group({ title: 'Another group', members: [maria.id], bot: TOKEN }))['id'];
      await sim.text(maria, 'in another group', { chat: other });
      await sim.text(gina, 'the last one');
      await copyOf('the last one');
      await quiet();
      assert.deepEqual((await answers(gina)).map((m) => m.text), ['another answer']);
      const { id } = await conversationOf(gina.id);
      assert.deepEqual((await api.history(id)).filter((m) => m.direction === 'out').map((m) => [m.text, m.edited_at !== null]), [['another answer', true]]);
      assert.ok((await shown()).candidates.some((c) => c.title === 'Another group'));
    });

    test('a crash loses or repeats no copy, and a copy that may be a repeat says so', async () => {
      const mia = await sim.customer({ first_name: 'Miabella' });
      await sim.fault({ kind: 'delay', method: 'sendMessage', chat: group, ms: 3000, count: 1 });
      const last = await sim.lastCall();
      await sim.text(mia, 'before the crash');
      await until('it is on its way', async () => server.query("SELECT count(*) FROM job WHERE kind = 'outbox.copy' AND state = 'leased'")[0] === '1');
      await server.kill();
      await sim.text(mia, 'during the crash');
      await sim.clearFaults();
      await server.run();
      await inGroup('the repeat', (l) => l.text === '🔁 Miabella\nbefore the crash');
      await copyOf('during the crash');
      assert.equal((await said()).filter((l) => l.text.endsWith('during the crash')).length, 1);
      assert.ok((await sim.calls({ method: 'sendMessage', chat: group, after: last })).length >= 2);
      const { id } = await conversationOf(mia.id);
      assert.equal((await api.history(id)).filter((m) => m.direction === 'in').length, 2);
    });

    test('a reply to a copy whose id is not yet known waits for the id, and becomes the answer', async () => {
      const ida = await sim.customer({ first_name: 'Ida' });
      await quiet();
      const late = await sim.fault({ kind: 'late_response', method: 'sendMessage', chat: group, count: 1, ms: 60_000 });
      await sim.text(ida, 'is it late?');
      const copy = await copyOf('is it late?');
      await reply(maria, copy, 'not too late');
      await until('the reply waits', () => server.query('SELECT count(*) FROM staff_waiting')[0] === '1');
      await sim.removeFault(late['id']);
      await answered(ida, 'not too late');
      assert.equal(server.query('SELECT count(*) FROM staff_waiting')[0], '0');
      await quiet();
      const behind = (await said()).filter((l) => l.side === 'bot' && l.message_id > copy.message_id && l.message['reply_to_message']);
      assert.deepEqual(behind, [], 'nobody is told that the message is unknown');
    });

    test("a customer's edit changes the copy in the group", async () => {
      const hana = await sim.customer({ first_name: 'Hannelore' });
      const message = await sim.text(hana, 'I want 1 lamp');
      const copy = await copyOf('I want 1 lamp');
      await sim.edit(hana, message['message_id'], { text: 'I want 2 lamps' });
      const edit = await copyOf('I want 2 lamps');
      assert.equal(edit.text, '✏️ Hannelore\nI want 2 lamps');
      assert.equal(edit.message_id, copy.message_id);
    });

    test('content that the desk cannot show is copied by Telegram; a long text follows its heading', async () => {
      const ira = await sim.customer({ first_name: 'Iraida' });
      await sim.media(ira, 'voice', { duration: 3 });
      const head = await inGroup('the head', (l) => l.text === 'Iraida\n[voice]');
      const voice = await inGroup('the voice', (l) => l.kind === 'voice');
      assert.equal(voice.message['reply_to_message']?.message_id, head.message_id);
      await reply(maria, voice, 'I have heard it');
      await answered(ira, 'I have heard it');
      const long = 'x'.repeat(4090);
      await sim.text(ira, long);
      const rest = await inGroup('the long text', (l) => l.text === long);
      assert.equal((rest.message['reply_to_message'] as any)?.text, 'Iraida');
    });

    test("a file for another bot's customer is sent as bytes, once they are here; an app gets a reason", async () => {
      await sim.addBot({ token: '777:OTHER', username: 'other_bot' });
      await api.call('POST', '/api/bots', { token: '777:OTHER' });
      const lea = await sim.customer({ first_name: 'Leandra' });
      await sim.text(lea, 'to the other bot', { bot: '777:OTHER' });
      const copy = await copyOf('to the other bot');
      const last = await sim.lastCall();
      await sim.media(maria, 'document', { chat: group, reply_to: copy.message_id, caption: 'the manual', file_name: 'manual.pdf' });
      const sent = await sim.wait({ method: 'sendDocument', bot: '777:OTHER', chat: lea.id, ok: true, after: last });
      assert.equal(sent.params['caption'], 'the manual');
      assert.ok((await sim.calls({ method: 'sendDocument', bot: '777:OTHER', chat: lea.id, ok: false })).length === 0, 'not by an id that the other bot cannot use');
      await app.send({ user_id: 'phone-9', user_name: 'Vera', message: 'from the app' });
      const fromApp = await copyOf('from the app');
      await sim.media(maria, 'voice', { chat: group, reply_to: fromApp.message_id, duration: 2 });
      await inGroup('the reason', (l) => l.text === '⚠️ Not sent: App cannot carry voice.');
      await api.call('DELETE', `/api/bots/777`);
    });

    test('a reply that cannot be sent gets a reason, in the language of its author', async () => {
      const jan = await sim.customer({ first_name: 'Jandirk' });
      await sim.text(jan, 'block me');
      const copy = await copyOf('block me');
      await sim.act(anton, 'message', { chat: group, reply_to: copy.message_id, content: { story: { id: 3, chat: { id: anton.id, type: 'private', first_name: 'Антон' } } } });
      const told = await inGroup('the notice', (l) => l.text.startsWith('⚠️ Не отправлено: боты'));
      await reply(maria, told, 'a reply to a notice without a customer');
      await inGroup('the notice', (l) => l.text.includes('it is not known which customer'));
      await sim.block(jan);
      await until('it is blocked', async () => (await conversationOf(jan.id)).customer.blocked);
      await reply(maria, copy, 'are you there?');
      await inGroup('the notice', (l) => l.text === '⚠️ Not sent: the customer has blocked the bot.');
      await sim.unblock(jan);
      await until('it is unblocked', async () => !(await conversationOf(jan.id)).customer.blocked);
      const last = await sim.lastCall();
      await sim.fault({ kind: 'status', method: 'sendMessage', chat: jan.id, code: 400, description: 'Bad Request: MESSAGE_STRANGE', count: 1 });
      const words = await reply(maria, copy, 'refused by Telegram');
      const notice = await inGroup('the failure', (l) => l.text.startsWith('⚠️ Not delivered: Telegram refused this: MESSAGE_STRANGE'));
      assert.equal(notice.message['reply_to_message']?.message_id, words['message_id']);
      assert.ok((await sim.calls({ method: 'sendMessage', after: last })).length >= 2);
      const letter = (await api.deadLetters()).find((d) => d.message.text === 'refused by Telegram')!;
      assert.equal(letter.purpose, 'answer');
      await api.call('POST', `/api/dead-letters/${letter.id}/retry`);
      await answered(jan, 'refused by Telegram');
    });

    test('an anonymous administrator answers as the group; a reply as a channel gets a reason, in the group’s language', async () => {
      const olaf = await sim.customer({ first_name: 'Olafur' });
      await sim.text(olaf, 'who are you?');
      const copy = await copyOf('who are you?');
      await sim.text(anton, 'отвечу без имени', { chat: group }); // the staff speak in the group
      await sim.text(anton, 'the group itself', { chat: group, reply_to: copy.message_id, as: 'group' });
      await answered(olaf, 'the group itself');
      await sim.text(anton, 'the head of it', { chat: group, reply_to: copy.message_id, as: 'group', signature: 'Head' });
      await answered(olaf, 'the head of it');
      const { id } = await conversationOf(olaf.id);
      const message = await messageWith(id, (m) => m.text === 'the group itself' && m.delivery === 'sent');
      const operators: Operator[] = (await api.call('GET', '/api/operators')).data;
      assert.equal(operators.find((o) => o.id === message.operator_id)!.name, 'Support team');
      const said = await sim.text(anton, 'a channel', { chat: group, reply_to: copy.message_id, as: 'channel' });
      const notice = await inGroup('the notice', (l) => l.text.startsWith('⚠️ Не отправлено: сообщение написано от имени канала'));
      assert.equal(notice.message['reply_to_message']?.message_id, said['message_id']);
      await sim.album(anton, { chat: group, reply_to: copy.message_id, as: 'channel', count: 3, spacing_ms: 10 });
      await sim.text(anton, 'talk as a channel', { chat: group, as: 'channel' });
      await reply(maria, copy, 'and Maria'); // the last update: when it has been processed, all of them have
      await answered(olaf, 'and Maria');
      await sim.text(maria, 'a channel again', { chat: group, reply_to: copy.message_id, as: 'channel' });
      const english = (l: TranscriptLine): boolean => l.text.startsWith('⚠️ Not sent: this was written as a channel');
      await inGroup('the notice in English, which Maria speaks', english);
      const all = await (await sim.transcript(group)).messages;
      assert.equal(all.filter((l) => l.text.includes('от имени канала')).length, 2, 'one for the text, one for the album');
      assert.equal(all.filter(english).length, 1);
      assert.deepEqual((await answers(olaf)).map((m) => m.text), ['the group itself', 'the head of it', 'and Maria']);
    });

    test('in a group with topics, a message in a topic is not a reply', async () => {
      const pia = await sim.customer({ first_name: 'Piaget' });
      await sim.text(pia, 'before the topics');
      const copy = await copyOf('before the topics');
      // The bot has made the topic itself, so its first message is the bot's.
      await sim.groupAct(group, 'topic', { name: 'Lunch' });
      const made = await sim.call(TOKEN, 'createForumTopic', { chat_id: group, name: 'By the bot' });
      const thread = made['result'].message_thread_id as number;
      const before = (await said()).length;
      await sim.text(maria, 'is it time?', { chat: group, thread });
      await sim.text(anton, 'почти', { chat: group, thread });
      await sim.text(maria, 'answers from within a topic', { chat: group, thread, reply_to: copy.message_id });
      await answered(pia, 'answers from within a topic');
      await quiet();
      assert.equal((await said()).length, before + 3, 'no notice was given');
      assert.equal((await answers(pia)).length, 1);
    });

    test('a deactivated operator, or one without the permission to answer, sends nothing', async () => {
      const kim = await sim.customer({ first_name: 'Kimberley' });
      const lazy = await sim.customer({ first_name: 'Lazarus', language_code: 'en' });
      await sim.groupAct(group, 'join', { customer: lazy.id });
      await sim.text(kim, 'who helps me?');
      const copy = await copyOf('who helps me?');
      await reply(lazy, copy, 'I do');
      await answered(kim, 'I do');
      const operator = ((await api.call('GET', '/api/operators')).data as Operator[]).find((o) => o.login === `tg-${lazy.id}`)!;
      await api.call('PATCH', `/api/operators/${operator.id}`, { active: false });
      await reply(lazy, copy, 'and again');
      await inGroup('the notice', (l) => l.text.includes('your operator account is deactivated'));
      assert.equal((await answers(kim)).length, 1);
      await api.call('PATCH', `/api/operators/${operator.id}`, { active: true });
      server.query(`UPDATE operator SET role = 'of_a_newer_version' WHERE id = ${operator.id}`);
      await reply(lazy, copy, 'with a role that this version does not know');
      await inGroup('the notice', (l) => l.text.includes('Your role does not allow this'));
      assert.equal((await answers(kim)).length, 1);
    });

    test('copies wait while the bot is not in the group, and are sent when it is back', async () => {
      const lev = await sim.customer({ first_name: 'Levente' });
      await sim.groupAct(group, 'bot', { bot: TOKEN, status: 'kicked' });
      await until('it is seen', async () => (await shown()).state === 'failing');
      await sim.text(lev, 'while you were out');
      await until('it waits', async () => (await shown()).queued === 1);
      await sim.groupAct(group, 'bot', { bot: TOKEN, status: 'administrator' });
      await copyOf('while you were out');
      assert.equal((await shown()).state, 'ok');
      assert.equal((await api.deadLetters()).filter((d) => d.purpose === 'copy').length, 0);
    });

    test('the panel can choose another group, or none, with the permission', async () => {
      const basic = (await sim.group({ title: 'The small group', type: 'group', members: [maria.id], bot: TOKEN }))['id'];
      const wrong = await api.refusal('PUT', '/api/channels/telegram/group', { chat_id: '-1009999999999' });
      assert.deepEqual([wrong.status, wrong.code, wrong.field], [400, 'invalid_field', 'chat_id']);
      assert.match(wrong.message, /Add the bot to the group first/);
      const shape = await api.refusal('PUT', '/api/channels/telegram/group', { chat_id: '12' });
      assert.deepEqual([shape.status, shape.field], [400, 'chat_id']);
      assert.equal((await api.refusal('PUT', '/api/channels/telegram/group', {})).field, 'chat_id');
      const created = await api.call('POST', '/api/operators', { login: 'plain', name: 'Plain', role: 'operator', password: 'a plain long password' });
      assert.ok(created);
      const plain = await server.signIn({ login: 'plain', password: 'a plain long password' });
      for (const method of ['GET', 'PUT']) assert.equal((await plain.refusal(method, '/api/channels/telegram/group', method === 'PUT' ? { chat_id: null } : undefined)).status, 403);
      const chosen: StaffGroup = await api.call('PUT', '/api/channels/telegram/group', { chat_id: String(basic) });
      assert.deepEqual([chosen.chat_id, chosen.title, chosen.source, chosen.state], [String(basic), 'The small group', 'panel', 'waiting']);
      const nora = await sim.customer({ first_name: 'Noralie' });
      await sim.text(nora, 'to the small group');
      const here = async (text: string) => (await sim.transcript(basic)).messages.find((l) => l.side === 'bot' && l.text.endsWith(text));
      await until('it comes there', () => here('to the small group'));
      // The group becomes a supergroup with a new id, and the server follows it.
      const next = (await sim.groupAct(basic, 'migrate'))['chat']['id'] as number;
      await sim.text(nora, 'after the move');
      const copy = await until('it comes to the new id', async () => (await sim.transcript(next)).messages.find((l) => l.text.endsWith('after the move')));
      await sim.text(maria, 'still here', { chat: next, reply_to: copy.message_id });
      await answered(nora, 'still here');
      assert.equal((await shown()).chat_id, String(next));
      const none: StaffGroup = await api.call('PUT', '/api/channels/telegram/group', { chat_id: null });
      assert.deepEqual([none.chat_id, none.state, none.source], [null, 'off', 'panel']);
      const before = (await said()).length;
      await sim.text(nora, 'to nobody');
      const { id } = await conversationOf(nora.id);
      await messageWith(id, (m) => m.text === 'to nobody');
      assert.equal(server.query("SELECT count(*) FROM job WHERE kind IN ('outbox.copy', 'outbox.notice')")[0], '0');
      assert.equal((await said()).length, before);
      await server.terminate();
      await server.run();
      assert.equal((await shown()).state, 'off', 'the choice outlives a restart, and TELEGRAM_GROUP_CHAT_ID');
    });

    test('the simulator saw no breach of the specification', async () => {
      assert.deepEqual(await sim.violations(), []);
    });
  });
}

describe('a staff group that takes little at a time', () => {
  let sim: Simulator;
  let server: Server;
  let group: number;

  before(async () => {
    sim = await Simulator.start({ tokens: [TOKEN], strict: true });
    const maria = await sim.customer({ first_name: 'Maria' });
    group = (await sim.group({ title: 'Support team', members: [maria.id], bot: TOKEN }))['id'];
    server = await Server.start({ telegram: sim.url, token: TOKEN, env: { TELEGRAM_GROUP_CHAT_ID: String(group) } });
    const api = await server.signIn();
    await until('the bot is ok', async () => (await api.bot()).state === 'ok');
  });
  after(async () => {
    await server?.stop();
    await sim?.stop();
  });

  test('429 for the group is obeyed: every copy is sent once, in order, and answers to customers do not wait', async () => {
    await sim.limits({ enabled: true, group: { per_second: 4, burst: 2 } });
    const ann = await sim.customer({ first_name: 'Annabel' });
    const wanted = Array.from({ length: 10 }, (_, i) => `Annabel\nnumber ${i}`);
    for (let i = 0; i < wanted.length; i++) await sim.text(ann, `number ${i}`);
    const bob = await sim.customer({ first_name: 'Robert' });
    await sim.start(bob); // the greeting is sent at once
    await until('Robert is greeted', async () => (await sim.transcript(bob.id)).messages.some((m) => m.side === 'bot'));
    const said = async (): Promise<string[]> => (await sim.transcript(group)).messages.filter((l) => l.side === 'bot').map((l) => l.text);
    assert.ok((await said()).length < wanted.length, 'while the group still waits');
    await until('all copies', async () => (await said()).length >= wanted.length);
    assert.deepEqual(await said(), wanted);
    assert.ok((await sim.calls({ method: 'sendMessage', chat: group, ok: false })).length > 0, 'it was told to wait');
  });

  test('several photos and texts of many customers at once are copied whole, albums together', async () => {
    await sim.limits({ enabled: false });
    const people = await Promise.all([1, 2, 3].map((n) => sim.customer({ first_name: `Many${n}` })));
    await Promise.all(people.map((who) => sim.album(who, { count: 2, spacing_ms: 40, caption: `two of ${who.first_name}` })));
    const albums = await until('three albums', async () => {
      const parts = (await sim.transcript(group)).messages.filter((l) => l.side === 'bot' && l.message['media_group_id']);
      return parts.length === 6 ? parts : undefined;
    }, 60_000);
    for (const who of people) {
      const head = albums.find((l) => l.text === `${who.first_name}\ntwo of ${who.first_name}`)!;
      assert.equal(albums.filter((l) => l.message['media_group_id'] === head.message['media_group_id']).length, 2);
    }
  });
});

// The staff group with topics, black box: a topic for each conversation, mirrored both ways, whatever happens to the topic.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Conversation, Message, Operator, StaffGroup } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { type Engine, engines, Server, until } from '../harness/server.ts';
import { type Customer, Simulator, type TranscriptLine } from '../telegram/client.ts';

const TOKEN = '123456:TEST';
const GROUP = '/api/channels/telegram/group';

interface Topic {
  message_thread_id: number;
  name: string;
  closed: boolean;
}

/** A desk whose staff group has topics. */
class Desk {
  sim!: Simulator;
  server!: Server;
  api!: Api;
  maria!: Customer;
  anton!: Customer;
  group!: number;

  async open(engine: Engine, webhook: boolean): Promise<void> {
    this.sim = await Simulator.start({ tokens: [TOKEN], strict: true });
    this.maria = await this.sim.customer({ first_name: 'Maria', last_name: 'Support', username: 'maria_s', language_code: 'en' });
    this.anton = await this.sim.customer({ first_name: 'Антон', language_code: 'ru' });
    this.group = (await this.sim.group({ title: 'Topics', is_forum: true, members: [this.maria.id, this.anton.id], bot: TOKEN }))['id'];
    this.server = await Server.start({ engine, telegram: this.sim.url, token: TOKEN, webhook });
    this.api = await this.server.signIn();
    await until('the bot is ok', async () => (await this.api.bot()).state === 'ok');
    await this.choose({ mode: 'topics' });
  }
  async close(): Promise<void> {
    await this.server?.stop();
    await this.sim?.stop();
  }
  /** Forgets the pace of the group, which the tests would wait for. */
  async rested(): Promise<void> {
    await this.server.terminate();
    await this.server.run();
    await until('the bot is ok', async () => (await this.api.bot()).state === 'ok');
  }

  choose(choice: object): Promise<StaffGroup> {
    return this.api.call('PUT', GROUP, { chat_id: String(this.group), ...choice });
  }
  shown(): Promise<StaffGroup> {
    return this.api.call('GET', GROUP);
  }
  async topics(): Promise<Topic[]> {
    return (await this.sim.groupAct(this.group, 'topics'))['topics'];
  }
  topicNamed(part: string): Promise<Topic> {
    return until(`a topic "${part}"`, async () => (await this.topics()).find((t) => t.name.includes(part)));
  }
  async said(): Promise<TranscriptLine[]> {
    return (await this.sim.transcript(this.group)).messages;
  }
  async inTopic(thread: number | undefined): Promise<TranscriptLine[]> {
    return (await this.said()).filter((l) => l.message['message_thread_id'] === thread && !l.message['forum_topic_created']);
  }
  /** What the bot says in the topic, without service messages. */
  async copies(thread: number | undefined): Promise<string[]> {
    return (await this.inTopic(thread)).filter((l) => l.side === 'bot' && (l.text || l.kind === 'photo')).map((l) => l.text);
  }
  copied(thread: number | undefined, text: string): Promise<TranscriptLine> {
    return until(`"${text}" in the topic`, async () => (await this.inTopic(thread)).find((l) => l.side === 'bot' && l.text === text));
  }
  async answers(customer: Customer): Promise<TranscriptLine[]> {
    return (await this.sim.transcript(customer.id)).messages.filter((m) => m.side === 'bot');
  }
  answered(customer: Customer, text: string): Promise<TranscriptLine> {
    return until(`"${text}" reaches ${customer.first_name}`, async () => (await this.answers(customer)).find((m) => m.text === text));
  }
  conversationOf(customer: Customer): Promise<Conversation> {
    return until('the conversation', async () => (await this.api.everyConversation()).find((c) => c.customer.external_id === String(customer.id)));
  }
  async operator(name: string): Promise<Operator> {
    return ((await this.api.call('GET', '/api/operators')).data as Operator[]).find((o) => o.name === name)!;
  }
  say(by: Customer, thread: number, text: string, more: object = {}) {
    return this.sim.text(by, text, { chat: this.group, thread, ...more });
  }
  /** A new customer with a topic. */
  async opened(name: string, text: string): Promise<{ who: Customer; thread: number }> {
    const who = await this.sim.customer({ first_name: name, language_code: 'en' });
    await this.sim.text(who, text);
    const thread = (await this.topicNamed(name)).message_thread_id;
    await this.copied(thread, `${name}\n${text}`);
    return { who, thread };
  }
  /** Changes of names are due now, as if a minute had passed; the choice of the group wakes the sender. */
  async hasten(): Promise<void> {
    this.server.query("UPDATE job SET due_at = 1 WHERE kind = 'outbox.topic'");
    await this.choose({ mode: 'topics' });
  }
  async quiet(): Promise<void> {
    await until('every update is heard', async () => (await this.sim.bot(TOKEN))['pending_updates'] === 0);
    await until('nothing is left to send', () => this.server.query("SELECT count(*) FROM job WHERE kind LIKE 'outbox.%' AND kind <> 'outbox.topic'")[0] === '0');
  }
}

const topicsOn = (engine: Engine, webhook: boolean): void =>
    void describe(`a staff group with topics on ${engine} ${webhook ? 'by webhook' : 'by polling'}`, { concurrency: false }, () => {
      const desk = new Desk();
      before(() => desk.open(engine, webhook));
      after(() => desk.close());

      test('a customer gets a topic with the first message, and every message goes there, with media and albums', async () => {
        const { who, thread } = await desk.opened('Annabel', 'where is my parcel?');
        assert.equal((await desk.topics()).find((t) => t.message_thread_id === thread)!.name, '🟡 Annabel');
        await desk.sim.text(who, 'are you there?');
        await desk.copied(thread, 'are you there?');
        await desk.sim.photo(who, { caption: 'it looks like this', width: 300, height: 200 });
        await until('the photo', async () => (await desk.inTopic(thread)).find((l) => l.kind === 'photo' && l.text === 'it looks like this'));
        await desk.sim.album(who, { count: 2, spacing_ms: 40, caption: 'two views' });
        const parts = await until('the album', async () => {
          const all = (await desk.inTopic(thread)).filter((l) => l.message['media_group_id']);
          return all.length === 2 ? all : undefined;
        });
        assert.deepEqual(parts.map((l) => l.text), ['two views', '']);
        await desk.sim.media(who, 'voice', { duration: 3 });
        const voice = await until('the voice', async () => (await desk.inTopic(thread)).find((l) => l.kind === 'voice'));
        assert.equal((voice.message['reply_to_message'] as any)?.text, '[voice]');
        assert.equal((await desk.sim.calls({ method: 'createForumTopic' })).length, 1);
        assert.equal((await desk.shown()).state, 'ok');
      });

      test('a message in the topic is the answer of its writer; replies are mirrored both ways', async () => {
        await desk.rested();
        const { who, thread } = await desk.opened('Beatrix', 'first question');
        const first = await desk.copied(thread, 'Beatrix\nfirst question');
        await desk.sim.text(who, 'second question');
        await desk.copied(thread, 'second question');
        await desk.say(desk.maria, thread, 'to both');
        assert.equal((await desk.answered(who, 'to both')).message['reply_to_message'], undefined);
        await desk.say(desk.anton, thread, 'to the first', { reply_to: first.message_id });
        const quote = await desk.answered(who, 'to the first');
        assert.equal((quote.message['reply_to_message'] as any)?.text, 'first question');
        await desk.sim.photo(desk.maria, { chat: desk.group, thread, caption: 'a picture', width: 200, height: 200 });
        await until('the picture', async () => (await desk.answers(who)).find((m) => m.kind === 'photo' && m.text === 'a picture'));
        const { id } = await desk.conversationOf(who);
        const message = await until('it is stored', async () => (await desk.api.history(id)).find((m: Message) => m.text === 'to both' && m.delivery === 'sent'));
        assert.equal(message.origin, 'staff_group');
        assert.equal(message.operator_id, (await desk.operator('Maria Support')).id);
        // The customer answers to the answer: the copy in the topic answers what Maria wrote there.
        await desk.sim.text(who, 'thanks for both', { reply_to: (await desk.answered(who, 'to both')).message_id });
        const back = await desk.copied(thread, 'thanks for both');
        assert.equal((back.message['reply_to_message'] as any)?.text, 'to both');
        await desk.api.reply(id, { text: 'from the panel' });
        await desk.copied(thread, `${desk.api.operator.name}\nfrom the panel`);
        const edited = (await desk.sim.transcript(who.id)).messages.find((m) => m.text === 'second question')!;
        await desk.sim.edit(who, edited.message_id, { text: 'second question, corrected' });
        await desk.copied(thread, '✏️ second question, corrected');
        assert.ok(!(await desk.copies(thread)).includes('second question'), 'the copy itself is changed');
      });

      // Its answers wait for the pace of one customer's chat, and how updates arrive makes no difference to them.
      if (webhook) test('every kind that a bot can send reaches the customer, with caption, formatting and as one album', async () => {
        await desk.rested();
        const { who, thread } = await desk.opened('Abigail', 'show me everything, please');
        const where = { chat: desk.group, thread };
        const got = (kind: string, text = ''): Promise<TranscriptLine> => until(`the ${kind}`, async () => (await desk.answers(who)).find((m) => m.kind === kind && m.text === text));
        await desk.say(desk.maria, thread, '<b>bold</b> and <a href="https://example.org/">a link</a>', { parse_mode: 'HTML' });
        assert.deepEqual((await got('text', 'bold and a link')).message['entities'], [{ type: 'bold', offset: 0, length: 4 }, { type: 'text_link', offset: 9, length: 6, url: 'https://example.org/' }]);
        const last = await desk.sim.lastCall();
        for (const kind of ['video', 'animation', 'audio', 'document', 'voice'] as const) {
          await desk.sim.media(desk.maria, kind, { ...where, caption: `a <i>${kind}</i>`, parse_mode: 'HTML', duration: 3 });
          assert.equal(((await got(kind, `a ${kind}`)).message['caption_entities'] as any[])[0].type, 'italic');
        }
        for (const kind of ['video_note', 'sticker'] as const) {
          await desk.sim.media(desk.anton, kind, { ...where, duration: 2, emoji: '👍' });
          await got(kind);
        }
        await desk.sim.location(desk.maria, { ...where, latitude: 48.2, longitude: 16.4 });
        const place = (await got('location')).message['location'] as any;
        assert.deepEqual([place.latitude.toFixed(3), place.longitude.toFixed(3)], ['48.200', '16.400']);
        await desk.sim.contact(desk.maria, { ...where, phone_number: '+43123456', first_name: 'Workshop' });
        assert.equal(((await got('contact')).message['contact'] as any).phone_number, '+43123456');
        await desk.sim.act(desk.maria, 'poll', { ...where, question: 'Which colour?', options: ['Red', 'Blue'] });
        const poll = (await until('the poll', async () => (await desk.answers(who)).find((m) => m.kind === 'poll'))).message['poll'] as any;
        assert.deepEqual([poll.question, poll.options.map((o: any) => o.text)], ['Which colour?', ['Red', 'Blue']]);
        await desk.sim.act(desk.maria, 'dice', where);
        await until('the dice', async () => (await desk.answers(who)).find((m) => m.kind === 'dice'));
        await desk.sim.album(desk.maria, { ...where, items: [{ type: 'photo', caption: 'from both sides' }, { type: 'video' }, { type: 'photo' }], spacing_ms: 60 });
        await until('the album', async () => (await desk.answers(who)).filter((m) => m.message['media_group_id']).length === 3);
        const album = (await desk.answers(who)).filter((m) => m.message['media_group_id']);
        assert.equal(new Set(album.map((m) => m.message['media_group_id'])).size, 1);
        assert.deepEqual(album.map((m) => [m.kind, m.text]), [['photo', 'from both sides'], ['video', ''], ['photo', '']]);
        assert.deepEqual((await desk.sim.calls({ method: 'getFile', after: last, limit: 1000 })).filter((c) => c.params['chat_id'] === who.id), []);
        const uploads = (await desk.sim.calls({ chat: who.id, after: last, limit: 1000 })).filter((c) => JSON.stringify(c.params).includes('attach://'));
        assert.deepEqual(uploads, [], 'the same bot sends its file by its id');
        // A quotation of the copy, which has the customer's name above the words.
        const copy = await desk.copied(thread, 'Abigail\nshow me everything, please');
        await desk.say(desk.maria, thread, 'that was all', { reply_to: copy.message_id, quote: 'everything' });
        assert.equal(((await desk.answered(who, 'that was all')).message['quote'] as any)?.text, 'everything');
        // What cannot be carried is said in words, and a pinned message is nobody's answer.
        await desk.sim.act(desk.anton, 'message', { ...where, content: { poll: { id: '7', question: 'Right?', options: [{ text: 'a', voter_count: 0, persistent_id: 'a' }, { text: 'b', voter_count: 0, persistent_id: 'b' }], total_voter_count: 0, is_closed: false, is_anonymous: true, type: 'quiz', allows_multiple_answers: false, allows_revoting: false, members_only: false } } });
        await desk.copied(thread, '⚠️ Не отправлено: Telegram не сообщает боту верный ответ викторины. Отправьте обычный опрос.');
        await desk.sim.act(desk.maria, 'message', { ...where, content: { story: { id: 3, chat: { id: desk.maria.id, type: 'private', first_name: 'Maria' } } } });
        await desk.copied(thread, '⚠️ Not sent: a bot cannot send this kind of message. The customer does not see it.');
        const before = (await desk.copies(thread)).length;
        await desk.sim.act(desk.maria, 'message', { ...where, content: { message_auto_delete_timer_changed: { message_auto_delete_time: 86400 } } });
        await desk.quiet();
        assert.deepEqual((await desk.copies(thread)).slice(before), []);
      });

      test('edits and deletions follow: of the staff to the customer, of the customer and of the panel to the group', async () => {
        await desk.rested();
        const { who, thread } = await desk.opened('Adelheid', 'how much is it?');
        const { id } = await desk.conversationOf(who);
        const where = { chat: desk.group, thread };
        const said = await desk.say(desk.maria, thread, 'ten euros');
        await desk.answered(who, 'ten euros');
        await desk.sim.edit(desk.maria, said['message_id'], { ...where, text: 'twelve euros' });
        await desk.answered(who, 'twelve euros');
        const stored = await until('the edit is stored', async () => (await desk.api.history(id)).find((m: Message) => m.text === 'twelve euros' && m.edited_at));
        assert.equal(stored.operator_id, (await desk.operator('Maria Support')).id);
        const film = await desk.sim.media(desk.maria, 'video', { ...where, caption: 'the film' });
        await until('the film', async () => (await desk.answers(who)).find((m) => m.text === 'the film'));
        await desk.sim.edit(desk.maria, film['message_id'], { ...where, caption: 'the whole film' });
        await until('its caption', async () => (await desk.answers(who)).find((m) => m.kind === 'video' && m.text === 'the whole film'));
        await desk.sim.edit(desk.maria, film['message_id'], { ...where, media: { type: 'video', seed: 9 }, caption: 'another film' } as object);
        await desk.copied(thread, '⚠️ The change was not sent: a file that was sent stays as it is. Send the new one as a new message.');
        await desk.sim.edit(desk.maria, said['message_id'], { ...where, text: '// secret' });
        await desk.copied(thread, '⚠️ The customer still has the earlier text: it can no longer become a note or a command.');
        await desk.sim.fault({ kind: 'status', method: 'editMessageText', chat: who.id, code: 400, description: "Bad Request: message can't be edited", count: 1 });
        await desk.sim.edit(desk.maria, said['message_id'], { ...where, text: 'thirteen euros' });
        await until('the refusal is told', async () => (await desk.copies(thread)).find((text) => text.startsWith('⚠️ The change did not reach the customer: ')));
        assert.deepEqual((await desk.answers(who)).map((m) => m.text), ['twelve euros', 'the whole film']);
        // The customer's edits change the copies, and one that cannot be changed is followed by a new one.
        const photo = await desk.sim.photo(who, { caption: 'this lamp', width: 300, height: 200 });
        await desk.copied(thread, 'this lamp');
        await desk.sim.edit(who, photo['message_id'], { media: { type: 'photo', seed: 5 }, caption: 'that lamp' } as object);
        const changed = await desk.copied(thread, '✏️ that lamp');
        assert.equal(changed.kind, 'photo');
        assert.ok(!(await desk.copies(thread)).includes('this lamp'));
        await desk.sim.fault({ kind: 'status', method: 'editMessageMedia', chat: desk.group, code: 400, description: "Bad Request: message can't be edited", count: 1 });
        await desk.sim.edit(who, photo['message_id'], { caption: 'no lamp at all' });
        const anew = await desk.copied(thread, '✏️ no lamp at all');
        assert.equal((anew.message['reply_to_message'] as any)?.caption, '✏️ that lamp');
        // An operator's own edits and deletions in the panel.
        const answer = await desk.api.reply(id, { text: 'from the panel' });
        await desk.copied(thread, `${desk.api.operator.name}\nfrom the panel`);
        await desk.answered(who, 'from the panel');
        await desk.api.call('PATCH', `/api/conversations/${id}/messages/${answer.id}`, { text: 'from my panel' });
        await desk.copied(thread, `✏️ ${desk.api.operator.name}\nfrom my panel`);
        await desk.answered(who, 'from my panel');
        await desk.api.call('DELETE', `/api/conversations/${id}/messages/${answer.id}`);
        await until('its copy is gone', async () => !(await desk.copies(thread)).some((text) => text.includes('my panel')));
        await desk.api.call('DELETE', `/api/conversations/${id}/messages/${stored.id}`);
        const gone = await desk.copied(thread, '🗑 Deleted in the panel: the customer does not have this message any more.');
        assert.equal((gone.message['reply_to_message'] as any)?.message_id, said['message_id']);
        assert.deepEqual((await desk.answers(who)).map((m) => m.text), ['the whole film']);
        await desk.quiet();
        assert.deepEqual((await desk.api.deadLetters()).filter((d) => d.purpose !== 'answer'), []);
      });

      test('commands take, assign and close; notes and talk stay in the group', async () => {
        await desk.rested();
        const { who, thread } = await desk.opened('Cleopatra', 'who helps me?');
        const { id } = await desk.conversationOf(who);
        await desk.say(desk.maria, thread, '/take');
        await desk.copied(thread, '👤 The conversation is yours.');
        assert.equal((await desk.api.conversation(id)).assignee_id, (await desk.operator('Maria Support')).id);
        await desk.api.call('POST', '/api/operators', { login: 'petra', name: 'Petra Zweig', role: 'operator', password: 'a plain long password' });
        await desk.api.call('POST', '/api/operators', { login: 'peter', name: 'Peter Zweig', role: 'operator', password: 'a plain long password' });
        await desk.api.call('PATCH', `/api/operators/${(await desk.operator('Maria Support')).id}`, { role: 'admin' });
        await desk.say(desk.maria, thread, '/assign@switchboard_test_bot pet');
        await desk.copied(thread, '⚠️ Not assigned: it is not clear who is meant: Petra Zweig, Peter Zweig');
        await desk.say(desk.maria, thread, '/assign nobody at all');
        await desk.copied(thread, '⚠️ Not assigned: there is no such operator: nobody at all');
        await desk.say(desk.maria, thread, '/assign PETRA z');
        await desk.copied(thread, '👤 Assigned: Petra Zweig');
        assert.equal((await desk.api.conversation(id)).assignee_id, (await desk.operator('Petra Zweig')).id);
        await desk.say(desk.maria, thread, '/assign @maria_s');
        await desk.copied(thread, '👤 Assigned: Maria Support');
        await desk.say(desk.anton, thread, '/clsoe');
        await desk.copied(thread, '⚠️ Не отправлено: такой команды нет. Есть /take, /close, /assign имя, /note текст.');
        const note = await desk.say(desk.maria, thread, '// a difficult one');
        await desk.say(desk.anton, thread, 'yes, indeed', { reply_to: note['message_id'] });
        await desk.say(desk.maria, thread, '/note call them tomorrow');
        await desk.copied(thread, '📝 This stays in the group. The customer does not see it.');
        await desk.say(desk.maria, thread, '/close');
        await desk.copied(thread, '✅ The conversation is closed.');
        assert.equal((await desk.api.conversation(id)).status, 'closed');
        await desk.quiet();
        assert.deepEqual((await desk.answers(who)).map((m) => m.text), []);
      });

      test('the mark in the name follows the conversation, at most once a minute', async () => {
        await desk.rested();
        const { who, thread } = await desk.opened('Dorothea', 'a short question');
        const nameIs = (name: string) => until(`the name is ${name}`, async () => (await desk.topics()).find((t) => t.message_thread_id === thread)?.name === name);
        await desk.say(desk.maria, thread, 'a short answer');
        await desk.answered(who, 'a short answer');
        await desk.sim.text(who, 'one more');
        await desk.copied(thread, 'one more');
        await desk.say(desk.maria, thread, 'another answer');
        await desk.answered(who, 'another answer');
        await desk.quiet();
        const due = Number(desk.server.query(`SELECT j.due_at - t.named_at FROM job AS j JOIN staff_topic AS t ON t.conversation_id = j.subject_id WHERE j.kind = 'outbox.topic' AND t.thread_id = ${thread}`)[0]);
        assert.ok(due >= 60_000 && due < 61_000, `one change waits, for the end of the minute: ${due}`);
        assert.equal((await desk.sim.calls({ method: 'editForumTopic' })).filter((c) => c.params['message_thread_id'] === thread).length, 0);
        await desk.hasten();
        await nameIs('🟢 Dorothea');
        await desk.say(desk.maria, thread, '/close');
        await desk.copied(thread, '✅ The conversation is closed.');
        await desk.hasten();
        await nameIs('✅ Dorothea');
        await desk.sim.text(who, 'and again');
        await desk.copied(thread, 'and again');
        await desk.hasten();
        await nameIs('🟡 Dorothea');
      });

      test('a deleted topic is made again once, with a mark, and the message goes there', async () => {
        await desk.rested();
        const { who, thread } = await desk.opened('Esmeralda', 'before');
        await desk.sim.groupAct(desk.group, 'change-topic', { thread, deleted: true });
        await desk.sim.text(who, 'after the deletion');
        const next = await until('the new topic', async () => (await desk.topics()).find((t) => t.name.includes('Esmeralda')));
        assert.notEqual(next.message_thread_id, thread);
        await desk.copied(next.message_thread_id, '♻️ The topic was deleted. The conversation goes on here.\nEsmeralda\nafter the deletion');
        await desk.sim.text(who, 'and on');
        await desk.copied(next.message_thread_id, 'and on');
        await desk.say(desk.maria, next.message_thread_id, 'we are here');
        await desk.answered(who, 'we are here');
        assert.equal((await desk.sim.calls({ method: 'createForumTopic' })).filter((c) => String(c.params['name']).includes('Esmeralda')).length, 2);
        // Deleted again between the new topic and the message: the message goes outside the topics, and the next one has a topic.
        await desk.sim.groupAct(desk.group, 'change-topic', { thread: next.message_thread_id, deleted: true });
        await desk.sim.fault({ kind: 'status', method: 'sendMessage', chat: desk.group, code: 400, description: 'Bad Request: message thread not found', count: 2 });
        await desk.sim.text(who, 'deleted all the time');
        await desk.copied(undefined, 'Esmeralda\ndeleted all the time');
      });

      test("what lands in another customer's topic is deleted there and sent to a topic of its own", async () => {
        await desk.rested();
        const fiona = await desk.opened('Fionella', 'I am Fiona');
        const greta = await desk.opened('Gretchen', 'I am Greta');
        const last = await desk.sim.lastCall();
        await desk.sim.groupAct(desk.group, 'stray', { thread: fiona.thread, into: greta.thread });
        await desk.sim.text(fiona.who, 'a secret of Fiona');
        const right = await until('the new topic', async () => (await desk.topics()).find((t) => t.name.includes('Fionella') && t.message_thread_id !== fiona.thread));
        await desk.copied(right.message_thread_id, '♻️ The topic was deleted. The conversation goes on here.\nFionella\na secret of Fiona');
        assert.ok(!(await desk.said()).some((l) => l.message['message_thread_id'] === greta.thread && l.text.includes('secret')), 'it is not in the topic of Greta');
        assert.equal((await desk.sim.calls({ method: 'deleteMessages', chat: desk.group, after: last })).length, 1);
        await desk.sim.groupAct(desk.group, 'stray', { thread: right.message_thread_id, into: 0 });
        await desk.sim.text(fiona.who, 'and outside');
        const third = await until('another topic', async () => (await desk.topics()).filter((t) => t.name.includes('Fionella')).find((t) => ![fiona.thread, right.message_thread_id].includes(t.message_thread_id)));
        await desk.copied(third.message_thread_id, '♻️ The topic was deleted. The conversation goes on here.\nFionella\nand outside');
        assert.ok(!(await desk.copies(undefined)).some((text) => text.includes('and outside')));
      });

      test('a closed topic is opened again', async () => {
        await desk.rested();
        const { who, thread } = await desk.opened('Henrietta', 'hello');
        await desk.sim.groupAct(desk.group, 'change-topic', { thread, closed: true });
        await desk.quiet();
        await desk.sim.text(who, 'still here');
        await desk.copied(thread, 'still here');
        assert.equal((await desk.topics()).find((t) => t.message_thread_id === thread)!.closed, false);
        // Telegram says so although nobody had told.
        await desk.sim.fault({ kind: 'status', method: 'sendMessage', chat: desk.group, code: 400, description: 'Bad Request: TOPIC_CLOSED', count: 1 });
        await desk.sim.text(who, 'and now?');
        await desk.copied(thread, 'and now?');
        assert.equal((await desk.sim.calls({ method: 'reopenForumTopic' })).length, 2);
      });

      test('a topic is made once although the answer about it was lost', async () => {
        await desk.rested();
        await desk.sim.fault({ kind: 'drop_response', method: 'createForumTopic', count: 1 });
        const { thread } = await desk.opened('Iphigenia', 'once only');
        assert.deepEqual((await desk.topics()).filter((t) => t.name.includes('Iphigenia')).map((t) => t.message_thread_id), [thread]);
        assert.equal((await desk.copies(thread)).length, 1);
      });

      test('names: two of the same, 128 signs with emoji, and nothing visible', async () => {
        await desk.rested();
        const one = await desk.opened('Johanna', 'the first Johanna');
        const second = await desk.sim.customer({ first_name: 'Johanna', username: 'johanna_2' });
        await desk.sim.text(second, 'the second Johanna');
        const two = await desk.topicNamed('Johanna · @johanna_2');
        await desk.copied(two.message_thread_id, 'Johanna · @johanna_2\nthe second Johanna');
        assert.notEqual(two.message_thread_id, one.thread);
        await desk.say(desk.maria, two.message_thread_id, 'only to the second');
        await desk.answered(second, 'only to the second');
        assert.deepEqual(await desk.answers(one.who), []);
        const long = '👩‍🚀'.repeat(21) + 'x';
        const many = await desk.sim.customer({ first_name: long, last_name: 'y'.repeat(64) });
        await desk.sim.text(many, 'with many signs');
        const cut = await desk.topicNamed('👩‍🚀👩‍🚀');
        assert.ok(cut.name.length <= 128 && cut.name.startsWith('🟡 👩‍🚀'), cut.name);
        const empty = await desk.sim.customer({ first_name: '\u2800\u3164' });
        await desk.sim.text(empty, 'invisible');
        const { id } = await desk.conversationOf(empty);
        assert.ok((await desk.topicNamed(String(empty.id))) || (await desk.topicNamed(`#${id}`)));
      });

      test('rights taken away, topics off, and the bot thrown out: said in words, and nothing is lost', async () => {
        await desk.rested();
        const { who, thread } = await desk.opened('Kassandra', 'before the trouble');
        const failing = (words: RegExp) => until(`it says ${words}`, async () => {
          const now = await desk.shown();
          return now.state === 'failing' && words.test(now.error ?? '') ? now : undefined;
        });
        await desk.sim.groupAct(desk.group, 'bot', { bot: TOKEN, status: 'administrator', rights: { can_manage_topics: false } });
        const late = await desk.sim.customer({ first_name: 'Leopoldine' });
        await desk.sim.text(late, 'without rights');
        await failing(/may not manage topics/);
        await until('the need is shown', async () => (await desk.shown()).needs.filter((n) => !n.met).map((n) => n.need).join() === 'manage_topics');
        assert.match(desk.server.command('doctor').output, /^WRONG staff group: .*may not manage topics/m);
        await desk.sim.groupAct(desk.group, 'bot', { bot: TOKEN, status: 'administrator' });
        await desk.copied((await desk.topicNamed('Leopoldine')).message_thread_id, 'Leopoldine\nwithout rights');
        await desk.sim.groupAct(desk.group, 'forum', { enabled: false });
        await desk.sim.text(who, 'while topics are off');
        await failing(/Topics are off/);
        assert.match(desk.server.command('doctor').output, /^WRONG staff group: .*Topics are off/m);
        await desk.sim.groupAct(desk.group, 'forum', { enabled: true });
        await until('it is in the same topic', async () => (await desk.copies(thread)).includes('while topics are off'), 60_000);
        await until('the copy is settled', async () => { const { state, queued } = await desk.shown(); return state === 'ok' && queued === 0; });
        // A success of before, which is told after the removal, says nothing about now.
        const held = await desk.sim.fault({ kind: 'late_response', method: 'sendMessage', chat: desk.group, count: 1, ms: 60_000 });
        await desk.sim.text(who, 'just before');
        await desk.copied(thread, 'just before');
        await desk.sim.groupAct(desk.group, 'bot', { bot: TOKEN, status: 'kicked' });
        await failing(/removed from the group/);
        await desk.sim.removeFault(held['id']);
        await until('the success is stored', async () => (await desk.shown()).queued === 0);
        await failing(/removed from the group/);
        assert.match(desk.server.command('doctor').output, /^WRONG staff group: Telegram does not let the bot in/m);
        await desk.sim.text(who, 'while out');
        await until('it waits', async () => (await desk.shown()).queued >= 1);
        await desk.sim.groupAct(desk.group, 'bot', { bot: TOKEN, status: 'administrator' });
        await desk.copied(thread, 'while out');
        assert.equal((await desk.shown()).state, 'ok');
        assert.deepEqual((await desk.api.deadLetters()).filter((d) => d.purpose !== 'answer'), []);
      });

      test('back to the plain group: copies go outside the topics, with names', async () => {
        await desk.rested();
        const { who, thread } = await desk.opened('Melisande', 'in a topic');
        assert.equal((await desk.choose({ mode: 'plain' })).mode, 'plain');
        await desk.sim.text(who, 'in the plain group');
        const copy = await desk.copied(undefined, 'Melisande\nin the plain group');
        await desk.sim.text(desk.maria, 'answered there', { chat: desk.group, reply_to: copy.message_id });
        await desk.answered(who, 'answered there');
        await desk.say(desk.maria, thread, 'talk in the old topic');
        await desk.quiet();
        assert.equal((await desk.answers(who)).length, 1);
      });

      test('topics are refused, with the reason, where they cannot be', async () => {
        const refused = async (chat: number) => api().refusal('PUT', GROUP, { chat_id: String(chat), mode: 'topics' });
        const api = () => desk.api;
        const basic = (await desk.sim.group({ title: 'Basic', type: 'group', members: [desk.maria.id], bot: TOKEN }))['id'];
        const member = (await desk.sim.group({ title: 'Member', is_forum: true, members: [desk.maria.id], bot: TOKEN, bot_status: 'member' }))['id'];
        for (const [chat, words] of [[basic, /Topics are off/], [member, /not an administrator/]] as const) {
          const no = await refused(chat);
          assert.deepEqual([no.status, no.code, no.field], [400, 'invalid_field', 'mode']);
          assert.match(no.message, words);
        }
        const long = await desk.api.refusal('PUT', GROUP, { chat_id: String(desk.group), mode: 'topics', note_prefix: '123456789' });
        assert.deepEqual([long.status, long.field], [400, 'note_prefix']);
        const odd = await desk.api.refusal('PUT', GROUP, { chat_id: String(desk.group), mode: 'threads' });
        assert.deepEqual([odd.status, odd.field], [400, 'mode']);
        const prefixed = await desk.choose({ mode: 'topics', note_prefix: '!' });
        assert.deepEqual([prefixed.mode, prefixed.note_prefix], ['topics', '!']);
        await desk.rested();
        assert.equal((await desk.shown()).note_prefix, '!', 'the choice outlives a restart');
        assert.ok((await desk.shown()).mode === 'topics');
      });

      test('the simulator saw no breach of the specification', async () => {
        assert.deepEqual(await desk.sim.violations(), []);
      });
    });

// They mostly wait, so all run at once.
describe('a staff group with topics', { concurrency: true, timeout: 480_000 }, () => {
  for (const engine of engines) for (const webhook of [false, true]) topicsOn(engine, webhook);
});

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

for (const engine of engines)
  for (const webhook of [false, true]) {
    describe(`a staff group with topics on ${engine} ${webhook ? 'by webhook' : 'by polling'}`, () => {
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
        const edit = await desk.copied(thread, '✏️ second question, corrected');
        assert.equal((edit.message['reply_to_message'] as any)?.text, 'second question');
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
        await desk.sim.groupAct(desk.group, 'stray', { thread: fiona.thread, into: greta.thread });
        await desk.sim.text(fiona.who, 'a secret of Fiona');
        const right = await until('the new topic', async () => (await desk.topics()).find((t) => t.name.includes('Fionella') && t.message_thread_id !== fiona.thread));
        await desk.copied(right.message_thread_id, '♻️ The topic was deleted. The conversation goes on here.\nFionella\na secret of Fiona');
        assert.ok(!(await desk.said()).some((l) => l.message['message_thread_id'] === greta.thread && l.text.includes('secret')), 'it is not in the topic of Greta');
        assert.equal((await desk.sim.calls({ method: 'deleteMessages', chat: desk.group })).length, 1);
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
        const now = await failing(/may not manage topics/);
        assert.deepEqual(now.needs.filter((n) => !n.met).map((n) => n.need), ['manage_topics']);
        assert.match(desk.server.command('doctor').output, /^WRONG staff group: .*may not manage topics/m);
        await desk.sim.groupAct(desk.group, 'bot', { bot: TOKEN, status: 'administrator' });
        await desk.copied((await desk.topicNamed('Leopoldine')).message_thread_id, 'Leopoldine\nwithout rights');
        await desk.sim.groupAct(desk.group, 'forum', { enabled: false });
        await desk.sim.text(who, 'while topics are off');
        await failing(/Topics are off/);
        assert.match(desk.server.command('doctor').output, /^WRONG staff group: .*Topics are off/m);
        await desk.sim.groupAct(desk.group, 'forum', { enabled: true });
        await until('it is in the same topic', async () => (await desk.copies(thread)).includes('while topics are off'), 60_000);
        // A success that is stored after the removal would end the failure until the next copy.
        await until('the copy is settled', async () => { const { state, queued } = await desk.shown(); return state === 'ok' && queued === 0; });
        await desk.sim.groupAct(desk.group, 'bot', { bot: TOKEN, status: 'kicked' });
        await failing(/removed from the group/);
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
  }

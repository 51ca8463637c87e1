// Faults around the server: Telegram's rate limits, failures and false answers, customers who block and come back, panels that do
// not read, a full disk, no descriptors, a clock that is set back. After each: every confirmed update is stored once and in
// order, every accepted answer was delivered once or shows why not, every screen equals a freshly loaded one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Conversation, Message } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { hold } from '../harness/raw.ts';
import { Screen } from '../harness/screen.ts';
import { ADMIN, type Engine, engines, pause, Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

/** A server with its simulator and a screen that follows its events. */
class World {
  sim!: Simulator;
  server!: Server;
  api!: Api;
  screen!: Screen;

  async open(engine: 'sqlite' | 'postgres', env: Record<string, string> = {}, sim: { limits?: boolean } = {}): Promise<void> {
    this.sim = await Simulator.start({ tokens: [TOKEN], ...sim });
    this.server = await Server.start({ engine, telegram: this.sim.url, token: TOKEN, env });
    this.api = await this.server.signIn();
    await until('the bot is ok', async () => (await this.api.bot()).state === 'ok');
    this.screen = await Screen.open(this.api);
  }
  async close(): Promise<void> {
    this.screen?.close();
    await this.server?.stop();
    await this.sim?.stop();
  }

  /** A new customer who has written once. */
  async customer(name: string): Promise<{ who: Customer; id: number }> {
    const who = await this.sim.customer({ first_name: name });
    await this.sim.text(who, `${name} is here`);
    return { who, id: (await this.conversation(who)).id };
  }
  conversation = (who: Customer): Promise<Conversation> =>
    until('the conversation', () => this.api.everyConversation().then((all) => all.find((c) => c.customer.name === who.first_name)));
  settled = (id: number): Promise<Message[]> =>
    until('every answer has come to its end', async () => {
      const out = (await this.api.history(id)).filter((m) => m.direction === 'out');
      return out.every((m) => m.delivery !== 'queued' && m.delivery !== 'sending') && out;
    }, 60_000);
  async received(who: Customer): Promise<string[]> {
    return (await this.sim.transcript(who.id)).messages.filter((m) => m.side === 'bot').map((m) => m.text);
  }
  async confirmed(): Promise<void> {
    await until('every update is confirmed', async () => (await this.sim.bot(TOKEN))['pending_updates'] === 0);
  }

  /** Compares what is promised with what the simulator has received. */
  async keepsItsPromises(): Promise<void> {
    const [twice] = this.server.query('SELECT count(*) FROM (SELECT conversation_id, external_id FROM message WHERE external_id IS NOT NULL GROUP BY conversation_id, external_id HAVING count(*) > 1) AS t');
    assert.equal(twice, '0', 'nothing is stored twice');
    const [lost] = this.server.query("SELECT count(*) FROM message AS m WHERE delivery IN ('queued', 'sending') AND NOT EXISTS (SELECT 1 FROM job AS o WHERE o.subject = 'message' AND o.subject_id = m.id AND o.kind = 'outbox.answer')");
    assert.equal(lost, '0', 'what is to leave has its row');
    await this.screen.showsWhatAFreshOneShows();
    assert.equal(this.screen.repeated, 0);
  }
}

function faultsOn(engine: Engine): void {
  describe(`faults around the server on ${engine}`, { concurrency: false, timeout: 480_000 }, () => {
    const w = new World();
    before(() => w.open(engine));
    after(() => w.close());
    afterEach(() => w.sim.clearFaults());

    test('recorded updates of every kind are stored once, shown or kept raw, and block nothing', async () => {
      const lines = readFileSync(join(import.meta.dirname, '../telegram/recorded-updates.jsonl'), 'utf8').trim().split('\n');
      const before = Number(w.server.query('SELECT count(*) FROM inbound')[0]);
      await w.sim.inject(lines.map((line) => JSON.parse(line)), { renumber: true });
      await w.confirmed();
      assert.equal(Number(w.server.query('SELECT count(*) FROM inbound')[0]) - before, lines.length);
      const metrics = await (await fetch(`${w.server.url}/metrics`)).text();
      assert.match(metrics, /switchboard_telegram_updates_total\{bot="\d+",outcome="malformed"\} 0/);
      await w.keepsItsPromises();
    });

    test('repeated and reordered updates result in one history in order', async () => {
      const { who, id } = await w.customer('Dora');
      await w.sim.fault({ kind: 'duplicate_updates' });
      await w.sim.fault({ kind: 'reorder_updates' });
      const said = Array.from({ length: 60 }, (_, i) => `number ${i}`);
      for (const text of said) await w.sim.text(who, text);
      await w.confirmed();
      await w.sim.clearFaults();
      assert.deepEqual((await w.api.history(id)).map((m) => m.text).slice(1), said);
      await w.keepsItsPromises();
    });

    test('truncated, corrupt or failed responses of Telegram lose no update', async () => {
      const { who, id } = await w.customer('Cuthbert');
      const kinds = ['reset_mid_body', 'truncated_json', 'drop_request', 'drop_response', 'status'] as const;
      for (const kind of kinds) {
        await w.sim.fault({ kind, method: 'getUpdates', count: 1, code: 502, body: '<html>' });
        await w.sim.text(who, `through ${kind}`);
        await until(kind, async () => (await w.api.history(id)).some((m) => m.text === `through ${kind}`));
      }
      assert.deepEqual((await w.api.history(id)).map((m) => m.text).slice(1), kinds.map((kind) => `through ${kind}`));
      await w.keepsItsPromises();
    });

    test('unusual names and texts of customers are shown unchanged, up to their limits', async () => {
      const names: [string, string?][] = [['', ''], ['\u200f\u202eمرحبا'], ['👩‍👩‍👧‍👦🏳️‍🌈'], ['x'.repeat(10_000)], ['a\u0000b\nc'], ['<script>alert(1)</script>'], [' \t ', ' '], ['\ufffe\uffff'], ["'; DROP TABLE customer; --"]];
      for (const [first_name, last_name] of names) {
        const id = 7_000_000_000 + Math.floor(Math.random() * 1e9);
        const person = { id, is_bot: false, first_name, ...(last_name === undefined ? {} : { last_name }) };
        await w.sim.inject([{ update_id: 1, message: { message_id: 1, date: 1_700_000_000, chat: { type: 'private', ...person }, from: person, text: `from ${id}` } }], { renumber: true });
        const conversation = await until(JSON.stringify(first_name.slice(0, 20)), async () => (await w.api.everyConversation()).find((c) => c.last_message?.preview === `from ${id}`));
        const { name } = conversation.customer;
        assert.ok(name.trim().length > 0 && [...name].length <= 128 && !/[\0\n]/.test(name), JSON.stringify(name.slice(0, 40)));
      }
      const texts = ['', '\u0000', 'x'.repeat(32_768), '\ud83d\ude00'.repeat(4096), '\u202e', '\r\n\r\n'];
      const { who, id } = await w.customer('Texter');
      for (const [i, text] of texts.entries())
        await w.sim.inject([{ update_id: 1, message: { message_id: 90_000 + i, date: 1_700_000_000, chat: { id: who.id, type: 'private', first_name: 'Texter' }, from: { id: who.id, is_bot: false, first_name: 'Texter' }, text, entities: [{ type: 'bold', offset: -5, length: 99999 }] } }], { renumber: true });
      await w.confirmed();
      assert.equal((await w.api.history(id)).length, 1 + texts.length);
      await w.keepsItsPromises();
    });

    test('groups, their migration, and edits of unknown messages have no effect', async () => {
      const group = await w.sim.group({ title: 'Staff', type: 'group' });
      await w.sim.groupAct(group['id'] as number, 'migrate');
      const { who, id } = await w.customer('Edith');
      const person = { id: who.id, is_bot: false, first_name: 'Edith' };
      await w.sim.inject([{ update_id: 1, edited_message: { message_id: 4242, date: 1_700_000_000, edit_date: 1_700_000_001, chat: { type: 'private', ...person }, from: person, text: 'edited, never seen' } }], { renumber: true });
      await w.confirmed();
      assert.ok((await w.api.history(id)).some((m) => m.text === 'edited, never seen'), 'the words are shown');
      for (let i = 0; i < 5; i++) await w.sim.start(who, `again${i}`);
      await w.confirmed();
      assert.equal((await w.api.everyConversation()).filter((c) => c.customer.name === 'Edith').length, 1, 'one conversation, however often /start comes');
      await w.settled(id);
      await w.keepsItsPromises();
    });

    test('an edit of a message changes its preview wherever it is quoted', async () => {
      const { who, id } = await w.customer('Quentin');
      const message = await w.sim.text(who, 'the first words');
      const quoted = await until('it', async () => (await w.api.history(id)).find((m) => m.text === 'the first words'));
      const answer = await w.api.reply(id, { text: 'as you said', reply_to: quoted.id });
      assert.equal(answer.reply_to?.preview, 'the first words');
      await w.settled(id);
      await w.sim.edit(who, message['message_id'] as number, { text: 'other words' });
      await until('the preview follows on the open screen', () => w.screen.messages.get(id)?.get(answer.id)?.reply_to?.preview === 'other words');
      await w.keepsItsPromises();
    });

    test('many 429 responses delay answers and lose, repeat or reorder none', async () => {
      const people = [await w.customer('Flo'), await w.customer('Fred')];
      await w.sim.fault({ kind: 'status', method: 'sendMessage', code: 429, description: 'Too Many Requests: retry after 1', retry_after: 1, count: 4 });
      for (let i = 0; i < 3; i++) for (const { id } of people) await w.api.reply(id, { text: `answer ${i}` });
      for (const { who, id } of people) {
        assert.ok((await w.settled(id)).every((m) => m.delivery === 'sent'));
        assert.deepEqual(await w.received(who), ['answer 0', 'answer 1', 'answer 2']);
      }
      await w.keepsItsPromises();
    });

    test('a 429 is shown at its message and in the list, with the time until which Telegram asks to wait', async () => {
      const { who, id } = await w.customer('Fay');
      await w.sim.fault({ kind: 'status', method: 'sendMessage', chat: who.id, code: 429, description: 'Too Many Requests: retry after 2', retry_after: 2, count: 1 });
      const before = Date.now();
      const { id: message } = await w.api.reply(id, { text: 'in two seconds' });
      const waiting = await until('it waits', async () => (await w.api.history(id)).find((m) => m.retry_at));
      const until_ms = Date.parse(waiting.retry_at!);
      assert.equal(waiting.delivery, 'queued');
      assert.ok(until_ms >= before + 2000 && until_ms < Date.now() + 2500, waiting.retry_at ?? '');
      assert.equal((await w.api.conversation(id)).last_message?.retry_at, waiting.retry_at);
      assert.equal(w.screen.messages.get(id)?.get(message)?.retry_at, waiting.retry_at, 'the event has it');
      const [sent] = (await w.settled(id)).filter((m) => m.id === message);
      assert.deepEqual([sent!.delivery, sent!.retry_at], ['sent', undefined]);
      assert.equal((await w.api.conversation(id)).last_message?.retry_at, undefined);
      await w.keepsItsPromises();
    });

    test('5xx responses open the circuit; after it closes, all answers are sent in order', async () => {
      const people = [await w.customer('Circe'), await w.customer('Cyrus'), await w.customer('Cecil')];
      await w.sim.fault({ kind: 'status', code: 502, method: 'sendMessage' });
      await w.sim.fault({ kind: 'status', code: 502, method: 'getMe' });
      for (let i = 0; i < 3; i++) for (const { id } of people) await w.api.reply(id, { text: `answer ${i}` });
      await until('the circuit is open', async () => /switchboard_telegram_circuit\{bot="\d+"\} [123]/.test(await (await fetch(`${w.server.url}/metrics`)).text()));
      await until('the panel says so', async () => (await w.api.bot()).state === 'unreachable');
      await w.sim.clearFaults();
      for (const { who, id } of people) {
        assert.ok((await w.settled(id)).every((m) => m.delivery === 'sent'));
        assert.deepEqual(await w.received(who), ['answer 0', 'answer 1', 'answer 2']);
      }
      assert.match(await (await fetch(`${w.server.url}/metrics`)).text(), /switchboard_telegram_circuit\{bot="\d+"\} 0/);
      await w.keepsItsPromises();
    });

    test('an answer without a response from Telegram is uncertain, never sent twice, and delays no later ones', async () => {
      const { who, id } = await w.customer('Una');
      for (const kind of ['reset_mid_body', 'truncated_json', 'drop_response'] as const) await w.sim.fault({ kind, method: 'sendMessage', chat: who.id, count: 1 });
      for (let i = 0; i < 4; i++) await w.api.reply(id, { text: `answer ${i}` });
      const states = (await w.settled(id)).map((m) => m.delivery);
      assert.equal(states.filter((s) => s === 'uncertain').length, 3, states.join());
      assert.deepEqual(await w.received(who), ['answer 0', 'answer 1', 'answer 2', 'answer 3'], 'each once, in order');
      await w.keepsItsPromises();
    });

    test('answers that wait when the customer blocks the bot fail with that reason; after the return the dead letters can be sent in order', async () => {
      const { who, id } = await w.customer('Blanche');
      await w.sim.fault({ kind: 'status', method: 'sendMessage', chat: who.id, code: 429, retry_after: 1, description: 'Too Many Requests: retry after 1', count: 1 });
      for (let i = 0; i < 4; i++) await w.api.reply(id, { text: `answer ${i}` });
      await w.sim.block(who);
      const failed = await w.settled(id);
      assert.ok(failed.every((m) => m.delivery === 'failed' && /blocked/.test(m.delivery_error ?? '')), JSON.stringify(failed.map((m) => [m.delivery, m.delivery_error])));
      assert.equal((await w.api.refusal('POST', `/api/conversations/${id}/messages`, { text: 'one more' })).code, 'customer_blocked');
      await w.sim.unblock(who);
      await until('it is known', async () => !(await w.api.conversation(id)).customer.blocked);
      const letters = (await w.api.deadLetters()).filter((l) => l.customer_name === 'Blanche').sort((a, b) => a.id - b.id);
      assert.equal(letters.length, 4);
      await w.sim.fault({ kind: 'delay', method: 'sendMessage', chat: who.id, ms: 150, count: 1 });
      for (const letter of [letters[0]!, letters[3]!, letters[1]!, letters[2]!]) await w.api.call('POST', `/api/dead-letters/${letter.id}/retry`);
      assert.ok((await w.settled(id)).every((m) => m.delivery === 'sent'));
      assert.deepEqual(await w.received(who), ['answer 0', 'answer 1', 'answer 2', 'answer 3']);
      await w.keepsItsPromises();
    });

    test('a message from a blocked customer ends the block: new answers are accepted at once', async () => {
      const { who, id } = await w.customer('Reacher');
      // Telegram says "blocked" once, and no update says that the customer came back.
      await w.sim.fault({ kind: 'status', method: 'sendMessage', chat: who.id, code: 403, description: 'Forbidden: bot was blocked by the user', count: 1 });
      await w.api.reply(id, { text: 'refused once' });
      assert.equal((await w.settled(id))[0]!.delivery, 'failed');
      await until('it is known', async () => (await w.api.conversation(id)).customer.blocked);
      assert.equal((await w.api.refusal('POST', `/api/conversations/${id}/messages`, { text: 'too early' })).code, 'customer_blocked');
      const letter = (await w.api.deadLetters()).find((l) => l.customer_name === 'Reacher')!;
      await w.api.call('POST', `/api/dead-letters/${letter.id}/retry`);
      await until('the open screen shows it', () => w.screen.conversations.get(id)?.customer.blocked === false);
      await w.api.reply(id, { text: 'accepted' });
      assert.ok((await w.settled(id)).every((m) => m.delivery === 'sent'));
      assert.deepEqual(await w.received(who), ['refused once', 'accepted']);
      await w.keepsItsPromises();
    });

    test('a photo that Telegram does not deliver fails with a reason; one that it delivers late arrives', async () => {
      const { who, id } = await w.customer('Phil');
      // The fault is for every file: files of earlier updates are still being fetched, and would use up a fault for one.
      const never = await w.sim.fault({ kind: 'status', method: 'getFile', code: 400, description: 'Bad Request: file is too big' });
      await w.sim.photo(who, { caption: 'never' });
      await until('it is failed', async () => (await w.api.history(id)).find((m) => m.text === 'never')?.files[0]?.state === 'failed');
      await w.sim.removeFault(never['id']);
      await w.sim.fault({ kind: 'reset_mid_body', method: 'file', count: 1 });
      await w.sim.photo(who, { caption: 'late' });
      const late = await until('it is there', async () => (await w.api.history(id)).find((m) => m.text === 'late' && m.files[0]?.state === 'ready'));
      assert.equal((await w.api.send('GET', `/api/files/${late.files[0]!.id}`)).status, 200);
      assert.deepEqual(readdirSync(join(w.server.folder, 'files/tmp')), []);
      await w.keepsItsPromises();
    });

    test('an outgoing photo whose bytes are missing fails with a reason and delays nothing', async () => {
      const { who, id } = await w.customer('Gona');
      await w.sim.fault({ kind: 'status', method: 'sendPhoto', chat: who.id, code: 429, retry_after: 2, description: 'Too Many Requests: retry after 2', count: 1 });
      const form = new FormData();
      form.set('files', new File([Buffer.concat([PIXEL, Buffer.from(`gone ${Math.random()}`)])], 'gone.png'));
      const photo: Message = await w.api.call('POST', `/api/conversations/${id}/messages`, form);
      await w.sim.wait({ method: 'sendPhoto', chat: who.id });
      const [key] = w.server.query(`SELECT storage_key FROM file WHERE id = ${photo.files[0]!.id}`);
      rmSync(join(w.server.folder, 'files', key!.slice(0, 2), key!));
      await w.api.reply(id, { text: 'after it' });
      const out = await w.settled(id);
      assert.equal(out[0]!.delivery, 'failed');
      assert.ok(out[0]!.delivery_error);
      assert.deepEqual(await w.received(who), ['after it']);
      assert.equal((await w.api.send('GET', `/api/files/${photo.files[0]!.id}`)).status, 404);
      await w.keepsItsPromises();
    });

    test('every message of an album carries its client_id', async () => {
      const { who, id } = await w.customer('Alba');
      const form = new FormData();
      for (let i = 0; i < 3; i++) form.append('files', new File([Buffer.concat([PIXEL, Buffer.from(String(i))])], `${i}.png`));
      form.set('client_id', 'album');
      const first: Message = await w.api.call('POST', `/api/conversations/${id}/messages`, form);
      const again: Message = await w.api.call('POST', `/api/conversations/${id}/messages`, form);
      assert.equal(again.id, first.id);
      assert.deepEqual((await w.settled(id)).map((m) => m.client_id), ['album', 'album#2', 'album#3']);
      assert.equal((await w.sim.transcript(who.id)).messages.filter((m) => m.side === 'bot').length, 3);
    });

    test('an album with an unknown file fails with a reason, and delays nothing', async () => {
      const [ada, bo] = [await w.customer('Adalbert'), await w.customer('Boleslaw')];
      await w.sim.fault({ kind: 'status', method: 'sendMediaGroup', code: 404, description: 'Not Found' });
      const after = await w.sim.lastCall();
      const form = new FormData();
      for (let i = 0; i < 2; i++) form.append('files', new File([Buffer.concat([PIXEL, Buffer.from(`unknown ${i}`)])], `${i}.png`));
      await w.api.call('POST', `/api/conversations/${ada.id}/messages`, form);
      await w.api.reply(ada.id, { text: 'behind the album' });
      await w.api.reply(bo.id, { text: 'to somebody else' });
      const unknown = 'Telegram does not know this request. If the bot’s token is right, the Bot API server may be too old.';
      assert.deepEqual((await w.settled(ada.id)).map((m) => [m.delivery, m.delivery_error]), [['failed', unknown], ['failed', unknown], ['sent', null]]);
      assert.ok((await w.settled(bo.id)).every((m) => m.delivery === 'sent'));
      assert.equal((await w.sim.calls({ method: 'sendMediaGroup', after })).length, 1, 'it is tried once');
      assert.equal((await w.api.bot()).state, 'ok');
      await w.keepsItsPromises();
    });

    test('refused polls do not count as a refused token, and answers are still sent', async () => {
      const { who, id } = await w.customer('Polly');
      await w.sim.fault({ kind: 'status', method: 'getUpdates', code: 404, description: 'Not Found' });
      const after = await w.sim.lastCall();
      await w.sim.text(who, 'ends the long poll');
      await until('the panel says so', async () => (await w.api.bot()).state === 'unreachable');
      assert.match((await w.api.bot()).error!, /^Telegram does not know this request\./);
      await w.api.reply(id, { text: 'leaves all the same' });
      assert.ok((await w.settled(id)).every((m) => m.delivery === 'sent'));
      assert.ok((await w.sim.calls({ method: 'getUpdates', after })).length <= 12);
      await w.sim.clearFaults();
      await until('all is well', async () => (await w.api.bot()).state === 'ok');
      await w.keepsItsPromises();
    });

    test('a revoked token stops the queue; a new token continues it', async () => {
      const { who, id } = await w.customer('Rita');
      await w.sim.fault({ kind: 'status', code: 401, description: 'Unauthorized' });
      await w.api.reply(id, { text: 'held' });
      await until('it says so', async () => (await w.api.bot()).state === 'unauthorized');
      await w.api.reply(id, { text: 'held too' });
      assert.ok((await w.api.history(id)).filter((m) => m.direction === 'out').every((m) => m.delivery === 'queued'));
      assert.equal((await w.api.refusal('PUT', '/api/bot/token', { token: TOKEN })).code, 'bot_token_invalid');
      await w.sim.clearFaults();
      await w.api.call('PUT', '/api/bot/token', { token: TOKEN });
      assert.ok((await w.settled(id)).every((m) => m.delivery === 'sent'));
      assert.deepEqual(await w.received(who), ['held', 'held too']);
      await w.keepsItsPromises();
    });

    test('an answer that was being sent when the server was killed is uncertain, is sent again only when an operator retries it, and delays nothing', async () => {
      const { who, id } = await w.customer('Unsure');
      await w.sim.fault({ kind: 'delay', method: 'sendMessage', chat: who.id, ms: 60_000, count: 1 });
      await w.api.reply(id, { text: 'on its way' });
      await until('the request has left', () => w.server.query("SELECT count(*) FROM job WHERE kind = 'outbox.answer' AND state = 'leased'")[0] === '1');
      await w.api.reply(id, { text: 'behind it' });
      await w.server.kill();
      await w.sim.clearFaults();
      await w.server.run();
      assert.deepEqual((await w.settled(id)).map((m) => [m.text, m.delivery]), [['on its way', 'uncertain'], ['behind it', 'sent']]);
      assert.match((await w.api.history(id)).find((m) => m.text === 'on its way')!.delivery_error!, /may have arrived/);
      assert.deepEqual(await w.received(who), ['behind it']);
      await w.server.terminate();
      await w.server.run();
      assert.equal((await w.settled(id))[0]!.delivery, 'uncertain', 'another start changes nothing');
      const letter = (await w.api.deadLetters()).find((l) => l.customer_name === 'Unsure')!;
      await w.api.call('POST', `/api/dead-letters/${letter.id}/retry`);
      assert.ok((await w.settled(id)).every((m) => m.delivery === 'sent'));
      assert.deepEqual(await w.received(who), ['behind it', 'on its way']);
      await w.keepsItsPromises();
    });

    test('a panel that does not read is closed with 1013; after reconnecting it misses nothing', async () => {
      const socket = await hold(w.server.port, `GET /ws?token=${w.api.token} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
      const pieces: Buffer[] = [];
      await new Promise((resolve) => socket.once('data', resolve));
      socket.pause();
      // Asked so often, the server may answer 429: then ask again.
      const slow = async (): Promise<number> => Number(/websocket_slow_total (\d+)/.exec(await (await fetch(`${w.server.url}/metrics`)).text())?.[1]);
      await until('the figures', async () => Number.isInteger(await slow()));
      const before = await slow();
      // The server waits five seconds for such a client to take the close frame, so the client reads again at once, even during the burst.
      let givenUp = false;
      const reading = until('it is given up', async () => (await slow()) === before + 1, 120_000).then(() => {
        givenUp = true;
        socket.on('data', (piece: Buffer) => pieces.push(piece));
        socket.resume();
      });
      // More than the kernel's buffers of both ends hold, which is tens of megabytes on some machines; then the client reads
      // nothing for 20 s.
      for (let round = 0; round < 80 && !givenUp; round++) {
        await w.sim.burst({ count: 200, customers: 4, text: 'long '.repeat(800) });
        await w.confirmed();
        await pause(round < 12 ? 0 : 1000);
      }
      await reading;
      await until('it is closed', () => socket.destroyed || socket.readableEnded);
      const bytes = Buffer.concat(pieces);
      const close = bytes.lastIndexOf(Buffer.from([0x03, 0xf5])); // 1013
      assert.ok(close > 0 && bytes[close - 2] === 0x88, 'the last frame is a close with 1013');
      await w.keepsItsPromises();
    });

    test('thousands of messages at once with several screens: each is stored once, each screen is complete', async () => {
      const screens = await Promise.all([Screen.open(w.api), Screen.open(w.api), Screen.open(w.api)]);
      try {
        const { customer_ids } = await w.sim.burst({ count: 4000, customers: 40, text: 'burst {n}' });
        screens[0]!.drop();
        await w.confirmed();
        await until('the screens stand where the log stands', () => screens.every((s) => s.connected && s.seq === screens[1]!.seq) && screens[1]!.seq > 0);
        await w.keepsItsPromises();
        for (const screen of screens) await screen.showsWhatAFreshOneShows();
        const stored = Number(w.server.query(`SELECT count(*) FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id JOIN customer AS u ON u.id = c.customer_id WHERE m.text LIKE 'burst %' AND u.external_id IN (${customer_ids.map((id) => `'${id}'`).join()})`)[0]);
        assert.equal(stored, 4000);
      } finally {
        for (const screen of screens) screen.close();
      }
    });

    test('without free descriptors open connections continue, no loop spins, and new ones are accepted afterwards', async () => {
      const { who, id } = await w.customer('Fiona');
      w.server.limit('nofile', readdirSync(`/proc/${w.server.pid}/fd`).length + 8);
      const held = (await Promise.allSettled(Array.from({ length: 40 }, () => hold(w.server.port)))).flatMap((r) => (r.status === 'fulfilled' ? [r.value] : []));
      const used = w.server.processorTime();
      await w.sim.text(who, 'without descriptors');
      await pause(1000);
      assert.ok(w.server.processorTime() - used < 0.5, `it spins: ${w.server.processorTime() - used} s in one second`);
      for (const socket of held) socket.destroy();
      w.server.limit('nofile', 4096);
      await until('it answers', () => fetch(`${w.server.url}/health`).then((r) => r.ok, () => false));
      await until('the message is there', async () => (await w.api.history(id)).some((m) => m.text === 'without descriptors'));
      await w.keepsItsPromises();
    });

    test('with a full disk uploads and, on SQLite, writes are refused, confirmed data is kept, and everything continues when there is room', async () => {
      const { who, id } = await w.customer('Fuller');
      w.server.limit('fsize', 4096);
      const form = new FormData();
      form.set('files', new File([Buffer.concat([PIXEL, Buffer.alloc(200_000, 'x')])], 'large.png'));
      assert.equal((await w.api.refusal('POST', `/api/conversations/${id}/messages`, form)).status, 503);
      for (let i = 0; i < 5; i++) await w.sim.text(who, `while full ${i}`);
      const refused = await w.api.send('POST', `/api/conversations/${id}/messages`, { text: 'while full', client_id: 'full' });
      if (engine === 'sqlite') {
        assert.equal(refused.status, 503, await refused.text());
        assert.ok(refused.headers.get('retry-after'));
        assert.equal((await fetch(`${w.server.url}/health`)).status, 200);
        assert.equal((await w.api.send('GET', `/api/conversations/${id}`)).status, 200, 'reading goes on');
      }
      w.server.limit('fsize', 'unlimited');
      await until('it writes again', async () => (await w.api.send('POST', `/api/conversations/${id}/messages`, { text: 'while full', client_id: 'full' })).ok);
      await w.confirmed();
      const inbound = (await w.api.history(id)).filter((m) => m.direction === 'in').map((m) => m.text);
      assert.deepEqual(inbound.slice(1), [0, 1, 2, 3, 4].map((i) => `while full ${i}`));
      await w.settled(id);
      assert.deepEqual(await w.received(who), ['while full']);
      assert.deepEqual(readdirSync(join(w.server.folder, 'files/tmp')), []);
      await w.keepsItsPromises();
    });
  });
}

// They mostly wait, so both run at once.
describe('faults around the server', { concurrency: true, timeout: 480_000 }, () => engines.forEach(faultsOn));

/** How often the log contains that the bot entered a state. */
const stated = (w: World, state: string): number => w.server.log.split('\n').filter((line) => line.includes('telegram.state ') && line.includes(`state=${state}`)).length;

describe('faults around one server', { concurrency: true }, () => {
  test('another server that polls with the same token is reported, and updates arrive again after it stops', async () => {
    const w = new World();
    try {
      await w.open('sqlite');
      const { who, id } = await w.customer('Connie');
      await until('the long poll is under way', async () => (await w.sim.bot(TOKEN))['polling']);
      await w.sim.call(TOKEN, 'getUpdates', { timeout: 1 });
      await until('the panel says so', async () => (await w.api.bot()).state === 'conflict');
      assert.match((await w.api.bot()).error!, /^Another server uses this bot's token\. It asks for the updates, too\.$/);
      assert.match(w.server.command('doctor').output, /^WRONG bot: another server uses this token/m);
      await w.sim.text(who, 'during the conflict');
      await until('it has passed', async () => (await w.api.bot()).state === 'ok', 60_000);
      await until('the message is there', async () => (await w.api.history(id)).some((m) => m.text === 'during the conflict'));
      assert.equal(stated(w, 'conflict'), 1, 'it is logged once');
      await w.keepsItsPromises();
    } finally {
      await w.close();
    }
  });

  test('another server that sets a webhook while this one polls is reported, and the updates arrive here again', async () => {
    const w = new World();
    try {
      await w.open('sqlite');
      const { who, id } = await w.customer('Hooker');
      await w.sim.call(TOKEN, 'setWebhook', { url: 'http://127.0.0.1:9/rival/SECRET' });
      await until('the panel says so', async () => (await w.api.bot()).state === 'conflict');
      assert.match(w.server.command('doctor').output, /^WRONG webhook: Telegram delivers this bot's updates to 127\.0\.0\.1:9, but TELEGRAM_WEBHOOK_URL is not set/m);
      await w.sim.text(who, 'to the other server');
      await until('the message is there', async () => (await w.api.history(id)).some((m) => m.text === 'to the other server'), 60_000);
      await until('it has passed', async () => (await w.api.bot()).state === 'ok', 60_000);
      await w.keepsItsPromises();
    } finally {
      await w.close();
    }
  });

  test('another server that keeps setting its webhook causes few calls and one log line, and everything continues after it stops', async () => {
    const w = new World();
    try {
      await w.open('sqlite', { TELEGRAM_WEBHOOK_URL: 'http://127.0.0.1:9/webhook/telegram' });
      await w.sim.settings({ webhook_rival: 'http://rival.localhost:9/hook/SECRET' });
      await w.server.terminate();
      const before = await w.sim.lastCall();
      await w.server.run();
      const bot = await until('the panel says so', async () => {
        const now = await w.api.bot();
        return now.state === 'conflict' && now;
      });
      assert.equal(bot.error, "Another server uses this bot's token. Telegram delivers its updates to rival.localhost:9.");
      const doctor = w.server.command('doctor');
      assert.match(doctor.output, /^WRONG webhook: another server uses this token: Telegram delivers the updates to rival\.localhost:9/m);
      assert.ok(!doctor.output.includes('SECRET') && !w.server.log.includes('SECRET'));
      const [first, second] = await w.sim.waitMany(2, { method: 'setWebhook', after: before, timeout: 30 });
      const apart = Date.parse(second!.at) - Date.parse(first!.at);
      assert.ok(apart > 3500, `set again after ${apart} ms`);
      const asked = (await w.sim.calls({ method: 'getWebhookInfo', after: before })).length;
      assert.ok(asked <= 5, `${asked} calls of getWebhookInfo`); // two of them are made by the doctor
      assert.equal((await w.api.bot()).state, 'conflict', 'to have set it is not to have it');
      await w.sim.settings({ webhook_rival: '' });
      await until('it has passed', async () => (await w.api.bot()).state === 'ok', 60_000);
      assert.equal(stated(w, 'conflict'), 1, 'it is logged once');
      assert.ok((await w.sim.calls({ method: 'setWebhook', after: before })).length <= 8);
      w.screen.close();
    } finally {
      await w.close();
    }
  });

  test('a Bot API that returns a hostile file path makes the server read no file and connect nowhere', async () => {
    const w = new World();
    try {
      await w.open('sqlite');
      const { who, id } = await w.customer('Liza');
      const lies = ['../../../etc/passwd', '/etc/passwd', `${w.server.folder}/secret.key`, `..${w.server.folder}/secret.key`, '//127.0.0.1:9/x',
        'http://127.0.0.1:9/x', `photos/../../../bot${TOKEN}/logOut`, `x/../../bot${TOKEN}/close?`, 'photos/x?y', 'photos/x#y', 'photos\\..\\x', 'a\nb', '.', '/'];
      const after = await w.sim.lastCall();
      for (const [i, path] of lies.entries()) {
        const body = JSON.stringify({ ok: true, result: { file_id: 'x', file_unique_id: 'x', file_path: path } });
        await w.sim.fault({ kind: 'status', method: 'getFile', code: 200, body, count: 1 });
        await w.sim.photo(who, { caption: `lie ${i}`, seed: 100 + i });
        const file = await until(`it is failed: ${path}`, async () => {
          const found = (await w.api.history(id)).find((m) => m.text === `lie ${i}`)?.files[0];
          return found && found.state !== 'pending' && found;
        });
        assert.equal(file.state, 'failed', path);
        assert.notEqual((await w.api.send('GET', `/api/files/${file.id}`)).status, 200);
      }
      const methods = new Set((await w.sim.calls({ after })).map((call) => call.method));
      for (const usual of ['getUpdates', 'getUserProfilePhotos']) methods.delete(usual);
      assert.deepEqual([...methods], ['getFile'], 'no path became a call');
      await w.keepsItsPromises();
    } finally {
      await w.close();
    }
  });

  test('files of a local Bot API are read from TELEGRAM_LOCAL_FILES, and not through links', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchboard-botapi-'));
    const w = new World();
    try {
      await w.open('sqlite', { TELEGRAM_LOCAL_FILES: folder });
      await w.sim.settings({ local_server: true, local_files: folder });
      const { who, id } = await w.customer('Local');
      assert.match(w.server.command('doctor').output, /^note  local files: this bot has no folder in .* on every node/m);
      mkdirSync(join(folder, TOKEN));
      assert.match(w.server.command('doctor').output, /^ok +local files: in /m);
      await w.sim.photo(who, { caption: 'from the disk', width: 40, height: 30 });
      const message = await until('the photo', async () => (await w.api.history(id)).find((m) => m.text === 'from the disk' && m.files[0]?.state === 'ready'));
      assert.equal((await w.api.send('GET', `/api/files/${message.files[0]!.id}`)).status, 200);
      symlinkSync(join(w.server.folder, 'secret.key'), join(folder, 'link.jpg'));
      const body = JSON.stringify({ ok: true, result: { file_id: 'x', file_unique_id: 'x', file_path: join(folder, 'link.jpg') } });
      await w.sim.fault({ kind: 'status', method: 'getFile', code: 200, body, count: 1 });
      await w.sim.photo(who, { caption: 'a link', seed: 7 });
      await until('it is failed', async () => (await w.api.history(id)).find((m) => m.text === 'a link')?.files[0]?.state === 'failed');
      await w.keepsItsPromises();
    } finally {
      await w.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('files are stored in STORAGE_LOCAL_PATH', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'switchboard-files-'));
    const w = new World();
    try {
      await w.open('sqlite', { STORAGE_LOCAL_PATH: join(elsewhere, 'deep/inside') });
      const { who, id } = await w.customer('Elsa');
      await w.sim.photo(who, { width: 40, height: 30 });
      const message = await until('the photo', async () => (await w.api.history(id)).find((m) => m.files[0]?.state === 'ready'));
      assert.equal((await w.api.send('GET', `/api/files/${message.files[0]!.id}`)).status, 200);
      const [key] = w.server.query(`SELECT storage_key FROM file WHERE id = ${message.files[0]!.id}`);
      assert.ok(readdirSync(join(elsewhere, 'deep/inside', key!.slice(0, 2))).includes(key!));
      assert.ok(!readdirSync(w.server.folder).includes('files'));
    } finally {
      await w.close();
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });

  test('the error for a read-only data folder names the folder and the setting', async () => {
    for (const name of ['DATA_DIR', 'STORAGE_LOCAL_PATH']) {
      const server = await Server.prepare();
      writeFileSync(join(server.folder, 'file'), 'in the way');
      const wrong = await Server.prepare({ env: { [name]: join(server.folder, 'file', 'below') } });
      const { code, output } = wrong.command('serve');
      assert.notEqual(code, 0);
      assert.match(output, /cannot be created/);
      await wrong.stop();
      await server.stop();
    }
  });

  test('after the clock is set back by an hour nothing stops or waits for an hour', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchboard-clock-'));
    writeFileSync(join(folder, 'clock.c'), `
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <stdio.h>
      #include <time.h>
      int clock_gettime(clockid_t id, struct timespec *t) {
        static int (*real)(clockid_t, struct timespec *);
        if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
        int result = real(id, t);
        if (id == CLOCK_REALTIME) {
          FILE *f = fopen("${folder}/offset", "r");
          long by = 0;
          if (f) { if (fscanf(f, "%ld", &by) != 1) by = 0; fclose(f); }
          t->tv_sec += by;
        }
        return result;
      }`);
    execFileSync('gcc', ['-shared', '-fPIC', '-o', join(folder, 'clock.so'), join(folder, 'clock.c'), '-ldl']);
    const w = new World();
    try {
      await w.open('sqlite', { LD_PRELOAD: join(folder, 'clock.so') });
      const { who, id } = await w.customer('Chronos');
      await w.sim.fault({ kind: 'status', code: 500, method: 'sendMessage', count: 1 });
      await w.api.reply(id, { text: 'across the hour' });
      await w.sim.wait({ method: 'sendMessage' });
      writeFileSync(join(folder, 'offset'), '-3600');
      await w.sim.text(who, 'after the jump');
      await until('it is there', async () => (await w.api.history(id)).some((m) => m.text === 'after the jump'));
      await w.api.reply(id, { text: 'and answered' });
      assert.ok((await w.settled(id)).every((m) => m.delivery === 'sent'));
      assert.deepEqual(await w.received(who), ['across the hour', 'and answered']);
      await w.server.signIn(ADMIN);
      await w.keepsItsPromises();
    } finally {
      await w.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

// Notices to operators' own Telegram, black box: chosen by each, gathered, edited when somebody takes the conversation, taken with a
// button, quiet at night, ended when the operator blocks the bot or is deactivated; by polling and by webhook.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Conversation, LinkCode, Operator, OperatorNotices } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { type Customer, Simulator, type TranscriptLine } from '../telegram/client.ts';

const TOKEN = '123456:TEST';
const PASSWORD = 'a plain long password';
const NOTICES = '/api/operators/me/notices';
const OFF = { waiting: false, assigned: false, answered: false, quiet_from: null, quiet_to: null, time_zone: 'UTC', language: 'en' };

for (const engine of engines) {
  const webhook = engine === 'postgres'; // each way once: what differs by engine is not what differs by way
  describe(`notices to operators on ${engine}, ${webhook ? 'by webhook' : 'by polling'}`, () => {
    let sim: Simulator;
    let server: Server;
    let admin: Api, anna: Api, boris: Api;
    let annaThere: Customer, borisThere: Customer;

    const operator = async (login: string, name: string): Promise<Api> => {
      await admin.call('POST', '/api/operators', { login, name, role: 'operator', password: PASSWORD });
      return server.signIn({ login, password: PASSWORD });
    };
    const bots = async (who: Customer): Promise<TranscriptLine[]> => (await sim.transcript(who.id)).messages.filter((m) => m.side === 'bot' && !m.deleted);
    const about = async (who: Customer, words: RegExp): Promise<TranscriptLine | undefined> => (await bots(who)).findLast((m) => words.test(m.text));
    const told = (who: Customer, words: RegExp): Promise<TranscriptLine> => until(`${who.first_name} is told ${words}`, () => about(who, words));
    const labels = (line: TranscriptLine): unknown[] => (line.buttons ?? []).flat().map((b) => b['text']);
    const link = async (api: Api, who: Customer): Promise<void> => {
      const code: LinkCode = await api.call('POST', '/api/operators/me/accounts/code');
      await sim.start(who, code.payload);
      const asked = await told(who, /^🔗/);
      await sim.press(who, asked.message_id, { row: 0, column: 0 });
      await told(who, /^✅ (This account|Аккаунт)/);
    };
    const wish = (api: Api, change: Partial<OperatorNotices>): Promise<OperatorNotices> => api.call('PUT', NOTICES, { ...OFF, ...change });
    const writes = async (name: string, text: string): Promise<{ who: Customer; id: number }> => {
      const who = await sim.customer({ first_name: name, language_code: 'en' });
      await sim.text(who, text);
      const row = await until(name, async () => (await admin.everyConversation()).find((c: Conversation) => c.customer.name === name));
      return { who, id: row.id };
    };
    /** Everything that is due has left. */
    const settled = (): Promise<unknown> => until('nothing waits', () => server.query("SELECT count(*) FROM job WHERE kind IN ('outbox.personal', 'notice.waiting')")[0] === '0');

    before(async () => {
      sim = await Simulator.start({ tokens: [TOKEN], strict: true });
      server = await Server.start({ engine, telegram: sim.url, token: TOKEN, webhook, env: { PUBLIC_URL: 'https://desk.example' } });
      admin = await server.signIn();
      await until('the bot is ok', async () => (await admin.bot()).state === 'ok');
      anna = await operator('anna', 'Anna Adler');
      boris = await operator('boris', 'Boris Berg');
      annaThere = await sim.customer({ first_name: 'Anna', language_code: 'en' });
      borisThere = await sim.customer({ first_name: 'Борис', language_code: 'ru' });
    });
    after(async () => {
      await server?.stop();
      await sim?.stop();
    });

    test('everything is off until the operator says so, and the page tells whether it can work', async () => {
      assert.deepEqual(await anna.call('GET', NOTICES), { ...OFF, reach: 'unlinked' });
      await link(anna, annaThere);
      await link(boris, borisThere);
      assert.equal((await anna.call('GET', NOTICES)).reach, 'ready');
      for (const [body, field] of [
        [{ ...OFF, time_zone: 'Nowhere/Land' }, 'time_zone'],
        [{ ...OFF, quiet_from: '25:00', quiet_to: '08:00' }, 'quiet_from'],
        [{ ...OFF, quiet_from: '22:00' }, 'quiet_to'],
        [{ ...OFF, more: true }, 'more'],
      ] as const)
        assert.equal((await anna.refusal('PUT', NOTICES, body)).field, field);
      assert.equal((await fetch(server.url + NOTICES)).status, 401);
      const { id } = await writes('Nobody hears', 'hello?');
      await admin.act(id, 'assign', { operator_id: anna.operator.id });
      await admin.act(id, 'close');
      await settled();
      assert.ok(!(await bots(annaThere)).some((m) => m.text.includes('Nobody hears')));
    });

    test('a new conversation is one notice with its first words; whoever takes it is named in everybody’s', async () => {
      await wish(anna, { waiting: true });
      assert.deepEqual(await wish(boris, { waiting: true, language: 'ru' }), { ...OFF, waiting: true, language: 'ru', reach: 'ready' });
      const { who, id } = await writes('Carla', 'Where is my parcel?');
      for (let i = 0; i < 4; i++) await sim.text(who, `and ${i}`);
      const hers = await told(annaThere, /^💬 New conversation\n.*Carla/);
      assert.deepEqual(labels(hers), ['Take', 'Open']);
      assert.equal(hers.buttons!.flat()[1]!['url'], `https://desk.example/c/${id}`);
      const his = await told(borisThere, /^💬 Новый диалог\n.*Carla/);
      assert.deepEqual(labels(his), ['Взять', 'Открыть']);
      await settled();
      assert.equal((await bots(annaThere)).filter((m) => m.text.includes('Carla')).length, 1, 'five messages, one notice');
      const before = await sim.lastCall();
      await sim.press(annaThere, hers.message_id, { text: 'Take' });
      const answer = await sim.wait({ method: 'answerCallbackQuery', after: before });
      const calls = (await sim.calls({ after: before })).filter((c) => c.method !== 'getUpdates');
      assert.equal(calls[0]!.method, 'answerCallbackQuery', 'the button stops spinning before anything else is done');
      assert.equal(answer.params['text'], 'The conversation is yours.');
      assert.equal((await admin.conversation(id)).assignee_id, anna.operator.id);
      assert.deepEqual(labels(await told(annaThere, /^✅ Taken by you\n.*Carla/)), ['Open']);
      assert.deepEqual(labels(await told(borisThere, /^✅ Диалог ведёт .*Anna Adler.*\n.*Carla/)), ['Открыть']);
      // He pressed before his notice changed: told who was faster.
      const after = await sim.lastCall();
      await sim.press(borisThere, his.message_id, { data: `desk:take:${id}` });
      const refused = await sim.wait({ method: 'answerCallbackQuery', after });
      assert.deepEqual([refused.params['text'], refused.params['show_alert']], ['Диалог уже ведёт Anna Adler.', true]);
      assert.ok(!(await admin.everyConversation()).some((c: Conversation) => ['Anna', 'Борис'].includes(c.customer.name)), 'whoever presses is no customer');
    });

    test('a reply to a notice is an answer to its customer; nobody becomes a customer by it', async () => {
      await wish(anna, { waiting: true });
      const { who, id } = await writes('Lena', 'anybody there?');
      const hers = await told(annaThere, /^💬 New conversation\n.*Lena/);
      await sim.text(annaThere, 'yes, <b>here</b>', { reply_to: hers.message_id, parse_mode: 'HTML' });
      await until('it arrives', async () => (await bots(who)).some((m) => m.text === 'yes, here' && (m.message['entities'] as any[])?.[0]?.type === 'bold'));
      await told(annaThere, /^✅ Sent to the customer/);
      await told(annaThere, /^✅ Taken by you\n.*Lena/);
      assert.equal((await admin.conversation(id)).assignee_id, anna.operator.id);
      // The notice has ended, and still stands for its customer until the conversation is closed.
      const second = await sim.text(annaThere, 'on teh way', { reply_to: hers.message_id });
      await until('the second arrives', async () => (await bots(who)).some((m) => m.text === 'on teh way'));
      await sim.edit(annaThere, second['message_id'], { text: 'on the way' });
      await until('so does its correction', async () => (await bots(who)).some((m) => m.text === 'on the way'));
      assert.ok(!(await bots(who)).some((m) => m.text === 'on teh way'));
      await admin.act(id, 'close');
      await sim.text(annaThere, 'too late', { reply_to: hers.message_id });
      await told(annaThere, /^⚠️ Not sent: this notification is out of date/);
      assert.ok(!(await admin.everyConversation()).some((c: Conversation) => c.customer.name === 'Anna'));
    });

    const slow = webhook && 'waits for the pace of edits, which is the same on both engines';
    test('a customer of theirs writes: one notice until they have read it, then a new one', { skip: slow }, async () => {
      await wish(anna, { answered: true, assigned: true });
      await wish(boris, {});
      const carla = (await admin.everyConversation()).find((c: Conversation) => c.customer.name === 'Carla')!;
      const who = { id: Number(carla.customer.external_id), first_name: 'Carla' };
      const ofCarla = async () => (await bots(annaThere)).filter((m) => /^💬 New message\n.*Carla/.test(m.text));
      await anna.act(carla.id, 'read');
      for (let i = 0; i < 20; i++) await sim.text(who, `question ${i}`);
      await told(annaThere, /question 19 \(20\)$/);
      assert.equal((await ofCarla()).length, 1);
      await anna.act(carla.id, 'read');
      await sim.text(who, 'and another thing');
      await told(annaThere, /and another thing$/);
      assert.equal((await ofCarla()).length, 2, 'it rings again after she has read');
      // Read in the panel before the notice leaves: nothing is sent.
      await anna.act(carla.id, 'read');
      await sim.text(who, 'seen at once');
      await until('it is there', async () => (await admin.history(carla.id)).some((m) => m.text === 'seen at once'));
      await anna.act(carla.id, 'read');
      await settled();
      assert.ok(!(await about(annaThere, /seen at once/)));
      // Given to her by somebody else; her own take is no news.
      const { id } = await writes('Dora', 'help');
      await admin.act(id, 'assign', { operator_id: anna.operator.id });
      assert.deepEqual(labels(await told(annaThere, /^👤 Assigned to you\n.*Dora/)), ['Open']);
      await admin.act(id, 'assign', { operator_id: boris.operator.id });
      await told(annaThere, /^Now with .*Boris Berg.*\n.*Dora/);
      await admin.act(id, 'close');
    });

    test('quiet hours put a notice off, and it leaves only if it is still wanted', { skip: slow }, async () => {
      const now = new Date();
      const at = (minutes: number): string => new Date(now.getTime() + minutes * 60_000).toISOString().slice(11, 16);
      await wish(anna, { waiting: true, quiet_from: at(-60), quiet_to: at(60) });
      const { id } = await writes('Emil', 'at night');
      const priority = await until('a job waits', () => server.query("SELECT DISTINCT priority FROM job WHERE kind = 'outbox.personal'")[0]);
      assert.equal(priority, '2', 'behind answers and copies');
      await until('it is put off', () => Number(server.query(`SELECT due_at FROM job WHERE kind = 'outbox.personal' AND subject_id = ${id}`)[0] ?? 0) > Date.now() + 50 * 60_000);
      assert.ok(!(await about(annaThere, /Emil/)));
      const { id: other } = await writes('Frieda', 'at night too');
      await until('so is the other', () => Number(server.query(`SELECT due_at FROM job WHERE kind = 'outbox.personal' AND subject_id = ${other}`)[0] ?? 0) > Date.now() + 50 * 60_000);
      await admin.act(other, 'take');
      await wish(anna, { waiting: true });
      server.query("UPDATE job SET due_at = 1 WHERE kind = 'outbox.personal'");
      await boris.act(id, 'read'); // the server looks at its queue after a write of its own
      await told(annaThere, /^💬 New conversation\n.*Emil/);
      await settled();
      assert.ok(!(await about(annaThere, /Frieda/)), 'somebody has taken it meanwhile');
      for (const done of [id, other]) await admin.act(done, 'close');
      await told(annaThere, /^✅ Closed\n.*Emil/);
    });

    test('a failed notice is tried again', async () => {
      await wish(anna, { waiting: true });
      await sim.fault({ kind: 'status', code: 500, method: 'sendMessage', chat: annaThere.id, count: 1 });
      const { id } = await writes('Gina', 'once more');
      await told(annaThere, /^💬 New conversation\n.*Gina/);
      await admin.act(id, 'close');
      await told(annaThere, /^✅ Closed\n.*Gina/);
      await settled();
    });

    test('who has blocked the bot or is deactivated gets nothing; back, they are told again', async () => {
      await sim.block(borisThere);
      await until('the page shows it', async () => (await boris.call('GET', NOTICES)).reach === 'blocked');
      await sim.unblock(borisThere);
      await until('he is back', async () => (await boris.call('GET', NOTICES)).reach === 'ready');
      // Where Telegram's word does not come, the first notice finds out.
      await wish(boris, { waiting: true });
      await sim.fault({ kind: 'status', code: 403, description: 'Forbidden: bot was blocked by the user', method: 'sendMessage', chat: borisThere.id, count: 1 });
      const first = await writes('Hugo', 'one');
      await until('the page shows it again', async () => (await boris.call('GET', NOTICES)).reach === 'blocked');
      await settled();
      await writes('Ines', 'two');
      await told(annaThere, /Ines/);
      await settled();
      assert.equal((await sim.calls({ method: 'sendMessage', chat: borisThere.id })).filter((c) => /Ines/.test(String(c.params['text']))).length, 0, 'not even tried');
      await sim.block(borisThere);
      await sim.unblock(borisThere);
      await until('he is back again', async () => (await boris.call('GET', NOTICES)).reach === 'ready');
      const third = await writes('Jana', 'three');
      await told(borisThere, /Jana/);
      await admin.call('PATCH', `/api/operators/${boris.operator.id}`, { active: false });
      const before = await sim.lastCall();
      await writes('Karl', 'four');
      await told(annaThere, /Karl/);
      await admin.act(third.id, 'close');
      await settled();
      assert.equal((await sim.calls({ chat: borisThere.id, after: before })).filter((c) => c.method !== 'answerCallbackQuery').length, 0);
      // A button of before says so, and takes nothing.
      const old = (await about(borisThere, /Jana/))!;
      await sim.press(borisThere, old.message_id, { data: `desk:take:${first.id}` });
      const answer = await sim.wait({ method: 'answerCallbackQuery', after: before });
      assert.match(String(answer.params['text']), /не привязан к действующему оператору/);
      assert.equal((await admin.conversation(first.id)).assignee_id, null);
      for (const other of await admin.everyConversation()) assert.ok(!['Anna', 'Борис'].includes(other.customer.name), 'no operator is a customer');
      const people: Operator[] = (await admin.call('GET', '/api/operators')).data;
      assert.equal(people.length, 3);
      assert.deepEqual(await sim.violations(), []);
    });
  });
}

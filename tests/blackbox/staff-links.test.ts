// Operators and their own Telegram, black box: linked by a one-time code, or joined by an administrator; what they say and do in the
// staff group is theirs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Conversation, LinkCode, LinkedAccount, Operator } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';
const PASSWORD = 'a plain long password';
const ACCOUNTS = '/api/operators/me/accounts';

for (const engine of engines) {
  describe(`operators and their Telegram on ${engine}`, () => {
    let sim: Simulator;
    let server: Server;
    let api: Api, petra: Api;
    let group: number;
    let maria: Customer, petraThere: Customer, ann: Customer;

    before(async () => {
      sim = await Simulator.start({ tokens: [TOKEN], strict: true });
      maria = await sim.customer({ first_name: 'Maria', language_code: 'en' });
      petraThere = await sim.customer({ first_name: 'Petra in Telegram', username: 'petra_z', language_code: 'ru' });
      ann = await sim.customer({ first_name: 'Annabel' });
      group = (await sim.group({ title: 'Team', members: [maria.id, petraThere.id], bot: TOKEN }))['id'];
      server = await Server.start({ engine, telegram: sim.url, token: TOKEN, env: { TELEGRAM_GROUP_CHAT_ID: String(group) } });
      api = await server.signIn();
      await until('the bot is ok', async () => (await api.bot()).state === 'ok');
      await api.call('POST', '/api/auth/register', { login: 'petra', name: 'Petra Zweig', role: 'operator', password: PASSWORD });
      petra = await server.signIn({ login: 'petra', password: PASSWORD });
      await sim.text(ann, 'who are you?');
    });
    after(async () => {
      await server?.stop();
      await sim?.stop();
    });

    const operators = async (): Promise<Operator[]> => (await api.call('GET', '/api/operators')).data;
    const named = async (name: string): Promise<Operator> => until(name, async () => (await operators()).find((o) => o.name === name));
    const conversation = (): Promise<Conversation> => until('the conversation', async () => (await api.everyConversation()).find((c) => c.customer.name === 'Annabel'));
    const accounts = async (): Promise<LinkedAccount[]> => (await petra.call('GET', ACCOUNTS)).data;
    const answer = async (by: Customer, text: string): Promise<void> => {
      const copy = await until('the copy', async () => (await sim.transcript(group)).messages.find((l) => l.side === 'bot' && l.text.endsWith('who are you?')));
      await sim.text(by, text, { chat: group, reply_to: copy.message_id });
      await until(`"${text}" arrives`, async () => (await sim.transcript(ann.id)).messages.some((m) => m.text === text));
    };
    const writer = async (text: string) => (await api.history((await conversation()).id)).find((m) => m.text === text)!.operator_id;
    const told = (by: Customer, words: RegExp) => until(`the bot says ${words}`, async () => (await sim.transcript(by.id)).messages.some((m) => m.side === 'bot' && words.test(m.text)));

    const choose = async (by: Customer, label: string): Promise<void> => {
      const asked = await until('it asks', async () => (await sim.transcript(by.id)).messages.findLast((m) => m.side === 'bot' && m.buttons?.flat().some((b) => b['text'] === label)));
      await sim.press(by, asked.message_id, { text: label });
    };

    test('a code asks, names the operator, and links once; who has answered in the group is joined by an administrator', async () => {
      await answer(petraThere, 'before the link');
      const provisional = await named('Petra in Telegram');
      assert.equal(await writer('before the link'), provisional.id);
      assert.equal((await conversation()).assignee_id, provisional.id);
      assert.deepEqual(await accounts(), []);
      const first: LinkCode = await petra.call('POST', `${ACCOUNTS}/code`);
      const code: LinkCode = await petra.call('POST', `${ACCOUNTS}/code`);
      assert.deepEqual(code.ways.map((w) => w.channel), ['telegram']);
      assert.match(code.payload, /^link-[A-Za-z0-9_-]{24}$/);
      const lasts = Date.parse(code.expires_at) - Date.now();
      assert.ok(lasts > 9 * 60_000 && lasts <= 10 * 60_000, String(lasts));
      await sim.start(petraThere, first.payload);
      await told(petraThere, /^⚠️ Не привязано: ссылка уже использована/);
      // A code may come from somebody else, so it moves no history: that is for an administrator.
      await sim.start(petraThere, code.payload);
      await told(petraThere, /^⚠️ Не привязано: сначала администратор.*Petra in Telegram$/);
      assert.equal(await writer('before the link'), provisional.id);
      const me = await named('Petra Zweig');
      await api.call('POST', `/api/operators/${provisional.id}/join`, { operator_id: me.id });
      assert.equal(await writer('before the link'), me.id, 'the history follows');
      assert.equal((await conversation()).assignee_id, me.id, 'so does the conversation');
      assert.equal((await operators()).find((o) => o.id === provisional.id)!.active, false);
      assert.deepEqual((await accounts()).map((a) => a.external_id), [String(petraThere.id)], 'and the account');
      // The same code still serves: asked first, then linked.
      await sim.start(petraThere, code.payload);
      await told(petraThere, /^🔗 Привязать этот аккаунт Telegram.*Petra Zweig$/s);
      await choose(petraThere, 'Отмена');
      await told(petraThere, /^Аккаунт не привязан/);
      await sim.start(petraThere, code.payload);
      await choose(petraThere, 'Привязать');
      await told(petraThere, /^✅ Аккаунт привязан\. Вы пишете в группе сотрудников как Petra Zweig/);
      assert.deepEqual((await accounts()).map((a) => [a.channel, a.external_id, a.username]), [['telegram', String(petraThere.id), 'petra_z']]);
      await answer(petraThere, 'after the link');
      assert.equal(await writer('after the link'), me.id);
      // The code is used up, and an account of somebody who can sign in is not taken away.
      await sim.start(maria, code.payload);
      await told(maria, /^⚠️ Not linked: this link has been used/);
      const mine: LinkCode = await api.call('POST', `${ACCOUNTS}/code`);
      await sim.start(petraThere, mine.payload);
      await told(petraThere, /^⚠️ Не привязано: этот аккаунт Telegram привязан к другому/);
      const old: LinkCode = await api.call('POST', `${ACCOUNTS}/code`);
      server.query('UPDATE operator_link SET expires_at = 1');
      await sim.start(maria, old.payload);
      await until('it is refused twice', async () => (await sim.transcript(maria.id)).messages.filter((m) => m.text.startsWith('⚠️ Not linked: this link')).length === 2);
      // Whoever guesses gets a few notices, at the pace of a chat.
      await sim.limits({ enabled: true, chat: { per_second: 0.01, burst: 1 } });
      for (let i = 0; i < 9; i++) await sim.start(maria, `link-${String(i).repeat(24)}`);
      await until('every update is heard', async () => (await sim.bot(TOKEN))['pending_updates'] === 0);
      assert.ok(Number(server.query(`SELECT count(*) FROM job WHERE lane = '${maria.id}'`)[0]) <= 3);
      await sim.limits({ enabled: false });
      server.query(`DELETE FROM job WHERE lane = '${maria.id}'`);
      assert.equal((await api.everyConversation()).length, 1, 'who links an account is no customer');
      // A source cannot take the codes' place.
      const clash = await api.refusal('POST', '/api/sources', { payload: 'link-shop', name: 'Shop' });
      assert.deepEqual([clash.status, clash.field], [400, 'payload']);
      const imported = await api.refusal('POST', '/api/sources/import', { sources: [{ payload: 'ok', name: 'Ok' }, { payload: 'link-', name: 'Shop' }] });
      assert.deepEqual([imported.status, imported.field], [400, 'sources[1].payload']);
    });

    test('who has done nothing in the group is joined by the code', async () => {
      const { operator: tom } = await api.call('POST', '/api/operators', { login: 'tom', name: 'Tom Tell', role: 'operator', password: PASSWORD });
      const tomThere = await sim.customer({ first_name: 'Tom there', language_code: 'en' });
      const { operator: empty } = await api.call('POST', '/api/operators', { login: 'empty', name: 'Tom there', role: 'operator', password: PASSWORD });
      server.query(`UPDATE operator SET password_hash = '' WHERE id = ${empty.id}`);
      server.query(`INSERT INTO operator_identity (channel, external_id, operator_id, created_at) VALUES ('telegram', '${tomThere.id}', ${empty.id}, 1)`);
      const tomHere = await server.signIn({ login: 'tom', password: PASSWORD });
      const code: LinkCode = await tomHere.call('POST', `${ACCOUNTS}/code`);
      await sim.start(tomThere, code.payload);
      await choose(tomThere, 'Link');
      await told(tomThere, /^✅ This account is linked.*Tom Tell$/);
      assert.equal((await operators()).find((o) => o.id === empty.id)!.active, false);
      // Unlinked and then deactivated, he is neither a new operator nor a customer.
      assert.equal((await tomHere.send('DELETE', ACCOUNTS)).status, 204);
      await api.call('PATCH', `/api/operators/${tom.id}`, { active: false });
      await sim.groupAct(group, 'join', { customer: tomThere.id });
      const copy = (await sim.transcript(group)).messages.find((l) => l.side === 'bot' && l.text.endsWith('who are you?'))!;
      await sim.text(tomThere, 'still here', { chat: group, reply_to: copy.message_id });
      await until('he is refused', async () => (await sim.transcript(group)).messages.some((m) => m.side === 'bot' && /deactivated/.test(m.text)));
      await sim.text(tomThere, 'and as a customer?');
      await until('it is kept', () => server.query(`SELECT count(*) FROM inbound_raw WHERE reason LIKE '%deactivated%'`)[0] === '1');
      assert.ok(!(await operators()).some((o) => o.login === `tg-${tomThere.id}`));
      assert.equal((await api.everyConversation()).length, 1);
    });

    test('an administrator joins a person of the group to an operator: history, audit, rights', async () => {
      await answer(maria, 'Maria of the group');
      const there = await named('Maria');
      const { operator: here } = await api.call('POST', '/api/operators', { login: 'maria', name: 'Maria Berg', role: 'senior_operator', password: PASSWORD });
      const join = (into: number, from = there.id, by = api) => by.refusal('POST', `/api/operators/${from}/join`, { operator_id: into });
      assert.deepEqual([(await join(here.id, there.id, petra)).status, (await join(99999)).field, (await join(there.id)).field], [403, 'operator_id', 'operator_id']);
      assert.match((await join(there.id, here.id)).message, /known from the staff group alone/);
      assert.equal((await join(here.id, 99999)).status, 404);
      server.query(`INSERT INTO audit (actor, actor_id, action, created_at) VALUES ('operator', ${there.id}, 'settings.changed', 1)`);
      assert.equal((await api.call('POST', `/api/operators/${there.id}/join`, { operator_id: here.id })).id, here.id);
      assert.equal(await writer('Maria of the group'), here.id);
      await answer(maria, 'Maria, the senior');
      assert.equal(await writer('Maria, the senior'), here.id);
      const audit = (await api.call('GET', '/api/audit?limit=100')).data as { action: string; actor_id: number; target: string }[];
      assert.equal(audit.find((a) => a.action === 'settings.changed')!.actor_id, here.id);
      assert.ok(audit.some((a) => a.action === 'operator.joined' && a.target === `operator:${here.id}`));
    });

    test('unlinked, the account is somebody else again; codes have a limit', async () => {
      assert.equal((await petra.send('DELETE', ACCOUNTS)).status, 204);
      assert.deepEqual(await accounts(), []);
      await answer(petraThere, 'without a link');
      assert.notEqual(await writer('without a link'), (await named('Petra Zweig')).id);
      let status = 201;
      for (let i = 0; i < 12 && status === 201; i++) status = (await petra.send('POST', `${ACCOUNTS}/code`)).status;
      assert.equal(status, 429);
      assert.deepEqual(await sim.violations(), []);
    });
  });
}

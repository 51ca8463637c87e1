// Several bots in one desk: each has its customers, its token, its settings and its state. And two processes on one database, of
// which one fetches a bot's updates.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Bot, BotProfile, BotProfilePush, Conversation } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { httpProxy, socksProxy } from '../harness/proxy.ts';
import { shownAddress } from '../harness/secrets.ts';
import { binary, engines, pause, Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';

const FIRST = '123456:TEST';
const SECOND = '777001:SECOND';
const THIRD = '888002:THIRD';
const idOf = (token: string): number => Number(token.split(':')[0]);

for (const engine of engines)
  for (const webhook of [false, true])
    describe(`several bots on ${engine}, ${webhook ? 'by webhook' : 'by polling'}`, () => {
      let sim: Simulator;
      let server: Server;
      let api: Api;
      let group: number;

      before(async () => {
        sim = await Simulator.start({ tokens: [FIRST], strict: true });
        await sim.settings({ webhook_retry_ms: 100, webhook_retry_max_ms: 500 });
        await sim.addBot({ token: SECOND, username: 'second_bot', first_name: 'Second' });
        group = (await sim.group({ title: 'Staff', members: [], bot: FIRST }))['id'];
        server = await Server.start({ engine, telegram: sim.url, token: FIRST, webhook, env: { TELEGRAM_GROUP_CHAT_ID: String(group) } });
        api = await server.signIn();
        await until('the bot is ok', async () => (await api.bot()).state === 'ok');
      });
      after(async () => {
        await server?.stop();
        await sim?.stop();
      });

      const bots = async (query = ''): Promise<Bot[]> => (await api.call<{ data: Bot[] }>('GET', `/api/bots${query}`)).data;
      const bot = (token: string): Promise<Bot> => api.call('GET', `/api/bots/${idOf(token)}`);
      const isOk = (token: string): Promise<boolean> => until(`${token} is ok`, async () => (await bot(token)).state === 'ok');
      const listed = async (query: string): Promise<Conversation[]> => (await api.conversations(`?status=all&${query}`)).data;
      const conversationOf = (who: Customer, token: string): Promise<Conversation> =>
        until('the conversation', async () => (await listed(`bot=${idOf(token)}`)).find((c) => c.customer.external_id === String(who.id)));
      const received = async (who: Customer, token: string): Promise<string[]> =>
        (await sim.transcript(who.id, { bot: token })).messages.filter((m) => m.side === 'bot').map((m) => m.text);
      const settled = (id: number, text: string): Promise<string> =>
        until(`"${text}" is settled`, async () => {
          const state = (await api.history(id)).find((m) => m.text === text)?.delivery;
          return state !== 'queued' && state !== 'sending' && state ? state : undefined;
        });

      test('a second bot is connected beside the first, with its own address of the webhook', async () => {
        const added = await api.call<Bot>('POST', '/api/bots', { token: SECOND });
        assert.equal(added.id, idOf(SECOND));
        assert.equal(added.username, 'second_bot');
        await isOk(SECOND);
        assert.deepEqual((await bots()).map((b) => b.id), [idOf(FIRST), idOf(SECOND)]);
        assert.equal((await api.bot()).id, idOf(FIRST), '/api/bot is the first one');
        if (!webhook) return;
        const urls = await Promise.all([FIRST, SECOND].map(async (token) => new URL(((await sim.bot(token))['webhook'] as any).url).pathname));
        assert.deepEqual(urls, ['/webhook/telegram', `/webhook/telegram/${idOf(SECOND)}`]);
      });

      test('the token of a connected bot is refused in words, by whichever way', async () => {
        const refused = await api.refusal('POST', '/api/bots', { token: FIRST });
        assert.deepEqual([refused.status, refused.code, refused.field], [409, 'bot_connected', 'token']);
        assert.match(refused.message, /connected to this desk already/);
        assert.equal((await api.refusal('PUT', '/api/bot/token', { token: SECOND })).code, 'bot_connected');
        assert.equal((await api.refusal('PATCH', `/api/bots/${idOf(FIRST)}`, { token: SECOND })).code, 'invalid_field');
        assert.deepEqual((await bots()).map((b) => b.id), [idOf(FIRST), idOf(SECOND)]);
      });

      test('bad input is refused and changes nothing', async () => {
        for (const [body, code] of [
          [{ token: '1:WRONG' }, 'bot_token_invalid'],
          [{ token: 'none' }, 'bot_token_invalid'],
          [{}, 'missing_field'],
          [{ token: THIRD, api_url: 'ftp://x' }, 'invalid_field'],
          [{ token: THIRD, api_url: 'http://127.0.0.1:1' }, 'bot_unreachable'],
          [{ token: THIRD, proxy: 'nonsense' }, 'invalid_field'],
          [{ token: THIRD, proxy: 'socks5h://127.0.0.1:1' }, 'bot_unreachable'],
          [{ token: THIRD, tokn: 'x' }, 'invalid_field'],
        ] as const)
          assert.equal((await api.refusal('POST', '/api/bots', body)).code, code, JSON.stringify(body));
        for (const [body, code] of [[{ api_url: 'http://127.0.0.1:1' }, 'missing_field'], [{ proxy: 'socks5h://127.0.0.1:1' }, 'missing_field'], [{ token: '777001:WRONG' }, 'bot_token_invalid'], [{ greeting: 'x'.repeat(2001) }, 'invalid_field']] as const)
          assert.equal((await api.refusal('PATCH', `/api/bots/${idOf(SECOND)}`, body)).code, code, JSON.stringify(body));
        assert.equal((await api.refusal('PATCH', '/api/bots/5', { paused: true })).code, 'not_found');
        assert.equal((await api.refusal('DELETE', '/api/bots/5')).code, 'not_found');
        await isOk(SECOND);
      });

      test('a person who writes to two bots has two conversations, and each answer leaves by its own bot', async () => {
        const ann = await sim.customer({ first_name: 'Ann' });
        await sim.text(ann, 'to the first', { bot: FIRST });
        await sim.text(ann, 'to the second', { bot: SECOND });
        const [one, two] = [await conversationOf(ann, FIRST), await conversationOf(ann, SECOND)];
        assert.notEqual(one.id, two.id);
        assert.deepEqual([one.customer.account, two.customer.account], [String(idOf(FIRST)), String(idOf(SECOND))]);
        await api.reply(one.id, { text: 'from the first' });
        await api.reply(two.id, { text: 'from the second' });
        assert.equal(await settled(one.id, 'from the first'), 'sent');
        assert.equal(await settled(two.id, 'from the second'), 'sent');
        assert.deepEqual(await received(ann, FIRST), ['from the first']);
        assert.deepEqual(await received(ann, SECOND), ['from the second']);
      });

      test('the list and a condition find the conversations of one bot', async () => {
        const filter = (op: string, value: unknown): string => `filter=${encodeURIComponent(JSON.stringify({ field: 'bot', op, value }))}`;
        const second = String(idOf(SECOND));
        assert.ok((await listed(`bot=${second}`)).every((c) => c.customer.account === second));
        assert.deepEqual((await listed(filter('is', second))).map((c) => c.id), (await listed(`bot=${second}`)).map((c) => c.id));
        assert.ok((await listed(filter('is_not', second))).every((c) => c.customer.account !== second));
        assert.deepEqual(await listed('bot=5'), []);
      });

      test('the copies of all bots\' customers reach the staff group by one bot, and a reply there leaves by the customer\'s', async () => {
        const bea = await sim.customer({ first_name: 'Bea' });
        const maria = await sim.customer({ first_name: 'Maria' });
        await sim.groupAct(group, 'join', { customer: maria.id });
        await sim.text(bea, 'copied to the group', { bot: SECOND });
        const copy = await until('the copy', async () => (await sim.transcript(group, { bot: FIRST })).messages.find((m) => m.side === 'bot' && m.text.endsWith('copied to the group')));
        await sim.text(maria, 'answered in the group', { chat: group, reply_to: copy.message_id });
        await until('the answer', async () => (await received(bea, SECOND)).includes('answered in the group'));
        assert.equal((await sim.calls({ method: 'sendMessage', bot: SECOND, chat: group })).length, 0);
      });

      test('a photo from a customer of the second bot is fetched with its token', async () => {
        const cat = await sim.customer({ first_name: 'Cat' });
        await sim.photo(cat, { bot: SECOND });
        const { id } = await conversationOf(cat, SECOND);
        await until('the photo', async () => (await api.history(id)).some((m) => m.files?.[0]?.state === 'ready'));
        assert.ok((await sim.calls({ method: 'getFile', bot: SECOND })).length > 0);
        assert.equal((await sim.calls({ method: 'getFile', bot: FIRST })).length, 0);
      });

      test('a bot has its own greeting, or the desk\'s', async () => {
        await api.call('PATCH', `/api/bots/${idOf(SECOND)}`, { greeting: 'Welcome to the second', greeting_ru: 'Это второй' });
        const [dan, eva] = [await sim.customer({ first_name: 'Dan' }), await sim.customer({ first_name: 'Eva', language_code: 'ru' })];
        await sim.start(dan, '', { bot: SECOND });
        await sim.start(eva, '', { bot: SECOND });
        await sim.start(dan, '', { bot: FIRST });
        await until('the greeting', async () => (await received(dan, SECOND)).join() === 'Welcome to the second');
        await until('the Russian one', async () => (await received(eva, SECOND)).join() === 'Это второй');
        await until('the desk\'s', async () => /^Hello! Write/.test((await received(dan, FIRST)).join()));
        await api.call('PATCH', `/api/bots/${idOf(SECOND)}`, { greeting: null, greeting_ru: '' });
        assert.equal((await bot(SECOND)).settings?.greeting, null);
        assert.equal((await bot(SECOND)).settings?.greeting_ru, '');
      });

      test('one bot\'s refused token stops that bot alone', async () => {
        const [finn, gus] = [await sim.customer({ first_name: 'Finn' }), await sim.customer({ first_name: 'Gus' })];
        await sim.text(finn, 'hello', { bot: FIRST });
        await sim.text(gus, 'hello', { bot: SECOND });
        const [one, two] = [await conversationOf(finn, FIRST), await conversationOf(gus, SECOND)];
        await sim.fault({ kind: 'status', code: 401, description: 'Unauthorized', bot: SECOND });
        await api.reply(two.id, { text: 'held' });
        await until('the second is refused', async () => (await bot(SECOND)).state === 'unauthorized');
        await api.reply(one.id, { text: 'leaves' });
        assert.equal(await settled(one.id, 'leaves'), 'sent');
        assert.equal((await bot(FIRST)).state, 'ok');
        assert.equal((await api.history(two.id)).at(-1)?.delivery, 'queued');
        await sim.clearFaults();
        await api.call('PATCH', `/api/bots/${idOf(SECOND)}`, { token: SECOND });
        assert.equal(await settled(two.id, 'held'), 'sent');
        await isOk(SECOND);
      });

      test('a paused bot fetches and sends nothing until it goes on', async () => {
        const hal = await sim.customer({ first_name: 'Hal' });
        await sim.text(hal, 'before', { bot: SECOND });
        const { id } = await conversationOf(hal, SECOND);
        assert.equal((await api.call<Bot>('PATCH', `/api/bots/${idOf(SECOND)}`, { paused: true })).state, 'paused');
        await sim.text(hal, 'meanwhile', { bot: SECOND });
        await api.reply(id, { text: 'waits' });
        const ida = await sim.customer({ first_name: 'Ida' });
        await sim.text(ida, 'the first goes on', { bot: FIRST });
        await conversationOf(ida, FIRST);
        assert.deepEqual((await api.history(id)).filter((m) => m.direction !== 'system').map((m) => [m.text, m.delivery]), [['before', null], ['waits', 'queued']]);
        await api.call('PATCH', `/api/bots/${idOf(SECOND)}`, { paused: false });
        assert.equal(await settled(id, 'waits'), 'sent');
        await until('what was said meanwhile', async () => (await api.history(id)).some((m) => m.text === 'meanwhile'));
      });

      test('the metrics tell the bots apart', async () => {
        const metrics = await (await fetch(`${server.url}/metrics`)).text();
        for (const token of [FIRST, SECOND]) {
          assert.match(metrics, new RegExp(`switchboard_telegram_updates_total\\{bot="${idOf(token)}",outcome="taken"\\} [1-9]`));
          assert.match(metrics, new RegExp(`switchboard_telegram_circuit\\{bot="${idOf(token)}"\\} 0`));
        }
      });

      test('all bots are there again after a restart', async () => {
        await server.kill();
        await server.run();
        await isOk(FIRST);
        await isOk(SECOND);
        assert.ok(!server.log.includes('SECOND'), 'no token in the log');
      });

      test('a removed bot leaves its conversations, and its answers fail with that reason', async () => {
        const kim = await sim.customer({ first_name: 'Kim' });
        await sim.text(kim, 'hello', { bot: SECOND });
        const { id } = await conversationOf(kim, SECOND);
        await api.call('DELETE', `/api/bots/${idOf(SECOND)}`);
        assert.deepEqual((await bots()).map((b) => b.id), [idOf(FIRST)]);
        const gone = (await bots('?removed=true')).find((b) => b.id === idOf(SECOND));
        assert.deepEqual([gone?.removed, gone?.username], [true, 'second_bot']);
        await api.reply(id, { text: 'too late' });
        assert.equal(await settled(id, 'too late'), 'failed');
        assert.equal((await api.history(id)).at(-1)?.delivery_error, 'The bot was removed from this desk.');
        assert.equal(((await sim.bot(SECOND))['webhook'] as any)?.url ?? '', '', 'its webhook is gone');
        assert.equal((await api.refusal('GET', `/api/bots/${idOf(SECOND)}`)).code, 'not_found');
        assert.equal(server.query(`SELECT count(*) FROM setting WHERE key LIKE 'account_%/${idOf(SECOND)}'`)[0], '0');
      });

      test('a bot that was removed can be connected again and continues its conversations', async () => {
        await api.call('POST', '/api/bots', { token: SECOND });
        const kim = (await listed(`bot=${idOf(SECOND)}`)).find((c) => c.customer.name === 'Kim')!;
        await api.reply(kim.id, { text: 'here again' });
        assert.equal(await settled(kim.id, 'here again'), 'sent');
      });

      test('customers of a bot that another replaces continue their conversation there, whether the first is there or gone', async () => {
        await sim.addBot({ token: THIRD, username: 'third_bot', first_name: 'Third' });
        await api.call('POST', '/api/bots', { token: THIRD });
        await isOk(THIRD);
        const [lea, moe] = [await sim.customer({ first_name: 'Lea' }), await sim.customer({ first_name: 'Moe' })];
        for (const who of [lea, moe]) {
          await sim.text(who, 'said to the second', { bot: SECOND });
          await api.reply((await conversationOf(who, SECOND)).id, { text: 'answered by the second' });
        }
        const [first, second] = [await conversationOf(lea, SECOND), await conversationOf(moe, SECOND)];
        for (const { id } of [first, second]) assert.equal(await settled(id, 'answered by the second'), 'sent');
        await sim.block(lea, { bot: SECOND });
        await until('the block is known', async () => (await api.conversation(first.id)).customer.blocked);

        for (const [successor_id, bot] of [[5, SECOND], [idOf(SECOND), SECOND]] as const)
          assert.deepEqual([(await api.refusal('PATCH', `/api/bots/${idOf(bot)}`, { successor_id })).field], ['successor_id']);
        assert.equal((await api.call<Bot>('PATCH', `/api/bots/${idOf(SECOND)}`, { successor_id: idOf(THIRD) })).successor_id, idOf(THIRD));
        assert.equal((await api.refusal('PATCH', `/api/bots/${idOf(THIRD)}`, { successor_id: idOf(SECOND) })).code, 'invalid_field', 'no circle');

        await sim.start(lea, '', { bot: THIRD });
        await sim.text(lea, 'and now to the third', { bot: THIRD });
        await until('she is heard', async () => (await api.history(first.id)).some((m) => m.text === 'and now to the third'));
        const moved = await api.conversation(first.id);
        assert.deepEqual([moved.customer.account, moved.customer.blocked], [String(idOf(THIRD)), false]);
        assert.deepEqual((await listed(`bot=${idOf(THIRD)}`)).map((c) => c.id), [first.id], 'no second conversation');
        assert.ok((await api.history(first.id)).some((m) => m.action === 'moved' && m.text === '@second_bot\n@third_bot'));
        await api.reply(first.id, { text: 'answered by the third', reply_to: (await api.history(first.id)).find((m) => m.text === 'said to the second')!.id });
        assert.equal(await settled(first.id, 'answered by the third'), 'sent');
        assert.ok((await received(lea, THIRD)).includes('answered by the third'));
        // The third bot numbers its messages from 1 again: nothing is taken for one of the second's.
        for (let i = 0; i < 4; i++) await sim.text(lea, `numbered anew ${i}`, { bot: THIRD });
        await until('all are there', async () => (await api.history(first.id)).filter((m) => m.text.startsWith('numbered anew')).length === 4);

        // What the second bot is doing meanwhile: its ids mean nothing at the third.
        const nat = await sim.customer({ first_name: 'Nat' });
        for (let i = 0; i < 7; i++) await sim.text(nat, `first ${i}`, { bot: SECOND });
        const third = await conversationOf(nat, SECOND);
        const answer = await api.reply(third.id, { text: 'sent before' });
        assert.equal(await settled(third.id, 'sent before'), 'sent');
        const late = await sim.fault({ kind: 'late_response', bot: SECOND, method: 'sendMessage', count: 1, ms: 20_000 });
        await api.reply(third.id, { text: 'in flight' });
        await until('it is being sent', async () => (await sim.faults()).some((rule) => rule['id'] === late['id'] && Number(rule['fired']) > 0));
        await api.call('DELETE', `/api/conversations/${third.id}/messages/${answer.id}`); // waits behind it
        await sim.start(nat, '', { bot: THIRD });
        await until('the customer has moved', async () => (await api.conversation(third.id)).customer.account === String(idOf(THIRD)));
        await sim.clearFaults();
        assert.equal(await settled(third.id, 'in flight'), 'sent');
        for (let i = 0; i < 20; i++) await sim.text(nat, `second ${i}`, { bot: THIRD });
        await until('every message is there', async () => (await api.history(third.id)).filter((m) => m.text.startsWith('second')).length === 20);
        const kept = await until('the deletion has ended', async () => (await api.history(third.id)).find((m) => m.id === answer.id && m.change?.state === 'failed'));
        assert.match(kept.change!.error!, /account that was replaced/);
        assert.equal(kept.deleted_at, undefined);

        // The second bot still runs: who writes there again is the same customer.
        await sim.text(nat, 'back at the second', { bot: SECOND });
        await until('it is in the same conversation', async () => (await api.history(third.id)).some((m) => m.text === 'back at the second'));
        assert.equal((await api.conversation(third.id)).customer.account, String(idOf(SECOND)));
        await api.reply(third.id, { text: 'answered where he wrote' });
        assert.equal(await settled(third.id, 'answered where he wrote'), 'sent');
        assert.ok((await received(nat, SECOND)).includes('answered where he wrote'));

        await api.call('DELETE', `/api/bots/${idOf(SECOND)}`);
        const gone = (await bots('?removed=true')).find((b) => b.id === idOf(SECOND))!;
        assert.deepEqual([gone.removed, gone.successor_id], [true, idOf(THIRD)], 'it is still known who replaces it');
        await sim.text(moe, 'the second is gone', { bot: THIRD });
        await until('he is heard in the same conversation', async () => (await api.history(second.id)).some((m) => m.text === 'the second is gone'));
        assert.equal((await api.call<Bot>('PATCH', `/api/bots/${idOf(SECOND)}`, { successor_id: null })).successor_id, null);
        await api.call('DELETE', `/api/bots/${idOf(THIRD)}`);
        await api.call('POST', '/api/bots', { token: SECOND });
        await isOk(SECOND);
      });

      test('the simulator saw no breach of the specification', async () => {
        assert.deepEqual(await sim.violations(), []);
      });
    });

// Where a bot's calls go is no matter of the database.
test('a bot has a Bot API server and a proxy of its own, beside the configured ones', async () => {
  const [sim, elsewhere] = [await Simulator.start({ tokens: [FIRST] }), await Simulator.start({ tokens: [SECOND] })];
  shownAddress(elsewhere.url);
  const [configured, own] = [await httpProxy(), await socksProxy('desk', 'open sesame')];
  const server = await Server.start({ telegram: sim.url, token: FIRST, env: { TELEGRAM_PROXY: `http://127.0.0.1:${configured.port}` } });
  const proxy = `socks5h://desk:open%20sesame@127.0.0.1:${own.port}`;
  try {
    const api = await server.signIn();
    const state = async (token: string): Promise<string> => (await api.call<Bot>('GET', `/api/bots/${idOf(token)}`)).state;
    await until('the first is ok', async () => (await state(FIRST)) === 'ok');
    assert.equal((await api.refusal('POST', '/api/bots', { token: SECOND })).code, 'bot_token_invalid', 'the configured server does not know it');
    const answers = new Set<string>();
    for (const way of [{ api_url: 'http://127.0.0.1:1' }, { api_url: server.url }, { api_url: elsewhere.url, proxy: `socks5h://desk:wrong@127.0.0.1:${own.port}` }]) {
      const refused = await api.refusal('POST', '/api/bots', { token: SECOND, ...way });
      answers.add(`${refused.status} ${refused.code} ${refused.message}`);
    }
    assert.equal(answers.size, 1, `a closed port, another program and a refusing proxy look alike: ${[...answers].join('; ')}`);
    configured.asked.length = own.asked.length = 0;
    const added = await api.call<Bot>('POST', '/api/bots', { token: SECOND, api_url: elsewhere.url, proxy });
    assert.deepEqual([added.settings!.api_url, added.settings!.proxy], [elsewhere.url, `socks5h://desk@127.0.0.1:${own.port}`]);
    await until('the second is ok', async () => (await state(SECOND)) === 'ok');

    const [ann, bea] = [await sim.customer({ first_name: 'Ann' }), await elsewhere.customer({ first_name: 'Bea' })];
    await sim.text(ann, 'to the first');
    await elsewhere.photo(bea, { bot: SECOND });
    const two = await until('both are heard', async () => {
      const list = (await api.conversations('?status=all')).data;
      return list.length === 2 && list;
    });
    const [one, other] = [FIRST, SECOND].map((token) => two.find((c) => c.customer.account === String(idOf(token)))!);
    await until('the photo is fetched', async () => (await api.history(other!.id)).some((m) => m.files?.[0]?.state === 'ready'));
    for (const { id } of [one!, other!]) await api.reply(id, { text: 'an answer' });
    await until('the answers are sent', async () => (await Promise.all([one!, other!].map(({ id }) => api.history(id)))).every((all) => all.at(-1)?.delivery === 'sent'));
    assert.deepEqual([...new Set(configured.asked)], [new URL(sim.url).host], 'the first by the configured proxy');
    assert.deepEqual([...new Set(own.asked)], [new URL(elsewhere.url).host], 'the second by its own');
    // Not Server.command, which would stop the proxies, since they are in this process.
    const { stdout: doctor } = await promisify(execFile)(binary, ['doctor'], { cwd: server.folder, env: server.env });
    assert.match(doctor, /^ok +bot token: known to Telegram as @support_777001_bot/m);
    assert.ok(!doctor.includes('sesame'), 'the proxy\'s password is not shown');

    await own.stop();
    await until('the second cannot be reached', async () => (await state(SECOND)) === 'unreachable');
    await api.reply(other!.id, { text: 'waits for the proxy' });
    await elsewhere.text(bea, 'not heard without the proxy', { bot: SECOND });
    await api.reply(one!.id, { text: 'the first goes on' });
    await until('it does', async () => (await api.history(one!.id)).at(-1)?.delivery === 'sent');
    assert.equal((await api.history(other!.id)).at(-1)?.text, 'waits for the proxy', 'no way round the proxy');
    assert.equal((await api.history(other!.id)).at(-1)?.delivery, 'queued');
    await api.call('PATCH', `/api/bots/${idOf(SECOND)}`, { proxy: null, token: SECOND });
    await until('both arrive', async () => {
      const all = await api.history(other!.id);
      return all.some((m) => m.text === 'not heard without the proxy') && all.some((m) => m.text === 'waits for the proxy' && m.delivery === 'sent');
    });
    assert.ok(configured.asked.includes(new URL(elsewhere.url).host), 'without a proxy of its own, by the configured one');
    assert.ok(!server.log.includes('sesame'), 'no password in the log');
  } finally {
    await server.stop();
    await Promise.all([sim.stop(), elsewhere.stop(), configured.stop(), own.stop()]);
  }
});

const SECRET_KEY = 'ab'.repeat(32); // shared by the nodes of one desk
const LEASE_MS = 5000;

describe('two processes on one database', { skip: !engines.includes('postgres') && 'there is no PostgreSQL' }, () => {
  let sim: Simulator;
  let nodes: Server[] = [];
  let said = 0;

  const start = async (): Promise<Server> => {
    const [first] = nodes;
    const node = first
      ? await Server.start({ telegram: sim.url, token: FIRST, env: { SECRET_KEY, DATABASE_URL: first.env['DATABASE_URL']! } })
      : await Server.start({ engine: 'postgres', telegram: sim.url, token: FIRST, env: { SECRET_KEY } });
    nodes.push(node);
    return node;
  };
  const holder = (): string => nodes[0]!.query(`SELECT holder FROM account_lease WHERE account_id = ${idOf(FIRST)} AND lease_until > extract(epoch FROM now()) * 1000`)[0] ?? '';
  const holderIs = (node: Server): boolean => holder() !== '' && holder() === holderOf.get(node);
  const holderOf = new Map<Server, string>();
  /** Says something, waits until it is stored, and returns how long that took. */
  const heard = async (api: Api): Promise<number> => {
    const began = Date.now(), text = `message ${said++}`;
    await sim.text(who, text);
    await until(`"${text}" is heard`, async () => (await api.everyConversation())[0]?.last_message?.preview === text);
    return Date.now() - began;
  };
  let who: Customer;

  before(async () => {
    sim = await Simulator.start({ tokens: [FIRST] });
    who = await sim.customer({ first_name: 'Nadia' });
    const first = await start();
    await until('the first has the lease', () => holder() !== '');
    holderOf.set(first, holder());
    await start();
  });
  after(async () => {
    for (const node of nodes) process.kill(node.pid || process.pid, 'SIGCONT');
    for (const node of nodes.toReversed()) await node.stop();
    await sim?.stop();
  });

  test('only the first polls, and nobody meets a conflict', async () => {
    const [first, second] = nodes as [Server, Server];
    const api = await second.signIn();
    await until('the second shows what the first sees', async () => (await api.bot()).state === 'ok');
    await heard(api);
    await pause(2 * LEASE_MS);
    assert.ok(holderIs(first));
    assert.deepEqual((await sim.calls({ method: 'getUpdates', ok: false })), []);
    assert.ok(!/conflict/.test(first.log + second.log));
  });

  test('the second takes over within seconds when the first is killed', async () => {
    const [first, second] = nodes as [Server, Server];
    const api = await second.signIn();
    await first.kill();
    assert.ok((await heard(api)) < LEASE_MS + 5000);
    assert.ok(!holderIs(first));
    holderOf.set(second, holder());
    await first.run();
    await heard(api);
    assert.ok(holderIs(second), 'who comes back takes nothing away');
  });

  test('one that was stopped and continues stores and confirms nothing with its old lease', async () => {
    const [first, second] = nodes as [Server, Server];
    const api = await first.signIn();
    await sim.fault({ kind: 'late_response', method: 'getUpdates', ms: 60_000, count: 1 });
    await heard(api); // by the poll that was under way
    await until('the next has begun', async () => (await sim.faults())[0]!['fired'] === 1);
    await sim.text(who, 'caught in between'); // and is on its way to the second
    process.kill(second.pid, 'SIGSTOP');
    await until('the first has heard it', async () => (await api.everyConversation())[0]?.last_message?.preview === 'caught in between');
    assert.ok(!holderIs(second));
    const fence = first.query(`SELECT fence FROM account WHERE id = ${idOf(FIRST)}`)[0];
    await heard(api);
    process.kill(second.pid, 'SIGCONT');
    await sim.clearFaults(); // the batch arrives
    for (let i = 0; i < 5; i++) await heard(api);
    await pause(2000);
    assert.equal(first.query(`SELECT fence FROM account WHERE id = ${idOf(FIRST)}`)[0], fence, 'the lease stays where it is');
    const { id } = (await api.everyConversation())[0]!;
    const texts = (await api.history(id)).filter((m) => m.direction === 'in').map((m) => m.text);
    assert.equal(new Set(texts).size, texts.length, 'each once');
    assert.equal(texts.length, said + 1);
    holderOf.set(first, holder());
  });

  test('one that ends in order hands over at once', async () => {
    const [first, second] = nodes as [Server, Server];
    const api = await second.signIn();
    await first.terminate();
    assert.ok((await heard(api)) < LEASE_MS);
    await first.run();
  });

  test('a bot that is added, paused and removed at one runs, pauses and stops at the other', async () => {
    const [first, second] = nodes as [Server, Server];
    const [here, there] = [await first.signIn(), await second.signIn()];
    await sim.addBot({ token: SECOND, username: 'second_bot', first_name: 'Second' });
    await here.call('POST', '/api/bots', { token: SECOND });
    const state = async (): Promise<string> => (await there.call<Bot>('GET', `/api/bots/${idOf(SECOND)}`)).state;
    await until('both show it', async () => (await state()) === 'ok');
    await here.call('PATCH', `/api/bots/${idOf(SECOND)}`, { paused: true });
    await until('both show that it is paused', async () => (await state()) === 'paused');
    await here.call('PATCH', `/api/bots/${idOf(SECOND)}`, { paused: false });
    const zoe = await sim.customer({ first_name: 'Zoe' });
    await sim.text(zoe, 'hello', { bot: SECOND });
    const conversation = await until('the conversation', async () => (await there.conversations(`?bot=${idOf(SECOND)}`)).data[0]);
    await there.reply(conversation.id, { text: 'from the other process' });
    await until('it is sent', async () => (await there.history(conversation.id)).at(-1)?.delivery === 'sent');
    await there.call('DELETE', `/api/bots/${idOf(SECOND)}`);
    await until('it is gone at both', async () => (await here.call<{ data: Bot[] }>('GET', '/api/bots')).data.length === 1);
  });
});

// What Telegram shows of a bot is no matter of the database.
test('the profile of a bot: what is wanted beside what Telegram has, and what becomes of each difference', async () => {
  const sim = await Simulator.start({ tokens: [FIRST], strict: true });
  const server = await Server.start({ telegram: sim.url, token: FIRST });
  try {
    const api = await server.signIn();
    await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    const address = `/api/bots/${idOf(FIRST)}/profile`;
    const show = (): Promise<BotProfile> => api.call('GET', address);
    const push = (order = {}): Promise<BotProfilePush> => api.call('POST', `${address}/push`, order);
    const outcomes = async (order = {}): Promise<unknown[]> => (await push(order)).steps.map(({ part, language, outcome }) => `${part} ${language} ${outcome}`.replace('  ', ' '));

    const fresh = await show();
    assert.deepEqual(fresh.languages.map(({ language, differs }) => [language, differs]), [['', []]]);
    assert.deepEqual([fresh.languages[0]!.current.commands, fresh.menu_button.current.type, fresh.menu_button.wanted], [[], 'default', null]);
    assert.deepEqual(await outcomes(), [], 'nothing is wanted');

    const commands = [{ command: 'order', description: 'Where is my order?' }];
    const wish = {
      languages: [{ language: '', name: 'Corner shop', about: 'We answer by day', description: 'Ask "us"\nanything', commands }, { language: 'ru', name: 'Лавка', about: '' }],
      menu_button: { type: 'web_app', text: 'Shop', url: 'https://shop.example/menu' },
    };
    await api.call('PUT', address, wish);
    const wanted = await show();
    assert.deepEqual(wanted.languages.map(({ language, differs }) => [language, differs]), [['', ['name', 'about', 'description', 'commands']], ['ru', ['name']]]);
    assert.deepEqual([wanted.menu_button.differs, wanted.languages[1]!.wanted.description, wanted.languages[1]!.wanted.commands], [true, null, null]);

    await sim.fault({ kind: 'status', method: 'setMyName', code: 429, description: 'Too Many Requests: retry after 3600', retry_after: 3600, count: 1 });
    await sim.fault({ kind: 'status', method: 'setMyDescription', code: 400, description: 'Bad Request: BOT_DESCRIPTION_INVALID', count: 1 });
    const first = await push();
    assert.deepEqual(first.steps.map(({ part, language, outcome }) => [part, language, outcome]), [
      ['name', '', 'waiting'], ['about', '', 'done'], ['description', '', 'failed'], ['commands', '', 'done'], ['name', 'ru', 'done'], ['menu_button', '', 'done']]);
    assert.ok(Math.abs(Date.parse(first.steps[0]!.retry_at!) - Date.now() - 3_600_000) < 60_000);
    assert.match(first.steps[2]!.error!, /\w/);
    const before = await sim.lastCall();
    assert.deepEqual(await outcomes(), ['name waiting', 'description done']);
    assert.deepEqual((await sim.calls({ method: 'setMyName', after: before })), [], 'Telegram’s time is respected');
    assert.deepEqual(await outcomes({ part: 'about', language: '' }), [], 'it is there already');

    const after = await show();
    assert.deepEqual(after.languages.map(({ differs }) => differs), [['name'], []]);
    assert.deepEqual([after.languages[0]!.current.about, after.languages[0]!.current.description, after.languages[0]!.current.commands, after.languages[1]!.current.name], ['We answer by day', 'Ask "us"\nanything', commands, 'Лавка']);
    assert.deepEqual([after.menu_button.differs, after.menu_button.current], [false, wish.menu_button]);

    // An empty text takes a language's own away, and an empty list its commands.
    await api.call('PUT', address, { languages: [{ language: '', commands: [] }, { language: 'ru', name: '' }], menu_button: { type: 'commands' } });
    assert.deepEqual(await outcomes({ language: 'ru' }), ['name ru done']);
    assert.deepEqual(await outcomes(), ['commands done', 'menu_button done']);
    assert.deepEqual(await outcomes(), []);

    for (const [body, field] of [
      [{ languages: [{ language: 'ru' }, { language: 'ru' }] }, 'languages'], [{ languages: [], menu_button: { type: 'web_app', text: 'x' } }, 'menu_button'],
      [{ languages: [{ language: '', commands: [{ command: 'Order', description: 'x' }] }] }, 'languages[0].commands[0].command'], [{ languages: [], colour: 'red' }, 'colour'],
    ] as const)
      assert.equal((await api.refusal('PUT', address, body)).field, field);
    assert.equal((await api.refusal('GET', '/api/bots/5/profile')).code, 'not_found');
    assert.deepEqual((await api.call('GET', '/api/audit')).data.filter((e: any) => /profile/.test(e.detail)).map((e: any) => e.detail).slice(-2), ['profile pushed', 'profile']);
    // Telegram is slow: nobody else asks about the same bot meanwhile, and afterwards they may.
    const late = await sim.fault({ kind: 'late_response', method: 'getMyName', ms: 60_000, count: 1 });
    const slow = show();
    await until('Telegram is asked', async () => (await sim.faults()).find(({ id }) => id === late['id'])?.['fired'] === 1);
    for (const [method, path] of [['GET', address], ['POST', `${address}/push`]] as const)
      assert.equal((await api.refusal(method, path)).code, 'overloaded');
    await sim.removeFault(late['id']);
    assert.equal((await slow).languages.length, 2);
    await show();
    await sim.fault({ kind: 'drop_request', method: 'getMyName' });
    assert.equal((await api.refusal('GET', address)).code, 'bot_unreachable');
    assert.deepEqual(await sim.violations(), []);
  } finally {
    await server.stop();
    await sim.stop();
  }
});

test('another name of a bot is shown at once', async () => {
  const sim = await Simulator.start({ tokens: [FIRST], strict: true });
  const server = await Server.start({ telegram: sim.url, token: FIRST });
  try {
    const api = await server.signIn();
    await until('the bot is ok', async () => (await api.bot()).state === 'ok');
    await api.call('PUT', `/api/bots/${idOf(FIRST)}/profile`, { languages: [{ language: '', name: 'Corner shop' }] });
    await api.call('POST', `/api/bots/${idOf(FIRST)}/profile/push`);
    await until('the new name', async () => (await api.bot()).name === 'Corner shop');
  } finally {
    await server.stop();
    await sim.stop();
  }
});

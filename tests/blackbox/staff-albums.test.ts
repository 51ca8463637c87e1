// The staff group, black box, on a server of its own, since the pace of a group is slow: albums of every kind, what is deleted while its
// copy is on its way, quotations of formatted words.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Conversation, Message } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { Server, until } from '../harness/server.ts';
import { type Customer, Simulator, type TranscriptLine } from '../telegram/client.ts';

const TOKEN = '123456:TEST';

describe('albums and late changes in the staff group', () => {
  let sim: Simulator;
  let server: Server;
  let api: Api;
  let group: number;
  let maria: Customer;

  before(async () => {
    sim = await Simulator.start({ tokens: [TOKEN], strict: true });
    maria = await sim.customer({ first_name: 'Maria', language_code: 'en' });
    group = (await sim.group({ title: 'Support team', members: [maria.id], bot: TOKEN }))['id'];
    server = await Server.start({ telegram: sim.url, token: TOKEN, env: { TELEGRAM_GROUP_CHAT_ID: String(group) } });
    api = await server.signIn();
    await until('the bot is ok', async () => (await api.bot()).state === 'ok');
  });
  after(async () => {
    await server?.stop();
    await sim?.stop();
  });

  const said = async (): Promise<TranscriptLine[]> => (await sim.transcript(group)).messages;
  const inGroup = (what: string, fits: (line: TranscriptLine) => boolean): Promise<TranscriptLine> => until(what, async () => (await said()).find(fits));
  const answers = async (who: Customer): Promise<TranscriptLine[]> => (await sim.transcript(who.id)).messages.filter((m) => m.side === 'bot');
  const answered = (who: Customer, text: string): Promise<TranscriptLine> => until(`"${text}" arrives`, async () => (await answers(who)).find((m) => m.text === text));
  const conversationOf = (id: number): Promise<Conversation> => until('the conversation', async () => (await api.everyConversation()).find((c) => c.customer.external_id === String(id)));
  const messageWith = (id: number, fits: (m: Message) => boolean): Promise<Message> => until('the message', async () => (await api.history(id)).find(fits));
  const quiet = (): Promise<unknown> => until('nothing is left to send', () => server.query("SELECT count(*) FROM job WHERE kind LIKE 'outbox.%'")[0] === '0');

  test('an album of photos and videos, of files, of music reaches the group as one', async () => {
    const who = await sim.customer({ first_name: 'Viola', language_code: 'en' });
    const before = await sim.lastCall();
    const groups = [[['photo', 'video', 'photo'], 'mixed'], [['document', 'document'], 'papers'], [['audio', 'audio'], 'songs']] as const;
    for (const [types, caption] of groups)
      await sim.album(who, { items: types.map((type, i) => ({ type, seed: 70 + i, ...(i === 0 && { caption }) })), spacing_ms: 30 });
    const albums = await until('three albums', async () => {
      const calls = (await sim.calls({ method: 'sendMediaGroup', chat: group, after: before })).filter((c) => c.ok);
      return calls.length >= 3 ? calls : undefined;
    });
    const seen = albums.map((c) => (c.params['media'] as any[]).map((m) => m.type).join());
    assert.deepEqual(seen.sort(), ['audio,audio', 'document,document', 'photo,video,photo']);
    await inGroup('the head', (l) => l.text === 'Viola\nmixed');
    await quiet();
    assert.equal((await sim.calls({ method: 'copyMessage', chat: group, after: before })).length, 0, 'none goes one by one');
    // A reply to any part of it is an answer to its customer.
    const song = (await said()).findLast((l) => l.side === 'bot' && l.kind === 'audio')!;
    await sim.text(maria, 'thank you for the music', { chat: group, reply_to: song.message_id });
    await answered(who, 'thank you for the music');
    await quiet();
  });

  test('a copy that is on its way when its message is deleted is deleted too; a bold piece is quoted as it is', async () => {
    const who = await sim.customer({ first_name: 'Wanda', language_code: 'en' });
    await sim.text(who, 'some <b>bold words</b> here', { parse_mode: 'HTML' });
    await inGroup('the copy', (l) => l.side === 'bot' && l.text.endsWith('bold words here'));
    const { id } = await conversationOf(who.id);
    const first = await messageWith(id, (m) => m.text.includes('bold words'));
    await api.reply(id, { text: 'which words?', reply_to: first.id, quote: { text: 'bold words', position: 5 } });
    const quoted = await answered(who, 'which words?');
    assert.partialDeepStrictEqual(quoted.message['quote'], { text: 'bold words', entities: [{ type: 'bold', offset: 0, length: 10 }] });
    await quiet();
    await sim.fault({ kind: 'late_response', method: 'sendMessage', chat: group, ms: 60_000, count: 1 });
    const wrong = await api.reply(id, { text: 'a slip of the pen' });
    await answered(who, 'a slip of the pen');
    await inGroup('its copy', (l) => l.text.endsWith('a slip of the pen'));
    await messageWith(id, (m) => m.id === wrong.id && m.delivery === 'sent');
    assert.ok((await api.send('DELETE', `/api/conversations/${id}/messages/${wrong.id}`)).ok);
    await until('the customer has it no more', async () => !(await answers(who)).some((m) => m.text === 'a slip of the pen' && !m.deleted));
    // Talk of the group is edited meanwhile: nothing of it waits for the copy's outcome.
    const talk = await sim.text(maria, 'coffee?', { chat: group });
    await sim.edit(maria, talk['message_id'], { text: 'coffee!', chat: group });
    await until('the edit is heard', async () => (await sim.bot(TOKEN))['pending_updates'] === 0);
    assert.equal(server.query('SELECT count(*) FROM staff_waiting')[0], '0');
    await sim.clearFaults();
    await until('the copy is gone', async () => !(await said()).some((l) => l.text.endsWith('a slip of the pen') && !l.deleted));
    await quiet();
  });

  test('the simulator saw no breach of the specification', async () => {
    assert.deepEqual(await sim.violations(), []);
  });
});

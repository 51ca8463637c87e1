// Answers of every kind: each leaves by the method of its kind with all that the operator gave it, is shown as sent, and what no
// channel could carry is refused in words. In both ways of receiving updates, on both engines.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Conversation, Message } from '../../web/src/contract.ts';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { type Customer, Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';
const SECOND = '777001:SECOND';
export const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
/** The box by which a file says that it is MP4, or M4A. */
const mp4 = (brand: string): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(`ftyp${brand}`), Buffer.from([0, 0, 2, 0]), Buffer.from(`${brand}mp41`), Buffer.alloc(64)]);
const VIDEO = mp4('isom');
const MUSIC = Buffer.concat([Buffer.from('ID3'), Buffer.from([3, 0, 0, 0, 0, 0, 10]), Buffer.alloc(10), Buffer.from([0xff, 0xfb, 0x90, 0x44]), Buffer.alloc(400)]);
const VOICE = Buffer.concat([Buffer.from('OggS'), Buffer.from([0, 2]), Buffer.alloc(8), Buffer.from([1, 0, 0, 0]), Buffer.alloc(8), Buffer.from([1, 19]), Buffer.from('OpusHead'), Buffer.from([1, 1, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0])]);
const WEBP = Buffer.from('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA', 'base64');
const WORDS = Buffer.from('%PDF-1.4\nsome words\n');

interface Piece {
  bytes: Buffer;
  name: string;
}
const file = (bytes: Buffer, name: string): Piece => ({ bytes, name });

function form(fields: Record<string, unknown>, files: Piece[]): FormData {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  for (const { bytes, name } of files) body.append('files', new Blob([new Uint8Array(bytes)]), name);
  return body;
}

interface Case {
  what: string;
  fields: Record<string, unknown>;
  files?: Piece[];
  method: string;
  kind: string;
  /** Of the call, as far as they matter. */
  params?: Record<string, unknown>;
  /** Of the message in the desk. */
  message?: Record<string, unknown>;
}

const BUTTONS = [[{ text: 'Site', url: 'https://example.com/x', style: 'primary' }, { text: 'Yes', callback: 'yes' }], [{ text: 'Code', copy: 'SALE-7' }]];
const KEYBOARD = { inline_keyboard: [[{ text: 'Site', url: 'https://example.com/x', style: 'primary' }, { text: 'Yes', callback_data: 'yes' }], [{ text: 'Code', copy_text: { text: 'SALE-7' } }]] };

const cases: Case[] = [
  {
    what: 'a text with buttons, silent, protected, without a preview', fields: { text: 'see https://example.com', buttons: BUTTONS, silent: true, protected: true, link_preview: 'off' },
    method: 'sendMessage', kind: 'text', params: { reply_markup: KEYBOARD, disable_notification: true, protect_content: true, link_preview_options: { is_disabled: true } },
    message: { buttons: BUTTONS, silent: true, protected: true, link_preview: 'off' },
  },
  { what: 'a small preview', fields: { text: 'https://example.com', link_preview: 'small' }, method: 'sendMessage', kind: 'text', params: { link_preview_options: { prefer_small_media: true } } },
  { what: 'a photo with a caption above, covered', fields: { text: 'see', caption_above: true, spoiler: true }, files: [file(PIXEL, 'a.png')], method: 'sendPhoto', kind: 'photo', params: { caption: 'see', has_spoiler: true, show_caption_above_media: true }, message: { display: { spoiler: true, caption_above: true } } },
  { what: 'a photo as a file', fields: { kind: 'document' }, files: [file(PIXEL, 'a.png')], method: 'sendDocument', kind: 'document', params: { disable_content_type_detection: true }, message: { headline: 'a.png' } },
  { what: 'a document', fields: { text: 'the contract', buttons: BUTTONS }, files: [file(WORDS, 'contract.pdf')], method: 'sendDocument', kind: 'document', params: { caption: 'the contract', reply_markup: KEYBOARD }, message: { headline: 'contract.pdf' } },
  { what: 'a video with what the browser knows of it', fields: { file_facts: [{ duration_ms: 12_400, width: 640, height: 360 }] }, files: [file(VIDEO, 'v.mp4')], method: 'sendVideo', kind: 'video', params: { duration: 12, width: 640, height: 360 } },
  { what: 'an animation by its bytes', fields: {}, files: [file(GIF, 'a.gif')], method: 'sendAnimation', kind: 'animation' },
  { what: 'an animation by its kind', fields: { kind: 'animation' }, files: [file(VIDEO, 'a.mp4')], method: 'sendAnimation', kind: 'animation' },
  { what: 'a piece of music', fields: { text: 'listen' }, files: [file(MUSIC, 'song.mp3')], method: 'sendAudio', kind: 'audio', params: { caption: 'listen' }, message: { headline: 'song.mp3' } },
  { what: 'a voice message', fields: { kind: 'voice', file_facts: [{ duration_ms: 3000, waveform: [0, 15, 31] }] }, files: [file(VOICE, 'v.ogg')], method: 'sendVoice', kind: 'voice', params: { duration: 3 }, message: { voice: { waveform: [0, 15, 31] } } },
  { what: 'a round video', fields: { kind: 'video_note', file_facts: [{ duration_ms: 5000, width: 240, height: 240 }] }, files: [file(VIDEO, 'r.mp4')], method: 'sendVideoNote', kind: 'video_note', params: { length: 240, duration: 5 } },
  { what: 'a sticker', fields: { kind: 'sticker' }, files: [file(WEBP, 's.webp')], method: 'sendSticker', kind: 'sticker', message: { sticker: { format: 'static' } } },
  { what: 'a location', fields: { location: { latitude: 55.7558, longitude: 37.6173 } }, method: 'sendLocation', kind: 'location', params: { latitude: 55.7558, longitude: 37.6173 } },
  { what: 'a venue', fields: { location: { latitude: -33.5, longitude: 151.25, title: 'Office', address: 'Main street 1' } }, method: 'sendVenue', kind: 'venue', params: { title: 'Office', address: 'Main street 1' }, message: { headline: 'Office' } },
  { what: 'a contact', fields: { contact: { phone_number: '+7 (900) 123-45-67', first_name: 'Ann', last_name: 'Lee' }, buttons: BUTTONS }, method: 'sendContact', kind: 'contact', params: { phone_number: '+7 (900) 123-45-67', first_name: 'Ann', last_name: 'Lee', reply_markup: KEYBOARD } },
  { what: 'a poll', fields: { poll: { question: 'When?', options: ['today', 'later'], multiple: true } }, method: 'sendPoll', kind: 'poll', params: { question: 'When?', options: [{ text: 'today' }, { text: 'later' }], is_anonymous: false, allows_multiple_answers: true } },
  { what: 'a quiz', fields: { poll: { question: '2 + 2?', options: ['3', '4'], quiz: true, correct_option: 1, explanation: 'count', anonymous: true } }, method: 'sendPoll', kind: 'poll', params: { type: 'quiz', correct_option_ids: [1], explanation: 'count', is_anonymous: true } },
  { what: 'dice', fields: { dice: { emoji: '🎯' } }, method: 'sendDice', kind: 'dice', params: { emoji: '🎯' } },
];

const parsed = (value: unknown): unknown => {
  try {
    return typeof value === 'string' ? JSON.parse(value) : value;
  } catch {
    return value;
  }
};

for (const engine of engines) {
  for (const mode of ['polling', 'webhook'] as const) {
    describe(`answers of every kind, ${mode}, on ${engine}`, () => {
      let sim: Simulator;
      let server: Server;
      let api: Api;
      let who: Customer;
      let id: number;
      let customers = 0;
      before(async () => {
        sim = await Simulator.start({ tokens: [TOKEN], strict: true });
        server = await Server.start({ engine, telegram: sim.url, token: TOKEN, webhook: mode === 'webhook', env: { FAFF_RATE_LIMITS: 'off' } });
        api = await server.signIn();
        await until('the bot is ok', async () => (await api.bot()).state === 'ok');
      });
      // Each test has a customer of its own, since a chat gets one message a second.
      beforeEach(async () => {
        const name = `Ann ${++customers}`;
        who = await sim.customer({ first_name: name });
        await sim.text(who, 'hello there');
        id = (await until<Conversation>('the conversation', async () => (await api.everyConversation()).find((c) => c.customer.name === name))).id;
      });
      after(async () => {
        await server?.stop();
        await sim?.stop();
      });

      const answer = (fields: Record<string, unknown>, files: Piece[] = []): Promise<Message> => api.reply(id, files.length ? form(fields, files) : fields);
      const refused = (fields: Record<string, unknown>, files: Piece[] = []) => api.refusal('POST', `/api/conversations/${id}/messages`, files.length ? form(fields, files) : fields);
      const shown = (message: Message): Promise<Message> =>
        until(`message ${message.id} is sent`, async () => (await api.history(id)).find((m) => m.id === message.id && m.delivery === 'sent'));
      const calls = async (after: number): Promise<any[]> => (await sim.calls({ after })).filter((c: any) => /^(send|copy|edit|delete|set|pin|unpin)/.test(c.method) && c.method !== 'setWebhook');
      const last = async (): Promise<number> => Math.max(0, ...(await sim.calls({})).map((c: any) => c.seq));

      for (const { what, fields, files = [], method, kind, params = {}, message = {} } of cases) {
        test(what, async () => {
          const before = await last();
          const sent = await shown(await answer(fields, files));
          assert.equal(sent.kind, kind);
          for (const [name, wanted] of Object.entries(message)) {
            const got = (sent as any)[name];
            if (typeof wanted === 'object' && wanted && !Array.isArray(wanted)) assert.partialDeepStrictEqual(got, wanted, name);
            else assert.deepEqual(got, wanted, name);
          }
          const [call, ...more] = await calls(before);
          assert.equal(more.length, 0);
          assert.equal(call.method, method);
          assert.equal(call.ok, true, JSON.stringify(call));
          assert.deepEqual(call.problems ?? [], []);
          for (const [name, wanted] of Object.entries(params)) assert.deepEqual(parsed(call.params[name]), wanted, name);
          assert.deepEqual(sent.can, { edit: ['text', 'photo', 'document', 'video', 'animation', 'audio', 'voice'].includes(kind), delete: true });
        });
      }

      test('albums: photos and videos mixed, documents, audio; a mixture is several groups in order', async () => {
        const before = await last();
        const first = await answer({ text: 'all of it', client_id: `mix-${engine}-${mode}`, silent: true }, [file(PIXEL, '1.png'), file(VIDEO, '2.mp4'), file(WORDS, '3.pdf'), file(WORDS, '4.pdf'), file(MUSIC, '5.mp3'), file(MUSIC, '6.mp3'), file(GIF, '7.gif')]);
        assert.equal(first.text, 'all of it');
        const all = await until('all are sent', async () => {
          const list = (await api.history(id)).filter((m) => m.id >= first.id);
          return list.length === 7 && list.every((m) => m.delivery === 'sent') && list;
        });
        assert.deepEqual(all.map((m) => m.kind), ['photo', 'video', 'document', 'document', 'audio', 'audio', 'animation']);
        assert.deepEqual(all.map((m) => m.client_id?.replace(/^mix-[a-z-]+/, '')), ['', '#2', '#3', '#4', '#5', '#6', '#7']);
        const albums = all.map((m) => m.album);
        assert.equal(new Set(albums.slice(0, 6)).size, 3);
        assert.equal(albums[6], null);
        const made = await calls(before);
        assert.deepEqual(made.map((c) => c.method), ['sendMediaGroup', 'sendMediaGroup', 'sendMediaGroup', 'sendAnimation']);
        assert.deepEqual(made.slice(0, 3).map((c) => (parsed(c.params.media) as any[]).map((m) => m.type)), [['photo', 'video'], ['document', 'document'], ['audio', 'audio']]);
        assert.ok(made.every((c) => parsed(c.params.disable_notification) === true));
      });

      test('one photo of an album is covered, in both directions', async () => {
        const before = await last();
        const first = await answer({ file_facts: [{}, { spoiler: true }, { spoiler: false }] }, [file(PIXEL, '1.png'), file(VIDEO, '2.mp4'), file(PIXEL, '3.png')]);
        const covered = async (from: number, direction: string): Promise<boolean[]> =>
          until('three pieces', async () => {
            const list = (await api.history(id)).filter((m) => m.id >= from && m.direction === direction && m.kind !== 'text');
            return list.length === 3 && list.map((m) => m.display?.spoiler === true);
          });
        assert.deepEqual(await covered(first.id, 'out'), [false, true, false]);
        const [call] = await until('it is sent', async () => (await calls(before)).length > 0 && (await calls(before)));
        assert.deepEqual((parsed(call!.params.media) as { has_spoiler?: boolean }[]).map((m) => m.has_spoiler === true), [false, true, false]);
        await sim.album(who, { items: [{ type: 'photo' }, { type: 'photo', spoiler: true }, { type: 'photo' }] });
        assert.deepEqual(await covered(first.id, 'in'), [false, true, false]);
      });

      test('a dice shows the value that Telegram draws', async () => {
        const sent = await shown(await answer({ dice: { emoji: '🎲' } }));
        const theirs = (await sim.transcript(who.id)).messages.at(-1)!.message as { dice: { value: number } };
        assert.deepEqual(sent.dice, { emoji: '🎲', value: theirs.dice.value });
        assert.ok(theirs.dice.value > 0);
      });

      test('a piece of the quoted message goes with the reply', async () => {
        const [quoted] = await api.history(id);
        const before = await last();
        await shown(await answer({ text: 'yes', reply_to: quoted!.id, quote: { text: 'there', position: 6 } }));
        const [call] = await calls(before);
        assert.deepEqual(parsed(call.params.reply_parameters), { message_id: Number((await sim.transcript(who.id)).messages[0]!.message_id), allow_sending_without_reply: true, quote: 'there', quote_position: 6 });
      });

      test('a long text is several messages, a long caption goes on as text', async () => {
        const paragraph = `${'word '.repeat(300).trim()}\n\n`;
        const text = paragraph.repeat(6).trim();
        const before = await last();
        const first = await answer({ text, buttons: BUTTONS, entities: [{ type: 'bold', offset: text.length - 4, length: 4 }] });
        const captioned = await answer({ text: paragraph.repeat(2).trim() }, [file(PIXEL, 'a.png')]);
        await until('all are sent', async () => (await api.history(id)).filter((m) => m.id >= first.id).every((m) => m.delivery === 'sent'));
        const list = (await api.history(id)).filter((m) => m.id >= first.id);
        const texts = list.filter((m) => m.id < captioned.id);
        assert.equal(texts.length, 3);
        assert.ok(texts.every((m) => m.text.length <= 4096));
        assert.equal(texts.map((m) => m.text).join('\n\n'), text);
        assert.deepEqual(texts.map((m) => m.buttons), [undefined, undefined, BUTTONS]);
        assert.deepEqual(texts.at(-1)!.entities, [{ type: 'bold', offset: texts.at(-1)!.text.length - 4, length: 4 }]);
        const rest = list.filter((m) => m.id >= captioned.id);
        assert.equal(rest[0]!.kind, 'photo');
        assert.ok(rest[0]!.text.length <= 1024 && rest.length > 1 && rest.slice(1).every((m) => m.kind === 'text'));
        assert.ok((await calls(before)).every((c) => c.ok));
      });

      test('the longest text leaves whole, also of characters of four bytes; a longer one is refused', async () => {
        if (engine !== 'sqlite' || mode !== 'webhook') return; // ten messages at one a second
        const text = '😀'.repeat(40_960);
        const first = await answer({ text });
        const all = await until('all are sent', async () => {
          const list = (await api.history(id)).filter((m) => m.id >= first.id);
          return list.every((m) => m.delivery === 'sent') && list;
        });
        assert.equal(all.map((m) => m.text).join(''), text);
        assert.ok(all.every((m) => m.text.length <= 4096));
        assert.equal((await refused({ text: `${text}😀` })).field, 'text');
      });

      test('a sticker of a customer is sent again by its id, and other files of the desk too', async () => {
        await sim.act(who, 'sticker', { emoji: '👍' });
        const got = await until('the sticker', async () => (await api.history(id)).find((m) => m.kind === 'sticker' && m.direction === 'in' && (m.files[0] as any)?.state === 'ready'));
        const before = await last();
        const sent = await shown(await answer({ kind: 'sticker', file_ids: [got.files[0]!.id] }));
        assert.equal(sent.files.length, 1);
        const [call] = await calls(before);
        assert.equal(call.method, 'sendSticker');
        assert.equal(call.ok, true);
        assert.equal((await refused({ file_ids: [999_999] })).field, 'file_ids');
      });

      test('the votes in a poll are shown as they come; an older report, and one of an unknown poll, change nothing', async () => {
        const sent = await shown(await answer({ poll: { question: 'Tea or coffee?', options: ['tea', 'coffee'] } }));
        const line = (await sim.transcript(who.id)).messages.at(-1)!;
        const poll = async (): Promise<any> => (await api.history(id)).find((m) => m.id === sent.id)!.poll;
        const votes = async (): Promise<number[]> => (await poll()).options.map((o: any) => o.voters);
        await sim.act(who, 'vote', { message_id: line.message_id, options: [1] });
        await until('the vote is shown', async () => (await votes())[1] === 1);
        assert.partialDeepStrictEqual(await poll(), { question: 'Tea or coffee?', voters: 1, closed: false });
        await sim.act(who, 'vote', { message_id: line.message_id, options: [0] });
        await until('the other vote is shown', async () => (await votes())[0] === 1);
        const state = structuredClone((line.message as any).poll);
        const told = (change: object): Promise<number[]> => sim.inject([{ update_id: 0, poll: { ...state, ...change } }], { renumber: true });
        await told({ id: '123', total_voter_count: 7 });
        await told({ total_voter_count: 1, is_closed: true });
        await until('it is closed', async () => (await poll()).closed);
        await sim.inject([{ update_id: 5, poll: { ...state, total_voter_count: 9, is_closed: false } }]);
        await sim.text(who, 'after the polls');
        await until('all is read', async () => (await api.history(id)).some((m) => m.text === 'after the polls'));
        assert.partialDeepStrictEqual(await poll(), { voters: 1, closed: true });
        // A vote that comes before Telegram's answer to sendPoll is stored counts when that is.
        await sim.fault({ kind: 'late_response', method: 'sendPoll', ms: 60_000, count: 1 });
        const early = await answer({ poll: { question: 'Early?', options: ['yes', 'no'] } });
        const seen = await until('the poll', async () => (await sim.transcript(who.id)).messages.find((m) => (m.message as any).poll?.question === 'Early?'));
        await sim.act(who, 'vote', { message_id: seen.message_id, options: [0] });
        await until('it is kept', () => Number(server.query("SELECT count(*) FROM inbound_raw WHERE raw LIKE '%Early?%'")[0]) === 1);
        await sim.clearFaults();
        await until('it counts', async () => ((await api.history(id)).find((m) => m.id === early.id) as any).poll.options[0].voters === 1);
        assert.equal(server.query("SELECT count(*) FROM inbound_raw WHERE raw LIKE '%Early?%'")[0], '0');
      });

      test('a file is uploaded once a bot and then sent by its id; an id that Telegram refuses is forgotten', async () => {
        await sim.addBot({ token: SECOND, username: 'second_bot', first_name: 'Second' });
        await api.call('POST', '/api/bots', { token: SECOND });
        const bytes = file(Buffer.from('%PDF-1.4\nthe prices\n'), 'prices.pdf');
        const source = (await shown(await answer({}, [bytes]))).files[0]!.id;
        for (const bot of [TOKEN, SECOND]) for (let i = 0; i < 4; i++) await sim.text(await sim.customer({ first_name: 'Bob' }), 'prices?', { bot });
        const those = await until('the conversations', async () => {
          const list = (await api.everyConversation()).filter((c) => c.customer.name === 'Bob');
          return list.length === 8 && list;
        });
        const uploads = async (after: number, bot: string): Promise<boolean[]> =>
          (await sim.calls({ after, bot, method: 'sendDocument' })).map((c) => typeof c.params['document'] !== 'string');
        const before = await last();
        await sim.fault({ kind: 'delay', bot: SECOND, method: 'sendDocument', ms: 300, count: 1 }); // the others come during the upload
        await Promise.all(those.map(async ({ id }) => {
          const sent = await api.reply(id, { kind: 'document', file_ids: [source] });
          await until('it is sent', async () => (await api.history(id)).find((m) => m.id === sent.id && m.delivery === 'sent'));
        }));
        assert.deepEqual(await uploads(before, TOKEN), [false, false, false, false]);
        assert.deepEqual(await uploads(before, SECOND), [true, false, false, false]);

        const then = await last();
        await sim.fault({ kind: 'status', bot: TOKEN, method: 'sendDocument', code: 400, description: 'Bad Request: wrong file identifier/HTTP URL specified', count: 1 });
        await sim.fault({ kind: 'status', bot: TOKEN, method: 'sendDocument', code: 400, description: 'Bad Request: PHOTO_EXT_INVALID', count: 1 });
        const failed = await answer({ kind: 'document', file_ids: [source] });
        await until('it has failed', async () => (await api.history(id)).find((m) => m.id === failed.id)?.delivery === 'failed');
        await shown(await answer({ kind: 'document', file_ids: [source] }));
        await shown(await answer({ kind: 'document', file_ids: [source] }));
        assert.deepEqual(await uploads(then, TOKEN), [false, true, true, false]);

        // A photo of the customer cannot leave as a document by its id.
        await sim.photo(who, { seed: 5 });
        const got = await until('the photo', async () => (await api.history(id)).find((m) => m.kind === 'photo' && m.direction === 'in' && (m.files[0] as any)?.state === 'ready'));
        const second = await last();
        for (let i = 0; i < 2; i++) await shown(await answer({ kind: 'document', file_ids: [got.files[0]!.id] }));
        assert.deepEqual(await uploads(second, TOKEN), [false, true, false]);
        await api.call('DELETE', `/api/bots/${SECOND.split(':')[0]}`);
      });

      test('bad input is refused in words and sends nothing', async () => {
        const before = await last();
        const count = (await api.history(id)).length;
        const list: [string, Record<string, unknown>, Piece[], string, string | RegExp][] = [
          ['101 buttons', { text: 'x', buttons: Array.from({ length: 13 }, () => Array.from({ length: 8 }, () => ({ text: 'b', copy: 'c' }))) }, [], 'invalid_field', 'buttons'],
          ['a callback of 65 bytes', { text: 'x', buttons: [[{ text: 'b', callback: 'я'.repeat(32) + 'x' }]] }, [], 'invalid_field', 'buttons'],
          ['a button of two actions', { text: 'x', buttons: [[{ text: 'b', callback: 'a', url: 'https://x.example' }]] }, [], 'invalid_field', 'buttons'],
          ['a button that runs a script', { text: 'x', buttons: [[{ text: 'b', url: 'javascript:alert(1)' }]] }, [], 'invalid_field', 'buttons'],
          ['a button that writes a mail', { text: 'x', buttons: [[{ text: 'b', url: 'MailTo:a@x.example' }]] }, [], 'invalid_field', 'buttons'],
          ['a button that dials', { text: 'x', buttons: [[{ text: 'b', url: 'TEL:+7900' }]] }, [], 'invalid_field', 'buttons'],
          ['buttons that are no rows', { text: 'x', buttons: [{ text: 'b', copy: 'c' }] }, [], 'invalid_field', 'buttons'],
          ['an unknown field of a button', { text: 'x', buttons: [[{ text: 'b', copy: 'c', pay: true }]] }, [], 'invalid_field', 'buttons'],
          ['buttons under an album', { buttons: BUTTONS }, [file(PIXEL, 'a.png'), file(PIXEL, 'b.png')], 'invalid_field', 'buttons'],
          ['an empty file', {}, [file(Buffer.alloc(0), 'empty.txt')], 'invalid_field', 'files'],
          ['a document as a voice message', { kind: 'voice' }, [file(WORDS, 'v.ogg')], 'invalid_field', 'files'],
          ['a document as a photo', { kind: 'photo' }, [file(WORDS, 'a.png')], 'invalid_field', 'files'],
          ['a video that is not square as a round one', { kind: 'video_note', file_facts: [{ width: 640, height: 360 }] }, [file(VIDEO, 'a.mp4')], 'invalid_field', 'files'],
          ['a kind without a file', { kind: 'poll', text: 'x' }, [file(WORDS, 'a')], 'invalid_field', 'kind'],
          ['a kind without its content', { kind: 'location' }, [], 'invalid_field', 'kind'],
          ['two contents', { dice: { emoji: '🎲' }, location: { latitude: 1, longitude: 1 } }, [], 'invalid_field', 'kind'],
          ['a place outside of the earth', { location: { latitude: 91, longitude: 0 } }, [], 'invalid_field', 'location.latitude'],
          ['a venue without an address', { location: { latitude: 1, longitude: 0, title: 'x' } }, [], 'missing_field', 'location.address'],
          ['a poll with one option', { poll: { question: 'x', options: ['a'] } }, [], 'invalid_field', /^poll/],
          ['a poll with an option twice', { poll: { question: 'x', options: ['a', 'a '] } }, [], 'invalid_field', 'poll.options'],
          ['a quiz without the right option', { poll: { question: 'x', options: ['a', 'b'], quiz: true } }, [], 'missing_field', 'poll.correct_option'],
          ['a poll with a right option', { poll: { question: 'x', options: ['a', 'b'], correct_option: 0 } }, [], 'invalid_field', 'poll.correct_option'],
          ['other dice', { dice: { emoji: '😀' } }, [], 'invalid_field', 'dice.emoji'],
          ['a contact without a number', { contact: { phone_number: 'ask', first_name: 'x' } }, [], 'invalid_field', 'contact.phone_number'],
          ['a quote of nothing', { text: 'x', quote: { text: 'x' } }, [], 'missing_field', 'reply_to'],
          ['text beside a poll', { text: 'x', poll: { question: 'x', options: ['a', 'b'] } }, [], 'invalid_field', 'text'],
          ['an unknown field', { text: 'x', colour: 'red' }, [], 'invalid_field', 'colour'],
          ['an unknown field in a form', { text: 'x', colour: 'red' }, [file(PIXEL, 'a.png')], 'invalid_field', 'colour'],
          ['broken JSON in a form', { text: 'x', buttons: '[[' }, [file(PIXEL, 'a.png')], 'invalid_field', 'buttons'],
        ];
        for (const [what, fields, files, code, field] of list) {
          const failure = await refused(fields, files);
          assert.equal(failure.code, code, `${what}: ${failure.message}`);
          if (what === 'an empty file') assert.match(failure.message, /"message":"The file is empty\."/);
          if (typeof field === 'string') assert.equal(failure.field, field, what);
          else assert.match(failure.field ?? '', field, what);
        }
        const large = await refused({}, [file(Buffer.alloc(51 << 20), 'large.bin')]);
        assert.equal(large.code, 'too_large');
        assert.match(large.message, /"message":"A file may have at most 50 MB here\."/);
        assert.equal((await api.history(id)).length, count);
        assert.deepEqual(await calls(before), []);
      });
    });
  }
}

// The Bot API side: transport forms, tokens, errors, messages, files, albums, edits, deletions, groups, topics.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import type { Customer } from './client.ts';
import { Simulator } from './client.ts';
import type { Dict } from './errors.ts';
import { samplePicture } from './samples.ts';

const TOKEN = '123456:TEST';
const OTHER = '222222:OTHER';
let sim: Simulator;
let ann: Customer;

before(async () => {
  sim = await Simulator.start({ tokens: [TOKEN, OTHER] });
});
after(() => sim.stop());
beforeEach(async () => {
  await sim.reset();
  await sim.settings({ strict: false, local_server: false });
  ann = await sim.customer({ first_name: 'Ann', username: 'ann_t', language_code: 'en' });
  await sim.start(ann);
});

const call = (method: string, params: Dict = {}, token = TOKEN): Promise<Dict> => sim.call(token, method, params);
const good = async (method: string, params: Dict = {}): Promise<any> => {
  const answer = await call(method, params);
  assert.ok(answer['ok'], JSON.stringify(answer));
  return answer['result'];
};
const refused = async (method: string, params: Dict, code: number, description: string): Promise<Dict> => {
  const answer = await call(method, params);
  assert.deepEqual([answer['error_code'], answer['description']], [code, description]);
  return answer;
};
const updates = async (token = TOKEN): Promise<any[]> => (await call('getUpdates', { limit: 100 }, token))['result'];

// --- transport -------------------------------------------------------------------------------------------------------

const form = (fields: Dict): FormData => {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
};
const FORMS: [sentence: string, request: (id: number) => [path: string, init: RequestInit]][] = [
  ['GET with a query', (id) => [`sendMessage?chat_id=${id}&text=${encodeURIComponent('a+b & 👋')}`, {}]],
  ['POST urlencoded', (id) => ['sendMessage', { method: 'POST', body: new URLSearchParams({ chat_id: String(id), text: 'a+b & 👋' }) }]],
  ['POST JSON', (id) => ['sendMessage', { method: 'POST', body: JSON.stringify({ chat_id: id, text: 'a+b & 👋' }), headers: { 'Content-Type': 'application/json' } }]],
  ['POST JSON with numbers as text', (id) => ['sendMessage', { method: 'POST', body: JSON.stringify({ chat_id: String(id), text: 'a+b & 👋' }), headers: { 'Content-Type': 'application/json; charset=utf-8' } }]],
  ['POST multipart', (id) => ['sendMessage', { method: 'POST', body: form({ chat_id: String(id), text: 'a+b & 👋' }) }]],
  ['a method name in any case', (id) => [`SENDmessage?chat_id=${id}&text=${encodeURIComponent('a+b & 👋')}`, { method: 'POST' }]],
];
for (const [sentence, request] of FORMS) {
  test(`transport: ${sentence}`, async () => {
    const [path, init] = request(ann.id);
    const answer = (await (await fetch(`${sim.url}/bot${TOKEN}/${path}`, init)).json()) as Dict;
    assert.equal(answer['result']?.text, 'a+b & 👋', JSON.stringify(answer));
  });
}

const PATHS: [sentence: string, path: string, code: number, description: string][] = [
  ['an unknown token', '/bot999999:NO/getMe', 401, 'Unauthorized'],
  ['a token without a colon', '/botabc/getMe', 401, 'Unauthorized: invalid token specified'],
  ['an unknown method', `/bot${TOKEN}/doMagic`, 404, 'Not Found: method not found'],
  ['a documented method the simulator lacks', `/bot${TOKEN}/sendGift`, 404, 'Not Found: method not found'],
  ['a path that is not the API', '/nothing', 404, 'Not Found'],
  ['a file that was never linked', `/file/bot${TOKEN}/photos/none.jpg`, 404, 'Not Found'],
];
for (const [sentence, path, code, description] of PATHS) {
  test(`transport: ${sentence}`, async () => {
    const response = await fetch(sim.url + path);
    const answer = (await response.json()) as Dict;
    assert.deepEqual([response.status, answer['error_code'], answer['description']], [code, code, description]);
  });
}

test('transport: one connection carries many calls', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  for (let i = 0; i < 5; i++) {
    await new Promise<void>((resolve, reject) => {
      http.get(`${sim.url}/bot${TOKEN}/getMe`, { agent }, (response) => {
        ports.add(response.socket.localPort);
        response.resume().on('end', resolve);
      }).on('error', reject);
    });
  }
  agent.destroy();
  assert.equal(ports.size, 1);
});

test('transport: parameters over 1 MiB are too large', async () => {
  const response = await fetch(`${sim.url}/bot${TOKEN}/sendMessage`, { method: 'POST', body: JSON.stringify({ text: 'x'.repeat(1 << 20) }), headers: { 'Content-Type': 'application/json' } });
  assert.equal(response.status, 413);
});

// --- messages --------------------------------------------------------------------------------------------------------

test('a customer message comes as an update with an id above 32 bits', async () => {
  await sim.text(ann, 'Hello *there*', { parse_mode: 'MarkdownV2' });
  const [start, hello] = await updates();
  assert.equal(start.message.text, '/start');
  assert.deepEqual(hello.message.entities, [{ type: 'bold', offset: 6, length: 5 }]);
  assert.ok(hello.message.from.id > 2 ** 32);
  assert.equal(hello.update_id, start.update_id + 1);
});

const SEND_ERRORS: [sentence: string, method: string, params: Dict, description: string][] = [
  ['no chat', 'sendMessage', { text: 'x' }, 'Bad Request: chat_id is empty'],
  ['an unknown chat', 'sendMessage', { chat_id: 5, text: 'x' }, 'Bad Request: chat not found'],
  ['a person by name', 'sendMessage', { chat_id: '@ann_t', text: 'x' }, 'Bad Request: chat not found'],
  ['no text', 'sendMessage', { chat_id: 'ANN' }, 'Bad Request: message text is empty'],
  ['only spaces', 'sendMessage', { chat_id: 'ANN', text: ' \n ' }, 'Bad Request: text must be non-empty'],
  ['4097 code points', 'sendMessage', { chat_id: 'ANN', text: '👋'.repeat(4097) }, 'Bad Request: message is too long'],
  ['no photo', 'sendPhoto', { chat_id: 'ANN' }, 'Bad Request: there is no photo in the request'],
  ['no video note', 'sendVideoNote', { chat_id: 'ANN' }, 'Bad Request: there is no video note in the request'],
  ['a bad file id', 'sendPhoto', { chat_id: 'ANN', photo: 'nonsense' }, 'Bad Request: wrong file identifier/HTTP URL specified'],
  ['an unreachable URL', 'sendPhoto', { chat_id: 'ANN', photo: 'http://127.0.0.1:9/x.png' }, 'Bad Request: failed to get HTTP URL content'],
  ['an unknown reply', 'sendMessage', { chat_id: 'ANN', text: 'x', reply_parameters: { message_id: 999 } }, 'Bad Request: message to be replied not found'],
  ['a topic where there are none', 'sendMessage', { chat_id: 'ANN', text: 'x', message_thread_id: 77 }, 'Bad Request: message thread not found'],
  ['a keyboard that is no JSON', 'sendMessage', { chat_id: 'ANN', text: 'x', reply_markup: '{' }, "Bad Request: can't parse reply keyboard markup JSON object"],
  ['a keyboard that is no object', 'sendMessage', { chat_id: 'ANN', text: 'x', reply_markup: '[]' }, 'Bad Request: object expected as reply markup'],
  ['a button without an action', 'sendMessage', { chat_id: 'ANN', text: 'x', reply_markup: { inline_keyboard: [[{ text: 'b' }]] } }, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"],
  ['65 bytes of callback data', 'sendMessage', { chat_id: 'ANN', text: 'x', reply_markup: { inline_keyboard: [[{ text: 'b', callback_data: 'x'.repeat(65) }]] } }, 'Bad Request: BUTTON_DATA_INVALID'],
  ['an unknown action', 'sendChatAction', { chat_id: 'ANN', action: 'dancing' }, 'Bad Request: wrong parameter action in request'],
  ['no message id', 'deleteMessage', { chat_id: 'ANN' }, 'Bad Request: message identifier is not specified'],
  ['deleting nothing', 'deleteMessage', { chat_id: 'ANN', message_id: 999 }, 'Bad Request: message to delete not found'],
  ['editing nothing', 'editMessageText', { chat_id: 'ANN', message_id: 999, text: 'x' }, 'Bad Request: message to edit not found'],
  ["editing the customer's message", 'editMessageText', { chat_id: 'ANN', message_id: 1, text: 'x' }, "Bad Request: message can't be edited"],
  ['forwarding nothing', 'forwardMessage', { chat_id: 'ANN', from_chat_id: 'ANN', message_id: 999 }, 'Bad Request: message to forward not found'],
  ['copying nothing', 'copyMessage', { chat_id: 'ANN', from_chat_id: 'ANN', message_id: 999 }, 'Bad Request: message to copy not found'],
  ['reacting to nothing', 'setMessageReaction', { chat_id: 'ANN', message_id: 999, reaction: [] }, 'Bad Request: message to react not found'],
  ['getFile without an id', 'getFile', {}, 'Bad Request: file_id not specified'],
  ['getFile with a bad id', 'getFile', { file_id: 'x' }, 'Bad Request: wrong file_id or the file is temporarily unavailable'],
  ['an unknown callback query', 'answerCallbackQuery', { callback_query_id: '1' }, 'Bad Request: query is too old and response timeout expired or query ID is invalid'],
  ['an album that is no JSON', 'sendMediaGroup', { chat_id: 'ANN', media: '{' }, "Bad Request: can't parse media JSON object"],
  ['an album that is no array', 'sendMediaGroup', { chat_id: 'ANN', media: '{}' }, 'Bad Request: expected an Array of InputMedia'],
  ['an empty album', 'sendMediaGroup', { chat_id: 'ANN', media: [] }, 'Bad Request: there are no messages to send'],
  ['eleven items', 'sendMediaGroup', { chat_id: 'ANN', media: Array(11).fill({ type: 'photo', media: 'x' }) }, 'Bad Request: too many messages to send as an album'],
  ['an animation in an album', 'sendMediaGroup', { chat_id: 'ANN', media: [{ type: 'animation', media: 'x' }] }, 'Bad Request: can\'t parse InputMedia: type "animation" can\'t be used in sendMediaGroup'],
  ['an attachment that is not there', 'sendMediaGroup', { chat_id: 'ANN', media: [{ type: 'photo', media: 'attach://a' }] }, "Bad Request: can't parse InputMedia: media not found"],
  ['a secret with a space', 'setWebhook', { url: 'https://example.com', secret_token: 'a b' }, 'Bad Request: secret token contains unallowed characters'],
  ['http beyond loopback', 'setWebhook', { url: 'http://example.com/' }, 'Bad Request: bad webhook: An HTTPS URL must be provided for webhook'],
  ['another port', 'setWebhook', { url: 'https://example.com:444/' }, 'Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443'],
];
for (const [sentence, method, params, description] of SEND_ERRORS) {
  test(`refused: ${sentence}`, async () => {
    const own = Object.fromEntries(Object.entries(params).map(([key, value]) => [key, value === 'ANN' ? ann.id : value]));
    await refused(method, own, 400, description);
  });
}

test('a person the bot never met but in a group cannot be written to first', async () => {
  const bob = await sim.customer({ first_name: 'Bob' });
  await sim.group({ members: [ann.id, bob.id] });
  await refused('sendMessage', { chat_id: bob.id, text: 'x' }, 403, "Forbidden: bot can't initiate conversation with a user");
});

test('blocking refuses sends and tells the bot; unblocking undoes both', async () => {
  await sim.block(ann);
  await refused('sendMessage', { chat_id: ann.id, text: 'x' }, 403, 'Forbidden: bot was blocked by the user');
  await sim.unblock(ann);
  await good('sendMessage', { chat_id: ann.id, text: 'x' });
  const seen = (await updates()).filter((u) => u.my_chat_member).map((u) => u.my_chat_member.new_chat_member.status);
  assert.deepEqual(seen, ['kicked', 'member']);
});

test('a deleted account refuses sends', async () => {
  await sim.deactivate(ann);
  await refused('sendMessage', { chat_id: ann.id, text: 'x' }, 403, 'Forbidden: user is deactivated');
});

test('a reply carries the message without its own reply, and a quote its place', async () => {
  const first = await sim.text(ann, 'one two three');
  const second = await good('sendMessage', { chat_id: ann.id, text: 'what?', reply_parameters: { message_id: first['message_id'], quote: 'two' } });
  assert.deepEqual(second.quote, { text: 'two', position: 4, is_manual: true });
  const third = await sim.text(ann, 'this', { reply_to: second.message_id });
  assert.equal(third['reply_to_message'].text, 'what?');
  assert.ok(!('reply_to_message' in third['reply_to_message']));
});

test('a forward says where it is from, in old and new fields', async () => {
  const message = await sim.forward(ann, { origin: 'channel', name: 'Daily', text: 'news' });
  assert.equal(message['forward_origin'].type, 'channel');
  const sent = await good('forwardMessage', { chat_id: ann.id, from_chat_id: ann.id, message_id: 1 });
  assert.equal(sent.forward_origin.sender_user.id, ann.id);
  assert.equal(sent.forward_from.id, ann.id);
});

test('copies in a batch skip what is not there', async () => {
  const a = await sim.text(ann, 'a');
  const copied = await good('copyMessages', { chat_id: ann.id, from_chat_id: ann.id, message_ids: [a['message_id'], 998, 999] });
  assert.equal(copied.length, 1);
});

// --- edits and deletions ---------------------------------------------------------------------------------------------

test('an edit with the same content is refused, and one without the keyboard removes it', async () => {
  const keyboard = { inline_keyboard: [[{ text: 'Yes', callback_data: 'y' }]] };
  const { message_id } = await good('sendMessage', { chat_id: ann.id, text: 'Sure?', reply_markup: keyboard });
  const same = { chat_id: ann.id, message_id, text: 'Sure?' };
  await refused('editMessageText', { ...same, reply_markup: keyboard }, 400,
    'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message');
  const edited = await good('editMessageText', same);
  assert.ok(!('reply_markup' in edited) && edited.edit_date);
});

test('text and caption edits need text and caption', async () => {
  const text = await good('sendMessage', { chat_id: ann.id, text: 'x' });
  await refused('editMessageCaption', { chat_id: ann.id, message_id: text.message_id, caption: 'c' }, 400, 'Bad Request: there is no caption in the message to edit');
  const photo = await upload('sendPhoto', 'photo', samplePicture(1, 200, 100));
  await refused('editMessageText', { chat_id: ann.id, message_id: photo.message_id, text: 'c' }, 400, 'Bad Request: there is no text in the message to edit');
  assert.equal((await good('editMessageCaption', { chat_id: ann.id, message_id: photo.message_id, caption: 'c' })).caption, 'c');
});

test('a message with a custom keyboard cannot be edited', async () => {
  const { message_id } = await good('sendMessage', { chat_id: ann.id, text: 'x', reply_markup: { keyboard: [['Menu']] } });
  await refused('editMessageText', { chat_id: ann.id, message_id, text: 'y' }, 400, "Bad Request: message can't be edited");
});

test("a customer's edit comes with edit_date, even when nothing changed", async () => {
  const { message_id } = await sim.text(ann, 'x');
  await sim.edit(ann, message_id, {});
  const update = (await updates()).at(-1);
  assert.equal(update.edited_message.text, 'x');
  assert.ok(update.edited_message.edit_date);
});

test('after 48 hours a message cannot be deleted', async () => {
  const { message_id } = await good('sendMessage', { chat_id: ann.id, text: 'x' });
  await sim.advanceClock(48 * 3600 + 1);
  await refused('deleteMessage', { chat_id: ann.id, message_id }, 400, "Bad Request: message can't be deleted");
  const late = await good('sendMessage', { chat_id: ann.id, text: 'y' });
  assert.equal(await good('deleteMessage', { chat_id: ann.id, message_id: late.message_id }), true);
  assert.deepEqual((await sim.transcript(ann.id)).messages.map((m) => m.text), ['/start', 'x']);
});

// --- buttons ---------------------------------------------------------------------------------------------------------

test('a pressed button comes as a callback query that expires', async () => {
  const { message_id } = await good('sendMessage', { chat_id: ann.id, text: '?', reply_markup: { inline_keyboard: [[{ text: 'Yes', callback_data: 'y:1' }]] } });
  const { callback_query_id } = await sim.press(ann, message_id, { text: 'Yes' });
  const query = (await updates()).at(-1).callback_query;
  assert.deepEqual([query.id, query.data, query.message.message_id], [callback_query_id, 'y:1', message_id]);
  assert.equal(await good('answerCallbackQuery', { callback_query_id, text: 'ok' }), true);
  await sim.advanceClock(120);
  await refused('answerCallbackQuery', { callback_query_id }, 400, 'Bad Request: query is too old and response timeout expired or query ID is invalid');
});

test('a button of a deleted message comes with an inaccessible message', async () => {
  const { message_id } = await good('sendMessage', { chat_id: ann.id, text: '?', reply_markup: { inline_keyboard: [[{ text: 'Yes', callback_data: 'y' }]] } });
  await good('deleteMessage', { chat_id: ann.id, message_id });
  await sim.press(ann, message_id, { data: 'y' });
  assert.equal((await updates()).at(-1).callback_query.message.date, 0);
});

// --- files -----------------------------------------------------------------------------------------------------------

async function upload(method: string, field: string, bytes: Buffer, more: Dict = {}, name = 'a.png'): Promise<any> {
  const body = form({ chat_id: String(ann.id), ...more });
  body.set(field, new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }), name);
  const answer = (await (await fetch(`${sim.url}/bot${TOKEN}/${method}`, { method: 'POST', body })).json()) as Dict;
  return answer['ok'] ? answer['result'] : answer;
}
const fetchFile = async (path: string, token = TOKEN): Promise<Response> => fetch(`${sim.url}/file/bot${token}/${path}`);

test('a photo comes in several sizes of real bytes', async () => {
  const photo = await sim.photo(ann, { width: 1000, height: 500 });
  const sizes = (await updates()).at(-1).message.photo;
  assert.deepEqual(sizes.map((s: Dict) => [s['width'], s['height']]), [[90, 45], [320, 160], [800, 400], [1000, 500]]);
  for (const size of sizes) {
    const { file_path } = await good('getFile', { file_id: size.file_id });
    const bytes = Buffer.from(await (await fetchFile(file_path)).arrayBuffer());
    assert.equal(bytes.length, size.file_size);
    assert.equal(bytes.readUInt32BE(16), size.width);
  }
  assert.ok(photo);
});

test('a link expires after an hour and can be opened again', async () => {
  await sim.media(ann, 'document', { file_name: 'a.txt', data_base64: Buffer.from('hello').toString('base64') });
  const { document } = (await updates()).at(-1).message;
  const { file_path } = await good('getFile', { file_id: document.file_id });
  assert.equal(await (await fetchFile(file_path)).text(), 'hello');
  await sim.advanceClock(3601);
  assert.equal((await fetchFile(file_path)).status, 404);
  await good('getFile', { file_id: document.file_id });
  assert.equal((await fetchFile(file_path)).status, 200);
});

test('a file id serves only its own bot, the unique id is the same for both', async () => {
  const group = await sim.group({ members: [ann.id], bots: [TOKEN, OTHER] } as never);
  await sim.media(ann, 'document', { chat: group['id'] });
  const [mine, theirs] = [(await updates()).at(-1).message.document, (await updates(OTHER)).at(-1).message.document];
  assert.equal(mine.file_unique_id, theirs.file_unique_id);
  assert.notEqual(mine.file_id, theirs.file_id);
  assert.equal((await call('getFile', { file_id: mine.file_id }, OTHER))['ok'], false);
});

test('a stored file is sent again by its id, and not as another kind', async () => {
  const sent = await upload('sendDocument', 'document', Buffer.from('hello'), {}, 'a.txt');
  const again = await good('sendDocument', { chat_id: ann.id, document: sent.document.file_id });
  assert.equal(again.document.file_unique_id, sent.document.file_unique_id);
  await refused('sendPhoto', { chat_id: ann.id, photo: sent.document.file_id }, 400, "Bad Request: can't use file of type Document as Photo");
});

test('a file name beyond ASCII survives', async () => {
  assert.equal((await upload('sendDocument', 'document', Buffer.from('x'), {}, 'счёт №1.txt')).document.file_name, 'счёт №1.txt');
});

test('over 20 MB getFile refuses, unless the server is a local one', async () => {
  await sim.media(ann, 'document', { size: (20 << 20) + 1 });
  const { document } = (await updates()).at(-1).message;
  await refused('getFile', { file_id: document.file_id }, 400, 'Bad Request: file is too big');
  await sim.settings({ local_server: true });
  assert.match((await good('getFile', { file_id: document.file_id })).file_path, /^\//);
});

test('photos have limits of size and shape', async () => {
  assert.match((await upload('sendPhoto', 'photo', Buffer.alloc((10 << 20) + 1))).description, /too big for a photo/);
  assert.equal((await upload('sendPhoto', 'photo', samplePicture(1, 210, 10))).description, 'Bad Request: PHOTO_INVALID_DIMENSIONS');
  assert.equal((await upload('sendPhoto', 'photo', Buffer.from('no picture'))).description, 'Bad Request: IMAGE_PROCESS_FAILED');
});

// --- albums ----------------------------------------------------------------------------------------------------------

test('an album of a customer is separate updates that share an id, spaced as asked', async () => {
  const started = Date.now();
  const { media_group_id } = await sim.album(ann, { count: 3, caption: 'all', spacing_ms: 60 });
  assert.ok(Date.now() - started >= 110);
  const parts = (await updates()).slice(1).map((u) => u.message);
  assert.deepEqual(parts.map((m) => m.media_group_id), Array(3).fill(media_group_id));
  assert.deepEqual(parts.map((m) => m.caption), ['all', undefined, undefined]);
});

test('an album of the bot takes attachments, and does not mix documents with photos', async () => {
  const body = form({ chat_id: String(ann.id), media: JSON.stringify([{ type: 'photo', media: 'attach://a', caption: '*c*', parse_mode: 'MarkdownV2' }, { type: 'photo', media: 'attach://b' }]) });
  for (const name of ['a', 'b']) body.set(name, new Blob([samplePicture(name.charCodeAt(0), 120, 80) as Uint8Array<ArrayBuffer>]), `${name}.png`);
  const answer = (await (await fetch(`${sim.url}/bot${TOKEN}/sendMediaGroup`, { method: 'POST', body })).json()) as Dict;
  assert.equal(answer['result'].length, 2);
  assert.equal(answer['result'][0].caption, 'c');
  assert.ok(answer['result'][0].media_group_id === answer['result'][1].media_group_id);
  const document = (await upload('sendDocument', 'document', Buffer.from('x'))).document.file_id;
  const photo = answer['result'][0].photo.at(-1).file_id;
  await refused('sendMediaGroup', { chat_id: ann.id, media: [{ type: 'photo', media: photo }, { type: 'document', media: document }] }, 400, "Bad Request: document can't be mixed with other media types");
});

// --- groups, topics, business ------------------------------------------------------------------------------------------

test('a migrated group tells its new id in the error and in both chats', async () => {
  const group = await sim.group({ type: 'group', members: [ann.id] });
  const { chat } = await sim.groupAct(group['id'], 'migrate');
  const answer = await refused('sendMessage', { chat_id: group['id'], text: 'x' }, 400, 'Bad Request: group chat was upgraded to a supergroup chat');
  assert.equal(answer['parameters'].migrate_to_chat_id, chat.id);
  assert.match(String(chat.id), /^-100/);
  const seen = (await updates()).map((u) => u.message).filter(Boolean);
  assert.ok(seen.some((m) => m.migrate_to_chat_id === chat.id) && seen.some((m) => m.migrate_from_chat_id === group['id']));
});

test('a bot put out of a group cannot write there', async () => {
  const group = await sim.group({ members: [ann.id] });
  await sim.groupAct(group['id'], 'bot', { status: 'kicked' });
  await refused('sendMessage', { chat_id: group['id'], text: 'x' }, 403, 'Forbidden: bot was kicked from the supergroup chat');
});

test('topics: create, write, close, delete; General cannot be named', async () => {
  const group = await sim.group({ is_forum: true, members: [ann.id] });
  const topic = await good('createForumTopic', { chat_id: group['id'], name: 'Orders' });
  const sent = await good('sendMessage', { chat_id: group['id'], message_thread_id: topic.message_thread_id, text: 'x' });
  assert.ok(sent.is_topic_message);
  const said = await sim.text(ann, 'y', { chat: group['id'], thread: topic.message_thread_id });
  assert.equal(said['message_thread_id'], topic.message_thread_id);
  await refused('sendMessage', { chat_id: group['id'], message_thread_id: 1, text: 'x' }, 400, 'Bad Request: message thread not found');
  await good('closeForumTopic', { chat_id: group['id'], message_thread_id: topic.message_thread_id });
  await refused('closeForumTopic', { chat_id: group['id'], message_thread_id: topic.message_thread_id }, 400, 'Bad Request: TOPIC_NOT_MODIFIED');
  await good('deleteForumTopic', { chat_id: group['id'], message_thread_id: topic.message_thread_id });
  await refused('sendMessage', { chat_id: group['id'], message_thread_id: topic.message_thread_id, text: 'x' }, 400, 'Bad Request: message thread not found');
});

test('business messages come as their own kind and can be marked read', async () => {
  const owner = await sim.customer({ first_name: 'Shop' });
  const connection = await sim.business({ owner: owner.id });
  const message = await sim.text(ann, 'to the shop', { business_connection: connection['id'] });
  const update = (await updates()).at(-1);
  assert.equal(update.business_message.business_connection_id, connection['id']);
  assert.equal(await good('readBusinessMessage', { business_connection_id: connection['id'], chat_id: ann.id, message_id: message['message_id'] }), true);
});

// --- strict ------------------------------------------------------------------------------------------------------------

test('strict mode fails on an unknown parameter, the usual mode only logs it', async () => {
  await good('sendMessage', { chat_id: ann.id, text: 'x', foo: 1 });
  assert.deepEqual((await sim.calls({ method: 'sendMessage' }))[0]!.problems, ['unknown parameter foo']);
  await sim.settings({ strict: true });
  await refused('sendMessage', { chat_id: ann.id, text: 'x', foo: 1 }, 400, 'Bad Request: strict: unknown parameter foo');
});

test('strict mode finds nothing wrong with what the simulator itself emits', async () => {
  await sim.settings({ strict: true });
  for (const verb of ['photo', 'video', 'animation', 'audio', 'document', 'voice', 'video_note', 'sticker', 'location', 'venue', 'contact', 'dice', 'poll', 'forward', 'block', 'unblock']) await sim.act(ann, verb);
  await sim.album(ann);
  const group = await sim.group({ type: 'group', members: [ann.id] });
  await sim.groupAct(group['id'], 'migrate');
  for (const method of ['sendLocation', 'sendVenue', 'sendContact', 'sendDice', 'sendPoll']) {
    await good(method, {
      chat_id: ann.id,
      ...(method === 'sendLocation' || method === 'sendVenue' ? { latitude: 1, longitude: 2 } : {}),
      ...(method === 'sendVenue' ? { title: 't', address: 'a' } : {}),
      ...(method === 'sendContact' ? { phone_number: '+1', first_name: 'f' } : {}),
      ...(method === 'sendPoll' ? { question: 'q', options: [{ text: 'a' }, { text: 'b' }] } : {}),
    });
  }
  for (const method of ['getMe', 'getWebhookInfo', 'getMyCommands']) await good(method);
  await good('getChat', { chat_id: ann.id });
  await good('getChatMember', { chat_id: ann.id, user_id: ann.id });
  await good('getUserProfilePhotos', { user_id: ann.id });
  assert.deepEqual(await sim.violations(), []);
});

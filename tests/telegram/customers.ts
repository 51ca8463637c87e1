// The actions of a customer in Telegram: each verb makes the message or update that a bot would receive.
import type { Bot } from './bots.ts';
import type { Dict } from './errors.ts';
import type { FileFacts, FileKind } from './files.ts';
import { contentOf, forwardedContent } from './methods/copy.ts';
import { EXAMPLES, example } from './kinds.ts';
import { newGroupId } from './methods/album.ts';
import { setBotStatus } from './methods/chats.ts';
import { pollOptions } from './methods/send.ts';
import { FilePart } from './params.ts';
import type { Room, Stored } from './rooms.ts';
import { sample, samplePicture } from './samples.ts';
import type { FormattedText } from './text.ts';
import { parseMarkup, readEntities, tidy } from './text.ts';
import type { Person } from './world.ts';
import { World } from './world.ts';

/** A wrong use of the control API; the response is a 400 with this sentence. */
export class Misuse extends Error {}

export interface Act {
  world: World;
  person: Person;
  bot: Bot;
  room: Room;
  body: Dict;
}

export function prepare(world: World, person: Person, body: Dict): Act {
  const bot = world.findBot(body['bot']);
  if (!bot) throw new Misuse('no such bot');
  let room: Room | undefined;
  if (body['chat'] !== undefined && Number(body['chat']) !== person.id) {
    room = world.groupRoom(Number(body['chat']));
    if (!room) throw new Misuse('no such group');
    room.people.add(person);
  }
  return { world, person, bot, room: room ?? world.openPrivateRoom(bot, person), body };
}

function customerText(body: Dict, text: unknown): FormattedText {
  const raw = String(text ?? '');
  const entities = Array.isArray(body['entities']) ? readEntities(body['entities']) : undefined;
  const parsed = entities ? { text: raw, entities } : parseMarkup(raw, String(body['parse_mode'] ?? ''));
  return tidy(parsed.text, parsed.entities);
}

const textFields = ({ text, entities }: FormattedText): Dict => ({ text, ...(entities.length ? { entities } : {}) });

function captionFields(body: Dict): Dict {
  if (!body['caption']) return {};
  const { text, entities } = customerText(body, body['caption']);
  return { caption: text, ...(entities.length ? { caption_entities: entities } : {}) };
}

/** For a message that is written in a group under another name, `from` is one of these, and the name is in sender_chat. */
const ANONYMOUS: Person = { id: 1_087_968_824, is_bot: true, first_name: 'Group', username: 'GroupAnonymousBot' };
const CHANNEL: Person = { id: 136_817_688, is_bot: true, first_name: 'Channel', username: 'Channel_Bot' };

function otherName({ room, person, body }: Act): Dict {
  if (room.isPrivate) throw new Misuse('another name is for groups');
  if (body['as'] === 'group') return { from: ANONYMOUS, sender_chat: room.chat, ...(body['signature'] ? { author_signature: String(body['signature']) } : {}) };
  if (body['as'] !== 'channel') throw new Misuse('as must be group or channel');
  return { from: CHANNEL, sender_chat: { id: -1_001_700_000_000 - (person.id % 1_000_000), type: 'channel', title: `${person.first_name}'s channel` } };
}

/** The fields for a reply, quote, topic and business connection, which any message of a customer may have. */
function surroundings(act: Act): Dict {
  const { world, room, body } = act;
  const out: Dict = body['as'] === undefined ? {} : otherName(act);
  if (body['thread'] !== undefined) {
    if (!room.topics.has(Number(body['thread']))) throw new Misuse('no such topic');
    Object.assign(out, { message_thread_id: Number(body['thread']), is_topic_message: true });
    // In a topic of a group every message is a reply: by default to the topic's first message.
    const root = room.isPrivate ? undefined : room.find(Number(body['thread']));
    if (root) out['reply_to_message'] = World.shallow(root);
  }
  if (body['reply_to'] !== undefined) {
    const target = room.find(Number(body['reply_to']));
    if (!target) throw new Misuse('no such message to reply to');
    out['reply_to_message'] = World.shallow(target);
    if (body['quote'] !== undefined) out['quote'] = quoteOf(target, String(body['quote']));
  }
  const connection = body['business_connection'] && world.business.get(String(body['business_connection']));
  if (connection) out['business_connection_id'] = connection['id'];
  if (body['extra']) Object.assign(out, body['extra']);
  return out;
}

function quoteOf(target: Stored, quote: string): Dict {
  const position = String(target.message['text'] ?? target.message['caption'] ?? '').indexOf(quote);
  if (position < 0) throw new Misuse('the quote is not in the message');
  return { text: quote, position, is_manual: true };
}

export function say(act: Act, content: Dict): Dict {
  const { room, person, bot, world } = act;
  if (room.isBlocked(bot)) throw new Misuse('the customer has blocked the bot');
  room.started = true;
  const business = act.body['business_connection'] ? 'business_message' : 'message';
  const stored = room.post(person, { ...surroundings(act), ...content });
  room.tellBots(business, 'Message', stored.message);
  return { message: shown(world, stored) };
}

const shown = (_world: World, stored: Stored): Dict => stored.message;

// --- verbs -----------------------------------------------------------------------------------------------------------

function start(act: Act): Dict {
  const payload = String(act.body['payload'] ?? '');
  if (!/^[A-Za-z0-9_-]{0,64}$/.test(payload)) throw new Misuse('a start payload is at most 64 of A-Z a-z 0-9 _ -');
  if (act.room.isBlocked(act.bot)) unblock(act);
  return say(act, textFields(tidy(payload ? `/start ${payload}` : '/start', [])));
}

const text = (act: Act): Dict => {
  const formatted = customerText(act.body, act.body['text']);
  if (!formatted.text) throw new Misuse('text is empty');
  return say(act, textFields(formatted));
};

function fileOf(body: Dict, kind: FileKind): { bytes: Buffer; facts: FileFacts } {
  const part = [body['file'], body[kind]].find((value) => value instanceof FilePart) as FilePart | undefined;
  const seed = Number(body['seed'] ?? 1);
  let base = sample(kind, seed, body['scene'] === undefined ? undefined : String(body['scene']));
  if (part) base = { bytes: part.bytes, facts: { name: part.filename, mime: part.mime } };
  else if (body['data_base64']) base = { bytes: Buffer.from(String(body['data_base64']), 'base64'), facts: {} };
  else if (body['size']) base = { bytes: Buffer.alloc(Number(body['size']), `${seed} sample `), facts: base.facts };
  else if (kind === 'photo' && body['width']) base = { bytes: samplePicture(seed, Number(body['width']), Number(body['height'] ?? body['width'])), facts: {} };
  const facts: Dict = { ...base.facts };
  for (const key of ['duration', 'width', 'height']) if (body[key] !== undefined) facts[key] = Number(body[key]);
  for (const key of ['mime', 'title', 'performer', 'emoji']) if (body[key] !== undefined) facts[key] = String(body[key]);
  if (body['file_name'] !== undefined) facts['name'] = String(body['file_name']);
  return { bytes: base.bytes, facts };
}

function mediaContent(world: World, body: Dict, kind: FileKind): Dict {
  const { bytes, facts } = fileOf(body, kind);
  // A customer may send a file above the limit for bots.
  const local = world.settings.local_server;
  world.settings.local_server = true;
  const file = world.files.put(kind, bytes, facts);
  world.settings.local_server = local;
  const spoiler = body['spoiler'] ? { has_media_spoiler: true } : {};
  const legacy = kind === 'animation' ? { document: documentOf(file.media as Dict) } : {};
  return { [kind]: file.media, ...legacy, ...spoiler, ...captionFields(body) };
}

function documentOf({ width: _w, height: _h, duration: _d, ...document }: Dict): Dict {
  return document;
}

const media = (kind: FileKind) => (act: Act): Dict => say(act, mediaContent(act.world, act.body, kind));

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Separate updates that share media_group_id, `spacing_ms` apart. */
async function album(act: Act): Promise<Dict> {
  const given = act.body['items'];
  const count = Number(act.body['count'] ?? 3);
  const items: Dict[] = Array.isArray(given) ? given : Array.from({ length: count }, (_v, i) => ({ type: 'photo', seed: i + 1 }));
  if (!Array.isArray(given) && act.body['caption']) items[0]!['caption'] = act.body['caption'];
  const group = String(act.body['media_group_id'] ?? newGroupId());
  const messages: Dict[] = [];
  // All pictures are drawn before the first part is sent, because drawing would delay the next parts on a busy machine.
  const contents = items.map((item) => mediaContent(act.world, item, (item['type'] ?? 'photo') as FileKind));
  for (const [i, content] of contents.entries()) {
    if (i > 0 && act.body['spacing_ms']) await sleep(Number(act.body['spacing_ms']));
    messages.push(say(act, { media_group_id: group, ...content })['message']);
  }
  return { media_group_id: group, messages };
}

const location = (act: Act): Dict =>
  say(act, { location: { latitude: Number(act.body['latitude'] ?? 48.2082), longitude: Number(act.body['longitude'] ?? 16.3738) } });

const venue = (act: Act): Dict => {
  const place = { latitude: Number(act.body['latitude'] ?? 48.2082), longitude: Number(act.body['longitude'] ?? 16.3738) };
  return say(act, { venue: { location: place, title: String(act.body['title'] ?? 'Corner shop'), address: String(act.body['address'] ?? 'Main street 1') }, location: place });
};

const contact = (act: Act): Dict => {
  const { body, person } = act;
  const card: Dict = { phone_number: String(body['phone_number'] ?? '+15550100123'), first_name: String(body['first_name'] ?? person.first_name) };
  if (body['last_name'] ?? person.last_name) card['last_name'] = String(body['last_name'] ?? person.last_name);
  // The customer's own contact contains the id of the account.
  if (body['own'] !== false && !body['phone_number']) card['user_id'] = person.id;
  return say(act, { contact: card });
};

const dice = (act: Act): Dict => say(act, { dice: { emoji: String(act.body['emoji'] ?? '🎲'), value: Number(act.body['value'] ?? 6) } });

const poll = (act: Act): Dict =>
  say(act, {
    poll: {
      id: String(Date.now()), question: String(act.body['question'] ?? 'Which one?'), options: pollOptions(act.body['options'] ?? ['This', 'That']),
      total_voter_count: 0, is_closed: false, is_anonymous: true, type: 'regular', allows_multiple_answers: false,
      allows_revoting: true, members_only: false,
    },
  });

/** The example of a `kind` that has no verb of its own. */
function exampleOf(act: Act): Dict {
  const content = example(String(act.body['kind']), (kind) => mediaContent(act.world, { seed: act.body['seed'] ?? 1 }, kind)[kind]);
  if (!content) throw new Misuse(`kind must be one of ${EXAMPLES.join(', ')}`);
  return say(act, content);
}

/** Any content, for kinds without a verb. */
const message = (act: Act): Dict => say(act, (act.body['content'] ?? {}) as Dict);

function forward(act: Act): Dict {
  const { world, bot, body } = act;
  if (body['message_id'] !== undefined) {
    const from = world.roomOf(bot, Number(body['from_chat'] ?? act.room.chat['id']));
    const stored = from?.find(Number(body['message_id']));
    if (!stored) throw new Misuse('no such message to forward');
    return say(act, body['as_copy'] ? contentOf(stored) : forwardedContent(stored));
  }
  const date = world.seconds() - 3600;
  const origins: Record<string, Dict> = {
    user: { type: 'user', date, sender_user: { id: 5_900_000_001, is_bot: false, first_name: String(body['name'] ?? 'Alex') } },
    hidden_user: { type: 'hidden_user', date, sender_user_name: String(body['name'] ?? 'Hidden person') },
    channel: { type: 'channel', date, chat: { id: -1001700000001, type: 'channel', title: String(body['name'] ?? 'News channel') }, message_id: 42 },
    chat: { type: 'chat', date, sender_chat: { id: -1001700000002, type: 'supergroup', title: String(body['name'] ?? 'Neighbours') } },
  };
  const origin = origins[String(body['origin'] ?? 'user')];
  if (!origin) throw new Misuse(`origin must be one of ${Object.keys(origins).join(', ')}`);
  return say(act, { forward_origin: origin, forward_date: date, ...textFields(customerText(body, body['text'] ?? 'Forwarded text')) });
}

const MEDIA: FileKind[] = ['photo', 'video', 'animation', 'audio', 'document'];

function edit(act: Act): Dict {
  const { room, person, body, world } = act;
  const stored = room.find(Number(body['message_id']));
  if (!stored || stored.message['from']?.id !== person.id) throw new Misuse('no such message of this customer');
  const next: Dict = { ...stored.message, edit_date: world.seconds() };
  if (body['text'] !== undefined) {
    delete next['entities'];
    Object.assign(next, textFields(customerText(body, body['text'])));
  }
  if (body['caption'] !== undefined) {
    delete next['caption'];
    delete next['caption_entities'];
    Object.assign(next, captionFields(body));
  }
  if (body['media']) {
    const { type, ...media } = body['media'] as Dict;
    for (const kind of MEDIA) delete next[kind];
    Object.assign(next, mediaContent(world, media, String(type) as FileKind));
  }
  room.replace(stored, next);
  room.tellBots(next['business_connection_id'] ? 'edited_business_message' : 'edited_message', 'Message', next);
  return { message: next };
}

/** Telegram sends no update about a deletion, except in business chats; only the screen changes. */
function remove(act: Act): Dict {
  const { room, body, world } = act;
  const ids = (Array.isArray(body['message_ids']) ? body['message_ids'] : [body['message_id']]).map(Number);
  for (const id of ids) {
    const stored = room.find(id);
    if (stored) room.remove(stored);
  }
  const connection = body['business_connection'] && world.business.get(String(body['business_connection']));
  if (connection) {
    const update = { business_connection_id: connection['id'], chat: room.chat, message_ids: ids };
    room.tellBots('deleted_business_messages', 'BusinessMessagesDeleted', update);
  }
  return { message_ids: ids };
}

function findButton(stored: Stored, body: Dict): Dict | undefined {
  const rows = (stored.message['reply_markup']?.['inline_keyboard'] ?? []) as Dict[][];
  if (body['row'] !== undefined) return rows[Number(body['row'])]?.[Number(body['column'] ?? 0)];
  return rows.flat().find((button) => (body['data'] !== undefined ? button['callback_data'] === body['data'] : button['text'] === body['text']));
}

/** Presses an inline button of a message, or, without message_id, a key of the custom keyboard by its text. */
function press(act: Act): Dict {
  const { world, room, person, bot, body } = act;
  if (body['message_id'] === undefined) return pressKey(act);
  const stored = room.messages.get(Number(body['message_id']));
  const button = stored && findButton(stored, body);
  if (!stored || (!button && body['data'] === undefined)) throw new Misuse('no such button');
  if (button && button['callback_data'] === undefined) return { button };
  const id = world.nextCallbackId();
  world.callbacks.set(id, { id, bot, at: world.now() });
  const gone = stored.deleted || body['inaccessible'];
  const source = gone ? { chat: room.chat, message_id: stored.message['message_id'], date: 0 } : stored.message;
  const data = button?.['callback_data'] ?? body['data'];
  bot.push('callback_query', 'CallbackQuery', { id, from: person, message: source, chat_instance: room.chatInstance, data }, room.key);
  return { callback_query_id: id };
}

function pressKey(act: Act): Dict {
  const rows = (act.room.keyboard?.['keyboard'] ?? []) as (Dict | string)[][];
  const key = rows.flat().map((k) => (typeof k === 'string' ? { text: k } : k)).find((k) => k['text'] === act.body['text']);
  if (!key) throw new Misuse('no such key');
  if (act.room.keyboard?.['one_time_keyboard']) act.room.keyboard = undefined;
  if (key['request_contact']) return contact(act);
  if (key['request_location']) return location(act);
  return say(act, textFields(tidy(String(key['text']), [])));
}

function block(act: Act): Dict {
  if (!act.room.isPrivate) throw new Misuse('only a private chat can be blocked');
  if (!act.room.isBlocked(act.bot)) setBotStatus(act.world, act.room, act.bot, 'kicked', act.person);
  return { blocked: true };
}

function unblock(act: Act): Dict {
  if (act.room.isBlocked(act.bot)) setBotStatus(act.world, act.room, act.bot, 'member', act.person);
  return { blocked: false };
}

function rename(act: Act): Dict {
  act.world.renamePerson(act.person, act.body);
  return { customer: act.person };
}

/** Deletes the account: from now on messages to it fail; there is no update about it. */
function deactivate(act: Act): Dict {
  act.room.deactivated = true;
  return { deactivated: true };
}

/** Reactions are sent only to bots that have requested them. `emoji` or `emojis`, `custom_emoji_id`, `paid`; none takes all back. */
function react(act: Act): Dict {
  const { room, world, person, body } = act;
  const stored = room.find(Number(body['message_id']));
  if (!stored) throw new Misuse('no such message');
  const emojis = (Array.isArray(body['emojis']) ? body['emojis'] : [body['emoji']]).filter(Boolean);
  const list: Dict[] = emojis.map((emoji) => ({ type: 'emoji', emoji: String(emoji) }));
  if (body['custom_emoji_id']) list.push({ type: 'custom_emoji', custom_emoji_id: String(body['custom_emoji_id']) });
  if (body['paid']) list.push({ type: 'paid' });
  const update = { chat: room.chat, message_id: stored.message['message_id'], user: person, date: world.seconds(), old_reaction: stored.reactions, new_reaction: list };
  stored.reactions = list;
  room.tellBots('message_reaction', 'MessageReactionUpdated', update);
  world.tell({ type: 'reaction', room: room.key, chat: room.chat['id'], message_id: update.message_id, reactions: list });
  return { reactions: list };
}

/**
 * Votes in the bot's poll of a message: `options`, indices; none takes the vote back. The simulator keeps one vote for each person. As
 * on the official server, the bot is told the poll's new state and, unless the poll is anonymous, the answer of the person.
 */
function vote(act: Act): Dict {
  const { room, world, person, body } = act;
  const message = room.find(Number(body['message_id']))?.message;
  const poll = message?.['poll'] as Dict | undefined;
  if (!message || !poll) throw new Misuse('no such poll');
  if (poll['is_closed']) throw new Misuse('the poll is closed');
  const options = poll['options'] as Dict[];
  const chosen = (Array.isArray(body['options']) ? body['options'] : []).map(Number);
  if (chosen.some((i) => !options[i]) || (chosen.length > 1 && !poll['allows_multiple_answers'])) throw new Misuse('no such options');
  const id = String(poll['id']);
  const votes = world.votes.get(id) ?? new Map<number, number[]>();
  world.votes.set(id, votes.set(person.id, chosen));
  const cast = [...votes.values()].filter((list) => list.length > 0);
  options.forEach((option, i) => (option['voter_count'] = cast.filter((list) => list.includes(i)).length));
  poll['total_voter_count'] = cast.length;
  act.bot.push('poll', 'Poll', structuredClone(poll), room.key);
  world.tell({ type: 'vote', room: room.key, chat: room.chat['id'] });
  if (!poll['is_anonymous']) {
    const ids = chosen.map((i) => String(options[i]!['persistent_id']));
    act.bot.push('poll_answer', 'PollAnswer', { poll_id: poll['id'], user: person, option_ids: chosen, option_persistent_ids: ids }, room.key);
  }
  return { poll };
}

export const verbs: Record<string, (act: Act) => Dict | Promise<Dict>> = {
  start, text, photo: media('photo'), video: media('video'), animation: media('animation'), audio: media('audio'),
  document: media('document'), voice: media('voice'), video_note: media('video_note'), sticker: media('sticker'),
  album, location, venue, contact, dice, poll, message, example: exampleOf, forward, edit, delete: remove, press, block, unblock, rename, deactivate, react, vote,
};

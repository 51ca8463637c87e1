// Shared by the sending methods: finding the chat, replies, keyboards, topics, files, and sending.
import type { Bot } from '../bots.ts';
import type { Dict } from '../errors.ts';
import { badRequest, forbidden } from '../errors.ts';
import type { FileFacts, FileKind, StoredFile } from '../files.ts';
import type { Params } from '../params.ts';
import { FilePart } from '../params.ts';
import { imageInfo } from '../pictures.ts';
import type { Room, Stored } from '../rooms.ts';
import type { FormattedText } from '../text.ts';
import { codePoints, formatText, isBlank, MAX_CAPTION } from '../text.ts';
import { World } from '../world.ts';

export interface Context {
  world: World;
  bot: Bot;
  params: Params;
}

/** The result of a method; one that is JSON text already is marked as such. */
export type Result = unknown;
export class ReadyJson {
  readonly json: string;
  constructor(json: string) {
    this.json = json;
  }
}
export type Method = (ctx: Context) => Result | Promise<Result>;

export function findRoom(ctx: Context, name = 'chat_id'): Room {
  const { world, bot } = ctx;
  const text = ctx.params.str(name);
  if (!text) throw badRequest(`${name} is empty`);
  if (text.startsWith('@')) {
    const wanted = text.slice(1).toLowerCase();
    for (const room of world.rooms.values()) {
      if (!room.isPrivate && String(room.chat['username'] ?? '').toLowerCase() === wanted) return checkRoom(bot, room);
    }
    throw badRequest('chat not found');
  }
  const id = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  const room = world.roomOf(bot, id);
  if (room) return checkRoom(bot, room);
  const person = world.people.get(id);
  const met = person && [...world.rooms.values()].some((known) => known.bots.has(bot) && known.people.has(person));
  throw met ? forbidden("bot can't initiate conversation with a user") : badRequest('chat not found');
}

function checkRoom(bot: Bot, room: Room): Room {
  if (room.migratedTo !== undefined) {
    throw badRequest('group chat was upgraded to a supergroup chat', { migrate_to_chat_id: room.migratedTo });
  }
  if (room.isPrivate) return room;
  const status = room.botStatus.get(bot);
  const type = String(room.chat['type']);
  const kind = type === 'group' || type === 'channel' ? type : 'supergroup';
  if (status === 'kicked') throw forbidden(`bot was kicked from the ${kind} chat`);
  if (room.deactivated) throw forbidden('the group chat was deleted');
  if (!room.bots.has(bot)) throw forbidden(`bot is not a member of the ${kind} chat`);
  return room;
}

/** Throws unless the bot may write in the chat now. */
export function checkWritable(bot: Bot, room: Room): void {
  if (!room.isPrivate) {
    if (room.botStatus.get(bot) === 'restricted') throw badRequest('not enough rights to send text messages to the chat');
    return;
  }
  if (room.deactivated) throw forbidden('user is deactivated');
  if (room.isBlocked(bot)) throw forbidden('bot was blocked by the user');
  if (!room.started) throw forbidden("bot can't initiate conversation with a user");
}

export const managesTopics = (room: Room, bot: Bot): boolean =>
  room.botStatus.get(bot) === 'administrator' && room.botRights.get(bot)?.['can_manage_topics'] !== false;

/** A message's fields about its topic; none outside topics. Where topics are switched off, no topic is found. */
export function threadFields(ctx: Context, room: Room): Dict {
  if (!ctx.params.has('message_thread_id')) return {};
  const asked = ctx.params.int('message_thread_id');
  if (asked === 0) return {};
  const id = room.strays.get(asked) ?? asked;
  if (id === 0) return {};
  const topic = room.isForum ? room.topics.get(id) : undefined;
  if (!topic) throw badRequest('message thread not found');
  if (topic.closed && !room.isPrivate && !managesTopics(room, ctx.bot)) throw badRequest('TOPIC_CLOSED');
  return { message_thread_id: id, is_topic_message: true };
}

/** In a group, an answer without a topic goes to the topic of the answered message. */
function threadOfReply(ctx: Context, room: Room, reply: Dict): Dict {
  const answered = reply['reply_to_message'] as Dict | undefined;
  if (room.isPrivate || ctx.params.has('message_thread_id') || !answered?.['is_topic_message']) return {};
  return { message_thread_id: answered['message_thread_id'], is_topic_message: true };
}

export function textOf(ctx: Context, name: string, entitiesName: string, modeName = 'parse_mode'): FormattedText {
  const explicit = ctx.params.json(entitiesName, "can't parse entities JSON object");
  return formatText(ctx.params.str(name), ctx.params.str(modeName), explicit);
}

export function captionFields(ctx: Context): Dict {
  if (!ctx.params.has('caption')) return {};
  return captionOf(textOf(ctx, 'caption', 'caption_entities'));
}

export function captionOf(formatted: FormattedText): Dict {
  if (codePoints(formatted.text) > MAX_CAPTION) throw badRequest('message caption is too long');
  if (isBlank(formatted.text)) return {};
  return { caption: formatted.text, ...(formatted.entities.length ? { caption_entities: formatted.entities } : {}) };
}

// --- replies ---------------------------------------------------------------------------------------------------------

export function replyFields(ctx: Context, room: Room): Dict {
  const given = ctx.params.json('reply_parameters', "can't parse reply parameters JSON object") as Dict | undefined;
  const legacy = ctx.params.int('reply_to_message_id');
  const reply = given ?? (legacy ? { message_id: legacy, allow_sending_without_reply: ctx.params.bool('allow_sending_without_reply') } : undefined);
  if (!reply) return {};
  if (typeof reply !== 'object') throw badRequest('object expected as reply parameters');
  const elsewhere = reply['chat_id'] !== undefined && String(reply['chat_id']) !== String(room.chat['id']);
  const source = elsewhere ? ctx.world.roomOf(ctx.bot, Number(reply['chat_id'])) : room;
  const target = source?.find(Number(reply['message_id']));
  if (!target) {
    if (reply['allow_sending_without_reply']) return {};
    throw badRequest('message to be replied not found');
  }
  const quote = reply['quote'] ? { quote: quoteOf(target, reply) } : {};
  if (elsewhere) return { external_reply: externalReply(target), ...quote };
  return { reply_to_message: World.shallow(target), ...quote };
}

function quoteOf(target: Stored, reply: Dict): Dict {
  const whole = String(target.message['text'] ?? target.message['caption'] ?? '');
  const wanted = formatText(String(reply['quote']), String(reply['quote_parse_mode'] ?? ''), reply['quote_entities']);
  const position = whole.indexOf(wanted.text, Number(reply['quote_position'] ?? 0) || 0);
  const found = position >= 0 ? position : whole.indexOf(wanted.text);
  if (found < 0) throw badRequest('QUOTE_TEXT_INVALID');
  // The quote must be the piece as it is formatted, as far as these kinds of formatting go (Bot API, ReplyParameters).
  const kept = ['bold', 'italic', 'underline', 'strikethrough', 'spoiler', 'custom_emoji', 'date_time'];
  const marks = (list: Dict[], from: number): string => JSON.stringify(list.filter((e) => kept.includes(String(e['type'])))
    .map((e) => [String(e['type']), Math.max(0, Number(e['offset']) - from), Math.min(wanted.text.length, Number(e['offset']) - from + Number(e['length']))] as const)
    .filter(([, start, end]) => start < end).sort());
  const formatting = (target.message['entities'] ?? target.message['caption_entities'] ?? []) as Dict[];
  if (marks(formatting, found) !== marks(wanted.entities as Dict[], 0)) throw badRequest('QUOTE_TEXT_INVALID');
  return { text: wanted.text, position: found, is_manual: true, ...(wanted.entities.length ? { entities: wanted.entities } : {}) };
}

export function originOf(stored: Stored): Dict {
  const message = stored.message;
  if (message['forward_origin']) return message['forward_origin'];
  if (message['sender_chat']) return { type: 'chat', date: message['date'], sender_chat: message['sender_chat'] };
  return { type: 'user', date: message['date'], sender_user: message['from'] };
}

const MEDIA_KEYS = [
  'animation', 'audio', 'document', 'photo', 'sticker', 'video', 'video_note', 'voice', 'contact', 'dice', 'poll', 'venue',
  'location', 'link_preview_options', 'has_media_spoiler',
];
export function externalReply(target: Stored): Dict {
  const reply: Dict = { origin: originOf(target), message_id: target.message['message_id'] };
  if (target.message['chat'].type !== 'private') reply['chat'] = target.message['chat'];
  for (const key of MEDIA_KEYS) if (key in target.message) reply[key] = target.message[key];
  return reply;
}

// --- keyboards -------------------------------------------------------------------------------------------------------

export interface Markup {
  inline?: Dict;
  keyboard?: Dict;
}

export function readMarkup(ctx: Context, inlineOnly = false): Markup {
  const given = ctx.params.json('reply_markup', "can't parse reply keyboard markup JSON object") as Dict | undefined;
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw badRequest('object expected as reply markup');
  if (JSON.stringify(given).length > 10_240) throw badRequest('reply markup is too long');
  if (given['inline_keyboard']) {
    const rows = inlineRows(given['inline_keyboard']);
    return rows.length ? { inline: { inline_keyboard: rows } } : {};
  }
  if (inlineOnly) {
    if (Object.keys(given).length === 0) return {};
    throw badRequest('inline keyboard expected');
  }
  if (given['keyboard'] || given['remove_keyboard'] || given['force_reply']) return { keyboard: given };
  return {};
}

const ACTIONS = [
  'url', 'callback_data', 'web_app', 'login_url', 'switch_inline_query', 'switch_inline_query_current_chat',
  'switch_inline_query_chosen_chat', 'copy_text', 'callback_game', 'pay', 'disabled',
];

function inlineRows(rows: unknown): Dict[][] {
  if (!Array.isArray(rows)) throw badRequest("field \"inline_keyboard\" must be of type Array");
  return rows
    .map((row) => {
      if (!Array.isArray(row)) throw badRequest("can't parse inline keyboard button: Array of InlineKeyboardButton expected");
      return row.map(inlineButton);
    })
    .filter((row) => row.length > 0);
}

function inlineButton(button: Dict): Dict {
  if (typeof button !== 'object' || button === null || typeof button['text'] !== 'string') {
    throw badRequest("can't parse inline keyboard button: Can't find field \"text\"");
  }
  if (!ACTIONS.some((action) => button[action] !== undefined)) {
    throw badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
  }
  if (button['callback_data'] !== undefined) {
    const bytes = Buffer.byteLength(String(button['callback_data']));
    if (bytes < 1 || bytes > 64) throw badRequest('BUTTON_DATA_INVALID');
  }
  if (button['url'] !== undefined && !/^(https?|tg|ton):\/\/|^[^\s/]+\.[^\s]+$/.test(String(button['url']))) throw badRequest('BUTTON_URL_INVALID');
  return button;
}

// --- files -----------------------------------------------------------------------------------------------------------

const WRITTEN: Record<string, string> = {
  photo: 'Photo', video: 'Video', animation: 'Animation', audio: 'Audio', document: 'Document', voice: 'VoiceNote',
  video_note: 'VideoNote', sticker: 'Sticker', thumbnail: 'Thumbnail',
};
const MAX_URL_PHOTO = 5 << 20;
const MAX_URL_FILE = 20 << 20;

/** A file as a part, as `attach://part`, as a file id, or as a URL to fetch. */
export async function inputFile(ctx: Context, kind: FileKind, value: unknown, facts: FileFacts): Promise<StoredFile> {
  const part = value instanceof FilePart ? value : undefined;
  if (part) return storePart(ctx, kind, part, facts);
  const text = String(value ?? '');
  if (text.startsWith('attach://')) {
    const attached = ctx.params.file(text.slice(9));
    if (!attached) throw badRequest("can't parse InputMedia: media not found");
    return storePart(ctx, kind, attached, facts);
  }
  if (/^https?:\/\//i.test(text)) return fetchFile(ctx, kind, text, facts);
  const unique = ctx.bot.uniqueOf(text);
  const stored = unique ? ctx.world.files.get(unique) : undefined;
  if (!stored) throw badRequest('wrong file identifier/HTTP URL specified');
  if (stored.kind === kind) return stored;
  throw badRequest(`can't use file of type ${WRITTEN[stored.kind]} as ${WRITTEN[kind]}`);
}

function storePart(ctx: Context, kind: FileKind, part: FilePart, facts: FileFacts): StoredFile {
  const mime = part.mime === 'application/octet-stream' ? imageInfo(part.bytes)?.mime : part.mime;
  return ctx.world.files.put(kind, part.bytes, { name: part.filename, mime, ...facts });
}

async function fetchFile(ctx: Context, kind: FileKind, url: string, facts: FileFacts): Promise<StoredFile> {
  if (!URL.canParse(url)) throw badRequest('wrong HTTP URL specified');
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
  if (!answer?.ok) throw badRequest('failed to get HTTP URL content');
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (bytes.length > (kind === 'photo' ? MAX_URL_PHOTO : MAX_URL_FILE)) throw badRequest('failed to get HTTP URL content');
  if (kind === 'photo' && !imageInfo(bytes)) throw badRequest('wrong type of the web page content');
  const name = decodeURIComponent(new URL(url).pathname.split('/').at(-1) || 'file');
  return ctx.world.files.put(kind, bytes, { name, mime: answer.headers.get('content-type')?.split(';')[0], ...facts });
}

/** The content of a message with a file; an animation is also given as a document, for old clients. */
export function mediaContent(file: StoredFile): Dict {
  if (file.kind !== 'animation') return { [file.kind]: file.media };
  const media = file.media as Dict;
  const { width: _w, height: _h, duration: _d, ...document } = media;
  return { animation: media, document };
}

// --- sending ---------------------------------------------------------------------------------------------------------

/** Called by all sending methods: limits, the topic, the reply, the keyboard, the message. */
export function sendContent(ctx: Context, content: Dict, cost = 1): Stored {
  const room = findRoom(ctx);
  checkWritable(ctx.bot, room);
  const thread = threadFields(ctx, room);
  const reply = replyFields(ctx, room);
  const markup = readMarkup(ctx);
  if (cost) ctx.world.limits.charge(ctx.bot.id, Number(room.chat['id']), cost);
  return room.post(ctx.bot, { ...businessFields(ctx), ...thread, ...threadOfReply(ctx, room, reply), ...reply, ...content, ...flags(ctx), ...inlineField(markup) }, { keyboard: markup.keyboard });
}

export const inlineField = (markup: Markup): Dict => (markup.inline ? { reply_markup: markup.inline } : {});

function businessFields(ctx: Context): Dict {
  const id = ctx.params.str('business_connection_id');
  if (!id) return {};
  const connection = ctx.world.business.get(id);
  if (!connection || !connection['is_enabled']) throw badRequest('BUSINESS_CONNECTION_INVALID');
  return { business_connection_id: id, sender_business_bot: ctx.bot.user };
}

function flags(ctx: Context): Dict {
  const out: Dict = {};
  if (ctx.params.bool('protect_content')) out['has_protected_content'] = true;
  if (ctx.params.has('message_effect_id')) out['effect_id'] = ctx.params.str('message_effect_id');
  return out;
}

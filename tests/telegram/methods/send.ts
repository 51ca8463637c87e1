// sendMessage and the other methods that send one message.
import { randomInt } from 'node:crypto';
import type { Dict } from '../errors.ts';
import { badRequest } from '../errors.ts';
import type { FileFacts, FileKind } from '../files.ts';
import { codePoints, formatText, isBlank, MAX_TEXT } from '../text.ts';
import type { Context, Method } from './common.ts';
import { captionFields, checkWritable, findRoom, inputFile, mediaContent, sendContent, textOf, threadFields } from './common.ts';

export function textContent(ctx: Context, tooLong = 'message is too long'): Dict {
  if (!ctx.params.has('text')) throw badRequest('message text is empty');
  const { text, entities } = textOf(ctx, 'text', 'entities');
  if (isBlank(text)) throw badRequest('text must be non-empty');
  if (codePoints(text) > MAX_TEXT) throw badRequest(tooLong);
  const preview = ctx.params.json('link_preview_options', "can't parse link preview options JSON object");
  const options = preview ?? (ctx.params.bool('disable_web_page_preview') ? { is_disabled: true } : undefined);
  return { text, ...(entities.length ? { entities } : {}), ...(options ? { link_preview_options: options } : {}) };
}

const sendMessage: Method = (ctx) => sendContent(ctx, textContent(ctx)).message;

function fileFacts(ctx: Context): FileFacts {
  const { params } = ctx;
  const thumbnail = params.file('thumbnail') ?? attached(ctx, params.str('thumbnail'));
  const facts: FileFacts = {};
  if (params.has('width')) facts.width = params.int('width', 0, 0, 10_000);
  if (params.has('height')) facts.height = params.int('height', 0, 0, 10_000);
  if (params.has('length')) facts.width = params.int('length', 0, 0, 640);
  if (params.has('duration')) facts.duration = params.int('duration', 0, 0, 24 * 3600);
  for (const name of ['title', 'performer', 'emoji'] as const) if (params.has(name)) facts[name] = params.str(name);
  if (thumbnail) facts.thumbnail = thumbnail.bytes;
  return facts;
}

const attached = (ctx: Context, text: string) => (text.startsWith('attach://') ? ctx.params.file(text.slice(9)) : undefined);

function mediaSender(kind: FileKind, hasCaption: boolean): Method {
  return async (ctx) => {
    if (!ctx.params.file(kind) && !ctx.params.has(kind)) throw badRequest(`there is no ${kind.replace('_', ' ')} in the request`);
    const caption = hasCaption ? captionFields(ctx) : {};
    const room = findRoom(ctx);
    checkWritable(ctx.bot, room);
    const file = await inputFile(ctx, kind, ctx.params.values.get(kind), fileFacts(ctx));
    const content: Dict = { ...mediaContent(file), ...caption };
    if (ctx.params.bool('has_spoiler')) content['has_media_spoiler'] = true;
    if (ctx.params.bool('show_caption_above_media')) content['show_caption_above_media'] = true;
    return sendContent(ctx, content).message;
  };
}

function coordinates(ctx: Context): Dict {
  const { params } = ctx;
  if (!params.has('latitude') || !params.has('longitude')) throw badRequest('latitude and longitude must be specified');
  const [latitude, longitude] = [params.float('latitude', Number.NaN), params.float('longitude', Number.NaN)];
  if (!(Math.abs(latitude) <= 90) || !(Math.abs(longitude) <= 180)) throw badRequest('wrong geo coordinates specified');
  const location: Dict = { latitude, longitude };
  if (params.has('horizontal_accuracy')) location['horizontal_accuracy'] = params.float('horizontal_accuracy');
  for (const name of ['live_period', 'heading', 'proximity_alert_radius']) if (params.has(name)) location[name] = params.int(name);
  return location;
}

const sendLocation: Method = (ctx) => sendContent(ctx, { location: coordinates(ctx) }).message;

const sendVenue: Method = (ctx) => {
  const location = coordinates(ctx);
  if (!ctx.params.has('title')) throw badRequest('parameter "title" is required');
  if (!ctx.params.has('address')) throw badRequest('parameter "address" is required');
  const venue: Dict = { location, title: ctx.params.str('title'), address: ctx.params.str('address') };
  for (const name of ['foursquare_id', 'foursquare_type', 'google_place_id', 'google_place_type']) {
    if (ctx.params.has(name)) venue[name] = ctx.params.str(name);
  }
  return sendContent(ctx, { venue, location }).message;
};

const sendContact: Method = (ctx) => {
  if (!ctx.params.has('phone_number')) throw badRequest('phone number is empty');
  if (!ctx.params.has('first_name')) throw badRequest('first name is empty');
  const contact: Dict = { phone_number: ctx.params.str('phone_number'), first_name: ctx.params.str('first_name') };
  for (const name of ['last_name', 'vcard']) if (ctx.params.has(name)) contact[name] = ctx.params.str(name);
  return sendContent(ctx, { contact }).message;
};

/** The highest value of each kind of dice. */
const DICE: Record<string, number> = { '🎲': 6, '🎯': 6, '🎳': 6, '🏀': 5, '⚽': 5, '🎰': 64 };
const sendDice: Method = (ctx) => {
  const emoji = (ctx.params.str('emoji') || '🎲').replace(/\ufe0f/g, '');
  if (!DICE[emoji]) throw badRequest('EMOTICON_INVALID');
  return sendContent(ctx, { dice: { emoji, value: randomInt(1, DICE[emoji] + 1) } }).message;
};

const MAX_QUESTION = 300;
const MAX_OPTION = 100;

export function pollOptions(list: unknown): Dict[] {
  if (!Array.isArray(list) || list.length < 1) throw badRequest('poll must have at least 1 option');
  if (list.length > 12) throw badRequest("poll can't have more than 12 options");
  return list.map((item, i) => {
    const option = typeof item === 'string' ? { text: item } : (item as Dict);
    const { text, entities } = formatText(String(option['text'] ?? ''), String(option['text_parse_mode'] ?? ''), option['text_entities']);
    if (isBlank(text)) throw badRequest('poll options must be non-empty');
    if (codePoints(text) > MAX_OPTION) throw badRequest('poll options length must not exceed 100');
    return { persistent_id: String(i), text, ...(entities.length ? { text_entities: entities } : {}), voter_count: 0 };
  });
}

const sendPoll: Method = (ctx) => {
  const { params } = ctx;
  const { text: question, entities } = textOf(ctx, 'question', 'question_entities', 'question_parse_mode');
  if (isBlank(question)) throw badRequest('poll question must be non-empty');
  if (codePoints(question) > MAX_QUESTION) throw badRequest('poll question length must not exceed 300');
  const options = pollOptions(params.json('options', "can't parse options JSON object"));
  const type = params.str('type') === 'quiz' ? 'quiz' : 'regular';
  const correct = params.json('correct_option_ids', "can't parse correct option ids") as number[] | undefined;
  if (type === 'quiz' && !correct?.length) throw badRequest('quiz must have a correct option');
  const poll: Dict = {
    id: String(BigInt(randomInt(1, 1 << 30)) * 4294967296n + BigInt(randomInt(1 << 30))),
    question, options, total_voter_count: 0, is_closed: params.bool('is_closed'), type, members_only: params.bool('members_only'),
    is_anonymous: params.has('is_anonymous') ? params.bool('is_anonymous') : true,
    allows_multiple_answers: params.bool('allows_multiple_answers'),
    allows_revoting: params.has('allows_revoting') ? params.bool('allows_revoting') : type === 'regular',
  };
  if (entities.length) poll['question_entities'] = entities;
  if (correct?.length) poll['correct_option_ids'] = correct;
  for (const name of ['open_period', 'close_date']) if (params.has(name)) poll[name] = params.int(name);
  return sendContent(ctx, { poll }).message;
};

const sendChatAction: Method = (ctx) => {
  const action = ctx.params.str('action').toLowerCase();
  // upload_audio and record_audio are the old names of the voice actions.
  const known = [...ctx.world.spec.enumOf('sendChatAction', 'action'), 'upload_audio', 'record_audio', 'cancel'];
  if (!known.includes(action)) throw badRequest('wrong parameter action in request');
  const room = findRoom(ctx);
  checkWritable(ctx.bot, room);
  const thread = threadFields(ctx, room)['message_thread_id'] as number | undefined;
  // Shown for up to 5 seconds, or until the next message.
  room.action = { action, until: ctx.world.now() + 5000, ...(thread ? { thread } : {}) };
  ctx.world.tell({ type: 'action', room: room.key, chat: room.chat['id'], action, bot: ctx.bot.id });
  return true;
};

export const sendMethods: Record<string, Method> = {
  sendMessage,
  sendPhoto: mediaSender('photo', true),
  sendVideo: mediaSender('video', true),
  sendAnimation: mediaSender('animation', true),
  sendAudio: mediaSender('audio', true),
  sendDocument: mediaSender('document', true),
  sendVoice: mediaSender('voice', true),
  sendVideoNote: mediaSender('video_note', false),
  sendSticker: mediaSender('sticker', false),
  sendLocation,
  sendVenue,
  sendContact,
  sendDice,
  sendPoll,
  sendChatAction,
};

// Editing, deleting, reacting, pinning.
import type { Dict } from '../errors.ts';
import { badRequest } from '../errors.ts';
import type { Room, Stored } from '../rooms.ts';
import { World } from '../world.ts';
import { inputMedia } from './album.ts';
import type { Context, Method } from './common.ts';
import { captionFields, findRoom, inlineField, readMarkup } from './common.ts';
import { textContent } from './send.ts';

const NOT_MODIFIED =
  'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message';
const MEDIA = ['photo', 'video', 'animation', 'audio', 'document'];
/** The fields that a new content replaces. */
const CONTENT = [
  ...MEDIA, 'text', 'entities', 'link_preview_options', 'caption', 'caption_entities', 'has_media_spoiler', 'show_caption_above_media',
];

function messageId(ctx: Context): number {
  const id = ctx.params.int('message_id');
  if (id <= 0) throw badRequest('message identifier is not specified');
  return id;
}

function editable(ctx: Context): { room: Room; stored: Stored } {
  if (ctx.params.has('inline_message_id')) throw badRequest('MESSAGE_ID_INVALID');
  const room = findRoom(ctx);
  const stored = room.find(messageId(ctx));
  if (!stored) throw badRequest('message to edit not found');
  if (stored.author !== ctx.bot || stored.message['forward_origin'] || stored.hasReplyKeyboard) throw badRequest("message can't be edited");
  return { room, stored };
}

/** Sets the new content, unless nothing would change. A keyboard that is not given again is removed. */
function applyEdit(ctx: Context, room: Room, stored: Stored, removed: string[], content: Dict): Dict {
  const markup = inlineField(readMarkup(ctx, true));
  const next: Dict = { ...stored.message };
  for (const key of [...removed, 'reply_markup']) delete next[key];
  Object.assign(next, content, markup);
  const { edit_date: _old, ...current } = stored.message;
  const { edit_date: _none, ...wanted } = next;
  if (sameObject(current, wanted)) throw badRequest(NOT_MODIFIED);
  ctx.world.limits.charge(ctx.bot.id, Number(room.chat['id']), 1);
  next['edit_date'] = ctx.world.seconds();
  room.replace(stored, next);
  return next;
}

const sorted = (value: unknown): unknown =>
  typeof value !== 'object' || value === null
    ? value
    : Array.isArray(value)
      ? value.map(sorted)
      : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]));
const sameObject = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

const editMessageText: Method = (ctx) => {
  const content = textContent(ctx, 'MESSAGE_TOO_LONG');
  const { room, stored } = editable(ctx);
  if (!('text' in stored.message)) throw badRequest('there is no text in the message to edit');
  return applyEdit(ctx, room, stored, ['text', 'entities', 'link_preview_options'], content);
};

const editMessageCaption: Method = (ctx) => {
  const content = captionFields(ctx);
  const { room, stored } = editable(ctx);
  if (![...MEDIA, 'voice'].some((kind) => kind in stored.message)) throw badRequest('there is no caption in the message to edit');
  if (ctx.params.bool('show_caption_above_media')) content['show_caption_above_media'] = true;
  return applyEdit(ctx, room, stored, ['caption', 'caption_entities', 'show_caption_above_media'], content);
};

const editMessageMedia: Method = async (ctx) => {
  const given = ctx.params.json('media', "can't parse media JSON object");
  if (given === undefined) throw badRequest("can't parse InputMedia: media not found");
  const { room, stored } = editable(ctx);
  const { kind, content } = await inputMedia(ctx, given);
  if (stored.message['media_group_id'] && !(kind in stored.message) && ['document', 'audio'].includes(kind)) {
    throw badRequest("message can't be edited");
  }
  return applyEdit(ctx, room, stored, CONTENT, content);
};

const editMessageReplyMarkup: Method = (ctx) => {
  const { room, stored } = editable(ctx);
  return applyEdit(ctx, room, stored, [], {});
};

/** A bot may delete its own messages and, in a private chat, the customer's for 48 hours; as an administrator, any in a group. */
function mayDelete(ctx: Context, room: Room, stored: Stored): boolean {
  const young = ctx.world.now() - stored.atMs < ctx.world.settings.delete_limit_s * 1000;
  if (room.isPrivate || stored.author === ctx.bot) return young;
  return room.botStatus.get(ctx.bot) === 'administrator';
}

const deleteMessage: Method = (ctx) => {
  const room = findRoom(ctx);
  const stored = room.find(messageId(ctx));
  if (!stored) throw badRequest('message to delete not found');
  if (!mayDelete(ctx, room, stored)) throw badRequest("message can't be deleted");
  room.remove(stored);
  return true;
};

export function messageIds(ctx: Context): number[] {
  const list = ctx.params.json('message_ids', "can't parse message identifiers JSON object");
  if (!Array.isArray(list)) throw badRequest('expected an Array of message identifiers');
  if (list.length === 0) throw badRequest('message identifiers are not specified');
  if (list.length > 100) throw badRequest('too many message identifiers specified');
  return list.map(Number);
}

const deleteMessages: Method = (ctx) => {
  const room = findRoom(ctx);
  for (const id of messageIds(ctx)) {
    const stored = room.find(id);
    if (stored && mayDelete(ctx, room, stored)) room.remove(stored);
  }
  return true;
};

const setMessageReaction: Method = (ctx) => {
  const list = (ctx.params.json('reaction', "can't parse reaction types JSON object") ?? []) as Dict[];
  if (!Array.isArray(list)) throw badRequest('expected an Array of ReactionType');
  const room = findRoom(ctx);
  const stored = room.find(messageId(ctx));
  if (!stored) throw badRequest('message to react not found');
  if (list.length > 1) throw badRequest('REACTIONS_TOO_MANY');
  const known = ctx.world.spec.enumOf('ReactionTypeEmoji', 'emoji');
  if (list.some((r) => r['type'] === 'emoji' && !known.includes(r['emoji']))) throw badRequest('REACTION_INVALID');
  stored.reactions = list;
  ctx.world.tell({ type: 'reaction', room: room.key, chat: room.chat['id'], message_id: stored.message['message_id'], reactions: list });
  return true;
};

const pinChatMessage: Method = (ctx) => {
  const room = findRoom(ctx);
  const stored = room.find(messageId(ctx));
  if (!stored) throw badRequest('message to pin not found');
  const id = stored.message['message_id'] as number;
  if (!room.pinned.includes(id)) {
    room.pinned.push(id);
    const service = room.post(ctx.bot, { pinned_message: World.shallow(stored) });
    room.tellBots('message', 'Message', service.message);
  }
  ctx.world.tell({ type: 'pin', room: room.key, chat: room.chat['id'], pinned: room.pinned });
  return true;
};

const unpinChatMessage: Method = (ctx) => {
  const room = findRoom(ctx);
  const id = ctx.params.has('message_id') ? messageId(ctx) : room.pinned.at(-1);
  const at = id === undefined ? -1 : room.pinned.indexOf(id);
  if (at < 0) throw badRequest('message to unpin not found');
  room.pinned.splice(at, 1);
  ctx.world.tell({ type: 'pin', room: room.key, chat: room.chat['id'], pinned: room.pinned });
  return true;
};

const unpinAllChatMessages: Method = (ctx) => {
  const room = findRoom(ctx);
  room.pinned.length = 0;
  ctx.world.tell({ type: 'pin', room: room.key, chat: room.chat['id'], pinned: [] });
  return true;
};

export const editMethods: Record<string, Method> = {
  editMessageText, editMessageCaption, editMessageMedia, editMessageReplyMarkup, deleteMessage, deleteMessages,
  setMessageReaction, pinChatMessage, unpinChatMessage, unpinAllChatMessages,
};

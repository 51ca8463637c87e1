// Forwarding and copying, one by one and in batches.
import type { Dict } from '../errors.ts';
import { badRequest } from '../errors.ts';
import type { Room, Stored } from '../rooms.ts';
import { newGroupId } from './album.ts';
import type { Context, Method } from './common.ts';
import { captionFields, checkWritable, findRoom, originOf, sendContent } from './common.ts';
import { messageIds } from './edit.ts';

/** The fields of the content; all other fields are about the sender, the time and the chat. */
const CONTENT = [
  'text', 'entities', 'link_preview_options', 'animation', 'audio', 'document', 'photo', 'sticker', 'video', 'video_note', 'voice',
  'caption', 'caption_entities', 'show_caption_above_media', 'has_media_spoiler', 'contact', 'dice', 'poll', 'venue', 'location',
];

export function contentOf(stored: Stored): Dict {
  const content: Dict = {};
  for (const key of CONTENT) if (key in stored.message) content[key] = stored.message[key];
  return content;
}

/** With the renamed fields that the official server still writes besides forward_origin. */
export function forwardedContent(stored: Stored): Dict {
  const origin = originOf(stored);
  const legacy: Dict = { forward_date: origin['date'] };
  if (origin['type'] === 'user') legacy['forward_from'] = origin['sender_user'];
  if (origin['type'] === 'hidden_user') legacy['forward_sender_name'] = origin['sender_user_name'];
  if (origin['type'] === 'chat') legacy['forward_from_chat'] = origin['sender_chat'];
  if (origin['type'] === 'channel') Object.assign(legacy, { forward_from_chat: origin['chat'], forward_from_message_id: origin['message_id'] });
  return { forward_origin: origin, ...legacy, ...contentOf(stored) };
}

function source(ctx: Context, id: number, verb: 'forward' | 'copy'): Stored {
  if (id <= 0) throw badRequest('message identifier is not specified');
  const stored = findRoom(ctx, 'from_chat_id').find(id);
  if (!stored) throw badRequest(`message to ${verb} not found`);
  const past = verb === 'copy' ? 'copied' : 'forwarded';
  if (stored.message['has_protected_content'] || !Object.keys(contentOf(stored)).length) throw badRequest(`message can't be ${past}`);
  return stored;
}

const forwardMessage: Method = (ctx) => {
  checkWritable(ctx.bot, findRoom(ctx));
  return sendContent(ctx, forwardedContent(source(ctx, ctx.params.int('message_id'), 'forward'))).message;
};

const copyMessage: Method = (ctx) => {
  checkWritable(ctx.bot, findRoom(ctx));
  const content = contentOf(source(ctx, ctx.params.int('message_id'), 'copy'));
  if (ctx.params.values.has('caption') && !('text' in content)) {
    delete content['caption'];
    delete content['caption_entities'];
    Object.assign(content, captionFields(ctx));
  }
  return { message_id: sendContent(ctx, content).message['message_id'] };
};

/** Messages that cannot be found or sent are skipped; albums stay albums. */
function batch(ctx: Context, build: (stored: Stored) => Dict, verb: 'forward' | 'copy'): Dict[] {
  const ids = messageIds(ctx);
  if (ids.some((id, i) => i > 0 && id <= ids[i - 1]!)) throw badRequest('message identifiers must be in a strictly increasing order');
  const room: Room = findRoom(ctx);
  checkWritable(ctx.bot, room);
  const from = findRoom(ctx, 'from_chat_id');
  const found = ids.map((id) => from.find(id)).filter((s) => s !== undefined && !s.message['has_protected_content'] && Object.keys(contentOf(s)).length > 0);
  if (!found.length) throw badRequest(`there are no messages to ${verb}`);
  ctx.world.limits.charge(ctx.bot.id, Number(room.chat['id']), found.length);
  const groups = new Map<string, string>();
  return found.map((stored) => {
    const content = build(stored!);
    const group = stored!.message['media_group_id'];
    if (group) {
      if (!groups.has(group)) groups.set(group, newGroupId());
      content['media_group_id'] = groups.get(group);
    }
    return { message_id: sendContent(ctx, content, 0).message['message_id'] };
  });
}

const copyMessages: Method = (ctx) =>
  batch(ctx, (stored) => {
    const content = contentOf(stored);
    if (ctx.params.bool('remove_caption')) {
      delete content['caption'];
      delete content['caption_entities'];
    }
    return content;
  }, 'copy');

const forwardMessages: Method = (ctx) => batch(ctx, forwardedContent, 'forward');

export const copyMethods: Record<string, Method> = { forwardMessage, forwardMessages, copyMessage, copyMessages };

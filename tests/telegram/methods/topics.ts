// Forum topics: in forum supergroups, and in private chats with a bot in topics mode.
import type { Dict } from '../errors.ts';
import { badRequest } from '../errors.ts';
import type { Room, Topic } from '../rooms.ts';
import type { Person } from '../world.ts';
import type { Bot } from '../bots.ts';
import { codePoints } from '../text.ts';
import type { Context, Method } from './common.ts';
import { findRoom, managesTopics } from './common.ts';

/** The first of the six colours that topics may have. */
const DEFAULT_COLOR = 7322096;

/** The words of tdlib's ForumTopicManager. A topic's creator may edit it without the right. */
function forum(ctx: Context, what: string, creator?: Bot): Room {
  const room = findRoom(ctx);
  if (!room.isForum) throw badRequest('the chat is not a forum');
  if (!room.isPrivate && creator !== ctx.bot && !managesTopics(room, ctx.bot)) throw badRequest(`not enough rights to ${what}`);
  return room;
}

/** For a method about one topic. */
function forumOf(ctx: Context, what: string): { room: Room; topic: Topic } {
  const asked = findRoom(ctx).topics.get(ctx.params.int('message_thread_id'));
  const room = forum(ctx, what, asked?.creator);
  return { room, topic: topicOf(ctx, room) };
}

function topicOf(ctx: Context, room: Room): Topic {
  const topic = room.topics.get(ctx.params.int('message_thread_id'));
  if (!topic) throw badRequest('message thread not found');
  return topic;
}

export function shownTopic(topic: Topic): Dict {
  const { closed: _closed, creator: _creator, ...shown } = topic;
  return shown;
}

/** The id of a topic is that of the service message that opens it. */
export function openTopic(room: Room, by: Bot | Person, name: string, color = DEFAULT_COLOR, emoji = ''): Topic {
  const created: Dict = { name, icon_color: color, ...(emoji ? { icon_custom_emoji_id: emoji } : {}) };
  const stored = room.post(by, { forum_topic_created: created });
  const id = stored.message['message_id'] as number;
  stored.message = { ...stored.message, message_thread_id: id, is_topic_message: true };
  const topic: Topic = { message_thread_id: id, closed: false, creator: 'token' in by ? (by as Bot) : undefined, name, icon_color: color, ...(emoji ? { icon_custom_emoji_id: emoji } : {}) };
  room.topics.set(id, topic);
  room.tellBots('message', 'Message', stored.message);
  return topic;
}

function service(ctx: Context, room: Room, topicId: number, content: Dict): true {
  const thread = topicId === 1 ? {} : { message_thread_id: topicId, is_topic_message: true };
  room.tellBots('message', 'Message', room.post(ctx.bot, { ...thread, ...content }).message);
  return true;
}

function checkName(ctx: Context): string {
  const name = ctx.params.str('name').trim();
  if (!name) throw badRequest('TOPIC_TITLE_EMPTY');
  if (codePoints(name) > 128) throw badRequest('TOPIC_TITLE_TOO_LONG');
  return name;
}

const createForumTopic: Method = (ctx) => {
  const room = forum(ctx, 'create a topic');
  const topic = openTopic(room, ctx.bot, checkName(ctx), ctx.params.int('icon_color', DEFAULT_COLOR), ctx.params.str('icon_custom_emoji_id'));
  return shownTopic(topic);
};

const editForumTopic: Method = (ctx) => {
  const { room, topic } = forumOf(ctx, 'edit the topic');
  const change: Dict = {};
  if (ctx.params.has('name')) change['name'] = checkName(ctx);
  if (ctx.params.values.has('icon_custom_emoji_id')) change['icon_custom_emoji_id'] = ctx.params.str('icon_custom_emoji_id');
  if (Object.entries(change).every(([key, value]) => (topic as unknown as Dict)[key] === value)) throw badRequest('TOPIC_NOT_MODIFIED');
  Object.assign(topic, change);
  return service(ctx, room, topic.message_thread_id, { forum_topic_edited: change });
};

function setClosed(closed: boolean): Method {
  return (ctx) => {
    const { room, topic } = forumOf(ctx, 'edit the topic');
    if (topic.closed === closed) throw badRequest('TOPIC_NOT_MODIFIED');
    topic.closed = closed;
    return service(ctx, room, topic.message_thread_id, closed ? { forum_topic_closed: {} } : { forum_topic_reopened: {} });
  };
}

const deleteForumTopic: Method = (ctx) => {
  const { room, topic } = forumOf(ctx, 'delete the topic');
  removeTopic(room, topic);
  return true;
};

/** Nobody is told: bots have no update about a deleted topic. */
export function removeTopic(room: Room, topic: Topic): void {
  room.topics.delete(topic.message_thread_id);
  for (const stored of room.messages.values()) {
    if (!stored.deleted && stored.message['message_thread_id'] === topic.message_thread_id) room.remove(stored);
  }
}

const unpinAllForumTopicMessages: Method = (ctx) => {
  const { room, topic } = forumOf(ctx, 'unpin messages');
  const id = topic.message_thread_id;
  const kept = room.pinned.filter((pin) => room.find(pin)?.message['message_thread_id'] !== id);
  room.pinned.splice(0, room.pinned.length, ...kept);
  return true;
};

// --- the General topic, which has no service message of its own ---------------------------------------------------------

interface General extends Topic {
  hidden: boolean;
}
const generals = new WeakMap<Room, General>();

function general(ctx: Context): { room: Room; topic: General } {
  const room = forum(ctx, 'edit the topic');
  let topic = generals.get(room);
  if (!topic) generals.set(room, (topic = { message_thread_id: 1, name: 'General', icon_color: DEFAULT_COLOR, closed: false, hidden: false }));
  return { room, topic };
}

function generalSwitch(field: 'closed' | 'hidden', value: boolean, content: Dict): Method {
  return (ctx) => {
    const { room, topic } = general(ctx);
    if (topic[field] === value) throw badRequest('TOPIC_NOT_MODIFIED');
    topic[field] = value;
    return service(ctx, room, 1, content);
  };
}

const editGeneralForumTopic: Method = (ctx) => {
  const { room, topic } = general(ctx);
  const name = checkName(ctx);
  if (topic.name === name) throw badRequest('TOPIC_NOT_MODIFIED');
  topic.name = name;
  return service(ctx, room, 1, { forum_topic_edited: { name } });
};

const unpinAllGeneralForumTopicMessages: Method = (ctx) => {
  const { room } = general(ctx);
  const kept = room.pinned.filter((pin) => room.find(pin)?.message['message_thread_id'] !== undefined);
  room.pinned.splice(0, room.pinned.length, ...kept);
  return true;
};

export const topicMethods: Record<string, Method> = {
  createForumTopic, editForumTopic, closeForumTopic: setClosed(true), reopenForumTopic: setClosed(false), deleteForumTopic,
  unpinAllForumTopicMessages, editGeneralForumTopic, closeGeneralForumTopic: generalSwitch('closed', true, { forum_topic_closed: {} }),
  reopenGeneralForumTopic: generalSwitch('closed', false, { forum_topic_reopened: {} }),
  hideGeneralForumTopic: generalSwitch('hidden', true, { general_forum_topic_hidden: {} }),
  unhideGeneralForumTopic: generalSwitch('hidden', false, { general_forum_topic_unhidden: {} }),
  unpinAllGeneralForumTopicMessages, getForumTopicIconStickers: () => [],
};

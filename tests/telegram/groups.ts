// Groups, migration, topics and business connections.
import type { Dict } from './errors.ts';
import { Misuse } from './customers.ts';
import { chatMember, setBotStatus } from './methods/chats.ts';
import { openTopic, removeTopic, shownTopic } from './methods/topics.ts';
import type { Room, Topic } from './rooms.ts';
import type { Person, World } from './world.ts';

export function personOf(world: World, id: unknown): Person {
  const person = world.people.get(Number(id));
  if (!person) throw new Misuse('no such customer');
  return person;
}

export function createGroup(world: World, body: Dict): Room {
  const type = String(body['type'] ?? 'supergroup');
  if (type !== 'group' && type !== 'supergroup') throw new Misuse('type must be group or supergroup');
  const chat: Dict = { id: Number(body['id'] ?? world.nextGroupId(type)), type, title: String(body['title'] ?? 'Group') };
  if (body['username']) chat['username'] = String(body['username']);
  if (body['is_forum']) chat['is_forum'] = true;
  const room = world.addGroup(chat);
  room.isForum = body['is_forum'] === true;
  const members = ((body['members'] ?? []) as unknown[]).map((id) => personOf(world, id));
  const owner = members[0] ?? world.addPerson({ first_name: 'Owner' });
  for (const member of [owner, ...members]) room.people.add(member);
  const bots = Array.isArray(body['bots']) ? body['bots'] : [body['bot']];
  for (const key of bots) {
    const bot = world.findBot(key);
    if (!bot) throw new Misuse('no such bot');
    setBotStatus(world, room, bot, String(body['bot_status'] ?? 'administrator'), owner);
  }
  return room;
}

export function groupOf(world: World, id: unknown): Room {
  const room = world.groupRoom(Number(id));
  if (!room) throw new Misuse('no such group');
  return room;
}

const owner = (room: Room): Person => room.people.values().next().value as Person;

/** A basic group becomes a supergroup with a new id; both chats report it, and the old id stops working. */
function migrate(world: World, room: Room): Dict {
  if (room.chat['type'] !== 'group') throw new Misuse('only a basic group can be upgraded');
  const next = world.addGroup({ ...room.chat, id: world.nextGroupId('supergroup'), type: 'supergroup' });
  for (const person of room.people) next.people.add(person);
  for (const bot of room.bots) {
    next.bots.add(bot);
    next.botStatus.set(bot, room.botStatus.get(bot) ?? 'member');
  }
  const by = owner(room);
  room.tellBots('message', 'Message', room.post(by, { migrate_to_chat_id: next.chat['id'] }).message);
  next.tellBots('message', 'Message', next.post(by, { migrate_from_chat_id: room.chat['id'] }).message);
  room.migratedTo = next.chat['id'] as number;
  return { chat: next.chat };
}

function retitle(_world: World, room: Room, body: Dict): Dict {
  room.chat = { ...room.chat, title: String(body['title'] ?? '') };
  room.tellBots('message', 'Message', room.post(owner(room), { new_chat_title: room.chat['title'] }).message);
  return { chat: room.chat };
}

function join(world: World, room: Room, body: Dict): Dict {
  const person = personOf(world, body['customer']);
  room.people.add(person);
  const content = { new_chat_members: [person], new_chat_member: person, new_chat_participant: person };
  room.tellBots('message', 'Message', room.post(person, content).message);
  tellMember(world, room, person, 'left', 'member');
  return {};
}

function leave(world: World, room: Room, body: Dict): Dict {
  const person = personOf(world, body['customer']);
  room.people.delete(person);
  room.tellBots('message', 'Message', room.post(person, { left_chat_member: person, left_chat_participant: person }).message);
  tellMember(world, room, person, 'member', 'left');
  return {};
}

function tellMember(world: World, room: Room, person: Person, before: string, after: string): void {
  const update = { chat: room.chat, from: person, date: world.seconds(), old_chat_member: chatMember(person, before), new_chat_member: chatMember(person, after) };
  room.tellBots('chat_member', 'ChatMemberUpdated', update);
}

/** status: administrator, member, restricted, left, kicked. rights: of an administrator, such as can_manage_topics: false. */
function bot(world: World, room: Room, body: Dict): Dict {
  const found = world.findBot(body['bot']);
  if (!found) throw new Misuse('no such bot');
  setBotStatus(world, room, found, String(body['status'] ?? 'kicked'), owner(room), (body['rights'] ?? {}) as Dict);
  return { status: room.botStatus.get(found) };
}

function topic(world: World, room: Room, body: Dict): Dict {
  room.isForum = true;
  if (!room.isPrivate) room.chat = { ...room.chat, is_forum: true };
  const by = body['customer'] ? personOf(world, body['customer']) : owner(room);
  return { topic: shownTopic(openTopic(room, by, String(body['name'] ?? 'Topic'))) };
}

/** Switches topics on or off; what is in them stays. Bots are not told. */
function forum(_world: World, room: Room, body: Dict): Dict {
  const { is_forum: _before, ...chat } = room.chat;
  room.isForum = body['enabled'] !== false;
  room.chat = room.isForum ? { ...chat, is_forum: true } : chat;
  return { chat: room.chat };
}

function topicIn(room: Room, body: Dict): Topic {
  const found = room.topics.get(Number(body['thread']));
  if (!found) throw new Misuse('no such topic');
  return found;
}

/** A person closes, reopens, renames or deletes a topic; bots are not told of a deletion. */
function changeTopic(_world: World, room: Room, body: Dict): Dict {
  const found = topicIn(room, body);
  const tell = (content: Dict): void =>
    room.tellBots('message', 'Message', room.post(owner(room), { message_thread_id: found.message_thread_id, is_topic_message: true, ...content }).message);
  if (body['deleted']) removeTopic(room, found);
  if (body['closed'] !== undefined) {
    found.closed = body['closed'] === true;
    tell(found.closed ? { forum_topic_closed: {} } : { forum_topic_reopened: {} });
  }
  if (body['name'] !== undefined) {
    found.name = String(body['name']);
    tell({ forum_topic_edited: { name: found.name } });
  }
  return {};
}

const topics = (_world: World, room: Room): Dict => ({ topics: [...room.topics.values()].map((t) => ({ ...shownTopic(t), closed: t.closed })) });

/** On purpose: messages for `thread` land in `into` (0: outside topics); without `into`, no more. */
function stray(_world: World, room: Room, body: Dict): Dict {
  if (body['into'] === undefined) room.strays.delete(Number(body['thread']));
  else room.strays.set(Number(body['thread']), Number(body['into']));
  return {};
}

function remove(_world: World, room: Room): Dict {
  room.deactivated = true;
  return {};
}

export const groupVerbs: Record<string, (world: World, room: Room, body: Dict) => Dict> = {
  migrate, rename: retitle, join, leave, bot, topic, forum, 'change-topic': changeTopic, topics, stray, delete: remove,
};

/** Turns on the topics mode of a bot: its private chats become forums. */
export function enableTopics(world: World, botKey: unknown, person: Person): Room {
  const found = world.findBot(botKey);
  if (!found) throw new Misuse('no such bot');
  found.profile['flags'].has_topics_enabled = true;
  const room = world.openPrivateRoom(found, person);
  room.isForum = true;
  return room;
}

export function connectBusiness(world: World, body: Dict): Dict {
  const found = world.findBot(body['bot']);
  if (!found) throw new Misuse('no such bot');
  const account = personOf(world, body['owner']);
  const id = String(body['id'] ?? `bc${world.nextCallbackId()}`);
  const enabled = body['is_enabled'] !== false;
  const rights = body['rights'] ?? { can_reply: true, can_read_messages: true };
  const connection = { id, user: account, user_chat_id: account.id, date: world.seconds(), rights, is_enabled: enabled };
  world.business.set(id, connection);
  found.push('business_connection', 'BusinessConnection', connection, `b:${account.id}`);
  return { connection };
}

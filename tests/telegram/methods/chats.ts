// Methods about the bot, its chats, users and files; answers to buttons; reading in business chats.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Bot } from '../bots.ts';
import type { Dict } from '../errors.ts';
import { badRequest } from '../errors.ts';
import { MAX_DOWNLOAD } from '../files.ts';
import type { Room } from '../rooms.ts';
import { codePoints } from '../text.ts';
import { World } from '../world.ts';
import type { Context, Method } from './common.ts';
import { findRoom } from './common.ts';

const getMe: Method = (ctx) => ctx.bot.me();

const getFile: Method = (ctx) => {
  const id = ctx.params.str('file_id');
  if (!id) throw badRequest('file_id not specified');
  const unique = ctx.bot.uniqueOf(id);
  const file = unique ? ctx.world.files.get(unique) : undefined;
  if (!file) throw badRequest('wrong file_id or the file is temporarily unavailable');
  const local = ctx.world.settings.local_server;
  if (file.bytes.length > MAX_DOWNLOAD && !local) throw badRequest('file is too big');
  const path = ctx.world.files.link(file);
  return { file_id: id, file_unique_id: file.unique, file_size: file.bytes.length, file_path: local ? localPath(ctx.world, file.bytes, path) : path };
};

/** A local server returns a path on its disk. Without a folder the path is absolute, but served over HTTP. */
function localPath(world: World, bytes: Buffer, path: string): string {
  const folder = world.settings.local_files;
  if (!folder) return `/${path}`;
  const place = join(folder, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, bytes);
  return place;
}

const getChat: Method = (ctx) => {
  const room = findRoom(ctx);
  const info: Dict = {
    ...room.chat,
    accent_color_id: Math.abs(Number(room.chat['id'])) % 7,
    max_reaction_count: 11,
    accepted_gift_types: { unlimited_gifts: true, limited_gifts: true, unique_gifts: true, premium_subscription: true, gifts_from_channels: true },
  };
  if (room.chat['username']) info['active_usernames'] = [room.chat['username']];
  const pinned = room.pinned.length ? room.find(room.pinned.at(-1)!) : undefined;
  if (pinned) info['pinned_message'] = World.shallow(pinned);
  const photo = room.person && ctx.world.avatars.get(room.person.id);
  if (photo) info['photo'] = chatPhoto(photo);
  return info;
};

function chatPhoto(sizes: Dict[]): Dict {
  const [small, big] = [sizes[0]!, sizes.at(-1)!];
  return {
    small_file_id: small['file_id'], small_file_unique_id: small['file_unique_id'],
    big_file_id: big['file_id'], big_file_unique_id: big['file_unique_id'],
  };
}

const ADMIN_RIGHTS = {
  can_be_edited: false, is_anonymous: false, can_manage_chat: true, can_delete_messages: true, can_manage_video_chats: true,
  can_restrict_members: true, can_promote_members: false, can_change_info: true, can_invite_users: true, can_post_stories: true,
  can_edit_stories: true, can_delete_stories: true, can_pin_messages: true, can_manage_topics: true, can_send_welcome_messages: true,
};

/** A ChatMember with the given status. */
export function chatMember(user: Dict, status: string, rights: Dict = {}): Dict {
  if (status === 'administrator') return { status, user, ...ADMIN_RIGHTS, ...rights };
  if (status === 'kicked') return { status, user, until_date: 0 };
  if (status === 'creator') return { status, user, is_anonymous: false };
  if (status === 'restricted') {
    const no = ['messages', 'audios', 'documents', 'photos', 'videos', 'video_notes', 'voice_notes', 'polls', 'other_messages'];
    const others = {
      can_add_web_page_previews: false, can_react_to_messages: false, can_edit_tag: false, can_change_info: false,
      can_invite_users: false, can_pin_messages: false, can_manage_topics: false, until_date: 0,
    };
    return { status, user, is_member: true, ...Object.fromEntries(no.map((n) => [`can_send_${n}`, false])), ...others };
  }
  return { status, user };
}

function memberOf(ctx: Context, room: Room, id: number): Dict | undefined {
  for (const bot of ctx.world.bots.values()) {
    if (bot.id === id) return chatMember(bot.user, room.botStatus.get(bot) ?? (room.bots.has(bot) ? 'member' : 'left'), room.botRights.get(bot));
  }
  const person = ctx.world.people.get(id);
  if (!person) return undefined;
  if (room.isPrivate) return room.person === person ? chatMember(person, 'member') : undefined;
  if (!room.people.has(person)) return chatMember(person, 'left');
  return chatMember(person, room.people.values().next().value === person ? 'creator' : 'member');
}

const getChatMember: Method = (ctx) => {
  const room = findRoom(ctx);
  const member = memberOf(ctx, room, ctx.params.int('user_id'));
  if (!member) throw badRequest('PARTICIPANT_ID_INVALID');
  return member;
};

const getChatAdministrators: Method = (ctx) => {
  const room = findRoom(ctx);
  if (room.isPrivate) throw badRequest('there are no administrators in the private chat');
  const members = [...[...room.people].map((p) => p.id), ...[...room.bots].map((b) => b.id)].map((id) => memberOf(ctx, room, id)!);
  return members.filter((member) => member['status'] === 'creator' || member['status'] === 'administrator');
};

const getChatMemberCount: Method = (ctx) => {
  const room = findRoom(ctx);
  return room.isPrivate ? 2 : room.people.size + room.bots.size;
};

const getUserProfilePhotos: Method = (ctx) => {
  const person = ctx.world.people.get(ctx.params.int('user_id'));
  if (!person) throw badRequest('user not found');
  const photo = ctx.world.avatars.get(person.id);
  return { total_count: photo ? 1 : 0, photos: photo && ctx.params.int('offset') === 0 ? [photo] : [] };
};

const leaveChat: Method = (ctx) => {
  const room = findRoom(ctx);
  if (room.isPrivate) throw badRequest("chat member status can't be changed in private chats");
  setBotStatus(ctx.world, room, ctx.bot, 'left', ctx.bot.user);
  return true;
};

/** Reports its new status to the bot, as my_chat_member. */
export function setBotStatus(world: World, room: Room, bot: Bot, status: string, by: Dict, rights: Dict = {}): void {
  const formerRights = room.botRights.get(bot);
  room.botRights.set(bot, rights);
  const before = room.botStatus.get(bot) ?? (room.bots.has(bot) ? 'member' : 'left');
  room.botStatus.set(bot, status);
  if (!room.isPrivate && (status === 'left' || status === 'kicked')) room.bots.delete(bot);
  else room.bots.add(bot);
  const update = { chat: room.chat, from: by, date: world.seconds(), old_chat_member: chatMember(bot.user, before, formerRights), new_chat_member: chatMember(bot.user, status, rights) };
  bot.push('my_chat_member', 'ChatMemberUpdated', update, room.key);
  world.tell({ type: 'block', room: room.key, chat: room.chat['id'], bot: bot.id, status });
}

const answerCallbackQuery: Method = (ctx) => {
  const { params, world } = ctx;
  const query = world.callbacks.get(params.str('callback_query_id'));
  const expired = query && world.now() - query.at > world.settings.callback_query_ttl_s * 1000;
  if (!query || query.bot !== ctx.bot || expired) throw badRequest('query is too old and response timeout expired or query ID is invalid');
  if (codePoints(params.str('text')) > 200) throw badRequest('MESSAGE_TOO_LONG');
  query.answered = { text: params.str('text'), show_alert: params.bool('show_alert'), url: params.str('url') };
  world.tell({ type: 'answer', callback_query_id: query.id, ...query.answered });
  return true;
};

// --- commands --------------------------------------------------------------------------------------------------------

function commandsKey(ctx: Context): string {
  const scope = ctx.params.json('scope', "can't parse BotCommandScope JSON object") ?? { type: 'default' };
  return `${JSON.stringify(scope)}|${ctx.params.str('language_code')}`;
}

const setMyCommands: Method = (ctx) => {
  const list = ctx.params.json('commands', "can't parse commands JSON object");
  if (!Array.isArray(list)) throw badRequest('expected an Array of BotCommand');
  for (const item of list as Dict[]) {
    if (!/^\/?[a-z0-9_]{1,32}$/.test(String(item['command'] ?? ''))) throw badRequest('BOT_COMMAND_INVALID');
    if (!item['description'] || codePoints(String(item['description'])) > 256) throw badRequest('BOT_COMMAND_DESCRIPTION_INVALID');
  }
  ctx.bot.profile['commands'][commandsKey(ctx)] = list.map((c: Dict) => ({ command: String(c['command']).replace(/^\//, ''), description: String(c['description']) }));
  return true;
};
const getMyCommands: Method = (ctx) => ctx.bot.profile['commands'][commandsKey(ctx)] ?? [];
const deleteMyCommands: Method = (ctx) => delete ctx.bot.profile['commands'][commandsKey(ctx)];

// --- the bot's profile -----------------------------------------------------------------------------------------------

/** One text for each language; who has none sees that of all languages. An empty one removes it. */
function profileText(key: 'name' | 'description' | 'short_description', most: number): { get: Method; set: Method } {
  const inherited = (ctx: Context): string => (key === 'name' ? ctx.bot.user['first_name'] : '');
  return {
    get: (ctx) => ({ [key]: ctx.bot.profile[key][ctx.params.str('language_code')] ?? ctx.bot.profile[key][''] ?? inherited(ctx) }),
    set: (ctx) => {
      const [text, language] = [ctx.params.str(key), ctx.params.str('language_code')];
      if (language && !/^[a-z]{2}$/.test(language)) throw badRequest('LANG_CODE_INVALID');
      if (codePoints(text) > most) throw badRequest(`BOT_${key === 'short_description' ? 'ABOUT' : key.toUpperCase()}_INVALID`);
      if (text) ctx.bot.profile[key][language] = text;
      else delete ctx.bot.profile[key][language];
      if (key === 'name' && text && !language) ctx.bot.user['first_name'] = text;
      return true;
    },
  };
}

const names = profileText('name', 64);
const descriptions = profileText('description', 512);
const abouts = profileText('short_description', 120);

const setChatMenuButton: Method = (ctx) => {
  const button = (ctx.params.json('menu_button', "can't parse MenuButton JSON object") ?? { type: 'default' }) as Dict;
  if (button['type'] === 'web_app' && (!button['text'] || !/^https:/.test(String(button['web_app']?.url)))) throw badRequest('BUTTON_URL_INVALID');
  ctx.bot.profile['menu_button'] = button;
  return true;
};
const getChatMenuButton: Method = (ctx) => ctx.bot.profile['menu_button'] ?? { type: 'default' };

// --- business --------------------------------------------------------------------------------------------------------

function businessConnection(ctx: Context): Dict {
  const connection = ctx.world.business.get(ctx.params.str('business_connection_id'));
  if (!connection) throw badRequest('BUSINESS_CONNECTION_INVALID');
  return connection;
}

const getBusinessConnection: Method = (ctx) => {
  const { bot: _bot, ...connection } = businessConnection(ctx);
  return connection;
};

const readBusinessMessage: Method = (ctx) => {
  const connection = businessConnection(ctx);
  if (!connection['rights']?.can_read_messages) throw badRequest('BOT_ACCESS_FORBIDDEN');
  const room = findRoom(ctx);
  if (!room.find(ctx.params.int('message_id'))) throw badRequest('message not found');
  return true;
};

export const chatMethods: Record<string, Method> = {
  getMe, getFile, getChat, getChatMember, getChatAdministrators, getChatMemberCount, getUserProfilePhotos, leaveChat,
  answerCallbackQuery, setMyCommands, getMyCommands, deleteMyCommands,
  getMyName: names.get, setMyName: names.set, getMyDescription: descriptions.get, setMyDescription: descriptions.set,
  getMyShortDescription: abouts.get, setMyShortDescription: abouts.set, setChatMenuButton, getChatMenuButton,
  getBusinessConnection, readBusinessMessage,
};

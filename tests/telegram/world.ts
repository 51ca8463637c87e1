// The whole state of one simulator: bots, people, chats, files, calls, faults, limits and the clock.
//
// Everything is in the memory of one process. HTTP is in http.ts, webhook.ts and control.ts only.
import { randomInt } from 'node:crypto';
import { Bot } from './bots.ts';
import { CallLog } from './calls.ts';
import type { Dict } from './errors.ts';
import { Faults } from './faults.ts';
import { FileStore } from './files.ts';
import { Limits } from './limits.ts';
import type { Stored } from './rooms.ts';
import { Room } from './rooms.ts';
import { Spec } from './spec.ts';

export interface Settings {
  strict: boolean;
  /** A local Bot API server: bigger uploads, absolute file paths, http webhooks anywhere. */
  local_server: boolean;
  /** Where a local server puts its files: getFile then names them by their paths there. */
  local_files: string;
  /** getFile's link "lasts at least 1 h". */
  file_link_ttl_s: number;
  /** Not published; about as long as Telegram's apps wait for the answer to a button. */
  callback_query_ttl_s: number;
  update_ttl_s: number;
  /** A bot may delete its messages for 48 h. */
  delete_limit_s: number;
  webhook_timeout_ms: number;
  /** First retry; it doubles up to webhook_retry_max_ms. */
  webhook_retry_ms: number;
  webhook_retry_max_ms: number;
  /** Another server with the same token, which sets this webhook again after every setWebhook and deleteWebhook. */
  webhook_rival: string;
  /** Repeating the same offset within this time makes a short poll wait as long. */
  poll_throttle_ms: number;
}

const DEFAULTS: Settings = {
  strict: false,
  local_server: false,
  local_files: '',
  file_link_ttl_s: 3600,
  callback_query_ttl_s: 60,
  update_ttl_s: 24 * 3600,
  delete_limit_s: 48 * 3600,
  webhook_timeout_ms: 60_000,
  webhook_retry_ms: 1000,
  webhook_retry_max_ms: 60_000,
  webhook_rival: '',
  poll_throttle_ms: 3000,
};

export interface Person extends Dict {
  id: number;
  is_bot: boolean;
  first_name: string;
  last_name?: string;
  username?: string;
  language_code?: string;
}

export interface CallbackQuery {
  id: string;
  bot: Bot;
  at: number;
  answered?: Dict;
}

/** The live events for the page and the tests. */
export interface WorldEvent extends Dict {
  type: 'message' | 'edit' | 'delete' | 'action' | 'customer' | 'block' | 'answer' | 'reaction' | 'pin' | 'reset' | 'chat' | 'vote';
}

export class World {
  readonly settings: Settings;
  readonly spec: Spec;
  readonly bots = new Map<string, Bot>();
  readonly people = new Map<number, Person>();
  readonly rooms = new Map<string, Room>();
  /** Profile photos by person. */
  readonly avatars = new Map<number, Dict[]>();
  readonly callbacks = new Map<string, CallbackQuery>();
  readonly business = new Map<string, Dict>();
  /** By poll: the options that each person has chosen. */
  readonly votes = new Map<string, Map<number, number[]>>();
  readonly files: FileStore;
  readonly calls = new CallLog();
  readonly faults = new Faults();
  readonly limits: Limits;
  /** Sentences about emitted objects that break the specification; kept in strict mode. */
  readonly violations: string[] = [];
  /** The offset of the clock, which tests move forward. */
  clockOffsetMs = 0;
  private readonly listeners = new Set<(event: WorldEvent) => void>();
  /** Above 32 bits, as today's accounts are. */
  private nextPerson = 6_100_000_000 + randomInt(1_000_000);
  private nextGroup = 1_900_000_000 + randomInt(1_000_000);
  private nextCallback = BigInt(randomInt(1 << 30)) << 32n;

  constructor(settings: Partial<Settings> = {}, specPath?: string) {
    this.settings = { ...DEFAULTS, ...settings };
    this.spec = new Spec(specPath);
    this.limits = new Limits(() => this.now());
    this.files = new FileStore(this.settings, () => this.now());
  }

  now(): number {
    return Date.now() + this.clockOffsetMs;
  }

  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  listen(listener: (event: WorldEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(event: WorldEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  addBot(token: string, profile: Dict = {}): Bot {
    const bot = new Bot(this, token, profile);
    this.bots.set(token, bot);
    return bot;
  }

  /** By token, id or username; the first bot if absent. */
  findBot(key: unknown): Bot | undefined {
    if (key === undefined || key === null || key === '') return this.bots.values().next().value;
    const text = String(key).replace(/^@/, '');
    const exact = this.bots.get(text);
    if (exact) return exact;
    for (const bot of this.bots.values()) {
      if (String(bot.id) === text || bot.user['username'] === text) return bot;
    }
    return undefined;
  }

  addPerson(profile: Dict): Person {
    const id = Number(profile['id'] ?? this.nextPerson++);
    const person: Person = { id, is_bot: false, first_name: String(profile['first_name'] ?? 'Customer') };
    for (const key of ['last_name', 'username', 'language_code', 'is_premium']) if (profile[key]) person[key] = profile[key];
    this.people.set(id, person);
    return person;
  }

  nextGroupId(type: string): number {
    const id = this.nextGroup++;
    return type === 'group' ? -(id % 4_000_000_000) : -1_000_000_000_000 - id;
  }

  nextCallbackId(): string {
    return String(++this.nextCallback);
  }

  privateRoom(bot: Bot, personId: number): Room | undefined {
    return this.rooms.get(`${bot.id}:${personId}`);
  }

  openPrivateRoom(bot: Bot, person: Person): Room {
    const existing = this.privateRoom(bot, person.id);
    if (existing) return existing;
    const room = new Room(this, `${bot.id}:${person.id}`, privateChat(person));
    room.bots.add(bot);
    room.person = person;
    this.rooms.set(room.key, room);
    this.tell({ type: 'chat', chat: room.chat, bot: bot.id });
    return room;
  }

  groupRoom(id: number): Room | undefined {
    return this.rooms.get(`g:${id}`);
  }

  roomOf(bot: Bot, chatId: number): Room | undefined {
    return this.privateRoom(bot, chatId) ?? this.groupRoom(chatId);
  }

  addGroup(chat: Dict): Room {
    const room = new Room(this, `g:${chat['id']}`, chat);
    // Message 1 is the creation of the group, which no bot has received; a topic can never have its id.
    room.takeMessageId();
    this.rooms.set(room.key, room);
    this.tell({ type: 'chat', chat });
    return room;
  }

  renamePerson(person: Person, change: Dict): void {
    for (const key of ['first_name', 'last_name', 'username', 'language_code']) {
      if (!(key in change)) continue;
      if (change[key]) person[key] = String(change[key]);
      else delete person[key];
    }
    if ('is_premium' in change) {
      if (change['is_premium'] === true || change['is_premium'] === 'true') person['is_premium'] = true;
      else delete person['is_premium'];
    }
    for (const room of this.rooms.values()) if (room.person === person) room.chat = privateChat(person);
    this.tell({ type: 'customer', customer: person });
  }

  /** The JSON for a bot: with the file ids of this bot; in strict mode the object must conform to the specification. */
  emit(bot: Bot, type: string, object: unknown): string {
    if (this.settings.strict) this.note(this.spec.checkObject(type, object));
    return bot.ownFileIds(JSON.stringify(object));
  }

  note(problems: string[]): void {
    for (const problem of problems) {
      console.error(`violation: ${problem}`);
      if (this.violations.length < 1000) this.violations.push(problem);
    }
  }

  /** A message as it is contained in a reply or a pin: without the message to which it replies. */
  static shallow(stored: Stored): Dict {
    const { reply_to_message: _nested, ...rest } = stored.message;
    return rest;
  }

  reset(): void {
    this.people.clear();
    this.rooms.clear();
    this.avatars.clear();
    this.callbacks.clear();
    this.business.clear();
    this.files.clear();
    this.calls.clear();
    this.faults.clear();
    this.limits.clear();
    this.violations.length = 0;
    this.clockOffsetMs = 0;
    for (const bot of this.bots.values()) bot.reset();
    this.tell({ type: 'reset' });
  }
}

export function privateChat(person: Person): Dict {
  const chat: Dict = { id: person.id, type: 'private', first_name: person.first_name };
  if (person.last_name) chat['last_name'] = person.last_name;
  if (person.username) chat['username'] = person.username;
  return chat;
}

// One chat: its messages, topics and members, and the state of its customer's screen.
//
// Messages are never changed in place: an edit stores a new object, so queued updates keep the former state.
import { randomInt } from 'node:crypto';
import type { Bot } from './bots.ts';
import type { Dict } from './errors.ts';
import type { Person, World } from './world.ts';

export interface Stored {
  message: Dict;
  /** The bot that sent the message; absent for a message of a user. */
  author: Bot | undefined;
  atMs: number;
  deleted: boolean;
  reactions: Dict[];
  /** The message has a custom keyboard, and therefore cannot be edited. */
  hasReplyKeyboard: boolean;
  /** The message before each edit, oldest first. */
  history: Dict[];
}

export interface Topic {
  message_thread_id: number;
  name: string;
  icon_color: number;
  icon_custom_emoji_id?: string;
  closed: boolean;
  /** The bot that created it; it may rename and close it without the right to manage topics. */
  creator?: Bot | undefined;
}

export class Room {
  readonly world: World;
  readonly key: string;
  chat: Dict;
  person: Person | undefined;
  readonly bots = new Set<Bot>();
  /** The bot's status in a group; `kicked` in a private chat: the customer has blocked the bot. */
  readonly botStatus = new Map<Bot, string>();
  /** Rights that an administrator was not given, or was given besides the usual ones. */
  readonly botRights = new Map<Bot, Dict>();
  /** On purpose: what is sent to the topic lands in another one (0: outside topics), as users of the server reported. */
  readonly strays = new Map<number, number>();
  readonly people = new Set<Person>();
  readonly messages = new Map<number, Stored>();
  readonly topics = new Map<number, Topic>();
  readonly pinned: number[] = [];
  keyboard: Dict | undefined;
  action: { action: string; until: number; thread?: number } | undefined;
  /** The account was deleted. `started`: the customer has pressed Start. `migratedTo`: the supergroup that the group became. */
  deactivated = false;
  started = true;
  migratedTo: number | undefined;
  /** In a private chat with topics mode. */
  isForum = false;
  /** The same for every button of the chat. */
  readonly chatInstance = `${randomInt(1, 1 << 30)}${randomInt(1 << 30)}`;
  private nextMessageId = 1;

  constructor(world: World, key: string, chat: Dict) {
    this.world = world;
    this.key = key;
    this.chat = chat;
  }

  get isPrivate(): boolean {
    return this.chat['type'] === 'private';
  }

  takeMessageId(): number {
    return this.nextMessageId++;
  }

  isBlocked(bot: Bot): boolean {
    return this.isPrivate && this.botStatus.get(bot) === 'kicked';
  }

  /** Adds a message and shows it. The caller sends the updates, because a bot does not receive its own messages. */
  post(sender: Bot | Person | undefined, content: Dict, options: { keyboard?: Dict | undefined } = {}): Stored {
    const author = sender && 'token' in sender ? (sender as Bot) : undefined;
    const message: Dict = { message_id: this.takeMessageId() };
    if (sender) message['from'] = author ? author.user : { ...(sender as Person) };
    message['date'] = this.world.seconds();
    message['chat'] = this.chat;
    Object.assign(message, content);
    const stored: Stored = {
      message, author, atMs: this.world.now(), deleted: false, reactions: [], hasReplyKeyboard: false, history: [],
    };
    this.showKeyboard(stored, options.keyboard);
    if (author) this.action = undefined;
    this.messages.set(message['message_id'], stored);
    this.world.tell({ type: 'message', room: this.key, chat: this.chat['id'], message });
    return stored;
  }

  private showKeyboard(stored: Stored, keyboard: Dict | undefined): void {
    if (!keyboard) return;
    stored.hasReplyKeyboard = true;
    if (keyboard['remove_keyboard']) this.keyboard = undefined;
    else this.keyboard = keyboard;
  }

  replace(stored: Stored, message: Dict): void {
    stored.history.push(stored.message);
    stored.message = message;
    this.world.tell({ type: 'edit', room: this.key, chat: this.chat['id'], message });
  }

  remove(stored: Stored): void {
    stored.deleted = true;
    this.world.tell({ type: 'delete', room: this.key, chat: this.chat['id'], message_id: stored.message['message_id'] });
  }

  find(messageId: number): Stored | undefined {
    const stored = this.messages.get(messageId);
    return stored && !stored.deleted ? stored : undefined;
  }

  /** Queues an update for every bot of the chat that may receive it. */
  tellBots(kind: string, type: string, object: Dict, except?: Bot): void {
    for (const bot of this.bots) {
      if (bot !== except && !this.isBlocked(bot) && bot.mayHear(this, object)) bot.push(kind, type, object, this.key);
    }
  }
}

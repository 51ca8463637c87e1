// One bot: its profile, its update queue with the exact polling rules, and its webhook's configuration.
import { createHash, randomInt } from 'node:crypto';
import type { Dict } from './errors.ts';
import { conflict } from './errors.ts';
import type { Room } from './rooms.ts';
import { UpdateQueue } from './updates.ts';
import type { Webhook } from './webhook.ts';
import type { World } from './world.ts';

/** Kinds that are omitted unless requested. */
const NOT_BY_DEFAULT = new Set(['chat_member', 'message_reaction', 'message_reaction_count']);

export interface Poll {
  offset: number;
  limit: number;
  answer(updatesJson: string): void;
  fail(error: Error): void;
  timer: NodeJS.Timeout;
  /** The request of the poll: when its client disconnects, only this poll ends. */
  owner: object | undefined;
}

export class Bot {
  readonly world: World;
  readonly token: string;
  readonly id: number;
  user: Dict;
  queue: UpdateQueue;
  webhook: Webhook | undefined;
  allowed: Set<string> | undefined;
  profile: Dict = { name: {}, description: {}, short_description: {}, commands: {} };
  private poll: Poll | undefined;
  private lastPoll = { offset: Number.NaN, at: 0 };
  private readonly fileIds = new Map<string, string>();
  private readonly uniqueIds = new Map<string, string>();

  constructor(world: World, token: string, profile: Dict) {
    this.world = world;
    this.token = token;
    this.id = Number(token.split(':')[0]);
    this.user = {
      id: this.id,
      is_bot: true,
      first_name: String(profile['first_name'] ?? 'Support'),
      username: String(profile['username'] ?? `support_${this.id}_bot`),
    };
    this.profile['flags'] = {
      can_join_groups: true,
      can_read_all_group_messages: profile['can_read_all_group_messages'] ?? true,
      supports_inline_queries: false,
      can_connect_to_business: true,
      has_main_web_app: false,
      has_topics_enabled: profile['has_topics_enabled'] ?? false,
    };
    this.queue = this.newQueue();
  }

  private newQueue(): UpdateQueue {
    return new UpdateQueue(randomInt(100_000_000, 900_000_000), () => this.world.now(), this.world.settings);
  }

  me(): Dict {
    return { ...this.user, ...this.profile['flags'] };
  }

  /** In privacy mode a bot in a group receives only commands, mentions and replies to itself. */
  mayHear(room: Room, message: Dict): boolean {
    if (room.isPrivate || this.profile['flags'].can_read_all_group_messages || room.botStatus.get(this) === 'administrator') return true;
    const text = String(message['text'] ?? message['caption'] ?? '');
    const own = message['reply_to_message']?.from?.id === this.id;
    const service = !('text' in message) && !('caption' in message) && !('photo' in message) && !('document' in message);
    return own || service || text.startsWith('/') || text.includes(`@${this.user['username']}`);
  }

  allows(kind: string): boolean {
    return this.allowed ? this.allowed.has(kind) : !NOT_BY_DEFAULT.has(kind);
  }

  /** Applies to all later updates; an empty list restores the default. */
  setAllowed(list: unknown): void {
    if (!Array.isArray(list)) return;
    this.allowed = list.length ? new Set(list.map((kind) => String(kind).toLowerCase())) : undefined;
  }

  /** The filter applies when the update is made, not when it is fetched. */
  push(kind: string, type: string, object: Dict, chatKey: string): void {
    if (!this.allows(kind)) return;
    this.pushRaw(`${JSON.stringify(kind)}:${this.world.emit(this, type, object)}`, chatKey);
  }

  /** `members`: the JSON of the update without its braces and id. */
  pushRaw(members: string, chatKey: string, updateId?: number): number {
    const update = this.queue.push(members, chatKey, updateId);
    if (this.webhook) this.webhook.offer(update);
    else this.wakePoll();
    return update.id;
  }

  /** Ends a waiting poll once all updates of this turn of the loop are queued. */
  private wakeScheduled = false;
  wakePoll(): void {
    if (!this.poll || this.wakeScheduled) return;
    this.wakeScheduled = true;
    setImmediate(() => {
      this.wakeScheduled = false;
      const poll = this.poll;
      if (!poll) return;
      const batch = this.fetch(poll.offset, poll.limit);
      if (!batch.length) return;
      this.poll = undefined;
      clearTimeout(poll.timer);
      poll.answer(`[${batch.join(',')}]`);
    });
  }

  private fetch(offset: number, limit: number): string[] {
    return this.world.faults.shuffle(this, this.queue.fetch(offset, limit));
  }

  getUpdates(offset: number, limit: number, timeoutS: number, owner?: object): Promise<string> {
    if (this.webhook) throw conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
    const now = Date.now();
    const throttle = this.world.settings.poll_throttle_ms;
    let waitMs = timeoutS * 1000;
    if (offset === this.lastPoll.offset && now < this.lastPoll.at + throttle) waitMs = Math.max(waitMs, throttle);
    this.lastPoll = { offset, at: now };
    const batch = this.fetch(offset, limit);
    if (batch.length || waitMs === 0) return Promise.resolve(`[${batch.join(',')}]`);
    this.abortPoll('terminated by other getUpdates request; make sure that only one bot instance is running');
    return new Promise((answer, fail) => {
      const timer = setTimeout(() => {
        this.poll = undefined;
        answer('[]');
      }, waitMs);
      // A negative offset has already deleted the older updates; all following ones are returned.
      this.poll = { offset: Math.max(0, offset), limit, answer, fail, timer, owner };
    });
  }

  abortPoll(reason: string): void {
    const poll = this.poll;
    if (!poll) return;
    this.poll = undefined;
    clearTimeout(poll.timer);
    poll.fail(conflict(reason));
  }

  /** The client has disconnected: its poll ends, and nothing is taken from the queue for it. */
  forgetPoll(owner: object): void {
    const poll = this.poll;
    if (poll?.owner !== owner) return;
    this.poll = undefined;
    clearTimeout(poll.timer);
    poll.answer('[]');
  }

  get isPolling(): boolean {
    return this.poll !== undefined;
  }

  /** A file id is valid only for the bot that received it, so each bot has its own id for the same file. */
  fileId(unique: string): string {
    let id = this.fileIds.get(unique);
    if (!id) {
      id = `${unique.slice(0, 4)}${createHash('sha256').update(`${this.token}|${unique}`).digest('base64url')}`;
      this.fileIds.set(unique, id);
      this.uniqueIds.set(id, unique);
    }
    return id;
  }

  uniqueOf(fileId: string): string | undefined {
    return this.uniqueIds.get(fileId);
  }

  ownFileIds(json: string): string {
    if (!json.includes('file_id":"~')) return json;
    return json.replace(/file_id":"~([^"\\]+)"/g, (_all, unique: string) => `file_id":"${this.fileId(unique)}"`);
  }

  reset(): void {
    this.abortPoll('terminated by other getUpdates request; make sure that only one bot instance is running');
    this.webhook?.stop();
    this.webhook = undefined;
    this.allowed = undefined;
    this.profile['commands'] = {};
    this.queue = this.newQueue();
    this.lastPoll = { offset: Number.NaN, at: 0 };
    this.fileIds.clear();
    this.uniqueIds.clear();
  }
}

// The queue of updates of one bot: ordered by id, confirmed from the front, each kept for 24 hours.
//
// Updates are kept as JSON text, so that a burst of 10,000 is parsed and printed once. Removal from the front moves an index and
// sometimes compacts the array, so that both ends are O(1).
import type { Settings } from './world.ts';

export interface Update {
  id: number;
  json: string;
  chatKey: string;
  atMs: number;
  /** Delivered to a webhook; the update is removed when all before it are removed. */
  done: boolean;
}

const WEEK_MS = 7 * 24 * 3600 * 1000;

export class UpdateQueue {
  private items: Update[] = [];
  private head = 0;
  private doneInside = 0;
  private nextId: number;
  private lastAtMs: number;
  private readonly now: () => number;
  private readonly settings: Settings;

  constructor(firstId: number, now: () => number, settings: Settings) {
    this.nextId = firstId;
    this.now = now;
    this.lastAtMs = now();
    this.settings = settings;
  }

  get size(): number {
    return this.items.length - this.head;
  }

  push(members: string, chatKey: string, updateId?: number): Update {
    const now = this.now();
    // After an idle week the next id is a random one, in either direction.
    if (now - this.lastAtMs > WEEK_MS && this.size === 0) this.nextId = 100_000_000 + Math.floor(Math.random() * 800_000_000);
    this.lastAtMs = now;
    const id = updateId ?? this.nextId;
    this.nextId = Math.max(this.nextId, id + 1);
    const json = members ? `{"update_id":${id},${members}}` : `{"update_id":${id}}`;
    const update: Update = { id, json, chatKey, atMs: now, done: false };
    this.insert(update);
    return update;
  }

  /** Mostly at the end; for an injected update with an older id the place is searched from the back. */
  private insert(update: Update): void {
    let at = this.items.length;
    while (at > this.head && this.items[at - 1]!.id > update.id) at--;
    if (at === this.items.length) this.items.push(update);
    else this.items.splice(at, 0, update);
  }

  /** An offset above an id confirms it; a negative one keeps only the last ones. */
  fetch(offset: number, limit: number): Update[] {
    this.expire();
    // Updates that a webhook delivered out of order before the polling began are not served again.
    if (this.doneInside) {
      this.items = this.items.slice(this.head).filter((update) => !update.done);
      this.head = 0;
      this.doneInside = 0;
    }
    if (offset > 0) {
      while (this.head < this.items.length && this.items[this.head]!.id < offset) this.head++;
    } else if (offset < 0) {
      this.head = Math.max(this.head, this.items.length + offset);
    }
    this.compact();
    return this.items.slice(this.head, this.head + limit);
  }

  /** The updates that a webhook has not delivered yet, from the front. */
  *waiting(): Generator<Update> {
    for (let i = this.head; i < this.items.length; i++) {
      const update = this.items[i]!;
      if (!update.done) yield update;
    }
  }

  finish(update: Update): void {
    if (update.done) return;
    update.done = true;
    this.doneInside++;
    while (this.head < this.items.length && this.items[this.head]!.done) {
      this.head++;
      this.doneInside--;
    }
    this.compact();
  }

  expire(): void {
    const limit = this.now() - this.settings.update_ttl_s * 1000;
    while (this.head < this.items.length && this.items[this.head]!.atMs < limit) {
      if (this.items[this.head++]!.done) this.doneInside--;
    }
  }

  drop(): void {
    this.items = [];
    this.head = 0;
    this.doneInside = 0;
  }

  count(): number {
    this.expire();
    return this.size - this.doneInside;
  }

  private compact(): void {
    if (this.head < 4096 || this.head * 2 < this.items.length) return;
    this.items = this.items.slice(this.head);
    this.head = 0;
  }
}

// Rate limits by token bucket: per private chat, per group, per bot. Off by default (on with `--limits` or POST /sim/limits),
// because the exact limits are not published and most tests concern other things.
import { tooManyRequests } from './errors.ts';

export interface Rate {
  /** Tokens added per second. */
  per_second: number;
  burst: number;
}
export interface LimitConfig {
  enabled: boolean;
  chat: Rate;
  group: Rate;
  bot: Rate;
  /** Replaces the time until a token is available. */
  retry_after?: number;
}

/** About 30 a second in bulk, 1 a second in a chat with short bursts, 20 a minute in a group (Telegram's bot FAQ). */
export const PUBLISHED: LimitConfig = {
  enabled: false,
  chat: { per_second: 1, burst: 5 },
  group: { per_second: 20 / 60, burst: 20 },
  bot: { per_second: 30, burst: 30 },
};

class Bucket {
  private tokens: number;
  private atMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.tokens = rate.burst;
    this.atMs = nowMs;
  }

  /** Seconds until `cost` tokens are available; 0 if they are. */
  lack(rate: Rate, cost: number, nowMs: number): number {
    this.tokens = Math.min(rate.burst, this.tokens + ((nowMs - this.atMs) / 1000) * rate.per_second);
    this.atMs = nowMs;
    // A cost above the burst can never be available, so it waits for a full bucket.
    const missing = Math.min(cost, rate.burst) - this.tokens;
    return missing <= 1e-9 ? 0 : missing / rate.per_second;
  }

  take(cost: number): void {
    this.tokens -= cost;
  }
}

export class Limits {
  config: LimitConfig = structuredClone(PUBLISHED);
  private readonly buckets = new Map<string, Bucket>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  configure(change: Partial<LimitConfig>): LimitConfig {
    this.config = { ...this.config, ...change };
    this.buckets.clear();
    return this.config;
  }

  /** Takes `cost` from every bucket of the call, or takes nothing and throws a 429. */
  charge(botId: number, chatId: number | undefined, cost: number): void {
    if (!this.config.enabled) return;
    const now = this.now();
    const touched: [Bucket, Rate][] = [[this.bucket(`b${botId}`, this.config.bot, now), this.config.bot]];
    if (chatId !== undefined) {
      const rate = chatId < 0 ? this.config.group : this.config.chat;
      touched.push([this.bucket(`${botId}c${chatId}`, rate, now), rate]);
    }
    const wait = Math.max(...touched.map(([bucket, rate]) => bucket.lack(rate, cost, now)));
    if (wait > 0) throw tooManyRequests(this.config.retry_after ?? Math.max(1, Math.ceil(wait)));
    for (const [bucket] of touched) bucket.take(cost);
  }

  private bucket(key: string, rate: Rate, now: number): Bucket {
    let bucket = this.buckets.get(key);
    if (!bucket) this.buckets.set(key, (bucket = new Bucket(rate, now)));
    return bucket;
  }

  clear(): void {
    this.config = structuredClone(PUBLISHED);
    this.buckets.clear();
  }
}

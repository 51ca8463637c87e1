// Webhook delivery: one lane per chat, so that the updates of a chat are in order; lanes run in parallel, up to max_connections.
// After any response except 2xx, also 4xx, the delivery is retried with a doubling delay until the update expires.
import http from 'node:http';
import https from 'node:https';
import { STATUS_CODES } from 'node:http';
import type { Bot } from './bots.ts';
import type { Dict } from './errors.ts';
import type { Update } from './updates.ts';

/** The longest Retry-After of the bot's server that is respected: an hour. */
const MAX_RETRY_AFTER_S = 3600;
/** The most bytes that are read of the body of a 2xx response. */
const MAX_REPLY_BYTES = 1 << 20;

export interface WebhookConfig {
  url: string;
  secret: string;
  maxConnections: number;
  certificate: Buffer | undefined;
  ip: string | undefined;
}

interface Lane {
  items: Update[];
  head: number;
  sending: number;
  delayMs: number;
  ready: boolean;
  timer: NodeJS.Timeout | undefined;
}

interface Outcome {
  status: number;
  body: string;
  retryAfterS: number;
}

export class Webhook {
  readonly bot: Bot;
  readonly config: WebhookConfig;
  lastError: { date: number; message: string } | undefined;
  private readonly lanes = new Map<string, Lane>();
  private readonly readyLanes = new Set<Lane>();
  private active = 0;
  private stopped = false;
  private pumpScheduled = false;
  private readonly agent: http.Agent;
  /** Runs the method in the body of a 2xx response. */
  private readonly execute: (bot: Bot, call: Dict) => void;

  constructor(bot: Bot, config: WebhookConfig, execute: (bot: Bot, call: Dict) => void) {
    this.bot = bot;
    this.config = config;
    this.execute = execute;
    const options = { keepAlive: true, maxSockets: config.maxConnections };
    this.agent = config.url.startsWith('https:')
      ? new https.Agent({ ...options, ...(config.certificate ? { ca: config.certificate, checkServerIdentity: () => undefined } : {}) })
      : new http.Agent(options);
    for (const update of bot.queue.waiting()) this.offer(update);
  }

  info(): Dict {
    const info: Dict = { max_connections: this.config.maxConnections };
    if (this.config.ip) info['ip_address'] = this.config.ip;
    if (this.lastError) {
      info['last_error_date'] = this.lastError.date;
      info['last_error_message'] = this.lastError.message;
    }
    return info;
  }

  offer(update: Update): void {
    let lane = this.lanes.get(update.chatKey);
    if (!lane) {
      lane = { items: [], head: 0, sending: 0, delayMs: 0, ready: true, timer: undefined };
      this.lanes.set(update.chatKey, lane);
    }
    lane.items.push(update);
    if (lane.ready) this.readyLanes.add(lane);
    this.schedule();
  }

  stop(): void {
    this.stopped = true;
    for (const lane of this.lanes.values()) clearTimeout(lane.timer);
    this.agent.destroy();
  }

  private schedule(): void {
    if (this.pumpScheduled || this.stopped) return;
    this.pumpScheduled = true;
    setImmediate(() => {
      this.pumpScheduled = false;
      this.pump();
    });
  }

  private pump(): void {
    for (const lane of this.readyLanes) {
      if (this.active >= this.config.maxConnections || this.stopped) return;
      // A lane is moved to the end after its turn, so that a busy chat does not delay the others.
      this.readyLanes.delete(lane);
      if (lane.ready && lane.head < lane.items.length) this.send(lane);
    }
  }

  private send(lane: Lane): void {
    const update = lane.items[lane.head++]!;
    const loose = lane.delayMs === 0 && this.bot.world.faults.reorders(this.bot);
    lane.ready = loose;
    lane.sending++;
    this.active++;
    void this.deliver(update).then((outcome) => {
      lane.sending--;
      this.active--;
      if (this.stopped) return;
      if (outcome.status >= 200 && outcome.status < 300) this.delivered(lane, update, outcome);
      else this.failed(lane, update, outcome);
      this.schedule();
    });
    if (loose && lane.head < lane.items.length) this.readyLanes.add(lane);
  }

  private delivered(lane: Lane, update: Update, outcome: Outcome): void {
    lane.delayMs = 0;
    if (this.bot.world.faults.duplicates(this.bot)) lane.items.splice(lane.head, 0, { ...update, done: true });
    this.bot.queue.finish(update);
    this.reopen(lane, update.chatKey);
    if (!outcome.body.startsWith('{')) return;
    try {
      const call = JSON.parse(outcome.body);
      if (typeof call.method === 'string') this.execute(this.bot, call);
    } catch {
      // A 2xx response whose body is not JSON is a success, too.
    }
  }

  private reopen(lane: Lane, key: string): void {
    lane.ready = true;
    if (lane.head < lane.items.length) this.readyLanes.add(lane);
    else if (lane.sending === 0) this.lanes.delete(key);
    if (lane.head > 1024) {
      lane.items = lane.items.slice(lane.head);
      lane.head = 0;
    }
  }

  private failed(lane: Lane, update: Update, outcome: Outcome): void {
    const { settings } = this.bot.world;
    this.lastError = { date: this.bot.world.seconds(), message: outcome.body };
    if (this.bot.world.now() - update.atMs > settings.update_ttl_s * 1000) {
      this.bot.queue.finish(update);
      this.reopen(lane, update.chatKey);
      return;
    }
    lane.head--;
    lane.items[lane.head] = update;
    lane.ready = false;
    lane.delayMs = lane.delayMs ? Math.min(settings.webhook_retry_max_ms, lane.delayMs * 2) : settings.webhook_retry_ms;
    const wait = outcome.retryAfterS > 0 ? Math.min(MAX_RETRY_AFTER_S, outcome.retryAfterS) * 1000 : lane.delayMs;
    lane.timer = setTimeout(() => {
      this.reopen(lane, update.chatKey);
      this.schedule();
    }, wait);
  }

  /** Never rejects; if the connection fails, the status is 0 and the body contains the reason. */
  private deliver(update: Update): Promise<Outcome> {
    const { url, secret } = this.config;
    const headers: Record<string, string | number> = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(update.json),
    };
    if (secret) headers['X-Telegram-Bot-Api-Secret-Token'] = secret;
    return new Promise((resolve) => {
      const fail = (reason: string): void => resolve({ status: 0, body: reason, retryAfterS: 0 });
      const client = url.startsWith('https:') ? https : http;
      const request = client.request(url, { method: 'POST', headers, agent: this.agent }, (response) => {
        readReply(response, resolve, fail);
      });
      request.setTimeout(this.bot.world.settings.webhook_timeout_ms, () => request.destroy(new Error('Read timeout expired')));
      request.on('error', (error: NodeJS.ErrnoException) => {
        fail(error.code === 'ECONNREFUSED' ? 'Connection refused' : error.code === 'ECONNRESET' ? 'Connection reset by peer' : error.message);
      });
      request.end(update.json);
    });
  }
}

function readReply(response: http.IncomingMessage, resolve: (outcome: Outcome) => void, fail: (reason: string) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_REPLY_BYTES) chunks.push(chunk);
  });
  response.on('error', (error) => fail(error.message));
  response.on('end', () => {
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) {
      resolve({ status, body: Buffer.concat(chunks).toString('utf8').trim(), retryAfterS: 0 });
      return;
    }
    const reason = response.statusMessage || STATUS_CODES[status] || '';
    const retryAfterS = Number(response.headers['retry-after'] ?? 0) || 0;
    resolve({ status, body: `Wrong response from the webhook: ${status} ${reason}`.trim(), retryAfterS });
  });
}

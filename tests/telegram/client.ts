// A typed client for tests: starts the simulator as a child process on a free port and drives the control API.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { secretAddress, secretToken } from '../harness/secrets.ts';
import type { Call } from './calls.ts';
import type { Dict } from './errors.ts';
import type { FaultKind } from './faults.ts';

const SIMULATOR = join(dirname(fileURLToPath(import.meta.url)), 'simulator.ts');
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5000;

export interface StartOptions {
  tokens?: string[];
  strict?: boolean;
  limits?: boolean;
  local?: boolean;
  demo?: boolean;
  port?: number;
}

export interface Customer {
  id: number;
  first_name: string;
  last_name?: string;
  username?: string;
  language_code?: string;
}
export interface NewCustomer extends Partial<Customer> {
  /** Draws a profile photo of the customer. */
  photo?: boolean;
}

/** The options of every action of a customer: bot, group, topic, and the message to which it replies. */
export interface Where {
  bot?: number | string;
  chat?: number;
  thread?: number;
  /** In a group: anonymously, as the group (with a signature, if one is given), or under a channel's name. */
  as?: 'group' | 'channel';
  signature?: string;
  reply_to?: number;
  quote?: string;
  business_connection?: string;
  extra?: Dict;
}
export interface TextOptions extends Where {
  entities?: Dict[];
  parse_mode?: string;
}
export interface MediaOptions extends TextOptions {
  caption?: string;
  data_base64?: string;
  /** The number of the built-in sample; or the size in bytes of generated content. */
  seed?: number;
  /** A drawn scene for a photo: parcel, lamp, screen, receipt. */
  scene?: string;
  size?: number;
  width?: number;
  height?: number;
  duration?: number;
  file_name?: string;
  mime?: string;
  emoji?: string;
  spoiler?: boolean;
}
export type MediaKind = 'photo' | 'video' | 'animation' | 'audio' | 'document' | 'voice' | 'video_note' | 'sticker';

export interface Fault {
  kind: FaultKind;
  bot?: number | string;
  method?: string;
  chat?: number;
  skip?: number;
  count?: number;
  probability?: number;
  ms?: number;
  code?: number;
  description?: string;
  body?: string;
  retry_after?: number;
  executed?: boolean;
}

export interface CallFilter {
  bot?: number | string;
  method?: string;
  chat?: number;
  after?: number;
  ok?: boolean;
  contains?: string;
}

export interface TranscriptLine {
  message_id: number;
  side: 'bot' | 'customer' | 'service';
  kind: string;
  date: number;
  text: string;
  edited: boolean;
  deleted?: boolean;
  reactions?: Dict[];
  buttons?: Dict[][];
  message: Dict;
}
export interface Transcript {
  room: string;
  chat: Dict;
  bot: Dict;
  blocked: boolean;
  started: boolean;
  action: string | null;
  keyboard: Dict | null;
  pinned: number[];
  messages: TranscriptLine[];
}

type LoggedCall = Omit<Call, 'resultJson'> & { result?: any };

export class Simulator {
  readonly url: string;
  private readonly child: ChildProcess | undefined;
  /** The simulator's output on stderr: unknown methods, violations. */
  log = '';

  /** For a running simulator; `start` starts a new one. */
  constructor(url: string, child?: ChildProcess) {
    this.url = url;
    this.child = child;
  }

  static async start(options: StartOptions = {}): Promise<Simulator> {
    const args = [SIMULATOR, '--port', String(options.port ?? 0)];
    for (const token of options.tokens ?? ['123456:TEST']) {
      args.push('--token', token);
      secretToken(token);
    }
    for (const flag of ['strict', 'limits', 'local', 'demo'] as const) if (options[flag]) args.push(`--${flag}`);
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    // The simulator must not survive a test that ends early.
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const url = await readyLine(child, () => errors);
    secretAddress(url);
    const simulator = new Simulator(url, child);
    child.stderr.on('data', (text: string) => (simulator.log += text));
    child.stdout.resume();
    return simulator;
  }

  async stop(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }

  // --- the wire ------------------------------------------------------------------------------------------------------

  async control(method: string, path: string, body?: Dict | FormData): Promise<any> {
    const init: RequestInit = { method };
    if (body instanceof FormData) init.body = body;
    else if (body && method !== 'GET') Object.assign(init, { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
    const query = body && method === 'GET' ? `?${new URLSearchParams(textValues(body as Dict))}` : '';
    const response = await fetch(`${this.url}/sim/${path}${query}`, init);
    const answer = (await response.json()) as Dict;
    if (!answer['ok']) throw new Error(`simulator: ${method} ${path}: ${answer['error']}`);
    return answer;
  }

  /** Calls a Bot API method as a bot would; returns the whole response, also of an error. */
  async call(token: string, method: string, params: Dict = {}): Promise<Dict> {
    const response = await fetch(`${this.url}/bot${token}/${method}`, {
      method: 'POST', body: JSON.stringify(params), headers: { 'Content-Type': 'application/json' },
    });
    return (await response.json()) as Dict;
  }

  // --- bots ----------------------------------------------------------------------------------------------------------

  async addBot(bot: { token: string; username?: string; first_name?: string; can_read_all_group_messages?: boolean }): Promise<Dict> {
    secretToken(bot.token);
    return (await this.control('POST', 'bots', bot)).bot;
  }
  /** Pending updates, polling or not, webhook and its last error. */
  async bot(key: number | string): Promise<Dict> {
    return (await this.control('GET', `bots/${key}`)).bot;
  }
  async removeBot(key: number | string): Promise<void> {
    await this.control('DELETE', `bots/${key}`);
  }

  // --- customers -----------------------------------------------------------------------------------------------------

  async customer(profile: NewCustomer = {}): Promise<Customer> {
    return (await this.control('POST', 'customers', profile)).customer;
  }
  /** Changes the profile photo; without a seed it is removed. */
  async avatar(customer: Customer, seed?: number): Promise<void> {
    await this.control('POST', `customers/${customer.id}/avatar`, { seed });
  }
  async act(customer: Customer | number, verb: string, body: Dict | FormData = {}): Promise<any> {
    return this.control('POST', `customers/${typeof customer === 'number' ? customer : customer.id}/${verb}`, body);
  }
  async start(customer: Customer | number, payload = '', where: Where = {}): Promise<Dict> {
    return (await this.act(customer, 'start', { payload, ...where })).message;
  }
  async text(customer: Customer | number, text: string, options: TextOptions = {}): Promise<Dict> {
    return (await this.act(customer, 'text', { text, ...options })).message;
  }
  async media(customer: Customer | number, kind: MediaKind, options: MediaOptions = {}): Promise<Dict> {
    return (await this.act(customer, kind, options)).message;
  }
  async photo(customer: Customer | number, options: MediaOptions = {}): Promise<Dict> {
    return this.media(customer, 'photo', options);
  }
  async album(
    customer: Customer | number,
    options: Where & { items?: Dict[]; count?: number; spacing_ms?: number; caption?: string } = {},
  ): Promise<{ media_group_id: string; messages: Dict[] }> {
    return this.act(customer, 'album', options);
  }
  async location(customer: Customer | number, options: Where & { latitude?: number; longitude?: number } = {}): Promise<Dict> {
    return (await this.act(customer, 'location', options)).message;
  }
  async contact(customer: Customer | number, options: Where & { phone_number?: string; first_name?: string } = {}): Promise<Dict> {
    return (await this.act(customer, 'contact', options)).message;
  }
  async forward(customer: Customer | number, options: Where & Dict = {}): Promise<Dict> {
    return (await this.act(customer, 'forward', options)).message;
  }
  async edit(customer: Customer | number, messageId: number, change: TextOptions & { text?: string; caption?: string }): Promise<Dict> {
    return (await this.act(customer, 'edit', { message_id: messageId, ...change })).message;
  }
  /** Presses a button, by data, text, or row and column; without a message id a key of the custom keyboard, by its text. */
  async press(customer: Customer | number, messageId: number | undefined, button: Where & Dict): Promise<Dict> {
    return this.act(customer, 'press', { ...(messageId === undefined ? {} : { message_id: messageId }), ...button });
  }
  /** No emoji takes the reactions back. */
  async react(customer: Customer | number, messageId: number, reaction: Where & { emoji?: string; emojis?: string[]; custom_emoji_id?: string; paid?: boolean } = {}): Promise<void> {
    await this.act(customer, 'react', { message_id: messageId, ...reaction });
  }
  async block(customer: Customer | number, where: Where = {}): Promise<void> {
    await this.act(customer, 'block', where);
  }
  async unblock(customer: Customer | number, where: Where = {}): Promise<void> {
    await this.act(customer, 'unblock', where);
  }
  async rename(customer: Customer | number, change: Partial<Customer>): Promise<void> {
    await this.act(customer, 'rename', change);
  }
  async deactivate(customer: Customer | number, where: Where = {}): Promise<void> {
    await this.act(customer, 'deactivate', where);
  }

  // --- groups --------------------------------------------------------------------------------------------------------

  async group(options: { title?: string; type?: 'group' | 'supergroup'; is_forum?: boolean; members?: number[]; bot?: number | string; bot_status?: string } = {}): Promise<Dict> {
    return (await this.control('POST', 'groups', options)).chat;
  }
  /** migrate, rename, join, leave, bot, topic, delete. */
  async groupAct(chat: number, verb: string, body: Dict = {}): Promise<Dict> {
    return this.control('POST', `groups/${chat}/${verb}`, body);
  }
  async business(options: { owner: number; bot?: number | string; id?: string; is_enabled?: boolean; rights?: Dict }): Promise<Dict> {
    return (await this.control('POST', 'business', options)).connection;
  }

  // --- updates -------------------------------------------------------------------------------------------------------

  async burst(options: { count: number; customers?: number; customer_ids?: number[]; text?: string; bot?: number | string }): Promise<{ count: number; customer_ids: number[]; took_ms: number }> {
    return this.control('POST', 'burst', options);
  }
  async inject(updates: Dict[], options: { bot?: number | string; renumber?: boolean } = {}): Promise<number[]> {
    return (await this.control('POST', 'updates', { updates, ...options })).update_ids;
  }
  async unknownUpdate(options: { bot?: number | string; kind?: string; content?: Dict } = {}): Promise<number[]> {
    return (await this.control('POST', 'unknown-update', options)).update_ids;
  }

  // --- faults, limits, settings --------------------------------------------------------------------------------------

  async fault(rule: Fault): Promise<Dict> {
    return (await this.control('POST', 'faults', { ...rule })).fault;
  }
  async faults(): Promise<Dict[]> {
    return (await this.control('GET', 'faults')).faults;
  }
  async removeFault(id: number): Promise<void> {
    await this.control('DELETE', `faults/${id}`);
  }
  async clearFaults(): Promise<void> {
    await this.control('DELETE', 'faults');
  }
  async limits(config: Dict): Promise<Dict> {
    return (await this.control('POST', 'limits', config)).limits;
  }
  async settings(change: Dict): Promise<Dict> {
    return (await this.control('POST', 'settings', change)).settings;
  }
  async advanceClock(seconds: number): Promise<void> {
    await this.control('POST', 'clock', { advance_s: seconds });
  }
  async reset(): Promise<void> {
    await this.control('POST', 'reset');
  }

  // --- looking -------------------------------------------------------------------------------------------------------

  async transcript(chat: number, options: { bot?: number | string; deleted?: 1 } = {}): Promise<Transcript> {
    return this.control('GET', 'transcript', { chat, ...options });
  }
  /** The sequence number of the newest call, for `after` in a later question about the calls that follow. */
  async lastCall(): Promise<number> {
    return (await this.control('GET', 'calls', { limit: 0 })).last;
  }
  async calls(filter: CallFilter & { limit?: number } = {}): Promise<LoggedCall[]> {
    return (await this.control('GET', 'calls', { ...filter })).calls;
  }
  /** The first matching call; waits for it if necessary, and throws on a timeout. */
  async wait(filter: CallFilter & { timeout?: number }): Promise<LoggedCall> {
    return (await this.waitMany(1, filter))[0]!;
  }
  async waitMany(count: number, filter: CallFilter & { timeout?: number }): Promise<LoggedCall[]> {
    const answer = await this.control('GET', 'wait', { count, ...filter });
    if (!answer.done) throw new Error(`simulator: ${answer.calls.length} of ${count} calls came: ${JSON.stringify(filter)}`);
    return answer.calls;
  }
  async violations(): Promise<string[]> {
    return (await this.control('GET', 'violations')).violations;
  }
}

const textValues = (object: Dict): Record<string, string> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined).map(([key, value]) => [key, String(value)]));

async function readyLine(child: ChildProcess, errors: () => string): Promise<string> {
  let out = '';
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`simulator did not start: ${reason}\n${errors()}`));
    };
    const timer = setTimeout(() => fail('no ready line'), START_TIMEOUT_MS);
    const died = (code: number | null): void => fail(`exit code ${code}`);
    child.once('exit', died);
    child.once('error', (error) => fail(error.message));
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const url = /listening on (\S+)\n/.exec(out)?.[1];
      if (!url) return;
      clearTimeout(timer);
      child.off('exit', died);
      resolve(url);
    });
  });
}

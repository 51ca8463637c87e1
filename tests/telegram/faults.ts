// Deliberate faults: rules that select calls by bot, method, chat, count and probability, and disturb them.
import type { Bot } from './bots.ts';
import type { Dict } from './errors.ts';
import type { Update } from './updates.ts';

export const FAULT_KINDS = [
  'drop_request', 'drop_response', 'late_response', 'delay', 'status', 'reset_mid_body', 'truncated_json', 'duplicate_updates', 'reorder_updates',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultRule {
  id: number;
  kind: FaultKind;
  bot?: number | undefined;
  /** A Bot API method, or `file` for downloads; any when absent. */
  method?: string | undefined;
  chat?: number | undefined;
  /** The number of matching calls that pass first without a fault. */
  skip: number;
  /** How often the rule fires; absent: without limit. */
  count?: number | undefined;
  probability: number;
  /** delay: before the method runs; late_response: between its effect and its response, which is sent at once if the rule is removed. */
  ms: number;
  /** status: the error's code, text, whole body instead of JSON, retry_after, and whether the method runs first. */
  code: number;
  description?: string | undefined;
  body?: string | undefined;
  retry_after?: number | undefined;
  executed: boolean;
  fired: number;
}

export class Faults {
  private rules: FaultRule[] = [];
  private nextId = 1;
  private held: { rule: FaultRule; release: () => void }[] = [];

  add(given: Dict): FaultRule {
    const kind = FAULT_KINDS.find((known) => known === given['kind']);
    if (!kind) throw new Error(`kind must be one of ${FAULT_KINDS.join(', ')}`);
    const rule: FaultRule = {
      id: this.nextId++,
      kind,
      bot: optionalNumber(given['bot']),
      method: given['method'] ? String(given['method']).toLowerCase() : undefined,
      chat: optionalNumber(given['chat']),
      skip: Number(given['skip'] ?? 0),
      count: optionalNumber(given['count']),
      probability: Number(given['probability'] ?? 1),
      ms: Number(given['ms'] ?? 1000),
      code: Number(given['code'] ?? 500),
      description: given['description'],
      body: given['body'],
      retry_after: optionalNumber(given['retry_after']),
      executed: given['executed'] === true,
      fired: 0,
    };
    this.rules.push(rule);
    return rule;
  }

  list(): FaultRule[] {
    return this.rules;
  }

  remove(id: number): boolean {
    const before = this.rules.length;
    this.rules = this.rules.filter((rule) => rule.id !== id);
    this.release((rule) => rule.id === id);
    return this.rules.length < before;
  }

  clear(): void {
    this.rules = [];
    this.release(() => true);
  }

  /** Waits until a late response may be sent: its time has passed, or its rule was removed. */
  async hold(rule: FaultRule): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, rule.ms);
      this.held.push({ rule, release: () => (clearTimeout(timer), resolve()) });
    });
    this.held = this.held.filter((one) => one.rule !== rule);
  }

  private release(which: (rule: FaultRule) => boolean): void {
    for (const { rule, release } of this.held) if (which(rule)) release();
  }

  /** The rules that fire on this call: at most one that ends the call, and every delay before that one. */
  pick(bot: number, method: string, chat: number | undefined): FaultRule[] {
    if (!this.rules.length) return [];
    const fired: FaultRule[] = [];
    for (const rule of this.rules) {
      if (rule.kind.endsWith('_updates') || !this.applies(rule, bot, method.toLowerCase(), chat)) continue;
      fired.push(rule);
      if (rule.kind !== 'delay') break;
    }
    return fired;
  }

  private applies(rule: FaultRule, bot: number, method: string, chat: number | undefined): boolean {
    if (rule.bot !== undefined && rule.bot !== bot) return false;
    if (rule.method !== undefined && rule.method !== method) return false;
    if (rule.chat !== undefined && rule.chat !== chat) return false;
    if (rule.count !== undefined && rule.fired >= rule.count) return false;
    if (rule.probability < 1 && Math.random() >= rule.probability) return false;
    if (rule.skip > 0) {
      rule.skip--;
      return false;
    }
    rule.fired++;
    return true;
  }

  /** Changes one batch of a poll: some updates twice, or the whole batch out of order. */
  shuffle(bot: Bot, batch: Update[]): string[] {
    const out = batch.map((update) => update.json);
    if (!this.rules.length || !batch.length) return out;
    for (const rule of this.rules) {
      if (!rule.kind.endsWith('_updates') || (rule.bot !== undefined && rule.bot !== bot.id)) continue;
      if (rule.kind === 'duplicate_updates') {
        for (const update of batch) if (this.applies(rule, bot.id, rule.method ?? '', rule.chat)) out.push(update.json);
      } else if (out.length > 1 && this.applies(rule, bot.id, rule.method ?? '', rule.chat)) {
        for (let i = out.length - 1; i > 0; i--) {
          const j = Math.floor(Math.random() * (i + 1));
          [out[i], out[j]] = [out[j]!, out[i]!];
        }
      }
    }
    return out;
  }

  /** Whether a webhook delivery is sent again after its success. */
  duplicates(bot: Bot): boolean {
    return this.rules.some((rule) => rule.kind === 'duplicate_updates' && this.applies(rule, bot.id, rule.method ?? '', rule.chat));
  }

  /** Whether a rule lets a webhook deliver the updates of a chat out of order. */
  reorders(bot: Bot): boolean {
    return this.rules.some((rule) => rule.kind === 'reorder_updates' && this.applies(rule, bot.id, rule.method ?? '', rule.chat));
  }
}

const optionalNumber = (value: unknown): number | undefined => (value === undefined || value === null ? undefined : Number(value));

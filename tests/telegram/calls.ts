// The log of the calls of bots, and waiting for a call.
import type { Dict } from './errors.ts';

export interface Call extends Dict {
  seq: number;
  bot: number;
  method: string;
  chat: number | undefined;
  params: Dict;
  ok: boolean;
  at: string;
  took_ms: number;
  error_code?: number;
  description?: string;
  /** The response as it was sent, with the file ids of the bot; parsed on request. */
  resultJson?: string;
  fault?: string;
  problems?: string[];
}

export interface CallQuery {
  bot?: number | undefined;
  method?: string | undefined;
  chat?: number | undefined;
  after?: number | undefined;
  ok?: boolean | undefined;
  /** Only calls that contain this text somewhere in their parameters. */
  contains?: string | undefined;
}

/** Older entries are deleted, so that a burst of polls does not fill the memory. */
const KEPT = 50_000;

export class CallLog {
  private items: Call[] = [];
  private seq = 0;
  private readonly waiters = new Set<(call: Call) => void>();

  get last(): number {
    return this.seq;
  }

  add(call: Omit<Call, 'seq'>): void {
    const entry = { seq: ++this.seq, ...call } as Call;
    this.items.push(entry);
    if (this.items.length > KEPT * 2) this.items = this.items.slice(-KEPT);
    for (const waiter of [...this.waiters]) waiter(entry);
  }

  list(query: CallQuery, limit: number): Call[] {
    const from = this.indexAfter(query.after ?? 0);
    const found: Call[] = [];
    for (let i = from; i < this.items.length && found.length < limit; i++) {
      if (matches(this.items[i]!, query)) found.push(this.items[i]!);
    }
    return found;
  }

  /** The seq of entries is consecutive, so it determines the index. */
  private indexAfter(seq: number): number {
    const first = this.items[0]?.seq ?? 1;
    return Math.max(0, seq - first + 1);
  }

  wait(query: CallQuery, count: number, timeoutMs: number): Promise<Call[]> {
    const found = this.list(query, count);
    if (found.length >= count || timeoutMs <= 0) return Promise.resolve(found);
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        resolve(found);
      };
      const waiter = (call: Call): void => {
        if (!matches(call, query)) return;
        found.push(call);
        if (found.length >= count) end();
      };
      const timer = setTimeout(end, timeoutMs);
      this.waiters.add(waiter);
    });
  }

  clear(): void {
    this.items = [];
  }
}

/** An entry as the control API returns it. */
export function showCall({ resultJson, ...call }: Call): Dict {
  return resultJson === undefined ? call : { ...call, result: JSON.parse(resultJson) };
}

function matches(call: Call, query: CallQuery): boolean {
  return (
    call.seq > (query.after ?? 0) &&
    (query.bot === undefined || call.bot === query.bot) &&
    (query.method === undefined || call.method.toLowerCase() === query.method.toLowerCase()) &&
    (query.chat === undefined || call.chat === query.chat) &&
    (query.ok === undefined || call.ok === query.ok) &&
    (query.contains === undefined || JSON.stringify(call.params).includes(query.contains))
  );
}

// The HTTP API as an operator's program would use it: a bearer token, JSON, errors as exceptions.
import type { Bot, Conversation, ConversationList, DeadLetter, Me, Message, MessageList, Operator, Session } from '../../web/src/contract.ts';

export class ApiFailure extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly retryAfter: string | null;
  constructor(status: number, body: any, retryAfter: string | null) {
    super(`${status} ${JSON.stringify(body)}`);
    this.status = status;
    this.code = body?.error?.code ?? '';
    this.field = body?.error?.field;
    this.retryAfter = retryAfter;
  }
}

export class Api {
  readonly base: string;
  readonly token: string;
  readonly operator: Operator;

  constructor(base: string, session: Session) {
    this.base = base;
    this.token = session.access_token;
    this.operator = session.operator;
  }

  static async signIn(base: string, who: { email?: string; login?: string; password: string }): Promise<Api> {
    const response = await fetch(`${base}/api/auth/login`, { method: 'POST', body: JSON.stringify(who), headers: { 'content-type': 'application/json' } });
    const body = await response.json();
    if (!response.ok) throw new ApiFailure(response.status, body, response.headers.get('retry-after'));
    return new Api(base, body as Session);
  }

  async send(method: string, path: string, body?: unknown): Promise<Response> {
    const init: RequestInit = { method, headers: { authorization: `Bearer ${this.token}` } };
    if (body instanceof FormData) init.body = body;
    else if (body !== undefined) {
      init.body = typeof body === 'string' ? body : JSON.stringify(body);
      init.headers = { ...init.headers, 'content-type': 'application/json' };
    }
    return fetch(this.base + path, init);
  }

  async call<T = any>(method: string, path: string, body?: unknown): Promise<T> {
    let response = await this.send(method, path, body);
    // At the rate limit the client waits as long as the response says.
    for (let tries = 0; response.status === 429 && tries < 20; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * Number(response.headers.get('retry-after') ?? 1)));
      response = await this.send(method, path, body);
    }
    const text = await response.text();
    const json = text ? JSON.parse(text) : null;
    if (!response.ok) throw new ApiFailure(response.status, json, response.headers.get('retry-after'));
    return json as T;
  }

  /** The error of a call that must be refused. */
  async refusal(method: string, path: string, body?: unknown): Promise<ApiFailure> {
    try {
      await this.call(method, path, body);
    } catch (error) {
      if (error instanceof ApiFailure) return error;
      throw error;
    }
    throw new Error(`${method} ${path} was not refused`);
  }

  me = (): Promise<Me> => this.call('GET', '/api/auth/me');
  conversations = (query = ''): Promise<ConversationList> => this.call('GET', `/api/conversations${query}`);
  conversation = (id: number): Promise<Conversation> => this.call('GET', `/api/conversations/${id}`);
  messages = (id: number, query = ''): Promise<MessageList> => this.call('GET', `/api/conversations/${id}/messages${query}`);
  reply = (id: number, body: unknown): Promise<Message> => this.call('POST', `/api/conversations/${id}/messages`, body);
  act = (id: number, verb: string, body: unknown = {}): Promise<Conversation> => this.call('POST', `/api/conversations/${id}/${verb}`, body);
  bot = (): Promise<Bot> => this.call('GET', '/api/bot');
  deadLetters = async (): Promise<DeadLetter[]> => (await this.call<{ data: DeadLetter[] }>('GET', '/api/dead-letters')).data;

  /** Every message of a conversation, oldest first. */
  async history(id: number): Promise<Message[]> {
    const all: Message[] = [];
    let before = '';
    for (;;) {
      const page = await this.messages(id, `?limit=100${before}`);
      all.unshift(...page.data);
      if (page.before === null) return all;
      before = `&before=${page.before}`;
    }
  }

  /** Every conversation, by the list's pages. */
  async everyConversation(): Promise<Conversation[]> {
    const all: Conversation[] = [];
    let cursor = '';
    for (;;) {
      const page = await this.conversations(`?status=all&limit=100${cursor}`);
      all.push(...page.data);
      if (page.next_cursor === null) return all;
      cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
  }
}

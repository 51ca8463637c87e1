// A panel without a browser: keeps the state that a browser would show, updated by the socket alone after the first fetch, so that
// a test can compare it with a freshly loaded one. It reconnects and resumes by itself.
import assert from 'node:assert/strict';
import type { Conversation, DurableEvent, Message, ServerFrame } from '../../web/src/contract.ts';
import type { Api } from './api.ts';
import { PATIENCE_MS, until } from './server.ts';

export class Screen {
  readonly api: Api;
  readonly conversations = new Map<number, Conversation>();
  readonly messages = new Map<number, Map<number, Message>>();
  /** Every durable event in the order in which it was applied. */
  readonly events: DurableEvent[] = [];
  readonly ephemeral: ServerFrame[] = [];
  readonly closes: { code: number; reason: string }[] = [];
  seq = -1;
  refetches = 0;
  /** Durable events that came with a seq at or below one already applied, outside of a resume. */
  repeated = 0;
  private socket: WebSocket | undefined;
  private closed = false;
  private established = false;
  private resuming = false;
  private fetching = 0;
  /** Frames that arrive while it resumes or fetches: applied afterwards, since the fetched state may be older. */
  private held: DurableEvent[] = [];
  private waiting: { test: (frame: ServerFrame) => boolean; resolve: (frame: ServerFrame) => void }[] = [];

  constructor(api: Api) {
    this.api = api;
  }

  static async open(api: Api): Promise<Screen> {
    const screen = new Screen(api);
    const ready = screen.next((frame) => frame.type === 'connection_established');
    screen.connect();
    await ready;
    await screen.fetchAll();
    return screen;
  }

  /** Resolves with the next matching frame. */
  next<T extends ServerFrame = ServerFrame>(test: (frame: ServerFrame) => boolean, timeoutMs = PATIENCE_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no such frame within ${timeoutMs} ms`)), timeoutMs);
      this.waiting.push({ test, resolve: (frame) => (clearTimeout(timer), resolve(frame as T)) });
    });
  }

  say(frame: unknown): void {
    this.socket?.send(JSON.stringify(frame));
  }

  close(): void {
    this.closed = true;
    this.socket?.close();
  }

  /** Cuts the connection; the screen reconnects by itself. */
  drop(): void {
    this.socket?.close();
  }

  get connected(): boolean {
    return this.established && !this.resuming && this.fetching === 0;
  }

  private connect(): void {
    if (this.closed) return;
    const socket = new WebSocket(`${this.api.base.replace('http', 'ws')}/ws?token=${this.api.token}`);
    this.socket = socket;
    socket.onmessage = (event) => this.receive(JSON.parse(String(event.data)) as ServerFrame);
    socket.onclose = (event) => {
      this.closes.push({ code: event.code, reason: event.reason });
      this.established = false;
      if (!this.closed) setTimeout(() => this.connect(), 50);
    };
    socket.onerror = () => undefined; // onclose follows
  }

  private receive(frame: ServerFrame): void {
    if (frame.type === 'connection_established') {
      this.established = true;
      if (this.seq < 0) this.seq = frame.data.seq;
      else {
        this.resuming = true;
        this.say({ type: 'resume', since: this.seq });
      }
    } else if (frame.type === 'resumed') {
      this.resuming = false;
      this.applyHeld();
    } else if (frame.type === 'refetch') {
      this.resuming = false;
      this.refetches++;
      this.seq = frame.data.seq;
      void this.fetchAll();
    } else if ('seq' in frame) {
      if (this.resuming || this.fetching) this.held.push(frame);
      else {
        if (frame.seq <= this.seq) this.repeated++;
        this.apply(frame);
      }
    } else {
      this.ephemeral.push(frame);
    }
    for (const waiter of [...this.waiting]) {
      if (!waiter.test(frame)) continue;
      this.waiting.splice(this.waiting.indexOf(waiter), 1);
      waiter.resolve(frame);
    }
  }

  private apply(event: DurableEvent): void {
    if (event.seq <= this.seq) return;
    this.seq = event.seq;
    this.events.push(event);
    if (event.type === 'new_message') {
      this.keep(event.data.conversation);
      this.keepMessage(event.data.message);
    } else if (event.type === 'message_update') this.keepMessage(event.data.message);
    else if (event.type === 'chat_status_change') {
      this.keep(event.data.conversation);
      if (event.data.message) this.keepMessage(event.data.message);
    } else if (event.type === 'chat_update') this.keep(event.data.conversation);
    else if (event.type === 'conversation_read') {
      const known = this.conversations.get(event.data.conversation_id);
      if (known && event.data.operator_id === this.api.operator.id) this.conversations.set(known.id, { ...known, read_count: event.data.read_count });
    }
  }

  private keep(conversation: Conversation): void {
    const known = this.conversations.get(conversation.id);
    this.conversations.set(conversation.id, { ...conversation, read_count: conversation.read_count ?? known?.read_count ?? 0 });
  }

  private keepMessage(message: Message): void {
    let list = this.messages.get(message.conversation_id);
    if (!list) this.messages.set(message.conversation_id, (list = new Map()));
    list.set(message.id, message);
    const conversation = this.conversations.get(message.conversation_id);
    if (conversation?.last_message?.id !== message.id) return;
    const { retry_at: _, ...last } = conversation.last_message;
    this.conversations.set(conversation.id, { ...conversation, last_message: { ...last, delivery: message.delivery, ...(message.retry_at && { retry_at: message.retry_at }) } });
  }

  private applyHeld(): void {
    if (this.resuming || this.fetching) return;
    const held = this.held;
    this.held = [];
    for (const event of held.sort((a, b) => a.seq - b.seq)) this.apply(event);
  }

  private async fetchAll(): Promise<void> {
    this.fetching++;
    try {
      for (const conversation of await this.api.everyConversation()) {
        this.keep(conversation);
        for (const message of await this.api.history(conversation.id)) this.keepMessage(message);
      }
    } finally {
      this.fetching--;
    }
    this.applyHeld();
  }

  /** Opens a fresh screen and compares the two once both have the same position in the log. */
  async showsWhatAFreshOneShows(timeoutMs = PATIENCE_MS): Promise<void> {
    await until('the screen is back', () => this.connected, timeoutMs);
    const fresh = await Screen.open(this.api);
    try {
      await until('both screens have seen the same', () => this.connected && fresh.connected && this.seq === fresh.seq, timeoutMs);
      assert.deepEqual(this.picture(), fresh.picture());
    } finally {
      fresh.close();
    }
  }

  /** The state of the screen in a form that can be compared. */
  picture(): unknown {
    const conversations = [...this.conversations.values()].sort((a, b) => a.id - b.id);
    return conversations.map((conversation) => ({
      conversation: { ...conversation, read_count: conversation.read_count ?? 0 },
      messages: [...(this.messages.get(conversation.id)?.values() ?? [])].sort((a, b) => a.id - b.id),
    }));
  }
}

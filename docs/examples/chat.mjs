// npm install socket.io-client
import { io } from 'socket.io-client';

const GIVE_UP_MS = 60_000; // how long a message that cannot leave is tried before its writer is told

/** The support chat of one user. `onMessage` gets every message once, whichever way it came: by the history, live, or
 *  after a lost connection. The greeting of the day has no id. `onError` gets what the live side has refused. */
export class Chat {
  constructor({ desk, appKey, userId, onMessage, onError = console.warn }) {
    Object.assign(this, { desk, userId, onMessage });
    this.headers = { 'X-App-Key': appKey }; // signed user ids: 'X-User-Id' and 'X-User-Hash', and user_hash below
    this.known = new Set();
    this.socket = io(desk, { auth: { app_key: appKey }, autoConnect: false });
    // At the first connection and at each one after a loss: what was missed comes again (0: all of it).
    this.socket.on('connect', () => this.socket.emit('join_chat', { user_id: userId, after: this.last() ?? 0 }));
    this.socket.on('new_message', (message) => this.take(message));
    this.socket.on('error', onError);
  }

  /** Shows the newest messages, and whatever comes from then on. */
  async open(userName) {
    for (const message of await this.page({ user_name: userName })) this.take(message);
    this.socket.connect();
  }

  /** For scrolling up: the messages before the one with this id. */
  older(id) {
    return this.page({ before: id });
  }

  /** Its id. The same clientId is the same message, so it may leave twice and is stored once. */
  async send(text, { photos = [], clientId = crypto.randomUUID() } = {}) {
    const form = new FormData();
    for (const [name, value] of Object.entries({ user_id: this.userId, message: text, client_id: clientId })) form.append(name, value);
    for (const photo of photos) form.append('photo', photo, photo.name ?? 'photo.jpg'); // File or Blob
    return (await this.patiently(() => this.call('/send_message', { method: 'POST', body: form }))).message_id;
  }

  /** All that was shown has been seen: the operator's panel says so. */
  read() {
    if (this.last()) this.socket.emit('read', { user_id: this.userId, message_id: this.last() });
  }

  /** With every start of the app, and when Firebase gives it another token. */
  registerDevice(fcmToken, deviceId, platform = 'web') {
    const body = JSON.stringify({ user_id: this.userId, fcm_token: fcmToken, device_id: deviceId, platform });
    return this.call('/register_device', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
  }

  close() {
    this.socket.disconnect();
  }

  last() {
    return this.known.size ? Math.max(...this.known) : null;
  }

  take(message) {
    if (message.id !== null && this.known.has(message.id)) return;
    if (message.id !== null) this.known.add(message.id);
    this.onMessage(message);
  }

  async page(query) {
    const path = `/message_history/${encodeURIComponent(this.userId)}?${new URLSearchParams({ limit: '50', ...query })}`;
    return (await this.call(path)).messages;
  }

  async call(path, { headers, ...request } = {}) {
    const response = await fetch(this.desk + path, { ...request, headers: { ...this.headers, ...headers } });
    if (response.ok) return response.json();
    const { error, code } = await response.json().catch(() => ({ error: `HTTP ${response.status}` }));
    const again = response.status === 429 || response.status >= 500;
    throw Object.assign(new Error(error), { code, again, afterMs: 1000 * Number(response.headers.get('Retry-After') ?? 0) });
  }

  /** Again after a lost connection, 429 and 5xx; what the server has refused is refused. */
  async patiently(ask) {
    const end = Date.now() + GIVE_UP_MS;
    for (let wait = 500; ; wait = Math.min(wait * 2, 15_000)) {
      try {
        return await ask();
      } catch (error) {
        if (error.again === false || Date.now() > end) throw error; // fetch's own errors do not say
        await new Promise((resolve) => setTimeout(resolve, Math.max(wait, error.afterMs ?? 0)));
      }
    }
  }
}

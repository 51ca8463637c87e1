// npm install socket.io-client
import { io } from 'socket.io-client';

export class Chat {
  constructor(desk, appKey, userId, onMessage) {
    this.desk = desk;
    this.headers = { 'X-App-Key': appKey, 'Content-Type': 'application/json' };
    this.userId = userId;
    this.known = new Map(); // by id: what comes twice is shown once
    this.onMessage = onMessage;
    this.socket = io(desk, { auth: { app_key: appKey } });
    // At every connection, the first and those after a loss: what was missed comes again.
    this.socket.on('connect', () => this.socket.emit('join_chat', { user_id: userId, after: Math.max(0, ...this.known.keys()) || null }));
    this.socket.on('new_message', (message) => this.take(message));
  }

  take(message) {
    if (message.id !== null && this.known.has(message.id)) return;
    if (message.id !== null) this.known.set(message.id, message);
    this.onMessage(message);
  }

  async history(userName) {
    const query = new URLSearchParams({ limit: '50', user_name: userName });
    const { messages } = await this.call(`/message_history/${encodeURIComponent(this.userId)}?${query}`);
    for (const message of messages) this.take(message);
  }

  send(message, clientId = crypto.randomUUID()) {
    return this.call('/send_message', { user_id: this.userId, message, client_id: clientId }); // may be repeated safely
  }

  read() {
    this.socket.emit('read', { user_id: this.userId, message_id: Math.max(...this.known.keys()) });
  }

  async call(path, body) {
    const response = await fetch(this.desk + path, { method: body ? 'POST' : 'GET', headers: this.headers, body: body && JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    return answer;
  }

  close() {
    this.socket.disconnect();
  }
}

// A client of the apps' API.
import { createHmac } from 'node:crypto';
import { drawPicture, encodePng } from '../telegram/pictures.ts';

export interface AppMessage {
  id: number | null;
  message: string;
  photo_url: string | null;
  direction: 'user' | 'support';
  created_at: string;
}

export class App {
  readonly base: string;
  readonly headers: Record<string, string>;
  constructor(base: string, headers: Record<string, string> = {}) {
    this.base = base;
    this.headers = headers;
  }

  async call(method: string, path: string, body?: unknown): Promise<{ status: number; body: any; headers: Headers }> {
    const init: RequestInit = { method, headers: { ...this.headers } };
    if (body instanceof FormData) init.body = body;
    else if (body !== undefined) {
      init.body = typeof body === 'string' ? body : JSON.stringify(body);
      init.headers = { ...this.headers, 'content-type': 'application/json' };
    }
    const response = await fetch(this.base + path, init);
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : null, headers: response.headers };
  }

  send = (body: unknown) => this.call('POST', '/send_message', body);
  history = (user: string, query = '') => this.call('GET', `/message_history/${encodeURIComponent(user)}${query}`);
}

export const hashOf = (secret: string, user: string): string => createHmac('sha256', secret).update(user).digest('hex');

/** A picture as a file of a form; each seed gives different bytes. */
export const picture = (seed: number, width = 40, height = 30): Buffer => encodePng(drawPicture(seed, width, height));
export const file = (bytes: Buffer, type = 'image/png'): Blob => new Blob([new Uint8Array(bytes)], { type });

export function form(fields: Record<string, string>, photos: [Blob, string][] = []): FormData {
  const out = new FormData();
  for (const [name, value] of Object.entries(fields)) out.append(name, value);
  for (const [photo, name] of photos) out.append('photo', photo, name);
  return out;
}

// The test of an example's Chat in any language: what docs/mobile.md promises of it, checked in the app and in the desk.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Api } from '../../harness/api.ts';
import { pause, Server, until } from '../../harness/server.ts';
import { App, type AppMessage, picture } from '../app.ts';

const KEY = 'the-key-of-the-examples';

export class Refused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A running Chat: the messages that it has shown, and a way to call it. */
export interface Running {
  readonly shown: AppMessage[];
  readonly errors: { code: string; message: string }[];
  /** Throws Refused if the Chat has thrown its refusal. */
  call(name: 'open' | 'older' | 'send' | 'read' | 'registerDevice' | 'close', args?: object): Promise<any>;
  /** Closes its connections. */
  end(): Promise<void>;
}
export type Start = (desk: string, appKey: string, userId: string) => Promise<Running>;

export function day(language: string, start: Start): void {
  describe(`the example in ${language}`, () => {
    const user = `${language} / co? 100%`; // an id that must be escaped in an address
    let server: Server;
    let api: Api;
    let chat: Running;
    let folder: string;
    const photos: string[] = [];

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'example-'));
      for (const seed of [1, 2]) {
        photos.push(join(folder, `${seed}.png`));
        writeFileSync(photos.at(-1)!, picture(seed));
      }
      server = await Server.start({ env: { MOBILE_APP_KEY: KEY } });
      api = await server.signIn();
      await new App(server.url, { 'x-app-key': KEY }).send({ user_id: 'another', message: 'The desk has lived before' });
      chat = await start(server.url, KEY, user);
    });
    after(async () => {
      await chat?.end();
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const conversation = async (): Promise<number> => (await api.everyConversation()).find((c) => c.customer.external_id === user)!.id;
    const seen = (text: string): AppMessage[] => chat.shown.filter((m) => m.message === text);
    const send = (text: string, clientId: string, files: string[] = []): Promise<number> => chat.call('send', { text, clientId, photos: files });

    test('opens with the greeting of the day', async () => {
      await chat.call('open', { userName: 'Ann' });
      assert.deepEqual(chat.shown.map((m) => [m.id, m.message, m.direction]), [[null, 'Здравствуйте, Ann!', 'support']]);
    });

    test('sends a text; the same client id is the same message', async () => {
      const id = await send('Where is my order?', 'text-1');
      assert.equal(await send('Where is my order?', 'text-1'), id);
      await until('it comes back', () => seen('Where is my order?').length === 1);
      assert.equal((await api.history(await conversation())).filter((m) => m.direction === 'in').length, 1);
    });

    test('hears the answer, and tells that it was read', async () => {
      const id = await conversation();
      const answer = await api.reply(id, { text: 'On its way' });
      await until('the answer', () => seen('On its way').length === 1);
      assert.equal(seen('On its way')[0]!.direction, 'support');
      await chat.call('read');
      await until('it is seen', async () => (await api.conversation(id)).seen_message_id === answer.id);
    });

    test('sends photos', async () => {
      await send('It came broken', 'photos-1', photos);
      const mine = await until('both are shown', () => {
        const found = chat.shown.filter((m) => m.photo_url !== null);
        return found.length === 2 && found;
      });
      assert.equal(mine[0]!.message, 'It came broken');
      const file = await fetch(server.url + mine[0]!.photo_url, { headers: { 'x-app-key': KEY } });
      assert.deepEqual(Buffer.from(await file.arrayBuffer()), picture(1));
    });

    test('registers for push', async () => {
      for (const fcmToken of ['old-token', 'new-token']) await chat.call('registerDevice', { fcmToken, deviceId: 'phone-1' });
      const answer = await fetch(`${server.url}/check_device/${encodeURIComponent(user)}`, { headers: { 'x-app-key': KEY } });
      assert.equal((await answer.json()).device_count, 1);
    });

    test('reads further back', async () => {
      const [first, ...rest] = chat.shown.filter((m) => m.id !== null);
      const older: AppMessage[] = await chat.call('older', { id: rest.at(-1)!.id });
      assert.ok(older.some((m) => m.id === first!.id && m.message === first!.message));
      assert.ok(older.every((m) => m.id !== rest.at(-1)!.id));
    });

    test('outlives a server: what is sent meanwhile leaves later, what was missed comes, each once', async () => {
      const id = await conversation();
      await server.kill();
      const sending = send('Are you there?', 'text-2');
      await pause(300);
      await server.run();
      await (await server.signIn()).reply(id, { text: 'Yes, again' });
      await sending;
      await until('both are shown', () => seen('Are you there?').length > 0 && seen('Yes, again').length > 0, 40_000);
      await send('Good', 'text-3');
      await until('the last', () => seen('Good').length > 0);
      const ids = chat.shown.map((m) => m.id);
      assert.equal(new Set(ids).size, ids.length, `something is shown twice: ${ids.join()}`);
      const stored = (await (await server.signIn()).history(id)).filter((m) => m.direction !== 'system').map((m) => m.id);
      assert.deepEqual(ids.filter((i) => i !== null).sort((a, b) => a! - b!), stored);
    });

    test('a refusal is told at once, in the server’s words', async () => {
      await assert.rejects(send('', 'text-4'), (e: Refused) => e.code === 'missing_field' && /message/.test(e.message));
    });

    test('a wrong key is refused', async () => {
      const stranger = await start(server.url, 'wrong', 'stranger');
      try {
        await assert.rejects(stranger.call('open', { userName: 'X' }), (e: Refused) => e.code === 'unauthorized');
        await assert.rejects(stranger.call('send', { text: 'x', clientId: 'x', photos: [] }), /X-App-Key/);
      } finally {
        await stranger.end();
      }
    });

    test('what the live side refuses is told too', async () => {
      for (let i = 0; i < 200; i++) await chat.call('read'); // above the rate limit
      await until('it is too much', () => chat.errors.some((e) => e.code === 'rate_limited'));
    });
  });
}

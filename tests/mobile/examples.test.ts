// The examples of docs/mobile.md: the page contains the files unchanged, and those for curl and JavaScript run. scripts/examples.sh
// tests those that need a compiler.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, openAsBlob, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Server } from '../harness/server.ts';
import { picture } from './app.ts';
import { day, Refused, type Running } from './examples/day.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const examples = join(ROOT, 'docs/examples');
const folder = mkdtempSync(join(tmpdir(), 'examples-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

test('the page contains every file unchanged', () => {
  const page = readFileSync(join(ROOT, 'docs/mobile.md'), 'utf8');
  for (const name of readdirSync(examples)) assert.ok(page.includes(`\n${readFileSync(join(examples, name), 'utf8')}\`\`\``), name);
});

describe('the example with curl', () => {
  let server: Server;
  before(async () => {
    server = await Server.start({ env: { MOBILE_APP_KEY: 'the-key' } });
  });
  after(() => server?.stop());

  test('makes every call', () => {
    const photo = join(folder, 'broken.png');
    writeFileSync(photo, picture(1));
    const output = execFileSync('sh', [join(examples, 'chat.sh')], { env: { ...process.env, DESK: server.url, APP_KEY: 'the-key', PHOTO: photo }, encoding: 'utf8' });
    const [greeting, first, again, photos, device, known, missed, read, ...more] = output.trim().split('\n').map((line) => JSON.parse(line));
    assert.equal(more.length, 0);
    assert.deepEqual(greeting.messages.map((m: { message: string }) => m.message), ['Здравствуйте, Anna!']);
    assert.ok(first.message_id > 0);
    assert.deepEqual(again, first);
    assert.equal(photos.photo_count, 2);
    assert.equal(device.device_count, 1);
    assert.equal(known.registered, true);
    assert.ok(missed.messages.some((m: { message: string }) => m.message === 'It came broken'));
    assert.equal(read.success, true);
  });

  test('prints an error, and ends', () => {
    const run = () => execFileSync('sh', [join(examples, 'chat.sh')], { env: { ...process.env, DESK: server.url, APP_KEY: 'wrong' }, encoding: 'utf8', stdio: 'pipe' });
    assert.throws(run, (e: { status: number; stdout: string }) => e.status !== 0 && JSON.parse(e.stdout).code === 'unauthorized');
  });
});

/** The class of chat.mjs, copied beside the tests' packages, so that its imports resolve as in an app. */
async function startJavaScript(desk: string, appKey: string, userId: string): Promise<Running> {
  const { Chat } = await import(join(folder, 'chat.mjs'));
  const shown: Running['shown'] = [];
  const errors: Running['errors'] = [];
  const chat = new Chat({ desk, appKey, userId, onMessage: (m: Running['shown'][0]) => shown.push(m), onError: (e: Running['errors'][0]) => errors.push(e) });
  const perform: Record<string, (args: any) => unknown> = {
    open: ({ userName }) => chat.open(userName),
    older: ({ id }) => chat.older(id),
    send: async ({ text, clientId, photos }) => chat.send(text, { clientId, photos: await Promise.all(photos.map((path: string) => openAsBlob(path))) }),
    read: () => chat.read(),
    registerDevice: ({ fcmToken, deviceId }) => chat.registerDevice(fcmToken, deviceId),
    close: () => chat.close(),
  };
  return {
    shown,
    errors,
    async call(name, args = {}) {
      try {
        return await perform[name]!(args);
      } catch (error) {
        const { code, message, again } = error as { code: string; message: string; again?: boolean };
        throw again === undefined ? error : new Refused(code, message);
      }
    },
    end: async () => chat.close(),
  };
}

copyFileSync(join(examples, 'chat.mjs'), join(folder, 'chat.mjs'));
symlinkSync(join(ROOT, 'tests/node_modules'), join(folder, 'node_modules'));
day('JavaScript', startJavaScript);

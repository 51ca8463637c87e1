// The examples of docs/mobile.md: the page shows the files as they are, and those that can run here do.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Server, until } from '../harness/server.ts';
import { picture } from './app.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const examples = join(ROOT, 'docs/examples');

describe('the examples of docs/mobile.md', () => {
  let server: Server;
  let folder: string;
  before(async () => {
    server = await Server.start({ env: { MOBILE_APP_KEY: 'the-key' } });
    folder = mkdtempSync(join(tmpdir(), 'examples-'));
  });
  after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('the page shows every file as it is', () => {
    const page = readFileSync(join(ROOT, 'docs/mobile.md'), 'utf8');
    for (const name of readdirSync(examples)) assert.ok(page.includes(`${readFileSync(join(examples, name), 'utf8')}\`\`\``), name);
  });

  test('curl', () => {
    const photo = join(folder, 'broken.png');
    writeFileSync(photo, picture(1));
    const output = execFileSync('sh', [join(examples, 'chat.sh')], { env: { ...process.env, DESK: server.url, APP_KEY: 'the-key', PHOTO: photo }, encoding: 'utf8' });
    const answers = output.trim().split('\n').map((line) => JSON.parse(line));
    assert.equal(answers.length, 6);
    assert.equal(answers[0].messages[0].message, 'Здравствуйте, Anna!');
    assert.equal(answers[2].photo_count, 1);
    assert.equal(answers[4].device_count, 1);
  });

  test('JavaScript', async () => {
    // Beside the tests' packages, as it would stand beside an app's own.
    copyFileSync(join(examples, 'chat.mjs'), join(folder, 'chat.mjs'));
    symlinkSync(join(ROOT, 'tests/node_modules'), join(folder, 'node_modules'));
    const { Chat } = await import(join(folder, 'chat.mjs'));
    const shown: { message: string; direction: string }[] = [];
    const chat = new Chat(server.url, 'the-key', 'js-user', (message: { message: string; direction: string }) => shown.push(message));
    let joined = false;
    chat.socket.on('joined', () => (joined = true));
    try {
      await chat.history('Jo');
      await chat.send('Hello');
      const api = await server.signIn();
      const conversation = (await api.everyConversation()).find((c) => c.customer.external_id === 'js-user')!;
      await until('it is joined', () => joined);
      const answer = await api.reply(conversation.id, { text: 'Hi Jo' });
      await until('the answer', () => shown.some((m) => m.message === 'Hi Jo'));
      chat.read();
      await until('it is seen', async () => (await api.conversation(conversation.id)).seen_message_id === answer.id);
      assert.deepEqual(shown[0]!.direction, 'support');
      await assert.rejects(chat.call('/send_message', { user_id: 'js-user' }), /message/);
    } finally {
      chat.close();
    }
  });
});

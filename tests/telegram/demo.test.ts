// The customers of the demo write without requests and answer an operator; its staff answers in a group; built-in media are real files.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulator } from './client.ts';
import { STAFF, STORIES } from './demo-scripts.ts';
import { decodePng, imageInfo } from './pictures.ts';
import { sample } from './samples.ts';
import { Spec } from './spec.ts';

const TOKEN = '123456:TEST';

test('three customers write soon after the start', { timeout: 60_000 }, async () => {
  const sim = await Simulator.start({ tokens: [TOKEN], demo: true, strict: true });
  try {
    const languages = new Set<string>();
    for (let offset = 0; languages.size < 3; ) {
      const { result } = await sim.call(TOKEN, 'getUpdates', { timeout: 10, offset });
      for (const u of result) {
        offset = u.update_id + 1;
        if (u.message) languages.add(u.message.from.language_code);
      }
    }
    assert.deepEqual([...languages].sort(), ['de', 'en', 'ru']);
    assert.deepEqual(await sim.violations(), []);
  } finally {
    await sim.stop();
  }
});

test('the staff answers in its group, as a reply to what the bot brought', { timeout: 60_000 }, async () => {
  const sim = await Simulator.start({ tokens: [TOKEN], demo: true, strict: true });
  try {
    const { result } = await sim.call(TOKEN, 'getUpdates', { timeout: 5, allowed_updates: ['my_chat_member', 'message'] });
    const [told] = result.filter((u: any) => u.my_chat_member);
    assert.deepEqual([told.my_chat_member.chat.id, told.my_chat_member.new_chat_member.status], [STAFF.group.id, 'member']);
    const brought = await sim.call(TOKEN, 'sendMessage', { chat_id: STAFF.group.id, text: 'Carlos Medina\n¡Hola!' });
    let last = result.at(-1).update_id;
    for (let answer: any; !answer; ) {
      const more = await sim.call(TOKEN, 'getUpdates', { timeout: 10, offset: last + 1 });
      for (const u of more['result']) {
        last = u.update_id;
        if (u.message?.chat.id === STAFF.group.id) answer = u.message;
      }
      if (answer) assert.deepEqual([answer.from.first_name, answer.reply_to_message.message_id], ['Maria', brought['result'].message_id]);
    }
    assert.deepEqual(await sim.violations(), []);
  } finally {
    await sim.stop();
  }
});

test('the stories end, and none writes more than a dozen messages', () => {
  for (const story of STORIES) {
    assert.ok(story.opening.length + story.replies.flat().length <= 12);
    assert.ok(story.at <= 180);
  }
});

test('samples are what their names say', () => {
  assert.deepEqual(imageInfo(sample('sticker', 1).bytes), { width: 512, height: 512, mime: 'image/webp', extension: 'webp' });
  assert.equal(decodePng(sample('photo', 1, 'lamp').bytes)?.width, 1024);
  assert.equal(sample('voice', 1).bytes.toString('latin1', 0, 4), 'OggS');
  assert.equal(sample('document', 1).bytes.toString('latin1', 0, 5), '%PDF-');
  assert.equal(new Spec().version, 'Bot API 10.3');
});

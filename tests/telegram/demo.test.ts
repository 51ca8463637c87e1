// The demo's customers write on their own and answer an operator; built-in media are real files.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulator } from './client.ts';
import { STORIES } from './demo-scripts.ts';
import { decodePng, imageInfo } from './pictures.ts';
import { sample } from './samples.ts';
import { Spec } from './spec.ts';

const TOKEN = '123456:TEST';

test('three customers have written within two seconds', { timeout: 60_000 }, async () => {
  const sim = await Simulator.start({ tokens: [TOKEN], demo: true, strict: true });
  try {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const { result } = await sim.call(TOKEN, 'getUpdates', { limit: 100 });
    const people = new Map(result.map((u: any) => [u.message.from.language_code, u.message.from.id]));
    assert.deepEqual([...people.keys()].sort(), ['de', 'en', 'ru']);
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

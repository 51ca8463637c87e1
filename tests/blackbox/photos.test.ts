// What becomes of a photo's bytes before anybody gets it, and addresses of files that need no session.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import type { Api } from '../harness/api.ts';
import { engines, Server, until } from '../harness/server.ts';
import { Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';
const PLACE = '55.7558N 37.6173E';
const folder = mkdtempSync(join(tmpdir(), 'switchboard-photos-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A real picture by libvips, in the format of the name's ending. */
function picture(name: string, options = ''): Buffer {
  const [raw, path] = [join(folder, 'noise.v'), join(folder, name)];
  execFileSync('vips', ['gaussnoise', raw, '320', '200']);
  execFileSync('vips', ['cast', raw, path + options, 'uchar']);
  return readFileSync(path);
}
/** An Exif block with a place in it and the orientation "turned by 90 degrees". */
function exif(): Buffer {
  const text = Buffer.from(`${PLACE}\0`);
  const head = Buffer.from('45786966000049492a0008000000020012010300010000000600000010010200', 'hex');
  const rest = Buffer.alloc(12);
  rest.writeUInt32LE(text.length, 0);
  rest.writeUInt32LE(38, 4);
  return Buffer.concat([head, rest, text]);
}
function jpegWithPlace(plain: Buffer): Buffer {
  const block = exif();
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(block.length + 2, 2);
  const xmp = Buffer.from(`http://ns.adobe.com/xap/1.0/\0<x>${PLACE}</x>`);
  const xmpHead = Buffer.from([0xff, 0xe1, 0, xmp.length + 2]);
  return Buffer.concat([plain.subarray(0, 2), head, block, xmpHead, xmp, plain.subarray(2), Buffer.from(PLACE)]);
}
function pngWithPlace(plain: Buffer): Buffer {
  const chunk = (name: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const out = Buffer.alloc(8 + body.length);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), 4 + body.length);
    return out;
  };
  return Buffer.concat([plain.subarray(0, 33), chunk('eXIf', exif().subarray(6)), chunk('tEXt', Buffer.from(`Comment\0${PLACE}`)), plain.subarray(33)]);
}

for (const engine of engines)
  describe(`photos and addresses on ${engine}`, () => {
    let sim: Simulator;
    let server: Server;
    let api: Api;
    let id: number;
    before(async () => {
      sim = await Simulator.start({ tokens: [TOKEN] });
      server = await Server.start({ engine, telegram: sim.url, token: TOKEN });
      api = await server.signIn();
      await until('the bot is ok', async () => (await api.bot()).state === 'ok');
      await sim.text(await sim.customer({ first_name: 'Petra' }), 'hello');
      id = await until('a conversation', async () => (await api.conversations('?status=all')).data[0]?.id);
    });
    after(async () => {
      await server?.stop();
      await sim?.stop();
    });

    async function send(name: string, bytes: Buffer, kind?: string): Promise<{ file: any; stored: Buffer }> {
      const form = new FormData();
      if (kind) form.append('kind', kind);
      form.append('client_id', `${name}-${Math.random()}`);
      form.append('files', new Blob([new Uint8Array(bytes)]), name);
      const message = await api.reply(id, form);
      await until(`${name} is sent`, async () => (await api.history(id)).find((m) => m.id === message.id)?.delivery === 'sent');
      const file = message.files![0]!;
      const stored = Buffer.from(await (await api.send('GET', `/api/files/${file.id}`)).arrayBuffer());
      return { file, stored };
    }
    const withoutPlace = (bytes: Buffer): void => assert.ok(!bytes.includes(PLACE), 'the place is gone');
    /** libvips decodes it, whole: the average of its pixels. */
    const average = (name: string, bytes: Buffer): number => {
      const path = join(folder, `decoded-${name}`);
      writeFileSync(path, bytes);
      return Number(execFileSync('vips', ['avg', path], { encoding: 'utf8' }));
    };

    test('a photo loses its place and keeps its pixels and its orientation', async () => {
      const plain = picture('a.jpg');
      const given = jpegWithPlace(plain);
      const { file, stored } = await send('a.jpg', given);
      withoutPlace(stored);
      assert.deepEqual([file.width, file.height], [200, 320], 'shown upright');
      assert.ok(stored.includes('Exif'), 'the orientation stays');
      assert.equal(average('a.jpg', stored), average('plain.jpg', plain));
      withoutPlace((await send('a.jpg', given, 'document')).stored);
      const png = await send('b.png', pngWithPlace(picture('b.png')));
      withoutPlace(png.stored);
      assert.equal(average('b.png', png.stored), average('b-plain.png', readFileSync(join(folder, 'b.png'))));
      writeFileSync(join(folder, 'place.jpg'), given);
      execFileSync('vips', ['copy', join(folder, 'place.jpg'), join(folder, 'c.webp')]);
      const webp = readFileSync(join(folder, 'c.webp'));
      assert.ok(webp.includes(PLACE), 'libwebp has kept it');
      const { stored: clean } = await send('c.webp', webp);
      withoutPlace(clean);
      assert.equal(average('c.webp', clean), average('c-given.webp', webp));
    });

    test('a photo in a phone’s format is sent as a JPEG', async () => {
      const { file, stored } = await send('IMG_1.HEIC', picture('d.heic'));
      assert.equal(file.mime, 'image/jpeg');
      assert.equal(file.name, 'IMG_1.jpg');
      assert.deepEqual([file.width, file.height], [320, 200]);
      assert.deepEqual([...stored.subarray(0, 3)], [0xff, 0xd8, 0xff]);
    });

    test('a video has a poster, a preview, its length and its size, and Telegram is told', async () => {
      const path = join(folder, 'film.mp4');
      execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=320x640:rate=10:duration=2', '-pix_fmt', 'yuv420p', path]);
      const { file } = await send('film.mp4', readFileSync(path), 'video');
      assert.deepEqual([file.mime, file.width, file.height, Math.round(file.duration_ms / 1000)], ['video/mp4', 320, 640, 2]);
      assert.match(file.preview, /^UklGR/);
      const poster = await api.send('GET', `/api/files/${file.id}?size=thumb`);
      assert.equal(poster.headers.get('content-type'), 'image/webp');
      writeFileSync(join(folder, 'poster.webp'), Buffer.from(await poster.arrayBuffer()));
      assert.equal(execFileSync('vipsheader', ['-f', 'height', join(folder, 'poster.webp')], { encoding: 'utf8' }).trim(), '640');
      const call = (await sim.calls({ method: 'sendVideo' })).at(-1)!;
      assert.deepEqual([call.params['width'], call.params['height'], call.params['duration']].map(Number), [320, 640, 2]);
    });

    test('a quota refuses the files of strangers first, then all, and never a text', async () => {
      const seen = await api.call('GET', '/api/storage');
      assert.deepEqual([seen.quota_mb, seen.kept_days, seen.state], [0, 0, 'local']);
      const count = (family: string): number => seen.families.find((row: { family: string }) => row.family === family).files;
      assert.equal(seen.files, ['pictures', 'videos', 'sounds', 'others'].reduce((sum, family) => sum + count(family), 0));
      assert.ok(count('thumbnails') > 0 && seen.files > 0);
      assert.ok(seen.used_bytes > 0 && count('videos') === 1);
      // What is used is more than nine tenths of this quota, and less than all of it.
      const quota = 10;
      const fill = 9_300_000 - seen.used_bytes;
      await send('fill.bin', Buffer.alloc(fill, 7), 'document');
      assert.equal((await api.call('PATCH', '/api/storage', { quota_mb: quota })).quota_mb, quota);
      const who = await sim.customer({ first_name: 'Stella' });
      await sim.media(who, 'document', { size: 1000, seed: 3, file_name: 'a.bin', caption: 'the words of it' });
      const theirs = await until('the message is there', async () => (await api.conversations('?status=all')).data.find((c) => c.customer.name === 'Stella'));
      const refused = await until('its file was not taken', async () => {
        const [message] = await api.history(theirs.id);
        return message?.files?.[0]?.state === 'failed' && message;
      });
      assert.deepEqual([refused.text, refused.files![0]!.error], ['the words of it', 'store_full']);
      await send('g.png', picture('g.png'));
      const form = new FormData();
      form.append('text', 'the answer');
      form.append('files', new Blob([Buffer.alloc(800_000, 1)]), 'large.bin');
      const answer = await api.send('POST', `/api/conversations/${id}/messages`, form);
      assert.equal(answer.status, 403);
      const { error } = await answer.json() as { error: { code: string; message: string } };
      assert.deepEqual([error.code, error.message], ['store_full', 'The space for files, 10 MB, is used up.']);
      assert.equal((await api.reply(id, { text: 'the answer' })).text, 'the answer');
      await api.call('PATCH', '/api/storage', { quota_mb: 0 });
      await api.call('POST', `/api/files/${refused.files![0]!.id}/fetch`);
      await until('it is fetched when there is room', async () => (await api.history(theirs.id))[0]!.files![0]!.state === 'ready');
      for (const wrong of [{ quota_mb: -1 }, { quota_mb: 'much' }, { kept_days: 1e6 }, { quota: 5 }]) assert.equal((await api.send('PATCH', '/api/storage', wrong)).status, 400);
    });

    test('files that are older than they are kept are removed, shown as such, and logged', async () => {
      const { file } = await send('h.png', picture('h.png'));
      const message = server.query(`SELECT message_id FROM message_file WHERE file_id = ${file.id}`)[0];
      server.query(`UPDATE file SET created_at = created_at - 8 * 86400000 WHERE id = ${file.id}`);
      server.query("UPDATE job SET due_at = 0 WHERE kind = 'file.remove'");
      await api.call('PATCH', '/api/storage', { kept_days: 7 }); // a write wakes the jobs
      const now = await until('it is removed', async () => {
        const all = await api.history(id);
        return all.find((m) => String(m.id) === message && m.files?.[0]?.error === 'removed');
      }, 20_000);
      assert.equal(now.files![0]!.state, 'failed');
      const gone = await api.send('GET', `/api/files/${file.id}`);
      assert.equal(gone.status, 404);
      assert.match(await gone.text(), /kept for a limited time/);
      assert.equal((await api.send('POST', `/api/files/${file.id}/fetch`)).status, 409);
      assert.equal((await api.call('PATCH', '/api/storage', { kept_days: 7 })).kept_days, 7); // no change, and no line in the log
      await api.call('PATCH', '/api/storage', {});
      const { data } = await api.call('GET', '/api/audit?part=changes');
      const lines = data.map((line: { action: string; detail: string }) => `${line.action} ${line.detail}`);
      assert.deepEqual(lines.slice(0, 2), ['files.removed files=1 kept_days=7', 'storage.changed quota_mb=0 kept_days=7']);
      await api.call('POST', '/api/operators', { login: 'otto', name: 'Otto', role: 'senior_operator', password: 'correct horse battery' });
      const otto = await server.signIn({ login: 'otto', password: 'correct horse battery' });
      for (const method of ['GET', 'PATCH'] as const) assert.equal((await otto.send(method, '/api/storage', method === 'PATCH' ? {} : undefined)).status, 403);
      assert.equal((await fetch(`${server.url}/api/storage`)).status, 401);
    });

    test('an address without a session is good for ten minutes, for one file, and cannot be guessed', async () => {
      const { file, stored } = await send('e.png', picture('e.png'));
      const { url, expires_at } = await api.call('POST', `/api/files/${file.id}/address`);
      const seconds = (Date.parse(expires_at) - Date.now()) / 1000;
      assert.ok(seconds > 550 && seconds <= 600, `${seconds}`);
      const path = new URL(url).pathname;
      const answer = await fetch(server.url + path);
      assert.equal(answer.status, 200);
      assert.deepEqual(Buffer.from(await answer.arrayBuffer()), stored);
      assert.match(answer.headers.get('content-security-policy')!, /^sandbox/);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      const [fileId, until_, proof] = path.split('/').pop()!.split('-') as [string, string, string];
      for (const wrong of [`${Number(fileId) + 1}-${until_}-${proof}`, `${fileId}-${Number(until_) + 1}-${proof}`, `${fileId}-${until_}-${proof.replace(/^./, (c) => (c === 'a' ? 'b' : 'a'))}`, `${fileId}-${until_}-`, fileId, `${fileId}-${until_}-${proof}0`])
        assert.equal((await fetch(`${server.url}/files/${wrong}`)).status, 404, wrong);
      assert.equal((await fetch(`${server.url}/api/files/${file.id}`)).status, 401, 'otherwise a session is needed');
      assert.equal((await fetch(`${server.url}/api/files/${file.id}/address`, { method: 'POST' })).status, 401);
      const short = await api.call('POST', `/api/files/${file.id}/address`, { seconds: 1 });
      await until('it has expired', async () => (await fetch(server.url + new URL(short.url).pathname)).status === 404);
      for (const refused of [{ seconds: 601 }, { seconds: 0 }, { second: 5 }]) assert.equal((await api.send('POST', `/api/files/${file.id}/address`, refused)).status, 400);
      assert.equal((await api.send('POST', '/api/files/999999/address')).status, 404);
    });
  });

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

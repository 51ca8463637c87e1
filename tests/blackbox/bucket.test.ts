// Its name is early in the alphabet, since it takes longest and files are run in that order.
// Files in an object store: a real S3 server (OpenStack Swift), reached through a door that makes the faults.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Api } from '../harness/api.ts';
import { binary, engines, Server, until } from '../harness/server.ts';
import { Door, Swift } from '../harness/swift.ts';
import { type Customer, Simulator } from '../telegram/client.ts';

const TOKEN = '123456:TEST';
const SECRETS = ['test:tester', 'test%3Atester', 'AWS4-HMAC', 'Signature='];
const MB = 1 << 20;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The content in a server's folder: local, near and unfinished. */
function folder(server: Server): { local: string[]; near: string[]; tmp: string[] } {
  const files = join(server.folder, 'files');
  const names = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);
  return { local: names(files).filter((name) => /^[0-9a-f]{2}$/.test(name)).flatMap((name) => names(join(files, name))), near: names(join(files, 'near')), tmp: names(join(files, 'tmp')) };
}
/** A command of the binary. The doors are in this process, so it must not be blocked meanwhile. */
const command = (server: Server, ...args: string[]): Promise<{ code: number; output: string }> =>
  new Promise((resolve) => execFile(binary, args, { cwd: server.folder, env: server.env, timeout: 120_000 }, (error, out, err) => resolve({ code: error ? Number(error.code) : 0, output: out + err })));
const forgetNear = (server: Server): void => {
  for (const name of folder(server).near) rmSync(join(server.folder, 'files/near', name));
};
const metric = async (server: Server, name: string): Promise<number> => {
  const line = new RegExp(`^switchboard_${name} (.+)$`, 'm').exec(await (await fetch(`${server.url}/metrics`)).text());
  return Number(line?.[1]);
};

let swift: Swift;
before(async () => {
  swift = await Swift.start();
}, { timeout: 120_000 });
after(async () => {
  await swift?.stop();
});

for (const engine of engines)
  describe(`files in an object store on ${engine}`, { timeout: 480_000 }, () => {
    // Half a minute each, and of the database they need only what the others show on both engines.
    const slow = engine === 'sqlite' ? test : (): void => {};
    const bucket = `desk-${engine}`;
    let sim: Simulator;
    let door: Door;
    let server: Server;
    let api: Api;
    let who: Customer;
    let id: number;

    before(async () => {
      await swift.makeBucket(bucket);
      door = await Door.open(swift.port);
      sim = await Simulator.start({ tokens: [TOKEN] });
      server = await Server.start({ engine, telegram: sim.url, token: TOKEN, env: swift.env(bucket, door.url) });
      api = await server.signIn();
      await until('the bot is ok', async () => (await api.bot()).state === 'ok');
      who = await sim.customer({ first_name: 'Stella' });
      await sim.text(who, 'hello');
      id = await until('a conversation', async () => (await api.conversations('?status=all')).data[0]?.id);
    });
    after(async () => {
      await server?.stop();
      for (const secret of SECRETS) assert.ok(!server?.log.includes(secret), `${secret} is in the log`);
      await sim?.stop();
      await door?.close();
    });
    afterEach(() => door.change('open'));

    const file = (fileId: number, query = '', headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${server.url}/api/files/${fileId}${query}`, { headers: { authorization: `Bearer ${api.token}`, ...headers } });
    /** A document from the customer, once it is ready. */
    async function document(size: number, seed: number): Promise<{ fileId: number; key: string; bytes: Buffer }> {
      const before = (await api.history(id)).length;
      await sim.media(who, 'document', { size, seed, file_name: `document-${seed}.bin` });
      const message = await until('the document is ready', async () => {
        const last = (await api.history(id))[before];
        return last?.files?.[0]?.state === 'ready' && last;
      });
      const fileId = message.files![0]!.id;
      const [key] = server.query(`SELECT storage_key FROM file WHERE id = ${fileId}`);
      const path = [join(server.folder, 'files', key!.slice(0, 2), key!), join(server.folder, 'files/near', key!)].find(existsSync);
      const bytes = Buffer.from(await (await file(fileId)).arrayBuffer());
      assert.ok(path !== undefined);
      return { fileId, key: key!, bytes };
    }
    const moved = (key: string): Promise<unknown> =>
      until('the file has moved', async () => (await swift.objects(bucket)).has(`${key.slice(0, 2)}/${key}`) && !folder(server).local.includes(key), 60_000);

    test('a file moves to the bucket and is served from there', async () => {
      const { fileId, key, bytes } = await document(3 * MB, 1);
      await moved(key);
      assert.equal(sha256((await swift.object(bucket, `${key.slice(0, 2)}/${key}`))!), key, 'the object has the bytes that its name says');
      assert.ok(folder(server).near.includes(key), 'a copy stays near for a while');
      forgetNear(server);
      const whole = await file(fileId);
      assert.equal(whole.status, 200);
      assert.equal(whole.headers.get('content-length'), String(bytes.length));
      assert.equal(whole.headers.get('content-disposition')?.startsWith('attachment'), true);
      assert.equal(whole.headers.get('x-content-type-options'), 'nosniff');
      assert.match(whole.headers.get('content-security-policy')!, /^sandbox/);
      assert.equal(sha256(Buffer.from(await whole.arrayBuffer())), key);
      assert.equal(folder(server).near.length, 0, 'it was passed through and not stored');
      for (const [range, from, to] of [['bytes=0-0', 0, 1], ['bytes=1000-2000', 1000, 2001], ['bytes=1500000-', 1_500_000, bytes.length], ['bytes=-7', bytes.length - 7, bytes.length]] as const) {
        const part = await file(fileId, '', { range });
        assert.equal(part.status, 206, range);
        assert.equal(part.headers.get('content-range'), `bytes ${from}-${to - 1}/${bytes.length}`);
        assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(from, to), range);
      }
      assert.equal((await file(fileId, '', { range: `bytes=${bytes.length}-` })).status, 416);
      assert.equal((await file(fileId, '', { 'if-none-match': whole.headers.get('etag')! })).status, 304);
    });

    slow('a file above 8 MB is uploaded in parts', async () => {
      door.requests.length = 0;
      const { fileId, key, bytes } = await document(20 * MB - 1, 2);
      await moved(key);
      assert.equal(door.requests.filter((line) => line.includes('partNumber=')).length, 3);
      assert.equal(await swift.unfinished(bucket), 0);
      forgetNear(server);
      const whole = await file(fileId);
      assert.equal(sha256(Buffer.from(await whole.arrayBuffer())), key);
      const part = await file(fileId, '', { range: `bytes=${9 * MB}-${9 * MB + 99}` });
      assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(9 * MB, 9 * MB + 100), 'a range in the second part');
    });

    slow('a photo has a thumbnail, which moves too, and an answer goes out with bytes from the bucket', async () => {
      const form = new FormData();
      form.append('text', 'with a picture');
      form.append('client_id', 'picture-1');
      const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');
      form.append('files', new Blob([picture], { type: 'image/png' }), 'pixel.png');
      const sent = await api.reply(id, form);
      await moved(sha256(picture));
      forgetNear(server);
      await until('it was sent', async () => (await api.history(id)).find((m) => m.id === sent.id)?.delivery === 'sent');
      // Sent to somebody else from the bucket: the first delivery's upload was local.
      const again = new FormData();
      again.append('client_id', 'picture-2');
      again.append('files', new Blob([picture], { type: 'image/png' }), 'pixel.png');
      door.change('closed');
      await sim.fault({ kind: 'status', method: 'sendPhoto', count: 1, code: 502, body: '{}' });
      const second = await api.reply(id, again);
      door.change('open');
      await until('it was sent again', async () => (await api.history(id)).find((m) => m.id === second.id)?.delivery === 'sent', 60_000);
    });

    for (const weather of ['closed', 'error', 'silent'] as const)
      slow(`with a store that is ${weather}, messages and files come in, and move when it is back`, async () => {
        door.change(weather);
        const { fileId, key, bytes } = await document(400_000, 10 + weather.length);
        await sim.text(who, `while ${weather}`);
        await until('text flows', async () => (await api.history(id)).some((m) => m.text === `while ${weather}`));
        const sent = await api.reply(id, { text: `answer while ${weather}` });
        await until('answers leave', async () => (await api.history(id)).find((m) => m.id === sent.id)?.delivery === 'sent');
        await until('the wait is shown', async () => (await metric(server, 'files_waiting')) >= 1 && (await metric(server, 'file_store_away')) === 1, 60_000);
        assert.match((await command(server, 'doctor')).output, /file store: .*(cannot be reached|answered with status 503)/);
        assert.equal(sha256(Buffer.from(await (await file(fileId)).arrayBuffer())), key, 'it is served from here');
        assert.ok(bytes.length === 400_000 && folder(server).local.includes(key));
        door.change('open');
        await moved(key);
        await until('nothing waits', async () => (await metric(server, 'files_waiting')) === 0 && (await metric(server, 'file_store_away')) === 0, 60_000);
      });

    slow('a file in the bucket, while the store is away: an error that says so, and no worker is held', async () => {
      const { fileId, key, bytes } = await document(2 * MB, 30);
      await moved(key);
      forgetNear(server);
      door.change('closed');
      const answer = await file(fileId);
      assert.equal(answer.status, 503);
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
      const text = await answer.text();
      assert.match(text, /"store_unreachable"/);
      for (const secret of [...SECRETS, 'http', '127.0.0.1']) assert.ok(!text.includes(secret), secret);
      door.change('open');
      await until('it is served again', async () => {
        const response = await file(fileId);
        return response.status === 200 && Buffer.from(await response.arrayBuffer()).equals(bytes);
      });
      door.change('silent');
      const held = Array.from({ length: 12 }, () => file(fileId, '?size=thumb').then((r) => r.arrayBuffer(), () => undefined));
      const started = Date.now();
      await api.conversation(id);
      assert.ok(Date.now() - started < 5000, 'other requests do not wait');
      door.change('closed');
      await Promise.all(held);
    });

    slow('a response that is cut off is no whole file', async () => {
      const { fileId, key, bytes } = await document(2 * MB, 40);
      await moved(key);
      forgetNear(server);
      await until('the store is back', async () => (await file(fileId)).status === 200);
      door.cutAfter = 700_000;
      let pieces = 0;
      door.onRequest = (line) => {
        if (line.startsWith('GET') && ++pieces === 2) door.change({ delayMs: 0 });
      };
      const slow = await file(fileId);
      assert.equal(sha256(Buffer.from(await slow.arrayBuffer())), sha256(bytes));
      pieces = 0;
      door.change('open');
      door.onRequest = (line) => {
        if (line.startsWith('GET') && ++pieces === 2) door.change('closed');
      };
      await assert.rejects(async () => (await file(fileId)).arrayBuffer(), 'the connection ends before the announced length');
      door.onRequest = undefined;
    });

    slow('a connection that is cut within a part, or within the answer that ends the upload, loses nothing', async () => {
      const cuts: string[] = [];
      door.onRequest = (line) => {
        const [part, end] = [line.includes('partNumber=2'), line.startsWith('POST') && line.includes('uploadId=')];
        const now = (part && !cuts.includes('part')) || (end && !cuts.includes('end'));
        if (now) cuts.push(part ? 'part' : 'end');
        door.cutRequestAfter = part ? 3 * MB : undefined;
        door.cutAfter = 5;
        door.change(now ? 'cut' : 'open');
      };
      const { fileId, key, bytes } = await document(20 * MB - 3, 45);
      await moved(key);
      door.onRequest = undefined;
      assert.deepEqual(cuts.slice(0, 2), ['part', 'end']);
      assert.equal(sha256((await swift.object(bucket, `${key.slice(0, 2)}/${key}`))!), key);
      assert.equal(await swift.unfinished(bucket), 0);
      forgetNear(server);
      assert.ok(Buffer.from(await (await file(fileId)).arrayBuffer()).equals(bytes));
    });

    test('a store that dies in the middle of an upload in parts, and a server that dies there, lose nothing', async () => {
      let parts = 0;
      door.onRequest = (line) => {
        if (line.includes('partNumber=') && ++parts === 2) door.change('closed');
      };
      const { key } = await document(20 * MB - 5, 50);
      await until('the second part has failed', () => parts >= 2, 60_000);
      await swift.kill();
      await swift.run();
      parts = 0;
      door.onRequest = undefined;
      door.change('open');
      await moved(key);
      const second = await (async () => {
        door.onRequest = (line) => {
          if (line.includes('partNumber=') && ++parts === 2) void server.kill();
        };
        const before = Number(server.query('SELECT count(*) FROM file')[0]);
        await sim.media(who, 'document', { size: 20 * MB - 9, seed: 51, file_name: 'killed.bin' });
        await until('the server is dead', () => !server.running, 60_000);
        door.onRequest = undefined;
        await server.run();
        api = await server.signIn();
        return until('the file is ready', () => server.query(`SELECT storage_key FROM file WHERE id > ${before} AND state = 'ready'`)[0]);
      })();
      await moved(second);
      assert.equal(sha256((await swift.object(bucket, `${second.slice(0, 2)}/${second}`))!), second);
      assert.ok(!folder(server).tmp.some((name) => name.startsWith('keep-') && name.includes(second)), 'no mark is left');
    });

    test('what no message uses is removed from the bucket', async () => {
      const { fileId, key } = await document(50_000, 60);
      await moved(key);
      server.query(`DELETE FROM message_file WHERE file_id = ${fileId}`);
      server.query("UPDATE job SET due_at = 0 WHERE kind = 'prune.files'");
      await until('the object is gone', async () => !(await swift.objects(bucket)).has(`${key.slice(0, 2)}/${key}`), 60_000);
    });

    test('storage move, killed in the middle, loses nothing and goes on when it is run again', async () => {
      const contents = async (): Promise<Set<string>> => new Set([...folder(server).local, ...[...(await swift.objects(bucket)).keys()].map((name) => name.slice(3))]);
      const before = await contents();
      assert.ok(before.size > 2);
      let gets = 0;
      const child = spawn(binary, ['storage', 'move', 's3', 'local'], { cwd: server.folder, env: server.env, stdio: 'ignore' });
      door.onRequest = (line) => {
        if (line.startsWith('GET') && line.includes(`/${bucket}/`) && !line.includes('check') && ++gets === 2) child.kill('SIGKILL');
      };
      const [, signal] = await once(child, 'exit');
      door.onRequest = undefined;
      assert.equal(signal, 'SIGKILL');
      const left = (await swift.objects(bucket)).size;
      assert.ok(left > 0 && left < before.size, `${left} of ${before.size} are still in the bucket`);
      assert.deepEqual([...(await contents())].sort(), [...before].sort());
    });

    test('storage move takes everything home while the server runs, and back', async () => {
      const total = Number(server.query("SELECT count(DISTINCT storage_key) FROM file WHERE state = 'ready'")[0]);
      assert.ok(total > 1);
      const home = await command(server, 'storage', 'move', 's3', 'local');
      assert.equal(home.code, 0, home.output);
      assert.equal((await swift.objects(bucket)).size, 0, 'the bucket is empty');
      for (const key of folder(server).local) assert.match(key, /^[0-9a-f]{64}$/);
      const { key } = await document(60_000, 70);
      await until('the mover has run', async () => (await metric(server, 'files_waiting')) > total, 60_000);
      assert.ok(folder(server).local.includes(key), 'it stays: files are held here');
      assert.match((await command(server, 'doctor')).output, /files are kept here since `storage move s3 local`/);
      const again = await command(server, 'storage', 'move', 's3', 'local');
      assert.equal(again.code, 0, 'it may be repeated');
      const back = await command(server, 'storage', 'move', 'local', 's3');
      assert.equal(back.code, 0, back.output);
      assert.equal(folder(server).local.length, 0);
      assert.equal((await swift.objects(bucket)).size >= total, true);
      for (const secret of SECRETS) assert.ok(!(home.output + back.output).includes(secret));
    });
  });

describe('a file store that cannot be used', () => {
  test('a bucket that does not exist, or keys that are wrong: the start ends with a sentence, and doctor says the same', async () => {
    for (const [env, words] of [
      [swift.env('no-such-bucket'), /S3 bucket does not exist/],
      [{ ...swift.env('no-such-bucket'), S3_SECRET_KEY: 'wrong-secret' }, /does not accept the access key or the secret key/],
    ] as const) {
      const server = await Server.prepare({ env });
      const start = await command(server, 'serve');
      assert.equal(start.code, 1);
      assert.match(start.output, words);
      assert.match((await command(server, 'doctor')).output, words);
      for (const secret of [...SECRETS, 'wrong-secret']) assert.ok(!start.output.includes(secret));
      await server.stop();
    }
  });
});

// The way of files through the server: documents of customers, all at once, from Telegram to the disk; uploads of operators and
// downloads by browsers; thumbnails. Peak memory is the process's VmHWM, reset after the start; the children that make thumbnails are
// not in it. Medians of several rounds. Measures the binary SWITCHBOARD_BINARY; it only prints figures and never fails because of one.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Server, until } from '../tests/harness/server.ts';
import { Simulator } from '../tests/telegram/client.ts';

const { values } = parseArgs({ options: { files: { type: 'string', default: '20' }, mb: { type: 'string', default: '20' }, rounds: { type: 'string', default: '3' } } });
const [files, bytes, rounds] = [Number(values.files), Number(values.mb) * (1 << 20) - 1, Number(values.rounds)];
const TOKEN = '123456:TEST';
const MB = 1_000_000;

const median = (list: number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;
const sim = await Simulator.start({ tokens: [TOKEN] });
const server = await Server.start({ telegram: sim.url, token: TOKEN, env: { LOG_LEVEL: 'error' } });
const api = await server.signIn();
await until('the bot is ok', async () => (await api.bot()).state === 'ok');
const who = await sim.customer({ first_name: 'Stella' });
await sim.text(who, 'hello');
const id: number = await until('a conversation', async () => (await api.conversations('?status=all')).data[0]?.id);

const memory = (name: string): number => (Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) * 1024) / MB;
/** Runs the work; gives its seconds, and the peak above the memory before it. */
async function measured(work: () => Promise<unknown>): Promise<{ seconds: number; above: number }> {
  writeFileSync(`/proc/${server.pid}/clear_refs`, '5'); // VmHWM begins again
  const [idle, began] = [memory('VmRSS'), performance.now()];
  await work();
  return { seconds: (performance.now() - began) / 1000, above: memory('VmHWM') - idle };
}
const report = (what: string, size: number, all: { seconds: number; above: number }[]): void =>
  console.log(`${what}: ${median(all.map(({ seconds }) => size / MB / seconds)).toFixed(0)} MB/s, peak memory ${median(all.map(({ above }) => above)).toFixed(0)} MB above idle`);

console.log(`${cpus().length} processors, ${(totalmem() / 1e9).toFixed(0)} GB; medians of ${rounds} rounds; ${files} files of ${values.mb} MB at once`);
let seed = 1;
const ready = (): number => Number(server.query("SELECT count(*) FROM file WHERE state = 'ready'")[0]);
const inbound = [];
for (let round = 0; round < rounds; round++) {
  const before = ready();
  inbound.push(await measured(async () => {
    await Promise.all(Array.from({ length: files }, () => sim.media(who, 'document', { size: bytes, seed: seed++, file_name: 'a.bin' })));
    await until('all are ready', () => ready() === before + files, 120_000);
  }));
}
report('from Telegram to the disk', files * bytes, inbound);

const stored = server.query(`SELECT id FROM file WHERE state = 'ready' ORDER BY id DESC LIMIT ${files}`);
const out = [];
for (let round = 0; round < rounds; round++)
  out.push(await measured(() => Promise.all(stored.map(async (file) => {
    const response = await fetch(`${server.url}/api/files/${file}`, { headers: { authorization: `Bearer ${api.token}` } });
    for await (const piece of response.body!) void piece;
  }))));
report('from the disk to browsers', files * bytes, out);

const folder = mkdtempSync(join(tmpdir(), 'switchboard-media-'));
const shots = 20;
const pictures: number[] = [];
const films: number[] = [];
try {
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25:duration=5', '-pix_fmt', 'yuv420p', join(folder, 'a.mp4')]);
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=3000x2000:rate=1:duration=1', '-frames:v', '1', join(folder, 'a.jpg')]);
  for (const [name, kind, into] of [['a.jpg', 'photo', pictures], ['a.mp4', 'video', films]] as const) {
    const content = readFileSync(join(folder, name));
    for (let round = 0; round < rounds; round++) {
      const { seconds } = await measured(() => Promise.all(Array.from({ length: shots }, async (_, i) => {
        const form = new FormData();
        form.append('kind', kind);
        // Different bytes, which no decoder reads, so that each is a file of its own.
        form.append('files', new Blob([content, new Uint8Array([round, i])]), name);
        await api.reply(id, form);
      })));
      into.push(shots / seconds);
    }
    console.log(`${kind === 'photo' ? 'photos of 6 megapixels' : 'videos of 1280 by 720'}, sent by operators and stored with a thumbnail and a preview: ${median(into).toFixed(1)}/s`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
await server.stop();
await sim.stop();

// The baseline of bench/apps/run.ts: what POST /send_message promises, written the usual way in Node: node:http, the npm
// package socket.io for the user's room, node:sqlite in WAL mode with a commit that is on disk before the answer, photos
// written and synced to a folder by their hash.   node node-server.mjs PATH_OF_TESTS FOLDER KEY
import { createHash } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';

const [tests, folder, key] = process.argv.slice(2);
const { Server } = createRequire(resolve(tests, 'package.json'))('socket.io');
const db = new DatabaseSync(join(folder, 'baseline.db'));
db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE customer (id INTEGER PRIMARY KEY, external_id TEXT UNIQUE, name TEXT);
  CREATE TABLE message (id INTEGER PRIMARY KEY, customer_id INTEGER, text TEXT, photo TEXT, created_at INTEGER);
  CREATE INDEX message_by_customer ON message (customer_id, id)`);
const find = db.prepare('SELECT id FROM customer WHERE external_id = ?');
const add = db.prepare('INSERT INTO customer (external_id, name) VALUES (?, ?) RETURNING id');
const insert = db.prepare('INSERT INTO message (customer_id, text, photo, created_at) VALUES (?, ?, ?, ?) RETURNING id');

async function keepPhoto(file) {
  const bytes = Buffer.from(await file.arrayBuffer());
  const name = `${createHash('sha256').update(bytes).digest('hex')}.png`;
  const handle = await open(join(folder, `${name}.new`), 'w');
  await handle.writeFile(bytes);
  await handle.sync();
  await handle.close();
  await rename(join(folder, `${name}.new`), join(folder, name));
  return name;
}

async function bodyOf(request) {
  const whole = new Response(Readable.toWeb(request), { headers: { 'content-type': request.headers['content-type'] } });
  if (request.headers['content-type'].startsWith('application/json')) return whole.json();
  const form = await whole.formData();
  return { user_id: form.get('user_id'), message: form.get('message'), user_name: form.get('user_name'), photo: form.get('photo') };
}

function store(user, name, text, photo) {
  db.exec('BEGIN IMMEDIATE');
  const customer = find.get(user) ?? add.get(user, name ?? user);
  const { id } = insert.get(customer.id, text, photo, Date.now());
  db.exec('COMMIT');
  return id;
}

const server = createServer(async (request, response) => {
  const answer = (status, body) => {
    const text = JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
  };
  if (request.url !== '/send_message' || request.method !== 'POST') return answer(404, { error: 'not found' });
  if (request.headers['x-app-key'] !== key) return answer(401, { error: 'wrong key' });
  try {
    const { user_id, message, user_name, photo } = await bodyOf(request);
    if (!user_id || !message) return answer(400, { error: 'user_id and message are needed' });
    const kept = photo ? await keepPhoto(photo) : null;
    const id = store(user_id, user_name, message, kept);
    io.to(user_id).emit('new_message', { id, user_id, message, photo_url: kept && `/uploads/${kept}`, direction: 'user' });
    answer(200, { success: true, message_id: id, photo_url: kept && `/uploads/${kept}`, photo_count: kept ? 1 : 0 });
  } catch (error) {
    answer(500, { error: String(error) });
  }
});
const io = new Server(server);
server.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));

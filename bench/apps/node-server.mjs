// The baseline of scripts/bench-apps.sh: what a careful Node service would do for POST /send_message, with node:http, the npm
// package socket.io and node:sqlite. It checks the key and the fields, keeps the photo (synced, then renamed), stores the
// message with its user in one synced transaction, tells the user's room and answers as Switchboard does. The package is
// found among the tests' dependencies:
//   node-server.mjs PATH_OF_TESTS FOLDER KEY
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const [tests, folder, key] = process.argv.slice(2);
const { Server } = createRequire(resolve(tests, 'package.json'))('socket.io');
const uploads = join(folder, 'uploads');
mkdirSync(uploads);
const database = new DatabaseSync(join(folder, 'messages.db'));
database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE user (user_id TEXT PRIMARY KEY, name TEXT NOT NULL, last_at INTEGER NOT NULL) STRICT;
  CREATE TABLE message (id INTEGER PRIMARY KEY, user_id TEXT NOT NULL REFERENCES user, client_id TEXT, text TEXT NOT NULL,
    photos TEXT NOT NULL, direction TEXT NOT NULL, created_at INTEGER NOT NULL, UNIQUE (user_id, client_id)) STRICT;
  CREATE INDEX message_of_user ON message (user_id, id);`);
const keepUser = database.prepare(`INSERT INTO user VALUES (?, ?, ?)
  ON CONFLICT (user_id) DO UPDATE SET name = excluded.name, last_at = excluded.last_at`);
const keepMessage = database.prepare(`INSERT INTO message (user_id, client_id, text, photos, direction, created_at)
  VALUES (?, ?, ?, ?, 'user', ?) ON CONFLICT (user_id, client_id) DO NOTHING RETURNING id`);
const known = database.prepare('SELECT id, photos FROM message WHERE user_id = ? AND client_id = ?');

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const KINDS = [
  ['png', /^\x89PNG\r\n\x1a\n/],
  ['jpg', /^\xff\xd8\xff/],
  ['gif', /^GIF8[79]a/],
  ['webp', /^RIFF[^]{4}WEBP/],
];
const PHOTO_MAX_BYTES = 10 << 20;

async function keepPhoto(photo) {
  if (photo.size > PHOTO_MAX_BYTES) throw new Refusal(413, 'A photo may have at most 10 MB.');
  const bytes = Buffer.from(await photo.arrayBuffer());
  const kind = KINDS.find(([, start]) => start.test(bytes.toString('latin1', 0, 16)))?.[0];
  if (!kind) throw new Refusal(400, 'Only PNG, JPEG, GIF and WebP photos can be sent.');
  const name = `${createHash('sha256').update(bytes).digest('hex')}.${kind}`;
  const path = join(uploads, name);
  const file = await open(`${path}.part`, 'w');
  await file.writeFile(bytes);
  await file.sync();
  await file.close();
  await rename(`${path}.part`, path);
  const directory = await open(uploads);
  await directory.sync();
  await directory.close();
  return `/uploads/${name}`;
}

function store({ user_id, user_name, message, client_id }, photos, now) {
  database.exec('BEGIN IMMEDIATE');
  try {
    keepUser.run(user_id, user_name ?? user_id, now);
    const row = keepMessage.get(user_id, client_id ?? null, message, JSON.stringify(photos), now);
    database.exec('COMMIT');
    return row?.id;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

async function sendMessage(request) {
  if (request.headers['x-app-key'] !== key) throw new Refusal(401, 'The app key is missing or wrong.');
  const type = request.headers['content-type'] ?? '';
  const body = await bodyOf(request);
  let fields;
  let files = [];
  if (type.startsWith('multipart/form-data')) {
    const form = await new Response(body, { headers: { 'content-type': type } }).formData();
    fields = Object.fromEntries([...form].filter(([, value]) => typeof value === 'string'));
    files = form.getAll('photo');
  } else {
    fields = JSON.parse(body);
  }
  const { user_id, message, client_id } = fields;
  if (typeof user_id !== 'string' || !user_id || Buffer.byteLength(user_id) > 128) throw new Refusal(400, 'user_id is missing.');
  if (typeof message !== 'string' || (!files.length && !message.trim()) || message.length > 4096) throw new Refusal(400, 'message is missing.');
  let photos = await Promise.all(files.map(keepPhoto));
  const now = Date.now();
  let id = store(fields, photos, now);
  if (id === undefined) {
    const first = known.get(user_id, client_id);
    id = first.id;
    photos = JSON.parse(first.photos);
  } else {
    const created_at = new Date(now).toISOString().slice(0, 19).replace('T', ' ');
    sockets.to(user_id).emit('new_message', { id, user_id, message, photo_url: photos[0] ?? null, direction: 'user', created_at });
  }
  return { success: true, message_id: id, photo_url: photos[0] ?? null, photo_count: photos.length, photo_urls: photos };
}

const server = createServer({ keepAliveTimeout: 600_000 }, async (request, response) => {
  let status = 200;
  let answer;
  try {
    if (request.method !== 'POST' || request.url !== '/send_message') throw new Refusal(404, 'Not found.');
    answer = await sendMessage(request);
  } catch (error) {
    status = error.status ?? (error instanceof SyntaxError ? 400 : 500);
    answer = { error: error.message };
  }
  const text = JSON.stringify(answer);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
});
const sockets = new Server(server);
sockets.on('connection', (socket) => socket.on('join_chat', ({ user_id }) => socket.join(user_id)));
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));

// Serves the page: its files from page/, and stored files by unique id for its pictures.
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { World } from './world.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), 'page');
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml',
};

export async function servePage(world: World, request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean> {
  if (request.method !== 'GET') return false;
  if (path.startsWith('/media/')) {
    const file = world.files.get(decodeURIComponent(path.slice(7)));
    if (!file) return false;
    response.writeHead(200, { 'Content-Type': file.mime, 'Content-Length': file.bytes.length, 'Cache-Control': 'max-age=3600' }).end(file.bytes);
    return true;
  }
  const name = path === '/' ? 'index.html' : path.slice(1);
  if (!/^[a-z][a-z-]*\.(html|css|js|svg)$/.test(name)) return false;
  const body = await readFile(join(ROOT, name)).catch(() => undefined);
  if (!body) return false;
  response.writeHead(200, { 'Content-Type': TYPES[extname(name)]!, 'Cache-Control': 'no-cache' }).end(body);
  return true;
}

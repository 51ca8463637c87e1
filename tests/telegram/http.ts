// Transport: reading a request's parameters in every form clients use, and writing answers, spoiled ones too.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dict } from './errors.ts';
import { badRequest, tooLarge } from './errors.ts';
import { FilePart, Params } from './params.ts';

/** The official server takes 1 MiB of parameters beside files. */
const MAX_PARAMETER_BYTES = 1 << 20;
/** Room for the biggest upload, 50 MB, and its multipart frame; a local server takes 2000 MB. */
const MAX_BODY_BYTES = 64 << 20;
const MAX_LOCAL_BODY_BYTES = 2000 << 20;

export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      // The rest is read and thrown away, so that the client gets to read the answer.
      if (size <= limit) chunks.push(chunk);
    });
    request.on('end', () => (size > limit ? reject(tooLarge()) : resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))));
    request.on('error', reject);
    request.on('aborted', () => reject(new Error('aborted')));
  });
}

/** Query and body together; the body wins. */
export async function readParams(request: IncomingMessage, query: string, local: boolean): Promise<Params> {
  const values = new Map<string, unknown>();
  if (query) readUrlencoded(query, values);
  if (request.method === 'POST' || request.method === 'PATCH') {
    const body = await readBody(request, local ? MAX_LOCAL_BODY_BYTES : MAX_BODY_BYTES);
    if (body.length) readForm(request.headers['content-type'] ?? '', body, values);
  }
  return new Params(values);
}

function readForm(contentType: string, body: Buffer, values: Map<string, unknown>): void {
  const type = contentType.split(';')[0]!.trim().toLowerCase();
  if (type === 'multipart/form-data') {
    const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
    if (!boundary) throw badRequest('boundary not found in the multipart content type');
    readMultipart(body, boundary[1] ?? boundary[2]!, values);
    return;
  }
  if (body.length > MAX_PARAMETER_BYTES) throw tooLarge();
  if (type === 'application/json') {
    let object: unknown;
    try {
      object = JSON.parse(decodeText(body));
    } catch {
      throw badRequest("can't parse JSON object");
    }
    if (typeof object !== 'object' || object === null || Array.isArray(object)) throw badRequest('object expected as parameters');
    for (const [name, value] of Object.entries(object)) values.set(name, value);
  } else if (type === '' || type === 'application/x-www-form-urlencoded') {
    readUrlencoded(body.toString('latin1'), values);
  }
}

function readUrlencoded(text: string, values: Map<string, unknown>): void {
  for (const pair of text.split('&')) {
    if (!pair) continue;
    const at = pair.indexOf('=');
    const name = decodePart(at < 0 ? pair : pair.slice(0, at));
    values.set(name, at < 0 ? '' : decodePart(pair.slice(at + 1)));
  }
}

function decodePart(text: string): string {
  if (!/[%+\x80-\xff]/.test(text)) return text;
  const spaced = text.replace(/\+/g, ' ');
  const bytes = Buffer.from(
    spaced.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );
  return decodeText(bytes);
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes that are not UTF-8 become a lone surrogate, which text.ts refuses with the server's own words. */
function decodeText(bytes: Buffer): string {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return '\ud800';
  }
}

function readMultipart(body: Buffer, boundary: string, values: Map<string, unknown>): void {
  const delimiter = Buffer.from(`--${boundary}`);
  let at = body.indexOf(delimiter);
  let parameterBytes = 0;
  while (at >= 0) {
    const start = at + delimiter.length;
    if (body[start] === 0x2d && body[start + 1] === 0x2d) return;
    const headEnd = body.indexOf('\r\n\r\n', start);
    const next = headEnd < 0 ? -1 : body.indexOf(delimiter, headEnd + 4);
    if (next < 0) throw badRequest('unexpected end of the multipart body');
    const head = decodeText(body.subarray(start, headEnd));
    const content = body.subarray(headEnd + 4, next - 2);
    const part = readPart(head, content);
    if (part) {
      values.set(part.name, part.value);
      if (typeof part.value === 'string') parameterBytes += content.length;
    }
    if (parameterBytes > MAX_PARAMETER_BYTES) throw tooLarge();
    at = next;
  }
}

function readPart(head: string, content: Buffer): { name: string; value: string | FilePart } | undefined {
  const disposition = /content-disposition:[^\r\n]*/i.exec(head)?.[0] ?? '';
  const name = attribute(disposition, 'name');
  if (name === undefined) return undefined;
  const filename = attribute(disposition, 'filename');
  const mime = /content-type:\s*([^\r\n;]+)/i.exec(head)?.[1]?.trim();
  if (filename === undefined && !mime?.match(/^(application\/octet-stream|image|video|audio)/)) return { name, value: decodeText(content) };
  return { name, value: new FilePart(filename || 'file', mime ?? 'application/octet-stream', Buffer.from(content)) };
}

function attribute(disposition: string, name: string): string | undefined {
  const extended = new RegExp(`[; ]${name}\\*=utf-8''([^;\\s]+)`, 'i').exec(disposition)?.[1];
  if (extended) return decodePart(extended);
  const match = new RegExp(`[; ]${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(disposition);
  return match ? (match[1] ?? match[2]!).replace(/\\(["\\])/g, '$1') : undefined;
}

export type Spoil = 'reset_mid_body' | 'truncated_json' | undefined;

export function sendJson(response: ServerResponse, status: number, json: string, headers: Dict = {}, spoil?: Spoil): void {
  const body = Buffer.from(json);
  const sent = spoil === 'truncated_json' ? body.subarray(0, Math.max(1, body.length >> 1)) : body;
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': sent.length, ...headers });
  if (spoil === 'reset_mid_body') {
    response.write(body.subarray(0, Math.max(1, body.length >> 1)));
    // Two turns, so that the first half has left before the connection is cut.
    setTimeout(() => response.socket?.resetAndDestroy(), 20);
    return;
  }
  response.end(sent);
}

// The server agrees with its OpenAPI document. The test makes random calls from the document: what it allows is not refused as
// malformed, what it forbids is refused in the standard format, every response has a status and an error code that the operation
// lists, and no input causes a 5xx. Forms contain pictures, and files that are no pictures. OPENAPI_SEED repeats the calls of a
// failure; OPENAPI_CALLS sets the number of calls per operation.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Api } from '../harness/api.ts';
import { Dice, Schemas, type Schema } from '../harness/schema.ts';
import { engines, Server, until } from '../harness/server.ts';
import { Simulator } from '../telegram/client.ts';
import { drawPicture, encodePng } from '../telegram/pictures.ts';

const SEED = Number(process.env['OPENAPI_SEED'] ?? 20_261_129);
const CALLS = Number(process.env['OPENAPI_CALLS'] ?? 30);
const AT_ONCE = 8;
const FEW = 4;
/** The server refuses a longer head before it looks for the route. */
const HEAD_MAX = 7000;

interface Operation {
  method: string;
  path: string;
  parameters: { name: string; in: 'path' | 'query'; schema: Schema; allowEmptyValue?: boolean; 'x-handler-rule'?: string }[];
  body: Record<string, Schema>;
  bodyRequired: boolean;
  files: { name: string; most: number; types: string[]; any: boolean } | undefined;
  responses: Record<string, Schema>;
  permission: string | undefined;
}
interface Call {
  operation: Operation;
  url: string;
  type: string | undefined;
  body: string | Buffer<ArrayBuffer> | undefined;
  /** A readable description of the body. */
  shown: string;
  allowed: boolean;
}

/** Operations that change the caller's account or remove the bot, so that later calls would fail. */
const NOT_CALLED = new Set(['post /api/auth/logout', 'delete /api/bot/token', 'post /api/channels/mobile/key']);
/** Operations that hash a password if the input is valid, which is slow on purpose. */
const SLOW = /login|password|register|^\/api\/operators$/;

const FORM = 'multipart/form-data';
interface File {
  part: string;
  name: string;
  type: string;
  bytes: Buffer;
}
/** Small pictures; except for PNG, two of one type are the same file. */
const SAMPLES: Record<string, (dice: Dice) => Buffer> = {
  'image/png': (dice) => encodePng(drawPicture(dice.int(1, 1000), 12, 9)),
  'image/gif': () => Buffer.from('R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs=', 'base64'),
  'image/webp': () => Buffer.from('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA', 'base64'),
  'image/jpeg': () =>
    Buffer.from(
      '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=',
      'base64',
    ),
};
/** pictures: wrong only where nothing but pictures is taken. */
interface Wrong {
  pictures?: boolean;
  make: (dice: Dice, files: NonNullable<Operation['files']>, right: File[]) => File[];
}
const file = (part: string, name: string, type: string, bytes: string | Buffer): File => ({ part, name, type, bytes: Buffer.from(bytes) });
/** Each turns valid files into files that are refused. */
const WRONG_FILES: Wrong[] = [
  { make: (dice, files) => pictures(dice, files, files.most + 1) },
  { pictures: true, make: (_, files, right) => [...right.slice(1), file(files.name, 'a.png', 'image/png', 'this is no picture')] },
  { pictures: true, make: (_, files, right) => [...right.slice(1), file(files.name, 'a.jpg', 'image/jpeg', '<!doctype html><script>alert(1)</script>')] },
  { pictures: true, make: (_, files, right) => [...right.slice(1), file(files.name, 'a.pdf', 'application/pdf', '%PDF-1.4\n%%EOF')] },
  { make: (_, files) => [file(files.name, 'empty.png', 'image/png', '')] },
  { make: (dice, _, right) => [...right.slice(1), file('document', 'a.png', 'image/png', SAMPLES['image/png']!(dice))] },
  { pictures: true, make: (_, files) => [file(files.name, 'large.png', 'image/png', Buffer.concat([encodePng(drawPicture(1, 12, 9)), Buffer.alloc(10 << 20)]))] },
];

for (const engine of engines) {
  describe(`the OpenAPI document on ${engine}`, () => {
    let server: Server;
    let sim: Simulator;
    let document: any;
    let schemas: Schemas;
    const operations: Operation[] = [];
    const crowd: Api[] = [];

    before(async () => {
      sim = await Simulator.start({ tokens: ['123456:TEST'] });
      server = await Server.start({ engine, telegram: sim.url, env: { MOBILE_API_AUTH: 'open' } });
      const api = await server.signIn();
      crowd.push(api);
      for (let i = 0; i < 11; i++) {
        const password = `a password of ${i}`;
        await api.call('POST', '/api/auth/register', { login: `crowd${i}`, name: `Crowd ${i}`, role: 'admin', password });
        crowd.push(await server.signIn({ login: `crowd${i}`, password }));
      }
      await until('the bot is ok', async () => (await api.bot()).state === 'ok');
      for (let i = 0; i < 5; i++) {
        const customer = await sim.customer({ first_name: `Ann ${i}` });
        await sim.text(customer, 'hello');
        await sim.text(customer, 'world');
      }
      await until('the conversations', async () => (await api.conversations()).data.length === 5);
      document = JSON.parse(server.command('print-openapi').output);
      schemas = new Schemas(document);
      for (const [path, methods] of Object.entries<Record<string, any>>(document.paths)) {
        for (const [method, o] of Object.entries(methods)) {
          if (NOT_CALLED.has(`${method} ${path}`)) continue;
          const content = o.requestBody?.content ?? {};
          const body = Object.fromEntries(Object.entries<any>(content).map(([type, { schema }]) => [type, schema]));
          assert.equal(o.responses['default'], undefined, `${method} ${path} says which refusals there are`);
          operations.push({ method, path, parameters: o.parameters ?? [], body, bodyRequired: o.requestBody?.required ?? false, files: filesOf(content['multipart/form-data']), responses: o.responses, permission: o['x-permission'] });
        }
      }
    });
    after(async () => {
      await server?.stop();
      await sim?.stop();
    });

    /** Mostly ids that exist; never the id of an operator that makes the calls. */
    const pathValue = (dice: Dice, operation: Operation, name: string, schema: Schema): string => {
      // "." and ".." never leave the client: they are resolved before.
      if (name !== 'id') return encodeURIComponent(String(schemas.make(dice, schema)).replace(/^\.\.?$/, 'x'));
      if (operation.path.startsWith('/api/operators')) return String(dice.int(100, 999));
      return String(dice.chance(0.8) ? dice.int(1, 5) : schemas.make(dice, schema));
    };

    const asForm = (value: Record<string, unknown>): string =>
      new URLSearchParams(Object.entries(value).filter(([, v]) => v !== null && typeof v !== 'object').map(([k, v]) => [k, String(v)])).toString();

    function makeCall(dice: Dice, operation: Operation, allowed: boolean): Call | undefined {
      let url = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => pathValue(dice, operation, name, operation.parameters.find((p) => p.name === name)!.schema));
      const query = operation.parameters.filter((p) => p.in === 'query');
      const values = new Map<string, unknown>();
      for (const p of query) if (dice.chance(0.5)) values.set(p.name, p.allowEmptyValue && dice.chance(0.05) ? '' : schemas.make(dice, p.schema));
      const type = operation.body['application/json'] && Object.keys(operation.body)[dice.int(0, Object.keys(operation.body).length - 1)];
      const schema = type ? operation.body[type]! : {};
      let body: unknown = type && (operation.bodyRequired || dice.chance(0.8)) ? schemas.make(dice, schema) : undefined;
      let text: string | undefined;
      let files: File[] = type === FORM && operation.files ? pictures(dice, operation.files, dice.pick([0, 1, 2, operation.files.most])) : [];
      if (!allowed) {
        const breakable = query.filter((p) => p.schema['type'] !== 'string' || p.schema['pattern'] || p.schema['enum'] || p.schema['maxLength']);
        if (breakable.length && (!type || dice.chance(0.4))) {
          const p = dice.pick(breakable);
          values.set(p.name, dice.pick(['no', ...(p.allowEmptyValue ? [] : ['']), '-1', '1e3', '99999999999999999999', '%', 'é'.repeat(2000), '0x1', '1.5']));
          if (!schemas.wrong(p.schema, asNumber(p.schema, String(values.get(p.name))))) return undefined;
        } else if (type === 'application/json') {
          if (dice.chance(0.15)) text = dice.pick(['', '{', '[]', 'null', '"x"', '{"a":1,}', '{"a":\u00001}', '['.repeat(500)]);
          if (text === '' && !operation.bodyRequired) return undefined;
          if (text === undefined && (body = schemas.break(dice, schema, body ?? schemas.make(dice, schema))) === undefined) return undefined;
          if (Object.keys(schema).length === 0) return undefined;
        } else if (type === FORM && operation.files) {
          files = dice.pick(operation.files.any ? WRONG_FILES.filter((w) => !w.pictures) : WRONG_FILES).make(dice, operation.files, files);
        } else return undefined;
      }
      if (values.size) url += `?${new URLSearchParams([...values].map(([k, v]) => [k, String(v)]))}`;
      if (url.length > HEAD_MAX) return undefined;
      if (text === undefined && body !== undefined) {
        if (type === 'application/json') text = JSON.stringify(body);
        else if (type === 'application/x-www-form-urlencoded') text = asForm(body as Record<string, unknown>);
        else {
          const fields = { ...(body as Record<string, unknown>) };
          if (operation.files) delete fields[operation.files.name];
          const shown = `${JSON.stringify(fields)} with ${files.map((f) => `${f.part} (${f.bytes.length} bytes of ${f.type})`).join(', ') || 'no files'}`;
          return { operation, url, type: `${FORM}; boundary=border`, body: asMultipart(fields, files), shown, allowed };
        }
      }
      return { operation, url, type: text === undefined ? undefined : type, body: text, shown: text ?? '', allowed };
    }

    async function send(dice: Dice, call: Call): Promise<Response> {
      for (;;) {
        const headers: Record<string, string> = { 'x-forwarded-for': `198.51.100.${dice.int(1, 254)}` };
        if (call.type) headers['content-type'] = call.type;
        if (call.operation.path.startsWith('/api/') && call.operation.path !== '/api/auth/login') headers['authorization'] = `Bearer ${dice.pick(crowd).token}`;
        const response = await fetch(server.url + call.url, { method: call.operation.method.toUpperCase(), headers, body: call.body ?? null, redirect: 'manual' });
        if (response.status !== 429) return response;
        await response.arrayBuffer();
        if (call.operation.path === '/api/auth/login' || call.operation.path === '/api/auth/password') return new Response(JSON.stringify({ error: { code: 'rate_limited', message: '-' }, message: '-' }), { status: 429, headers: { 'content-type': 'application/json' } });
      }
    }

    /** What is wrong with the response, or undefined. */
    async function judge(call: Call, response: Response): Promise<string | undefined> {
      const { operation } = call, status = response.status;
      const text = await response.text();
      if (status >= 500) return `answered ${status}: ${text.slice(0, 300)}`;
      const documented = operation.responses[status];
      if (!documented) return `answered ${status}, which is not documented: ${text.slice(0, 300)}`;
      const schema = documented['content']?.['application/json']?.schema;
      let value: any;
      if (schema && response.headers.get('content-type')?.includes('json')) {
        value = JSON.parse(text);
        const wrong = schemas.wrong(schema, value, 'the answer');
        if (wrong) return `${status}: ${wrong}: ${text.slice(0, 300)}`;
      } else if (schema && status >= 400) return `${status} without the standard shape: ${text.slice(0, 200)}`;
      if (!call.allowed && status < 400) return `is forbidden, and was answered ${status}`;
      if (call.allowed && status === 400 && !handlerRefuses(call, value)) return `is allowed, and was refused: ${text.slice(0, 300)}`;
      if (call.allowed && (status === 405 || status === 415 || status === 413)) return `is allowed, and was answered ${status}`;
      return undefined;
    }

    /** Whether the document says of the refused field that it has requirements beyond its schema. */
    function handlerRefuses(call: Call, refusal: any): boolean {
      const field = String(refusal?.error?.field ?? refusal?.field ?? '').split(/[.[]/)[0]!;
      if (call.operation.parameters.some((p) => p['x-handler-rule'] && (p.in === 'path' || p.name === field))) return true;
      return Object.values(call.operation.body).some((given) => {
        const parts = [given, ...(schemas.resolve(given)['allOf'] ?? [])].map((part: Schema) => schemas.resolve(part));
        return parts.some((part) => part['properties']?.[field]?.['x-handler-rule']);
      });
    }

    test('is exact: thousands of calls get the responses that it describes', { timeout: 200_000 }, async (t) => {
      const dice = new Dice(SEED);
      const calls: Call[] = [];
      for (const operation of operations) {
        const slow = SLOW.test(operation.path);
        for (let i = 0; i < CALLS; i++) {
          for (const allowed of [true, false]) {
            if (allowed && slow && operation.method !== 'get' && i >= FEW) continue;
            const call = makeCall(dice, operation, allowed);
            if (call) calls.push(call);
          }
        }
      }
      for (let i = calls.length - 1; i > 0; i--) {
        const k = dice.int(0, i);
        [calls[i], calls[k]] = [calls[k]!, calls[i]!];
      }
      const faults = new Map<string, string[]>();
      const queue = [...calls];
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let call = queue.pop(); call; call = queue.pop()) {
            const wrong = await judge(call, await send(dice, call)).catch((error: Error) => `failed: ${error.message} ${error.cause ?? ''}`);
            const name = `${call.operation.method.toUpperCase()} ${call.operation.path}`;
            if (wrong) faults.set(name, [...(faults.get(name) ?? []), `${decodeURI(call.url).slice(0, 200)} ${call.shown.slice(0, 300)}\n    ${wrong}`]);
          }
        }),
      );
      t.diagnostic(`${calls.length} calls of ${operations.length} operations, seed ${SEED}`);
      const forms = calls.filter((c) => c.type?.startsWith(FORM));
      for (const allowed of [true, false]) assert.ok(forms.filter((c) => c.allowed === allowed).length > CALLS / 2, 'forms with files are among them');
      assert.ok(calls.length > 50 * CALLS, `${calls.length} calls are many`);
      const report = [...faults].map(([name, list]) => `${name}: ${list.length}\n  ${list.slice(0, 3).join('\n  ')}`).join('\n');
      assert.equal(report, '', `seed ${SEED}: ${[...faults.values()].flat().length} calls of ${calls.length} went wrong`);
      assert.ok(server.running);
    });
  });
}

function filesOf(form: any): Operation['files'] {
  for (const [name, { contentType }] of Object.entries<any>(form?.encoding ?? {})) {
    const part = form.schema.allOf.find((p: Schema) => p['properties']?.[name]);
    const any = contentType === '*/*';
    return { name, most: part.properties[name].maxItems, types: any ? Object.keys(SAMPLES) : contentType.split(', '), any };
  }
  return undefined;
}

/** That number of files, of the types that the document lists. */
function pictures(dice: Dice, files: NonNullable<Operation['files']>, count: number): File[] {
  return Array.from({ length: count }, (_, i) => {
    const type = dice.pick(files.types);
    return { part: files.name, name: `${i}.${type.slice(6)}`, type, bytes: SAMPLES[type]!(dice) };
  });
}

/** A parameter's text as the type of its schema: a number if the schema requires one. */
function asNumber(schema: Schema, text: string): unknown {
  const numeric = schema['type'] === 'integer' || schema['anyOf'];
  return numeric && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

function asMultipart(value: Record<string, unknown>, files: File[]): Buffer<ArrayBuffer> {
  const fields = Object.entries(value).filter(([, v]) => typeof v !== 'object');
  return Buffer.concat([
    ...fields.map(([k, v]) => Buffer.from(`--border\r\ncontent-disposition: form-data; name="${k}"\r\n\r\n${String(v)}\r\n`)),
    ...files.flatMap((f) => [Buffer.from(`--border\r\ncontent-disposition: form-data; name="${f.part}"; filename="${f.name}"\r\ncontent-type: ${f.type}\r\n\r\n`), f.bytes, Buffer.from('\r\n')]),
    Buffer.from('--border--\r\n'),
  ]);
}

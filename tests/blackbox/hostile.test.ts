// Attacks: every route with every kind of invalid input, forged credentials, other origins, hostile files, clients that stall.
// None of it may be stored, executed or reflected, or stop the server.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Api } from '../harness/api.ts';
import { greyPng } from '../harness/png.ts';
import { hold, raw } from '../harness/raw.ts';
import { ADMIN, engines, pause, Server, until } from '../harness/server.ts';
import { Simulator } from '../telegram/client.ts';

const json = { 'content-type': 'application/json' };
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

for (const engine of engines) {
  describe(`a hostile client on ${engine}`, () => {
    let server: Server;
    let sim: Simulator;
    let api: Api;
    /** Several administrators, so that the rate limit of one does not replace the answers under test. */
    const crowd: Api[] = [];
    let chat = 0;

    before(async () => {
      sim = await Simulator.start({ tokens: ['123456:TEST'] });
      server = await Server.start({ engine, telegram: sim.url, env: { ALLOWED_ORIGINS: 'https://desk.example', TRUSTED_PROXIES: '192.0.2.1', MAX_CONNECTIONS_PER_ADDRESS: '0' } });
      api = await server.signIn();
      crowd.push(api);
      for (let i = 0; i < 5; i++) {
        const password = `a password of ${i}`;
        await api.call('POST', '/api/auth/register', { login: `crowd${i}`, name: `Crowd ${i}`, role: 'admin', password });
        crowd.push(await server.signIn({ login: `crowd${i}`, password }));
      }
      await until('the bot is ok', async () => (await api.bot()).state === 'ok');
      const ann = await sim.customer({ first_name: 'Ann' });
      await sim.text(ann, 'hello');
      chat = (await until('the conversation', async () => (await api.conversations()).data[0])).id;
    });
    after(async () => {
      await server?.stop();
      await sim?.stop();
    });

    let turn = 0;
    const asSomebody = async (method: string, path: string, body: Uint8Array | string | undefined, type = 'application/json'): Promise<Response> => {
      for (let tries = 0; ; tries++) {
        const who = crowd[turn++ % crowd.length]!;
        const init: RequestInit = { method, headers: { authorization: `Bearer ${who.token}`, 'content-type': type } };
        if (body !== undefined) init.body = body as any;
        const response = await fetch(server.url + path, init);
        if (response.status !== 429 || tries > 40) return response;
        await response.arrayBuffer();
        await pause(60);
      }
    };

    const filesOnDisk = (): string[] =>
      readdirSync(join(server.folder, 'files'), { recursive: true, withFileTypes: true }).filter((e) => e.isFile() && e.name !== 'files.lock').map((e) => e.name);

    test('every writing route refuses every kind of invalid input with a clear error', async () => {
      const document = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as any;
      const bodies: [string, Uint8Array | string | undefined, string?][] = [
        ['broken', '{"a":'],
        ['two values', '{}{}'],
        ['an array', '[]'],
        ['a string', '"x"'],
        ['null', 'null'],
        ['deep', '['.repeat(20_000)],
        ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0x6e, 0x61, 0x6d, 0x65, 0x22, 0x3a, 0x22, 0xff, 0xc0, 0x22, 0x7d])],
        ['a lone surrogate', '{"name":"\\ud800","login":"\\udfff","text":"\\ud800"}'],
        ['NUL', '{"name":"a\\u0000b","login":"a\\u0000b","text":"a\\u0000b","token":"1\\u0000","q":"\\u0000"}'],
        ['huge numbers', '{"limit":1e400,"operator_id":1e400,"message_id":123456789012345678901234567890}'],
        ['negative ids', '{"operator_id":-1,"message_id":-1,"assignee_id":-9223372036854775808,"reply_to":-1}'],
        ['a form', 'a=1&b=2', 'application/x-www-form-urlencoded'],
        ['text/plain', '{"name":"x"}', 'text/plain'],
        ['multipart without an end', '--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nhi', 'multipart/form-data; boundary=x'],
        ['nothing', undefined],
      ];
      const seen: string[] = [];
      for (const [path, operations] of Object.entries<any>(document.paths))
        for (const method of Object.keys(operations)) {
          if (method === 'get' || /auth\/(logout|login|password|refresh)$|webhook/.test(path) || path.includes('reset-password')) continue;
          for (const [what, body, type] of bodies) {
            const real = path.replace('{id}', '987654321').replace(/\{\w+\}/, 'word');
            const response = await asSomebody(method.toUpperCase(), real, body, type);
            const text = await response.text();
            assert.ok(response.status < 500, `${method} ${path} with ${what}: ${response.status} ${text}`);
            if (response.status >= 400) {
              const answer = JSON.parse(text);
              // The apps' routes have the error format of their clients: a sentence under "error".
              const clear = path.startsWith('/api/') ? answer.error.code && answer.message === answer.error.message : answer.error && answer.code;
              assert.ok(clear, `${method} ${path} with ${what}: ${text}`);
            }
            seen.push(`${response.status}`);
          }
        }
      assert.ok(seen.length > 150, String(seen.length));
      assert.ok(seen.includes('400') && seen.includes('404') && seen.includes('415'), [...new Set(seen)].join());
    });

    test('invalid ids find nothing', async () => {
      for (const id of ['0', '-1', '00', '1e3', '0x1', '%31%00', '9223372036854775808', '99999999999999999999999', '1/../2', 'NaN', ' 1', '१'])
        for (const path of [`/api/conversations/${id}`, `/api/files/${id}`, `/api/messages/${id}/edits`]) {
          const { status } = await raw(server.port, `GET ${encodeURI(path).replaceAll('%25', '%')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\n\r\n`);
          assert.ok(status === 404 || status === 400, `${path}: ${status}`);
        }
      for (const query of ['limit=-1', 'limit=1e3', 'before=-1', 'before=99999999999999999999', 'after=x', 'limit=0'])
        assert.equal((await api.refusal('GET', `/api/conversations/${chat}/messages?${query}`)).code, 'invalid_field', query);
      for (const query of ['cursor=x', 'cursor=1.2.3', `cursor=${'f'.repeat(40)}.1`, 'assignee=-1', 'q=%ff', `q=${'x'.repeat(200)}`])
        assert.equal((await api.refusal('GET', `/api/conversations?${query}`)).code, 'invalid_field', query);
      for (const query of ['q=%00', 'q=%zz', 'q=%', 'status=%'])
        assert.equal((await api.refusal('GET', `/api/conversations?${query}`)).code, 'bad_request', `${query}: a filter that cannot be read does not count as none`);
    });

    test('a search cannot use the query syntax of the index', async () => {
      for (const q of ['"', '*', 'a OR b', 'NEAR(a b)', 'name:ann', '-ann', '^ann', "'; DROP TABLE message; --", '\\', '& | !', '(', ':*', 'ann:*', '%', '_', '\u202e', '😀'])
        assert.ok(Array.isArray((await api.conversations(`?status=all&q=${encodeURIComponent(q)}`)).data), q);
    });

    test('a page of another site cannot write with the session’s cookie', async () => {
      const signed = await fetch(`${server.url}/api/auth/login`, { method: 'POST', headers: json, body: JSON.stringify(ADMIN) });
      const cookie = signed.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
      const tries: [string, Record<string, string>, string][] = [
        ['application/x-www-form-urlencoded', {}, 'text=hi'],
        ['text/plain', {}, '{"text":"hi"}'],
        ['multipart/form-data; boundary=x', {}, '--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nhi\r\n--x--\r\n'],
        ['application/json', { origin: 'https://evil.example' }, '{"text":"hi"}'],
        ['application/json', { 'x-csrf-token': '' }, '{"text":"hi"}'],
      ];
      for (const [type, headers, body] of tries) {
        const response = await fetch(`${server.url}/api/conversations/${chat}/messages`, { method: 'POST', headers: { cookie, 'content-type': type, ...headers }, body });
        assert.equal(response.status, 403, type);
        assert.equal(((await response.json()) as any).error.code, 'csrf_failed');
      }
      assert.ok(!(await api.history(chat)).some((m) => m.direction === 'out'));
      const login = await fetch(`${server.url}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify(ADMIN) });
      assert.equal(login.status, 415, 'a form cannot sign its visitor in');
      const lines = signed.headers.getSetCookie();
      assert.ok(lines.every((line) => /SameSite=(Lax|Strict)/.test(line)));
    });

    test('a session id chosen by somebody else is never accepted', async () => {
      const chosen = 'A'.repeat(43);
      const signed = await fetch(`${server.url}/api/auth/login`, { method: 'POST', headers: { ...json, cookie: `switchboard_session=${chosen}; switchboard_csrf=${chosen}` }, body: JSON.stringify(ADMIN) });
      const given = signed.headers.getSetCookie().find((line) => line.startsWith('switchboard_session='))!;
      assert.ok(!given.includes(chosen));
      const session = given.split(';')[0];
      const tossed = await fetch(`${server.url}/api/operators/me`, { method: 'PATCH', headers: { ...json, cookie: `${session}; switchboard_csrf=${chosen}`, 'x-csrf-token': chosen }, body: '{"name":"Tossed"}' });
      assert.equal(tossed.status, 403, 'a tossed CSRF cookie is worth nothing');
    });

    test('forged tokens are refused', async () => {
      const [head, body, mac] = api.token.split('.') as [string, string, string];
      const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
      const signedWith = (key: string): string => createHmac('sha256', key).update(`${head}.${body}`).digest('base64url');
      const forged = [
        `${part({ alg: 'none', typ: 'JWT' })}.${body}.`,
        `${part({ alg: 'none', typ: 'JWT' })}.${body}.${mac}`,
        `${part({ alg: 'NONE' })}.${body}.`,
        `${part({ alg: 'RS256' })}.${body}.${mac}`,
        `${head}.${part({ ...claims, sub: '1', exp: 9999999999 })}.${mac}`,
        `${head}.${body}.${signedWith('')}`,
        `${head}.${body}.${signedWith('secret')}`,
        `${head}.${body}.`,
        `${head}.${body}`,
        `${head}.${body}.${mac}.${mac}`,
        '..',
        'x'.repeat(9000),
        ' ',
      ];
      for (const token of forged) {
        const response = await fetch(`${server.url}/api/auth/me`, { headers: { authorization: `Bearer ${token}` } });
        assert.equal(response.status, 401, token.slice(0, 60));
      }
    });

    test('unknown origins are not reflected, allowed ones are', async () => {
      for (const origin of ['https://evil.example', 'null', 'https://desk.example.evil.example', 'https://desk.example:444', 'http://desk.example']) {
        const { headers } = await fetch(`${server.url}/api/auth/me`, { headers: { origin, authorization: `Bearer ${api.token}` } });
        assert.equal(headers.get('access-control-allow-origin'), null, origin);
        assert.equal(headers.get('access-control-allow-credentials'), null, origin);
      }
      const { headers } = await fetch(`${server.url}/api/auth/me`, { headers: { origin: 'https://desk.example' } });
      assert.equal(headers.get('access-control-allow-origin'), 'https://desk.example');
      assert.match(headers.get('vary') ?? '', /Origin/i);
    });

    test('Host and forwarding headers of an untrusted client do not change responses', async () => {
      for (const path of ['/', '/api/docs', '/api/openapi.json', '/login', '//evil.example/', '/\\evil.example', '/api/auth/me']) {
        const answer = await raw(server.port, `GET ${path} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nForwarded: host=evil.example\r\n\r\n`);
        assert.ok(!/evil/.test(answer.body), path);
        assert.ok(!answer.headers.get('location'), path);
        assert.ok(!answer.headers.get('strict-transport-security'), 'no proxy is trusted here');
      }
    });

    test('private responses are not cacheable', async () => {
      for (const path of ['/api/auth/me', '/api/conversations', `/api/conversations/${chat}`, `/api/conversations/${chat}/messages`, '/api/operators', '/api/settings', '/api/dead-letters', '/api/nothing', '/metrics'])
        assert.match((await api.send('GET', path)).headers.get('cache-control') ?? '', /no-store/, path);
      assert.match((await fetch(`${server.url}/api/auth/me`)).headers.get('cache-control') ?? '', /no-store/);
    });

    const photo = (bytes: Uint8Array, name: string, type = 'image/png'): FormData => {
      const form = new FormData();
      form.set('files', new File([bytes as any], name, { type }));
      return form;
    };

    test('an HTML page that claims to be a picture is refused as one, and is otherwise only a download', async () => {
      const before = filesOnDisk();
      const disguises: [string, string][] = [
        ['<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'image/svg+xml'],
        ['<html><script>alert(1)</script></html>', 'image/png'],
        ['GIF89a<script>alert(1)</script>', 'image/gif'],
        ['%PDF-1.7 x', 'image/jpeg'],
        ['', 'image/png'],
      ];
      for (const [content, type] of disguises) {
        const form = photo(Buffer.from(content), 'x.png', type);
        form.set('kind', 'photo');
        const refused = await api.refusal('POST', `/api/conversations/${chat}/messages`, form);
        assert.ok(refused.status === 400, `${content.slice(0, 20)}: ${refused.message}`);
      }
      await until('nothing of them remains', () => isDeepStrictEqual(filesOnDisk().sort(), before.sort()));
      for (const [content, type] of disguises.slice(0, 2)) {
        const sent = await api.reply(chat, photo(Buffer.from(content), 'x.png', type));
        assert.equal(sent.kind, 'document');
        const answer = await api.send('GET', `/api/files/${sent.files[0]!.id}`);
        assert.match(answer.headers.get('content-disposition') ?? '', /^attachment/);
        assert.match(answer.headers.get('content-security-policy') ?? '', /sandbox/);
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      }
    });

    test('a photo whose answer was refused does not stay on disk', async () => {
      const before = filesOnDisk();
      const unique = greyPng(1, 99);
      const attempts: (() => Promise<unknown>)[] = [
        () => api.refusal('POST', '/api/conversations/987654321/messages', photo(unique, 'a.png')),
        () => {
          const form = photo(unique, 'a.png');
          form.set('reply_to', '987654321');
          return api.refusal('POST', `/api/conversations/${chat}/messages`, form);
        },
        () => {
          const form = photo(unique, 'a.png');
          form.set('text', 'x'.repeat(50_000));
          return api.refusal('POST', `/api/conversations/${chat}/messages`, form);
        },
        () => {
          const form = photo(unique, 'a.png');
          form.append('files', new File(['no picture'], 'b.png'));
          form.set('kind', 'photo');
          return api.refusal('POST', `/api/conversations/${chat}/messages`, form);
        },
        () => {
          const form = photo(unique, 'a.png');
          form.set('entities', '{broken');
          return api.refusal('POST', `/api/conversations/${chat}/messages`, form);
        },
      ];
      for (const attempt of attempts) await attempt();
      await until('nothing of them remains', () => isDeepStrictEqual(filesOnDisk().sort(), before.sort()));
    });

    test('file names cannot traverse folders or inject headers', async () => {
      const names = ['../../../etc/passwd', '..\\..\\boot.ini', '/etc/shadow', 'a\r\nX-Injected: 1', 'a"; filename="b.html', '\u202egnp.exe', 'x'.repeat(3000), '.', '..', ''];
      for (const name of names) {
        const boundary = 'xyz';
        const quoted = name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
        const head = `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${quoted}"\r\nContent-Type: image/png\r\n\r\n`;
        const body = Buffer.concat([Buffer.from(head), PIXEL, Buffer.from(`\r\n--${boundary}--\r\n`)]);
        const response = await asSomebody('POST', `/api/conversations/${chat}/messages`, body, `multipart/form-data; boundary=${boundary}`);
        const text = await response.text();
        assert.ok(response.status === 201 || response.status === 400, `${JSON.stringify(name)}: ${response.status} ${text}`);
        if (response.status !== 201) continue;
        const [file] = JSON.parse(text).files;
        assert.ok(!/[/\\\r\n\0]/.test(file.name), file.name);
        assert.ok([...file.name].length <= 128);
        const answer = await raw(server.port, `GET /api/files/${file.id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\n\r\n`);
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get('x-injected'), undefined);
        for (const [header, values] of answer.headers) if (header !== 'set-cookie') assert.equal(values.length, 1, `${header} once: ${values.join(' | ')}`);
        assert.match(answer.headers.get('content-security-policy')![0]!, /sandbox/);
        assert.equal(answer.headers.get('x-content-type-options')![0], 'nosniff');
        assert.match(answer.headers.get('cache-control')![0]!, /private/);
      }
      assert.ok(filesOnDisk().every((name) => /^[0-9a-f]{64}$/.test(name)), filesOnDisk().join());
    });

    test('each of many simultaneous uploads is stored whole or refused', async () => {
      const results = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          asSomebody('POST', `/api/conversations/${chat}/messages`, Buffer.concat([
            Buffer.from(`--b\r\nContent-Disposition: form-data; name="files"; filename="${i}.png"\r\n\r\n`),
            greyPng(1, i % 20), // the same twenty contents three times, side by side
            Buffer.from(`\r\n--b\r\nContent-Disposition: form-data; name="reply_to"\r\n\r\n${i % 3 ? '' : '987654321'}\r\n--b--\r\n`),
          ]), 'multipart/form-data; boundary=b').then(async (r) => ({ status: r.status, body: (await r.json()) as any })),
        ),
      );
      const made = results.filter((r) => r.status === 201);
      assert.equal(made.length, 40, [...new Set(results.map((r) => r.status))].join());
      for (const { body } of made) {
        const file = await api.send('GET', `/api/files/${body.files[0].id}`);
        assert.equal(file.status, 200, 'a refused twin does not take the bytes away');
        assert.equal((await file.arrayBuffer()).byteLength, greyPng(1, 0).length);
      }
      assert.deepEqual(readdirSync(join(server.folder, 'files/tmp')), []);
    });

    test('requests that smuggle, split or have a false length are refused and the connection is closed', async () => {
      const auth = `Host: x\r\nAuthorization: Bearer ${api.token}\r\n`;
      const requests: [string, string][] = [
        ['two lengths', `POST /api/chats HTTP/1.1\r\n${auth}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
        ['length and chunks', `POST /api/chats HTTP/1.1\r\n${auth}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
        ['a strange coding', `POST /api/chats HTTP/1.1\r\n${auth}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
        ['a negative length', `POST /api/chats HTTP/1.1\r\n${auth}Content-Length: -1\r\n\r\n`],
        ['a bare line feed', `GET / HTTP/1.1\nHost: x\n\n`],
        ['NUL in a header', `GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n`],
        ['a folded header', `GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n`],
        ['no host', `GET / HTTP/1.1\r\n\r\n`],
        ['two hosts', `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`],
        ['a space before the colon', `GET / HTTP/1.1\r\nHost: x\r\nX : a\r\n\r\n`],
        ['a head without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(40_000)}`],
      ];
      for (const [what, bytes] of requests) {
        const answer = await raw(server.port, bytes);
        assert.ok(answer.status >= 400 && answer.status < 502, `${what}: ${answer.status}`);
      }
    });

    test('a body of 10 MB is refused before it is read', async () => {
      const answer = await raw(server.port, `POST /api/operators HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\nContent-Type: application/json\r\nContent-Length: 10485760\r\n\r\n`);
      assert.equal(answer.status, 413);
      const chunked = await until('one of us may write again', async () => { /* the rate limit is checked before the body */
        const answer = await raw(server.port, `POST /api/operators HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${crowd[turn++ % crowd.length]!.token}\r\nTransfer-Encoding: chunked\r\n\r\nA00000\r\n`);
        return answer.status !== 429 && answer;
      });
      assert.equal(chunked.status, 413);
      const login = await raw(server.port, `POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n`);
      assert.equal(login.status, 413);
    });

    test('a client that closes its sending side after the request gets the response', async () => {
      const answer = await raw(server.port, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n', { half: true });
      assert.equal(answer.status, 200);
    });

    test('a thousand idle connections and unfinished requests delay nobody', async () => {
      const held = await Promise.all(Array.from({ length: 1000 }, (_, i) => hold(server.port, i % 2 ? 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ' : undefined)));
      const started = performance.now();
      assert.equal((await fetch(`${server.url}/health`)).status, 200);
      assert.ok(performance.now() - started < 2000);
      assert.equal((await api.send('GET', '/api/conversations')).status, 200);
      for (const socket of held) socket.destroy();
    });

    test('a log entry is one line, whatever clients send, and contains no secret', async () => {
      const secret = 'hunter2 hunter2 hunter2';
      await fetch(`${server.url}/api/auth/login`, { method: 'POST', headers: json, body: JSON.stringify({ login: 'x\nlevel=error event=forged.line a=b', password: secret }) });
      await fetch(`${server.url}/api/conversations?x=%0aforged.line`, { headers: { 'user-agent': 'forged.line', authorization: 'Bearer forged.line' } });
      await api.refusal('PUT', '/api/bot/token', { token: '123456:SECRETSECRET' });
      for (const place of [server.log, await (await fetch(`${server.url}/metrics`)).text(), await (await fetch(`${server.url}/api/openapi.json`)).text()]) {
        for (const word of [secret, ADMIN.password, '123456:TEST', 'SECRETSECRET', api.token, api.token.split('.')[2]!]) assert.ok(!place.includes(word), word);
        assert.ok(!/^\S*\s*event=forged/m.test(place) && !/^level=error event=forged/m.test(place));
      }
    });

    test('spaces and line ends around a pasted token are ignored', async () => {
      const bot = await api.call('PUT', '/api/bot/token', { token: '\n  123456:TEST \r\n' });
      assert.equal(bot.id, 123456);
    });

    test('an unknown login takes as long as a wrong password', async () => {
      // Measured in the server's CPU time, since the time of an answer depends on the machine's load.
      const cost = async (login: string): Promise<number | undefined> => {
        const before = server.processorTime();
        const response = await fetch(`${server.url}/api/auth/login`, { method: 'POST', headers: json, body: JSON.stringify({ login, password: 'wrong wrong wrong' }) });
        assert.ok(response.status === 401 || response.status === 429);
        return response.status === 401 ? server.processorTime() - before : undefined;
      };
      const costs = async (name: string): Promise<number[]> => {
        const all: number[] = [];
        for (const n of [0, 1, 2]) all.push(...[await cost(`${name}${n}`)].filter((c) => c !== undefined));
        return all.sort((a, b) => a - b);
      };
      const [known, unknown] = [await costs('crowd'), await costs('nobody')];
      if (known.length && unknown.length) assert.ok(unknown[0]! > known[0]! / 3, `${unknown[0]} s against ${known[0]} s`);
    });
  });
}

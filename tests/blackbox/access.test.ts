// Who may do what: sign-in, sessions and CSRF, tokens, roles; and what a bad request is told.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import type { Api } from '../harness/api.ts';
import { ADMIN, engines, Server } from '../harness/server.ts';

const json = { 'content-type': 'application/json' };

for (const engine of engines) {
  describe(`access on ${engine}`, () => {
    let server: Server;
    let api: Api;

    before(async () => {
      server = await Server.start({ engine });
      api = await server.signIn();
    });
    after(async () => {
      await server?.stop();
    });

    const login = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${server.url}/api/auth/login`, { method: 'POST', body: JSON.stringify(body), headers: { ...json, ...headers } });
    const cookies = (response: Response): Map<string, string> =>
      new Map(response.headers.getSetCookie().map((line) => line.split(';')[0]!.split('=') as [string, string]));

    test('sign-in gives token, operator and two cookies; the session cookie is HttpOnly', async () => {
      const response = await login(ADMIN);
      assert.equal(response.status, 200);
      const body = (await response.json()) as any;
      assert.equal(body.access_token, body.token);
      assert.equal(body.operator.id, body.user.id);
      assert.equal(body.operator.role, 'admin');
      const lines = response.headers.getSetCookie();
      assert.ok(lines.some((l) => l.startsWith('switchboard_session=') && /HttpOnly/i.test(l) && /SameSite=/i.test(l)));
      assert.ok(lines.some((l) => l.startsWith('switchboard_csrf=') && !/HttpOnly/i.test(l)));
    });

    test('a cookie reads alone, and writes only with its CSRF token', async () => {
      const jar = cookies(await login(ADMIN));
      const cookie = [...jar].map(([k, v]) => `${k}=${v}`).join('; ');
      assert.equal((await fetch(`${server.url}/api/auth/me`, { headers: { cookie } })).status, 200);
      const write = (headers: Record<string, string>): Promise<Response> =>
        fetch(`${server.url}/api/operators/me`, { method: 'PATCH', body: '{"name":"Admin"}', headers: { ...json, cookie, ...headers } });
      const without = await write({});
      assert.equal(without.status, 403);
      assert.equal(((await without.json()) as any).error.code, 'csrf_failed');
      assert.equal((await write({ 'x-csrf-token': 'wrong' })).status, 403);
      assert.equal((await write({ 'x-csrf-token': jar.get('switchboard_csrf')! })).status, 200);
    });

    test('who one is, is asked anew: a status that another process has just stored is told', { skip: engine !== 'sqlite' }, async () => {
      const jar = cookies(await login(ADMIN));
      const cookie = [...jar].map(([k, v]) => `${k}=${v}`).join('; ');
      const status = async (): Promise<string> => ((await (await fetch(`${server.url}/api/auth/me`, { headers: { cookie } })).json()) as any).operator.status;
      const store = new DatabaseSync(join(server.folder, 'switchboard.db'), { timeout: 5000 });
      await status(); // from here on who the cookie speaks for is remembered
      for (const wanted of ['away', 'offline', 'online']) {
        store.prepare('UPDATE operator SET status = ? WHERE id = 1').run(wanted);
        assert.equal(await status(), wanted);
      }
      store.close();
    });

    test('signing out ends the session', async () => {
      const jar = cookies(await login(ADMIN));
      const cookie = [...jar].map(([k, v]) => `${k}=${v}`).join('; ');
      const out = await fetch(`${server.url}/api/auth/logout`, { method: 'POST', headers: { cookie, 'x-csrf-token': jar.get('switchboard_csrf')! } });
      assert.equal(out.status, 204);
      assert.equal((await fetch(`${server.url}/api/auth/me`, { headers: { cookie } })).status, 401);
    });

    test('wrong password and unknown login say the same, and guessing is slowed down', async () => {
      const wrong = await login({ email: 'admin@example.com', password: 'wrong' });
      const unknown = await login({ email: 'nobody@example.com', password: 'wrong' });
      assert.equal(wrong.status, 401);
      assert.deepEqual(await wrong.json(), await unknown.json());
      let limited: Response | undefined;
      for (let i = 0; i < 40 && !limited; i++) {
        const response = await login({ email: 'guess@example.com', password: `guess ${i}` });
        if (response.status === 429) limited = response;
      }
      assert.ok(limited, 'limited at last');
      assert.ok(Number(limited.headers.get('retry-after')) > 0);
    });

    test('a new operator must choose a password before anything else', async () => {
      const made = await api.call('POST', '/api/operators', { login: 'newbie', email: 'newbie@example.com', name: 'New', role: 'operator' });
      assert.ok(made.password);
      await new Promise((resolve) => setTimeout(resolve, 4000)); // the guesses above count against this address
      const first = await server.signIn({ login: 'newbie', password: made.password });
      assert.equal((await first.refusal('GET', '/api/conversations')).code, 'must_change_password');
      assert.equal((await first.refusal('POST', '/api/auth/password', { current_password: made.password, new_password: 'short' })).code, 'weak_password');
      await first.call('POST', '/api/auth/password', { current_password: made.password, new_password: 'a longer password' });
      assert.equal((await first.refusal('GET', '/api/auth/me')).status, 401, 'the old token ended');
      const second = await server.signIn({ login: 'newbie', password: 'a longer password' });
      await second.conversations();
      for (const [method, path, body] of [['GET', '/api/settings'], ['PUT', '/api/bot/token', { token: 'x' }], ['POST', '/api/operators', { login: 'x', name: 'x', role: 'admin' }], ['DELETE', '/api/dead-letters/1']] as const)
        assert.equal((await second.refusal(method, path, body)).status, 403, `${method} ${path}`);
      await api.call('PATCH', `/api/operators/${second.operator.id}`, { active: false });
      assert.equal((await second.refusal('GET', '/api/auth/me')).status, 401, 'deactivated: at once');
    });

    test('a socket ends with its session, with its operator, and with another role; others stay', async () => {
      const socket = async (token: string): Promise<{ closed: Promise<number>; open: () => boolean }> => {
        const ws = new WebSocket(`${server.url.replace('http', 'ws')}/ws?token=${token}`);
        const closed = new Promise<number>((resolve) => (ws.onclose = () => resolve(performance.now())));
        await new Promise((resolve) => (ws.onmessage = resolve));
        return { closed, open: () => ws.readyState === WebSocket.OPEN };
      };
      const soon = async (what: string, closed: Promise<number>): Promise<void> => {
        const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error(`${what}: open after two seconds`)), 2000).unref());
        await Promise.race([closed, late]);
      };
      const password = 'a password for sockets';
      const made = await api.call('POST', '/api/auth/register', { login: 'socketed', name: 'Socketed', role: 'operator', password });
      const sessions = [];
      for (let i = 0; i < 3; i++) sessions.push(await server.signIn({ login: 'socketed', password }));
      const [one, two, three] = await Promise.all(sessions.map((s) => socket(s.token)));
      const bystander = await socket(api.token);
      await sessions[0]!.call('POST', '/api/auth/logout');
      await soon('signed out', one!.closed);
      assert.ok(two!.open() && three!.open() && bystander.open(), 'other sessions stay');
      await api.call('PATCH', `/api/operators/${made.id}`, { name: 'Renamed' });
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.ok(two!.open(), 'a new name ends nothing');
      await api.call('PATCH', `/api/operators/${made.id}`, { role: 'senior_operator' });
      await Promise.all([soon('another role', two!.closed), soon('another role', three!.closed)]);
      const again = await socket(sessions[1]!.token);
      await sessions[2]!.call('POST', '/api/auth/password', { current_password: password, new_password: 'another password' });
      await soon('another password', again.closed);
      const fresh = await socket((await server.signIn({ login: 'socketed', password: 'another password' })).token);
      await api.call('PATCH', `/api/operators/${made.id}`, { active: false });
      await soon('deactivated', fresh.closed);
      assert.ok(bystander.open());
    });

    test('the last administrator stays', async () => {
      assert.equal((await api.refusal('PATCH', `/api/operators/${api.operator.id}`, { role: 'operator' })).code, 'last_admin');
      assert.equal((await api.refusal('PATCH', `/api/operators/${api.operator.id}`, { active: false })).code, 'last_admin');
    });

    test('bad input gets a clear error', async () => {
      const broken = await api.refusal('POST', '/api/operators', '{"login": "x",,}');
      assert.equal(broken.status, 400);
      assert.equal(broken.code, 'bad_json');
      assert.match(broken.message, /line 1/);
      assert.equal((await api.refusal('GET', '/api/conversations/999999')).status, 404);
      assert.equal((await api.refusal('GET', '/api/nothing-here')).status, 404);
      assert.equal((await api.refusal('DELETE', '/api/conversations')).status, 405);
      assert.equal((await api.refusal('GET', '/api/conversations?limit=0')).field, 'limit');
      assert.equal((await api.refusal('GET', '/api/conversations?status=odd')).field, 'status');
      assert.equal((await api.refusal('POST', '/api/operators', JSON.stringify({ login: 'x', name: 'y'.repeat(200_000) }))).status, 413);
      assert.equal((await fetch(`${server.url}/api/conversations`)).status, 401);
      assert.equal((await api.refusal('POST', '/api/operators', { login: 'nul\u0000byte', name: 'x', role: 'operator' })).status, 400);
    });

    test('answers carry the strict headers', async () => {
      const { headers } = await fetch(`${server.url}/`);
      const csp = headers.get('content-security-policy') ?? '';
      assert.ok(csp.includes("default-src 'self'") && csp.includes("frame-ancestors 'none'") && !csp.includes('unsafe'));
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.ok(headers.get('referrer-policy'));
    });

    test('a foreign origin gets neither CORS nor the socket', async () => {
      const cross = await fetch(`${server.url}/api/auth/me`, { headers: { origin: 'https://evil.example' } });
      assert.equal(cross.headers.get('access-control-allow-origin'), null);
      const jar = cookies(await login(ADMIN));
      const status = await upgrade(server.port, { origin: 'https://evil.example', cookie: `switchboard_session=${jar.get('switchboard_session')}` });
      assert.equal(status, 403);
      assert.equal(await upgrade(server.port, { origin: server.url, cookie: `switchboard_session=${jar.get('switchboard_session')}` }), 101);
      assert.equal(await upgrade(server.port, { cookie: 'switchboard_session=nonsense' }), 401);
    });

    test('the OpenAPI document covers every route with a sentence, and the docs page is readable', async () => {
      const document = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as any;
      assert.equal(document.openapi.slice(0, 3), '3.1');
      const operations = Object.values(document.paths).flatMap((path: any) => Object.values(path)) as any[];
      assert.ok(operations.length > 40, String(operations.length));
      for (const operation of operations) assert.ok(operation.summary || operation.description);
      const page = await (await fetch(`${server.url}/api/docs`)).text();
      assert.ok(page.includes('/api/conversations'));
    });

    test('health, readiness and metrics', async () => {
      assert.equal((await fetch(`${server.url}/health`)).status, 200);
      const ready = await fetch(`${server.url}/health/ready`);
      assert.ok([200, 503].includes(ready.status));
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      assert.match(metrics, /^# TYPE switchboard_/m);
    });
  });
}

/** The status line's number of a WebSocket handshake with these headers. */
async function upgrade(port: number, headers: Record<string, string>): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  const lines = Object.entries({ host: `127.0.0.1:${port}`, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers });
  socket.write(`GET /ws HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`);
  const first = await new Promise<Buffer>((resolve, reject) => socket.once('data', resolve).once('error', reject));
  socket.destroy();
  return Number(first.toString('latin1').split(' ')[1]);
}

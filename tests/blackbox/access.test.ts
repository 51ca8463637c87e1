// Who may do what: sign-in, sessions and CSRF, tokens, roles; and the errors of bad requests.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import type { Api } from '../harness/api.ts';
import { raw, type RawAnswer } from '../harness/raw.ts';
import { ADMIN, engines, Server, until } from '../harness/server.ts';

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

    test('signing in returns a token and the operator and sets two cookies; the session cookie is HttpOnly', async () => {
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

    test('a session cookie is enough for reading, and needs its CSRF token for writing', async () => {
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

    test('/api/auth/me reads the operator again: it shows a status that another process has just stored', { skip: engine !== 'sqlite' }, async () => {
      const jar = cookies(await login(ADMIN));
      const cookie = [...jar].map(([k, v]) => `${k}=${v}`).join('; ');
      const status = async (): Promise<string> => ((await (await fetch(`${server.url}/api/auth/me`, { headers: { cookie } })).json()) as any).operator.status;
      const store = new DatabaseSync(join(server.folder, 'switchboard.db'), { timeout: 5000 });
      await status(); // from now on the server has cached the cookie's operator
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

    test('a wrong password and an unknown login give the same error, and guesses are rate limited', async () => {
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
      // The guesses above count against this address.
      const first = await until('the address may try again', () => server.signIn({ login: 'newbie', password: made.password }).catch((e) => e.status !== 429 && Promise.reject(e)), 30_000);
      assert.equal((await first.refusal('GET', '/api/conversations')).code, 'must_change_password');
      assert.equal((await first.refusal('POST', '/api/auth/password', { current_password: made.password, new_password: 'short' })).code, 'weak_password');
      for (const guessed of ['Password2024!', 'йцукенгшщз', 'newbie@example.com', 'abcdefghijkl', 'switchboard1']) {
        const refused = await first.refusal('POST', '/api/auth/password', { current_password: made.password, new_password: guessed });
        assert.deepEqual([refused.status, refused.code, refused.field], [422, 'weak_password', 'new_password'], guessed);
      }
      await first.call('POST', '/api/auth/password', { current_password: made.password, new_password: 'a longer password' });
      assert.equal((await first.refusal('GET', '/api/auth/me')).status, 401, 'the old token ended');
      const second = await server.signIn({ login: 'newbie', password: 'a longer password' });
      await second.conversations();
      for (const [method, path, body] of [['GET', '/api/settings'], ['PUT', '/api/bot/token', { token: 'x' }], ['POST', '/api/operators', { login: 'x', name: 'x', role: 'admin' }], ['DELETE', '/api/dead-letters/1']] as const)
        assert.equal((await second.refusal(method, path, body)).status, 403, `${method} ${path}`);
      await api.call('PATCH', `/api/operators/${second.operator.id}`, { active: false });
      assert.equal((await second.refusal('GET', '/api/auth/me')).status, 401, 'deactivated: at once');
    });

    test('the server closes a socket when its session ends, or its operator is deactivated or changes roles; other sockets stay', async () => {
      const socket = async (token: string): Promise<{ closed: Promise<number>; open: () => boolean; hears: (type: string) => Promise<void> }> => {
        const ws = new WebSocket(`${server.url.replace('http', 'ws')}/ws?token=${token}`);
        const closed = new Promise<number>((resolve) => (ws.onclose = () => resolve(performance.now())));
        await new Promise((resolve) => (ws.onmessage = resolve));
        const hears = (type: string): Promise<void> =>
          new Promise((resolve) => ws.addEventListener('message', ({ data }) => (JSON.parse(String(data)) as { type: string }).type === type && resolve()));
        return { closed, open: () => ws.readyState === WebSocket.OPEN, hears };
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
      const renamed = two!.hears('operator_status_change');
      await api.call('PATCH', `/api/operators/${made.id}`, { name: 'Renamed' });
      await renamed;
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

    test('a common password is refused for a new operator', async () => {
      for (const path of ['/api/operators', '/api/auth/register']) {
        const refused = await api.refusal('POST', path, { login: 'guessable', name: 'G', password: 'p@ssw0rd123' });
        assert.deepEqual([refused.code, refused.field], ['weak_password', 'password'], path);
        assert.match(refused.message, /is a common one/);
      }
    });

    test('the last administrator cannot be removed', async () => {
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

    test('responses have the strict security headers', async () => {
      const { headers } = await fetch(`${server.url}/`);
      const csp = headers.get('content-security-policy') ?? '';
      assert.ok(csp.includes("default-src 'self'") && csp.includes("frame-ancestors 'none'") && !csp.includes('unsafe'));
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.ok(headers.get('referrer-policy'));
    });

    test('another origin gets neither CORS headers nor the socket', async () => {
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

describe('origins and scrapers', () => {
  const DESK = 'https://desk.example';
  const SHOP = 'https://shop.example';
  const EVIL = 'https://evil.example';

  interface Cors {
    status: number;
    origin: string | null;
    credentials: string | null;
  }
  const cors = async (server: Server, origin: string, path: string, preflight?: string): Promise<Cors> => {
    const init: RequestInit = preflight ? { method: 'OPTIONS', headers: { origin, 'access-control-request-method': preflight } } : { headers: { origin } };
    const { status, headers } = await fetch(server.url + path, init);
    return { status, origin: headers.get('access-control-allow-origin'), credentials: headers.get('access-control-allow-credentials') };
  };
  const OPERATORS: [string, string?][] = [['/api/auth/me'], ['/api/conversations', 'GET'], ['/api/auth/login', 'POST'], ['/api/operators/1', 'PATCH'], ['/metrics']];
  const APPS: [string, string?][] = [['/message_history/7'], ['/message_history/7', 'GET'], ['/send_message', 'POST']];
  const sockets = async (server: Server, origin: string): Promise<number> => (await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } })).status;
  const frames = async (server: Server): Promise<string> => /frame-ancestors (.*)$/.exec((await fetch(`${server.url}/widget/`)).headers.get('content-security-policy') ?? '')?.[1] ?? '';

  test('a site with the web chat may call the apps’ API, without cookies, and not the operators’ API', async () => {
    const server = await Server.start({ env: { ALLOWED_ORIGINS: DESK, WIDGET_ORIGINS: SHOP } });
    try {
      for (const [path, preflight] of OPERATORS) {
        assert.equal((await cors(server, SHOP, path, preflight)).origin, null, `${path} for the shop`);
        assert.equal((await cors(server, EVIL, path, preflight)).origin, null, `${path} for a stranger`);
        const own = await cors(server, DESK, path, preflight);
        assert.deepEqual([own.origin, own.credentials], [DESK, 'true'], `${path} for the operators' own page`);
      }
      for (const [path, preflight] of APPS) {
        const shop = await cors(server, SHOP, path, preflight);
        assert.deepEqual([shop.origin, shop.credentials], [SHOP, null], path);
        assert.equal((await cors(server, EVIL, path, preflight)).origin, null, path);
        assert.equal((await cors(server, DESK, path, preflight)).origin, DESK, path);
      }
      assert.deepEqual(await Promise.all([SHOP, DESK, EVIL].map((origin) => sockets(server, origin))), [200, 200, 403]);
      assert.equal(await frames(server), `'self' ${SHOP}`);
      const jar = await fetch(`${server.url}/api/auth/login`, { method: 'POST', body: JSON.stringify(ADMIN), headers: json });
      const cookie = jar.headers.getSetCookie().map((line) => line.split(';')[0]!).join('; ');
      assert.deepEqual(await Promise.all([SHOP, DESK, EVIL].map((origin) => upgrade(server.port, { origin, cookie }))), [403, 101, 403]);
    } finally {
      await server.stop();
    }
  });

  test('without WIDGET_ORIGINS every site may show the web chat, and none may call the operators’ API', async () => {
    const server = await Server.start();
    try {
      for (const [path, preflight] of OPERATORS) assert.equal((await cors(server, SHOP, path, preflight)).origin, null, path);
      for (const [path, preflight] of APPS) assert.deepEqual(await cors(server, SHOP, path, preflight).then((c) => [c.origin, c.credentials]), ['*', null], path);
      assert.equal(await sockets(server, SHOP), 200);
      assert.equal(await frames(server), '*');
    } finally {
      await server.stop();
    }
  });

  test('a star in ALLOWED_ORIGINS never allows cookies', async () => {
    const server = await Server.start({ env: { ALLOWED_ORIGINS: `*,${DESK}`, WIDGET_ORIGINS: SHOP } });
    try {
      for (const [path, preflight] of [...OPERATORS, ...APPS]) {
        const any = await cors(server, EVIL, path, preflight);
        assert.deepEqual([any.origin, any.credentials], ['*', null], path);
      }
      assert.equal((await cors(server, DESK, '/api/auth/me')).credentials, 'true', 'what is named beside it is meant');
      assert.equal(await upgrade(server.port, { origin: EVIL, cookie: 'switchboard_session=x' }), 403);
    } finally {
      await server.stop();
    }
  });

  test('a start with ALLOWED_ORIGINS alone, as in older versions, logs what has changed', async () => {
    const server = await Server.start({ env: { ALLOWED_ORIGINS: SHOP } });
    try {
      assert.match(server.log, /WIDGET_ORIGINS/);
      assert.match(server.command('doctor').output, /^note .*WIDGET_ORIGINS/m);
    } finally {
      await server.stop();
    }
  });

  test('the metrics are for this machine, a token and the configured scrapers', async () => {
    const TOKEN = 'a-scraper-of-the-figures-1';
    const server = await Server.start({ env: { METRICS_TOKEN: TOKEN, METRICS_ALLOW: '203.0.113.7, 198.51.100.0/24', TRUSTED_PROXIES: '127.0.0.1' } });
    const stranger = await Server.start({ env: { METRICS_ALLOW: '127.0.0.0/8', TRUSTED_PROXIES: '192.0.2.1' } });
    const metrics = async (of: Server, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> => {
      const lines = Object.entries({ host: `127.0.0.1:${of.port}`, ...headers }).map(([k, v]) => `${k}: ${v}\r\n`);
      return raw(of.port, `GET /metrics HTTP/1.1\r\n${lines.join('')}\r\n`);
    };
    try {
      const cases: [number, Record<string, string>, string][] = [
        [200, {}, 'a scraper on this machine'],
        [200, { host: `localhost:${server.port}` }, 'by name'],
        [403, { 'x-forwarded-for': '192.0.2.55' }, 'through a proxy on this machine'],
        [403, { 'x-forwarded-for': '127.0.0.1' }, 'through a proxy, pretending'],
        [403, { forwarded: 'for=192.0.2.55' }, 'through a proxy with the standard header'],
        [403, { host: 'support.example.com' }, 'through a proxy that says nothing but passes the name on'],
        [200, { 'x-forwarded-for': '203.0.113.7' }, 'the scraper that is named, through the proxy'],
        [200, { 'x-forwarded-for': '198.51.100.200' }, 'one of the block that is named'],
        [403, { 'x-forwarded-for': '203.0.113.7, 192.0.2.55' }, 'the name of a scraper, by somebody else'],
        [200, { 'x-forwarded-for': '192.0.2.55', authorization: `Bearer ${TOKEN}` }, 'the token'],
        [403, { 'x-forwarded-for': '192.0.2.55', authorization: `Bearer ${TOKEN}x` }, 'not the token'],
      ];
      for (const [wanted, headers, why] of cases) assert.equal((await metrics(server, headers)).status, wanted, why);
      assert.match((await metrics(server, { host: 'support.example.com' })).body, /METRICS_TOKEN/, 'the refusal says what would do');
      const api = await server.signIn();
      assert.equal((await metrics(server, { host: 'support.example.com', authorization: `Bearer ${api.token}` })).status, 200, 'an administrator');
      assert.equal((await metrics(stranger, { host: 'support.example.com', 'x-forwarded-for': '192.0.2.55' })).status, 403, 'an address that is a proxy’s and nobody trusts');
    } finally {
      await server.stop();
      await stranger.stop();
    }
  });
});

describe('a proxy on this machine that sends few headers', () => {
  const PUBLIC = { PUBLIC_URL: 'https://support.example.com' };
  const get = async (of: Server, path: string, headers: Record<string, string> = {}, version = '1.1'): Promise<RawAnswer> => {
    const lines = Object.entries({ host: `127.0.0.1:${of.port}`, connection: 'close', ...headers }).map(([k, v]) => `${k}: ${v}\r\n`);
    return raw(of.port, `GET ${path} HTTP/${version}\r\n${lines.join('')}\r\n`);
  };
  const refused: [string, Record<string, string>, string][] = [
    ['speaks HTTP/1.0', {}, '1.0'],
    ['says Via', { via: '1.1 a-proxy' }, '1.1'],
    ['says a header of the family', { 'x-forwarded-port': '443' }, '1.1'],
    ['passes the name on', { host: 'support.example.com' }, '1.1'],
  ];

  test('does not count as a local scraper', async () => {
    const server = await Server.start();
    try {
      assert.equal((await get(server, '/metrics')).status, 200);
      for (const [what, headers, version] of refused) assert.equal((await get(server, '/metrics', headers, version)).status, 403, what);
    } finally {
      await server.stop();
    }
  });

  test('without any header does not count as one either, if clients come from elsewhere', async () => {
    const server = await Server.start({ env: PUBLIC });
    const named = await Server.start({ env: { ...PUBLIC, METRICS_ALLOW: '127.0.0.1' } });
    try {
      const answer = await get(server, '/metrics');
      assert.equal(answer.status, 403);
      assert.match(answer.body, /PUBLIC_URL.*METRICS_TOKEN.*METRICS_ALLOW/);
      const api = await server.signIn();
      assert.equal((await get(server, '/metrics', { authorization: `Bearer ${api.token}` })).status, 200, 'an administrator');
      assert.equal((await get(named, '/metrics')).status, 200, 'who has named this machine takes it upon themselves');
      for (const [what, headers, version] of refused) assert.equal((await get(named, '/metrics', headers, version)).status, 403, what);
    } finally {
      await server.stop();
      await named.stop();
    }
  });

  test('is logged once and shown by the doctor, and guesses through it count for all of its clients', async () => {
    const server = await Server.start({ env: PUBLIC });
    try {
      assert.match(server.command('doctor').output, /^ok +proxy: /m);
      for (let i = 0; i < 3; i++) await get(server, '/api/docs', { host: 'support.example.com' });
      const named = server.log.split('\n').filter((line) => line.includes('event=proxy.silent'));
      assert.equal(named.length, 1);
      assert.match(named[0]!, /127\.0\.0\.1.*X-Forwarded-For/);
      await until('doctor knows', () => /^WRONG proxy: 127\.0\.0\.1 .*X-Forwarded-For/m.test(server.command('doctor').output));
      const signIn = (password: string): Promise<Response> => fetch(`${server.url}/api/auth/login`, { method: 'POST', body: JSON.stringify({ login: 'admin', password }), headers: json });
      for (let i = 0; i < 9; i++) assert.equal((await signIn(`guess ${i}`)).status, 401, 'of one address five would do');
      assert.equal((await signIn(ADMIN.password)).status, 200);
    } finally {
      await server.stop();
    }
  });
});

describe('signing in while others guess', () => {
  /** A sign-in as forwarded by a proxy on this machine. */
  const login = (server: Server, address: string, password: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}/api/auth/login`, { method: 'POST', body: JSON.stringify({ login: 'admin', password }), headers: { ...json, 'x-forwarded-for': address, ...headers } });
  const device = (response: Response): string => response.headers.getSetCookie().map((line) => line.split(';')[0]!).find((line) => line.startsWith('switchboard_device='))!;
  /** Guesses from new addresses until the account refuses sign-ins from unknown places. */
  const besiege = async (server: Server): Promise<void> => {
    for (let i = 0; i < 60; i++) if ((await login(server, `198.51.100.${i}`, `guess ${i}`)).status === 429) return;
    throw new Error('sixty guesses at one account, and none was refused');
  };
  /** The message with which a client from an unknown place is refused despite the right password. One attempt is let through every 30 seconds, so on a slow machine the sign-in may succeed and is repeated. */
  const assertClosed = async (server: Server, why: string, headers: Record<string, string> = {}): Promise<string> => {
    for (let i = 0; i < 4; i++) {
      await besiege(server);
      const answer = await login(server, `192.0.2.${100 + i}`, ADMIN.password, headers);
      if (answer.status !== 429) continue;
      const seconds = Number(answer.headers.get('retry-after'));
      assert.ok(seconds > 0 && seconds <= 30 * 60, 'a turn within half an hour');
      return ((await answer.json()) as { message: string }).message;
    }
    throw new Error(why);
  };

  test('guesses from elsewhere lock out neither a known address nor a known device', async () => {
    const server = await Server.start({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
    try {
      const first = await login(server, '203.0.113.5', ADMIN.password);
      assert.equal(first.status, 200);
      assert.match(first.headers.getSetCookie().find((line) => line.startsWith('switchboard_device='))!, /HttpOnly/);
      const cookie = device(first);
      await server.terminate(); // the known places are stored
      await server.run();
      const words = await assertClosed(server, 'a new place waits with the strangers');
      assert.match(words, /Try again in \d+ min \d+ s, from here\. A device that has signed in to it before need not wait\./);
      assert.equal((await login(server, '203.0.113.5', ADMIN.password)).status, 200, 'at home');
      assert.equal((await login(server, '192.0.2.78', ADMIN.password, { cookie })).status, 200, 'the same browser elsewhere');
      await assertClosed(server, 'an invented device is a stranger', { cookie: cookie.replace(/.$/, (c) => (c === '0' ? '1' : '0')) });
      assert.equal((await login(server, '192.0.2.78', ADMIN.password, { cookie })).status, 200, 'and still');
      let wrong = 0;
      while ((await login(server, '203.0.113.5', 'not it')).status === 401) assert.ok(++wrong < 30, 'guesses at home end too');
      assert.equal((await login(server, '192.0.2.78', ADMIN.password, { cookie })).status, 200, 'and leave the device alone');
    } finally {
      await server.stop();
    }
  });

  test('an untrusted proxy is logged once and shown by the doctor, and the account’s limits apply', async () => {
    const server = await Server.start({ env: { TRUSTED_PROXIES: '192.0.2.1' } });
    try {
      const { headers } = await login(server, '203.0.113.5', ADMIN.password);
      const cookie = headers.getSetCookie().map((line) => line.split(';')[0]!).find((line) => line.startsWith('switchboard_device='))!;
      for (let i = 0; i < 3; i++) await login(server, `203.0.113.${i}`, ADMIN.password);
      const named = server.log.split('\n').filter((line) => line.includes('event=proxy.untrusted'));
      assert.equal(named.length, 1);
      assert.match(named[0]!, /127\.0\.0\.1.*TRUSTED_PROXIES/);
      await until('doctor knows', () => /^WRONG proxy: 127\.0\.0\.1 .*TRUSTED_PROXIES=192\.0\.2\.1,127\.0\.0\.1$/m.test(server.command('doctor').output));
      const { untrusted_proxies } = await (await server.signIn()).call('GET', '/api/settings');
      assert.equal(untrusted_proxies, '127.0.0.1', 'and the panel');
      await assertClosed(server, 'the limit of the account');
      assert.equal((await login(server, '203.0.113.5', ADMIN.password, { cookie })).status, 200, 'a device is no address');
    } finally {
      await server.stop();
    }
  });

  test('a trusted proxy causes no warning', async () => {
    const server = await Server.start({ env: { TRUSTED_PROXIES: '127.0.0.0/8' } });
    try {
      await login(server, '203.0.113.5', ADMIN.password);
      assert.match(server.command('doctor').output, /^ok +proxy: /m);
      assert.doesNotMatch(server.log, /proxy\.untrusted/);
    } finally {
      await server.stop();
    }
  });

  test('a flood of sign-ins from unknown addresses leaves room for known ones', async () => {
    const server = await Server.start({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
    try {
      assert.equal((await login(server, '203.0.113.5', ADMIN.password)).status, 200);
      const stranger = (i: number): Promise<Response> =>
        fetch(`${server.url}/api/auth/login`, { method: 'POST', body: JSON.stringify({ login: `nobody${i}`, password: 'x' }), headers: { ...json, 'x-forwarded-for': `198.51.100.${i}` } });
      const flood = Array.from({ length: 120 }, (_, i) => stranger(i));
      await Promise.race(flood.map((f) => f.then((r) => r.status === 503 || new Promise(() => {})))); // the queue is full
      assert.equal((await login(server, '203.0.113.5', ADMIN.password)).status, 200, 'the owner at home');
      const answers = await Promise.all(flood);
      const refused = answers.filter((r) => r.status === 503);
      assert.ok(refused.length > 0 && refused.length < flood.length);
      for (const r of refused) assert.ok(Number(r.headers.get('retry-after')) >= 1);
      assert.equal(answers.filter((r) => r.status === 401).length, flood.length - refused.length, 'strangers in the queue were answered');
    } finally {
      await server.stop();
    }
  });

  test('other calls are answered while passwords are hashed', async () => {
    const server = await Server.start({ env: { TRUSTED_PROXIES: '127.0.0.1', WORKERS: '2' } });
    try {
      const api = await server.signIn();
      const hashings = [
        ...Array.from({ length: 24 }, (_, i) => login(server, `198.51.100.${i}`, ADMIN.password)),
        api.send('POST', '/api/operators', { login: 'one', name: 'One' }),
        api.send('POST', '/api/auth/register', { login: 'two', name: 'Two', password: 'a password for two' }),
        api.send('POST', '/api/auth/password', { current_password: 'wrong', new_password: 'another one for me' }),
      ];
      let done = 0;
      let calls = 0;
      for (const hashing of hashings) void hashing.then(() => done++);
      while (done < hashings.length && calls < 500) {
        assert.equal((await api.send('GET', '/api/conversations')).status, 200);
        calls++;
      }
      const statuses = (await Promise.all(hashings)).map((r) => r.status);
      assert.deepEqual(statuses, [...Array(24).fill(200), 201, 201, 401]);
      assert.ok(calls > 6 * hashings.length, `${calls} calls were answered meanwhile`);
    } finally {
      await server.stop();
    }
  });
});

/** The HTTP status of a WebSocket handshake with these headers. */
async function upgrade(port: number, headers: Record<string, string>): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  const lines = Object.entries({ host: `127.0.0.1:${port}`, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers });
  socket.write(`GET /ws HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`);
  const first = await new Promise<Buffer>((resolve, reject) => socket.once('data', resolve).once('error', reject));
  socket.destroy();
  return Number(first.toString('latin1').split(' ')[1]);
}

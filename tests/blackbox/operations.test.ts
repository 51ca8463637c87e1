// Operating the server: commands, configuration, logs, a database that is too new, a reverse proxy.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Api } from '../harness/api.ts';
import { Screen } from '../harness/screen.ts';
import { ADMIN, binary, engines, freePort, Server, until } from '../harness/server.ts';
import { Simulator } from '../telegram/client.ts';

describe('operations', () => {
  test('version, help and an unknown command', () => {
    const run = (...args: string[]): { code: number; output: string } => {
      try {
        return { code: 0, output: execFileSync(binary, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], cwd: tmpdir() }) };
      } catch (error) {
        const e = error as { status: number; stdout: string; stderr: string };
        return { code: e.status, output: e.stdout + e.stderr };
      }
    };
    assert.match(run('version').output, /\d+\.\d+\.\d+/);
    const wrong = run('frobnicate');
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.output, /serve/);
    assert.match(run('print-contract').output, /export interface Conversation/);
    assert.equal(JSON.parse(run('print-openapi').output).openapi.slice(0, 3), '3.1');
  });

  test('the printed contract is the one that the panel is built with', () => {
    const printed = execFileSync(binary, ['print-contract'], { encoding: 'utf8', cwd: tmpdir() });
    assert.equal(printed, readFileSync(join(import.meta.dirname, '../../web/src/contract.ts'), 'utf8'), 'run: switchboard print-contract > web/src/contract.ts');
  });

  test('the first start prints a one-time password, which must be changed; the second prints none', async () => {
    const server = await Server.prepare({ env: { ADMIN_EMAIL: '', ADMIN_PASSWORD: '' } });
    try {
      await server.run();
      const found = await until('the password is printed', () => /login (\S+).*one-time password (\S+)/.exec(server.log) ?? undefined);
      const frame = /^┌─+┐\n((?:│.*│\n)+)└─+┘$/m.exec(server.log)?.[1]?.split('\n').filter(Boolean);
      assert.ok(frame?.some((line) => line.includes(found[0]!)), 'in a frame of its own');
      assert.equal(new Set(frame!.map((line) => line.length)).size, 1, 'whose sides are straight');
      assert.ok(frame!.some((line) => line.includes('http://')), 'with the address');
      const first = await server.signIn({ login: found[1]!.replace(/[,;.]$/, ''), password: found[2]!.replace(/[,;.]$/, '') });
      assert.equal(first.operator.must_change_password, true);
      await server.terminate();
      const before = server.log.length;
      await server.run();
      await until('all is printed', () => server.log.slice(before).includes('Switchboard is ready'));
      assert.ok(!server.log.slice(before).includes('one-time password'));
      assert.doesNotMatch(server.log, /level=(warn|error)/, 'nothing is wrong with the defaults');
    } finally {
      await server.stop();
    }
  });

  test('admin create and reset-password work while the server is stopped', async () => {
    const server = await Server.start();
    try {
      await server.terminate();
      const made = server.command('admin', 'create', 'rescue@example.com');
      assert.equal(made.code, 0, made.output);
      const reset = server.command('admin', 'reset-password', ADMIN.email);
      assert.equal(reset.code, 0, reset.output);
      await server.run();
      const old = await fetch(`${server.url}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(ADMIN) });
      assert.equal(old.status, 401);
    } finally {
      await server.stop();
    }
  });

  test('a configuration with the setting names of the five systems starts this server', async () => {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'switchboard-test-'));
    writeFileSync(join(folder, '.env'), `BACKEND_HOST=127.0.0.1\nBACKEND_PORT=${port}\nJWT_SECRET="a secret that is long enough to be one"\nDATA_DIR=${folder}\nRUST_LOG=info,flashback_backend=debug\nENVIRONMENT=development\n`);
    const child = spawn(binary, ['serve'], { cwd: folder, env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    child.stdout.on('data', (text) => (log += text));
    child.stderr.on('data', (text) => (log += text));
    try {
      await until('it answers', () => fetch(`http://127.0.0.1:${port}/health`).then((r) => r.ok, () => false));
      assert.ok(!log.includes('a secret that is long enough'));
    } finally {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('the error for an invalid value names the setting', async () => {
    const server = await Server.prepare({ env: { LOG_LEVEL: 'loud' } });
    const { code, output } = server.command('serve');
    assert.notEqual(code, 0);
    assert.match(output, /LOG_LEVEL/);
    await server.stop();
  });

  test('doctor says ok or what to do, line by line', async () => {
    const sim = await Simulator.start({ tokens: ['123456:TEST'] });
    const server = await Server.start({ telegram: sim.url });
    try {
      const good = server.command('doctor');
      assert.equal(good.code, 0, good.output);
      for (const word of ['configuration', 'database', 'token', 'webhook', 'clock', 'disk', 'permission']) assert.match(good.output.toLowerCase(), new RegExp(word));
      assert.doesNotMatch(good.output, /staff group/);
      const api = await server.signIn();
      await until('the bot is ok', async () => (await api.bot()).state === 'ok');
      const group = await sim.group({ title: 'The night shift', bot: '123456:TEST' });
      await api.call('PUT', '/api/channels/telegram/group', { chat_id: String(group['id']) });
      assert.match(server.command('doctor').output, /^ok +staff group: The night shift$/m);
      await sim.groupAct(group['id'], 'bot', { bot: '123456:TEST', status: 'kicked' });
      const shut = server.command('doctor');
      assert.match(shut.output, /^WRONG staff group: .*Add the bot to the group/m);
      assert.equal(shut.code, 1);
      const astray = await Server.prepare({ telegram: sim.url, env: { TELEGRAM_LOCAL_FILES: 'no/such/folder' } });
      assert.match(astray.command('doctor').output, /^WRONG TELEGRAM_LOCAL_FILES: no\/such\/folder must be/m);
      await astray.stop();
      await sim.removeBot('123456:TEST');
      const bad = server.command('doctor');
      assert.notEqual(bad.code, 0);
      assert.ok(!bad.output.includes('123456:TEST'));
    } finally {
      await server.stop();
      await sim.stop();
    }
  });

  for (const engine of engines) {
    test(`${engine}: failed background jobs are listed, and can be retried or dismissed`, async () => {
      const server = await Server.start({ engine });
      try {
        const api = await server.signIn();
        await until('the first round is done', () => server.query("SELECT count(*) FROM job WHERE state <> 'ready' OR due_at = 0")[0] === '0');
        const dead = (kind: string, queue: string): string => `INSERT INTO job (kind, queue, state, priority, due_at, attempts, subject, unique_key, error_code, error, created_at, updated_at) VALUES ('${kind}', '${queue}', 'dead', 2, 0, 12, 'none', '${queue}', 'internal', 'The disk is full.', 1, 1)`;
        for (const sql of [dead('prune.audit', 'desk'), dead('prune.raw', 'desk'), dead('outbox.answer', 'outbox/x/1')]) execute(server.env['DATABASE_URL']!, sql);
        const list = async (): Promise<{ id: number; kind: string; error: string; attempts: number }[]> => (await api.call('GET', '/api/dead-jobs')).data;
        const [raw, audit] = await list();
        assert.deepEqual([raw!.kind, audit!.kind, audit!.error, audit!.attempts], ['prune.raw', 'prune.audit', 'The disk is full.', 12], 'the outbox\'s own are not among them');
        const page = await api.call('GET', '/api/dead-jobs?limit=1');
        assert.equal((await api.call('GET', `/api/dead-jobs?limit=1&cursor=${page.next_cursor}`)).data[0].id, audit!.id);
        assert.match(server.command('doctor').output, /^WRONG background job \d+, prune\.audit: given up after 12 tries: The disk is full\./m);
        const figures = await (await fetch(`${server.url}/metrics`)).text();
        assert.match(figures, /^switchboard_jobs\{state="dead"\} 3$/m);
        assert.match(figures, /^switchboard_jobs_late_seconds \d+$/m);
        await api.call('DELETE', `/api/dead-jobs/${raw!.id}`);
        await api.call('POST', `/api/dead-jobs/${audit!.id}/retry`);
        assert.equal((await api.refusal('POST', `/api/dead-jobs/${raw!.id + 1}/retry`)).status, 404, 'of the outbox');
        assert.deepEqual(await list(), []);
        const audited = (await api.call('GET', '/api/audit?part=changes')).data.filter(({ action }: { action: string }) => action.startsWith('dead_'));
        const by = audited.map((a: any) => [a.actor, a.actor_id, a.address]);
        assert.deepEqual(audited.map((a: any) => [a.action, a.target, a.detail]), [
          ['dead_job.retried', `job:${audit!.id}`, 'prune.audit'], ['dead_job.dismissed', `job:${raw!.id}`, 'prune.raw'],
        ], 'and nothing about what was refused');
        assert.deepEqual(by, [['operator', 1, '127.0.0.1'], ['operator', 1, '127.0.0.1']]);
        await until('it is done and stands at its next time', () => server.query("SELECT count(*) FROM job WHERE kind = 'prune.audit' AND state = 'ready' AND due_at > 0")[0] === '1');
        assert.match(server.command('doctor').output, /^ok +background jobs: /m);
        const made = await api.call('POST', '/api/operators', { login: 'ann', name: 'Ann', role: 'senior_operator' });
        assert.equal((await (await server.signIn({ login: 'ann', password: made.password })).refusal('GET', '/api/dead-jobs')).status, 403);
      } finally {
        await server.stop();
      }
    });
  }

  test('a data folder keeps its id, and a copy of it gets its own', async () => {
    const server = await Server.start();
    const copy = await Server.prepare();
    try {
      const id = (of: Server): string => readFileSync(join(of.folder, 'node'), 'utf8').split(' ')[0]!;
      const before = id(server);
      assert.match(before, /^[0-9a-f]{16}$/);
      await server.terminate();
      await server.run();
      assert.equal(id(server), before);
      assert.deepEqual(server.query("SELECT DISTINCT queue FROM job WHERE queue LIKE 'node/%'"), [`node/${before}`]);
      cpSync(join(server.folder, 'node'), join(copy.folder, 'node'));
      await copy.run();
      assert.notEqual(id(copy), before);
    } finally {
      await server.stop();
      await copy.stop();
    }
  });

  test('secrets on disk are readable only by their owner', async () => {
    const server = await Server.start();
    try {
      for (const name of ['switchboard.db', 'secret.key']) assert.equal(statSync(join(server.folder, name)).mode & 0o077, 0, name);
    } finally {
      await server.stop();
    }
  });

  test('SIGHUP reopens the log file; JSON logs are JSON', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchboard-log-'));
    const file = join(folder, 'app.log');
    const server = await Server.start({ env: { LOG_FILE: file, LOG_FORMAT: 'json' } });
    try {
      for (const line of readFileSync(file, 'utf8').trim().split('\n')) JSON.parse(line);
      renameSync(file, `${file}.1`);
      process.kill(server.pid, 'SIGHUP');
      await until('the file is there again', () => existsSync(file));
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('a second signal ends it at once', async () => {
    const server = await Server.start();
    const pid = server.pid;
    process.kill(pid, 'SIGTERM');
    process.kill(pid, 'SIGTERM');
    await server.stop();
    assert.throws(() => process.kill(pid, 0));
  });

  for (const engine of engines)
    test(`the server refuses to start with a database of a newer version (${engine})`, async () => {
      const server = await Server.start({ engine });
      await server.terminate();
      const future = "INSERT INTO schema_migration VALUES (9999, 'of_the_future', 'x', 0)";
      const env = (server as any).env as Record<string, string>;
      const table = await migrationTable(env['DATABASE_URL']!);
      const sql = future.replace('schema_migration VALUES', `${table.name} (${table.columns.join(', ')}) VALUES`).replace(/\(9999.*\)$/, `(${table.columns.map((c) => table.values[c] ?? '0').join(', ')})`);
      execute(env['DATABASE_URL']!, sql);
      const { code, output } = server.command('serve');
      assert.notEqual(code, 0);
      assert.match(output, /newer/);
      await server.stop();
    });

  test('a second server on one data folder is refused with a reason; the doctor and the admin commands are not', async () => {
    const SECRET_KEY = 'one secret that all of them share, so that it is no matter here';
    const server = await Server.start({ env: { SECRET_KEY } });
    const elsewhere = mkdtempSync(join(tmpdir(), 'switchboard-test-'));
    const other = await Server.prepare({ env: { SECRET_KEY, DATABASE_URL: `sqlite:${server.folder}/switchboard.db` } }); // a data folder of its own
    const own = await Server.prepare({ env: { SECRET_KEY, DATA_DIR: server.folder, DATABASE_URL: `sqlite:${elsewhere}/own.db` } }); // a database of its own
    try {
      const sentence = new RegExp(`Another Switchboard, process ${server.pid} uses the (data folder|database) .*Stop it first`);
      for (const [which, command] of [[server, 'serve'], [server, 'migrate'], [own, 'serve'], [own, 'migrate'], [other, 'serve']] as const) {
        const { code, output } = which.command(command);
        assert.notEqual(code, 0, command);
        assert.match(output, sentence, command);
      }
      assert.ok(!existsSync(join(elsewhere, 'own.db')), 'nothing was made');
      await server.terminate();
      await other.run();
      assert.match(server.command('serve').output, /uses the database .*switchboard\.db/, 'the database is held, wherever its folder is');
      await other.terminate();
      await server.run();
      assert.match(server.command('doctor').output, /^ok +database: /m);
      const made = server.command('admin', 'create', 'rescue@example.com');
      assert.equal(made.code, 0, made.output);
      const found = /login (\S+).*one-time password (\S+)/.exec(made.output)!;
      assert.equal((await server.signIn({ login: found[1]!, password: found[2]! })).operator.must_change_password, true);
      await server.kill();
      await server.run(); // a killed server leaves no lock
    } finally {
      await other.stop();
      await own.stop();
      await server.stop();
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });

  test('a data folder serves one process with PostgreSQL, too; a folder of its own is another node', { skip: !engines.includes('postgres') }, async () => {
    const first = await Server.start({ engine: 'postgres' });
    const second = await Server.prepare({ env: { SECRET_KEY: readFileSync(join(first.folder, 'secret.key'), 'utf8').trim(), DATABASE_URL: first.env['DATABASE_URL']! } });
    try {
      assert.match(first.command('serve').output, new RegExp(`Another Switchboard, process ${first.pid} uses the data folder .*Stop it first`));
      const made = first.command('admin', 'create', 'rescue@example.com');
      assert.equal(made.code, 0, made.output);
      await second.run();
      assert.equal((await fetch(`${second.url}/health`)).status, 200);
    } finally {
      await second.stop();
      await first.stop();
    }
  });

  test('a file folder serves one process, wherever its data folder and database are', async () => {
    const first = await Server.start();
    const files = join(first.folder, 'files');
    const other = await Server.prepare({ env: { STORAGE_LOCAL_PATH: files } });
    const link = await Server.prepare({ env: { STORAGE_LOCAL_PATH: join(first.folder, 'link') } });
    try {
      symlinkSync(files, join(first.folder, 'link'));
      writeFileSync(join(files, 'tmp', 'upload-under-way'), 'x');
      for (const second of [other, link])
        assert.match(second.command('serve').output, new RegExp(`Another Switchboard, process ${first.pid} uses the file folder .*Stop it first`));
      assert.deepEqual(readdirSync(join(files, 'tmp')), ['upload-under-way'], 'what the first one takes in is still there');
      await first.terminate();
      await other.run();
      assert.match(first.command('serve').output, new RegExp(`process ${other.pid} uses the file folder`));
    } finally {
      await link.stop();
      await other.stop();
      await first.stop();
    }
  });

  test('a server that was started with closed standard streams does not write its log into its data files', async () => {
    const server = await Server.prepare();
    const child = spawn('sh', ['-c', 'exec "$0" serve <&- >&- 2>&-', binary], { cwd: server.folder, env: server.env, stdio: 'ignore' });
    try {
      await until('it answers', () => fetch(`${server.url}/health`).then((r) => r.ok, () => false));
      for (const fd of [0, 1, 2]) assert.equal(readlinkSync(`/proc/${child.pid}/fd/${fd}`), '/dev/null');
      for (const lock of ['switchboard.lock', 'switchboard.db.lock']) assert.equal(readFileSync(join(server.folder, lock), 'utf8'), `${child.pid}\n`);
    } finally {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      await server.stop();
    }
  });

  test('a database is recognised under any link', async () => {
    const SECRET_KEY = 'one secret that all of them share, so that it is no matter here';
    const names = mkdtempSync(join(tmpdir(), 'switchboard-test-'));
    const [real, hard, soft, dangling] = ['real.db', 'hard.db', 'soft.db', 'dangling.db'].map((name) => join(names, name)) as [string, string, string, string];
    symlinkSync(real, dangling); // its target does not exist before the first start
    const by = (path: string): Promise<Server> => Server.prepare({ env: { SECRET_KEY, DATABASE_URL: `sqlite:${path}` } }); // each with a data folder of its own
    const first = await by(dangling);
    const others: Server[] = [];
    try {
      await first.run();
      linkSync(real, hard);
      symlinkSync(real, soft);
      for (const path of [real, hard, soft]) {
        const other = await by(path);
        others.push(other);
        const { code, output } = other.command('serve');
        assert.notEqual(code, 0, path);
        assert.match(output, /Another Switchboard uses the database .* under another name/, path);
      }
      await first.signIn();
      await first.kill();
      rmSync(hard);
      await others[0]!.run();
      await others[0]!.signIn();
      assert.match(first.command('serve').output, /Another Switchboard/, 'and by the link, while the file itself is used');
    } finally {
      for (const server of [first, ...others]) await server.stop();
      rmSync(names, { recursive: true, force: true });
    }
  });

  test('a first start that was killed at any point is repeated by the next start', async () => {
    for (let ms = 0; ms < 60; ms += 3) {
      const server = await Server.prepare();
      try {
        const child = spawn(binary, ['serve'], { cwd: server.folder, env: server.env, stdio: 'ignore' });
        await new Promise((resolve) => setTimeout(resolve, ms)); // determines where the server is killed; the test waits for nothing here
        child.kill('SIGKILL');
        await once(child, 'exit');
        await server.run();
        await server.signIn();
      } finally {
        await server.stop();
      }
    }
  });

  for (const engine of engines) {
    test(`a first start that was killed between writing its mark and its key does not stop the next start (${engine})`, async () => {
      const server = await Server.prepare({ engine });
      try {
        assert.equal(server.command('migrate').code, 0);
        execute(server.env['DATABASE_URL']!, "INSERT INTO setting VALUES ('key_mark', '0123456789abcdef', 0, 1)");
        await server.run();
        await server.signIn();
        await server.terminate();
        await server.run();
      } finally {
        await server.stop();
      }
    });

    test(`a lost key is noticed even if no value is sealed (${engine})`, async () => {
      const server = await Server.start({ engine, env: { MOBILE_APP_KEY: 'key', MOBILE_SIGNING_SECRET: 'secret' } });
      const key = join(server.folder, 'secret.key');
      try {
        await server.terminate();
        renameSync(key, `${key}.away`);
        const lost = server.command('serve');
        assert.notEqual(lost.code, 0);
        for (const word of [/secret\.key is missing/, /- the sign-ins, the secrets of the web chat's visitors/, /--accept-new-key/]) assert.match(lost.output, word);
        assert.ok(!existsSync(key), 'no key was made');
        assert.match(server.command('doctor').output, /^WRONG secret key: .*sign-ins.*--accept-new-key/m);
        renameSync(`${key}.away`, key);
        await server.run();
        await server.terminate();
        rmSync(key);
        await server.run('--accept-new-key');
        await server.terminate();
        await server.run();
        await server.signIn();
      } finally {
        await server.stop();
      }
    });
  }

  for (const engine of engines) {
    test(`a lost or another secret key is not replaced over sealed values (${engine})`, async () => {
      const server = await Server.start({ engine });
      const key = join(server.folder, 'secret.key');
      const appKey = async (): Promise<string> => (await (await server.signIn()).call('GET', '/api/channels/mobile')).app_key;
      try {
        const before = await appKey();
        await server.terminate();
        renameSync(key, `${key}.away`);
        const lost = server.command('serve');
        assert.notEqual(lost.code, 0);
        for (const word of [/secret\.key is missing/, /the apps' key/, /--accept-new-key/]) assert.match(lost.output, word);
        assert.ok(!existsSync(key), 'no key was made');
        assert.match(server.command('doctor').output, /^WRONG secret key: .*the apps' key.*--accept-new-key/m);
        writeFileSync(key, 'ab'.repeat(32), { mode: 0o600 });
        assert.match(server.command('serve').output, /is not the key used before[^]*the apps' key[^]*--accept-new-key/);
        assert.notEqual(server.command('admin', 'create', 'eve@example.com').code, 0, 'nor by another command');
        renameSync(`${key}.away`, key);
        await server.run();
        assert.equal(await appKey(), before, 'the right one, put back, opens everything');
        assert.match(server.command('doctor').output, /^ok +secret key: /m);
        await server.terminate();
        rmSync(key);
        await server.run('--accept-new-key');
        assert.notEqual(await appKey(), before);
        await server.terminate();
        await server.run();
        assert.deepEqual(server.query("SELECT action FROM audit WHERE action = 'key.replaced'"), ['key.replaced']);
      } finally {
        await server.stop();
      }
    });

    test(`an empty database beside the files of an earlier desk is not silently used as a new desk (${engine})`, async () => {
      const server = await Server.start({ engine });
      const url = (server as any).env['DATABASE_URL'] as string;
      const empty = (): void => {
        if (engine === 'postgres') execute(url, 'SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public');
        else for (const end of ['', '-wal', '-shm']) rmSync(join(server.folder, `switchboard.db${end}`), { force: true });
      };
      const refusal = (): string => {
        const { code, output } = server.command('serve');
        assert.notEqual(code, 0, output);
        assert.match(output, /database is empty, but there was an installation here before/);
        assert.match(output, /--accept-empty-database/);
        return output;
      };
      try {
        await server.terminate();
        empty();
        assert.match(refusal(), /secret\.key/);
        refusal(); // the first refusal has stored nothing
        rmSync(join(server.folder, 'secret.key'));
        mkdirSync(join(server.folder, 'files/ab'), { recursive: true });
        writeFileSync(join(server.folder, 'files/ab/picture'), 'x');
        assert.match(refusal(), /- 1 of its files in /);
        await server.run('--accept-empty-database');
        await server.signIn();
        await server.terminate();
        await server.run(); // the key is stored now
      } finally {
        await server.stop();
      }
    });
  }

  test('migrate, or a failed start, before the first start does not count as an earlier desk', async () => {
    const server = await Server.prepare();
    try {
      assert.equal(server.command('migrate').code, 0);
      const { ADMIN_PASSWORD, ...rest } = (server as any).env;
      (server as any).env = { ...rest, ADMIN_PASSWORD: 'short' };
      assert.match(server.command('serve').output, /ADMIN_PASSWORD/);
      (server as any).env = { ...rest, ADMIN_PASSWORD };
      await server.run();
      await server.signIn();
    } finally {
      await server.stop();
    }
  });

  test('/health/ready shows when commits fail, and when they succeed again', async () => {
    const server = await Server.start();
    const ready = async (): Promise<{ status: number; body: any; retry: string | null }> => {
      const response = await fetch(`${server.url}/health/ready`);
      return { status: response.status, body: await response.json(), retry: response.headers.get('retry-after') };
    };
    try {
      assert.deepEqual(await ready().then((r) => [r.status, r.body.status, r.body.database]), [200, 'ok', 'ok']);
      server.limit('fsize', 4096); // no file may grow: a full disk
      const full = await until('it is not ready', async () => ready().then((r) => r.status === 503 && r));
      assert.match(full.body.database, /Nothing can be stored/);
      assert.equal(full.body.status, 'unavailable');
      assert.ok(full.retry);
      assert.equal((await fetch(`${server.url}/health`)).status, 200, 'alive it is');
      const many = await Promise.all(Array.from({ length: 50 }, ready));
      assert.ok(many.every((r) => r.status === 503));
      server.limit('fsize', 'unlimited');
      await until('it is ready again', async () => (await ready()).status === 200);
    } finally {
      await server.stop();
    }
  });

  test('an unreachable database is reported', async () => {
    const server = await Server.prepare({ env: { DATABASE_URL: 'postgresql://nobody:secretword@127.0.0.1:9/none' } });
    const child = spawn(binary, ['serve'], { env: { ...(server as any).env }, cwd: server.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    child.stdout.on('data', (text) => (log += text));
    child.stderr.on('data', (text) => (log += text));
    await until('it says so', () => /reach|connect|unavailable/i.test(log), 15_000);
    assert.ok(!log.includes('secretword'));
    await end(child);
    await server.stop();
  });

  test('behind Caddy: pages, the API, uploads and the socket pass, and addresses are the clients’ own', async () => {
    const sim = await Simulator.start({ tokens: ['123456:TEST'] });
    const server = await Server.start({ telegram: sim.url, env: { TRUSTED_PROXIES: '127.0.0.1' } });
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'switchboard-caddy-'));
    writeFileSync(join(folder, 'Caddyfile'), `{\n  admin off\n  auto_https off\n}\nhttp://127.0.0.1:${port} {\n  reverse_proxy 127.0.0.1:${server.port}\n}\n`);
    const caddy = spawn('caddy', ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], { stdio: 'ignore', env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder } });
    try {
      const base = `http://127.0.0.1:${port}`;
      await until('Caddy answers', () => fetch(`${base}/health`).then((r) => r.ok, () => false), 20_000);
      const api = await Api.signIn(base, ADMIN);
      const screen = await Screen.open(api);
      const seen = screen.next((f) => f.type === 'new_message');
      const ann = await until('the bot is ok', async () => (await api.bot()).state === 'ok').then(() => sim.customer({ first_name: 'Ann' }));
      await sim.photo(ann, { width: 400, height: 300 });
      await seen;
      const { data } = await api.conversations('?status=all');
      const message = await until('the photo is here', async () => (await api.history(data[0]!.id)).find((m) => m.files[0]?.state === 'ready'));
      const part = await fetch(`${base}/api/files/${message.files[0]!.id}`, { headers: { authorization: `Bearer ${api.token}`, range: 'bytes=0-99' } });
      assert.equal(part.status, 206);
      assert.equal((await part.arrayBuffer()).byteLength, 100);
      screen.close();
    } finally {
      await end(caddy);
      await server.stop();
      await sim.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 8000);
  await ended;
  clearTimeout(timer);
}

function execute(url: string, sql: string): string {
  if (url.startsWith('sqlite:')) return execFileSync('sqlite3', [url.slice(7), sql], { encoding: 'utf8' });
  return execFileSync('psql', ['-X', '-q', '-t', '-A', url, '-c', sql], { encoding: 'utf8' });
}

/** The migrator's table: the one that has a column named checksum. */
async function migrationTable(url: string): Promise<{ name: string; columns: string[]; values: Record<string, string> }> {
  const sqlite = url.startsWith('sqlite:');
  const list = execute(url, sqlite ? "SELECT m.name || '.' || p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'" : "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY ordinal_position");
  const rows = list.trim().split('\n').map((line) => line.split('.') as [string, string]);
  const name = rows.find(([, column]) => /checksum|sha256/.test(column))![0];
  const columns = rows.filter(([table]) => table === name).map(([, column]) => column);
  const values: Record<string, string> = {};
  for (const column of columns) values[column] = /number|version/.test(column) ? '9999' : /_at|ms/.test(column) ? '0' : "'of_the_future'";
  return { name, columns, values };
}

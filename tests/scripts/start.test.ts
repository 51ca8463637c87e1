// A fresh checkout under difficult conditions: a path with a space, a build that is killed, a port that is in use, a user who may
// not install packages. The real Makefile and scripts build a small source tree, so that it takes seconds.
import assert from 'node:assert/strict';
import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..');
const base = mkdtempSync(join(tmpdir(), 'start-test-'));
after(() => rmSync(base, { recursive: true, force: true }));

const run = (cwd: string, command: string, env: Record<string, string> = {}): SpawnSyncReturns<string> =>
  spawnSync('bash', ['-c', command], { cwd, encoding: 'utf8', env: { ...process.env, ...env }, timeout: 120_000 });

/** A copy of this tree's Makefile, scripts and tools, with a server of one file and a panel that is already built. */
function smallTree(name: string): string {
  const tree = join(base, name);
  for (const part of ['Makefile', 'scripts', 'tools', 'spec', 'server']) {
    cpSync(join(ROOT, part), join(tree, part), {
      recursive: true,
      filter: (path) => !path.includes('node_modules') && (!path.startsWith(join(ROOT, 'server')) || !/\.(c|md)$/.test(path)),
    });
  }
  writeFileSync(join(tree, 'server/app/main.c'), 'int main(void);\nint main(void) { return 0; }\n');
  symlinkSync(join(ROOT, 'tools/node/node_modules'), join(tree, 'tools/node/node_modules'));
  mkdirSync(join(tree, 'tests/telegram'), { recursive: true });
  mkdirSync(join(tree, 'web/node_modules'), { recursive: true });
  mkdirSync(join(tree, 'web/dist'));
  writeFileSync(join(tree, 'web/package-lock.json'), '{}');
  writeFileSync(join(tree, 'web/dist/index.html'), '<!doctype html>');
  const stamps = run(tree, `. scripts/lib.sh
    printf %s "$(sha256sum <web/package-lock.json)" >web/node_modules/.installed
    printf %s "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)" >web/dist/.built`);
  assert.equal(stamps.status, 0, stamps.stderr);
  return tree;
}

describe('a build', () => {
  let tree = '';
  before(() => {
    tree = smallTree('with a space');
  });
  const binary = 'build/release/switchboard';

  it('works in a folder with a space in its name, and embeds the panel', () => {
    const built = run(tree, 'scripts/start.sh --build');
    assert.equal(built.status, 0, built.stdout + built.stderr);
    assert.equal(run(tree, `${binary} version`).status, 0);
    assert.ok(existsSync(join(tree, 'build/gen/panel/panel_bytes_0')), 'the panel was embedded');
  });

  it('killed at any command leaves no file that looks complete', () => {
    // Replaces gcc and ar: it writes a part of the output and kills itself and make, like a loss of power.
    const bin = join(base, 'bin');
    mkdirSync(bin);
    for (const name of ['gcc', 'gcc-ar']) {
      writeFileSync(join(bin, name), `#!/bin/bash
case "$*" in
  *"$VICTIM"*)
    for word in "$@"; do case $word in *"$VICTIM"*) : >"$word"; break ;; esac; done
    kill -9 $PPID $(ps -o ppid= -p $PPID)
    exit 1 ;;
esac
exec /usr/bin/${name} "$@"
`);
      chmodSync(join(bin, name), 0o755);
    }
    for (const victim of ['release/switchboard.new', 'libswitchboard.a.new', 'app/main.o.new', 'gen/panel_bytes.o.new']) {
      rmSync(join(tree, 'build'), { recursive: true });
      const killed = run(tree, 'setsid make -s binary 2>/dev/null', { PATH: `${bin}:${process.env['PATH']}`, VICTIM: victim });
      assert.notEqual(killed.status, 0, `${victim}: make was ended`);
      assert.ok(readdirSync(join(tree, 'build/release'), { recursive: true }).some((name) => String(name).endsWith('.new')), `${victim}: something was being written`);
      const again = run(tree, 'scripts/start.sh --build');
      assert.equal(again.status, 0, `${victim}: ${again.stdout}${again.stderr}`);
      assert.equal(run(tree, `${binary} version`).status, 0, victim);
    }
  });

  it('repeats a part that an older build left empty, though its stamp exists', () => {
    truncateSync(join(tree, binary), 0);
    const again = run(tree, 'scripts/start.sh --build');
    assert.equal(again.status, 0, again.stdout + again.stderr);
    assert.equal(run(tree, `${binary} version`).status, 0);
  });

  it('that cannot run prints an error and leaves no stamp', () => {
    writeFileSync(join(tree, 'server/app/main.c'), 'int main(void);\nint main(void) { return 3; }\n');
    const broken = run(tree, 'scripts/start.sh --build');
    assert.equal(broken.status, 1);
    assert.match(broken.stderr, /does not run/);
    assert.equal(existsSync(join(tree, 'build/.started')), false);
  });
});

describe('packages', () => {
  it('that this user may not install are printed with the whole command', () => {
    const bin = join(base, 'user');
    mkdirSync(bin);
    for (const name of ['bash', 'dirname', 'dpkg-query', 'awk', 'grep', 'env', 'cat']) symlinkSync(run(base, `command -v ${name}`).stdout.trim(), join(bin, name));
    writeFileSync(join(bin, 'id'), '#!/bin/sh\necho 1000\n', { mode: 0o755 });
    const asked = run(ROOT, '. scripts/lib.sh; ensure_packages no-such-package-a bash no-such-package-b no-such-package-a', { PATH: bin });
    assert.equal(asked.status, 1);
    assert.match(asked.stderr, /apt-get update && apt-get install -y --no-install-recommends no-such-package-a no-such-package-b\n/);
    assert.doesNotMatch(asked.stdout, /Installing/);
    // One request: the packages that fetch Node, if there is no npm, are requested with the rest.
    assert.match(run(ROOT, '. scripts/lib.sh; echo "${BUILD_PACKAGES[*]}"', { PATH: bin }).stdout, /\bcurl\b/);
  });

  it('are installed with warnings, except irrelevant ones', () => {
    const bin = join(base, 'apt');
    mkdirSync(bin);
    writeFileSync(join(bin, 'id'), '#!/bin/sh\necho 0\n', { mode: 0o755 });
    writeFileSync(join(bin, 'apt-get'), `#!/bin/sh
[ "$1" = install ] || exit 0
echo 'debconf: delaying package configuration, since apt-utils is not installed' >&2
echo 'W: the disk is slow' >&2
exit "$CODE"
`, { mode: 0o755 });
    const install = (code: string): SpawnSyncReturns<string> =>
      run(ROOT, '. scripts/lib.sh; ensure_packages no-such-package; echo installed', { PATH: `${bin}:${process.env['PATH']}`, CODE: code });
    const done = install('0');
    assert.equal(done.stderr, 'W: the disk is slow\n');
    assert.match(done.stdout, /installed\n$/);
    const failed = install('100');
    assert.equal(failed.status, 100);
    assert.doesNotMatch(failed.stdout, /installed\n$/);
  });

  it('of the lock file are installed only in its exact versions', () => {
    const tree = smallTree('lock');
    const bin = join(base, 'npm');
    mkdirSync(bin);
    writeFileSync(join(bin, 'npm'), '#!/bin/sh\nprintf other >"npm-$(printf %s "$3" | cut -d @ -f 2).tgz"\n', { mode: 0o755 });
    const fetched = run(tree, '. scripts/lib.sh; fetch_pinned npm "$PWD/npm.tgz"', { PATH: `${bin}:${process.env['PATH']}` });
    assert.equal(fetched.status, 1, fetched.stderr);
    assert.match(fetched.stderr, /is not the archive that tools\/node\/package-lock\.json pins/);
  });
});

describe('npm', () => {
  it('uses the configuration of this machine, its mirror and certificates, like Node', () => {
    const machine = join(base, 'npmrc of this machine');
    writeFileSync(machine, 'registry=http://mirror.example/npm/\ncafile=/etc/mirror.pem\n');
    const asked = run(ROOT, `. scripts/lib.sh; ensure_node; NPM_MACHINE_FILES=(/nowhere/npmrc "${machine}")
      unset npm_config_registry npm_config_cafile npm_config_globalconfig npm_config_userconfig NPM_CONFIG_REGISTRY NPM_CONFIG_GLOBALCONFIG
      npm_registry; echo; pinned_npm config get registry; pinned_npm config get cafile`, { HOME: base });
    assert.equal(asked.status, 0, asked.stderr);
    assert.deepEqual(asked.stdout.trim().split('\n'), ['http://mirror.example/npm', 'http://mirror.example/npm/', '/etc/mirror.pem']);
  });
});

describe('the test run', () => {
  it('ends all of its steps at Ctrl+C, and leaves no process or file', async () => {
    const tree = smallTree('interrupted');
    const bin = join(tree, 'tests/node_modules/.bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'tsc'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(tree, 'tests/package-lock.json'), '{}');
    cpSync(join(ROOT, 'tests/run.ts'), join(tree, 'tests/run.ts'));
    writeFileSync(join(tree, 'tests/telegram/one.test.ts'), `import { it } from 'node:test';
it('is ready', () => {});
it('waits', () => new Promise((resolve) => setTimeout(resolve, 200_000)));
`);
    assert.equal(run(tree, 'printf %s "$(sha256sum <tests/package-lock.json)" >tests/node_modules/.installed').status, 0);
    const TMPDIR = mkdtempSync(join(base, 'tmp-'));
    const { NODE_TEST_CONTEXT: _, ...env } = process.env; // not a child of this test run
    const child = spawn('scripts/test.sh', ['simulator', 'corpus'], { cwd: tree, detached: true, env: { ...env, TMPDIR } });
    let output = '';
    let asked = false;
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      if (asked || !output.includes('✔ is ready')) return;
      asked = true;
      process.kill(-child.pid!, 'SIGINT'); // to the whole process group, like a terminal
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    assert.ok(asked, output);
    assert.equal(code, 130, output);
    assert.doesNotMatch(output, /== corpus/);
    assert.deepEqual(readdirSync(TMPDIR), []);
  });
});

describe('the demo', () => {
  before(() => { // build first, so that its output is not part of the demo's
    const built = spawnSync('scripts/start.sh', ['--build'], { cwd: ROOT, encoding: 'utf8' });
    assert.equal(built.status, 0, built.stdout + built.stderr);
  });
  const listeners: Server[] = [];
  after(() => listeners.forEach((server) => server.close()));
  const listen = (port: number): Promise<Server | undefined> =>
    new Promise((resolve) => {
      const server = createServer();
      server.on('error', () => resolve(undefined)).listen(port, '127.0.0.1', () => resolve(server));
      listeners.push(server);
    });
  const demo = (env: Record<string, string>) => {
    const child = spawn('scripts/start.sh', ['--demo'], { cwd: ROOT, env: { ...process.env, DEMO_DATA_DIR: mkdtempSync(join(base, 'demo-')), ...env } });
    const output = { text: '' };
    child.stdout.on('data', (chunk: Buffer) => { output.text += chunk.toString(); });
    child.stderr.on('data', (chunk: Buffer) => { output.text += chunk.toString(); });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const says = (what: RegExp): Promise<RegExpExecArray> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = what.exec(output.text);
          if (found) resolve(found);
        };
        child.stdout.on('data', look);
        void ended.then(() => { look(); reject(new Error(`ended without saying ${what}: ${output.text}`)); });
      });
    return { child, output, ended, says };
  };

  it('on a requested port that is in use fails with one sentence', async () => {
    const taken = (await listen(0))!;
    const port = (taken.address() as { port: number }).port;
    const { ended, output } = demo({ PORT: String(port) });
    assert.equal(await ended, 1);
    assert.match(output.text, new RegExp(`^Port ${port} is taken by another program[^\n]*\n$`));
  });

  it('takes the next free port when its own is in use, prints it, and ends completely', async () => {
    await listen(3000); // if another program has the port, the test works too
    const { child, says, ended, output } = demo({ PORT: '' });
    const [, port] = await says(/The demo is open at http:\/\/localhost:(\d+)\/demo/);
    assert.notEqual(port, '3000');
    assert.match(output.text, new RegExp(`Port 3000 is taken; the demo uses ${port}\\.`));
    assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200);
    const [, simulator] = /live at (http:\S+[0-9])/.exec(output.text)!;
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
    await assert.rejects(fetch(simulator!));
  });

  it('takes another port when a program takes the chosen one first', async () => {
    await listen(3000);
    const { child, says, ended } = demo({ PORT: '' });
    const [, chosen] = await says(/the demo uses (\d+)\./);
    await listen(Number(chosen));
    const [, port] = await says(/The demo is open at http:\/\/localhost:(\d+)\/demo/);
    assert.notEqual(port, chosen);
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
  });

  it('started twice has two ports and two data folders', async () => {
    await listen(3000);
    const both = [demo({ PORT: '', DEMO_DATA_DIR: '' }), demo({ PORT: '', DEMO_DATA_DIR: '' })];
    const ports = await Promise.all(both.map(async ({ says }) => (await says(/The demo is open at http:\/\/localhost:(\d+)\/demo/))[1]));
    assert.notEqual(ports[0], ports[1]);
    for (const port of ports) assert.equal((await fetch(`http://127.0.0.1:${port}/health/ready`)).status, 200);
    both.forEach(({ child }) => child.kill('SIGTERM'));
    for (const { ended } of both) assert.equal(await ended, 0);
  });
});

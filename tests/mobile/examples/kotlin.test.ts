// docs/examples/Chat.kt as a program, with the libraries that it names. scripts/examples.sh compiles it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { day, Refused, type Running } from './day.ts';

const built = fileURLToPath(new URL('../../../build/examples/kotlin', import.meta.url));
const classpath = `${join(built, 'classes')}:${readFileSync(join(built, 'classpath'), 'utf8').trim()}`;

async function start(desk: string, appKey: string, userId: string): Promise<Running> {
  const program = spawn('java', ['-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8', '-cp', classpath, 'MainKt', desk, appKey, userId], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(program, 'exit');
  const kill = (): void => void program.kill('SIGKILL');
  process.once('exit', kill);
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const running: Running = {
    shown: [],
    errors: [],
    call(name, args = {}) {
      const id = waiting.size + 1;
      program.stdin.write(`${JSON.stringify([id, name, args])}\n`);
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    },
    async end() {
      program.stdin.end();
      await ended;
      process.off('exit', kill);
    },
  };
  createInterface({ input: program.stdout }).on('line', (line) => {
    const [what, first, second, third] = JSON.parse(line);
    if (what === 'message') running.shown.push(first);
    else if (what === 'error') running.errors.push(first);
    else if (what === 'done') waiting.get(first)!.resolve(second);
    else waiting.get(first)!.reject(new Refused(second, third));
  });
  program.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the program has ended with ${code}`));
  });
  return running;
}

day('Kotlin', start);

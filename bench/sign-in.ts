// How many simultaneous sign-ins slow down other calls: latencies of GET /api/conversations alone, and while sign-ins from as
// many addresses are waiting. Measures the binary SWITCHBOARD_BINARY; scripts/bench-sign-in.sh compares two.
import { parseArgs } from 'node:util';
import { ADMIN, binary, pause, Server } from '../tests/harness/server.ts';

const { values } = parseArgs({ options: { name: { type: 'string', default: binary }, signins: { type: 'string', default: '24' }, rounds: { type: 'string', default: '4' } } });
const PACE_MS = 4; // below the rate limit of an operator

const server = await Server.start({ env: { TRUSTED_PROXIES: '127.0.0.1', LOG_LEVEL: 'error' } });
const api = await server.signIn();

async function call(into: number[]): Promise<void> {
  const started = performance.now();
  const response = await api.send('GET', '/api/conversations');
  await response.arrayBuffer();
  if (response.ok) into.push(performance.now() - started);
  await pause(PACE_MS);
}

let address = 0;
function signIn(): Promise<number> {
  const n = address++;
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': `198.51.${100 + (n >> 8)}.${n & 255}` };
  return fetch(`${server.url}/api/auth/login`, { method: 'POST', body: JSON.stringify(ADMIN), headers }).then((r) => r.status);
}

const percentile = (sorted: number[], p: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? NaN).toFixed(1);
function print(what: string, latencies: number[], more = ''): void {
  const sorted = latencies.sort((a, b) => a - b);
  console.log(`${values.name.padEnd(12)} ${what.padEnd(44)} p50 ${percentile(sorted, 0.5)} ms, p99 ${percentile(sorted, 0.99)} ms, longest ${percentile(sorted, 1)} ms${more}`);
}

const alone: number[] = [];
for (let i = 0; i < 300; i++) await call(alone);
print('other calls, alone', alone);

const beside: number[] = [];
let seconds = 0;
const outcomes = new Map<number, number>();
for (let round = 0; round < Number(values.rounds); round++) {
  const started = performance.now();
  let waiting = Number(values.signins);
  for (let i = waiting; i > 0; i--) void signIn().then((status) => (waiting--, outcomes.set(status, (outcomes.get(status) ?? 0) + 1)));
  while (waiting) await call(beside);
  seconds += (performance.now() - started) / 1000;
}
const answers = [...outcomes].map(([status, n]) => `${n} × ${status}`).join(', ');
print(`other calls, while ${values.signins} people sign in`, beside, `; sign-ins: ${answers} in ${seconds.toFixed(1)} s`);
await server.stop();

// Lighthouse on the panel of a server with a day's conversations from the simulated Telegram, and on a page with the chat
// widget open. It prints figures and does not fail when they are low; the aim is 95 in every category. Each run starts a
// browser with an empty profile; with several runs a row is the median by performance. Performance depends on the machine, so
// each row has the machine's index as Lighthouse measures it: an idle desktop has 1,500 to 3,000; below about 1,000 other
// programs were using the machine.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import lighthouse, { desktopConfig } from 'lighthouse';
import { ADMIN, Server, until } from '../../tests/harness/server.ts';
import { Simulator } from '../../tests/telegram/client.ts';

const { values: options } = parseArgs({ options: { reports: { type: 'string' }, runs: { type: 'string', default: '1' }, page: { type: 'string', multiple: true }, as: { type: 'string' } } });
const RUNS = Math.max(1, Number.parseInt(options.runs, 10) || 1);
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];
const MOMENTS = { 'first-contentful-paint': 'first paint', 'largest-contentful-paint': 'largest paint', 'speed-index': 'speed index', 'total-blocking-time': 'blocked', 'cumulative-layout-shift': 'shift' };
const AIM = 95;
const TOKEN = '123456:TEST';

interface Chromium {
  port: number;
  stop: () => Promise<void>;
}

/** Starts a browser with an empty profile, which writes its debugging port to a file in that profile. */
async function chromium(): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), 'switchboard-lighthouse-'));
  const child: ChildProcess = spawn(process.env['CHROME_PATH'] ?? '/usr/bin/chromium', [...FLAGS, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const portFile = (): number | false => {
    try {
      return Number(readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n')[0]) || false;
    } catch {
      return false;
    }
  };
  const port = await until('the browser', portFile, 30_000);
  return {
    port,
    stop: async () => {
      child.kill();
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Sends one command of the browser's protocol, over a connection of its own. */
async function tell(port: number, method: string, params: object): Promise<void> {
  const { webSocketDebuggerUrl } = (await (await fetch(`http://127.0.0.1:${port}/json/version`)).json()) as { webSocketDebuggerUrl: string };
  const socket = new WebSocket(webSocketDebuggerUrl);
  const answer = new Promise<string>((resolve, reject) => {
    socket.onmessage = ({ data }) => resolve(String(data));
    socket.onerror = () => reject(new Error('the browser does not answer'));
  });
  await new Promise((resolve) => (socket.onopen = resolve));
  socket.send(JSON.stringify({ id: 1, method, params }));
  const { error } = JSON.parse(await answer) as { error?: { message: string } };
  socket.close();
  if (error) throw new Error(`${method}: ${error.message}`);
}

/** The session's cookies, as the sign-in page would leave them in the browser. */
async function signedIn(port: number, url: string): Promise<void> {
  const response = await fetch(`${url}/api/auth/login`, { method: 'POST', body: JSON.stringify(ADMIN), headers: { 'content-type': 'application/json' } });
  if (!response.ok) throw new Error(`sign-in: ${response.status}`);
  const cookies = response.headers.getSetCookie().map((line) => {
    const [name = '', value = ''] = line.split(';')[0]!.split(/=(.*)/s);
    return { name, value, url, httpOnly: /httponly/i.test(line), sameSite: 'Lax' };
  });
  await tell(port, 'Storage.setCookies', { cookies });
}

interface Figures {
  scores: number[];
  paints: string[];
  speed: string;
  failed: string;
  report: string;
}

async function once(url: string, session: boolean, desktop: boolean): Promise<Figures> {
  const browser = await chromium();
  try {
    if (session) await signedIn(browser.port, new URL(url).origin);
    const flags = { port: browser.port, output: ['html'] as ['html'], logLevel: 'error' as const, onlyCategories: CATEGORIES, disableStorageReset: true };
    const result = await lighthouse(url, flags, desktop ? desktopConfig : undefined);
    if (!result) throw new Error('Lighthouse gave no result');
    const { categories, audits } = result.lhr;
    const failed = CATEGORIES.flatMap((id) => categories[id]!.auditRefs.filter(({ weight, id: audit }) => weight > 0 && (audits[audit]?.score ?? 1) < 0.9).map(({ id: audit }) => audit));
    return {
      scores: CATEGORIES.map((id) => Math.round((categories[id]?.score ?? 0) * 100)),
      paints: Object.keys(MOMENTS).map((id) => (audits[id]?.displayValue ?? '').replace(/\s/g, ' ')),
      speed: String(Math.round(result.lhr.environment.benchmarkIndex)),
      failed: failed.join(' '),
      report: result.report[0]!,
    };
  } finally {
    await browser.stop();
  }
}

async function measure(name: string, url: string, session: boolean, desktop: boolean): Promise<string[]> {
  const runs: Figures[] = [];
  while (runs.length < RUNS) runs.push(await once(url, session, desktop));
  runs.sort((a, b) => a.scores[0]! - b.scores[0]!);
  const middle = runs[Math.floor(RUNS / 2)]!;
  const as = desktop ? 'desktop' : 'phone';
  if (options.reports) {
    mkdirSync(options.reports, { recursive: true });
    writeFileSync(join(options.reports, `${name}-${as}.html`), middle.report);
  }
  const range = RUNS > 1 ? `${runs[0]!.scores[0]} to ${runs[RUNS - 1]!.scores[0]}` : '';
  return [name, as, ...middle.scores.map((score) => (score < AIM ? `${score} !` : String(score))), range, ...middle.paints, middle.speed, middle.failed];
}

const sim = await Simulator.start({ tokens: [TOKEN] });
const server = await Server.start({ telegram: sim.url, token: TOKEN });
try {
  const api = await server.signIn();
  await until('the bot', async () => (await api.bot()).state === 'ok');
  for (let i = 0; i < 30; i++) await sim.text(await sim.customer({ first_name: `Customer ${i}`, language_code: 'en' }), 'Good morning! My order has not arrived yet.');
  const talker = await sim.customer({ first_name: 'Nora', last_name: 'Lund', language_code: 'en' });
  for (let i = 0; i < 20; i++) await sim.text(talker, `Line ${i} of a longer story about an order that went astray.`);
  await sim.photo(talker, { caption: 'This is how it looks.' });
  const chat = await until('the conversation', async () => (await api.everyConversation()).find(({ customer }) => customer.name === 'Nora Lund')?.id);
  await until('all of it', async () => (await api.history(chat)).length >= 21 && (await api.everyConversation()).length === 31);

  const pages: [string, string, boolean][] = [['sign-in', '/login', false], ['inbox', '/inbox/waiting', true], ['chat', `/c/${chat}`, true], ['widget', '/widget/try.html', false]];
  const rows: string[][] = [['page', 'as', ...CATEGORIES, RUNS > 1 ? `of ${RUNS} runs` : '', ...Object.values(MOMENTS), 'machine', 'audits below 90']];
  for (const [name, path, session] of pages.filter(([name]) => options.page?.includes(name) ?? true))
    for (const as of ['phone', 'desktop'].filter((as) => as === (options.as ?? as))) rows.push(await measure(name, server.url + path, session, as === 'desktop'));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd());
} finally {
  await server.stop();
  await sim.stop();
}

// A real S3 server for a test: OpenStack Swift with its s3api, as Debian packages it, on loopback, with ports and a folder
// of its own. A door in front of it (a TCP proxy) makes the faults: closed, slow, cut off, answering 5xx.
//
// What differs from Amazon's service: a request without x-amz-content-sha256 gets 400; the access key holds a colon; a bucket's
// listing of parts is kept in a second container, BUCKET+segments.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect, type Server as TcpServer, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort, pause } from './server.ts';

const START_TIMEOUT_MS = 60_000;
const PYTHON = '/usr/bin/python3'; // Debian's own: another one in the PATH does not have Swift's modules
const CREDENTIALS = { access: 'test:tester', secret: 'testing', region: 'us-east-1' };

type Kind = 'account' | 'container' | 'object';

export class Swift {
  readonly folder: string;
  readonly port: number;
  private readonly children = new Map<string, ChildProcess>();
  private readonly ports: Record<Kind | 'memcached', number>;
  private log = '';

  private constructor(folder: string, port: number, ports: Record<Kind | 'memcached', number>) {
    this.folder = folder;
    this.port = port;
    this.ports = ports;
  }

  static async start(): Promise<Swift> {
    const ports = { account: await freePort(), container: await freePort(), object: await freePort(), memcached: await freePort() };
    const swift = new Swift(mkdtempSync(join(tmpdir(), 'switchboard-swift-')), await freePort(), ports);
    swift.configure();
    try {
      await swift.run();
    } catch (error) {
      await swift.stop();
      throw error;
    }
    return swift;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The settings of a server that stores in this bucket. */
  env(bucket: string, endpoint = this.url): Record<string, string> {
    return {
      STORAGE_BACKEND: 's3',
      S3_ENDPOINT: endpoint,
      S3_BUCKET: bucket,
      S3_ACCESS_KEY: CREDENTIALS.access,
      S3_SECRET_KEY: CREDENTIALS.secret,
      S3_REGION: CREDENTIALS.region,
    };
  }

  private configure(): void {
    const { folder, ports } = this;
    mkdirSync(join(folder, 'srv/d1'), { recursive: true });
    const user = userInfo().username;
    for (const kind of ['account', 'container', 'object'] as const) {
      const builder = join(folder, `${kind}.builder`);
      const ring = (...args: string[]): void => void execFileSync('swift-ring-builder', [builder, ...args], { stdio: 'ignore' });
      ring('create', '4', '1', '0');
      ring('add', '--region', '1', '--zone', '1', '--ip', '127.0.0.1', '--port', String(ports[kind]), '--device', 'd1', '--weight', '1');
      ring('rebalance');
      writeFileSync(
        join(folder, `${kind}.conf`),
        `[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = ${ports[kind]}\nworkers = 0\nmount_check = false\ndevices = ${folder}/srv\nuser = ${user}\nswift_dir = ${folder}\nlog_address = ${folder}/no-syslog\n` +
          `[pipeline:main]\npipeline = ${kind}-server\n[app:${kind}-server]\nuse = egg:swift#${kind}\n`,
      );
    }
    const filters = [
      `[filter:catch_errors]\nuse = egg:swift#catch_errors`,
      `[filter:gatekeeper]\nuse = egg:swift#gatekeeper`,
      `[filter:proxy-logging]\nuse = egg:swift#proxy_logging`,
      `[filter:cache]\nuse = egg:swift#memcache\nmemcache_servers = 127.0.0.1:${ports.memcached}`,
      `[filter:s3api]\nuse = egg:swift#s3api\ns3_acl = false\nlocation = ${CREDENTIALS.region}\nmin_segment_size = 5242880`,
      `[filter:tempauth]\nuse = egg:swift#tempauth\nuser_test_tester = ${CREDENTIALS.secret} .admin`,
      `[filter:slo]\nuse = egg:swift#slo`,
    ];
    writeFileSync(
      join(folder, 'proxy.conf'),
      `[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = ${this.port}\nworkers = 0\nuser = ${user}\nswift_dir = ${folder}\nlog_address = ${folder}/no-syslog\n` +
        `[pipeline:main]\npipeline = catch_errors gatekeeper proxy-logging cache s3api tempauth slo proxy-logging proxy-server\n` +
        `[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\nconn_timeout = 5\nnode_timeout = 60\n${filters.join('\n')}\n`,
    );
  }

  private spawn(name: string, program: string, args: string[]): void {
    const child = spawn(program, args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (this.log = (this.log + text).slice(-20_000)));
    this.children.set(name, child);
  }

  /** Starts what does not run. */
  async run(): Promise<void> {
    if (!this.children.has('memcached')) {
      const root = userInfo().uid === 0 ? ['-u', 'root'] : [];
      this.spawn('memcached', 'memcached', ['-l', '127.0.0.1', '-p', String(this.ports.memcached), '-m', '16', ...root]);
    }
    for (const kind of ['account', 'container', 'object', 'proxy'])
      if (!this.children.has(kind)) this.spawn(kind, PYTHON, [`/usr/bin/swift-${kind}-server`, join(this.folder, `${kind}.conf`)]);
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadline) {
      const answer = await this.request('GET', '/').catch(() => undefined);
      if (answer?.status === 200) return;
      await pause(100);
    }
    throw new Error(`Swift did not start:\n${this.log}`);
  }

  private async end(names: string[]): Promise<void> {
    for (const name of names) {
      const child = this.children.get(name);
      this.children.delete(name);
      if (!child || child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
  }

  /** Kills the server that speaks S3; what is stored stays. */
  async kill(): Promise<void> {
    await this.end(['proxy']);
  }

  async stop(): Promise<void> {
    await this.end([...this.children.keys()]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  // ---- a client for the test's own looks, signed by hand: independent of the code under test ----

  async request(method: string, path: string, query = '', body: Uint8Array = new Uint8Array()): Promise<Response> {
    const sha = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');
    const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const scope = `${time.slice(0, 8)}/${CREDENTIALS.region}/s3/aws4_request`;
    const headers = `host:127.0.0.1:${this.port}\nx-amz-content-sha256:${sha(body)}\nx-amz-date:${time}\n`;
    const signed = 'host;x-amz-content-sha256;x-amz-date';
    const canonical = `${method}\n${path}\n${query}\n${headers}\n${signed}\n${sha(body)}`;
    let key = mac(`AWS4${CREDENTIALS.secret}`, time.slice(0, 8));
    for (const part of [CREDENTIALS.region, 's3', 'aws4_request']) key = mac(key, part);
    const signature = createHmac('sha256', key).update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha(canonical)}`).digest('hex');
    return fetch(`${this.url}${path}${query ? `?${query}` : ''}`, {
      method,
      headers: {
        'x-amz-content-sha256': sha(body),
        'x-amz-date': time,
        authorization: `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.access}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
      },
      ...(body.length ? { body: Buffer.from(body) } : {}),
    });
  }

  async makeBucket(name: string): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const answer = await this.request('PUT', `/${name}`);
      const text = await answer.text();
      if (answer.status === 200) return;
      if (answer.status < 500 || Date.now() > deadline) throw new Error(`the bucket ${name} was not made: ${answer.status} ${text}`);
      await pause(200); // it says that before its parts know each other
    }
  }

  /** The names and sizes of a bucket's objects. */
  async objects(bucket: string): Promise<Map<string, number>> {
    const answer = await this.request('GET', `/${bucket}`);
    if (answer.status !== 200) throw new Error(`the bucket ${bucket} cannot be listed: ${answer.status}`);
    const found = new Map<string, number>();
    for (const m of (await answer.text()).matchAll(/<Key>([^<]*)<\/Key>.*?<Size>(\d+)<\/Size>/gs)) found.set(m[1]!, Number(m[2]));
    return found;
  }

  async object(bucket: string, key: string): Promise<Buffer | undefined> {
    const answer = await this.request('GET', `/${bucket}/${key}`);
    return answer.status === 200 ? Buffer.from(await answer.arrayBuffer()) : undefined;
  }

  /** Multipart uploads that were neither completed nor aborted. */
  async unfinished(bucket: string): Promise<number> {
    const answer = await this.request('GET', `/${bucket}`, 'uploads=');
    return ((await answer.text()).match(/<UploadId>/g) ?? []).length;
  }
}

export type Weather = 'open' | 'closed' | 'silent' | 'error' | 'cut' | { delayMs: number };

/** A TCP proxy before the S3 server. */
export class Door {
  port = 0;
  weather: Weather = 'open';
  /** Under `cut`: bytes of a response that still pass. */
  cutAfter = 1000;
  /** Under `cut`: bytes of a request that still pass; undefined: all. */
  cutRequestAfter: number | undefined;
  /** Called with each request's first line. */
  onRequest: ((line: string) => void) | undefined;
  readonly requests: string[] = [];
  private server: TcpServer | undefined;
  private readonly sockets = new Set<Socket>();

  static async open(to: number): Promise<Door> {
    const door = new Door();
    door.server = createServer((client) => door.accept(client, to));
    door.server.listen(0, '127.0.0.1');
    await once(door.server, 'listening');
    door.port = (door.server.address() as { port: number }).port;
    return door;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private accept(client: Socket, to: number): void {
    this.keep(client);
    if (this.weather === 'closed') {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(to, '127.0.0.1');
    this.keep(upstream);
    let passed = 0;
    let sent = 0;
    client.on('data', (data: Buffer) => {
      const line = /^(GET|PUT|POST|HEAD|DELETE) (\S+) HTTP/.exec(data.toString('latin1', 0, 400));
      if (line) {
        this.requests.push(`${line[1]} ${line[2]}`);
        this.onRequest?.(`${line[1]} ${line[2]}`);
        passed = sent = 0;
      }
      sent += data.length;
      if (this.weather === 'closed') client.resetAndDestroy();
      else if (this.weather === 'error') client.end('HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      else if (this.weather === 'cut' && this.cutRequestAfter !== undefined && sent > this.cutRequestAfter) {
        upstream.destroy();
        client.destroy();
      } else if (this.weather !== 'silent') upstream.write(data);
    });
    upstream.on('data', (data: Buffer) => {
      const weather = this.weather;
      if (weather === 'closed') client.resetAndDestroy();
      else if (weather === 'cut' && passed + data.length > this.cutAfter) {
        client.write(data.subarray(0, Math.max(0, this.cutAfter - passed)), () => client.destroy());
        upstream.destroy();
      } else if (typeof weather === 'object') setTimeout(() => client.write(data), weather.delayMs);
      else if (weather !== 'silent') client.write(data);
      passed += data.length;
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.end());
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
  }

  /** Also ends the open connections. */
  change(weather: Weather): void {
    this.weather = weather;
    if (weather === 'closed') for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server?.close();
    await Promise.resolve();
  }
}

// A proxy on loopback, SOCKS5 with a password or HTTP, that notes the hosts to which it was asked to connect.
import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface Proxy {
  port: number;
  /** "host:port", in order. */
  asked: string[];
  /** Closes the port and every connection. */
  stop(): Promise<void>;
}

async function listening(server: Server, asked: string[], sockets: Set<Socket>): Promise<Proxy> {
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port: (server.address() as AddressInfo).port, asked, stop };
}

/** Requests with an absolute address, as a client sends them for plain HTTP. */
export async function httpProxy(): Promise<Proxy> {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://none.invalid');
    asked.push(url.host);
    const onward = http.request(url, { method: request.method ?? 'GET', headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.on('error', () => onward.destroy());
    request.pipe(onward);
  });
  return listening(server, asked, new Set());
}

/** SOCKS5 (RFC 1928) with a user and a password (RFC 1929), the command CONNECT. */
export async function socksProxy(user: string, password: string): Promise<Proxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((from) => void serve(from).catch(() => from.destroy()));

  async function serve(from: Socket): Promise<void> {
    const reader = from[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    let rest = Buffer.alloc(0);
    const take = async (n: number): Promise<Buffer> => {
      while (rest.length < n) {
        const { value, done } = await reader.next();
        if (done) throw new Error('closed');
        rest = Buffer.concat([rest, value]);
      }
      const taken = rest.subarray(0, n);
      rest = rest.subarray(n);
      return taken;
    };
    const [, methods] = await take(2);
    const offered = await take(methods!);
    from.write(Buffer.from([5, offered.includes(2) ? 2 : 255]));
    const [, nameLength] = await take(2);
    const name = String(await take(nameLength!));
    const [secretLength] = await take(1);
    const secret = String(await take(secretLength!));
    const good = name === user && secret === password;
    from.write(Buffer.from([1, good ? 0 : 1]));
    if (!good) throw new Error('refused');
    const [, , , kind] = await take(4);
    const host = kind === 1 ? [...(await take(4))].join('.') : String(await take((await take(1))[0]!));
    const port = (await take(2)).readUInt16BE();
    asked.push(`${host}:${port}`);
    const to = connect(port, host);
    sockets.add(to);
    await once(to, 'connect');
    from.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
    to.on('error', () => from.destroy()).on('close', () => from.destroy()).pipe(from);
    if (rest.length) to.write(rest);
    for (;;) {
      const { value, done } = await reader.next();
      if (done) break;
      to.write(value);
    }
    to.end();
  }
  return listening(server, asked, sockets);
}

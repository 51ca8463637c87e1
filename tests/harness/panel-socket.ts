// A panel's socket that can stop reading, which the platform's WebSocket cannot: it implements the handshake and the frames
// itself.
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import type { ServerFrame } from '../../web/src/contract.ts';
import { until } from './server.ts';

export class PanelSocket {
  readonly frames: ServerFrame[] = [];
  /** The status and headers of the response to the handshake. */
  head = '';
  closed: { code: number; reason: string } | undefined;
  private bytes: Buffer = Buffer.alloc(0);
  private readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => (this.closed ??= { code: 1006, reason: '' }));
    socket.on('data', (piece: Buffer) => this.take(piece));
  }

  static async open(port: number, headers: Record<string, string>, path = '/ws'): Promise<PanelSocket> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const panel = new PanelSocket(socket);
    const lines = { Host: `127.0.0.1:${port}`, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==', ...headers };
    socket.write(`GET ${path} HTTP/1.1\r\n${Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    await until('the handshake is answered', () => panel.head || panel.closed);
    return panel;
  }

  /** Stops reading until it is resumed, so its window fills. */
  pause = (): void => void this.socket.pause();
  goOn = (): void => void this.socket.resume();
  end = (): void => void this.socket.destroy();

  /** A text below 126 bytes. */
  say(frame: unknown): void {
    const text = Buffer.from(JSON.stringify(frame));
    this.socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
  }

  next = <T extends ServerFrame['type']>(type: T, timeoutMs = 30_000): Promise<Extract<ServerFrame, { type: T }>> =>
    until(`a frame ${type}`, () => this.frames.find((frame) => frame.type === type) as Extract<ServerFrame, { type: T }> | undefined, timeoutMs);

  /** The seqs of the durable events, in order of arrival. */
  get seqs(): number[] {
    return this.frames.flatMap((frame) => ('seq' in frame ? [frame.seq] : []));
  }

  private take(piece: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, piece]);
    if (!this.head) {
      const end = this.bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.head = this.bytes.subarray(0, end).toString('latin1');
      this.bytes = this.bytes.subarray(end + 4);
    }
    for (let length = this.frameLength(); length && this.bytes.length >= length[0]! + length[1]!; length = this.frameLength()) {
      const [head, size] = length as [number, number];
      this.hear(this.bytes[0]! & 15, this.bytes.subarray(head, head + size));
      this.bytes = this.bytes.subarray(head + size);
    }
  }

  /** The lengths of the next frame's head and of its payload. */
  private frameLength(): number[] | undefined {
    const { bytes } = this;
    const short = bytes.length > 1 ? bytes[1]! & 127 : 0;
    if (bytes.length < 2 || (short === 126 && bytes.length < 4) || (short === 127 && bytes.length < 10)) return undefined;
    return short === 127 ? [10, Number(bytes.readBigUInt64BE(2))] : short === 126 ? [4, bytes.readUInt16BE(2)] : [2, short];
  }

  private hear(opcode: number, payload: Buffer): void {
    if (opcode === 1) this.frames.push(JSON.parse(payload.toString()) as ServerFrame);
    if (opcode === 8) this.closed = { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
    if (opcode === 9) this.socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
  }
}

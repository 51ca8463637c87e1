// One misbehaving connection: it sends part of its bytes in pieces, and then resets, closes, half-closes, or stays silent.
import { connect, type Socket } from 'node:net';
import type { Random } from './random.ts';

/** 'deaf' never reads; 'stay' is kept open until all others have ended. */
export type Ending = 'reset' | 'close' | 'half-close' | 'answer, then reset' | 'deaf' | 'stay';

const ANSWER_WAIT_MS = 1500;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const moment = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function pickEnding(random: Random): Ending {
  return random.pick(['reset', 'reset', 'reset', 'reset', 'close', 'half-close', 'answer, then reset', 'deaf', 'stay'] as const);
}

/** Where the bytes end: often at the very end, when the request is complete and the response has not come. */
function cut(bytes: Buffer, random: Random): Buffer {
  if (random.chance(0.5)) return bytes;
  const headEnd = bytes.indexOf('\r\n\r\n') + 4;
  return bytes.subarray(0, random.chance(0.2) ? random.below(headEnd + 1) : random.below(bytes.length + 1));
}

async function send(socket: Socket, bytes: Buffer, random: Random): Promise<void> {
  const pieces = random.chance(0.5) ? 1 : 1 + random.below(5);
  for (let i = 0, at = 0; i < pieces && !socket.destroyed; i++) {
    const end = i === pieces - 1 ? bytes.length : Math.min(bytes.length, at + random.below(bytes.length + 1));
    socket.write(bytes.subarray(at, end));
    at = end;
    if (i < pieces - 1) await (random.chance(0.7) ? turn() : moment(random.below(4)));
  }
}

/** Waits for the first byte of the response, the end of the connection, or a short time. */
function answered(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ANSWER_WAIT_MS);
    for (const event of ['data', 'end', 'close'] as const) socket.once(event, () => (clearTimeout(timer), resolve()));
  });
}

/** Runs one connection. One that stays is passed to `kept`. */
export async function act(port: number, host: string, whole: Buffer, ending: Ending, random: Random, kept: (socket: Socket) => void): Promise<void> {
  const socket = connect({ port, host, allowHalfOpen: true });
  socket.on('error', () => undefined); /* the server may close first */
  const opened = new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('close', () => resolve(false));
  });
  if (!(await opened)) return;
  if (ending === 'deaf') socket.pause();
  else if (ending !== 'answer, then reset') socket.resume();
  await send(socket, cut(whole, random), random);
  switch (ending) {
    case 'reset':
      for (let turns = random.below(4); turns > 0; turns--) await turn();
      if (random.chance(0.4)) await moment(random.below(6));
      socket.resetAndDestroy();
      return;
    case 'close':
      socket.destroy();
      return;
    case 'half-close':
      socket.end();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ANSWER_WAIT_MS);
        socket.once('close', () => (clearTimeout(timer), resolve()));
        socket.once('end', () => (clearTimeout(timer), resolve()));
      });
      socket.destroy();
      return;
    case 'answer, then reset':
      await answered(socket);
      socket.resetAndDestroy();
      return;
    case 'deaf':
      await moment(random.below(30));
      if (random.chance(0.7)) socket.resetAndDestroy();
      else kept(socket);
      return;
    case 'stay':
      kept(socket);
  }
}

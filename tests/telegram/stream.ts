// Server-sent events for the page: everything that changes a screen.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { World } from './world.ts';

/** A page that does not read is disconnected. */
const MAX_BUFFERED = 4 << 20;

export function streamEvents(world: World, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': the simulator\n\n');
  const stop = world.listen((event) => {
    if (response.writableLength > MAX_BUFFERED) response.destroy();
    else response.write(`data: ${JSON.stringify(event)}\n\n`);
  });
  const beat = setInterval(() => response.write(': still here\n\n'), 20_000);
  request.on('close', () => {
    clearInterval(beat);
    stop();
  });
}

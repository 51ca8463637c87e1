// The Telegram Bot API simulator: a stand-in for api.telegram.org and for the customers, on loopback.
//
//   node tests/telegram/simulator.ts --port N [--host 127.0.0.1] [--token 123456:TEST ...] [--strict] [--limits]
//                                    [--local] [--demo] [--spec path]
//
// Prints one line when it is ready, and ends cleanly on SIGTERM or SIGINT. It needs only Node.
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { makeServer } from './server.ts';
import { World } from './world.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8081' },
    host: { type: 'string', default: '127.0.0.1' },
    token: { type: 'string', multiple: true },
    strict: { type: 'boolean', default: false },
    limits: { type: 'boolean', default: false },
    local: { type: 'boolean', default: false },
    demo: { type: 'boolean', default: false },
    spec: { type: 'string' },
  },
});

const world = new World({ strict: values.strict, local_server: values.local }, values.spec);
for (const token of values.token ?? ['123456:TEST']) world.addBot(token);
if (values.limits) world.limits.configure({ enabled: true });

const server = makeServer(world);
server.listen(Number(values.port), values.host, () => {
  const { address, port, family } = server.address() as AddressInfo;
  console.log(`telegram-simulator listening on http://${family === 'IPv6' ? `[${address}]` : address}:${port}`);
  if (values.demo) void import('./demo.ts').then(({ startDemo }) => startDemo(world));
});
server.on('error', (error) => {
  console.error(`telegram-simulator: ${error.message}`);
  process.exit(1);
});

function stop(): void {
  for (const bot of world.bots.values()) bot.reset();
  server.close(() => process.exit(0));
  server.closeAllConnections();
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

// The same rooms as switchboard-conformance's namespace /rooms, served by the npm package socket.io: the baseline of
// scripts/bench-socketio.sh. The package is found among the tests' dependencies: node-server.mjs PATH_OF_TESTS
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const { Server } = createRequire(resolve(process.argv[2], 'package.json'))('socket.io');
const server = createServer();
const rooms = new Server(server, { pingInterval: 60000, pingTimeout: 60000, transports: ['websocket'] }).of('/rooms');
rooms.on('connection', (socket) => {
  socket.on('join', (room, done) => {
    socket.join(room);
    done?.('ok');
  });
  socket.on('say', (room, value) => rooms.to(room).emit('said', value));
  socket.on('burst', (prefix, count, value) => {
    for (let i = 0; i < count; i++) rooms.to(prefix + i).emit('said', value);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));

// The far side of the benchmarks, in a process of its own: the emulator, TCP destinations, and the floor.
// argv[2]: options for the emulator as JSON. Prints one line of JSON when ready, and stays until its stdin ends.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { startSsmEmulator } from '@hawser/emulators/ssm';
import { WebSocketServer } from 'ws';

const emulator = await startSsmEmulator(JSON.parse(process.argv[2] ?? '{}'));

/** Reads `bytes` (8 bytes, big-endian, then the data) and answers one byte. */
const sink = await listening((socket) => {
  let missing;
  socket.on('data', (chunk) => {
    if (missing === undefined) {
      missing = Number(chunk.readBigUInt64BE());
      missing += 8;
    }
    missing -= chunk.length;
    if (missing === 0) socket.write('k');
  });
});
/** Reads a length and sends that many bytes. */
const source = await listening((socket) => {
  socket.once('data', (chunk) => {
    let missing = Number(chunk.readBigUInt64BE());
    const block = Buffer.alloc(64 * 1024, 0x61);
    const more = () => {
      while (missing > 0) {
        const next = missing >= block.length ? block : block.subarray(0, missing);
        missing -= next.length;
        if (!socket.write(next)) {
          socket.once('drain', more);
          return;
        }
      }
    };
    more();
  });
});
const echo = await listening((socket) => socket.setNoDelay(true).pipe(socket));

/** What no implementation can do without: a websocket frame each way and a digest at each end. */
const floor = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
await once(floor, 'listening');
floor.on('connection', (socket, request) => {
  const url = new URL(request.url, 'http://localhost');
  const size = Number(url.searchParams.get('size'));
  if (url.pathname === '/upload') {
    socket.on('message', (frame) => {
      createHash('sha256').update(frame).digest();
      socket.send(Buffer.alloc(296));
    });
    return;
  }
  let missing = Number(url.searchParams.get('bytes'));
  const block = Buffer.alloc(size, 0x61);
  const pump = () => {
    while (missing > 0 && socket.bufferedAmount < 1 << 20) {
      createHash('sha256').update(block).digest();
      socket.send(block);
      missing -= size;
    }
    if (missing > 0) setImmediate(pump);
  };
  socket.on('message', () => {});
  pump();
});

process.stdout.write(
  `${JSON.stringify({ endpoint: emulator.endpoint, region: emulator.region, env: emulator.env, sink, source, echo, floor: floor.address().port })}\n`,
);
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));

async function listening(onConnection) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

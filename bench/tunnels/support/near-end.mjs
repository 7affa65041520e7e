// Moves bytes through a port, and prints how many MiB a second that were: PORT d|u MIB
import { connect } from 'node:net';

const [port, kind, mib] = process.argv.slice(2);
const socket = connect(Number(port), '127.0.0.1');
const head = Buffer.alloc(5);
head[0] = kind.charCodeAt(0);
head.writeUInt32BE(Number(mib), 1);
let received = 0;
let started = performance.now();
socket.on('connect', () => {
  started = performance.now();
  socket.write(head);
  if (kind === 'u') send();
});
socket.on('data', (part) => (received += part.length));
socket.on('error', (error) => {
  console.error(error);
  process.exit(1);
});
socket.on('end', () => {
  if (received !== (kind === 'u' ? 1 : Number(mib) * 2 ** 20)) throw new Error(`${received} bytes came`);
  console.log(JSON.stringify({ mibPerSecond: Number(mib) / ((performance.now() - started) / 1000) }));
  socket.destroy();
});

function send() {
  const chunk = Buffer.alloc(256 * 1024, 7);
  let left = Number(mib) * 2 ** 20;
  const go = () => {
    while (left > 0) {
      const size = Math.min(left, chunk.length);
      left -= size;
      if (!socket.write(chunk.subarray(0, size))) {
        socket.once('drain', go);
        return;
      }
    }
  };
  go();
}

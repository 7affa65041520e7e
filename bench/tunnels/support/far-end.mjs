// With `greets` it says a word to whoever connects. Else:
// a server that sends as many MiB as it is asked for ('d'), takes as many ('u'), or says what it hears ('e').
import { createServer } from 'node:net';

const chunk = Buffer.alloc(256 * 1024, 7);

const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  if (process.argv.includes('greets')) socket.write('hello\n');
  socket.once('data', (first) => {
    const kind = String.fromCharCode(first[0]);
    if (kind === 'e') {
      socket.write(first);
      socket.pipe(socket);
      return;
    }
    const bytes = first.readUInt32BE(1) * 2 ** 20;
    if (kind === 'd') send(socket, bytes);
    else take(socket, bytes - (first.length - 5));
  });
}).listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));

function send(socket, bytes) {
  let left = bytes;
  const go = () => {
    while (left > 0) {
      const size = Math.min(left, chunk.length);
      left -= size;
      if (!socket.write(chunk.subarray(0, size))) {
        socket.once('drain', go);
        return;
      }
    }
    socket.end();
  };
  go();
}

function take(socket, bytes) {
  let left = bytes;
  socket.on('data', (part) => {
    left -= part.length;
    if (left <= 0) socket.end('!');
  });
}

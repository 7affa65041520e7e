// The far end of a test's link: the first line of each connection names the target, the rest is carried there and back.
import { connect, createServer } from 'node:net';
import { Transform } from 'node:stream';

/** Puts a length before each piece, and an empty piece behind the last. */
function frames() {
  const length = (bytes) => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(bytes);
    return head;
  };
  return new Transform({
    transform: (chunk, _encoding, done) => done(null, Buffer.concat([length(chunk.length), chunk])),
    flush: (done) => done(null, length(0)),
  });
}

const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
  client.on('error', () => client.destroy());
  let head = Buffer.alloc(0);
  const read = (chunk) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf(10);
    if (end === -1) return;
    client.off('data', read);
    client.pause();
    const far = connect({ ...JSON.parse(head.subarray(0, end).toString()), allowHalfOpen: true });
    // Without the last frame, so that a broken target does not look like a finished one.
    far.on('error', () => client.destroy());
    client.on('close', () => far.destroy());
    far.write(head.subarray(end + 1));
    client.pipe(far);
    far.pipe(frames()).pipe(client);
  };
  client.on('data', read);
  client.resume();
});
server.listen(process.argv[2], () => process.stdout.write('up\n'));

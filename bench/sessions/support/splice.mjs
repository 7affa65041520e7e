// The floor of anything between: takes connections and pipes them to a port, both ways: node splice.mjs PORT
import { connect, createServer } from 'node:net';

const server = createServer((near) => {
  const far = connect({ host: '127.0.0.1', port: Number(process.argv[2]), noDelay: true });
  near.setNoDelay(true);
  near.pipe(far).pipe(near);
  for (const end of [near, far]) end.on('error', () => (near.destroy(), far.destroy()));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
process.stdin.resume().once('end', () => process.exit());

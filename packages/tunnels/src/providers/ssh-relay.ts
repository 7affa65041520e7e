import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import { LinkError, type LinkFailure } from '../link/failure.js';
import type { HostTarget } from '../spec.js';
import { shellWord } from './ssh-argv.js';

/** Connects to the socket it is told, says where to in one line, and then is a pipe. */
const program = `
const [path, host, port] = process.argv.slice(1);
const socket = require('node:net').connect({ path, allowHalfOpen: true });
const leave = () => process.exit();
socket.on('error', leave).on('close', leave).on('end', () => process.stdout.write('', leave));
process.stdout.on('error', leave);
socket.write(JSON.stringify([host, Number(port)]) + '\\n');
process.stdin.pipe(socket).pipe(process.stdout);
`
  .trim()
  .replaceAll('\n', ' ');

/** The longest line that can say where to: a name has at most 255 characters. */
const LONGEST_LINE = 512;

/** A way for an ssh process to reach its first host through another link. */
export interface Relay extends AsyncDisposable {
  /** For `-o ProxyCommand=`; ssh fills in host and port as its own configuration says. */
  readonly proxyCommand: string;
  /** Why the other link did not reach the host, if it did not. */
  failure(): LinkFailure | undefined;
}

/**
 * Listens on a socket of its own in a folder of mode 0700, so that nobody else can use the way: a port on loopback would
 * be open to every user of the machine. Between ssh and the socket stands a small Node process, because no program that
 * speaks to unix sockets is found on every machine.
 */
export async function startRelay(directory: string, dial: (target: HostTarget) => Promise<Duplex>): Promise<Relay> {
  const path = `${directory}/r`;
  const open = new Set<Duplex>();
  let failure: LinkFailure | undefined;
  const carry = async (socket: Socket): Promise<void> => {
    const { target, rest } = await readLine(socket);
    const far = await dial(target);
    open.add(far);
    far.on('error', () => undefined).once('close', () => open.delete(far));
    if (rest.length > 0) far.write(rest);
    pipeline(socket, far, () => undefined);
    pipeline(far, socket, () => undefined);
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    open.add(socket);
    socket.on('error', () => undefined).once('close', () => open.delete(socket));
    carry(socket).catch((error: unknown) => {
      failure = error instanceof LinkError ? error.failure : undefined;
      socket.destroy();
    });
  });
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o600);
  return {
    proxyCommand: [
      ...[process.execPath, '-e', program, path].map((word) => shellWord(word).replaceAll('%', '%%')),
      '%h',
      '%p',
    ].join(' '),
    failure: () => failure,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const stream of open) stream.destroy();
    },
  };
}

async function readLine(socket: Socket): Promise<{ readonly target: HostTarget; readonly rest: Buffer }> {
  let said: Buffer = Buffer.alloc(0);
  for (;;) {
    const part = socket.read() as Buffer | null;
    if (part === null) {
      if (socket.readableEnded || socket.destroyed) throw new Error('The relay ended without a word.');
      await Promise.race([once(socket, 'readable'), once(socket, 'close')]);
      continue;
    }
    said = Buffer.concat([said, part]);
    const end = said.indexOf(0x0a);
    if (end < 0 && said.length > LONGEST_LINE) throw new Error('The relay did not say where to.');
    if (end < 0) continue;
    const [host, port] = JSON.parse(said.subarray(0, end).toString()) as [string, number];
    return { target: { host, port }, rest: said.subarray(end + 1) };
  }
}

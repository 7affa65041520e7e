// Links with a real child process that carries the connections: it relays what comes to a unix socket. Killing it cuts
// the link, as killing ssh does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { identifyProcess } from '@hawser/state-store/process';
import { LinkError } from '@hawser/tunnels';

const relay = fileURLToPath(new URL('./relay.mjs', import.meta.url));

export const childProvider = {
  kind: 'ssh-bastion',
  describe: (via) => ({ commands: [[process.execPath, relay]], summary: via.host }),
  async open(via, { runtimeDirectory, signal, onChild, onDebug }) {
    const refusal = refusalOf(via.host);
    if (refusal) throw new LinkError(refusal);
    const socket = join(runtimeDirectory, 'relay');
    const child = spawn(process.execPath, [relay, socket], { stdio: ['pipe', 'pipe', 'ignore'] });
    const exited = once(child, 'exit');
    const stop = () => child.kill('SIGKILL');
    signal.addEventListener('abort', stop);
    try {
      const identity = await identifyProcess(child.pid);
      await onChild({ identity, program: process.execPath });
      await Promise.race([
        once(child.stdout, 'data'),
        exited.then(() => {
          throw new LinkError(closed('the relay ended'));
        }),
      ]);
    } catch (error) {
      stop();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
    onDebug(`relay ${child.pid} is up`);
    let isClosed = false;
    const close = async () => {
      isClosed = true;
      child.kill('SIGKILL');
      await exited;
    };
    return {
      pids: [child.pid],
      ended: exited.then(() => (isClosed ? undefined : { ...closed('the relay was killed'), cause: 'killed' })),
      check: async () => {
        if (child.exitCode !== null || child.signalCode !== null) throw new LinkError(closed('the relay is gone'));
      },
      close,
      [Symbol.asyncDispose]: close,
      async dial(target, { signal: within } = {}) {
        const connection = connect({ path: socket, allowHalfOpen: true });
        try {
          await once(connection, 'connect', { signal: within });
        } catch (error) {
          connection.destroy();
          throw new LinkError(closed(String(error)));
        }
        connection.write(`${JSON.stringify(target)}\n`);
        return new Carried(connection);
      },
    };
  },
};

/** A connection through the relay. What comes is in frames, an empty one is the end: a killed relay ends nothing. */
class Carried extends Duplex {
  #socket;
  #bytes = Buffer.alloc(0);
  #ended = false;

  constructor(socket) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#unpack();
    });
    socket.on('error', (error) => this.destroy(error));
    socket.on('end', () => this.#ended || this.destroy(new Error('the relay is gone')));
    socket.on('close', () => this.destroy(this.#ended ? undefined : new Error('the relay is gone')));
  }

  #unpack() {
    while (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readUInt32BE(0)) {
      const end = 4 + this.#bytes.readUInt32BE(0);
      this.#ended ||= end === 4;
      if (!this.push(end === 4 ? null : this.#bytes.subarray(4, end))) this.#socket.pause();
      this.#bytes = this.#bytes.subarray(end);
    }
  }

  _read() {
    this.#socket.resume();
  }

  _write(chunk, _encoding, done) {
    this.#socket.write(chunk, done);
  }

  _final(done) {
    this.#socket.end(done);
  }

  _destroy(error, done) {
    this.#socket.destroy();
    done(error);
  }
}

/** The host may be a folder: what lies in it decides. */
function refusalOf(folder) {
  if (existsSync(join(folder, 'down'))) return closed('the way is closed');
  const failed = { message: 'refused for the test', hint: 'mend it', permanent: true };
  if (existsSync(join(folder, 'needs-auth'))) {
    return { ...failed, cause: 'credentials', authCommand: 'log in', watch: join(folder, 'token') };
  }
  return existsSync(join(folder, 'denied')) ? { ...failed, cause: 'access-denied' } : undefined;
}

function closed(message) {
  return { cause: 'closed', message, hint: 'It is made anew by itself.', permanent: false };
}

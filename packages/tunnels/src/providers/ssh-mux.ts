import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LinkError, type LinkFailure } from '../link/failure.js';
import { targetText } from '../target-text.js';
import type { Target } from '../spec.js';
import { PACKET_BYTES, SshChannel, WINDOW_BYTES, type PacketSink } from './ssh-channel.js';
import { openRefused } from './ssh-stderr.js';
import { Fields, MUX_VERSION, Mux, PacketReader, Ssh, encodeMux, encodePacket } from './ssh-wire.js';

/** No target has this type, so every server answers it with a refusal (RFC 4254 §5.1), and does nothing else. */
const NO_SUCH_CHANNEL = 'ping@hawser';

/** A channel that is asked for. */
interface Opening {
  readonly confirmed: (confirmation: Fields) => SshChannel | undefined;
  readonly refused: (reason: number, text: string) => void;
  readonly lost: (error: Error) => void;
}

/**
 * Channels of an OpenSSH master, opened over its control socket.
 *
 * The socket is put into proxy mode (OpenSSH `PROTOCOL.mux` §8, since 7.4): from then on it carries packets of the
 * connection protocol, which ssh only renumbers, encrypts and sends. So a refusal arrives with its reason, windows are
 * ours to keep from end to end, and there is no listener between.
 */
export class SshMux implements PacketSink {
  /** Process of the master. */
  readonly masterPid: number;
  /** Settles when the socket is closed, by whomever. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #reader: PacketReader;
  readonly #opening = new Map<number, Opening>();
  readonly #channels = new Map<number, SshChannel>();
  #waitingForDrain: (() => void)[] = [];
  #nextId = 0;
  #isClosed = false;

  private constructor(socket: Socket, masterPid: number, rest: Buffer) {
    this.#socket = socket;
    this.masterPid = masterPid;
    this.#reader = new PacketReader({
      packet: (type, body) => this.#packet(type, new Fields(body)),
      data: (channel, bytes) => this.#channels.get(channel)?.receive(bytes),
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#lose();
        resolve();
      });
    });
    socket.on('drain', () => this.#drain());
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    this.#receive(rest);
  }

  /**
   * Connects to a master that is authenticated.
   *
   * @throws Error when nobody listens, or who listens does not speak the protocol
   */
  static async connect(path: string, signal: AbortSignal): Promise<SshMux> {
    const socket = connect({ path, signal });
    // Whatever goes wrong with it also closes it.
    socket.on('error', () => undefined);
    try {
      const greeting = new Greeting(socket);
      socket.write(encodeMux(Mux.hello, MUX_VERSION));
      await greeting.answer(Mux.hello);
      socket.write(encodeMux(Mux.aliveCheck, 0));
      const alive = await greeting.answer(Mux.alive);
      alive.word();
      const pid = alive.word();
      socket.write(encodeMux(Mux.proxy, 1));
      await greeting.answer(Mux.proxied);
      return new SshMux(socket, pid, greeting.stop());
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** Asks a master to end; settles once it has answered or closed the socket. */
  static async terminate(path: string, signal: AbortSignal): Promise<void> {
    const socket = connect({ path, signal });
    socket.on('error', () => undefined);
    try {
      const greeting = new Greeting(socket);
      socket.write(Buffer.concat([encodeMux(Mux.hello, MUX_VERSION), encodeMux(Mux.terminate, 0)]));
      await greeting.answer(Mux.hello);
      await greeting.answer(Mux.ok);
    } catch {
      // It is not there any more.
    } finally {
      socket.destroy();
    }
  }

  /**
   * Opens a connection to a target.
   *
   * @throws LinkError when the far end refuses, or the link is lost meanwhile
   */
  async dial(target: Target, signal?: AbortSignal): Promise<Duplex> {
    // As OpenSSH does for `-W`, where nobody connected to a port either (`mux.c`): loopback and the last port.
    const fields =
      'path' in target
        ? { type: 'direct-streamlocal@openssh.com', where: [target.path, '', 0] }
        : { type: 'direct-tcpip', where: [target.host, target.port, '127.0.0.1', 65_535] };
    return await new Promise<Duplex>((resolve, reject) => {
      const abandon = (): void => reject(signal?.reason as Error);
      signal?.addEventListener('abort', abandon, { once: true });
      const settled = (): void => signal?.removeEventListener('abort', abandon);
      this.#open(fields.type, fields.where, {
        confirmed: (confirmation) => {
          settled();
          const channel = new SshChannel(this, confirmation, () => this.#channels.delete(id));
          if (signal?.aborted) channel.destroy();
          else resolve(channel);
          return channel;
        },
        refused: (reason, text) => {
          settled();
          reject(new LinkError(openRefused(targetText(target), reason, text)));
        },
        lost: (error) => {
          settled();
          reject(error);
        },
      });
      const id = this.#nextId - 1;
      if (signal?.aborted) abandon();
    });
  }

  /** Settles once the server has answered. Rejects when the socket closes before, or the signal aborts. */
  async roundTrip(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const abandon = (): void => reject(signal.reason as Error);
      if (signal.aborted) return abandon();
      signal.addEventListener('abort', abandon, { once: true });
      const answered = (): void => {
        signal.removeEventListener('abort', abandon);
        resolve();
      };
      this.#open(NO_SUCH_CHANNEL, [], {
        confirmed: (confirmation) => {
          answered();
          new SshChannel(this, confirmation, () => undefined).destroy();
          return undefined;
        },
        refused: answered,
        lost: (error) => {
          signal.removeEventListener('abort', abandon);
          reject(error);
        },
      });
    });
  }

  send(...parts: readonly Buffer[]): boolean {
    if (this.#isClosed) return true;
    this.#socket.cork();
    let more = true;
    for (const part of parts) more = this.#socket.write(part);
    this.#socket.uncork();
    return more;
  }

  drained(then: () => void): void {
    this.#waitingForDrain.push(then);
  }

  close(): void {
    this.#socket.destroy();
  }

  #open(type: string, where: readonly (string | number)[], opening: Opening): void {
    if (this.#isClosed) return opening.lost(lostError());
    const id = this.#nextId++;
    this.#opening.set(id, opening);
    this.send(encodePacket(Ssh.open, type, id, WINDOW_BYTES, PACKET_BYTES, ...where));
  }

  #receive(bytes: Buffer): void {
    try {
      this.#reader.push(bytes);
    } catch {
      this.#socket.destroy();
    }
  }

  #packet(type: number, fields: Fields): void {
    if (type === Ssh.globalRequest) {
      fields.text();
      if (fields.flag()) this.send(encodePacket(Ssh.requestFailure));
      return;
    }
    const id = fields.word();
    const opening = this.#opening.get(id);
    if (!opening) return this.#channels.get(id)?.handle(type, fields);
    if (type !== Ssh.openConfirmation && type !== Ssh.openFailure) return;
    this.#opening.delete(id);
    if (type === Ssh.openFailure) return opening.refused(fields.word(), fields.text());
    const channel = opening.confirmed(fields);
    if (channel) this.#channels.set(id, channel);
  }

  #drain(): void {
    const waiting = this.#waitingForDrain;
    this.#waitingForDrain = [];
    for (const then of waiting) then();
  }

  #lose(): void {
    this.#isClosed = true;
    const error = lostError();
    for (const opening of this.#opening.values()) opening.lost(error);
    for (const channel of this.#channels.values()) channel.lose(error);
    this.#opening.clear();
    this.#channels.clear();
    this.#drain();
  }
}

function lostError(): LinkError {
  const failure: LinkFailure = {
    cause: 'closed',
    message: 'The ssh connection was lost.',
    hint: 'It is made again; if it keeps happening, hawser net doctor says which step of the way fails.',
    permanent: false,
  };
  return Object.assign(new LinkError(failure), { code: 'ECONNRESET' });
}

/** The control messages that come before proxying. */
class Greeting {
  readonly #socket: Socket;
  #kept: Buffer = Buffer.alloc(0);
  #check: () => void = () => undefined;
  readonly #receive = (bytes: Buffer): void => {
    this.#kept = Buffer.concat([this.#kept, bytes]);
    this.#check();
  };

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#receive);
  }

  /** The fields of the next message, which must be of this type. */
  async answer(type: number): Promise<Fields> {
    return await new Promise<Fields>((resolve, reject) => {
      const end = (): void => reject(new Error('The control socket was closed.'));
      if (this.#socket.destroyed) return end();
      this.#socket.once('close', end);
      this.#check = () => {
        if (this.#kept.length < 4 || this.#kept.length < 4 + this.#kept.readUInt32BE(0)) return;
        const message = this.#kept.subarray(4, 4 + this.#kept.readUInt32BE(0));
        this.#kept = this.#kept.subarray(4 + message.length);
        this.#check = () => undefined;
        this.#socket.off('close', end);
        const fields = new Fields(message);
        const got = fields.word();
        if (got === type) resolve(fields);
        else reject(new Error(`The control socket answered with message ${got}, not ${type}.`));
      };
      this.#check();
    });
  }

  /** What was read already of what comes next. */
  stop(): Buffer {
    this.#socket.off('data', this.#receive);
    return this.#kept;
  }
}

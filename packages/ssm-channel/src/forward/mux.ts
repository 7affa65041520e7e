import { agentNeedsNoKeepAlive } from '../codec/index.js';
import { SsmChannelError } from '../errors.js';
import type { DataChannel } from '../session/session-type.js';
import { type Mux, type MuxWish, createMux } from '../smux/index.js';
import { Command, encodeFrame } from '../smux/frame.js';
import { nowMs } from '../transport/clock.js';
import type { ServedLane } from './lane.js';
import type { NearEnd } from './near-end.js';

/** smux keep-alive of agents up to 3.1.1511.0, which drop a connection that is silent for 30 s. */
const KEEP_ALIVE_MS = 10_000;
/**
 * The agent takes a FIN as the end of both directions, so a local program that has said all it wanted
 * to say, and now listens, would lose the answer. Its FIN waits until the answer paused for this long.
 */
const HALF_CLOSE_GRACE_MS = 1_000;

/** Many local connections over one session: a smux version 1 client on the data of a Port session. */
export function serveMux(channel: DataChannel): ServedLane {
  const keepAlive = agentNeedsNoKeepAlive(channel.facts.agentVersion) ? {} : { keepAliveMs: KEEP_ALIVE_MS };
  const mux = createMux({ role: 'client', ...keepAlive });
  const streams = new Map<number, LocalStream>();
  let timer: NodeJS.Timeout | undefined;
  let channelTakes = true;
  let held = false;
  let owed = 0;
  let refusals = 0;
  let pumpQueued = false;
  let open = true;

  // The flag does not say which stream it is about; the one that ends next without a byte is it.
  channel.on('connect-error', () => refusals++);

  // One turn of sockets becomes one run of frames, so that streams take turns frame by frame.
  const schedulePump = (): void => {
    if (pumpQueued) return;
    pumpQueued = true;
    process.nextTick(() => {
      pumpQueued = false;
      pump();
    });
  };

  function pump(): void {
    while (channelTakes) {
      const frame = mux.next();
      if (frame === undefined) break;
      channelTakes = channel.write(frame);
    }
    for (const wish of mux.take()) fulfil(wish);
  }

  function fulfil(wish: MuxWish): void {
    switch (wish.do) {
      case 'data':
        streams.get(wish.id)?.deliver(wish.bytes);
        break;
      case 'fin':
        streams.get(wish.id)?.finished(refusals > 0 ? () => refusals-- : undefined);
        break;
      case 'drain':
        streams.get(wish.id)?.drain();
        break;
      case 'hold':
        held = true;
        break;
      case 'release':
        held = false;
        channel.delivered(owed);
        owed = 0;
        break;
      case 'wake':
        clearTimeout(timer);
        timer = setTimeout(
          () => {
            mux.tick(nowMs());
            pump();
          },
          Math.max(1, wish.atMs - nowMs()),
        );
        break;
      case 'open':
        // The agent never opens streams: nobody here listens for them.
        mux.close(wish.id);
        schedulePump();
        break;
      case 'end':
        channel.emit('debug', `the multiplexed connection ended: ${wish.reason}`);
        dropAll(new SsmChannelError('HAWSER_SSM_PROTOCOL', `The multiplexed connection broke: ${wish.reason}`));
        void channel.terminate();
        break;
    }
  }

  function dropAll(error?: Error): void {
    open = false;
    clearTimeout(timer);
    for (const stream of streams.values()) stream.drop(error);
    streams.clear();
  }

  return {
    served: {
      channel,
      mode: 'mux',
      get open() {
        return open;
      },
      get active() {
        return streams.size;
      },
      carry(socket) {
        const id = open ? mux.open(nowMs()) : 0;
        if (id === 0) {
          socket.resetAndDestroy();
          return;
        }
        streams.set(id, new LocalStream(id, socket, mux, schedulePump, () => streams.delete(id)));
        schedulePump();
      },
      ask() {
        if (open) channel.write(encodeFrame(1, Command.Nop, 0));
        return channel.flush();
      },
    },
    handler: {
      deliver(kind, bytes) {
        if (kind === 'flag' || kind === 'exit-code') return;
        if (kind === 'output') {
          mux.receive(bytes, nowMs());
          pump();
        }
        if (held) owed += bytes.length;
        else channel.delivered(bytes.length);
      },
      drain() {
        channelTakes = true;
        schedulePump();
      },
      ended: () => dropAll(),
    },
  };
}

/** One local connection and its stream. */
class LocalStream {
  readonly #id: number;
  readonly #socket: NearEnd;
  readonly #mux: Mux;
  readonly #changed: () => void;
  #received = 0;
  #grace: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(id: number, socket: NearEnd, mux: Mux, changed: () => void, gone: () => void) {
    this.#id = id;
    this.#socket = socket;
    this.#mux = mux;
    this.#changed = changed;
    socket.on('data', (chunk: Buffer) => {
      if (this.#closed) return;
      if (!mux.write(id, chunk)) socket.pause();
      changed();
    });
    socket.once('end', () => {
      if (!this.#closed) this.#grace = setTimeout(() => this.#close(), HALF_CLOSE_GRACE_MS);
    });
    // The reason of a broken local connection is the local program's; 'close' always follows.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#close();
      gone();
    });
    socket.resume();
  }

  deliver(bytes: Buffer): void {
    this.#received += bytes.length;
    this.#grace?.refresh();
    const consumed = (): void => {
      this.#mux.consumed(this.#id, bytes.length, nowMs());
      this.#changed();
    };
    if (this.#socket.destroyed) consumed();
    else this.#socket.write(bytes, consumed);
  }

  /** The far side is done. Where it never was reached, the local program sees a reset, as of a refused connection. */
  finished(refused: (() => void) | undefined): void {
    if (refused && this.#received === 0) {
      refused();
      this.#socket.resetAndDestroy(
        new SsmChannelError('HAWSER_SSM_CONNECT_REFUSED', 'The agent could not connect to the destination'),
      );
    } else this.#socket.end(() => this.#socket.destroySoon());
    this.#close();
  }

  drain(): void {
    this.#socket.resume();
  }

  drop(error: Error | undefined): void {
    this.#closed = true;
    clearTimeout(this.#grace);
    if (error) this.#socket.resetAndDestroy(error);
    else this.#socket.destroySoon();
  }

  #close(): void {
    clearTimeout(this.#grace);
    if (this.#closed) return;
    this.#closed = true;
    this.#mux.close(this.#id);
    this.#changed();
  }
}

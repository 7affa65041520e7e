import type { Buffer } from 'node:buffer';
import { ByteQueue } from '../queues/byte-queue.js';
import { Charge } from '../queues/charge.js';
import { Fifo } from '../queues/fifo.js';
import { Command, FrameReader, encodeFrame, encodeUpdate } from './frame.js';
import { MuxKeepAlive } from './keep-alive.js';
import type { Mux, MuxOptions, MuxWish } from './types.js';

const defaultMaxFrameBytes = 32_768;
const defaultReceiveBufferBytes = 4 << 20;
const defaultStreamBufferBytes = 65_536;
const defaultMaxStreams = 4096;
/** What a version 2 peer may have unconsumed before its first update. */
const initialPeerWindow = 262_144;
/** A stream with more than this queued should wait. */
const highWaterBytes = 65_536;
const maxId = 0xffff_ffff;

interface Stream {
  readonly id: number;
  readonly queue: ByteQueue;
  /** It has a place in the round. */
  queued: boolean;
  wantsDrain: boolean;
  /** Closed on our side: FIN goes out behind the queue, and arriving data is dropped. */
  closing: boolean;
  peerFinished: boolean;
  /** Received and not consumed. */
  readonly unconsumed: Charge;
  // Version 2. Counters of bytes are modulo 2^32, as on the wire.
  sent: number;
  peerConsumed: number;
  peerWindow: number;
  consumed: number;
  consumedSinceUpdate: number;
}

/**
 * One end of a smux connection, wire compatible with xtaci/smux 1.5 in both versions.
 *
 * Nothing received is kept: data is wished on as views into what {@link Mux.receive} was given. Queued data is kept by
 * reference until {@link Mux.next} returns it, and must not be changed until then.
 *
 * Where the original is vague, this end is not: ids of our own parity cannot be opened by the peer (such SYNs are
 * ignored), and a body behind SYN, FIN or NOP ends the connection, because the original would be out of step after it.
 * When stream ids are used up, {@link Mux.open} answers 0, which is never a stream.
 *
 * @see xtaci/smux session.go, stream.go
 */
export function createMux(options: MuxOptions): Mux {
  return new MuxMachine(options);
}

/** What {@link createMux} makes. */
export class MuxMachine implements Mux {
  readonly #version: 1 | 2;
  readonly #maxFrameBytes: number;
  readonly #receiveBufferBytes: number;
  readonly #streamBufferBytes: number;
  readonly #maxStreams: number;
  readonly #reader: FrameReader;
  readonly #keepAlive: MuxKeepAlive | undefined;
  readonly #streams = new Map<number, Stream>();
  readonly #ids = new Set<number>();
  /** Streams that have something to send, in the order of their turns. */
  readonly #round = new Fifo<Stream>();
  readonly #syns = new Fifo<number>();
  readonly #updates = new Set<Stream>();
  #wishes: MuxWish[] = [];
  #lastId: number;
  #queuedBytes = 0;
  /** Received and unconsumed, with its overhead. */
  #charged = 0;
  #held = false;
  #ended = false;

  /** `lastId` is the id before the first that will be opened here. */
  constructor(options: MuxOptions, lastId: number = options.role === 'client' ? 1 : 0) {
    this.#version = options.version ?? 1;
    this.#maxFrameBytes = options.maxFrameBytes ?? defaultMaxFrameBytes;
    if (!(this.#maxFrameBytes >= 1 && this.#maxFrameBytes <= 0xffff)) {
      throw new RangeError(`maxFrameBytes must be between 1 and 65,535, not ${this.#maxFrameBytes}`);
    }
    this.#receiveBufferBytes = options.receiveBufferBytes ?? defaultReceiveBufferBytes;
    this.#streamBufferBytes = options.streamBufferBytes ?? defaultStreamBufferBytes;
    this.#maxStreams = options.maxStreams ?? defaultMaxStreams;
    this.#lastId = lastId;
    this.#reader = new FrameReader(this.#version, {
      opened: (id) => this.#opened(id),
      finished: (id) => this.#finished(id),
      data: (id, bytes) => this.#received(id, bytes),
      updated: (id, consumed, window) => this.#updated(id, consumed, window),
    });
    const intervalMs = options.keepAliveMs ?? 0;
    this.#keepAlive =
      intervalMs > 0 ? new MuxKeepAlive(intervalMs, options.keepAliveTimeoutMs ?? 3 * intervalMs) : undefined;
  }

  get streams(): ReadonlySet<number> {
    return this.#ids;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  receive(bytes: Uint8Array, nowMs: number): void {
    if (this.#ended) return;
    this.#keepAlive?.heard(nowMs);
    const fault = this.#reader.read(bytes);
    if (fault) this.#end(fault);
  }

  open(nowMs: number): number {
    if (this.#ended) return 0;
    this.#keepAlive?.start(nowMs);
    if (this.#lastId + 2 > maxId) {
      this.#end('ids-used-up');
      return 0;
    }
    this.#lastId += 2;
    this.#add(this.#lastId);
    this.#syns.push(this.#lastId);
    return this.#lastId;
  }

  write(id: number, bytes: Uint8Array): boolean {
    const stream = this.#streams.get(id);
    if (!stream || stream.closing || bytes.length === 0) return true;
    stream.queue.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#queueTurn(stream);
    stream.wantsDrain ||= stream.queue.length > highWaterBytes;
    return !stream.wantsDrain;
  }

  close(id: number): void {
    const stream = this.#streams.get(id);
    if (!stream || stream.closing) return;
    stream.closing = true;
    stream.wantsDrain = false;
    this.#free(stream.unconsumed.freeAll());
    this.#updates.delete(stream);
    this.#queueTurn(stream);
  }

  consumed(id: number, bytes: number, nowMs: number): void {
    this.#keepAlive?.start(nowMs);
    const stream = this.#streams.get(id);
    if (!stream || stream.closing || bytes <= 0) return;
    const isFirst = stream.consumed === 0;
    this.#free(stream.unconsumed.free(bytes));
    if (this.#version === 1) return;
    stream.consumed = (stream.consumed + bytes) >>> 0;
    stream.consumedSinceUpdate += bytes;
    if (isFirst || stream.consumedSinceUpdate >= this.#streamBufferBytes / 2) {
      stream.consumedSinceUpdate = 0;
      this.#updates.add(stream);
    }
  }

  next(): Buffer | undefined {
    if (this.#ended) return undefined;
    if (this.#keepAlive?.takeNop()) return encodeFrame(this.#version, Command.Nop, 0);
    const syn = this.#syns.shift();
    if (syn !== undefined) return encodeFrame(this.#version, Command.Syn, syn);
    for (const stream of this.#updates) {
      this.#updates.delete(stream);
      return encodeUpdate(stream.id, stream.consumed, this.#streamBufferBytes);
    }
    for (let stream = this.#round.shift(); stream; stream = this.#round.shift()) {
      stream.queued = false;
      const frame = this.#cut(stream);
      if (frame) return frame;
    }
    return undefined;
  }

  tick(nowMs: number): void {
    if (this.#ended) return;
    if (this.#keepAlive?.tick(nowMs, !this.#held) === 'timeout') this.#end('timeout');
  }

  take(): MuxWish[] {
    const atMs = this.#ended ? undefined : this.#keepAlive?.takeWake();
    if (atMs !== undefined) this.#wishes.push({ do: 'wake', atMs });
    const wishes = this.#wishes;
    this.#wishes = [];
    return wishes;
  }

  #opened(id: number): void {
    if (this.#ended || this.#streams.has(id) || id % 2 === this.#lastId % 2) return;
    if (this.#streams.size >= this.#maxStreams) {
      this.#end('too-many-streams');
      return;
    }
    this.#add(id);
    this.#wishes.push({ do: 'open', id });
  }

  #finished(id: number): void {
    const stream = this.#streams.get(id);
    if (!stream || stream.peerFinished) return;
    stream.peerFinished = true;
    if (!stream.closing) this.#wishes.push({ do: 'fin', id });
  }

  #received(id: number, bytes: Buffer): void {
    const stream = this.#streams.get(id);
    if (!stream || stream.closing || stream.peerFinished) return;
    this.#charged += stream.unconsumed.add(bytes.length);
    this.#wishes.push({ do: 'data', id, bytes });
    if (!this.#held && this.#charged >= this.#receiveBufferBytes) {
      this.#held = true;
      this.#wishes.push({ do: 'hold' });
    }
  }

  #updated(id: number, consumed: number, window: number): void {
    const stream = this.#streams.get(id);
    // An update of more than was sent is a lie; version 1 knows no windows.
    if (!stream || this.#version === 1 || ((stream.sent - consumed) | 0) < 0) return;
    stream.peerConsumed = consumed;
    stream.peerWindow = window;
    this.#queueTurn(stream);
  }

  #add(id: number): void {
    this.#ids.add(id);
    this.#streams.set(id, {
      id,
      queue: new ByteQueue(),
      queued: false,
      wantsDrain: false,
      closing: false,
      peerFinished: false,
      unconsumed: new Charge(),
      sent: 0,
      peerConsumed: 0,
      peerWindow: initialPeerWindow,
      consumed: 0,
      consumedSinceUpdate: 0,
    });
  }

  #queueTurn(stream: Stream): void {
    if (stream.queued || (stream.queue.length === 0 && !stream.closing)) return;
    stream.queued = true;
    this.#round.push(stream);
  }

  /** The stream's next frame, if it may send one; its next turn comes behind all others. */
  #cut(stream: Stream): Buffer | undefined {
    if (stream.queue.length === 0) {
      this.#streams.delete(stream.id);
      this.#ids.delete(stream.id);
      return encodeFrame(this.#version, Command.Fin, stream.id);
    }
    const room = this.#version === 1 ? Infinity : stream.peerWindow - ((stream.sent - stream.peerConsumed) >>> 0);
    const count = Math.min(this.#maxFrameBytes, stream.queue.length, room);
    // Its turn comes back with the peer's next update.
    if (count <= 0) return undefined;
    const frame = encodeFrame(this.#version, Command.Psh, stream.id, stream.queue.take(count));
    stream.sent = (stream.sent + count) >>> 0;
    this.#queuedBytes -= count;
    if (stream.wantsDrain && stream.queue.length <= highWaterBytes / 2) {
      stream.wantsDrain = false;
      this.#wishes.push({ do: 'drain', id: stream.id });
    }
    this.#queueTurn(stream);
    return frame;
  }

  #free(charge: number): void {
    this.#charged -= charge;
    if (this.#held && this.#charged <= this.#receiveBufferBytes / 2) {
      this.#held = false;
      this.#wishes.push({ do: 'release' });
    }
  }

  #end(reason: (MuxWish & { readonly do: 'end' })['reason']): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#streams.clear();
    this.#ids.clear();
    this.#round.clear();
    this.#syns.clear();
    this.#updates.clear();
    this.#queuedBytes = 0;
    this.#wishes.push({ do: 'end', reason });
  }
}

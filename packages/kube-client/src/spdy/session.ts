import { Duplex } from 'node:stream';
import {
  controlFrame,
  createFrameReader,
  dataFrame,
  FLAG_FIN,
  type FrameEvent,
  frameType,
  rstStatus,
  words,
} from './frames.js';
import { createHeaderReader, createHeaderWriter, type SpdyHeaders } from './headers.js';

/** What carries a session. */
export interface SpdyCarrier {
  /** `sent` is called when more may be given. */
  send(bytes: Buffer, sent: (error?: Error | null) => void): void;
  /** No more is to be given to {@link SpdySession.receive} until `resume`; what comes all the same is kept. */
  pause(): void;
  resume(): void;
}

/** One end of a SPDY/3.1 connection, as far as Kubernetes uses it: no priorities, no windows. */
export interface SpdySession {
  /** Throws at what is not SPDY; the session is then useless. */
  receive(bytes: Buffer): void;
  open(headers: SpdyHeaders): SpdyStream;
  /** The carrier is gone: with an error, streams that have not ended break; without, they end. */
  destroy(error?: Error): void;
}

/** What a session runs over, and what it takes part as. */
export interface SpdySessionOptions {
  readonly carrier: SpdyCarrier;
  /** Clients open odd streams, servers even ones (SPDY Protocol draft 3 §2.3.2). */
  readonly role: 'client' | 'server';
  /** A stream the other side opens; it is answered when this returns. Without it, such streams are refused. */
  readonly onStream?: (stream: SpdyStream) => void;
}

/** One stream: bytes both ways, each of which ends by itself. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly #owner: StreamOwner;

  constructor(id: number, headers: SpdyHeaders, owner: StreamOwner) {
    super({ allowHalfOpen: true, highWaterMark: WINDOW_BYTES });
    this.id = id;
    this.headers = headers;
    this.#owner = owner;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#send(chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#owner.send(dataFrame(this.id, Buffer.alloc(0), true), callback);
  }

  override _read(): void {
    this.#owner.wants(this);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#owner.gone(this);
    callback(error);
  }

  /** In parts small enough that other streams get a word in between. */
  #send(bytes: Buffer, sent: (error?: Error | null) => void): void {
    this.#owner.send(dataFrame(this.id, bytes.subarray(0, PART_BYTES), false), (error) => {
      if (error || bytes.length <= PART_BYTES) sent(error);
      else this.#send(bytes.subarray(PART_BYTES), sent);
    });
  }
}

const PART_BYTES = 32 * 1024;

/** With Node's own 64 KiB or less the carrier stops and starts again for every other frame. */
const WINDOW_BYTES = 512 * 1024;

/** The session a stream belongs to, as the stream sees it. */
export interface StreamOwner {
  /** Writes a frame; `sent` is called once the carrier took it. */
  send(bytes: Buffer, sent: (error?: Error | null) => void): void;
  /** The stream takes bytes again. */
  wants(stream: SpdyStream): void;
  /** The stream is destroyed. */
  gone(stream: SpdyStream): void;
}

/** Streams over one carrier. Peers of Kubernetes keep no windows, so one slow reader holds up all streams. */
export function createSpdySession({ carrier, role, onStream }: SpdySessionOptions): SpdySession {
  const streams = new Map<number, SpdyStream>();
  const full = new Set<SpdyStream>();
  const ended = new WeakSet<SpdyStream>();
  const writeHeaders = createHeaderWriter();
  const readHeaders = createHeaderReader();
  let nextId = role === 'client' ? 1 : 2;
  let isOver = false;

  const tell = (frame: Buffer): void => {
    if (!isOver) carrier.send(frame, () => undefined);
  };
  const owner: StreamOwner = {
    send: (bytes, sent) => (isOver ? sent(new Error('The session is over.')) : carrier.send(bytes, sent)),
    wants: (stream) => {
      if (full.delete(stream) && full.size === 0) carrier.resume();
    },
    gone: (stream) => {
      owner.wants(stream);
      if (!streams.delete(stream.id)) return;
      if (ended.has(stream) && stream.writableFinished) return;
      tell(controlFrame(frameType.rstStream, 0, words(stream.id, rstStatus.cancel)));
    },
  };
  const finish = (stream: SpdyStream): void => {
    if (ended.has(stream)) return;
    ended.add(stream);
    stream.push(null);
  };
  const deliver = (stream: SpdyStream, bytes: Buffer, isEnd: boolean): void => {
    if (bytes.length > 0 && !stream.push(bytes) && !full.has(stream)) {
      full.add(stream);
      carrier.pause();
    }
    if (isEnd) finish(stream);
  };
  const taken = (payload: Buffer, flags: number): void => {
    const id = payload.readUInt32BE(0);
    const headers = readHeaders(payload.subarray(10));
    if (!onStream) return tell(controlFrame(frameType.rstStream, 0, words(id, rstStatus.invalidStream)));
    const stream = new SpdyStream(id, headers, owner);
    streams.set(id, stream);
    tell(controlFrame(frameType.synReply, 0, words(id), writeHeaders({})));
    onStream(stream);
    if (flags & FLAG_FIN) finish(stream);
  };
  const control = (type: number, flags: number, payload: Buffer): void => {
    if (type === frameType.synStream) return taken(payload, flags);
    const id = payload.length >= 4 ? payload.readUInt32BE(0) : 0;
    const stream = streams.get(id);
    if (type === frameType.synReply) {
      readHeaders(payload.subarray(4));
      if (stream && flags & FLAG_FIN) finish(stream);
    } else if (type === frameType.rstStream && stream) {
      streams.delete(id);
      stream.destroy(new Error(`The stream was reset (${payload.readUInt32BE(4)}).`));
    } else if (type === frameType.ping && id % 2 !== nextId % 2) {
      tell(controlFrame(frameType.ping, 0, words(id)));
    } else if (type === frameType.headers) {
      // Part of the compression, whoever reads it.
      readHeaders(payload.subarray(4));
    }
  };
  const receive = createFrameReader((event: FrameEvent) => {
    if (event.kind === 'control') return control(event.type, event.flags, event.payload);
    const stream = streams.get(event.stream);
    if (stream) deliver(stream, event.bytes, event.isEnd);
  });
  return {
    receive,
    open: (headers) => {
      const stream = new SpdyStream(nextId, headers, owner);
      nextId += 2;
      streams.set(stream.id, stream);
      tell(controlFrame(frameType.synStream, 0, words(stream.id, 0), Buffer.alloc(2), writeHeaders(headers)));
      return stream;
    },
    destroy: (error) => {
      isOver = true;
      for (const stream of streams.values()) {
        if (!error) finish(stream);
        else if (!ended.has(stream)) stream.destroy(error);
      }
      streams.clear();
    },
  };
}

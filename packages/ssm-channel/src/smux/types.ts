/** How one end of a multiplexed connection is made. Defaults are those of xtaci/smux. */
export interface MuxOptions {
  /** Clients open odd stream ids from 3, servers even ones from 2. */
  readonly role: 'client' | 'server';
  /** Protocol version. Default 1; the agent speaks nothing else. */
  readonly version?: 1 | 2;
  /** Largest PSH body. Default 32,768; at most 65,535. */
  readonly maxFrameBytes?: number;
  /** Received and unconsumed bytes, over all streams, above which `hold` is wished. Default 4 MiB. */
  readonly receiveBufferBytes?: number;
  /** Version 2 only: per-stream receive window. Default 65,536. */
  readonly streamBufferBytes?: number;
  /** NOP interval; 0 (default) sends none and never times out. */
  readonly keepAliveMs?: number;
  /** Silence after which the connection is declared dead. Default three intervals. */
  readonly keepAliveTimeoutMs?: number;
  /** Streams open at once; a peer that opens more ends the connection. Default 4,096. */
  readonly maxStreams?: number;
}

/** One thing a {@link Mux} wants done. */
export type MuxWish =
  /** The peer opened a stream. */
  | { readonly do: 'open'; readonly id: number }
  /** Bytes arrived on a stream: hand them on, then call {@link Mux.consumed}. */
  | { readonly do: 'data'; readonly id: number; readonly bytes: Buffer }
  /** The peer will send no more on this stream. */
  | { readonly do: 'fin'; readonly id: number }
  /** A stream whose {@link Mux.write} answered `false` may write again. */
  | { readonly do: 'drain'; readonly id: number }
  /** Too much is unconsumed: feed no more until `release`. */
  | { readonly do: 'hold' }
  | { readonly do: 'release' }
  | { readonly do: 'wake'; readonly atMs: number }
  /** The connection is over; every stream is gone. */
  | {
      readonly do: 'end';
      readonly reason: 'version' | 'command' | 'length' | 'timeout' | 'too-many-streams' | 'ids-used-up';
    };

/** One end of a smux connection: a state machine without IO over an ordered byte stream. */
export interface Mux {
  /**
   * Bytes of the connection, cut anywhere. Hostile bytes end the connection with a typed reason, never throw. `data`
   * wishes are views into them.
   */
  receive(bytes: Uint8Array, nowMs: number): void;
  /** Opens a stream; its SYN goes out before its first data. 0, never a stream, once the connection is over. */
  open(nowMs: number): number;
  /** Queues bytes, by reference. `false`: this stream has more than 64 KiB queued, wait for `drain`. */
  write(id: number, bytes: Uint8Array): boolean;
  /** Queues FIN behind the queued data, and drops what still arrives for this stream. */
  close(id: number): void;
  /** The consumer took that many bytes of a stream. */
  consumed(id: number, bytes: number, nowMs: number): void;
  /** The next frame to send, streams taking turns; `undefined` when there is none. Call only while the connection takes bytes. */
  next(): Buffer | undefined;
  tick(nowMs: number): void;
  take(): MuxWish[];
  /** Ids of the streams that exist. */
  readonly streams: ReadonlySet<number>;
  /** Bytes queued and not yet returned by {@link next}. */
  readonly queuedBytes: number;
}

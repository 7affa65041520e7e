import type { AgentLink } from './link.js';

/** Where an outlet takes bytes from. */
export interface OutletSource {
  /** At most `maxBytes`; `undefined` when there is nothing for now. */
  take(maxBytes: number): Buffer | undefined;
}

/** How an outlet sends. */
export interface OutletOptions {
  readonly link: AgentLink;
  readonly payloadType: number;
  readonly payloadBytes: number;
  /** A pause of 1 ms behind every message, as the real agent's loops have it. */
  readonly paced: boolean;
  readonly source: OutletSource;
  /** Changes a payload on its way, e.g. encrypts it; an empty result is not sent. */
  readonly transform?: (payload: Buffer) => Buffer;
}

/** Carries a source to the client, message by message, as fast as the link takes them. */
export interface Outlet {
  /** The source has more, or the link takes more. */
  kick(): void;
  /** Resolves when the source had nothing left, or the outlet was stopped. */
  emptied(): Promise<void>;
  stop(): void;
}

const pauseMs = 1;

/** Makes an outlet; it sends nothing before it is kicked. */
export function createOutlet(options: OutletOptions): Outlet {
  const { link, payloadType, payloadBytes, paced, source, transform } = options;
  const state: { pause?: NodeJS.Timeout | undefined; stopped: boolean } = { stopped: false };
  let waiting: (() => void)[] = [];
  const settle = (): void => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  const pump = (): void => {
    while (!state.stopped && state.pause === undefined && link.writable) {
      const payload = source.take(payloadBytes);
      if (payload === undefined) {
        settle();
        return;
      }
      link.sendData(payloadType, transform ? transform(payload) : payload);
      if (paced) {
        state.pause = setTimeout(() => {
          state.pause = undefined;
          pump();
        }, pauseMs);
      }
    }
  };
  return {
    kick: pump,
    emptied: () =>
      new Promise((resolve) => {
        if (state.stopped) resolve();
        else waiting.push(resolve);
        pump();
      }),
    stop: () => {
      state.stopped = true;
      clearTimeout(state.pause);
      settle();
    },
  };
}

/** Bytes on their way from a stream to an outlet. */
export interface ByteQueue extends OutletSource {
  push(bytes: Buffer): void;
  readonly bytes: number;
}

/** Makes a queue that calls `onLow` when it was filled above `highWaterBytes` and fell below it again. */
export function createByteQueue(highWaterBytes: number, onLow: () => void): ByteQueue {
  const chunks: Buffer[] = [];
  let size = 0;
  const shift = (maxBytes: number): Buffer | undefined => {
    const first = chunks[0];
    if (first === undefined) return undefined;
    if (first.length > maxBytes) {
      chunks[0] = first.subarray(maxBytes);
      return first.subarray(0, maxBytes);
    }
    chunks.shift();
    return first;
  };
  return {
    get bytes() {
      return size;
    },
    push: (bytes) => {
      chunks.push(bytes);
      size += bytes.length;
    },
    take: (maxBytes) => {
      const parts: Buffer[] = [];
      let room = maxBytes;
      for (let part = shift(room); part !== undefined; part = room > 0 ? shift(room) : undefined) {
        parts.push(part);
        room -= part.length;
      }
      const taken = maxBytes - room;
      if (taken === 0) return undefined;
      const wasHigh = size > highWaterBytes;
      size -= taken;
      if (wasHigh && size <= highWaterBytes) onLow();
      return parts.length === 1 ? parts[0] : Buffer.concat(parts);
    },
  };
}

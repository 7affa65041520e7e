/** Types of control frames (SPDY Protocol draft 3 §2.6). */
export const frameType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  ping: 6,
  headers: 8,
} as const;

/** The sender says no more on this stream. */
export const FLAG_FIN = 1;

/** Statuses of RST_STREAM (draft 3 §2.6.3). */
export const rstStatus = { invalidStream: 2, cancel: 5 } as const;

/** Control frames carry little; more is refused before it is held in memory. */
const CONTROL_LIMIT = 64 * 1024;

const HEADER_BYTES = 8;
const VERSION = 3;

/** What a frame came to. The bytes of data frames are handed on as they arrive, the last with `isEnd`. */
export type FrameEvent =
  | { readonly kind: 'control'; readonly type: number; readonly flags: number; readonly payload: Buffer }
  | { readonly kind: 'data'; readonly stream: number; readonly bytes: Buffer; readonly isEnd: boolean };

/** Cuts a stream of bytes into frames (draft 3 §2.2); throws at what cannot be one. */
export function createFrameReader(onFrame: (event: FrameEvent) => void): (bytes: Buffer) => void {
  let held: Buffer = Buffer.alloc(0);
  let data: { readonly stream: number; readonly isLast: boolean; left: number } | undefined;
  return (bytes) => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    for (;;) {
      if (data) {
        const part = held.subarray(0, data.left);
        held = held.subarray(part.length);
        data.left -= part.length;
        const { stream, isLast, left } = data;
        if (left === 0) data = undefined;
        if (part.length > 0 || left === 0) {
          onFrame({ kind: 'data', stream, bytes: part, isEnd: isLast && left === 0 });
        }
        if (left > 0) return;
        continue;
      }
      if (held.length < HEADER_BYTES) return;
      const word = held.readUInt32BE(0);
      const flags = held.readUInt8(4);
      const length = held.readUIntBE(5, 3);
      if (word >>> 31 === 0) {
        data = { stream: word, isLast: (flags & FLAG_FIN) !== 0, left: length };
        held = held.subarray(HEADER_BYTES);
        continue;
      }
      if (word >>> 16 !== (0x8000 | VERSION)) throw new RangeError('This is not SPDY 3.');
      if (length > CONTROL_LIMIT) throw new RangeError(`A control frame of ${length} bytes is too long.`);
      if (held.length < HEADER_BYTES + length) return;
      const payload = held.subarray(HEADER_BYTES, HEADER_BYTES + length);
      held = held.subarray(HEADER_BYTES + length);
      onFrame({ kind: 'control', type: word & 0xffff, flags, payload });
    }
  };
}

export function controlFrame(type: number, flags: number, ...payload: readonly Buffer[]): Buffer {
  const length = payload.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16BE(0x8000 | VERSION, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(length, 5, 3);
  return Buffer.concat([head, ...payload]);
}

/** At most 2^24 − 1 bytes. */
export function dataFrame(stream: number, bytes: Buffer, isLast: boolean): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt32BE(stream, 0);
  head.writeUInt8(isLast ? FLAG_FIN : 0, 4);
  head.writeUIntBE(bytes.length, 5, 3);
  return Buffer.concat([head, bytes]);
}

/** 31 bits each, one after the other. */
export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}

import { constants, inflateRawSync } from 'node:zlib';
import { spdyDictionary } from './dictionary.js';

/** Names in lower case, as on the wire. */
export type SpdyHeaders = Readonly<Record<string, string>>;

/** More than any peer has to say; a bound for what a hostile one can make of a few bytes. */
const HEADER_LIMIT = 64 * 1024;

/** How far back a block may refer (RFC 1951 §2). */
const WINDOW = 32 * 1024;

/**
 * Writes header blocks (SPDY Protocol draft 3 §2.6.10). They go into one zlib stream, as stored blocks: those who read
 * it need no more, and a forwarded connection has but two of them.
 */
export function createHeaderWriter(): (headers: SpdyHeaders) => Buffer {
  // A zlib stream with the largest window and without a dictionary (RFC 1950 §2.2).
  let start: Buffer = Buffer.from([0x78, 0x01]);
  return (headers) => {
    const entries = Object.entries(headers);
    const block = Buffer.concat([
      uint32(entries.length),
      ...entries.flatMap(([name, value]) => [
        uint32(Buffer.byteLength(name)),
        Buffer.from(name),
        uint32(Buffer.byteLength(value)),
        Buffer.from(value),
      ]),
    ]);
    const written = Buffer.concat([start, stored(block), stored(Buffer.alloc(0))]);
    start = Buffer.alloc(0);
    return written;
  };
}

/**
 * Reads header blocks. A sender flushes to a whole byte after each, so each can be inflated by itself when it is told
 * what came before.
 *
 * @returns a function that throws when a block is none
 */
export function createHeaderReader(): (block: Buffer) => SpdyHeaders {
  let window: Buffer | undefined;
  return (block) => {
    let content = block;
    if (!window) {
      // CMF and FLG, then the dictionary's checksum if FLG says so (RFC 1950 §2.2).
      const hasDictionary = ((block[1] ?? 0) & 0x20) !== 0;
      content = block.subarray(hasDictionary ? 6 : 2);
      window = hasDictionary ? spdyDictionary : Buffer.alloc(0);
    }
    const plain = inflateRawSync(content, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: HEADER_LIMIT,
      ...(window.length > 0 && { dictionary: window }),
    });
    window = Buffer.concat([window, plain]).subarray(-WINDOW);
    return parse(plain);
  };
}

/** A block that is not compressed (RFC 1951 §3.2.4). An empty one is a flush: readers hold back what comes before it. */
function stored(content: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(content.length, 1);
  head.writeUInt16LE(~content.length & 0xffff, 3);
  return Buffer.concat([head, content]);
}

function parse(plain: Buffer): SpdyHeaders {
  let at = 0;
  const next = (): string => {
    const length = plain.readUInt32BE(at);
    const from = at + 4;
    at = from + length;
    if (at > plain.length) throw new RangeError('A header is longer than its block.');
    return plain.toString('utf8', from, at);
  };
  const count = plain.readUInt32BE(0);
  at = 4;
  const headers: [string, string][] = [];
  for (let index = 0; index < count; index++) headers.push([next(), next()]);
  return Object.fromEntries(headers);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

import { gunzip as gunzipCallback, gzip as gzipCallback } from 'node:zlib';
import { promisify } from 'node:util';
import { SessionsError } from '../errors.js';
import type { Keyframe, Segment, SegmentHead } from './types.js';

const gzipAsync = promisify<Uint8Array, { level: number }, Buffer>(gzipCallback);
const gunzipAsync = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(gunzipCallback);

/** Most bytes of output in one segment. */
export const segmentBytes: number = 1_048_576;

/**
 * Most bytes that unpacking one piece may give: a segment and its side index are far below, so what is above is an attack
 * or damage.
 */
const unpackedLimit = 32 * segmentBytes;

/** Packs fast rather than small: a terminal's output is written faster than level 6 packs. */
export async function gzip(data: Uint8Array): Promise<Uint8Array> {
  return gzipAsync(data, { level: 1 });
}

/** @throws SessionsError HAWSER_SESSIONS_LOG_DAMAGED when it is not gzip, is cut short, or grows beyond 32 MiB. */
export async function gunzip(data: Uint8Array): Promise<Uint8Array> {
  try {
    return await gunzipAsync(data, { maxOutputLength: unpackedLimit });
  } catch (cause) {
    throw new SessionsError('HAWSER_SESSIONS_LOG_DAMAGED', 'A piece of the log cannot be unpacked.', { cause });
  }
}

/**
 * Wire and file form of a segment: length of the head (u32, big-endian), the head as JSON, length of the side index
 * (u32), the side index, the body to the end.
 */
export function packSegment(segment: Segment): Uint8Array {
  const head = Buffer.from(JSON.stringify(segment.head));
  return Buffer.concat([u32(head.length), head, u32(segment.index.length), segment.index, segment.body]);
}

/**
 * Reads what {@link packSegment} made.
 *
 * @throws SessionsError HAWSER_SESSIONS_LOG_DAMAGED when it is something else
 */
export function unpackSegment(packed: Uint8Array): Segment {
  const head = take(packed, 0);
  const index = take(packed, 4 + head.length);
  return {
    head: segmentHead(parse(head)),
    index,
    body: packed.subarray(8 + head.length + index.length),
  };
}

/** Wire and file form of a keyframe: length of the facts (u32), the facts as JSON, the escape text in gzip to the end. */
export async function packKeyframe(keyframe: Keyframe): Promise<Uint8Array> {
  const facts = Buffer.from(JSON.stringify({ offset: keyframe.offset, size: keyframe.size, atMs: keyframe.atMs }));
  return Buffer.concat([u32(facts.length), facts, await gzip(keyframe.data)]);
}

/**
 * Reads what {@link packKeyframe} made.
 *
 * @throws SessionsError HAWSER_SESSIONS_LOG_DAMAGED when it is something else
 */
export async function unpackKeyframe(packed: Uint8Array): Promise<Keyframe> {
  const facts = take(packed, 0);
  const { offset, size, atMs } = record(parse(facts));
  const { cols, rows } = record(size);
  return {
    offset: count(offset),
    size: { cols: count(cols), rows: count(rows) },
    atMs: count(atMs),
    data: await gunzip(packed.subarray(4 + facts.length)),
  };
}

/** The head of a segment out of parsed JSON, each field looked at. */
export function segmentHead(value: unknown): SegmentHead {
  const head = record(value);
  return {
    n: count(head['n']),
    from: count(head['from']),
    to: count(head['to']),
    firstLine: count(head['firstLine']),
    lines: count(head['lines']),
    sha256: hex(head['sha256']),
    indexSha256: hex(head['indexSha256']),
    chain: hex(head['chain']),
    startedAtMs: count(head['startedAtMs']),
    ...(head['dropped'] === true ? { dropped: true } : {}),
  };
}

function take(packed: Uint8Array, at: number): Uint8Array {
  if (packed.length >= at + 4) {
    const length = new DataView(packed.buffer, packed.byteOffset + at, 4).getUint32(0);
    if (packed.length >= at + 4 + length) return packed.subarray(at + 4, at + 4 + length);
  }
  throw damaged('it ends too early');
}

function parse(json: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(json).toString('utf8'));
  } catch (cause) {
    throw damaged('its head is not JSON', cause);
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw damaged('its head lacks a part');
}

function count(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw damaged('a number in its head is none');
}

function hex(value: unknown): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/u.test(value)) return value;
  throw damaged('a digest in its head is none');
}

function damaged(why: string, cause?: unknown): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_LOG_DAMAGED', `A piece of the log cannot be read: ${why}.`, { cause });
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

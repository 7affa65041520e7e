import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { SsmCodecError } from './errors.js';
import { MessageType } from './message-types.js';
import { readUuid, writeUuid } from './uuid.js';

/** Where the fields of a frame are; all integers are big-endian. The payload length stands at `headerLength`. */
const at = {
  headerLength: 0,
  messageType: 4,
  schemaVersion: 36,
  createdDate: 40,
  sequenceNumber: 48,
  flags: 56,
  messageId: 64,
  payloadDigest: 80,
  payloadType: 112,
} as const;

/** Header length that clients and agents write; their frames carry a payload type. */
const endHeaderLength = 116;
/** Header length that the service writes; its frames have no payload type. */
const serviceHeaderLength = 112;

/** Bytes in front of the payload of a frame made by {@link encodeMessage}. */
export const FRAME_OVERHEAD = 120;

/** One message, as read from a frame. */
export interface ChannelMessage {
  /** 116 from clients and agents, 112 from the service. */
  readonly headerLength: number;
  /** Without its padding. Compare with {@link MessageType}. */
  readonly messageType: string;
  /** 1 everywhere; nobody checks it. */
  readonly schemaVersion: number;
  /** Milliseconds since 1970. Exact up to 2^53. */
  readonly createdDate: number;
  /** The full signed 64 bits: a peer may write what a double cannot hold. */
  readonly sequenceNumber: bigint;
  /** Bits of {@link HeaderFlags}. Exact up to 2^53. */
  readonly flags: number;
  /** UUID, lower case. */
  readonly messageId: string;
  /** SHA-256 of the payload as its sender claims it; 32 bytes, a view into the frame. */
  readonly payloadDigest: Buffer;
  /** One of {@link PayloadType}, or a number we do not know. 0 in service frames. */
  readonly payloadType: number;
  /** What the length field says. The payload is everything up to the end of the frame, whatever stands here. */
  readonly payloadLength: number;
  /** A view into the frame: copy it to keep it longer than the frame. */
  readonly payload: Buffer;
}

/** What {@link encodeMessage} is given. */
export interface MessageFields {
  /** At most 32 bytes. */
  readonly messageType: string;
  /** Default 1. */
  readonly schemaVersion?: number;
  /** Milliseconds since 1970, not 0; a fraction is cut off. */
  readonly createdDate: number;
  readonly sequenceNumber: number | bigint;
  /** Default 0. */
  readonly flags?: number;
  /** A UUID, not the all-zero one. */
  readonly messageId: string;
  readonly payloadType: number;
  /** The payload, or the pieces that make it up. At least one byte, except in service frames. */
  readonly payload: Uint8Array | readonly Uint8Array[];
  /** Written instead of the true SHA-256: for imitating broken peers. */
  readonly payloadDigest?: Uint8Array;
}

/** How strictly {@link decodeMessage} reads. */
export interface DecodeOptions {
  /** Whether the digest must fit the payload. Default true. The original agent does not look. */
  readonly checkDigest?: boolean;
}

/**
 * Encodes one message as clients and agents do. One allocation; the payload is copied into it.
 *
 * @throws {@link SsmCodecError} `HAWSER_SSM_ENCODE_EMPTY` for an empty payload (no original can produce or wants one),
 * `HAWSER_SSM_ENCODE_FIELD` for a field that does not fit.
 * @see session-manager-plugin src/message/messageparser.go
 */
export function encodeMessage(fields: MessageFields): Buffer {
  if (byteLength(fields.payload) === 0) {
    throw new SsmCodecError('HAWSER_SSM_ENCODE_EMPTY', `A message of type ${fields.messageType} has an empty payload.`);
  }
  return encode(fields, endHeaderLength, 0x20);
}

/**
 * Encodes one message as the service does: header length 112, the type padded with NUL, no payload type. The payload
 * may be empty.
 *
 * @throws {@link SsmCodecError} `HAWSER_SSM_ENCODE_FIELD` for a field that does not fit.
 */
export function encodeServiceMessage(fields: Omit<MessageFields, 'payloadType'>): Buffer {
  return encode(fields, serviceHeaderLength, 0x00);
}

/**
 * Decodes one frame in either header form. Nothing is copied: payload and digest are views.
 *
 * Accepted as the original client accepts: unknown message and payload types, any schema version, a length field that
 * disagrees with the frame, no digest check where that field is 0. `start_publication` and `pause_publication` are
 * valid whatever their date and digest. Rejected instead of crashing: frames shorter than their header claims.
 *
 * @throws {@link SsmCodecError} `HAWSER_SSM_FRAME_SHORT`, `…_HEADER`, `…_TYPE`, `…_DATE` or `…_DIGEST`.
 */
export function decodeMessage(frame: Uint8Array, options: DecodeOptions = {}): ChannelMessage {
  const bytes = asBuffer(frame);
  if (bytes.length < serviceHeaderLength + 4) {
    throw new SsmCodecError('HAWSER_SSM_FRAME_SHORT', `A frame of ${bytes.length} bytes is too short for a message.`);
  }
  const headerLength = bytes.readUInt32BE(at.headerLength);
  if (headerLength !== serviceHeaderLength && headerLength < endHeaderLength) {
    throw new SsmCodecError('HAWSER_SSM_FRAME_HEADER', `A message states a header of ${headerLength} bytes.`);
  }
  if (headerLength + 4 > bytes.length) {
    throw new SsmCodecError(
      'HAWSER_SSM_FRAME_SHORT',
      `A message states a header of ${headerLength} bytes in a frame of ${bytes.length}.`,
    );
  }
  const messageType = readMessageType(bytes);
  if (messageType === '') throw new SsmCodecError('HAWSER_SSM_FRAME_TYPE', 'A message has no type.');
  const createdDate = readUInt64(bytes, at.createdDate);
  const payloadLength = bytes.readUInt32BE(headerLength);
  const payload = bytes.subarray(headerLength + 4);
  const payloadDigest = bytes.subarray(at.payloadDigest, at.payloadDigest + 32);
  if (messageType !== MessageType.StartPublication && messageType !== MessageType.PausePublication) {
    if (createdDate === 0) throw new SsmCodecError('HAWSER_SSM_FRAME_DATE', `A ${messageType} has no creation date.`);
    if (
      options.checkDigest !== false &&
      payloadLength !== 0 &&
      !hash('sha256', payload, 'buffer').equals(payloadDigest)
    ) {
      throw new SsmCodecError('HAWSER_SSM_FRAME_DIGEST', `The digest of a ${messageType} does not fit its payload.`);
    }
  }
  return {
    headerLength,
    messageType,
    schemaVersion: bytes.readUInt32BE(at.schemaVersion),
    createdDate,
    sequenceNumber: readInt64(bytes, at.sequenceNumber),
    flags: readUInt64(bytes, at.flags),
    messageId: readUuid(bytes, at.messageId),
    payloadDigest,
    payloadType: headerLength === serviceHeaderLength ? 0 : bytes.readUInt32BE(at.payloadType),
    payloadLength,
    payload,
  };
}

function encode(
  fields: Omit<MessageFields, 'payloadType'> & { readonly payloadType?: number },
  headerLength: number,
  padding: number,
): Buffer {
  const start = headerLength + 4;
  const payloadLength = byteLength(fields.payload);
  const frame = Buffer.allocUnsafe(start + payloadLength);
  frame.writeUInt32BE(headerLength, at.headerLength);
  writePadded(frame, at.messageType, at.schemaVersion, fields.messageType, padding);
  frame.writeUInt32BE(fields.schemaVersion ?? 1, at.schemaVersion);
  writeUInt64(frame, at.createdDate, Math.floor(fields.createdDate), 'creation date');
  writeSequenceNumber(frame, fields.sequenceNumber);
  writeUInt64(frame, at.flags, fields.flags ?? 0, 'flags');
  writeUuid(frame, at.messageId, fields.messageId);
  if (headerLength === endHeaderLength) frame.writeUInt32BE(fields.payloadType ?? 0, at.payloadType);
  frame.writeUInt32BE(payloadLength, headerLength);
  if (fields.payload instanceof Uint8Array) {
    frame.set(fields.payload, start);
  } else {
    let end = start;
    for (const piece of fields.payload) {
      frame.set(piece, end);
      end += piece.length;
    }
  }
  frame.set(fields.payloadDigest ?? hash('sha256', frame.subarray(start), 'buffer'), at.payloadDigest);
  return frame;
}

/**
 * Writes a text into `target[start, end)`, filled up on the right.
 *
 * @throws {@link SsmCodecError} `HAWSER_SSM_ENCODE_FIELD` when the text is longer than its place.
 */
export function writePadded(target: Buffer, start: number, end: number, text: string, padding = 0x20): void {
  if (Buffer.byteLength(text) > end - start) {
    throw new SsmCodecError('HAWSER_SSM_ENCODE_FIELD', `${JSON.stringify(text)} is longer than ${end - start} bytes.`);
  }
  const written = target.write(text, start, end - start);
  target.fill(padding, start + written, end);
}

/** NULs are trimmed first, then white space, as the original does: NULs inside white space stay. */
function readMessageType(bytes: Buffer): string {
  let start: number = at.messageType;
  let end: number = at.schemaVersion;
  while (start < end && bytes[start] === 0) start += 1;
  while (end > start && bytes[end - 1] === 0) end -= 1;
  return bytes.toString('latin1', start, end).trim();
}

function writeSequenceNumber(frame: Buffer, sequenceNumber: number | bigint): void {
  if (typeof sequenceNumber === 'bigint') frame.writeBigInt64BE(sequenceNumber, at.sequenceNumber);
  else writeUInt64(frame, at.sequenceNumber, sequenceNumber, 'sequence number');
}

/** Two halves of 32 bits: several times faster than a bigint, and exact wherever a double is. */
function writeUInt64(frame: Buffer, offset: number, value: number, field: string): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new SsmCodecError('HAWSER_SSM_ENCODE_FIELD', `The ${field} ${value} cannot be written.`);
  }
  frame.writeUInt32BE(Math.floor(value / 0x1_0000_0000), offset);
  frame.writeUInt32BE(value % 0x1_0000_0000, offset + 4);
}

function readUInt64(bytes: Buffer, offset: number): number {
  return bytes.readUInt32BE(offset) * 0x1_0000_0000 + bytes.readUInt32BE(offset + 4);
}

function readInt64(bytes: Buffer, offset: number): bigint {
  const high = bytes.readInt32BE(offset);
  if (high >= 0 && high < 0x20_0000) return BigInt(high * 0x1_0000_0000 + bytes.readUInt32BE(offset + 4));
  return bytes.readBigInt64BE(offset);
}

function byteLength(payload: Uint8Array | readonly Uint8Array[]): number {
  if (payload instanceof Uint8Array) return payload.length;
  let total = 0;
  for (const piece of payload) total += piece.length;
  return total;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

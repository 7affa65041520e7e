import { violated } from './fields.js';
import type { TerminalSize } from './types.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of UTF-8 bytes; anything that is not UTF-8 is a violation. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw violated('holds text that is not UTF-8', cause);
  }
}

/** The value of JSON bytes; anything else is a violation. */
export function fromJson(bytes: Uint8Array): unknown {
  const text = fromUtf8(bytes);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw violated('holds text that is not JSON', cause);
  }
}

/** Opcode, then the JSON of a value. */
export function jsonFrame(opcode: number, value: unknown): Uint8Array {
  const body = utf8(JSON.stringify(value));
  const frame = new Uint8Array(1 + body.length);
  frame[0] = opcode;
  frame.set(body, 1);
  return frame;
}

/** Opcode, a 64-bit number, with a size 16 bits each of columns and rows, then the data. */
export function binaryFrame(
  opcode: number,
  number: number,
  parts: { size?: TerminalSize; data?: Uint8Array },
): Uint8Array {
  if (!Number.isSafeInteger(number) || number < 0) throw violated(`cannot carry the number ${number}`);
  const { size, data } = parts;
  const header = size ? 13 : 9;
  const frame = new Uint8Array(header + (data?.length ?? 0));
  const view = new DataView(frame.buffer);
  frame[0] = opcode;
  view.setUint32(1, Math.floor(number / 2 ** 32));
  view.setUint32(5, number >>> 0);
  if (size) {
    view.setUint16(9, size.cols);
    view.setUint16(11, size.rows);
  }
  if (data) frame.set(data, header);
  return frame;
}

/** The 64-bit number behind the opcode. */
export function numberOf(frame: Uint8Array): number {
  if (frame.length < 9) throw violated('is cut off');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const high = view.getUint32(1);
  if (high > 0x1f_ffff) throw violated('carries a number beyond 2^53 − 1');
  return high * 2 ** 32 + view.getUint32(5);
}

/** The number of a frame that holds nothing else. */
export function loneNumberOf(frame: Uint8Array): number {
  if (frame.length > 9) throw violated('is longer than it may be');
  return numberOf(frame);
}

/** The size behind the number. */
export function sizeOf(frame: Uint8Array): TerminalSize {
  if (frame.length < 13) throw violated('is cut off');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const size = { cols: view.getUint16(9), rows: view.getUint16(11) };
  if (size.cols < 1 || size.rows < 1 || size.cols > 1000 || size.rows > 1000)
    throw violated(`names a terminal of ${size.cols}×${size.rows}`);
  return size;
}

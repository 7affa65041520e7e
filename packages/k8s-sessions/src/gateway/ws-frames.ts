import { createHash } from 'node:crypto';
import { closeOpcode } from './frame-follower.js';

const binaryOpcode = 0x2;

/** One message of a server, whole and unmasked. RFC 6455 §5.2. */
export function binaryMessage(payload: Uint8Array): Buffer {
  return frame(binaryOpcode, payload);
}

/** The frame that ends a WebSocket. The reason is cut at 123 bytes: a control frame has room for no more. */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason).subarray(0, 123);
  const payload = Buffer.alloc(2 + text.length);
  payload.writeUInt16BE(code);
  text.copy(payload, 2);
  return frame(closeOpcode, payload);
}

/** What a server answers to `Sec-WebSocket-Key`. RFC 6455 §4.2.2. */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

function frame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 0x80 | opcode;
  if (length < 126) header[1] = length;
  else if (length < 65_536) {
    header[1] = 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([header, payload]);
}

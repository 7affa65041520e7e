import { Buffer } from 'node:buffer';

/** Bytes in front of the body of a frame. */
export const FRAME_HEADER_BYTES = 8;

/**
 * What a frame says. Only Psh and Upd have a body.
 *
 * @see xtaci/smux frame.go
 */
export const Command = {
  /** Opens a stream. */
  Syn: 0,
  /** Its sender sends no more on this stream. */
  Fin: 1,
  /** Data. */
  Psh: 2,
  /** Nothing; shows that the sender lives. Stream id 0. */
  Nop: 3,
  /** Version 2: how much of a stream was consumed, and how much may be unconsumed. */
  Upd: 4,
} as const;

/** One of the numbers in {@link Command}. */
export type Command = (typeof Command)[keyof typeof Command];

const updateBytes = 8;

/** Encodes one frame; header and numbers are little-endian. The body has at most 65,535 bytes. */
export function encodeFrame(version: 1 | 2, command: Command, id: number, body: readonly Uint8Array[] = []): Buffer {
  let length = 0;
  for (const piece of body) length += piece.length;
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + length);
  frame[0] = version;
  frame[1] = command;
  frame.writeUInt16LE(length, 2);
  frame.writeUInt32LE(id, 4);
  let end = FRAME_HEADER_BYTES;
  for (const piece of body) {
    frame.set(piece, end);
    end += piece.length;
  }
  return frame;
}

/** Encodes a window update of version 2: bytes consumed since the stream began (modulo 2^32), and the window. */
export function encodeUpdate(id: number, consumed: number, window: number): Buffer {
  const body = Buffer.allocUnsafe(updateBytes);
  body.writeUInt32LE(consumed, 0);
  body.writeUInt32LE(window, 4);
  return encodeFrame(2, Command.Upd, id, [body]);
}

/** What a {@link FrameReader} finds. */
export interface FrameHandler {
  opened(id: number): void;
  finished(id: number): void;
  /** A piece of the body of a Psh frame; a view into what was read. Frames may come in several pieces. */
  data(id: number, bytes: Buffer): void;
  updated(id: number, consumed: number, window: number): void;
}

/** Why bytes are not smux of this version. */
export type FrameFault = 'version' | 'command' | 'length';

/** Cuts an ordered byte stream into frames. Of the bytes it keeps nothing but an unfinished header or update. */
export class FrameReader {
  readonly #version: 1 | 2;
  readonly #handler: FrameHandler;
  /** An unfinished header, or the body of a window update. */
  readonly #scratch: Buffer = Buffer.alloc(FRAME_HEADER_BYTES);
  #scratched = 0;
  #inUpdate = false;
  /** Bytes of the current Psh body that are still to come. */
  #bodyLeft = 0;
  #id = 0;

  constructor(version: 1 | 2, handler: FrameHandler) {
    this.#version = version;
    this.#handler = handler;
  }

  /** Reads on. After a fault there is no way back into step: read no more. */
  read(input: Uint8Array): FrameFault | undefined {
    const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
    let at = 0;
    while (at < bytes.length) {
      if (this.#bodyLeft > 0) {
        const end = Math.min(bytes.length, at + this.#bodyLeft);
        this.#bodyLeft -= end - at;
        this.#handler.data(this.#id, bytes.subarray(at, end));
        at = end;
        continue;
      }
      if (this.#scratched === 0 && !this.#inUpdate && bytes.length - at >= FRAME_HEADER_BYTES) {
        const fault = this.#header(bytes, at);
        if (fault) return fault;
        at += FRAME_HEADER_BYTES;
        continue;
      }
      const count = Math.min(bytes.length - at, FRAME_HEADER_BYTES - this.#scratched);
      this.#scratch.set(bytes.subarray(at, at + count), this.#scratched);
      this.#scratched += count;
      at += count;
      if (this.#scratched < FRAME_HEADER_BYTES) return undefined;
      this.#scratched = 0;
      if (this.#inUpdate) {
        this.#inUpdate = false;
        this.#handler.updated(this.#id, this.#scratch.readUInt32LE(0), this.#scratch.readUInt32LE(4));
      } else {
        const fault = this.#header(this.#scratch, 0);
        if (fault) return fault;
      }
    }
    return undefined;
  }

  #header(bytes: Buffer, at: number): FrameFault | undefined {
    if (bytes[at] !== this.#version) return 'version';
    const command = bytes[at + 1];
    const length = bytes.readUInt16LE(at + 2);
    this.#id = bytes.readUInt32LE(at + 4);
    switch (command) {
      case Command.Psh:
        this.#bodyLeft = length;
        return undefined;
      case Command.Upd:
        this.#inUpdate = true;
        // The original reads 8 bytes whatever the header says; it would be out of step afterwards.
        return length === updateBytes ? undefined : 'length';
      case Command.Syn:
      case Command.Fin:
      case Command.Nop:
        if (length !== 0) return 'length';
        if (command === Command.Syn) this.#handler.opened(this.#id);
        if (command === Command.Fin) this.#handler.finished(this.#id);
        return undefined;
      default:
        return 'command';
    }
  }
}

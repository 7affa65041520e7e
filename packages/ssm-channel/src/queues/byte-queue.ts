import { Buffer } from 'node:buffer';
import { Fifo } from './fifo.js';

/** Chunks up to this size are copied together: ten thousand keystrokes are not ten thousand objects. */
const smallBytes = 512;
/** Small enough for Node's buffer pool. */
const slabBytes = 2048;

/**
 * Bytes waiting to be sent. Larger chunks are kept by reference: whoever pushed them must not change them until they
 * were taken.
 */
export class ByteQueue {
  #chunks = new Fifo<Uint8Array>();
  /** What of the front chunk was taken already. */
  #offset = 0;
  /** Where small chunks are collected; its part `[#slabStart, #slabEnd)` stands behind all chunks. */
  #slab: Buffer | undefined;
  #slabStart = 0;
  #slabEnd = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (bytes.length > smallBytes) {
      this.#seal();
      this.#chunks.push(bytes);
      return;
    }
    if (this.#slab === undefined || this.#slabEnd + bytes.length > slabBytes) {
      this.#seal();
      this.#slab = Buffer.allocUnsafe(slabBytes);
      this.#slabStart = this.#slabEnd = 0;
    }
    this.#slab.set(bytes, this.#slabEnd);
    this.#slabEnd += bytes.length;
  }

  /** Takes up to `count` bytes from the front, as views. */
  take(count: number): Uint8Array[] {
    let wanted = Math.min(count, this.#length);
    this.#length -= wanted;
    const pieces: Uint8Array[] = [];
    while (wanted > 0) {
      const chunk = this.#chunks.at(0);
      if (chunk === undefined) {
        this.#seal();
        continue;
      }
      const end = Math.min(chunk.length, this.#offset + wanted);
      pieces.push(end - this.#offset === chunk.length ? chunk : chunk.subarray(this.#offset, end));
      wanted -= end - this.#offset;
      this.#offset = end;
      if (end === chunk.length) {
        this.#chunks.shift();
        this.#offset = 0;
      }
    }
    if (this.#length === 0) this.#slab = undefined;
    return pieces;
  }

  /** Makes what the slab holds a chunk like any other; what room is left in the slab goes on being filled. */
  #seal(): void {
    if (this.#slab === undefined || this.#slabStart === this.#slabEnd) return;
    this.#chunks.push(this.#slab.subarray(this.#slabStart, this.#slabEnd));
    this.#slabStart = this.#slabEnd;
  }
}

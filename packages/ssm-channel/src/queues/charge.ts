import { Fifo } from './fifo.js';

/** Charged for every piece of received data besides its bytes: objects have a size too, and peers choose the pieces. */
export const PIECE_OVERHEAD_BYTES = 128;

/** What received data costs in memory until it is consumed, first piece first. Consumers report bytes, not pieces. */
export class Charge {
  /** Bytes of each piece. */
  readonly #pieces = new Fifo<number>();
  /** What of the first piece was consumed already. */
  #consumed = 0;
  #bytes = 0;

  /** Bytes and overhead together. */
  get total(): number {
    return this.#bytes + this.#pieces.length * PIECE_OVERHEAD_BYTES;
  }

  /** Adds one piece; answers by how much the total grew. */
  add(bytes: number): number {
    this.#pieces.push(bytes);
    this.#bytes += bytes;
    return bytes + PIECE_OVERHEAD_BYTES;
  }

  /** Gives bytes back, at most those there are; answers by how much the total shrank. */
  free(bytes: number): number {
    const before = this.total;
    const freed = Math.min(bytes, this.#bytes);
    this.#bytes -= freed;
    this.#consumed += freed;
    for (let first = this.#pieces.at(0); first !== undefined && first <= this.#consumed; first = this.#pieces.at(0)) {
      this.#consumed -= first;
      this.#pieces.shift();
    }
    return before - this.total;
  }

  /** Gives everything back. */
  freeAll(): number {
    return this.free(this.#bytes);
  }
}

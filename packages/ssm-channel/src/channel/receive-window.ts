import { Buffer } from 'node:buffer';
import { Charge, PIECE_OVERHEAD_BYTES } from '../queues/charge.js';

/** A message that came before its predecessors. */
export interface EarlyMessage {
  readonly payloadType: number;
  readonly payload: Buffer;
}

/** What is to be done with a message by its number. */
export type Place = 'next' | 'early' | 'duplicate' | 'beyond';

/**
 * What was received and is not consumed: early messages waiting for their predecessors, and delivered bytes nobody
 * took yet. Together they stay below the limit (by one message more at most), objects counted with bytes.
 */
export class ReceiveWindow {
  readonly #limitBytes: number;
  readonly #early = new Map<number, EarlyMessage>();
  #earlyBytes = 0;
  readonly #delivered = new Charge();
  #expected = 0;
  #isHeld = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The number of the message that is to be dispatched next. */
  get expected(): number {
    return this.#expected;
  }

  /** Bytes and overhead of all that is kept here or was delivered and not consumed. */
  get heldBytes(): number {
    return this.#earlyBytes + this.#early.size * PIECE_OVERHEAD_BYTES + this.#delivered.total;
  }

  /** Where a message belongs, and whether there is room for it. */
  placeOf(sequenceNumber: number, payloadBytes: number): Place {
    if (!Number.isSafeInteger(sequenceNumber) || sequenceNumber < 0) return 'beyond';
    if (sequenceNumber < this.#expected || this.#early.has(sequenceNumber)) return 'duplicate';
    const wouldHold = this.heldBytes + payloadBytes + PIECE_OVERHEAD_BYTES;
    if (sequenceNumber === this.#expected) {
      // The one that all others wait for has to get in once the consumer has taken everything.
      return this.#delivered.total === 0 || wouldHold <= this.#limitBytes ? 'next' : 'beyond';
    }
    // Early ones leave a quarter to those that are in order.
    return wouldHold <= this.#limitBytes * 0.75 ? 'early' : 'beyond';
  }

  /** Keeps a copy: a view would keep alive whatever arrived together with it. */
  store(sequenceNumber: number, payloadType: number, payload: Uint8Array): void {
    this.#early.set(sequenceNumber, { payloadType, payload: Buffer.from(payload) });
    this.#earlyBytes += payload.length;
  }

  /** The expected message is being dispatched; the next one is expected. */
  advance(): void {
    this.#expected += 1;
  }

  /** The expected message, if it came early. */
  takeEarly(): EarlyMessage | undefined {
    if (this.#early.size === 0) return undefined;
    const message = this.#early.get(this.#expected);
    if (message === undefined) return undefined;
    this.#early.delete(this.#expected);
    this.#earlyBytes -= message.payload.length;
    return message;
  }

  /** Bytes were handed on. `hold`: it is time to stop reading. */
  delivered(bytes: number): 'hold' | undefined {
    this.#delivered.add(bytes);
    if (this.#isHeld || this.#delivered.total < this.#limitBytes / 2) return undefined;
    this.#isHeld = true;
    return 'hold';
  }

  /** Bytes were consumed. `release`: it is time to read again. */
  consumed(bytes: number): 'release' | undefined {
    this.#delivered.free(bytes);
    if (!this.#isHeld || this.#delivered.total > this.#limitBytes / 4) return undefined;
    this.#isHeld = false;
    return 'release';
  }

  /** Forgets early messages: nothing will close the gap any more. */
  clear(): void {
    this.#early.clear();
    this.#earlyBytes = 0;
  }
}

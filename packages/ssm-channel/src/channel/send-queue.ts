import { Buffer } from 'node:buffer';
import { PayloadType } from '../codec/index.js';
import { ByteQueue } from '../queues/byte-queue.js';
import { Fifo } from '../queues/fifo.js';

/** What will be one message. */
export interface Outgoing {
  readonly payloadType: number;
  readonly payload: readonly Uint8Array[];
  readonly bytes: number;
}

type Item =
  | { readonly kind: 'data'; readonly data: ByteQueue }
  | { readonly kind: 'control'; readonly message: Outgoing };

/** Data and control messages in the order they were given. Data is cut into messages only when it is taken. */
export class SendQueue {
  #items = new Fifo<Item>();
  /** Where data goes while no control message stands behind it. */
  #last: ByteQueue | undefined;
  #bytes = 0;

  /** Bytes of data and control messages. */
  get bytes(): number {
    return this.#bytes;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#last === undefined) {
      this.#last = new ByteQueue();
      this.#items.push({ kind: 'data', data: this.#last });
    }
    this.#last.push(bytes);
    this.#bytes += bytes.length;
  }

  control(payloadType: number, payload: Uint8Array): void {
    this.#last = undefined;
    const message = { payloadType, payload: [Buffer.from(payload)], bytes: payload.length };
    this.#items.push({ kind: 'control', message });
    this.#bytes += payload.length;
  }

  /** Bytes of the message that {@link take} would return; 0 when there is none. */
  nextBytes(payloadBytes: number): number {
    const item = this.#items.at(0);
    if (item === undefined) return 0;
    return item.kind === 'data' ? Math.min(payloadBytes, item.data.length) : item.message.bytes;
  }

  /** The next message, data cut at `payloadBytes`. */
  take(payloadBytes: number): Outgoing | undefined {
    const item = this.#items.at(0);
    if (item === undefined) return undefined;
    if (item.kind === 'control') {
      this.#items.shift();
      this.#bytes -= item.message.bytes;
      return item.message;
    }
    const bytes = Math.min(payloadBytes, item.data.length);
    const payload = item.data.take(bytes);
    this.#bytes -= bytes;
    if (item.data.length === 0) {
      this.#items.shift();
      if (this.#last === item.data) this.#last = undefined;
    }
    return { payloadType: PayloadType.Output, payload, bytes };
  }

  clear(): void {
    this.#items.clear();
    this.#last = undefined;
    this.#bytes = 0;
  }
}

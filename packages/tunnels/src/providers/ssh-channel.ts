import { Duplex } from 'node:stream';
import { Ssh, encodeDataHeader, encodePacket, type Fields } from './ssh-wire.js';

/** Bytes the far end may send ahead of the reader; OpenSSH's own value for forwarded connections. */
export const WINDOW_BYTES: number = 2 * 1024 * 1024;
/** The largest payload asked of the far end in one packet. */
export const PACKET_BYTES: number = 64 * 1024;

/** The reader's progress is told in steps of this. */
const CREDIT_BYTES = WINDOW_BYTES / 4;
/**
 * OpenSSH reads a packet from its control socket in pieces of 16 KiB, one a turn of its loop (`channels.c`, read_mux),
 * behind the length: packets of two whole pieces waste no turn.
 */
const SEND_BYTES = 32 * 1024 - 10;

/** The socket all channels share. */
export interface PacketSink {
  /** Sends at once; false when it should be waited for {@link drained}. */
  send(...parts: readonly Buffer[]): boolean;
  /** Calls back once more can be sent. */
  drained(then: () => void): void;
}

/** One forwarded connection (RFC 4254 §5), paced by the windows of both ends. */
export class SshChannel extends Duplex {
  readonly #sink: PacketSink;
  readonly #remote: number;
  readonly #largest: number;
  readonly #released: () => void;
  #sendWindow: number;
  #uncredited = 0;
  #readerKeepsUp = true;
  #blocked: (() => void) | undefined;
  #closeSent = false;
  #closeSeen = false;
  #ended = false;

  /** @param confirmation what follows the recipient in the far end's confirmation */
  constructor(sink: PacketSink, confirmation: Fields, released: () => void) {
    super({ allowHalfOpen: true, readableHighWaterMark: 256 * 1024, writableHighWaterMark: 128 * 1024 });
    this.#sink = sink;
    this.#remote = confirmation.word();
    this.#sendWindow = confirmation.word();
    this.#largest = Math.min(confirmation.word(), SEND_BYTES);
    this.#released = released;
  }

  /** Bytes of the far end. */
  receive(bytes: Buffer): void {
    this.#uncredited += bytes.length;
    if (this.destroyed || this.#ended) this.#credit();
    else {
      this.#readerKeepsUp = this.push(bytes);
      if (this.#readerKeepsUp) this.#credit();
    }
  }

  /** Anything else the far end says of this channel. */
  handle(type: number, fields: Fields): void {
    if (type === Ssh.windowAdjust) {
      this.#sendWindow += fields.word();
      this.#unblock();
    } else if (type === Ssh.eof) this.#end();
    else if (type === Ssh.close) {
      this.#closeSeen = true;
      this.#end();
      this.#sendClose();
      this.#unblock();
      this.#released();
    } else if (type === Ssh.request) {
      fields.text();
      if (fields.flag() && !this.#closeSent) this.#sink.send(encodePacket(Ssh.channelFailure, this.#remote));
    }
  }

  /** The link is gone, and this connection with it. */
  lose(error: Error): void {
    this.#closeSent = true;
    this.#closeSeen = true;
    this.destroy(error);
  }

  override _read(): void {
    this.#readerKeepsUp = true;
    this.#credit();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#sendAll([chunk], done);
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#sendAll(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    if (!this.#closeSent) this.#sink.send(encodePacket(Ssh.eof, this.#remote));
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#sendClose();
    this.#unblock();
    done(error);
  }

  #sendAll(chunks: readonly Buffer[], done: (error?: Error | null) => void): void {
    const queue = [...chunks];
    const next = (): void => {
      this.#blocked = undefined;
      if (this.#closeSeen || this.#closeSent) {
        // Nobody is there to take it. Breaking off at once would take from our reader what it has not read yet.
        if (this.readableEnded) this.destroy();
        return done();
      }
      const parts: Buffer[] = [];
      for (let chunk = queue[0]; chunk !== undefined && this.#sendWindow > 0; chunk = queue[0]) {
        const part = chunk.subarray(0, Math.min(this.#largest, this.#sendWindow));
        this.#sendWindow -= part.length;
        if (part.length === chunk.length) queue.shift();
        else queue[0] = chunk.subarray(part.length);
        parts.push(encodeDataHeader(this.#remote, part.length), part);
      }
      const mayGoOn = parts.length === 0 || this.#sink.send(...parts);
      if (queue.length > 0 && this.#sendWindow === 0) this.#blocked = next;
      else if (!mayGoOn) this.#sink.drained(next);
      else done();
    };
    next();
  }

  #credit(): void {
    if (this.#uncredited < CREDIT_BYTES || this.#closeSent || this.#closeSeen) return;
    this.#sink.send(encodePacket(Ssh.windowAdjust, this.#remote, this.#uncredited));
    this.#uncredited = 0;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.push(null);
  }

  #sendClose(): void {
    if (this.#closeSent) return;
    this.#closeSent = true;
    this.#sink.send(encodePacket(Ssh.close, this.#remote));
  }

  #unblock(): void {
    this.#blocked?.();
  }
}

import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { lost, refused } from './refusal.js';

const DATA = 0;
const ERROR = 1;

/** Its second byte names a channel that sends no more; since version 5 (client-go `remotecommand/v5.go`). */
const CLOSE = 255;

/** Each channel begins with the port, in two bytes (kubelet `portforward/websocket.go`). */
const NAME_BYTES = 2;

/** A server takes messages of this size without joining parts. */
const PART_BYTES = 64 * 1024;

/** With Node's own 64 KiB or less the websocket stops and starts again for every other message. */
const WINDOW_BYTES = 512 * 1024;

/** The other side said that it is done, with a code or without (RFC 6455 §7.1.5). */
const CLEAN = new Set([1000, 1005]);

/** Before version 5 the far end cannot be told that we say no more. It may still talk; when it is silent this long, it waits for us. */
const SILENCE_MS = 60_000;

/** One port by binary channels: bytes on the first, the reason of a failure on the second. */
export class ChannelConnection extends Duplex {
  readonly #websocket: WebSocket;
  readonly #hasHalfClose: boolean;
  readonly #namesLeft = [NAME_BYTES, NAME_BYTES];
  #hasEnded = false;
  #silence: NodeJS.Timeout | undefined;

  constructor(websocket: WebSocket, hasHalfClose: boolean) {
    super({ allowHalfOpen: true, highWaterMark: WINDOW_BYTES });
    this.#websocket = websocket;
    this.#hasHalfClose = hasHalfClose;
    websocket.on('message', (message: Buffer) => this.#take(message));
    websocket.on('error', () => undefined);
    websocket.on('close', (code) => this.#closed(code));
  }

  override _read(): void {
    this.#websocket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#send(chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (this.#hasHalfClose) return this.#websocket.send(Buffer.from([CLOSE, DATA]), (error) => callback(error));
    this.#hear();
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#silence);
    // A paused websocket would never see the other side agree to close.
    this.#websocket.resume();
    if (error) this.#websocket.terminate();
    else this.#websocket.close(1000);
    callback(error);
  }

  #send(bytes: Buffer, sent: (error?: Error | null) => void): void {
    const part = bytes.subarray(0, PART_BYTES);
    const message = Buffer.allocUnsafe(part.length + 1);
    message[0] = DATA;
    part.copy(message, 1);
    this.#websocket.send(message, (error) => {
      if (error || part.length === bytes.length) sent(error ?? null);
      else this.#send(bytes.subarray(PART_BYTES), sent);
    });
  }

  #take(message: Buffer): void {
    const channel = message[0];
    if (channel === CLOSE && message[1] === DATA) return this.#end();
    if (channel !== DATA && channel !== ERROR) return;
    const named = Math.min(this.#namesLeft[channel] ?? 0, message.length - 1);
    this.#namesLeft[channel] = (this.#namesLeft[channel] ?? 0) - named;
    const bytes = message.subarray(1 + named);
    if (bytes.length === 0) return;
    if (channel === ERROR) return void this.destroy(refused(bytes.toString('utf8')));
    if (this.#silence) this.#hear();
    if (!this.push(bytes)) this.#websocket.pause();
  }

  #hear(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#end(), SILENCE_MS);
    this.#silence.unref();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.push(null);
  }

  #closed(code: number): void {
    if (!CLEAN.has(code) && !this.#hasEnded) return void this.destroy(lost());
    this.#end();
    if (!this.writableFinished) this.end();
  }
}

import { Buffer } from 'node:buffer';
import { MessageType, PayloadType, encodeMessage } from '../codec/index.js';
import type { Acknowledge } from '../codec/index.js';
import { Fifo } from '../queues/fifo.js';
import { CRYPT_OVERHEAD_BYTES } from './crypt.js';
import type { Crypt } from './crypt.js';
import { SendQueue } from './send-queue.js';
import type { Outgoing } from './send-queue.js';
import { SendWindow } from './send-window.js';
import { SizeProbe } from './size-probe.js';

/** A pause whose end was lost must not last for ever: after this long we ask, with one message. */
const pauseProbeMs = 5000;

/** How a {@link Sender} is made; see {@link ChannelOptions}. */
export interface SenderOptions {
  readonly windowBytes: number;
  readonly queueBytes: number;
  readonly payloadBytes: 'probe' | number;
  readonly newId: () => string;
}

/**
 * The sending half of a channel: what waits, what is on its way, how large messages are, and whether anything may be
 * sent at all. Answers of the handshake go first; data waits until {@link start}.
 *
 * While the service has told us to pause, nothing is sent, neither new nor again. A pause ends with
 * `start_publication` or with a new socket. Since the message that ends it may be lost, one message is sent after 5 s
 * of pause and every 5 s from then on; its acknowledgement ends the pause too. Other acknowledgements do not: they
 * answer what was sent before.
 */
export class Sender {
  readonly #queueBytes: number;
  readonly #newId: () => string;
  readonly #window: SendWindow;
  readonly #probe: SizeProbe;
  readonly #queue = new SendQueue();
  readonly #replies = new Fifo<Outgoing>();
  #sessionType: string | undefined;
  #crypt: Crypt | undefined;
  #isConnected = false;
  #wantsDrain = false;
  #pause: { readonly sinceMs: number; probeAtMs: number; probe: number | undefined } | undefined;
  #bytesOut = 0;

  constructor(options: SenderOptions) {
    this.#queueBytes = options.queueBytes;
    this.#newId = options.newId;
    this.#window = new SendWindow(options.windowBytes);
    this.#probe = new SizeProbe(options.payloadBytes);
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  get unacknowledgedBytes(): number {
    return this.#window.unacknowledgedBytes;
  }

  get isFlushed(): boolean {
    return this.#queue.bytes === 0 && this.#replies.length === 0 && this.#window.unacknowledgedBytes === 0;
  }

  /** The sender's part of {@link ChannelStats}. */
  get stats(): {
    readonly bytesOut: number;
    readonly messagesOut: number;
    readonly resent: number;
    readonly payloadBytes: number;
    readonly windowBytes: number;
    readonly roundTripMs: number | undefined;
  } {
    return {
      bytesOut: this.#bytesOut,
      messagesOut: this.#window.nextSequenceNumber,
      resent: this.#window.resent,
      payloadBytes: this.#probe.payloadBytes,
      windowBytes: Math.floor(this.#window.windowBytes),
      roundTripMs: this.#window.roundTrips.smoothedMs,
    };
  }

  /** The session is ready: data may go out, encrypted if there is a key. */
  start(sessionType: string, crypt: Crypt | undefined): void {
    this.#sessionType = sessionType;
    this.#crypt = crypt;
  }

  /** `false`: the queue is above its mark. */
  write(bytes: Uint8Array): boolean {
    this.#queue.write(bytes);
    this.#wantsDrain ||= this.#queue.bytes > this.#queueBytes;
    return !this.#wantsDrain;
  }

  control(payloadType: number, payload: Uint8Array): void {
    this.#queue.control(payloadType, payload);
  }

  /** Queues an answer of the handshake. */
  reply(payloadType: number, payload: Buffer): void {
    this.#replies.push({ payloadType, payload: [payload], bytes: payload.length });
  }

  /** Frames to send over the new socket at once: all that is not acknowledged, in order. */
  connected(nowMs: number): Buffer[] {
    this.#isConnected = true;
    return this.#window.resendAll(nowMs);
  }

  disconnected(): void {
    this.#isConnected = false;
    this.#probe.disconnected();
  }

  /** `true`: that ended a pause. */
  acknowledged(ack: Acknowledge, nowMs: number): boolean {
    const sequenceNumber = Number(ack.sequenceNumber);
    const message = this.#window.acknowledge(sequenceNumber, nowMs);
    if (message === undefined) return false;
    this.#probe.acknowledged(message, ack.messageId);
    return sequenceNumber === this.#pause?.probe && this.resume(nowMs);
  }

  /** `true`: that began a pause. */
  pause(nowMs: number): boolean {
    if (this.#pause) return false;
    this.#pause = { sinceMs: nowMs, probeAtMs: nowMs + pauseProbeMs, probe: undefined };
    return true;
  }

  /** `true`: that ended a pause. */
  resume(nowMs: number): boolean {
    if (this.#pause === undefined) return false;
    this.#window.postpone(nowMs - this.#pause.sinceMs, nowMs);
    this.#pause = undefined;
    return true;
  }

  /** Frames whose time has come. */
  tick(nowMs: number): Buffer[] {
    if (!this.#isConnected) return [];
    if (this.#pause === undefined) return listOf(this.#window.timeOut(nowMs));
    if (nowMs < this.#pause.probeAtMs) return [];
    this.#pause.probeAtMs = nowMs + pauseProbeMs;
    this.#pause.probe = this.#window.oldestSequenceNumber ?? this.#window.nextSequenceNumber;
    return listOf(this.#window.repeatOldest(nowMs) ?? this.#sendNext(nowMs));
  }

  /** Everything that may be sent now; cuts queued data into messages. */
  take(nowMs: number): Buffer[] {
    if (!this.#isConnected || this.#pause) return [];
    const frames = this.#window.due(nowMs);
    for (let bytes = this.#nextBytes(); bytes > 0 && this.#window.hasRoom(bytes); bytes = this.#nextBytes()) {
      const frame = this.#tryLarger(nowMs) ?? this.#sendNext(nowMs);
      if (frame) frames.push(frame);
    }
    return frames;
  }

  /** `true` once after a {@link write} that answered `false`, when the queue is half empty. */
  takeDrain(): boolean {
    if (!this.#wantsDrain || this.#queue.bytes > this.#queueBytes / 2) return false;
    this.#wantsDrain = false;
    return true;
  }

  /** When {@link tick} has something to do; `undefined` while nothing waits for time to pass. */
  get nextTickMs(): number | undefined {
    if (!this.#isConnected) return undefined;
    if (this.#pause === undefined) return this.#window.deadlineMs;
    return this.#window.isEmpty && this.#nextBytes() === 0 ? undefined : this.#pause.probeAtMs;
  }

  /** Nothing will be sent any more. */
  end(): void {
    this.#queue.clear();
    this.#replies.clear();
  }

  /** Payload of the message that is next in line; 0 when there is none that may go out. */
  #nextBytes(): number {
    const reply = this.#replies.at(0);
    if (reply) return reply.bytes;
    return this.#sessionType === undefined ? 0 : this.#queue.nextBytes(this.#probe.payloadBytes);
  }

  #sendNext(nowMs: number): Buffer | undefined {
    const reply = this.#replies.shift();
    if (reply) return this.#send(reply, reply.payload, nowMs);
    const outgoing = this.#sessionType === undefined ? undefined : this.#queue.take(this.#probe.payloadBytes);
    if (outgoing === undefined) return undefined;
    if (outgoing.payloadType === PayloadType.Size) this.#probe.noteSize(Buffer.concat(outgoing.payload));
    if (outgoing.payloadType !== PayloadType.Output) return this.#send(outgoing, outgoing.payload, nowMs);
    this.#bytesOut += outgoing.bytes;
    return this.#send(outgoing, this.#crypt?.encrypt(outgoing.payload) ?? outgoing.payload, nowMs);
  }

  #send(outgoing: Outgoing, payload: readonly Uint8Array[], nowMs: number): Buffer {
    const frame = this.#encode(outgoing.payloadType, payload, this.#newId(), nowMs);
    this.#window.add(frame, outgoing.bytes, nowMs);
    return frame;
  }

  /** A trial of the size probe, if it is time for one. */
  #tryLarger(nowMs: number): Buffer | undefined {
    if (this.#sessionType === undefined) return undefined;
    const trial = this.#probe.next(this.#sessionType, this.#queue.bytes, this.#window.windowBytes);
    if (trial === undefined) return undefined;
    const paddedId = this.#newId();
    // As large as data of that size will be.
    const overhead = Buffer.alloc(this.#crypt ? CRYPT_OVERHEAD_BYTES : 0, ' ');
    const frame = this.#encode(PayloadType.Size, [trial.padded, overhead], paddedId, nowMs);
    const smaller = this.#encode(PayloadType.Size, [trial.plain], this.#newId(), nowMs);
    this.#probe.started(this.#window.add(frame, trial.padded.length, nowMs, smaller), paddedId);
    return frame;
  }

  #encode(payloadType: number, payload: readonly Uint8Array[], messageId: string, nowMs: number): Buffer {
    return encodeMessage({
      messageType: MessageType.InputStreamData,
      createdDate: creationDate(nowMs),
      sequenceNumber: this.#window.nextSequenceNumber,
      messageId,
      payloadType,
      payload,
    });
  }
}

/** Peers refuse the date 0. */
export function creationDate(nowMs: number): number {
  return Math.max(1, Math.floor(nowMs));
}

function listOf<T>(item: T | undefined): T[] {
  return item === undefined ? [] : [item];
}

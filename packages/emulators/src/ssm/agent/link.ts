import {
  decodeMessage,
  encodeAcknowledge,
  encodeAgentSessionState,
  encodeMessage,
  FRAME_OVERHEAD,
  MessageType,
  parseAcknowledge,
  parseChannelClosed,
  type ChannelMessage,
} from '@hawser/ssm-channel/codec';
import { randomUUID } from 'node:crypto';

/**
 * What became of a data message. `taken`: acknowledge it. `blocked`: it was taken, but nothing more can be until
 * {@link AgentLink.unblock}; the acknowledgement waits, as the agent's does while it is stuck in a write.
 * `refused`: not acknowledged, so that the client sends it again.
 */
export type Verdict = 'taken' | 'blocked' | 'refused';

/** What a link is connected to. */
export interface LinkOptions {
  readonly sessionId: string;
  readonly checkDigests: boolean;
  /** Larger input payloads are dropped without a word. */
  readonly maxInputPayloadBytes: number;
  /** A monotonic clock, in milliseconds. */
  now(): number;
  /** Wall clock for creation dates, in milliseconds since 1970. */
  date(): number;
  /** Puts a frame on the wire. */
  send(frame: Buffer): void;
  /** Whether the wire takes more for now. */
  wireTakesMore(): boolean;
  /** Processes one data message, in order. */
  handle(payloadType: number, payload: Buffer): Verdict;
  /** {@link AgentLink.writable} may have become true. */
  onWritable(): void;
  /** A message was acknowledged for the first time. */
  onAcknowledged(): void;
  /** The service closed the channel. */
  onClosed(): void;
  /** The next {@link AgentLink.tick} is due in {@link resendPeriodMs}; asked for while something is unacknowledged. */
  wantTick(): void;
}

/** How often the oldest unacknowledged message is looked at. */
export const resendPeriodMs = 100;

const initialRoundTripMs = 100;
const initialTimeoutMs = 200;
const maxTimeoutMs = 1000;
const clockGranularityMs = 10;
const bufferedMessages = 100_000;
/** The real agent has no such limits; they bound the emulator's memory whatever a client does. */
const unacknowledgedLimitBytes = 4 * 1024 * 1024;
const backlogLimitBytes = 8 * 1024 * 1024;
const reorderLimitBytes = 16 * 1024 * 1024;

interface Outgoing {
  readonly frame: Buffer;
  lastSentMs: number;
}

/**
 * The agent's end of a data channel: numbering, acknowledgements, resends and the publication gate, as the real agent
 * has them, its weaknesses included. Only the oldest unacknowledged message is ever sent again, once its timer ran
 * out; round trips of resent messages count too; any acknowledgement or input lifts a pause.
 *
 * A state machine: it is told the time and owns no timer.
 *
 * @see amazon-ssm-agent agent/session/datachannel/datachannel.go, agent/session/config/config.go
 */
export class AgentLink {
  readonly #options: LinkOptions;
  readonly #outgoing = new Map<number, Outgoing>();
  readonly #early = new Map<number, ChannelMessage>();
  readonly #backlog: ChannelMessage[] = [];
  #unacknowledgedBytes = 0;
  #earlyBytes = 0;
  #backlogBytes = 0;
  #nextOut = 0;
  #nextIn = 0;
  #paused = false;
  #closed = false;
  #roundTripMs = initialRoundTripMs;
  #variationMs = 0;
  #timeoutMs = initialTimeoutMs;
  #handling = false;
  /** The message whose processing is stuck. */
  #blockedBy: { readonly message: ChannelMessage; readonly owesAcknowledgement: boolean } | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Whether a source may be read and sent now: the channel is active, and neither window nor wire is full. */
  get writable(): boolean {
    return (
      !this.#paused &&
      !this.#closed &&
      this.#unacknowledgedBytes < unacknowledgedLimitBytes &&
      this.#options.wireTakesMore()
    );
  }

  /** How long a message may stay unacknowledged before it is sent again, in milliseconds. */
  get resendAfterMs(): number {
    return this.#timeoutMs;
  }

  /** Whether every message was acknowledged. */
  get flushed(): boolean {
    return this.#outgoing.size === 0;
  }

  /** Numbers a payload, stores it until it is acknowledged, and sends it unless publication is paused. */
  sendData(payloadType: number, payload: Uint8Array): void {
    if (payload.length === 0 || this.#closed) return;
    const sequenceNumber = this.#nextOut;
    this.#nextOut += 1;
    const frame = encodeMessage({
      messageType: MessageType.OutputStreamData,
      createdDate: this.#options.date(),
      sequenceNumber,
      flags: sequenceNumber === 0 ? 1 : 0,
      messageId: randomUUID(),
      payloadType,
      payload,
    });
    this.#outgoing.set(sequenceNumber, { frame, lastSentMs: this.#options.now() });
    this.#unacknowledgedBytes += frame.length - FRAME_OVERHEAD;
    if (!this.#paused) this.#options.send(frame);
    this.#options.wantTick();
  }

  /** Tells the service where the session stands; neither numbered nor acknowledged. */
  sendState(sessionState: 'Connected' | 'Terminating'): void {
    const payload = encodeAgentSessionState({ schemaVersion: 1, sessionState, sessionId: this.#options.sessionId });
    this.#sendControl(MessageType.AgentSessionState, payload);
  }

  /** One frame arrived. Frames that make no sense are dropped, as the agent logs and drops them. */
  receive(frame: Uint8Array): void {
    if (this.#closed) return;
    const message = this.#decode(frame);
    switch (message?.messageType) {
      case MessageType.InputStreamData:
        this.#resumePublication();
        this.#receiveData(message);
        break;
      case MessageType.Acknowledge:
        this.#resumePublication();
        this.#receiveAcknowledge(message);
        break;
      case MessageType.PausePublication:
        this.#paused = true;
        break;
      case MessageType.StartPublication:
        this.#resumePublication();
        break;
      case MessageType.ChannelClosed:
        this.#receiveClosed(message);
        break;
      default:
        break;
    }
  }

  /** The handler that answered `blocked`, or that was not ready yet, can go on. */
  unblock(): void {
    // The verdict that is about to be given says it as well.
    if (this.#handling) return;
    const stuck = this.#blockedBy;
    this.#blockedBy = undefined;
    if (stuck?.owesAcknowledgement) this.#acknowledge(stuck.message);
    this.#deliverEarly();
    while (this.#backlog.length > 0 && this.#blockedBy === undefined) {
      const next = this.#backlog.shift()!;
      this.#backlogBytes -= next.payload.length;
      this.#receiveData(next);
    }
  }

  /** The wire took what was queued. */
  drained(): void {
    if (this.writable) this.#options.onWritable();
  }

  /** Looks at the oldest unacknowledged message. Answers whether to come back. */
  tick(): boolean {
    if (this.#closed) return false;
    const head = this.#outgoing.values().next().value;
    if (head === undefined) return false;
    const now = this.#options.now();
    if (!this.#paused && now - head.lastSentMs > this.resendAfterMs) {
      head.lastSentMs = now;
      this.#options.send(head.frame);
    }
    return true;
  }

  /** Nothing more goes in or out. */
  close(): void {
    this.#closed = true;
    this.#outgoing.clear();
    this.#early.clear();
    this.#backlog.length = 0;
  }

  #decode(frame: Uint8Array): ChannelMessage | undefined {
    try {
      return decodeMessage(frame, { checkDigest: this.#options.checkDigests });
    } catch {
      return undefined;
    }
  }

  #receiveData(message: ChannelMessage): void {
    const bytes = message.payload.length;
    if (bytes > this.#options.maxInputPayloadBytes) return;
    if (this.#blockedBy !== undefined) {
      if (this.#backlogBytes + bytes > backlogLimitBytes) return;
      this.#backlog.push(message);
      this.#backlogBytes += bytes;
      return;
    }
    const sequenceNumber = Number(message.sequenceNumber);
    if (sequenceNumber < this.#nextIn) {
      this.#acknowledge(message);
    } else if (sequenceNumber > this.#nextIn) {
      this.#storeEarly(sequenceNumber, message);
    } else if (this.#process(message, true)) {
      this.#deliverEarly();
    }
  }

  #storeEarly(sequenceNumber: number, message: ChannelMessage): void {
    const known = this.#early.get(sequenceNumber);
    const bytes = this.#earlyBytes + message.payload.length - (known?.payload.length ?? 0);
    if (known === undefined && (this.#early.size >= bufferedMessages || bytes > reorderLimitBytes)) return;
    this.#early.set(sequenceNumber, message);
    this.#earlyBytes = bytes;
    this.#acknowledge(message);
  }

  /** Early messages were acknowledged when they were stored: one whose handler refuses it stays for the next time. */
  #deliverEarly(): void {
    while (this.#blockedBy === undefined) {
      const message = this.#early.get(this.#nextIn);
      if (message === undefined) return;
      const sequenceNumber = this.#nextIn;
      if (!this.#process(message, false)) return;
      this.#early.delete(sequenceNumber);
      this.#earlyBytes -= message.payload.length;
    }
  }

  #process(message: ChannelMessage, owesAcknowledgement: boolean): boolean {
    this.#handling = true;
    const verdict = this.#options.handle(message.payloadType, message.payload);
    this.#handling = false;
    if (verdict === 'refused') return false;
    this.#nextIn += 1;
    if (verdict === 'blocked') this.#blockedBy = { message, owesAcknowledgement };
    else if (owesAcknowledgement) this.#acknowledge(message);
    return true;
  }

  #acknowledge(message: ChannelMessage): void {
    this.#sendControl(
      MessageType.Acknowledge,
      encodeAcknowledge({
        messageType: message.messageType,
        messageId: message.messageId,
        sequenceNumber: message.sequenceNumber,
        isSequential: true,
      }),
    );
  }

  #sendControl(messageType: string, payload: Buffer): void {
    if (this.#closed) return;
    this.#options.send(
      encodeMessage({
        messageType,
        createdDate: this.#options.date(),
        sequenceNumber: 0,
        flags: 3,
        messageId: randomUUID(),
        payloadType: 0,
        payload,
      }),
    );
  }

  #receiveAcknowledge(message: ChannelMessage): void {
    let sequenceNumber: number;
    try {
      sequenceNumber = parseAcknowledge(message.payload).sequenceNumber;
    } catch {
      return;
    }
    const entry = this.#outgoing.get(sequenceNumber);
    if (entry === undefined) return;
    this.#sampleRoundTrip(this.#options.now() - entry.lastSentMs);
    this.#outgoing.delete(sequenceNumber);
    this.#unacknowledgedBytes -= entry.frame.length - FRAME_OVERHEAD;
    this.#options.onAcknowledged();
    if (this.writable) this.#options.onWritable();
  }

  #sampleRoundTrip(sampleMs: number): void {
    this.#variationMs = 0.75 * this.#variationMs + 0.25 * Math.abs(this.#roundTripMs - sampleMs);
    this.#roundTripMs = 0.875 * this.#roundTripMs + 0.125 * sampleMs;
    this.#timeoutMs = Math.min(maxTimeoutMs, this.#roundTripMs + Math.max(clockGranularityMs, 4 * this.#variationMs));
  }

  #resumePublication(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.writable) this.#options.onWritable();
  }

  #receiveClosed(message: ChannelMessage): void {
    try {
      parseChannelClosed(message.payload);
    } catch {
      return;
    }
    this.close();
    this.#options.onClosed();
  }
}

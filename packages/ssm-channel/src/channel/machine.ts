import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import {
  CLIENT_VERSION,
  HeaderFlags,
  MessageType,
  PayloadType,
  SsmCodecError,
  decodeMessage,
  encodeAcknowledge,
  encodeMessage,
  parseAcknowledge,
  parseChannelClosed,
} from '../codec/index.js';
import type { ChannelMessage } from '../codec/index.js';
import { Handshake } from './handshake.js';
import type { HandshakeStep } from './handshake.js';
import { ReceiveWindow } from './receive-window.js';
import { Sender, creationDate } from './sender.js';
import type { Channel, ChannelFailure, ChannelOptions, ChannelStats, DeliveredKind, Wish } from './types.js';

const defaultWindowBytes = 4 << 20;
const defaultReceiveWindowBytes = 4 << 20;
const defaultQueueBytes = 1 << 20;
/** After a refusal the agent ends the session; this long we wait for it to say so in its own words. */
const refusalPatienceMs = 5000;

/** What is handed on, by payload type. All else that is numbered is acknowledged and ignored, as the original does. */
const kinds: Readonly<Record<number, DeliveredKind>> = {
  [PayloadType.Output]: 'output',
  [PayloadType.Error]: 'error',
  [PayloadType.Flag]: 'flag',
  [PayloadType.StdErr]: 'stderr',
  [PayloadType.ExitCode]: 'exit-code',
};
const encryptedTypes: ReadonlySet<number> = new Set([PayloadType.Output, PayloadType.StdErr, PayloadType.ExitCode]);

/**
 * The client end of a data channel.
 *
 * Every numbered message goes one way: its place in the order is found, it is dispatched when its turn has come (at
 * once, or later from the store of early ones), and it is acknowledged when it was dispatched or stored. Duplicates are
 * acknowledged again, since the acknowledgement may have been lost. What is damaged, or does not fit into the receive
 * window, is not acknowledged, and so comes again.
 *
 * @throws RangeError when an option is no sensible number.
 */
export function createChannel(options: ChannelOptions): Channel {
  return new ChannelMachine(options);
}

class ChannelMachine implements Channel {
  readonly #newId: () => string;
  readonly #handshake: Handshake;
  readonly #sender: Sender;
  readonly #received: ReceiveWindow;
  #wishes: Wish[] = [];
  #isOver = false;
  #refusedUntilMs: number | undefined;
  /** The `wake` that was wished for last. */
  #wakeAtMs: number | undefined;
  #bytesIn = 0;
  #duplicates = 0;
  #rejected = 0;

  constructor(options: ChannelOptions) {
    const { payloadBytes = 'probe' } = options;
    this.#newId = options.newId ?? randomUUID;
    this.#handshake = new Handshake({
      clientVersion: options.clientVersion ?? CLIENT_VERSION,
      sessionTypes: options.sessionTypes,
    });
    this.#sender = new Sender({
      windowBytes: atLeastOne('windowBytes', options.windowBytes ?? defaultWindowBytes),
      queueBytes: atLeastOne('queueBytes', options.queueBytes ?? defaultQueueBytes),
      payloadBytes: payloadBytes === 'probe' ? payloadBytes : atLeastOne('payloadBytes', payloadBytes),
      newId: this.#newId,
    });
    this.#received = new ReceiveWindow(
      atLeastOne('receiveWindowBytes', options.receiveWindowBytes ?? defaultReceiveWindowBytes),
    );
  }

  get unacknowledgedBytes(): number {
    return this.#sender.unacknowledgedBytes;
  }

  get flushed(): boolean {
    return this.#sender.isFlushed;
  }

  get stats(): ChannelStats {
    return {
      bytesIn: this.#bytesIn,
      messagesIn: this.#received.expected,
      duplicates: this.#duplicates,
      rejected: this.#rejected,
      ...this.#sender.stats,
    };
  }

  connected(nowMs: number): void {
    if (this.#isOver) return;
    this.#noteResumed(this.#sender.resume(nowMs));
    this.#send(this.#sender.connected(nowMs));
  }

  disconnected(_nowMs: number): void {
    if (this.#isOver) return;
    this.#sender.disconnected();
    // Nobody may take these for the next socket: it will have everything again.
    this.#wishes = this.#wishes.filter((wish) => wish.do !== 'send');
  }

  receive(frame: Uint8Array, nowMs: number): void {
    if (this.#isOver) return;
    try {
      this.#receiveMessage(decodeMessage(frame), nowMs);
    } catch (error) {
      if (!(error instanceof SsmCodecError)) throw error;
      this.#rejected += 1;
    }
  }

  write(bytes: Uint8Array, _nowMs: number): boolean {
    return this.#isOver || this.#sender.write(bytes);
  }

  control(payloadType: number, payload: Uint8Array, _nowMs: number): void {
    if (payload.length === 0) throw new RangeError('A control message cannot be empty');
    if (!this.#isOver) this.#sender.control(payloadType, payload);
  }

  delivered(bytes: number, _nowMs: number): void {
    const wish = this.#received.consumed(bytes);
    if (wish && !this.#isOver) this.#wishes.push({ do: wish });
  }

  dataKey(key: { readonly plaintext: Uint8Array; readonly ciphertext: Uint8Array }, nowMs: number): void {
    if (!this.#isOver) this.#follow(this.#handshake.dataKey(key), nowMs);
  }

  dataKeyFailed(message: string, nowMs: number): void {
    if (!this.#isOver) this.#follow(this.#handshake.dataKeyFailed(message), nowMs);
  }

  tick(nowMs: number): void {
    if (this.#isOver) return;
    // Timers may fire early; what they were set for is then wished for again.
    this.#wakeAtMs = undefined;
    if (this.#refusedUntilMs !== undefined && nowMs >= this.#refusedUntilMs) {
      this.#fail('handshake-refused', this.#handshake.refusal ?? 'The handshake failed.');
    } else {
      this.#send(this.#sender.tick(nowMs));
    }
  }

  take(nowMs: number): Wish[] {
    if (!this.#isOver) {
      this.#send(this.#sender.take(nowMs));
      if (this.#sender.takeDrain()) this.#wishes.push({ do: 'drain' });
      const atMs = earliest(this.#refusedUntilMs, this.#sender.nextTickMs);
      if (atMs !== undefined && atMs !== this.#wakeAtMs) {
        this.#wakeAtMs = atMs;
        this.#wishes.push({ do: 'wake', atMs });
      }
    }
    const wishes = this.#wishes;
    this.#wishes = [];
    return wishes;
  }

  #receiveMessage(message: ChannelMessage, nowMs: number): void {
    switch (message.messageType) {
      case MessageType.OutputStreamData:
        this.#receiveNumbered(message, nowMs);
        break;
      case MessageType.Acknowledge:
        this.#noteResumed(this.#sender.acknowledged(parseAcknowledge(message.payload), nowMs));
        break;
      case MessageType.ChannelClosed:
        this.#close(message.payload);
        break;
      case MessageType.StartPublication:
        this.#noteResumed(this.#sender.resume(nowMs));
        break;
      case MessageType.PausePublication:
        if (this.#sender.pause(nowMs)) this.#wishes.push({ do: 'paused', paused: true });
        break;
      default:
      // Other message types are not for clients.
    }
  }

  #receiveNumbered(message: ChannelMessage, nowMs: number): void {
    const { payloadType, payload } = message;
    const sequenceNumber = Number(message.sequenceNumber);
    const place = this.#received.placeOf(sequenceNumber, payload.length);
    switch (place) {
      case 'beyond':
        this.#rejected += 1;
        return;
      case 'duplicate':
        this.#duplicates += 1;
        break;
      case 'early':
        this.#received.store(sequenceNumber, payloadType, payload);
        break;
      case 'next':
        this.#dispatch(payloadType, payload, nowMs);
        break;
    }
    if (this.#isOver) return;
    this.#acknowledge(message, nowMs);
    if (place !== 'next') return;
    for (let early = this.#received.takeEarly(); early; early = this.#received.takeEarly()) {
      this.#dispatch(early.payloadType, early.payload, nowMs);
    }
  }

  /** Every numbered message comes through here, when it is its turn. */
  #dispatch(payloadType: number, payload: Buffer, nowMs: number): void {
    this.#received.advance();
    switch (payloadType) {
      case PayloadType.HandshakeRequest:
        this.#follow(this.#handshake.request(payload), nowMs);
        break;
      case PayloadType.EncChallengeRequest:
        this.#follow(this.#handshake.challenge(payload), nowMs);
        break;
      case PayloadType.HandshakeComplete:
        this.#follow(this.#handshake.complete(payload), nowMs);
        break;
      default: {
        const kind = kinds[payloadType];
        if (kind !== undefined) this.#deliver(kind, payloadType, payload, nowMs);
      }
    }
  }

  #deliver(kind: DeliveredKind, payloadType: number, payload: Buffer, nowMs: number): void {
    if (!this.#handshake.isComplete) {
      this.#follow(this.#handshake.data(), nowMs);
      if (this.#isOver) return;
    }
    const { crypt } = this.#handshake;
    const bytes = crypt && encryptedTypes.has(payloadType) ? crypt.decrypt(payload) : compact(payload);
    if (bytes === undefined) {
      this.#fail('decrypt-failed', 'What the agent sent cannot be decrypted with the key that was agreed.');
      return;
    }
    if (bytes.length === 0) return;
    this.#bytesIn += bytes.length;
    this.#wishes.push({ do: 'deliver', kind, bytes });
    const wish = this.#received.delivered(bytes.length);
    if (wish) this.#wishes.push({ do: wish });
  }

  #acknowledge(message: ChannelMessage, nowMs: number): void {
    // Without a socket it is lost anyway; the message comes again, and is acknowledged as a duplicate.
    if (!this.#sender.isConnected) return;
    const payload = encodeAcknowledge({
      messageType: message.messageType,
      messageId: message.messageId,
      sequenceNumber: message.sequenceNumber,
      isSequential: true,
    });
    const frame = encodeMessage({
      messageType: MessageType.Acknowledge,
      createdDate: creationDate(nowMs),
      sequenceNumber: 0,
      // Some agents stall on anything else.
      flags: HeaderFlags.Syn | HeaderFlags.Fin,
      messageId: this.#newId(),
      payloadType: PayloadType.Undefined,
      payload,
    });
    this.#send([frame]);
  }

  #close(payload: Buffer): void {
    let output = '';
    try {
      output = parseChannelClosed(payload).output;
    } catch (error) {
      if (!(error instanceof SsmCodecError)) throw error;
      // The session is over whatever is written there.
    }
    this.#end({ do: 'end', output });
  }

  #follow(step: HandshakeStep, nowMs: number): void {
    switch (step.next) {
      case 'respond':
        this.#sender.reply(PayloadType.HandshakeResponse, step.payload);
        if (this.#handshake.refusal !== undefined) this.#refusedUntilMs = nowMs + refusalPatienceMs;
        break;
      case 'answer-challenge':
        this.#sender.reply(PayloadType.EncChallengeResponse, step.payload);
        break;
      case 'data-key':
        this.#wishes.push({ do: 'data-key', ...step.action });
        break;
      case 'ready':
        this.#sender.start(step.facts.sessionType, this.#handshake.crypt);
        this.#wishes.push({ do: 'ready', facts: step.facts });
        break;
      case 'fail':
        this.#fail(step.code, step.message);
        break;
      case 'nothing':
        break;
    }
  }

  #fail(code: ChannelFailure, message: string): void {
    this.#end({ do: 'fail', code, message });
  }

  #end(wish: Wish): void {
    this.#isOver = true;
    this.#wishes.push(wish);
    this.#sender.end();
    this.#received.clear();
  }

  #noteResumed(isResumed: boolean): void {
    if (isResumed) this.#wishes.push({ do: 'paused', paused: false });
  }

  #send(frames: readonly Buffer[]): void {
    for (const frame of frames) this.#wishes.push({ do: 'send', frame });
  }
}

function atLeastOne(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`${name} must be a whole number above 0, not ${value}`);
  return value;
}

function earliest(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return Math.min(left, right);
}

/** A small view keeps the whole of what arrived with it alive; a copy does not. */
function compact(bytes: Buffer): Buffer {
  return bytes.buffer.byteLength > 4 * bytes.length + 1024 ? Buffer.from(bytes) : bytes;
}

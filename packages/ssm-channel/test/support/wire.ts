import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { createChannel } from '../../src/channel/index.js';
import type { Channel, ChannelOptions, Wish } from '../../src/channel/index.js';
import {
  MessageType,
  PayloadType,
  decodeMessage,
  encodeAcknowledge,
  encodeMessage,
  encodeServiceMessage,
} from '../../src/codec/index.js';
import type { ChannelMessage } from '../../src/codec/index.js';

type WishOf<Do extends Wish['do']> = Extract<Wish, { readonly do: Do }>;

/** A channel on a wire that a test holds in its hands: the test plays the agent and the clock. */
export class Wire {
  readonly channel: Channel;
  nowMs = 1_700_000_000_000;
  #agentNumber = 0;
  /** Every frame the channel sent, oldest first. */
  readonly frames: Buffer[] = [];

  constructor(options: Partial<ChannelOptions> = {}) {
    this.channel = createChannel({ sessionTypes: ['Standard_Stream', 'NonInteractiveCommands', 'Port'], ...options });
  }

  /** A wire whose session is ready: the agent skipped the handshake and wrote a prompt. */
  static ready(options: Partial<ChannelOptions> = {}): Wire {
    const wire = new Wire(options);
    wire.channel.connected(wire.nowMs);
    wire.agent(PayloadType.Output, '# ');
    wire.take();
    wire.channel.delivered(2, wire.nowMs);
    wire.take();
    return wire;
  }

  take(): Wish[] {
    const wishes = this.channel.take(this.nowMs);
    for (const wish of wishes) if (wish.do === 'send') this.frames.push(wish.frame);
    return wishes;
  }

  /** Wishes of one kind, the others dropped. */
  takeOnly<Do extends Wish['do']>(...kinds: readonly Do[]): WishOf<Do>[] {
    return this.take().filter((wish): wish is WishOf<Do> => (kinds as readonly string[]).includes(wish.do));
  }

  /** The messages the channel sends now, without its acknowledgements. */
  takeData(): ChannelMessage[] {
    return this.takeMessages().filter(({ messageType }) => messageType === MessageType.InputStreamData);
  }

  takeMessages(): ChannelMessage[] {
    return this.takeOnly('send').map(({ frame }) => decodeMessage(frame));
  }

  /** Numbers of what the channel acknowledges now. */
  takeAcks(): number[] {
    return this.takeMessages()
      .filter(({ messageType }) => messageType === MessageType.Acknowledge)
      .map(
        ({ payload }) =>
          (JSON.parse(payload.toString()) as { AcknowledgedMessageSequenceNumber: number })
            .AcknowledgedMessageSequenceNumber,
      );
  }

  /** The agent's next message, or one of a given number. */
  agent(payloadType: number, payload: string | Uint8Array, sequenceNumber?: number): void {
    this.channel.receive(agentFrame(sequenceNumber ?? this.#agentNumber, payloadType, payload, this.nowMs), this.nowMs);
    if (sequenceNumber === undefined) this.#agentNumber += 1;
  }

  /** The agent acknowledges input messages by number. */
  ack(...sequenceNumbers: readonly number[]): void {
    for (const sequenceNumber of sequenceNumbers) this.ackAs(sequenceNumber, randomUUID());
  }

  ackAs(sequenceNumber: number, messageId: string): void {
    const ack = { messageType: MessageType.InputStreamData, messageId, sequenceNumber, isSequential: true };
    this.channel.receive(
      encodeMessage({
        messageType: MessageType.Acknowledge,
        createdDate: this.nowMs,
        sequenceNumber: 0,
        flags: 3,
        messageId: randomUUID(),
        payloadType: 0,
        payload: encodeAcknowledge(ack),
      }),
      this.nowMs,
    );
  }

  service(messageType: string, payload = ''): void {
    this.channel.receive(
      encodeServiceMessage({
        messageType,
        createdDate: this.nowMs,
        sequenceNumber: 0,
        messageId: randomUUID(),
        payload: Buffer.from(payload),
      }),
      this.nowMs,
    );
  }

  /** Time passes; the channel is told. */
  tick(ms: number): void {
    this.nowMs += ms;
    this.channel.tick(this.nowMs);
  }
}

/** An `output_stream_data` frame. */
export function agentFrame(
  sequenceNumber: number | bigint,
  payloadType: number,
  payload: string | Uint8Array,
  nowMs: number,
): Buffer {
  return encodeMessage({
    messageType: MessageType.OutputStreamData,
    createdDate: nowMs,
    sequenceNumber,
    flags: Number(sequenceNumber) === 0 ? 1 : 0,
    messageId: randomUUID(),
    payloadType,
    payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
  });
}

/** Sequence numbers of messages. */
export function numbersOf(messages: readonly ChannelMessage[]): number[] {
  return messages.map(({ sequenceNumber }) => Number(sequenceNumber));
}

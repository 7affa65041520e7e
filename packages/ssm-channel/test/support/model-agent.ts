import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, randomUUID } from 'node:crypto';
import { MessageType, PayloadType, SsmCodecError, decodeMessage, encodeMessage } from '../../src/codec/index.js';

/** How the model behaves. */
export interface ModelAgentOptions {
  /** `undefined`: skips the handshake. */
  readonly sessionType?: string;
  readonly properties?: unknown;
  /** 64 bytes: asks for encryption and uses this key, whatever ciphertext comes back. */
  readonly dataKey?: Buffer;
  readonly challenge?: string;
  /** Larger input payloads are dropped without a word. */
  readonly maxInputPayloadBytes?: number;
  /** Unacknowledged messages at a time. */
  readonly window?: number;
  readonly resendAfterMs?: number;
}

interface Unacknowledged {
  readonly frame: Buffer;
  sentAtMs: number;
}

/**
 * An agent as simple as can be, written apart from the channel: the other end in simulations. It acknowledges every
 * input message it takes, again if need be, keeps what came early, and repeats each of its own messages until that is
 * acknowledged.
 */
export class ModelAgent {
  readonly #options: ModelAgentOptions;
  readonly #send: (frame: Buffer) => void;
  readonly #unacknowledged = new Map<number, Unacknowledged>();
  readonly #early = new Map<number, { readonly payloadType: number; readonly payload: Buffer }>();
  readonly #waiting: { readonly payloadType: number; readonly payload: Buffer }[] = [];
  readonly #input: Buffer[] = [];
  /** Everything that arrived and is not Output, in order. */
  readonly others: { readonly payloadType: number; readonly payload: Buffer }[] = [];
  /** Largest payload of an Output message taken. */
  largestInput = 0;
  #expected = 0;
  #sequenceNumber = 0;
  #isReady: boolean;
  #nonce = 0n;
  handshakeResponse: string | undefined;

  constructor(send: (frame: Buffer) => void, options: ModelAgentOptions = {}) {
    this.#send = send;
    this.#options = options;
    this.#isReady = options.sessionType === undefined;
    if (options.sessionType === undefined) return;
    const kms = {
      ActionType: 'KMSEncryption',
      ActionParameters: { KMSKeyId: 'key', ...(options.challenge ? { Challenge: options.challenge } : {}) },
    };
    const request = {
      AgentVersion: '3.3.4851.0',
      RequestedClientActions: [
        {
          ActionType: 'SessionType',
          ActionParameters: { SessionType: options.sessionType, Properties: options.properties ?? null },
        },
        ...(options.dataKey ? [kms] : []),
      ],
    };
    this.#waiting.push({ payloadType: PayloadType.HandshakeRequest, payload: Buffer.from(JSON.stringify(request)) });
  }

  /** All input bytes so far. */
  get input(): Buffer {
    return Buffer.concat(this.#input);
  }

  get isDone(): boolean {
    return this.#unacknowledged.size === 0 && this.#waiting.length === 0;
  }

  /** Queues data for the client. */
  output(payload: Buffer, payloadType: number = PayloadType.Output): void {
    this.#waiting.push({ payloadType, payload });
  }

  receive(frame: Buffer, nowMs: number): void {
    let message;
    try {
      message = decodeMessage(frame);
    } catch (error) {
      if (error instanceof SsmCodecError) return;
      throw error;
    }
    if (message.messageType === MessageType.Acknowledge) {
      const ack = JSON.parse(message.payload.toString()) as { AcknowledgedMessageSequenceNumber: number };
      if (message.flags !== 3 || message.sequenceNumber !== 0n) throw new Error('an acknowledgement with wrong flags');
      this.#unacknowledged.delete(ack.AcknowledgedMessageSequenceNumber);
    } else if (message.messageType === MessageType.InputStreamData) {
      const number = Number(message.sequenceNumber);
      const limit = this.#options.maxInputPayloadBytes ?? Infinity;
      if (message.payload.length > limit) return;
      if (number > this.#expected && this.#early.size >= 100_000) return;
      if (number >= this.#expected && !this.#early.has(number)) {
        this.#early.set(number, { payloadType: message.payloadType, payload: Buffer.from(message.payload) });
      }
      const ack =
        `{"AcknowledgedMessageType":"input_stream_data","AcknowledgedMessageId":"${message.messageId}",` +
        `"AcknowledgedMessageSequenceNumber":${number},"IsSequentialMessage":true}`;
      this.#send(this.#frame(MessageType.Acknowledge, 0, 3, 0, Buffer.from(ack), nowMs));
      for (let next = this.#early.get(this.#expected); next; next = this.#early.get(this.#expected)) {
        this.#early.delete(this.#expected);
        this.#expected += 1;
        this.#take(next.payloadType, next.payload);
      }
    }
    this.work(nowMs);
  }

  /** Sends what may be sent and repeats what was not acknowledged in time. */
  work(nowMs: number): void {
    const { window = 64, resendAfterMs = 300 } = this.#options;
    for (const sent of this.#unacknowledged.values()) {
      if (nowMs - sent.sentAtMs < resendAfterMs) continue;
      sent.sentAtMs = nowMs;
      this.#send(sent.frame);
    }
    while (this.#unacknowledged.size < window && this.#waiting.length > 0) {
      const [next] = this.#waiting;
      const isData = next!.payloadType !== PayloadType.HandshakeRequest;
      if (isData && !this.#isReady && next!.payloadType < 5) return;
      this.#waiting.shift();
      const number = this.#sequenceNumber;
      this.#sequenceNumber += 1;
      const flags = number === 0 ? 1 : 0;
      const payload = this.#encrypt(next!.payloadType, next!.payload);
      const frame = this.#frame(MessageType.OutputStreamData, number, flags, next!.payloadType, payload, nowMs);
      this.#unacknowledged.set(number, { frame, sentAtMs: nowMs });
      this.#send(frame);
    }
  }

  #take(payloadType: number, payload: Buffer): void {
    if (payloadType === PayloadType.HandshakeResponse) {
      this.handshakeResponse = payload.toString();
      if (this.#options.dataKey) {
        const challenge = this.#encrypt(PayloadType.Output, Buffer.from('challenge')).toString('base64');
        const request = Buffer.from(JSON.stringify({ Challenge: challenge }));
        this.#waiting.unshift({ payloadType: PayloadType.EncChallengeRequest, payload: request });
      } else {
        this.#complete();
      }
    } else if (payloadType === PayloadType.EncChallengeResponse) {
      const answer = JSON.parse(payload.toString()) as { Challenge: string };
      if (this.#decrypt(Buffer.from(answer.Challenge, 'base64')).toString() !== 'challenge') {
        throw new Error('a wrong answer to the encryption challenge');
      }
      this.#complete();
    } else if (payloadType === PayloadType.Output) {
      if (!this.#isReady) throw new Error('data before the handshake was complete');
      this.largestInput = Math.max(this.largestInput, payload.length);
      this.#input.push(this.#options.dataKey ? this.#decrypt(payload) : payload);
    } else {
      this.others.push({ payloadType, payload });
    }
  }

  #complete(): void {
    this.#isReady = true;
    const complete = Buffer.from('{"HandshakeTimeToComplete":1000000,"CustomerMessage":""}');
    this.#waiting.unshift({ payloadType: PayloadType.HandshakeComplete, payload: complete });
  }

  #encrypt(payloadType: number, plain: Buffer): Buffer {
    const { dataKey } = this.#options;
    const isEncrypted = payloadType === PayloadType.Output || payloadType > 10;
    if (dataKey === undefined || !isEncrypted) return plain;
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64LE(this.#nonce);
    this.#nonce += 1n;
    const cipher = createCipheriv('aes-256-gcm', dataKey.subarray(0, 32), nonce);
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  #decrypt(sealed: Buffer): Buffer {
    const key = this.#options.dataKey!.subarray(32);
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 });
    decipher.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  }

  #frame(
    messageType: string,
    sequenceNumber: number,
    flags: number,
    payloadType: number,
    payload: Buffer,
    nowMs: number,
  ): Buffer {
    return encodeMessage({
      messageType,
      sequenceNumber,
      flags,
      payloadType,
      payload,
      createdDate: Math.max(1, Math.floor(nowMs)),
      messageId: randomUUID(),
    });
  }
}

import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import {
  decodeMessage,
  encodeAcknowledge,
  encodeHandshakeResponse,
  encodeMessage,
  encodeOpenDataChannel,
  MessageType,
  parseHandshakeRequest,
  PayloadType,
  type ChannelMessage,
  type ProcessedAction,
} from '@hawser/ssm-channel/codec';
import WebSocket from 'ws';

/** What StartSession answered. */
export interface Grant {
  readonly SessionId?: string | undefined;
  readonly StreamUrl?: string | undefined;
  readonly TokenValue?: string | undefined;
}

export interface RawClientOptions {
  readonly clientVersion?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether data is acknowledged by itself. Default true. */
  readonly acknowledges?: boolean;
  /** Where numbering goes on after a resume. */
  readonly next?: number;
  readonly clientId?: string;
}

/**
 * A client that does nothing of its own but acknowledge: what the emulator does is seen as it arrives. In order, each
 * message once; `frames` has them all.
 */
export class RawClient {
  readonly frames: ChannelMessage[] = [];
  readonly data: ChannelMessage[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly clientId: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();
  readonly #early = new Map<bigint, ChannelMessage>();
  readonly #acknowledges: boolean;
  #expected = 0n;
  #next: number;

  private constructor(socket: WebSocket, options: RawClientOptions) {
    this.#socket = socket;
    this.#acknowledges = options.acknowledges ?? true;
    this.#next = options.next ?? 0;
    this.clientId = options.clientId ?? randomUUID();
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code: Number(code), reason: String(reason) }));
    socket.on('message', (frame: Buffer) => this.#receive(frame));
    socket.on('close', () => this.#wake());
    socket.on('error', () => {});
  }

  /** Opens the websocket and the data channel. */
  static async open(grant: Grant, options: RawClientOptions = {}): Promise<RawClient> {
    const socket = new WebSocket(grant.StreamUrl!, { headers: { ...options.headers } });
    const client = new RawClient(socket, options);
    await once(socket, 'open');
    const version = options.clientVersion ?? '1.2.896.0';
    socket.send(
      encodeOpenDataChannel({
        requestId: randomUUID(),
        tokenValue: grant.TokenValue!,
        clientId: client.clientId,
        clientVersion: version,
      }),
    );
    return client;
  }

  /** Number of the next message this client sends. */
  get next(): number {
    return this.#next;
  }

  get socket(): WebSocket {
    return this.#socket;
  }

  /** The bytes of one payload type, in order. */
  bytes(payloadType: number = PayloadType.Output): Buffer {
    return Buffer.concat(
      this.data.filter((message) => message.payloadType === payloadType).map(({ payload }) => payload),
    );
  }

  /** Resolves with what `find` finds, looked for again whenever something arrives; rejects when the socket closes first. */
  async until<T>(find: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined && found !== false) return found;
      if (this.#socket.readyState === WebSocket.CLOSED) throw new Error('The socket closed before that happened.');
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** The first frame of this type. */
  async frame(messageType: string): Promise<ChannelMessage> {
    return this.until(() => this.frames.find((frame) => frame.messageType === messageType));
  }

  /** The n-th message in order. */
  async message(index: number): Promise<ChannelMessage> {
    return this.until(() => this.data[index]);
  }

  /** Waits until the text was printed. */
  async prints(text: string): Promise<string> {
    return this.until(() => {
      const printed = this.bytes().toString('utf8');
      return printed.includes(text) && printed;
    });
  }

  async acknowledged(sequenceNumber: number): Promise<ChannelMessage> {
    return this.until(() =>
      this.frames.find(
        (frame) =>
          frame.messageType === MessageType.Acknowledge &&
          frame.payload.includes(`"AcknowledgedMessageSequenceNumber":${sequenceNumber},`),
      ),
    );
  }

  send(payloadType: number, payload: Uint8Array | string): number {
    const sequenceNumber = this.#next;
    this.#next += 1;
    this.sendNumbered(sequenceNumber, payloadType, payload);
    return sequenceNumber;
  }

  /** Sends until it is acknowledged: the agent refuses input that it cannot process yet. */
  async deliver(payloadType: number, payload: Uint8Array | string): Promise<void> {
    const sequenceNumber = this.send(payloadType, payload);
    const again = setInterval(() => this.sendNumbered(sequenceNumber, payloadType, payload), 50);
    try {
      await this.acknowledged(sequenceNumber);
    } finally {
      clearInterval(again);
    }
  }

  sendNumbered(sequenceNumber: number, payloadType: number, payload: Uint8Array | string): void {
    this.sendFrame(
      encodeMessage({
        messageType: MessageType.InputStreamData,
        createdDate: Date.now(),
        sequenceNumber,
        messageId: randomUUID(),
        payloadType,
        payload: Buffer.from(payload),
      }),
    );
  }

  sendFrame(frame: Uint8Array | string): void {
    this.#socket.send(frame);
  }

  acknowledge(message: ChannelMessage): void {
    this.sendFrame(
      encodeMessage({
        messageType: MessageType.Acknowledge,
        createdDate: Date.now(),
        sequenceNumber: 0,
        flags: 3,
        messageId: randomUUID(),
        payloadType: 0,
        payload: encodeAcknowledge({
          messageType: message.messageType,
          messageId: message.messageId,
          sequenceNumber: message.sequenceNumber,
          isSequential: true,
        }),
      }),
    );
  }

  /** Answers the handshake request; everything succeeded unless told otherwise. */
  async shakeHands(
    clientVersion = '1.2.896.0',
    process: (
      actionType: string,
      parameters: unknown,
    ) => Partial<ProcessedAction> | Promise<Partial<ProcessedAction>> = () => ({}),
  ): Promise<ReturnType<typeof parseHandshakeRequest>> {
    const message = await this.until(() =>
      this.data.find(({ payloadType }) => payloadType === PayloadType.HandshakeRequest),
    );
    const request = parseHandshakeRequest(message.payload);
    const processedClientActions: ProcessedAction[] = [];
    for (const { actionType, actionParameters } of request.requestedClientActions) {
      const result = await process(actionType, actionParameters);
      processedClientActions.push({ actionType, actionStatus: 1, actionResult: null, error: '', ...result });
    }
    this.send(
      PayloadType.HandshakeResponse,
      encodeHandshakeResponse({ clientVersion, processedClientActions, errors: null }),
    );
    return request;
  }

  async complete(): Promise<ChannelMessage> {
    return this.until(() => this.data.find(({ payloadType }) => payloadType === PayloadType.HandshakeComplete));
  }

  async end(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    this.#socket.terminate();
    await this.closed;
  }

  #receive(frame: Buffer): void {
    let message: ChannelMessage;
    try {
      message = decodeMessage(frame);
    } catch {
      return;
    }
    this.frames.push(message);
    if (message.messageType === MessageType.OutputStreamData) {
      if (this.#acknowledges) this.acknowledge(message);
      this.#early.set(message.sequenceNumber, message);
      for (let due = this.#early.get(this.#expected); due !== undefined; due = this.#early.get(this.#expected)) {
        this.#early.delete(this.#expected);
        this.#expected += 1n;
        this.data.push(due);
      }
    }
    this.#wake();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}

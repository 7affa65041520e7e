import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ResumeSessionCommand } from '@aws-sdk/client-ssm';
import {
  decodeMessage,
  encodeAcknowledge,
  encodeHandshakeResponse,
  encodeMessage,
  MessageType,
  parseAcknowledge,
  PayloadType,
  type ChannelMessage,
} from '@hawser/ssm-channel/codec';
import type { ChaosOptions } from '@hawser/emulators/ssm';
import WebSocket from 'ws';
import { scale } from '../../../../test/support/scale.js';
import { createRandom } from '../../src/seed.js';
import { startBench, type Bench } from '../support/emulator.js';
import type { Grant } from '../support/raw-client.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A destination that echoes, on a port of its own. */
async function echo(): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  }).listen(0);
  await once(server, 'listening');
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return String((server.address() as AddressInfo).port);
}

/** Too old to multiplex: the bytes of the session are the bytes of the connection. */
const clientVersion = '1.1.54.0';

/**
 * The plainest client that gets through: it repeats everything unacknowledged every 30 ms, opens the channel again
 * when its socket closed, and puts what it receives in order.
 */
class StubbornClient {
  readonly #bench: Bench;
  readonly #outgoing = new Map<number, Buffer>();
  readonly #early = new Map<number, ChannelMessage>();
  readonly #received: Buffer[] = [];
  readonly #timer: NodeJS.Timeout;
  #socket: WebSocket | undefined;
  #next = 0;
  #expected = 0;
  #receivedBytes = 0;
  #ready = false;
  #stopped = false;
  #wake: () => void = () => {};

  constructor(bench: Bench, grant: Grant) {
    this.#bench = bench;
    this.#timer = setInterval(() => this.#repeat(), 30);
    void this.#connect(grant);
  }

  /** Sends it all, and resolves with as many bytes from the other side. */
  async exchange(data: Buffer, messageBytes: number): Promise<Buffer> {
    while (!this.#ready) await this.#change();
    for (let at = 0; at < data.length; at += messageBytes) {
      this.#send(PayloadType.Output, data.subarray(at, at + messageBytes));
    }
    while (this.#receivedBytes < data.length) await this.#change();
    return Buffer.concat(this.#received);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #connect(grant: Grant): Promise<void> {
    const { socket, closed } = await this.#bench.connect(grant, { acknowledges: false });
    this.#socket = socket;
    socket.on('message', (frame: Buffer) => this.#take(frame));
    await closed;
    if (this.#stopped) return;
    await this.#connect(await this.#bench.ssm.send(new ResumeSessionCommand({ SessionId: grant.SessionId! })));
  }

  #send(payloadType: number, payload: Buffer): void {
    this.#outgoing.set(this.#next, this.#encode(MessageType.InputStreamData, this.#next, payloadType, payload));
    this.#next += 1;
  }

  #repeat(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    for (const frame of [...this.#outgoing.values()].slice(0, 64)) this.#socket.send(frame);
  }

  #take(frame: Buffer): void {
    let message: ChannelMessage;
    try {
      message = decodeMessage(frame);
    } catch {
      // Truncated on the way.
      return;
    }
    if (message.messageType === MessageType.Acknowledge) {
      this.#outgoing.delete(parseAcknowledge(message.payload).sequenceNumber);
    } else if (message.messageType === MessageType.OutputStreamData) {
      this.#takeData(message);
    }
  }

  #takeData(message: ChannelMessage): void {
    const { messageType, messageId, sequenceNumber } = message;
    const content = encodeAcknowledge({ messageType, messageId, sequenceNumber, isSequential: true });
    this.#socket!.send(this.#encode(MessageType.Acknowledge, 0, 0, content));
    if (sequenceNumber < this.#expected) return;
    this.#early.set(Number(sequenceNumber), message);
    for (let due = this.#early.get(this.#expected); due !== undefined; due = this.#early.get(this.#expected)) {
      this.#early.delete(this.#expected);
      this.#expected += 1;
      this.#process(due);
    }
    this.#wake();
  }

  #process({ payloadType, payload }: ChannelMessage): void {
    if (payloadType === PayloadType.HandshakeRequest) {
      const processedClientActions = [{ actionType: 'SessionType', actionStatus: 1, actionResult: null, error: '' }];
      const response = encodeHandshakeResponse({ clientVersion, processedClientActions, errors: null });
      this.#send(PayloadType.HandshakeResponse, response);
    } else if (payloadType === PayloadType.HandshakeComplete) {
      this.#ready = true;
    } else {
      this.#received.push(payload);
      this.#receivedBytes += payload.length;
    }
  }

  #encode(messageType: string, sequenceNumber: number, payloadType: number, payload: Buffer): Buffer {
    return encodeMessage({
      messageType,
      createdDate: 1,
      sequenceNumber,
      messageId: randomUUID(),
      payloadType,
      payload,
    });
  }
}

describe('under chaos', () => {
  const runs = scale(6, 200);
  const only = process.env['HAWSER_SEED'];
  const seeds = only === undefined ? Array.from({ length: runs }, (_, index) => index + 1) : [Number(only)];

  test('what goes through a port comes back byte for byte (HAWSER_SEED repeats one run)', async () => {
    const portNumber = await echo();
    for (const seed of seeds) {
      const random = createRandom(`chaos-test-${seed}`);
      const chaos: ChaosOptions = {
        lose: random.next() * 0.05,
        duplicate: random.next() * 0.1,
        reorder: random.next() * 0.1,
        truncate: random.next() * 0.03,
        delayMs: random.next() * 10,
        ...(random.next() < 0.5 ? { cutEveryMs: 150 } : {}),
        ...(random.next() < 0.5 ? { pauseEveryMs: 40 } : {}),
      };
      const bench = await startBench({ seed, chaos, agent: { payloadBytes: 4096 } });
      const client = new StubbornClient(bench, await bench.start('AWS-StartPortForwardingSession', { portNumber }));
      const data = randomBytes(100_000);
      const sha256 = createHash('sha256').update(data).digest('hex');
      try {
        const back = await client.exchange(data, 1500);
        const digest = createHash('sha256').update(back).digest('hex');
        expect({ seed, chaos, digest }).toEqual({ seed, chaos, digest: sha256 });
        expect(bench.emulator.sessions[0]!.received).toEqual({ bytes: data.length, sha256 });
      } finally {
        client.stop();
      }
    }
  });

  test('the same seed loses, doubles and cuts the same frames', async () => {
    const run = async (seed: number): Promise<readonly number[]> => {
      const bench = await startBench({ seed, chaos: { lose: 0.2, duplicate: 0.2, truncate: 0.2 } });
      const client = await bench.open('AWS-StartInteractiveCommand', { command: 'exec sleep 60' });
      // Number 0 stays away: the others are stored and acknowledged as often as they arrive, which tells their fate.
      for (let number = 1; number <= 200; number += 1) client.sendNumbered(number, PayloadType.Flag, Buffer.alloc(4));
      client.socket.ping();
      await once(client.socket, 'pong');
      return client.frames
        .filter(({ messageType }) => messageType === MessageType.Acknowledge)
        .map(({ payload }) => parseAcknowledge(payload).sequenceNumber);
    };
    const first = await run(42);
    expect(first.length).toBeGreaterThan(50);
    expect(await run(42)).toEqual(first);
    expect(await run(43)).not.toEqual(first);
  });
});

import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { CRYPT_OVERHEAD_BYTES } from '../../src/channel/crypt.js';
import { PayloadType, decodeMessage, parseSize } from '../../src/codec/index.js';
import type { ChannelMessage } from '../../src/codec/index.js';
import type { ModelAgentOptions } from '../support/model-agent.js';
import { Random } from '../support/random.js';
import { Simulation } from '../support/simulation.js';
import type { LinkOptions } from '../support/simulation.js';
import { Wire, numbersOf } from '../support/wire.js';

const kib = 1024;

interface Uploaded {
  readonly payloadBytes: number;
  readonly largestInput: number;
  readonly framesFromClient: number;
  readonly others: readonly { readonly payloadType: number; readonly payload: Buffer }[];
}

/** Uploads through a simulated link, and sees that all bytes arrive. */
function upload(options: {
  readonly agent?: ModelAgentOptions;
  readonly link?: LinkOptions;
  readonly seed?: number;
  readonly bytes?: number;
  readonly size?: string;
}): Uploaded {
  const { agent = { sessionType: 'Port' }, link = {}, seed = 1, bytes = 6 << 20, size } = options;
  const sim = new Simulation({ seed, agent, link: { delayMs: [10, 10], ...link } });
  if (size !== undefined) sim.client.control(PayloadType.Size, Buffer.from(size), sim.nowMs);
  if (agent.sessionType === undefined) sim.agent.output(Buffer.from('# '));
  const data = new Random(seed).bytes(bytes);
  sim.client.write(data, sim.nowMs);
  sim.run(() => sim.client.flushed && sim.outputBytes >= (agent.sessionType === undefined ? 2 : 0));
  expect(sim.agent.input.equals(data)).toBe(true);
  return {
    payloadBytes: sim.client.stats.payloadBytes,
    largestInput: sim.agent.largestInput,
    framesFromClient: sim.framesFromClient,
    others: sim.agent.others,
  };
}

describe('probing for the payload size', () => {
  test('goes from 1,024 bytes over 8 KiB to 32 KiB in a port session', () => {
    const { payloadBytes, largestInput, others } = upload({});
    expect([payloadBytes, largestInput]).toEqual([32 * kib, 32 * kib]);
    expect(others.map(({ payloadType, payload }) => [payloadType, payload.length])).toEqual([
      [PayloadType.Size, 8 * kib],
      [PayloadType.Size, 32 * kib],
    ]);
    expect(parseSize(others[1]!.payload)).toEqual({ columns: 80, rows: 24 });
  });

  test('trials of encrypted sessions are as large as data will be', () => {
    const agent = { sessionType: 'NonInteractiveCommands', dataKey: new Random(3).bytes(64) };
    const { payloadBytes, largestInput, others } = upload({ agent });
    expect(payloadBytes).toBe(32 * kib);
    expect(largestInput).toBe(32 * kib + CRYPT_OVERHEAD_BYTES);
    expect(others.at(-1)!.payload.length).toBe(32 * kib + CRYPT_OVERHEAD_BYTES);
  });

  test('a shell is sent the size it has, and nothing before it has one', () => {
    const known = upload({ agent: {}, size: '{"cols":132,"rows":43}' });
    expect(known.payloadBytes).toBe(32 * kib);
    expect(known.others.map(({ payload }) => parseSize(payload))).toEqual(
      Array.from({ length: 3 }, () => ({ columns: 132, rows: 43 })),
    );
    const unknown = upload({ agent: {} });
    expect([unknown.payloadBytes, unknown.others.length]).toEqual([kib, 0]);
  });

  test.each([
    ['drops more than 1,024 bytes', 1024, kib],
    ['drops more than 9,000 bytes', 9000, 8 * kib],
    ['drops more than 40,000 bytes', 40_000, 32 * kib],
  ])('an agent that %s: %i → %i', (_what, maxInputPayloadBytes, expected) => {
    const { payloadBytes, largestInput, others } = upload({
      agent: { sessionType: 'Port', maxInputPayloadBytes },
      bytes: 12 << 20,
    });
    expect(payloadBytes).toBe(expected);
    expect(largestInput).toBe(expected);
    // Three trials of a size that fails, each of which becomes a plain Size message.
    const plain = others.filter(({ payload }) => payload.length < 100).length;
    expect(plain).toBe(expected === 32 * kib ? 0 : 3);
  });

  test.each([
    ['2,000 bytes', 2000, kib],
    ['10,000 bytes', 10_000, 8 * kib],
  ])('a gateway that closes the socket above %s: one close, then never again', (_what, maxFrameBytes, expected) => {
    const { payloadBytes, largestInput } = upload({ link: { maxFrameBytes }, bytes: 4 << 20 });
    expect([payloadBytes, largestInput]).toEqual([expected, expected]);
  });

  test('random loss does not end it', () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      expect(upload({ seed, link: { lose: 0.01 }, bytes: 4 << 20 }).payloadBytes).toBe(32 * kib);
    }
  });

  test('session types we know nothing harmless for stay as they are', () => {
    const wire = new Wire({ sessionTypes: ['Dance'] });
    wire.channel.connected(wire.nowMs);
    const action = { ActionType: 'SessionType', ActionParameters: { SessionType: 'Dance' } };
    wire.agent(PayloadType.HandshakeRequest, JSON.stringify({ RequestedClientActions: [action] }));
    wire.agent(PayloadType.HandshakeComplete, '{}');
    wire.channel.write(Buffer.alloc(100 * kib), wire.nowMs);
    for (let round = 0; round < 3; round += 1) {
      const sent = wire.takeData();
      expect(sent.every(({ payload }) => payload.length <= kib)).toBe(true);
      wire.ack(...numbersOf(sent));
    }
    expect(wire.channel.flushed).toBe(true);
  });
});

describe('a trial by hand', () => {
  /** A port session that has just sent its first trial; `queued` more bytes wait. */
  function onTrial(queued = 300 * kib): {
    readonly wire: Wire;
    readonly trial: ChannelMessage;
    readonly number: number;
    readonly behind: number[];
  } {
    const wire = new Wire({ windowBytes: 64 * kib });
    wire.channel.connected(wire.nowMs);
    const action = { ActionType: 'SessionType', ActionParameters: { SessionType: 'Port' } };
    wire.agent(PayloadType.HandshakeRequest, JSON.stringify({ RequestedClientActions: [action] }));
    wire.agent(PayloadType.HandshakeComplete, '{}');
    wire.channel.write(Buffer.alloc(queued, 1), wire.nowMs);
    const first = numbersOf(wire.takeData());
    wire.tick(20);
    wire.ack(...first.slice(0, 17));
    const [trial, ...behind] = wire.takeData();
    expect(trial).toMatchObject({ payloadType: PayloadType.Size, payloadLength: 8 * kib });
    return {
      wire,
      trial: trial!,
      number: Number(trial!.sequenceNumber),
      behind: [...first.slice(17), ...numbersOf(behind)],
    };
  }

  test('comes only with evidence, and only when enough is waiting', () => {
    const wire = Wire.ready();
    wire.channel.control(PayloadType.Size, Buffer.from('{"cols":1,"rows":1}'), wire.nowMs);
    wire.channel.write(Buffer.alloc(300 * kib), wire.nowMs);
    const first = numbersOf(wire.takeData());
    wire.ack(...first.slice(0, 16));
    expect(wire.takeData().some(({ payloadLength }) => payloadLength > kib)).toBe(false);
    wire.ack(first[16]!);
    expect(wire.takeData()[0]).toMatchObject({ payloadType: PayloadType.Size, payloadLength: 8 * kib });
  });

  test('does not come while little is waiting', () => {
    const wire = Wire.ready();
    wire.channel.control(PayloadType.Size, Buffer.from('{"cols":1,"rows":1}'), wire.nowMs);
    for (let round = 0; round < 30; round += 1) {
      wire.channel.write(Buffer.alloc(8 * kib - 1), wire.nowMs);
      const sent = wire.takeData();
      expect(sent.every(({ payloadLength }) => payloadLength <= kib)).toBe(true);
      wire.ack(...numbersOf(sent));
    }
  });

  test('does not come while the window is small: on a slow link each large message would be waited for', () => {
    const wire = Wire.ready({ windowBytes: 31 * kib });
    wire.channel.control(PayloadType.Size, Buffer.from('{"cols":1,"rows":1}'), wire.nowMs);
    wire.channel.write(Buffer.alloc(300 * kib), wire.nowMs);
    for (let sent = wire.takeData(); sent.length > 0; sent = wire.takeData()) {
      expect(sent.every(({ payloadLength }) => payloadLength <= kib)).toBe(true);
      wire.ack(...numbersOf(sent));
    }
  });

  test('data goes on at the old size until it is acknowledged', () => {
    const { wire, trial, number, behind } = onTrial();
    expect(wire.channel.stats.payloadBytes).toBe(kib);
    wire.ackAs(number, trial.messageId);
    wire.ack(...behind);
    expect(wire.takeData()[0]).toMatchObject({ payloadType: PayloadType.Output, payloadLength: 8 * kib });
  });

  test('sent again, it is small, under the same number and a new id; the rest is unchanged', () => {
    const { wire, trial, number, behind } = onTrial();
    wire.tick(20);
    wire.ack(...behind.filter((other) => other > number).slice(0, 3));
    const again = wire.takeData().find(({ sequenceNumber }) => Number(sequenceNumber) === number);
    expect(again).toMatchObject({ payloadType: PayloadType.Size });
    expect(again!.payload.toString()).toBe('{"cols":80,"rows":24}');
    expect(again!.messageId).not.toBe(trial.messageId);
  });

  test('the id in the acknowledgement tells whether the padded one was accepted after all', () => {
    const lost = onTrial();
    lost.wire.tick(1000);
    lost.wire.ack(...lost.behind);
    const small = lost.wire.takeData().find(({ sequenceNumber }) => Number(sequenceNumber) === lost.number)!;
    lost.wire.ackAs(lost.number, small.messageId);
    expect(lost.wire.channel.stats.payloadBytes).toBe(kib);

    const accepted = onTrial();
    accepted.wire.tick(1000);
    accepted.wire.ack(...accepted.behind);
    accepted.wire.take();
    accepted.wire.ackAs(accepted.number, accepted.trial.messageId);
    expect(accepted.wire.channel.stats.payloadBytes).toBe(8 * kib);
  });

  test('a socket that closes meanwhile ends all trials; the new one gets the small message', () => {
    const { wire, trial, number } = onTrial(4 << 20);
    wire.channel.disconnected(wire.nowMs);
    wire.channel.connected(wire.nowMs);
    const again = wire.takeOnly('send').map(({ frame }) => decodeMessage(frame));
    const small = again.find(({ sequenceNumber }) => Number(sequenceNumber) === number)!;
    expect(small.payload.length).toBeLessThan(100);
    // Even if the padded one turns out to have been accepted: who closed the socket is not known.
    wire.ackAs(number, trial.messageId);
    for (let sent = again; sent.length > 0; sent = wire.takeData()) {
      expect(sent.every(({ payload }) => payload.length <= kib)).toBe(true);
      wire.nowMs += 20;
      wire.ack(...numbersOf(sent));
    }
    expect(wire.channel.flushed).toBe(true);
  });
});

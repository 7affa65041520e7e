import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { ReceiveWindow } from '../../src/channel/receive-window.js';
import { PayloadType } from '../../src/codec/index.js';
import { PIECE_OVERHEAD_BYTES } from '../../src/queues/charge.js';
import { golden } from '../support/golden.js';
import { Wire, agentFrame } from '../support/wire.js';

const text = (wire: Wire): string =>
  wire
    .takeOnly('deliver')
    .map(({ bytes }) => bytes.toString())
    .join(' ');

describe('order', () => {
  test('early messages wait for their predecessors (golden reorder steps)', () => {
    const wire = new Wire();
    wire.channel.connected(wire.nowMs);
    const acked: number[] = [];
    const delivered: string[] = [];
    for (const { receive, preloadBuffer = [], expectedAfter } of golden.buffers.reorder.steps) {
      for (const number of receive === undefined ? preloadBuffer : [receive])
        wire.agent(PayloadType.Output, `m${number}`, number);
      for (const wish of wire.take()) {
        if (wish.do === 'deliver') delivered.push(wish.bytes.toString());
        if (wish.do === 'send') acked.push(Number(/Number":(\d+)/.exec(wish.frame.toString())![1]));
      }
      if (expectedAfter !== undefined) expect(wire.channel.stats.messagesIn).toBe(expectedAfter);
    }
    // Ours are acknowledged when they are stored, as the original does on arrival.
    expect(acked).toEqual([0, 2, 6, 4, 3, 1]);
    expect(delivered).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
    wire.agent(PayloadType.Output, 'm5', 5);
    expect(text(wire)).toBe('m5 m6');
  });

  test('what does not fit is neither kept nor acknowledged (golden steps, room for two)', () => {
    const { capacity, steps } = golden.buffers.unexpected;
    const each = 100;
    const wire = new Wire({ receiveWindowBytes: Math.ceil(((each + PIECE_OVERHEAD_BYTES) * capacity) / 0.75) });
    wire.channel.connected(wire.nowMs);
    for (const { receive, acked } of steps) {
      wire.agent(PayloadType.Output, Buffer.alloc(each, 0x30 + receive), receive);
      expect(wire.takeAcks()).toEqual(acked ? [receive] : []);
    }
    expect(wire.channel.stats.rejected).toBe(1);
    wire.agent(PayloadType.Output, Buffer.alloc(each, 0x30), 0);
    expect(wire.takeOnly('deliver').map(({ bytes }) => bytes.toString('latin1', 0, 1))).toEqual(['0', '1', '2']);
  });

  test('duplicates are acknowledged again and not delivered again', () => {
    const wire = Wire.ready();
    wire.agent(PayloadType.Output, 'early', 5);
    wire.take();
    wire.agent(PayloadType.Output, '# ', 0);
    wire.agent(PayloadType.Output, 'early', 5);
    const wishes = wire.take();
    expect(wishes.map((wish) => wish.do)).toEqual(['send', 'send']);
    expect(wire.channel.stats.duplicates).toBe(2);
  });

  test('the acknowledgement names the message and its type, with flags 3 and number 0', () => {
    const wire = new Wire();
    wire.channel.connected(wire.nowMs);
    const frame = agentFrame(0, PayloadType.Output, 'x', wire.nowMs);
    wire.channel.receive(frame, wire.nowMs);
    const [ack] = wire.takeMessages();
    expect(ack).toMatchObject({
      messageType: 'acknowledge',
      sequenceNumber: 0n,
      flags: 3,
      payloadType: 0,
      headerLength: 116,
    });
    expect(JSON.parse(ack!.payload.toString())).toMatchObject({
      AcknowledgedMessageType: 'output_stream_data',
      AcknowledgedMessageSequenceNumber: 0,
      IsSequentialMessage: true,
    });
  });

  test.each([-1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)])('message number %d is dropped', (number) => {
    const wire = Wire.ready();
    wire.channel.receive(agentFrame(0, PayloadType.Output, 'x', 1), 1);
    wire.take();
    const frame = agentFrame(0, PayloadType.Output, 'x', wire.nowMs);
    frame.writeBigInt64BE(number, 48);
    wire.channel.receive(frame, wire.nowMs);
    expect(wire.take()).toEqual([]);
    expect(wire.channel.stats.rejected).toBe(1);
  });
});

describe('what is delivered', () => {
  test.each([
    [PayloadType.Output, 'output'],
    [PayloadType.Error, 'error'],
    [PayloadType.Flag, 'flag'],
    [PayloadType.StdErr, 'stderr'],
    [PayloadType.ExitCode, 'exit-code'],
  ] as const)('payload type %i as %s', (payloadType, kind) => {
    const wire = Wire.ready();
    wire.agent(payloadType, 'abcd');
    expect(wire.takeOnly('deliver')).toEqual([{ do: 'deliver', kind, bytes: Buffer.from('abcd') }]);
  });

  test.each([0, 3, 4, 6, 9, 13, 99])('payload type %i is acknowledged and ignored', (payloadType) => {
    const wire = new Wire();
    wire.channel.connected(wire.nowMs);
    wire.agent(payloadType, 'x');
    expect(wire.take().map((wish) => wish.do)).toEqual(['send']);
    wire.agent(PayloadType.Output, 'y');
    expect(wire.take().map((wish) => wish.do)).toEqual(['ready', 'deliver', 'send']);
  });

  test('damaged messages are dropped without an acknowledgement', () => {
    const wire = Wire.ready();
    const frame = agentFrame(1, PayloadType.Output, 'x', wire.nowMs);
    frame[frame.length - 1]! ^= 1;
    wire.channel.receive(frame, wire.nowMs);
    expect(wire.take()).toEqual([]);
    expect(wire.channel.stats.rejected).toBe(1);
  });

  test.each(['input_stream_data', 'agent_session_state', 'agent_job', 'data_channel_ready', 'x'])(
    'messages of type %s are ignored',
    (type) => {
      const wire = Wire.ready();
      wire.service(type, '{}');
      expect(wire.take()).toEqual([]);
    },
  );

  test('a small delivery does not keep a large frame buffer alive', () => {
    const wire = Wire.ready();
    const frame = agentFrame(1, PayloadType.Output, 'x', wire.nowMs);
    const chunk = Buffer.alloc(65_536);
    chunk.set(frame);
    wire.channel.receive(chunk.subarray(0, frame.length), wire.nowMs);
    const { bytes } = wire.takeOnly('deliver')[0]!;
    expect(bytes.toString()).toBe('x');
    expect(bytes.buffer).not.toBe(chunk.buffer);
  });

  test('a large delivery is a view', () => {
    const wire = Wire.ready();
    const frame = agentFrame(1, PayloadType.Output, Buffer.alloc(8000, 1), wire.nowMs);
    wire.channel.receive(frame, wire.nowMs);
    const { bytes } = wire.takeOnly('deliver')[0]!;
    expect(bytes.buffer).toBe(frame.buffer);
  });
});

describe('the receive window', () => {
  test('asks to hold at half, to release at a quarter, and accepts up to the limit', () => {
    const limit = 100_000;
    const wire = Wire.ready({ receiveWindowBytes: limit });
    const piece = 1000 - PIECE_OVERHEAD_BYTES;
    let sent = 0;
    const send = (): string[] => {
      sent += 1;
      wire.agent(PayloadType.Output, Buffer.alloc(piece, 1), sent);
      return wire.take().map((wish) => wish.do);
    };
    while (sent < 49) expect(send()).toEqual(['deliver', 'send']);
    expect(send()).toEqual(['deliver', 'hold', 'send']);
    while (sent < 100) expect(send()).toEqual(['deliver', 'send']);
    expect(send()).toEqual([]);
    expect(wire.channel.stats.rejected).toBe(1);
    wire.channel.delivered(piece * 74, wire.nowMs);
    expect(wire.take()).toEqual([]);
    wire.channel.delivered(piece, wire.nowMs);
    expect(wire.take()).toEqual([{ do: 'release' }]);
    // What was refused comes again, and is taken now.
    wire.agent(PayloadType.Output, Buffer.alloc(piece, 1), 101);
    expect(wire.take().map((wish) => wish.do)).toEqual(['deliver', 'send']);
  });

  test('a message larger than the whole window gets in when nothing else is there', () => {
    const wire = Wire.ready({ receiveWindowBytes: 1000 });
    wire.agent(PayloadType.Output, Buffer.alloc(5000, 1), 1);
    expect(wire.take().map((wish) => wish.do)).toEqual(['deliver', 'hold', 'send']);
    wire.agent(PayloadType.Output, 'x', 2);
    expect(wire.take()).toEqual([]);
    wire.channel.delivered(5000, wire.nowMs);
    wire.agent(PayloadType.Output, 'x', 2);
    expect(wire.take().map((wish) => wish.do)).toEqual(['release', 'deliver', 'send']);
  });

  test('early messages never take the place of those in order', () => {
    const window = new ReceiveWindow(10_000);
    let number = 1;
    while (window.placeOf(number, 100) === 'early') {
      window.store(number, 1, Buffer.alloc(100));
      number += 1;
    }
    expect(window.heldBytes).toBeLessThanOrEqual(7500);
    expect(window.placeOf(number, 100)).toBe('beyond');
    window.delivered(1500);
    expect(window.placeOf(0, 500)).toBe('next');
  });

  test('what was taken out again is room for others', () => {
    const window = new ReceiveWindow(10_000);
    for (let number = 0; number < 1000; number += 2) {
      expect(window.placeOf(number + 1, 3000)).toBe('early');
      window.store(number + 1, 1, Buffer.alloc(3000));
      window.advance();
      expect(window.takeEarly()?.payload.length).toBe(3000);
      window.advance();
      window.delivered(3000);
      window.consumed(3000);
      expect(window.heldBytes).toBe(0);
    }
  });

  test('early messages are copies: what arrived with them may go', () => {
    const window = new ReceiveWindow(10_000);
    const payload = Buffer.from('early');
    window.store(0, 1, payload);
    payload.fill(0);
    expect(window.takeEarly()?.payload.toString()).toBe('early');
  });

  test('tiny messages are charged for the objects they are', () => {
    const window = new ReceiveWindow(1 << 20);
    let stored = 0;
    for (let number = 1; number < 1 << 20 && window.placeOf(number, 1) === 'early'; number += 1) {
      window.store(number, 1, Buffer.alloc(1));
      stored += 1;
    }
    expect(stored).toBeLessThan((1 << 20) / PIECE_OVERHEAD_BYTES);
  });
});

describe('the end', () => {
  test('everything in order is delivered before it; what comes later is ignored', () => {
    const wire = Wire.ready();
    wire.agent(PayloadType.Output, 'last words');
    wire.agent(PayloadType.Output, 'after a gap', 9);
    wire.service('channel_closed', JSON.stringify({ Output: 'bye' }));
    wire.agent(PayloadType.Output, 'too late', 2);
    wire.service('pause_publication');
    wire.tick(10_000);
    wire.channel.connected(wire.nowMs);
    wire.channel.disconnected(wire.nowMs);
    wire.channel.delivered(10, wire.nowMs);
    expect(wire.channel.write(Buffer.alloc(10 << 20), wire.nowMs)).toBe(true);
    wire.channel.control(3, Buffer.from('{}'), wire.nowMs);
    wire.channel.dataKey({ plaintext: Buffer.alloc(64), ciphertext: Buffer.alloc(1) }, wire.nowMs);
    wire.channel.dataKeyFailed('x', wire.nowMs);
    const wishes = wire.take();
    expect(wishes.filter((wish) => wish.do !== 'send')).toEqual([
      { do: 'deliver', kind: 'output', bytes: Buffer.from('last words') },
      { do: 'end', output: 'bye' },
    ]);
    expect(wire.take()).toEqual([]);
  });

  test('is an end even when what the service wrote cannot be read', () => {
    const wire = Wire.ready();
    wire.service('channel_closed', 'not JSON');
    expect(wire.takeOnly('end')).toEqual([{ do: 'end', output: '' }]);
  });
});

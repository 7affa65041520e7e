import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { createChannel } from '../../src/channel/index.js';
import { PayloadType } from '../../src/codec/index.js';
import { Random } from '../support/random.js';
import { Simulation } from '../support/simulation.js';
import { Wire, numbersOf } from '../support/wire.js';

const kib = 1024;

describe('cutting', () => {
  test('small writes of one turn share a message, large ones are cut', () => {
    const wire = Wire.ready();
    for (const word of ['one ', 'two ', 'three']) wire.channel.write(Buffer.from(word), wire.nowMs);
    wire.channel.write(Buffer.alloc(3000, 0x78), wire.nowMs);
    const messages = wire.takeData();
    expect(messages.map(({ payload }) => payload.length)).toEqual([kib, kib, 3013 - 2 * kib]);
    expect(Buffer.concat(messages.map(({ payload }) => payload)).toString()).toBe(`one two three${'x'.repeat(3000)}`);
    expect(messages[0]).toMatchObject({
      messageType: 'input_stream_data',
      flags: 0,
      schemaVersion: 1,
      payloadType: 1,
      createdDate: wire.nowMs,
    });
    expect(numbersOf(messages)).toEqual([0, 1, 2]);
    expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(3);
  });

  test('control messages keep their place and are not split', () => {
    const wire = Wire.ready();
    const size = Buffer.alloc(5000, 0x20);
    wire.channel.write(Buffer.from('before'), wire.nowMs);
    wire.channel.control(PayloadType.Size, size, wire.nowMs);
    wire.channel.control(PayloadType.Flag, Buffer.from([0, 0, 0, 2]), wire.nowMs);
    wire.channel.write(Buffer.from('after'), wire.nowMs);
    size.fill(0);
    const messages = wire.takeData();
    expect(messages.map(({ payloadType }) => payloadType)).toEqual([1, 3, 10, 1]);
    expect(messages[1]!.payload.equals(Buffer.alloc(5000, 0x20))).toBe(true);
  });

  test('a fixed payload size is kept to', () => {
    const wire = Wire.ready({ payloadBytes: 100 });
    wire.channel.write(Buffer.alloc(250), wire.nowMs);
    expect(wire.takeData().map(({ payload }) => payload.length)).toEqual([100, 100, 50]);
  });

  test.each([
    { payloadBytes: 0 },
    { payloadBytes: 1.5 },
    { windowBytes: 0 },
    { receiveWindowBytes: Number.NaN },
    { queueBytes: -1 },
  ])('%j is refused', (option) => {
    expect(() => createChannel({ sessionTypes: [], ...option })).toThrow(RangeError);
  });

  test('an empty control message is refused, an empty write is nothing', () => {
    const wire = Wire.ready();
    expect(() => wire.channel.control(3, Buffer.alloc(0), wire.nowMs)).toThrow(RangeError);
    expect(wire.channel.write(Buffer.alloc(0), wire.nowMs)).toBe(true);
    expect(wire.take()).toEqual([]);
  });

  test('ids come from the given maker', () => {
    let made = 0;
    const wire = Wire.ready({ newId: () => `00000000-0000-4000-8000-${String((made += 1)).padStart(12, '0')}` });
    wire.channel.write(Buffer.from('x'), wire.nowMs);
    expect(wire.takeData()[0]!.messageId).toBe(`00000000-0000-4000-8000-${String(made).padStart(12, '0')}`);
  });
});

describe('back-pressure', () => {
  test('write answers false above the mark, takes the data all the same, and drain comes at half', () => {
    const wire = Wire.ready({ queueBytes: 10 * kib, windowBytes: 4 * kib });
    expect(wire.channel.write(Buffer.alloc(10 * kib), wire.nowMs)).toBe(true);
    expect(wire.channel.write(Buffer.alloc(1), wire.nowMs)).toBe(false);
    let acked = 0;
    let drainedAfter: number | undefined;
    let received = 0;
    for (; acked < 12 && !wire.channel.flushed;) {
      for (const wish of wire.take()) {
        if (wish.do === 'send') received += wish.frame.length - 120;
        if (wish.do === 'drain') drainedAfter ??= acked;
      }
      wire.ack(acked);
      acked += 1;
    }
    expect(received).toBe(10 * kib + 1);
    // 4 KiB on their way at once, so the queue is at half when 2 of the 11 messages are acknowledged.
    expect(drainedAfter).toBe(2);
    expect(wire.takeOnly('drain')).toEqual([]);
    expect(wire.channel.write(Buffer.alloc(1), wire.nowMs)).toBe(true);
  });

  test('no more than the window is unacknowledged; one message always may be', () => {
    const wire = Wire.ready({ windowBytes: 5 * kib, payloadBytes: kib });
    wire.channel.write(Buffer.alloc(100 * kib), wire.nowMs);
    expect(numbersOf(wire.takeData())).toEqual([0, 1, 2, 3, 4]);
    expect(wire.channel.unacknowledgedBytes).toBe(5 * kib);
    wire.ack(0, 1);
    expect(numbersOf(wire.takeData())).toEqual([5, 6]);
    const narrow = Wire.ready({ windowBytes: 10, payloadBytes: kib });
    narrow.channel.write(Buffer.alloc(2 * kib), narrow.nowMs);
    expect(numbersOf(narrow.takeData())).toEqual([0]);
    narrow.ack(0);
    expect(numbersOf(narrow.takeData())).toEqual([1]);
  });

  test('the distance from the oldest message is limited too: the peer has to store what follows a gap', () => {
    const wire = Wire.ready({ windowBytes: 5 * kib, payloadBytes: kib });
    wire.channel.write(Buffer.alloc(100 * kib), wire.nowMs);
    let sent = numbersOf(wire.takeData());
    for (let round = 0; round < 20 && sent.length > 0; round += 1) {
      wire.ack(...sent.filter((number) => number !== 0));
      sent = numbersOf(wire.takeData()).filter((number) => number !== 0);
    }
    expect(wire.channel.stats.messagesOut).toBe(5);
  });

  test('flushed is true when nothing waits and all is acknowledged', () => {
    const wire = Wire.ready();
    expect(wire.channel.flushed).toBe(true);
    wire.channel.write(Buffer.from('x'), wire.nowMs);
    expect(wire.channel.flushed).toBe(false);
    wire.take();
    expect(wire.channel.flushed).toBe(false);
    wire.ack(0);
    expect(wire.channel.flushed).toBe(true);
  });

  test('the window starts at 256 KiB, doubles in a round trip while that stays flat, and not when it grows', () => {
    const wire = Wire.ready({ payloadBytes: 32 * kib });
    wire.channel.write(Buffer.alloc(32 << 20), wire.nowMs);
    const inFlight: number[] = [];
    for (const roundTripMs of [50, 50, 50, 200, 200]) {
      const sent = numbersOf(wire.takeData());
      inFlight.push(wire.channel.unacknowledgedBytes / kib);
      wire.nowMs += roundTripMs;
      wire.ack(...sent);
    }
    expect(inFlight).toEqual([256, 512, 1024, 2048, 2048]);
    expect(wire.channel.stats.windowBytes).toBe(2 << 20);
  });
});

describe('sending again', () => {
  const sendMany = (count: number): Wire => {
    const wire = Wire.ready({ payloadBytes: 10 });
    wire.channel.write(Buffer.alloc(10 * count, 1), wire.nowMs);
    expect(wire.takeData()).toHaveLength(count);
    return wire;
  };

  test('three later acknowledgements are evidence: the same bytes go out at once', () => {
    const wire = sendMany(6);
    const original = wire.frames.at(-5)!;
    wire.tick(20);
    wire.ack(0, 2, 3);
    expect(wire.takeData()).toEqual([]);
    wire.ack(4);
    const [again, ...more] = wire.takeOnly('send');
    expect(again!.frame.equals(original)).toBe(true);
    expect(more).toEqual([]);
    // Once per round trip: acknowledgements of what was sent before it are no new evidence.
    wire.ack(5);
    expect(wire.takeData()).toEqual([]);
    expect(wire.channel.stats.resent).toBe(1);
  });

  test('a message that is lost again is sent again on new evidence', () => {
    const wire = sendMany(4);
    wire.tick(20);
    wire.ack(1, 2, 3);
    expect(numbersOf(wire.takeData())).toEqual([0]);
    wire.channel.write(Buffer.alloc(30, 1), wire.nowMs);
    expect(numbersOf(wire.takeData())).toEqual([4, 5, 6]);
    wire.tick(20);
    wire.ack(4, 5, 6);
    expect(numbersOf(wire.takeData())).toEqual([0]);
  });

  test('a loss shrinks the window, once per round trip', () => {
    const wire = sendMany(12);
    const before = wire.channel.stats.windowBytes;
    wire.tick(20);
    wire.ack(3, 4, 5);
    expect(numbersOf(wire.takeData())).toEqual([0, 1, 2]);
    expect(wire.channel.stats.windowBytes).toBe(Math.floor(before * 0.7));
  });

  test('a peer that stalls gets one message at growing intervals up to 1 s', () => {
    const wire = sendMany(50);
    const times: number[] = [];
    const start = wire.nowMs;
    for (let round = 0; round < 8; round += 1) {
      wire.tick(round === 0 ? 200 : 0);
      const wishes = wire.take();
      const sends = wishes.filter((wish) => wish.do === 'send');
      if (sends.length > 0) times.push(wire.nowMs - start);
      expect(sends.length).toBeLessThanOrEqual(1);
      const wake = wishes.find((wish) => wish.do === 'wake');
      expect(wake).toBeDefined();
      wire.nowMs = wake!.do === 'wake' ? wake!.atMs : 0;
    }
    expect(times).toEqual([200, 600, 1400, 2400, 3400, 4400, 5400, 6400]);
    expect(wire.channel.stats.resent).toBe(8);
  });

  test('after a time-out the rest follows in slow start, driven by acknowledgements', () => {
    const wire = sendMany(20);
    wire.tick(200);
    expect(numbersOf(wire.takeData())).toEqual([0]);
    wire.nowMs += 20;
    wire.ack(0);
    const wishes = wire.take();
    expect(wishes).toEqual([{ do: 'wake', atMs: wire.nowMs + 50 }]);
    wire.tick(50);
    expect(numbersOf(wire.takeData())).toEqual([1, 2]);
    wire.nowMs += 20;
    wire.ack(1, 2);
    expect(numbersOf(wire.takeData())).toEqual([3, 4, 5, 6]);
    wire.nowMs += 20;
    wire.ack(3, 4, 5, 6);
    expect(numbersOf(wire.takeData())).toEqual([7, 8, 9, 10, 11, 12, 13, 14]);
  });

  test('an answer to what was not sent again shows that nothing was lost', () => {
    const wire = sendMany(20);
    wire.tick(200);
    expect(numbersOf(wire.takeData())).toEqual([0]);
    wire.nowMs += 5;
    // The stalled peer wakes up and answers the first transmission of everything, at its pace.
    wire.ack(0);
    expect(wire.takeData()).toEqual([]);
    wire.nowMs += 49;
    wire.ack(1);
    expect(wire.takeData()).toEqual([]);
    wire.ack(2, 3, 4);
    expect(wire.takeData()).toEqual([]);
    expect(wire.channel.stats.resent).toBe(1);
    // What still is not answered has its time again.
    wire.tick(1000);
    expect(numbersOf(wire.takeData())).toEqual([5]);
  });

  test('after a false alarm, messages are in the order of their sending again: gaps are seen', () => {
    const wire = sendMany(20);
    wire.tick(200);
    wire.take();
    wire.nowMs += 5;
    wire.ack(0, 1);
    wire.nowMs += 5;
    wire.ack(5, 6);
    expect(wire.takeData()).toEqual([]);
    wire.ack(7);
    expect(numbersOf(wire.takeData())).toEqual([2, 3, 4]);
  });

  test('so does an answer that comes faster than any round trip', () => {
    const wire = Wire.ready({ payloadBytes: 10 });
    wire.channel.write(Buffer.alloc(10), wire.nowMs);
    wire.take();
    wire.nowMs += 100;
    wire.ack(0);
    wire.channel.write(Buffer.alloc(200), wire.nowMs);
    expect(wire.takeData()).toHaveLength(20);
    wire.tick(1000);
    expect(numbersOf(wire.takeData())).toEqual([1]);
    wire.nowMs += 1;
    wire.ack(1);
    expect(wire.takeData()).toEqual([]);
  });

  test("round trips of messages that were sent again are not sampled (Karn's rule)", () => {
    const wire = sendMany(1);
    wire.tick(200);
    wire.take();
    wire.nowMs += 700;
    wire.ack(0);
    expect(wire.channel.stats.roundTripMs).toBeUndefined();
    wire.channel.write(Buffer.from('x'), wire.nowMs);
    wire.take();
    wire.nowMs += 140;
    wire.ack(1);
    expect(wire.channel.stats.roundTripMs).toBe(105);
  });

  test('acknowledgements put the time-out off', () => {
    const wire = sendMany(10);
    for (let number = 0; number < 9; number += 1) {
      wire.tick(150);
      wire.ack(number);
      expect(wire.takeData()).toEqual([]);
    }
  });

  test('acknowledgements of what was never sent, or twice, change nothing', () => {
    const wire = sendMany(2);
    wire.ack(7, 2 ** 40, 0, 0);
    expect(wire.channel.unacknowledgedBytes).toBe(10);
    expect(wire.channel.stats.rejected).toBe(0);
  });

  test('a malformed acknowledgement is counted and ignored', () => {
    const wire = sendMany(1);
    wire.service('acknowledge', '{"AcknowledgedMessageSequenceNumber":"0"}');
    expect(wire.channel.stats.rejected).toBe(1);
    expect(wire.channel.unacknowledgedBytes).toBe(10);
  });
});

describe('sockets', () => {
  test('nothing is sent without one; a new one gets all that is unacknowledged, in order, and then what waits', () => {
    const wire = Wire.ready({ payloadBytes: 10 });
    wire.channel.write(Buffer.alloc(50, 1), wire.nowMs);
    const before = wire.takeOnly('send').map(({ frame }) => frame);
    wire.ack(2);
    wire.channel.disconnected(wire.nowMs);
    wire.channel.write(Buffer.from('typed'), wire.nowMs);
    wire.tick(60_000);
    expect(wire.take()).toEqual([]);
    wire.channel.connected(wire.nowMs);
    const after = wire.takeOnly('send').map(({ frame }) => frame);
    expect(after.slice(0, 4)).toEqual([0, 1, 3, 4].map((index) => before[index]));
    expect(after.slice(4).map((frame) => frame.toString('latin1', 120))).toEqual(['typed']);
    expect(wire.channel.stats.resent).toBe(4);
  });

  test('frames nobody took are not sent over the next socket twice', () => {
    const wire = Wire.ready({ payloadBytes: 10 });
    wire.channel.write(Buffer.alloc(10, 1), wire.nowMs);
    wire.take();
    wire.tick(200);
    wire.agent(PayloadType.Output, 'x');
    wire.channel.disconnected(wire.nowMs);
    wire.channel.connected(wire.nowMs);
    expect(wire.take().map((wish) => wish.do)).toEqual(['deliver', 'send', 'wake']);
  });

  test('what arrives without one is accepted and acknowledged when it comes again', () => {
    const wire = Wire.ready();
    wire.channel.disconnected(wire.nowMs);
    wire.agent(PayloadType.Output, 'x', 1);
    expect(wire.take().map((wish) => wish.do)).toEqual(['deliver']);
    wire.channel.connected(wire.nowMs);
    wire.agent(PayloadType.Output, 'x', 1);
    expect(wire.takeAcks()).toEqual([1]);
  });

  test('nothing is sent before the first one', () => {
    const wire = new Wire();
    wire.channel.write(Buffer.from('x'), wire.nowMs);
    wire.agent(PayloadType.Output, '# ');
    expect(wire.take().map((wish) => wish.do)).toEqual(['ready', 'deliver']);
  });
});

describe('pauses', () => {
  test('stop data, new or again, but not acknowledgements; start_publication ends them', () => {
    const wire = Wire.ready({ payloadBytes: 10 });
    wire.channel.write(Buffer.alloc(10), wire.nowMs);
    wire.take();
    wire.service('pause_publication');
    wire.service('pause_publication');
    wire.channel.write(Buffer.alloc(10), wire.nowMs);
    expect(wire.takeOnly('paused', 'send')).toEqual([{ do: 'paused', paused: true }]);
    wire.tick(3000);
    wire.agent(PayloadType.Output, 'x');
    expect(wire.takeAcks()).toEqual([1]);
    wire.service('start_publication');
    const wishes = wire.take();
    expect(wishes[0]).toEqual({ do: 'paused', paused: false });
    expect(wishes.filter((wish) => wish.do === 'send')).toHaveLength(1);
    // The time-out of the first message counts from the end of the pause.
    wire.tick(199);
    expect(wire.takeData()).toEqual([]);
    wire.tick(1);
    expect(numbersOf(wire.takeData())).toEqual([0]);
    wire.service('start_publication');
    expect(wire.takeOnly('paused')).toEqual([]);
  });

  test('a lost start_publication is made up for by one message every 5 s and its acknowledgement', () => {
    const wire = Wire.ready({ payloadBytes: 10 });
    wire.channel.write(Buffer.alloc(30), wire.nowMs);
    wire.take();
    wire.service('pause_publication');
    expect(wire.takeOnly('wake')).toEqual([{ do: 'wake', atMs: wire.nowMs + 5000 }]);
    // This one was sent before the pause: it says nothing about it.
    wire.ack(0);
    expect(wire.takeOnly('paused')).toEqual([]);
    wire.tick(5000);
    expect(numbersOf(wire.takeData())).toEqual([1]);
    wire.tick(5000);
    expect(numbersOf(wire.takeData())).toEqual([1]);
    wire.ack(2);
    expect(wire.takeOnly('paused')).toEqual([]);
    wire.ack(1);
    expect(wire.takeOnly('paused')).toEqual([{ do: 'paused', paused: false }]);
  });

  test('where nothing is on its way, the first that waits is sent to ask', () => {
    const wire = Wire.ready({ payloadBytes: 10 });
    wire.service('pause_publication');
    // Nothing to say, nothing to ask.
    expect(wire.takeOnly('wake')).toEqual([]);
    wire.channel.write(Buffer.alloc(30), wire.nowMs);
    expect(wire.takeOnly('wake')).toEqual([{ do: 'wake', atMs: wire.nowMs + 5000 }]);
    wire.tick(5000);
    expect(numbersOf(wire.takeData())).toEqual([0]);
    wire.ack(0);
    expect(numbersOf(wire.takeData())).toEqual([1, 2]);
  });

  test('put a time-out off for as long as they last, and not for ever when they come and go', () => {
    const wire = Wire.ready({ payloadBytes: 10 });
    wire.channel.write(Buffer.alloc(10), wire.nowMs);
    wire.take();
    // The resend time of 200 ms is gone through 40 ms at a time.
    for (let round = 0; round < 4; round += 1) {
      wire.tick(40);
      wire.service('pause_publication');
      wire.tick(60);
      wire.service('start_publication');
      expect(wire.takeData()).toEqual([]);
    }
    wire.tick(40);
    expect(numbersOf(wire.takeData())).toEqual([0]);
  });

  test('a new socket ends them', () => {
    const wire = Wire.ready();
    wire.service('pause_publication');
    wire.take();
    wire.channel.disconnected(wire.nowMs);
    wire.channel.connected(wire.nowMs);
    expect(wire.takeOnly('paused')).toEqual([{ do: 'paused', paused: false }]);
  });
});

describe('wake', () => {
  test('is wished for once per time, at the earliest time due, and not when nothing is', () => {
    const wire = Wire.ready({ payloadBytes: 10 });
    expect(wire.take()).toEqual([]);
    wire.channel.write(Buffer.alloc(10), wire.nowMs);
    expect(wire.takeOnly('wake')).toEqual([{ do: 'wake', atMs: wire.nowMs + 200 }]);
    wire.nowMs += 50;
    wire.channel.write(Buffer.alloc(10), wire.nowMs);
    expect(wire.takeOnly('wake')).toEqual([]);
    wire.ack(0);
    const [wake] = wire.takeOnly('wake');
    expect(wake!.atMs).toBe(wire.nowMs + 200);
    wire.ack(1);
    expect(wire.takeOnly('wake')).toEqual([]);
  });

  test('is wished for again when the timer fired too early', () => {
    const wire = Wire.ready({ payloadBytes: 10 });
    wire.channel.write(Buffer.alloc(10), wire.nowMs);
    const atMs = wire.nowMs + 200;
    wire.take();
    wire.tick(199);
    expect(wire.take()).toEqual([{ do: 'wake', atMs }]);
  });
});

describe('links', () => {
  test.each([
    ['20 KiB/s', 20],
    ['125 KiB/s', 125],
    ['1 MiB/s', 1024],
  ])(
    'a slow one (%s) is not filled with copies, though its queue makes round trips longer than any resend time',
    (_rate, bytesPerMs) => {
      const sim = new Simulation({ seed: 1, agent: { sessionType: 'Port' }, link: { delayMs: [5, 5], bytesPerMs } });
      const data = new Random(1).bytes(2 << 20);
      sim.client.write(data, sim.nowMs);
      sim.run(() => sim.client.stats.bytesOut === data.length && sim.client.flushed);
      expect(sim.agent.input.equals(data)).toBe(true);
      expect(sim.bytesFromClient / data.length).toBeLessThan(1.2);
    },
  );
});

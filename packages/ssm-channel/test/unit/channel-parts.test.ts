import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { CRYPT_OVERHEAD_BYTES, Crypt, DATA_KEY_BYTES } from '../../src/channel/crypt.js';
import { FlightList } from '../../src/channel/flight-list.js';
import type { InFlight } from '../../src/channel/flight-list.js';
import { ReceiveWindow } from '../../src/channel/receive-window.js';
import { SendQueue } from '../../src/channel/send-queue.js';
import { SendWindow } from '../../src/channel/send-window.js';
import type { SentMessage } from '../../src/channel/send-window.js';
import { SizeProbe } from '../../src/channel/size-probe.js';
import { PayloadType } from '../../src/codec/index.js';
import { Wire } from '../support/wire.js';

describe('the list of what is on its way', () => {
  class Item implements InFlight {
    before: this | undefined;
    after: this | undefined;
    readonly name: string;

    constructor(name: string) {
      this.name = name;
    }
  }

  /** The list as it reads forwards, after a look at its links backwards. */
  function namesOf(list: FlightList<Item>): string {
    let names = '';
    for (let item = list.first; item; item = item.after) {
      if (item.after) expect(item.after.before).toBe(item);
      names += item.name;
    }
    expect(list.first?.before).toBeUndefined();
    return names;
  }

  test('takes at both ends, and gives any of them away', () => {
    for (const order of ['abcd', 'dcba', 'bacd', 'cbda', 'bdac']) {
      const [a, b, c, d] = [new Item('a'), new Item('b'), new Item('c'), new Item('d')];
      const list = new FlightList<Item>();
      list.append(b);
      list.append(c);
      list.prepend(a);
      list.append(d);
      let left = 'abcd';
      expect(namesOf(list)).toBe(left);
      for (const name of order) {
        const item = [a, b, c, d].find((one) => one.name === name)!;
        list.remove(item);
        left = left.replace(name, '');
        expect(namesOf(list)).toBe(left);
        expect([item.before, item.after]).toEqual([undefined, undefined]);
      }
      list.prepend(c);
      list.append(d);
      expect(namesOf(list)).toBe('cd');
    }
  });
});

describe('encryption', () => {
  const key = randomBytes(DATA_KEY_BYTES);
  /** The agent has the halves the other way round. */
  const agent = new Crypt(Buffer.concat([key.subarray(32), key.subarray(0, 32)]));
  const client = new Crypt(key);

  test.each([0, 1, 1000])('%i bytes come back', (length) => {
    const text = randomBytes(length);
    const encrypted = Buffer.concat(agent.encrypt([text.subarray(0, 3), text.subarray(3)]));
    expect(encrypted).toHaveLength(length + CRYPT_OVERHEAD_BYTES);
    expect(client.decrypt(encrypted)).toEqual(text);
  });

  test('what is shorter than what encryption adds, changed, or our own is refused', () => {
    const encrypted = Buffer.concat(agent.encrypt([Buffer.from('x')]));
    for (let length = 0; length < encrypted.length; length += 1) {
      expect(client.decrypt(encrypted.subarray(0, length))).toBeUndefined();
    }
    for (let at = 0; at < encrypted.length; at += 1) {
      const changed = Buffer.from(encrypted);
      changed[at]! ^= 1;
      expect(client.decrypt(changed)).toBeUndefined();
    }
    expect(client.decrypt(Buffer.concat(client.encrypt([Buffer.from('x')])))).toBeUndefined();
  });

  test('the key is copied', () => {
    const copied = Buffer.from(key);
    const other = new Crypt(copied);
    copied.fill(0);
    expect(other.decrypt(Buffer.concat(agent.encrypt([Buffer.from('x')])))?.toString()).toBe('x');
  });
});

describe('the send queue', () => {
  test('says what it would give, and gives that', () => {
    const queue = new SendQueue();
    expect([queue.nextBytes(10), queue.take(10), queue.bytes]).toEqual([0, undefined, 0]);
    queue.write(Buffer.alloc(0));
    expect([queue.nextBytes(10), queue.bytes]).toEqual([0, 0]);
    queue.write(Buffer.alloc(25, 1));
    queue.control(PayloadType.Size, Buffer.alloc(30, 2));
    queue.write(Buffer.alloc(4, 3));
    queue.write(Buffer.alloc(4, 4));
    const seen: unknown[] = [];
    for (let bytes = queue.nextBytes(10); bytes > 0; bytes = queue.nextBytes(10)) {
      const message = queue.take(10)!;
      expect([message.bytes, Buffer.concat(message.payload).length]).toEqual([bytes, bytes]);
      seen.push([message.payloadType, bytes, queue.bytes]);
    }
    expect(seen).toEqual([
      [PayloadType.Output, 10, 53],
      [PayloadType.Output, 10, 43],
      [PayloadType.Output, 5, 38],
      [PayloadType.Size, 30, 8],
      [PayloadType.Output, 8, 0],
    ]);
  });

  test('goes on after it was emptied or cleared', () => {
    const queue = new SendQueue();
    for (let round = 0; round < 2; round += 1) {
      queue.write(Buffer.from('a'));
      expect(queue.take(10)?.bytes).toBe(1);
      queue.write(Buffer.from('bc'));
      queue.control(PayloadType.Flag, Buffer.alloc(4));
      queue.clear();
      expect([queue.bytes, queue.nextBytes(10), queue.take(10)]).toEqual([0, 0, undefined]);
    }
    queue.write(Buffer.from('d'));
    queue.clear();
    queue.write(Buffer.from('ef'));
    expect([queue.bytes, queue.take(10)?.bytes, queue.bytes]).toEqual([2, 2, 0]);
  });
});

describe('the receive window', () => {
  test('forgets what came early when it is cleared, and what it was charged for it', () => {
    const window = new ReceiveWindow(10_000);
    window.store(0, 1, Buffer.alloc(100));
    window.store(2, 1, Buffer.alloc(50));
    window.clear();
    expect([window.heldBytes, window.takeEarly()]).toEqual([0, undefined]);
  });
});

describe('the send window', () => {
  const add = (window: SendWindow, bytes: number, nowMs = 0): void => {
    window.add(Buffer.alloc(bytes), bytes, nowMs);
  };

  test('has room for exactly what it holds', () => {
    const window = new SendWindow(1000);
    expect(window.hasRoom(5000)).toBe(true);
    add(window, 400);
    expect([window.hasRoom(600), window.hasRoom(601)]).toEqual([true, false]);
    add(window, 600);
    expect([window.hasRoom(1), window.unacknowledgedBytes, window.isEmpty]).toEqual([false, 1000, false]);
    window.acknowledge(0, 1);
    window.acknowledge(1, 1);
    expect([window.unacknowledgedBytes, window.isEmpty, window.oldestSequenceNumber]).toEqual([0, true, undefined]);
  });

  test('never has more than 8,192 messages out', () => {
    const window = new SendWindow(1 << 20);
    let sent = 0;
    for (; window.hasRoom(1); sent += 1) add(window, 1);
    expect(sent).toBe(8192);
  });

  test('shrinks to 0.7 for a loss, down to 16 KiB or two of its messages, and not below', () => {
    for (const [limit, bytes, least] of [
      [1 << 20, 100, 16 << 10],
      [1 << 20, 20_000, 40_000],
      [10_000, 100, 10_000],
    ] as const) {
      const window = new SendWindow(limit);
      const before = window.windowBytes;
      expect(before).toBe(Math.min(limit, 256 << 10));
      add(window, bytes);
      let nowMs = 0;
      const sizes: number[] = [];
      for (let round = 0; round < 12; round += 1) {
        nowMs = window.deadlineMs ?? Infinity;
        expect(window.timeOut(nowMs - 1)).toBeUndefined();
        expect(window.timeOut(nowMs)).toBeDefined();
        sizes.push(window.windowBytes);
      }
      expect(sizes[0]).toBe(Math.max(least, before * 0.7));
      expect(sizes.at(-1)).toBe(least);
    }
  });

  test('after a loss it grows by 16 KiB for a window of acknowledgements that it limited', () => {
    const window = new SendWindow(4 << 20);
    add(window, 1000, 0);
    window.acknowledge(0, 10);
    add(window, 1000, 10);
    window.timeOut(window.deadlineMs ?? Infinity);
    const small = window.windowBytes;
    expect(small).toBe((256 << 10) * 0.7);
    window.acknowledge(1, 5000);
    add(window, 100_000, 6000);
    expect(window.hasRoom(1)).toBe(true);
    window.acknowledge(2, 6010);
    // Nothing was kept back, so nothing says that more would be taken.
    expect(window.windowBytes).toBe(small);
    add(window, small, 7000);
    expect(window.hasRoom(1)).toBe(false);
    window.acknowledge(3, 7010);
    expect(window.windowBytes).toBe(small + (16 << 10));
  });

  test('a round trip of more than 1 s is our own queue: it shrinks to what is carried in that time', () => {
    const window = new SendWindow(4 << 20);
    add(window, 100, 0);
    window.acknowledge(0, 10);
    add(window, 100, 10);
    window.acknowledge(1, 1010);
    expect(window.windowBytes).toBe(256 << 10);
    add(window, 100, 2000);
    window.acknowledge(2, 4000);
    expect(window.windowBytes).toBe((256 << 10) / 2);
  });
});

describe('the size probe', () => {
  const sent = (payloadBytes: number, sends = 1): SentMessage =>
    Object.assign(new SendWindow(1 << 20).add(Buffer.alloc(0), payloadBytes, 0), { sends });

  /** How many full messages have to be acknowledged until there is a trial; `undefined` when there is none. */
  function evidenceWanted(probe: SizeProbe): number | undefined {
    for (let seen = 0; seen <= 1000; seen += 1) {
      if (probe.next('Port', 1 << 20, 1 << 20)) return seen;
      probe.acknowledged(sent(probe.payloadBytes - 1), '');
      probe.acknowledged(sent(probe.payloadBytes), '');
    }
    return undefined;
  }

  function failOnce(probe: SizeProbe): void {
    const trial = sent(8192);
    probe.started(trial, 'padded');
    trial.sends = 2;
    probe.acknowledged(trial, 'plain');
  }

  test('wants 16 full messages, after failures 64 and 128, and gives up after the third', () => {
    const probe = new SizeProbe('probe');
    const wanted: unknown[] = [];
    for (let trial = 0; trial < 3; trial += 1) {
      wanted.push(evidenceWanted(probe));
      failOnce(probe);
    }
    expect([...wanted, evidenceWanted(probe), probe.payloadBytes]).toEqual([16, 64, 128, undefined, 1024]);
  });

  test('wants the trial to be filled, and to be a quarter of the window', () => {
    const probe = new SizeProbe('probe');
    evidenceWanted(probe);
    const next = (queued: number, window: number): number | undefined =>
      probe.next('Port', queued, window)?.padded.length;
    expect([next(8191, 1 << 20), next(8192, 32_767), next(8192, 32_768)]).toEqual([undefined, undefined, 8192]);
  });

  test('goes on without a trial when the socket closes, and gives up when it closes over one', () => {
    const probe = new SizeProbe('probe');
    probe.disconnected();
    expect(evidenceWanted(probe)).toBe(16);
    probe.started(sent(8192), 'padded');
    probe.disconnected();
    expect(evidenceWanted(probe)).toBeUndefined();
  });

  test('tries nothing where the size is fixed', () => {
    expect(evidenceWanted(new SizeProbe(100))).toBeUndefined();
  });
});

describe('the machine', () => {
  /** The agent asks for that many things, each of this type. */
  function asked(sessionType: string, count = 1): Wire {
    const wire = new Wire();
    wire.channel.connected(wire.nowMs);
    const action = { ActionType: 'SessionType', ActionParameters: { SessionType: sessionType } };
    const request = { RequestedClientActions: Array.from({ length: count }, () => action) };
    wire.agent(PayloadType.HandshakeRequest, JSON.stringify(request));
    return wire;
  }

  test('waits 5 s for a refused agent to end the session, to the millisecond', () => {
    const wire = asked('Dance');
    wire.tick(4999);
    expect(wire.takeOnly('fail', 'end')).toEqual([]);
    wire.tick(1);
    expect(wire.takeOnly('fail').map(({ code }) => code)).toEqual(['handshake-refused']);
  });

  test('waits for as long as it takes for an agent that was not refused', () => {
    const wire = asked('Port');
    for (let round = 0; round < 10; round += 1) wire.tick(5000);
    expect(wire.takeOnly('fail', 'end')).toEqual([]);
    wire.agent(PayloadType.HandshakeComplete, '{}');
    expect(wire.takeOnly('ready')).toHaveLength(1);
  });

  test('lets an agent ask for 16 things, and for no more', () => {
    expect(asked('Port', 16).takeOnly('fail')).toEqual([]);
    expect(
      asked('Port', 17)
        .takeOnly('fail')
        .map(({ code }) => code),
    ).toEqual(['protocol']);
  });

  test('counts the bytes that it hands on and sends', () => {
    const wire = Wire.ready();
    wire.agent(PayloadType.Output, 'four');
    wire.agent(PayloadType.StdErr, 'three');
    wire.channel.write(Buffer.from('seven'), wire.nowMs);
    wire.take();
    expect(wire.channel.stats).toMatchObject({ bytesIn: '# fourthree'.length, bytesOut: 'seven'.length });
  });

  test('does with the smallest sizes', () => {
    const wire = Wire.ready({ payloadBytes: 1, windowBytes: 1, queueBytes: 1, receiveWindowBytes: 1 });
    wire.channel.write(Buffer.from('ab'), wire.nowMs);
    expect(wire.takeData().map(({ payload }) => payload.toString())).toEqual(['a']);
  });
});

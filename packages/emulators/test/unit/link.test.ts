import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  decodeMessage,
  encodeAcknowledge,
  encodeChannelClosed,
  encodeMessage,
  encodeServiceMessage,
  MessageType,
  parseAcknowledge,
  type ChannelMessage,
} from '@hawser/ssm-channel/codec';
import fc from 'fast-check';
import { AgentLink, type LinkOptions, type Verdict } from '../../src/ssm/agent/link.js';

const { rto } = JSON.parse(readFileSync(new URL('../fixtures/ssm-traces.json', import.meta.url), 'utf8')) as {
  readonly rto: { readonly series: readonly (readonly [number, number, number, number])[] };
};

/** A link on a bench: its clock and its wire are ours. */
class Rig {
  nowMs = 0;
  verdict: Verdict = 'taken';
  wireTakesMore = true;
  closed = false;
  readonly sent: ChannelMessage[] = [];
  readonly handled: string[] = [];
  readonly link: AgentLink;

  constructor(overrides: Partial<LinkOptions> = {}) {
    this.link = new AgentLink({
      sessionId: 's-1',
      checkDigests: true,
      maxInputPayloadBytes: Number.POSITIVE_INFINITY,
      now: () => this.nowMs,
      date: () => 1_700_000_000_000,
      send: (frame) => this.sent.push(decodeMessage(frame)),
      wireTakesMore: () => this.wireTakesMore,
      handle: (_, payload) => {
        if (this.verdict !== 'refused') this.handled.push(String(payload));
        return this.verdict;
      },
      onWritable: () => {},
      onAcknowledged: () => {},
      onClosed: () => {
        this.closed = true;
      },
      wantTick: () => {},
      ...overrides,
    });
  }

  input(sequenceNumber: number | bigint, text: string, digest?: Buffer): void {
    this.link.receive(
      encodeMessage({
        messageType: MessageType.InputStreamData,
        createdDate: 1,
        sequenceNumber,
        messageId: randomUUID(),
        payloadType: 1,
        payload: Buffer.from(text),
        ...(digest === undefined ? {} : { payloadDigest: digest }),
      }),
    );
  }

  acknowledge(sequenceNumber: number): void {
    this.control(
      MessageType.Acknowledge,
      encodeAcknowledge({
        messageType: MessageType.OutputStreamData,
        messageId: randomUUID(),
        sequenceNumber,
        isSequential: true,
      }),
    );
  }

  control(messageType: string, payload: Buffer): void {
    this.link.receive(
      encodeMessage({
        messageType,
        createdDate: 1,
        sequenceNumber: 0,
        flags: 3,
        messageId: randomUUID(),
        payloadType: 0,
        payload,
      }),
    );
  }

  publish(messageType: 'start_publication' | 'pause_publication'): void {
    this.link.receive(
      encodeServiceMessage({
        messageType,
        createdDate: 1,
        sequenceNumber: 0,
        messageId: randomUUID(),
        payload: Buffer.alloc(0),
      }),
    );
  }

  /** Numbers acknowledged so far, in order. */
  get acknowledged(): readonly number[] {
    return this.sent
      .filter(({ messageType }) => messageType === MessageType.Acknowledge)
      .map(({ payload }) => parseAcknowledge(payload).sequenceNumber);
  }

  /** Numbers of data messages sent so far, in order, copies included. */
  get data(): readonly number[] {
    return this.sent
      .filter(({ messageType }) => messageType === MessageType.OutputStreamData)
      .map(({ sequenceNumber }) => Number(sequenceNumber));
  }
}

describe('what the agent sends', () => {
  test('is numbered from 0, and the first message alone carries SYN', () => {
    const rig = new Rig();
    for (const text of ['a', 'b', 'c']) rig.link.sendData(1, Buffer.from(text));
    rig.link.sendData(1, Buffer.alloc(0));
    expect(rig.sent.map(({ sequenceNumber, flags }) => [sequenceNumber, flags])).toEqual([
      [0n, 1],
      [1n, 0],
      [2n, 0],
    ]);
  });

  test('is repeated when it stays unacknowledged: the oldest message only, the same bytes, one at a time', () => {
    const rig = new Rig();
    for (const text of ['a', 'b', 'c']) rig.link.sendData(1, Buffer.from(text));
    rig.nowMs = 200;
    rig.link.tick();
    expect(rig.data).toEqual([0, 1, 2]);
    rig.nowMs = 201;
    rig.link.tick();
    rig.link.tick();
    expect(rig.data).toEqual([0, 1, 2, 0]);
    expect(rig.sent[3]).toEqual(rig.sent[0]);
    rig.acknowledge(0);
    rig.nowMs = 500;
    rig.link.tick();
    expect(rig.data).toEqual([0, 1, 2, 0, 1]);
    for (const number of [1, 2]) rig.acknowledge(number);
    expect([rig.link.flushed, rig.link.tick()]).toEqual([true, false]);
  });

  test('is repeated after the time the recorded series says, round trip after round trip', () => {
    const rig = new Rig();
    expect(rig.link.resendAfterMs).toBe(200);
    for (const [number, [sampleNs, , , rtoNs]] of rto.series.entries()) {
      rig.link.sendData(1, Buffer.from('x'));
      rig.nowMs += sampleNs / 1e6;
      rig.acknowledge(number);
      expect(rig.link.resendAfterMs).toBeCloseTo(rtoNs / 1e6, 4);
    }
  });

  test('waits while publication is paused, and anything from the client lifts the pause', () => {
    for (const lift of [
      (rig: Rig) => rig.publish('start_publication'),
      (rig: Rig) => rig.acknowledge(99),
      (rig: Rig) => rig.input(0, 'x'),
    ]) {
      const rig = new Rig();
      rig.publish('pause_publication');
      expect(rig.link.writable).toBe(false);
      rig.link.sendData(1, Buffer.from('kept'));
      rig.nowMs = 5000;
      rig.link.tick();
      expect(rig.data).toEqual([]);
      lift(rig);
      expect(rig.link.writable).toBe(true);
      rig.link.tick();
      expect(rig.data).toEqual([0]);
    }
  });

  test('is bounded: no more is taken while 4 MiB are unacknowledged, or the wire is full', () => {
    const rig = new Rig();
    const megabyte = Buffer.alloc(1024 * 1024);
    for (let number = 0; number < 4; number += 1) {
      expect(rig.link.writable).toBe(true);
      rig.link.sendData(1, megabyte);
    }
    expect(rig.link.writable).toBe(false);
    rig.acknowledge(2);
    expect(rig.link.writable).toBe(true);
    rig.wireTakesMore = false;
    expect(rig.link.writable).toBe(false);
  });

  test('tells the service its state, without a number', () => {
    const rig = new Rig();
    rig.link.sendState('Connected');
    expect(
      rig.sent.map(({ messageType, flags, sequenceNumber, payload }) => [
        messageType,
        flags,
        sequenceNumber,
        String(payload),
      ]),
    ).toEqual([['agent_session_state', 3, 0n, '{"SchemaVersion":1,"SessionState":"Connected","SessionId":"s-1"}']]);
  });
});

describe('what the agent receives', () => {
  test('is handled in order whatever order it came in, and acknowledged when it was stored', () => {
    const rig = new Rig();
    for (const number of [2, 6, 4, 3, 0, 1]) rig.input(number, String(number));
    expect(rig.handled).toEqual(['0', '1', '2', '3', '4']);
    expect(rig.acknowledged).toEqual([2, 6, 4, 3, 0, 1]);
    rig.input(5, '5');
    expect(rig.handled.join('')).toBe('0123456');
  });

  test('is handled once and acknowledged every time', () => {
    const rig = new Rig();
    for (const number of [0, 0, 1, 0]) rig.input(number, String(number));
    expect(rig.handled).toEqual(['0', '1']);
    expect(rig.acknowledged).toEqual([0, 0, 1, 0]);
  });

  test('is not acknowledged while it is refused, and taken when it comes again', () => {
    const rig = new Rig();
    rig.verdict = 'refused';
    rig.input(0, 'a');
    expect(rig.acknowledged).toEqual([]);
    rig.verdict = 'taken';
    rig.input(1, 'b');
    rig.input(0, 'a');
    expect(rig.handled).toEqual(['a', 'b']);
  });

  test('waits behind a message that is stuck, which is acknowledged when it gets through', () => {
    const rig = new Rig();
    rig.verdict = 'blocked';
    for (const number of [0, 1, 2]) rig.input(number, String(number));
    expect([rig.handled, rig.acknowledged]).toEqual([['0'], []]);
    rig.link.unblock();
    expect([rig.handled, rig.acknowledged]).toEqual([['0', '1'], [0]]);
    rig.verdict = 'taken';
    rig.link.unblock();
    expect([rig.handled, rig.acknowledged]).toEqual([
      ['0', '1', '2'],
      [0, 1, 2],
    ]);
  });

  test('is handled once even when its handler says in the middle that it can go on', () => {
    const rig: Rig = new Rig({
      handle: (_, payload) => {
        rig.handled.push(String(payload));
        rig.link.unblock();
        return 'taken';
      },
    });
    for (const number of [1, 2, 0]) rig.input(number, String(number));
    expect(rig.handled).toEqual(['0', '1', '2']);
  });

  test('is bounded while something is stuck: what exceeds 8 MiB is left to be sent again', () => {
    const rig = new Rig();
    rig.verdict = 'blocked';
    const megabyte = 'm'.repeat(1024 * 1024);
    for (let number = 0; number < 20; number += 1) rig.input(number, megabyte);
    rig.verdict = 'taken';
    rig.link.unblock();
    expect(rig.acknowledged).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('is bounded when it comes early', () => {
    const rig = new Rig();
    const megabyte = 'm'.repeat(1024 * 1024);
    for (let number = 1; number < 30; number += 1) rig.input(number, megabyte);
    expect(rig.acknowledged).toHaveLength(16);
  });

  test('is dropped when its digest is wrong, unless nobody is to look', () => {
    const rigs = [new Rig(), new Rig({ checkDigests: false })];
    for (const rig of rigs) rig.input(0, 'a', Buffer.alloc(32, 1));
    expect(rigs.map(({ handled }) => handled)).toEqual([[], ['a']]);
  });

  test('is dropped when it is larger than the agent is to take', () => {
    const rig = new Rig({ maxInputPayloadBytes: 3 });
    rig.input(0, 'abcd');
    rig.input(0, 'abc');
    expect([rig.handled, rig.acknowledged]).toEqual([['abc'], [0]]);
  });

  test('may be anything: broken frames, strange numbers and strange types change nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (frames) => {
        const rig = new Rig();
        for (const frame of frames) rig.link.receive(frame);
        rig.control(MessageType.Acknowledge, Buffer.from('no json'));
        rig.control(MessageType.ChannelClosed, Buffer.from('[]'));
        rig.control('nobody_knows', Buffer.from('x'));
        rig.input(-1n, 'negative');
        rig.input(2n ** 62n, 'far ahead');
        rig.input(0, 'sound');
        expect([rig.handled, rig.closed]).toEqual([['sound'], false]);
      }),
    );
  });

  test('ends everything when the service closed the channel', () => {
    const rig = new Rig();
    rig.link.sendData(1, Buffer.from('x'));
    rig.control(
      MessageType.ChannelClosed,
      encodeChannelClosed({
        messageId: randomUUID(),
        createdDate: '',
        destinationId: '',
        sessionId: 's-1',
        messageType: MessageType.ChannelClosed,
        schemaVersion: 1,
        output: '',
      }),
    );
    rig.input(0, 'late');
    rig.link.sendData(1, Buffer.from('late'));
    rig.link.sendState('Terminating');
    expect([rig.closed, rig.link.writable, rig.link.flushed, rig.handled, rig.sent.length]).toEqual([
      true,
      false,
      true,
      [],
      1,
    ]);
  });
});

import { Buffer } from 'node:buffer';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { SsmCodecError, decodeMessage, encodeMessage, ssmCodecErrors } from '../../src/codec/index.js';
import { scale } from '../../../../test/support/scale.js';
import { golden } from '../support/golden.js';
import { Random } from '../support/random.js';
import { Wire } from '../support/wire.js';

const seed = Number(process.env['HAWSER_SEED'] ?? 20_250_101);
const seeds = [...golden.messages.map(({ hex }) => hex), ...golden.decode.map(({ hex }) => hex)].map((hex) =>
  Buffer.from(hex, 'hex'),
);
const messageTypes = [
  'output_stream_data',
  'acknowledge',
  'start_publication',
  'pause_publication',
  'agent_session_state',
];

/** Damages a copy: a bit here, a length there, an end cut off, another frame grafted on. */
function mutate(random: Random, original: Buffer): Buffer {
  let frame: Buffer = Buffer.from(original);
  for (let count = random.integer(1, 4); count > 0 && frame.length > 4; count -= 1) {
    switch (random.integer(0, 5)) {
      case 0:
        frame[random.integer(0, frame.length - 1)]! ^= 1 << random.integer(0, 7);
        break;
      case 1:
        frame.writeUInt32BE(
          random.pick([0, 1, 111, 112, 116, 117, 0x7fff_ffff, 0xffff_ffff]),
          4 * random.integer(0, (frame.length >> 2) - 1),
        );
        break;
      case 2:
        frame = frame.subarray(0, random.integer(0, frame.length));
        break;
      case 3:
        frame = Buffer.concat([frame, random.bytes(random.integer(1, 200))]);
        break;
      case 4:
        frame = Buffer.concat([frame.subarray(0, random.integer(0, frame.length)), random.pick(seeds)]);
        break;
      default:
        frame.set(random.bytes(Math.min(16, frame.length)), random.integer(0, Math.max(0, frame.length - 16)));
    }
  }
  return frame;
}

/** A frame whose header and digest are right: it gets past the codec, and its content is anyone's guess. */
function wellFormed(random: Random): Buffer {
  const texts = [
    '{}',
    'null',
    '[]',
    '{"AcknowledgedMessageSequenceNumber":1e308}',
    '{"AcknowledgedMessageSequenceNumber":3}',
    'EXIT_CODE: x',
  ];
  const payload = random.chance(0.5) ? Buffer.from(random.pick(texts)) : random.bytes(random.integer(1, 300));
  return encodeMessage({
    messageType: random.pick(messageTypes),
    createdDate: 1,
    sequenceNumber: random.chance(0.1) ? BigInt(random.integer(0, 2 ** 31)) << 20n : random.integer(0, 30_000),
    messageId: golden.primitives.uuid.text,
    payloadType: random.pick([0, 1, 1, 1, 1, 1, 2, 3, 6, 9, 10, 11, 12, 99]),
    payload,
  });
}

function randomFrame(random: Random): Buffer {
  if (random.chance(0.5)) return mutate(random, random.pick(seeds));
  return random.chance(0.2) ? random.bytes(random.integer(0, 300)) : wellFormed(random);
}

/** Memory in use after a collection. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

describe('hostile frames', () => {
  test('the decoder reads them or throws a typed error', () => {
    const random = new Random(seed);
    const seen = new Set<string>();
    for (let count = scale(8000, 1_000_000); count > 0; count -= 1) {
      const frame = randomFrame(random);
      try {
        const message = decodeMessage(frame);
        seen.add('read');
        if (message.payload.length + message.headerLength + 4 !== frame.length)
          throw new Error(`Seed ${seed}: a payload of the wrong length`);
      } catch (error) {
        if (!(error instanceof SsmCodecError))
          throw new Error(`Seed ${seed} fails; repeat with HAWSER_SEED=${seed}.`, { cause: error });
        seen.add(error.code);
      }
    }
    const expected = Object.keys(ssmCodecErrors).filter((code) => code.startsWith('HAWSER_SSM_FRAME_'));
    expect([...seen].toSorted()).toEqual([...expected, 'read'].toSorted());
  });

  test('the channel survives them, keeps no more than its window, and works on', () => {
    const random = new Random(seed);
    const windowBytes = 256 << 10;
    let ready = Wire.ready({ receiveWindowBytes: windowBytes });
    let ends = 0;
    let undelivered = 0;
    let rejected = 0;
    for (let count = scale(8000, 1_000_000); count > 0; count -= 1) {
      ready.channel.receive(randomFrame(random), ready.nowMs);
      if (random.chance(0.01)) ready.tick(random.integer(0, 500));
      if (random.chance(0.05)) ready.channel.write(random.bytes(random.integer(0, 2000)), ready.nowMs);
      let isOver = false;
      for (const wish of ready.channel.take(ready.nowMs)) {
        if (wish.do === 'deliver') undelivered += wish.bytes.length;
        isOver ||= wish.do === 'end' || wish.do === 'fail';
      }
      if (undelivered > windowBytes) throw new Error(`Seed ${seed}: more than the window was delivered`);
      if (undelivered > 0 && random.chance(0.01)) {
        ready.channel.delivered(undelivered, ready.nowMs);
        undelivered = 0;
      }
      // A frame that says channel_closed may well get through: then the next session has its turn.
      if (isOver) {
        ends += 1;
        rejected += ready.channel.stats.rejected;
        undelivered = 0;
        ready = Wire.ready({ receiveWindowBytes: windowBytes });
      }
    }
    expect(ends).toBeGreaterThan(0);
    expect(rejected).toBeGreaterThan(1000);
    const calm = Wire.ready();
    calm.agent(1, 'still here');
    expect(calm.takeOnly('deliver').map(({ bytes }) => bytes.toString())).toEqual(['still here']);
  });

  test('out of order for ever, tiny or large, fills the window and not the memory', () => {
    const random = new Random(seed);
    const wire = Wire.ready({ receiveWindowBytes: 4 << 20 });
    const before = liveBytes();
    let acknowledged = 0;
    for (let count = scale(15_000, 400_000); count > 0; count -= 1) {
      const payload = Buffer.alloc(random.pick([1, 1, 1, 1000]), 1);
      wire.agent(1, payload, 2 + count);
      acknowledged += wire.channel.take(wire.nowMs).length;
    }
    const grown = liveBytes() - before;
    expect(acknowledged).toBeGreaterThan(1000);
    expect(acknowledged).toBeLessThan(30_000);
    expect(grown).toBeLessThan(24 << 20);
    expect(wire.channel.stats.rejected).toBeGreaterThan(1000);
  });
});

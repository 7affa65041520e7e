import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Fields, PacketReader, Ssh, encodeDataHeader, encodeMux, encodePacket } from '../../src/providers/ssh-wire.js';

test('messages of the control socket are as PROTOCOL.mux lays them out', () => {
  expect(encodeMux(0x1000_0004, 7).toString('hex')).toBe('000000081000000400000007');
});

test('packets are a length, no padding, a type and fields', () => {
  expect(encodePacket(Ssh.eof, 3).toString('hex')).toBe('00000006006000000003');
  expect(encodePacket(Ssh.open, 'ab', 1).toString('hex')).toBe('0000000c005a00000002616200000001');
  expect(encodeDataHeader(9, 5).toString('hex')).toBe('0000000f005e0000000900000005');
});

test('fields past the end are empty', () => {
  const fields = new Fields(Buffer.from([0, 0, 0, 9, 65]));
  expect([fields.text(), fields.word(), fields.text(), fields.flag()]).toEqual(['A', 0, '', false]);
});

const packet = fc.oneof(
  fc.record({ channel: fc.integer({ min: 0, max: 2 }), bytes: fc.uint8Array({ maxLength: 60 }) }),
  fc.record({
    type: fc.constantFrom(Ssh.eof, Ssh.close, Ssh.windowAdjust),
    words: fc.array(fc.nat(), { maxLength: 3 }),
  }),
);

test('however it is cut, every byte of every channel comes in order, and between the right messages', () => {
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 40 })), (packets, cuts) => {
      const wire = Buffer.concat(
        packets.map((one) =>
          'type' in one
            ? encodePacket(one.type, ...one.words)
            : Buffer.concat([encodeDataHeader(one.channel, one.bytes.length), one.bytes]),
        ),
      );
      const seen: string[] = [];
      const note = (channel: number, hex: string): void => {
        const last = seen.at(-1);
        if (last?.startsWith(`${channel}:`)) seen[seen.length - 1] = last + hex;
        else seen.push(`${channel}:${hex}`);
      };
      const expected: string[] = [];
      for (const one of packets) {
        if ('type' in one) expected.push(`type ${one.type}`);
        else if (one.bytes.length > 0) {
          const hex = Buffer.from(one.bytes).toString('hex');
          if (expected.at(-1)?.startsWith(`${one.channel}:`)) expected[expected.length - 1] += hex;
          else expected.push(`${one.channel}:${hex}`);
        }
      }
      const reader = new PacketReader({
        packet: (type) => seen.push(`type ${type}`),
        data: (channel, bytes) => note(channel, bytes.toString('hex')),
      });
      let at = 0;
      for (const cut of [...cuts, wire.length]) {
        reader.push(Buffer.from(wire.subarray(at, at + cut)));
        at = Math.min(wire.length, at + cut);
      }
      reader.push(Buffer.from(wire.subarray(at)));
      expect(seen).toEqual(expected);
    }),
  );
});

test('what cannot be a packet is an error', () => {
  const reader = (): PacketReader => new PacketReader({ packet: () => undefined, data: () => undefined });
  expect(() => reader().push(Buffer.from('SSH-2.0-x\r\n'))).toThrow('cannot be');
  expect(() => reader().push(Buffer.from('0000000f005e0000000900000099', 'hex'))).toThrow('as long as it says');
});

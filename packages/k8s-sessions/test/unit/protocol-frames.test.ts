import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  exitReasons,
  formatSince,
  maxClientFrameBytes,
  maxInputBytes,
  parseSince,
  sessionStates,
} from '../../src/protocol/index.js';
import type { ClientFrame, ServerFrame } from '../../src/protocol/index.js';

const violated = expect.objectContaining({ code: 'HAWSER_SESSIONS_PROTOCOL_VIOLATED' });
const offset = fc.maxSafeNat();
const data = fc.uint8Array({ maxLength: 300 });
const size = fc.record({ cols: fc.integer({ min: 1, max: 1000 }), rows: fc.integer({ min: 1, max: 1000 }) });
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const maybeText = fc.option(text);
const role = fc.constantFrom('control' as const, 'view' as const);
const state = fc.constantFrom(...sessionStates);
const epoch = fc.stringMatching(/^[\w.-]{1,32}$/);
const exit = fc.record(
  {
    reason: fc.constantFrom(...exitReasons),
    code: fc.option(fc.integer({ min: 0, max: 255 })),
    signal: fc.option(fc.constantFrom('SIGTERM', 'SIGKILL', 'SIGUSR1')),
    offset,
    digest: fc.option(fc.stringMatching(/^[0-9a-f]{64}$/)),
    message: text,
    leftBehind: fc.nat(),
  },
  { requiredKeys: ['reason', 'code', 'signal', 'offset', 'digest'] },
);
const hello = fc.record({
  protocol: fc.constant('tsess.v1' as const),
  session: text,
  epoch,
  state,
  detail: maybeText,
  role,
  viewer: text,
  size,
  head: offset,
  first: offset,
  lines: offset,
  lastInputSeq: offset,
  archived: fc.boolean(),
  command: text,
  startedAt: maybeText,
});
const serverFrame: fc.Arbitrary<ServerFrame> = fc.oneof(
  fc.record({ type: fc.constant('hello' as const), hello }),
  fc.record({ type: fc.constant('snapshot' as const), offset, size, data }),
  fc.record({ type: fc.constant('out' as const), offset, data }),
  fc.record({ type: fc.constant('size' as const), offset, size }),
  fc.record({ type: fc.constant('ready' as const), offset }),
  fc.record({ type: fc.constant('phase' as const), state, detail: maybeText }),
  fc.record({ type: fc.constant('exit' as const), exit }),
  fc.record({ type: fc.constant('lease' as const), holder: maybeText, mine: fc.boolean(), viewers: fc.nat() }),
  fc.record({ type: fc.constant('note' as const), level: fc.constantFrom('info', 'warning'), code: text, text }),
  fc.record({ type: fc.constant('going-away' as const), retryAfterMs: fc.integer({ min: 0, max: 3_600_000 }) }),
  fc.record({ type: fc.constant('pong' as const), nonce: offset }),
  fc.record({ type: fc.constant('input-ack' as const), seq: offset }),
  fc.record({
    type: fc.constant('history' as const),
    id: fc.nat(),
    firstLine: fc.nat(),
    lines: fc.array(text, { maxLength: 20 }),
    total: fc.nat(),
  }),
);
const clientFrame: fc.Arbitrary<ClientFrame> = fc.oneof(
  fc.record(
    {
      type: fc.constant('attach' as const),
      since: fc.option(fc.tuple(epoch, offset).map(([name, at]) => formatSince({ epoch: name, offset: at }))),
      size: fc.option(size),
      visible: fc.boolean(),
      want: role,
      whole: fc.boolean(),
      tab: fc.stringMatching(/^[\w-]{1,64}$/),
    },
    { requiredKeys: ['type', 'since', 'size', 'visible', 'want'] },
  ),
  fc.record({ type: fc.constant('in' as const), seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), data }),
  fc.record({ type: fc.constant('view' as const), size, visible: fc.boolean() }),
  fc.record({ type: fc.constant('ack' as const), offset }),
  fc.record({ type: fc.constant('lease' as const), action: fc.constantFrom('take', 'release') }),
  fc.record({ type: fc.constant('signal' as const), signal: fc.constantFrom('SIGINT', 'SIGWINCH') }),
  fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 0, max: 1000 })).map(([id, from, count]) => ({
    type: 'history' as const,
    id,
    from,
    to: from + count,
  })),
  fc.record({ type: fc.constant('ping' as const), nonce: offset }),
);

describe('frames of tsess.v1', () => {
  test('what is encoded is decoded to the same, from either side', () => {
    fc.assert(fc.property(serverFrame, (frame) => expect(decodeServerFrame(encodeServerFrame(frame))).toEqual(frame)));
    fc.assert(fc.property(clientFrame, (frame) => expect(decodeClientFrame(encodeClientFrame(frame))).toEqual(frame)));
  });

  test('the bytes on the wire are those that are written down', () => {
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    const wire = (spaced: string): string => spaced.replaceAll(' ', '');
    const out: ServerFrame = { type: 'out', offset: 2 ** 32 + 5, data: Uint8Array.of(0x61, 0x0a) };
    expect(hex(encodeServerFrame(out))).toBe(wire('03 0000000100000005 610a'));
    const snapshot: ServerFrame = { type: 'snapshot', offset: 1, size: { cols: 80, rows: 24 }, data: Uint8Array.of(7) };
    expect(hex(encodeServerFrame(snapshot))).toBe(wire('02 0000000000000001 0050 0018 07'));
    expect(hex(encodeServerFrame({ type: 'ready', offset: 9 }))).toBe(wire('05 0000000000000009'));
    expect(hex(encodeClientFrame({ type: 'in', seq: 3, data: Uint8Array.of(0x78) }))).toBe(
      wire('42 0000000000000003 78'),
    );
    expect(Buffer.from(encodeClientFrame({ type: 'lease', action: 'take' })).toString()).toBe('E{"action":"take"}');
  });

  test('hostile bytes are violations and nothing else', () => {
    const survives = (decode: (bytes: Uint8Array) => unknown) => (bytes: Uint8Array) => {
      try {
        decode(bytes);
      } catch (error) {
        expect(error).toEqual(violated);
      }
    };
    const opened = fc.tuple(fc.nat({ max: 0x50 }), fc.uint8Array()).map(([code, rest]) => Uint8Array.of(code, ...rest));
    const json = fc.tuple(fc.nat({ max: 0x50 }), fc.json()).map(([code, body]) => {
      return new Uint8Array([code, ...new TextEncoder().encode(body)]);
    });
    for (const bytes of [fc.uint8Array(), opened, json]) {
      fc.assert(fc.property(bytes, survives(decodeServerFrame)));
      fc.assert(fc.property(bytes, survives(decodeClientFrame)));
    }
  });

  test('nothing beyond the limits comes through', () => {
    const refused = (bytes: Uint8Array): void => expect(() => decodeClientFrame(bytes)).toThrow(violated);
    const json = (opcode: string, body: unknown): Uint8Array => Buffer.from(opcode + JSON.stringify(body));
    const attach = { since: null, size: null, visible: true, want: 'view' };
    expect(decodeClientFrame(json('A', attach))).toEqual({ type: 'attach', ...attach });
    refused(new Uint8Array());
    refused(new Uint8Array(maxClientFrameBytes + 1));
    refused(encodeClientFrame({ type: 'in', seq: 0, data: Uint8Array.of(1) }));
    refused(encodeClientFrame({ type: 'in', seq: 1, data: new Uint8Array(maxInputBytes + 1) }));
    refused(Uint8Array.of(0x44, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
    refused(Uint8Array.of(0x44, 0, 0, 0));
    refused(Uint8Array.of(0x44, 0, 0, 0, 0, 0, 0, 0, 1, 0));
    refused(json('A', { ...attach, size: { cols: 0, rows: 24 } }));
    refused(json('A', { ...attach, size: { cols: 80, rows: 1001 } }));
    refused(json('A', { ...attach, since: 'no place' }));
    refused(json('A', { ...attach, since: 'epoch:9999999999999999' }));
    refused(json('A', { ...attach, want: 'own' }));
    refused(json('A', { ...attach, tab: 'a b' }));
    refused(json('G', { id: 1, from: 0, to: 1001 }));
    refused(json('G', { id: 1, from: 5, to: 4 }));
    refused(json('F', { signal: 'SIGTERM; reboot' }));
    refused(json('E', { toString: 'take' }));
    expect(() => encodeServerFrame({ type: 'ready', offset: -1 })).toThrow(violated);
  });

  test('data is a view of what came, not a copy', () => {
    const bytes = encodeServerFrame({ type: 'out', offset: 0, data: Uint8Array.of(1, 2, 3) });
    const frame = decodeServerFrame(bytes);
    expect(frame.type === 'out' && frame.data.buffer).toBe(bytes.buffer);
  });

  test('a place in the log survives its text', () => {
    fc.assert(
      fc.property(epoch, offset, (name, at) =>
        expect(parseSince(formatSince({ epoch: name, offset: at }))).toEqual({ epoch: name, offset: at }),
      ),
    );
    for (const wrong of ['', ':', 'a:', ':1', 'a:-1', 'a:1.5', 'a b:1', 'a:1e3'])
      expect(parseSince(wrong)).toBeUndefined();
  });
});

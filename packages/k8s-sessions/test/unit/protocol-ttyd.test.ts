import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeTtydClientMessage,
  decodeTtydServerMessage,
  encodeTtydClientMessage,
  encodeTtydServerMessage,
} from '../../src/protocol/index.js';
import type { TtydClientMessage, TtydServerMessage } from '../../src/protocol/index.js';

const violated = expect.objectContaining({ code: 'HAWSER_SESSIONS_PROTOCOL_VIOLATED' }) as unknown as Error;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const data = fc.uint8Array({ maxLength: 100 });
const size = fc.record({ cols: fc.integer({ min: 1, max: 1000 }), rows: fc.integer({ min: 1, max: 1000 }) });

describe('the protocol of ttyd', () => {
  test('what a stock client says is understood', () => {
    // As html/src/components/terminal/xterm/index.ts of ttyd 1.7.7 sends it.
    expect(decodeTtydClientMessage(bytes('{"AuthToken":"","columns":120,"rows":40}'))).toEqual({
      type: 'open',
      authToken: '',
      size: { cols: 120, rows: 40 },
    });
    expect(decodeTtydClientMessage(bytes('0ls\r'))).toEqual({ type: 'input', data: bytes('ls\r') });
    expect(decodeTtydClientMessage(bytes('1{"columns":80,"rows":24}'))).toEqual({
      type: 'resize',
      size: { cols: 80, rows: 24 },
    });
    expect(decodeTtydClientMessage(bytes('2'))).toEqual({ type: 'pause' });
    expect(decodeTtydClientMessage(bytes('3'))).toEqual({ type: 'resume' });
    // A page without a layout yet.
    expect(decodeTtydClientMessage(bytes('{"AuthToken":"x","columns":0,"rows":0}'))).toEqual({
      type: 'open',
      authToken: 'x',
      size: null,
    });
    expect(decodeTtydClientMessage(bytes('{"AuthToken":"x"}'))).toEqual({ type: 'open', authToken: 'x', size: null });
  });

  test('what is encoded is decoded to the same, from either side', () => {
    const client: fc.Arbitrary<TtydClientMessage> = fc.oneof(
      fc.record({ type: fc.constant('open' as const), authToken: fc.string(), size: fc.option(size) }),
      fc.record({ type: fc.constant('input' as const), data }),
      fc.record({ type: fc.constant('resize' as const), size }),
      fc.record({ type: fc.constantFrom('pause' as const, 'resume' as const) }),
    );
    const server: fc.Arbitrary<TtydServerMessage> = fc.oneof(
      fc.record({ type: fc.constant('output' as const), data }),
      fc.record({ type: fc.constant('title' as const), title: fc.string({ unit: 'grapheme' }) }),
      fc.record({ type: fc.constant('preferences' as const), preferences: fc.constant({ fontSize: 15 }) }),
    );
    fc.assert(
      fc.property(client, (message) =>
        expect(decodeTtydClientMessage(encodeTtydClientMessage(message))).toEqual(message),
      ),
    );
    fc.assert(
      fc.property(server, (message) =>
        expect(decodeTtydServerMessage(encodeTtydServerMessage(message))).toEqual(message),
      ),
    );
  });

  test('anything else is a violation', () => {
    for (const wrong of [
      '',
      '4',
      '{',
      '{"columns":"80","rows":24}',
      '1',
      '1[]',
      '1{"columns":0,"rows":5}',
      '1{"columns":1e9,"rows":5}',
    ]) {
      expect(() => decodeTtydClientMessage(bytes(wrong))).toThrow(violated);
    }
    for (const wrong of ['', '3', '2[]', '2{']) expect(() => decodeTtydServerMessage(bytes(wrong))).toThrow(violated);
    expect(() => decodeTtydClientMessage(new Uint8Array(1_048_577).fill(0x30))).toThrow(violated);
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createKeyboard } from '../../src/runner/keyboard.js';
import { createRecent } from '../../src/runner/recent.js';
import { ruledSize, type Seat } from '../../src/runner/size-rule.js';

describe('the newest bytes of a log', () => {
  test('are given from any offset that is held, and never wrongly', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 200 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 100 }),
        (chunks, keep, limit) => {
          const recent = createRecent(keep);
          for (const chunk of chunks) recent.push(chunk);
          const all = Buffer.concat(chunks);
          expect(recent.from).toBeLessThanOrEqual(Math.max(0, all.length - keep));
          for (let at = 0; at < all.length; at += 1) {
            const data = recent.read(at, limit);
            if (at < recent.from) expect(data).toBeUndefined();
            else {
              expect(data!.length).toBeGreaterThan(0);
              expect(Buffer.compare(data!, all.subarray(at, at + data!.length))).toBe(0);
              expect(data!.length).toBeLessThanOrEqual(limit);
            }
          }
          expect(recent.read(all.length, limit)).toBeUndefined();
        },
      ),
      { numRuns: 60 },
    );
  });

  test('are few, however many chunks came', () => {
    const recent = createRecent(1000);
    for (let at = 0; at < 20_000; at += 1) recent.push(Uint8Array.of(at & 0xff));
    expect(recent.from).toBe(19_000);
    expect(recent.read(19_000, 5)).toEqual(Buffer.from([0x38, 0x39, 0x3a, 0x3b, 0x3c]));
  });
});

describe('the size of the terminal', () => {
  const seat = (changes: Partial<Seat>): Seat => ({
    role: 'control',
    holder: false,
    visible: true,
    size: { cols: 80, rows: 24 },
    activity: 1,
    ...changes,
  });
  const wide = { cols: 200, rows: 20 };
  const tall = { cols: 60, rows: 90 };

  test('is that of the holder, or of whoever may control and was active last', () => {
    const seats = [seat({ size: wide, activity: 5 }), seat({ size: tall, activity: 2, holder: true })];
    expect(ruledSize('latest', seats)).toEqual(tall);
    expect(ruledSize('latest', [seat({ size: wide, activity: 5 }), seat({ size: tall, activity: 2 })])).toEqual(wide);
    expect(ruledSize('latest', [seat({ size: wide, role: 'view' })])).toBeUndefined();
  });

  test('is what the smallest sees in full', () => {
    const seats = [
      seat({ size: wide }),
      seat({ size: tall, role: 'view' }),
      seat({ size: { cols: 1, rows: 1 }, visible: false }),
    ];
    expect(ruledSize('smallest-visible', seats)).toEqual({ cols: 60, rows: 20 });
  });

  test('stays when it is fixed, and while nobody looks', () => {
    expect(ruledSize('fixed', [seat({})])).toBeUndefined();
    for (const mode of ['latest', 'smallest-visible'] as const)
      expect(ruledSize(mode, [seat({ visible: false }), seat({ size: null })])).toBeUndefined();
  });
});

describe('the keyboard', () => {
  test('takes each sequence of each window once, whatever is sent again', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ window: fc.constantFrom('a', 'b'), back: fc.nat(3) })), (sends) => {
        const keyboard = createKeyboard();
        const last = { a: 0, b: 0 };
        for (const { window, back } of sends as { window: 'a' | 'b'; back: number }[]) {
          const seq = Math.max(1, last[window] + 1 - back);
          expect(keyboard.accept(window, seq)).toBe(seq === last[window] + 1 ? 'new' : 'known');
          last[window] = Math.max(last[window], seq);
          expect(keyboard.lastSeq(window)).toBe(last[window]);
          expect(keyboard.accept(window, seq + 5)).toBe(seq + 5 > last[window] + 1 ? 'gap' : 'known');
        }
      }),
    );
  });

  test('tells who typed when, how much, and a digest instead of the text', () => {
    const keyboard = createKeyboard();
    keyboard.typed('a', Buffer.from('one'), 10);
    keyboard.typed('a', Buffer.from('two'), 20);
    keyboard.typed('b', Buffer.from('three'), 30);
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
    const turns = [
      { viewer: 'a', fromMs: 10, toMs: 20, bytes: 6, sha256: digest('onetwo') },
      { viewer: 'b', fromMs: 30, toMs: 30, bytes: 5, sha256: digest('three') },
    ];
    expect(keyboard.turns()).toEqual(turns);
    expect(keyboard.turns()).toEqual(turns);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createCastReader, eventsBy } from '../../src/cast.js';

const recording = [
  '{"version":3,"term":{"cols":100,"rows":30},"timestamp":1700000000}',
  '[0.5,"o","hello\\r\\n"]',
  '# a comment',
  '[1.0,"r","120x40"]',
  '[0.25,"m","a marker"]',
  '[0.25,"o","漢字"]',
  '[2,"x","0"]',
  '',
].join('\n');

describe('a recording', () => {
  test('is read into events with the time since its start', () => {
    const reader = createCastReader();
    reader.push(recording);
    expect(reader.header).toEqual({ cols: 100, rows: 30 });
    expect(reader.events).toEqual([
      { atMs: 500, type: 'output', text: 'hello\r\n' },
      { atMs: 1500, type: 'resize', cols: 120, rows: 40 },
      { atMs: 2000, type: 'output', text: '漢字' },
    ]);
    expect(reader.lengthMs).toBe(4000);
  });

  test('may come in pieces cut anywhere', () => {
    const whole = createCastReader();
    whole.push(recording);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: recording.length })), (cuts) => {
        const reader = createCastReader();
        const places = [0, ...cuts.toSorted((a, b) => a - b), recording.length];
        places.slice(1).forEach((to, index) => reader.push(recording.slice(places[index], to)));
        expect(reader.events).toEqual(whole.events);
        expect(reader.lengthMs).toBe(whole.lengthMs);
      }),
    );
  });

  test('that was cut off ends with its last whole line', () => {
    const reader = createCastReader();
    reader.push(`${recording.slice(0, 90)}\n[1,"o","lost`);
    expect(reader.events).toHaveLength(1);
  });

  test('knows how much of it has happened by a moment', () => {
    const reader = createCastReader();
    reader.push(recording);
    expect([0, 499, 500, 1999, 2000, 9999].map((atMs) => eventsBy(reader.events, atMs))).toEqual([0, 0, 1, 2, 3, 3]);
  });
});

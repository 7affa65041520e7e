import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { SseParser, type ServerEvent } from '../../src/http/sse.js';

function parse(pieces: readonly string[]): ServerEvent[] {
  const parser = new SseParser();
  return pieces.flatMap((piece) => parser.take(piece));
}

/** Cuts a text at these places. */
function cut(text: string, places: readonly number[]): string[] {
  const at = [0, ...places.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  return at.slice(1).map((end, index) => text.slice(at[index], end));
}

const line = fc.string({ unit: fc.constantFrom('a', 'é', '🔊', ' ', ':', '{', '"'), maxLength: 12 });
const lineEnd = fc.constantFrom('\n', '\r', '\r\n');

describe('a stream of events', () => {
  test('says the same however it is split, whatever its line ends', () => {
    const block = fc.record({
      event: fc.option(fc.stringMatching(/^[a-z]{1,5}$/), { nil: undefined }),
      data: fc.array(line, { maxLength: 3 }),
      comment: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(block), lineEnd, fc.array(fc.nat()), (blocks, end, places) => {
        const text = blocks
          .map(({ event, data, comment }) =>
            [
              ...(comment ? [': keep-alive', 'id: 7', 'retry'] : []),
              ...(event === undefined ? [] : [`event: ${event}`]),
              ...data.map((value) => `data: ${value}`),
              '',
              '',
            ].join(end),
          )
          .join('');
        const expected = blocks
          .map(({ event = 'message', data }) => ({ event, data: data.join('\n') }))
          .filter(({ data }) => data !== '');
        expect(parse(cut(text, places))).toEqual(expected);
      }),
    );
  });

  test.each([
    ['data: a\n\n', ['a']],
    ['data:a\n\ndata:  b\n\n', ['a', ' b']],
    ['data: \n\ndata:\n\n:\n\n: ping\n\n\n\n', []],
    ['data\ndata: a\n\n', ['\na']],
    ['data: a\r', []],
    ['data: a\n', []],
    ['nonsense\ndata: a: b\n\n', ['a: b']],
  ])('%j says %j', (text, said) => {
    expect(parse([text]).map(({ data }) => data)).toEqual(said);
    expect(parse(Array.from(text)).map(({ data }) => data)).toEqual(said);
  });

  test('with a line or an event without end holds a limited part of it, and goes on behind it', () => {
    const parser = new SseParser();
    const piece = 'x'.repeat(1 << 18);
    parser.take('data: ');
    for (let times = 0; times < 20; times++) expect(parser.take(piece)).toEqual([]);
    const [event] = parser.take('\n\n');
    expect(event?.data.length).toBeLessThanOrEqual(1 << 20);
    for (let times = 0; times < 20; times++) expect(parser.take(`data: ${piece}\n`)).toEqual([]);
    const [second, third] = parser.take('\ndata: after\n\n');
    expect(second?.data.length).toBeLessThanOrEqual(2 << 20);
    expect(third?.data).toBe('after');
  });
});

import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { endOfObject, readLeadingJson } from '../../src/stdin-json.js';

test('reads the object however it is cut, and leaves what follows to the session', async () => {
  const rest = fc.string({ unit: 'grapheme' });
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string(), fc.jsonValue()),
      rest,
      fc.array(fc.nat(200)),
      async (value, input, cuts) => {
        const json = JSON.stringify(value);
        const bytes = Buffer.from(`${json}\n${input}`);
        const edges = [0, ...cuts.filter((cut) => cut < json.length), bytes.length].toSorted((a, b) => a - b);
        const stream = Readable.from(
          edges
            .slice(1)
            .map((edge, index) => bytes.subarray(edges[index], edge))
            .filter((chunk) => chunk.length > 0),
          { objectMode: false },
        );
        expect(await readLeadingJson(stream)).toBe(json);
        expect(await text(stream)).toBe(input);
      },
    ),
  );
});

test('does not wait for the end of the stream', async () => {
  const stream = new PassThrough();
  stream.write('{"a":"}\\""}\r\n');
  expect(await readLeadingJson(stream)).toBe('{"a":"}\\""}');
});

test('what is no object is read as far as it shows that, or to its end', async () => {
  expect(await readLeadingJson(Readable.from([Buffer.from('  bad')], { objectMode: false }))).toBe('  b');
  expect(await readLeadingJson(Readable.from([Buffer.from('{"a":')], { objectMode: false }))).toBe('{"a":');
  expect(await readLeadingJson(Readable.from([], { objectMode: false }))).toBe('');
});

test('an object that never ends is given up', async () => {
  const endless = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(1 << 16, '{');
    })(),
    { objectMode: false },
  );
  expect((await readLeadingJson(endless)).length).toBeLessThan(2 << 20);
});

test('braces in strings do not count', () => {
  expect(endOfObject(Buffer.from('{"}":"{\\"}"} x'))).toBe(13 - 1);
});

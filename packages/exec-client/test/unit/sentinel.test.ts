import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSentinelFilter } from '../../src/attach/sentinel.js';

const sentinel = 'hawser-0123456789abcdef';

async function filtered(
  chunks: readonly Buffer[],
  options?: { readonly holdsLineEnd: boolean },
): Promise<{ readonly shown: Buffer; readonly code: number | undefined }> {
  const { stream, exitCode } = createSentinelFilter(sentinel, options);
  const shown: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => shown.push(chunk));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await text(stream).catch(() => undefined);
  return { shown: Buffer.concat(shown), code: exitCode() };
}

function cut(bytes: Buffer, at: readonly number[]): readonly Buffer[] {
  const places = [0, ...at.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
}

describe('the line with the exit code', () => {
  test('is taken out wherever it is cut, and nothing else is', async () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('\r\n', '\r', `${sentinel} $?`, sentinel, sentinel.slice(0, 9), `${sentinel} 1234`)
        .map((words) => Buffer.from(words)),
    );
    const property = fc.asyncProperty(
      fc.array(noise),
      fc.nat(255),
      fc.array(fc.nat()),
      fc.boolean(),
      async (parts, code, cuts, holdsLineEnd) => {
        // Whatever stands before must not run on into the mark.
        const before = Buffer.concat([...parts, Buffer.from('.')]);
        const after = Buffer.from('after\r\n');
        const whole = Buffer.concat([before, Buffer.from(`\r\n${sentinel} ${code}\r\n`), after]);
        const left = holdsLineEnd ? Buffer.alloc(0) : Buffer.from('\r\n');
        expect(await filtered(cut(whole, cuts), { holdsLineEnd })).toEqual({
          shown: Buffer.concat([before, left, after]),
          code,
        });
        expect(await filtered(cut(before, cuts), { holdsLineEnd })).toEqual({ shown: before, code: undefined });
      },
    );
    await fc.assert(property);
  });

  test('makes somebody who types wait for nothing', () => {
    const { stream } = createSentinelFilter(sentinel);
    stream.write('$ echo hi\r\n');
    expect(String(stream.read())).toBe('$ echo hi\r\n');
    stream.destroy();
  });
});

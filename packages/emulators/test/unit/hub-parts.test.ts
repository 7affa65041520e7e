import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { HubFault } from '@hawser/emulators/hub';
import { createFaults } from '../../src/http/faults.js';
import { readLines, type Line } from '../../src/hub/api/ndjson.js';
import { createRateLimit } from '../../src/hub/http/rate-limit.js';
import { readCard } from '../../src/hub/state/card.js';
import { encodePointer, readPointer } from '../../src/hub/state/pointer.js';
import { isRepoName, subdomainOf } from '../../src/hub/state/spaces.js';

async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function all(lines: AsyncIterable<Line>): Promise<Line[]> {
  const seen = [];
  for await (const line of lines) seen.push(line);
  return seen;
}

describe('the lines of a commit', () => {
  test('are the same however they are cut, with and without a last newline', async () => {
    const line = fc.record({ key: fc.string(), value: fc.dictionary(fc.string(), fc.string()) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        fc.boolean(),
        async (lines, sizes, ends) => {
          const text = lines.map((one) => JSON.stringify(one)).join('\n') + (ends ? '\n' : '');
          const read = await all(readLines(pieces(Buffer.from(text), sizes), 1 << 20));
          expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(JSON.stringify(lines)));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('no more than one of them is held: an endless one is given up at its limit', async () => {
    let taken = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        taken += 1;
        yield Buffer.alloc(1000, 0x20);
      }
    }
    await expect(all(readLines(endless(), 10_000))).rejects.toMatchObject({ status: 413 });
    expect(taken).toBe(11);
  });
});

describe('front matter', () => {
  test.each([
    ['none', '# Title\n', [], 1],
    ['an empty one', '---\n---\n', [], 1],
    ['a fine one behind a byte order mark, with CRLF', '\uFEFF---\r\nsdk: docker\r\nemoji: 🏴‍☠️\r\n---\r\n', [], 0],
    ['a list', '---\n- a\n---\n', ['The metadata must be a map.'], 0],
    ['a rule in the text', '# A\n---\nb: [\n---\n', [], 1],
    ['two emojis', '---\nsdk: docker\nemoji: 🐳🐳\n---\n', ['"emoji" must be one emoji'], 0],
    ['a path without a slash', '---\nsdk: docker\nbase_path: web\n---\n', ['"base_path" must begin with /'], 0],
  ])('%s', (_, text, errors, warnings) => {
    const card = readCard(text);
    expect([card.errors, card.warnings.length]).toEqual([errors, warnings]);
  });

  test('whatever it holds, it is read or told what is wrong with it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('-\n: [{}]&*!%@#"\'abc\\')) }), (text) => {
        const { data, errors } = readCard(`---\n${text}\n---\n`);
        expect([typeof JSON.stringify(data), Array.isArray(errors)]).toEqual(['string', true]);
      }),
      { numRuns: 300 },
    );
  });

  test('what contains itself is refused', () => {
    expect(readCard('---\nsdk: docker\na: &a [*a]\n---\n').errors).toEqual([expect.stringContaining('Invalid YAML')]);
  });

  test('a bomb of aliases is not let off', () => {
    const bomb = ['a0: &a0 [x, x, x]'];
    for (let level = 1; level < 30; level += 1) bomb.push(`a${level}: &a${level} [${`*a${level - 1},`.repeat(9)}]`);
    expect(readCard(`---\nsdk: docker\n${bomb.join('\n')}\n---\n`).errors).toEqual([
      expect.stringContaining('Invalid YAML'),
    ]);
  });
});

test('pointers are read as they were written, and nothing else is one', () => {
  const pointer = { oid: 'a'.repeat(64), size: 12 };
  expect(readPointer(encodePointer(pointer))).toEqual(pointer);
  expect(readPointer(Buffer.concat([encodePointer(pointer), Buffer.from('x')]))).toBeUndefined();
  expect(readPointer(Buffer.from('x'))).toBeUndefined();
});

test('names of repositories, and what their addresses become', () => {
  expect(['a', 'a_b', 'A.b-c', 'x'.repeat(96)].every(isRepoName)).toBe(true);
  expect(['', '.a', 'a-', 'a--b', 'a..b', 'a.git', 'x'.repeat(97), 'a b'].some(isRepoName)).toBe(false);
  expect(subdomainOf({ owner: 'User', name: 'tmp_test_space' })).toBe('user-tmp-test-space');
});

test('a rate limit begins anew with each window', () => {
  let now = 0;
  const limit = createRateLimit({ requests: 1, windowSeconds: 10 }, () => now);
  expect([limit.take('a').allowed, limit.take('a').allowed, limit.take('b').allowed]).toEqual([true, false, true]);
  now = 9_500;
  expect(limit.take('a').headers['RateLimit']).toBe('"api";r=0;t=1');
  now = 10_000;
  expect(limit.take('a')).toEqual({ allowed: true, headers: expect.objectContaining({ RateLimit: '"api";r=0;t=10' }) });
});

test('faults are for the requests they name, and used up', () => {
  const faults = createFaults<HubFault['does']>();
  faults.add({ method: 'POST', path: /x/gu, after: 1, does: { kind: 'stall' } });
  expect([faults.next('GET', '/x'), faults.next('POST', '/y'), faults.next('POST', '/x')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect([faults.next('POST', '/x'), faults.next('POST', '/x')]).toEqual([{ kind: 'stall' }, undefined]);
});

import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDigest } from '../../src/copy/digest.js';
import { createLineEncoder } from '../../src/copy/line-encoder.js';
import { parseMode } from '../../src/copy/mode.js';
import { PartWriter } from '../../src/copy/part-writer.js';
import { createProgress } from '../../src/copy/progress.js';
import { downloadScript, uploadScript } from '../../src/copy/remote-script.js';
import { createReplyReader } from '../../src/copy/replies.js';
import type { CopyProgress } from '../../src/copy/types.js';
import { createUnpacker } from '../../src/copy/unpacker.js';

const TOKEN = '0123456789abcdef';
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));

/** Cuts a buffer into pieces of the given lengths, over and over. */
function cut(whole: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    pieces.push(whole.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
const lengths = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 });

describe('digests', () => {
  test.each([
    ['', '4294967295'],
    ['a', '1220704766'],
    ['abc', '1219131554'],
    ['123456789', '930766865'],
    ['hello world\n', '3733384285'],
  ])('cksum of %j is what the tool prints', (text, printed) => {
    const digest = createDigest('cksum');
    digest.update(Buffer.from(text));
    expect(digest.value()).toBe(printed);
  });

  test.each(['sha256', 'cksum'] as const)(
    '%s does not depend on the pieces, and can be looked at in between',
    (algorithm) => {
      fc.assert(
        fc.property(bytes, lengths, (whole, pieces) => {
          const [once, often] = [createDigest(algorithm), createDigest(algorithm)];
          once.update(whole);
          for (const piece of cut(whole, pieces)) {
            often.update(piece);
            often.value();
          }
          expect(often.value()).toBe(once.value());
        }),
      );
    },
  );
});

describe('base64 for a terminal', () => {
  test('is lines below 4,096 bytes, whatever the pieces', () => {
    for (const size of [0, 1, 2999, 3000, 3001, 9001]) {
      const whole = Buffer.alloc(size, 'xyz');
      const encoder = createLineEncoder();
      const sent = Buffer.concat([
        ...cut(whole, [1, 700, 5000]).map((piece) => encoder.push(piece)),
        encoder.end(),
      ]).toString();
      const lines = sent.split('\n');
      expect(lines.pop()).toBe('');
      expect(lines).toHaveLength(Math.ceil(size / 3000));
      expect(Math.max(0, ...lines.map((line) => line.length))).toBeLessThan(4095);
      expect(Buffer.concat(lines.map((line) => Buffer.from(line, 'base64')))).toEqual(whole);
    }
  });
});

describe('answers of a script', () => {
  test('are found between other output, in pieces of any length', () => {
    const printed = Buffer.from(`Welcome!\r\n$ \r\n@${TOKEN} ready raw 7\r\nnoise @${TOKEN} no\n\n@${TOKEN} done\n`);
    fc.assert(
      fc.property(lengths, (pieces) => {
        const reader = createReplyReader(TOKEN);
        expect(cut(printed, pieces).flatMap((piece) => reader.push(piece))).toEqual([['ready', 'raw', '7'], ['done']]);
        expect(reader.noise).toContain('Welcome!');
      }),
    );
  });

  test('endless output without a line end is forgotten', () => {
    const reader = createReplyReader(TOKEN);
    for (let round = 0; round < 100; round++) expect(reader.push(Buffer.alloc(10_000, 'x'))).toEqual([]);
    expect(reader.noise.length).toBeLessThan(30_000);
    expect(reader.push(Buffer.from(`\n@${TOKEN} done\n`))).toEqual([['done']]);
  });
});

describe('the stream of a download', () => {
  const U = Buffer.from('\ufffd');
  const head = (isMangled: boolean): Buffer =>
    Buffer.concat([
      Buffer.from(`\n@${TOKEN} head sha256 9 0 - -rw-r--r-- `),
      isMangled ? U.subarray(0, 1) : U,
      Buffer.from('\n'),
    ]);
  /** Content likely to hold U+FFFD and its parts. */
  const content = fc
    .array(
      fc.constantFrom(
        U,
        U.subarray(0, 1),
        U.subarray(1, 2),
        U.subarray(2),
        Buffer.from(`@\n${TOKEN}`),
        Buffer.from('a'),
      ),
    )
    .map((parts) => Buffer.concat(parts));

  /** What the agent makes of the bytes, and where in them it loses some. */
  function mangle(whole: Buffer): { wire: Buffer; holes: number[] } {
    const holes: number[] = [];
    const parts: Buffer[] = [];
    let from = 0;
    for (let at = whole.indexOf(U); at >= 0; at = whole.indexOf(U, from)) {
      holes.push(at);
      parts.push(whole.subarray(from, at + 1));
      from = at + U.length;
    }
    return { wire: Buffer.concat([...parts, whole.subarray(from)]), holes };
  }

  test('gives raw and text segments back to the byte, from agents that mangle and agents that do not', () => {
    fc.assert(
      fc.property(content, content, fc.boolean(), lengths, (first, second, isMangled, pieces) => {
        const { wire, holes } = mangle(first);
        const stream = Buffer.concat([
          Buffer.from('motd\n'),
          head(isMangled),
          Buffer.from(`\n@${TOKEN} raw ${first.length} ${holes.map((hole) => `,${hole}`).join('')}\n`),
          isMangled ? wire : first,
          Buffer.from(`\n@${TOKEN} text\n${second.toString('base64')}\n@${TOKEN} tail abc\n`),
        ]);
        const unpacker = createUnpacker(TOKEN);
        const found = cut(stream, pieces).flatMap((piece) => unpacker.push(piece));
        const raw = found.flatMap((piece) => (piece.kind === 'raw' ? [piece.bytes] : []));
        const text = found.flatMap((piece) => (piece.kind === 'text' ? [piece.text] : []));
        expect(Buffer.concat(raw)).toEqual(first);
        expect(Buffer.from(Buffer.concat(text).toString(), 'base64')).toEqual(second);
        expect(found.flatMap((piece) => (piece.kind === 'answer' ? [piece.words[0]] : []))).toEqual([
          'head',
          'raw',
          'text',
          'tail',
        ]);
        expect(found.some((piece) => piece.kind === 'torn')).toBe(false);
      }),
    );
  });

  test('a raw segment that is shorter or longer than announced is noticed, not waited for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 0, max: 300 }),
        lengths,
        (announced, sent, pieces) => {
          fc.pre(announced !== sent);
          const stream = Buffer.concat([
            head(true),
            Buffer.from(`\n@${TOKEN} raw ${announced} \n`),
            Buffer.alloc(sent, 'x'),
            Buffer.from(`\n@${TOKEN} tail ${'0'.repeat(64)}\n`),
          ]);
          const unpacker = createUnpacker(TOKEN);
          const found = cut(stream, pieces).flatMap((piece) => unpacker.push(piece));
          const isNoticed = found.some(
            (piece) => piece.kind === 'torn' || (piece.kind === 'answer' && piece.words[0] === 'tail'),
          );
          expect(isNoticed).toBe(true);
        },
      ),
    );
  });
});

describe('the part of a download', () => {
  test('is written and digested to the byte, from bytes and base64 in any pieces', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-part-'));
    try {
      for (const [pieces, wrap] of [
        [[1, 70_000, 3], 0],
        [[16_385], 76],
        [[5_000_000], 0],
      ] as const) {
        const whole = Buffer.from(Array.from({ length: 2_500_000 }, (_, at) => (at * 7) % 251));
        const handle = await open(join(folder, 'part'), 'w+');
        const digest = createDigest('sha256');
        const writer = new PartWriter(handle, 0, digest);
        for (const piece of cut(whole, pieces)) writer.write(piece);
        let text = whole.toString('base64');
        if (wrap > 0) text = text.replaceAll(new RegExp(`.{${wrap}}`, 'g'), '$&\r\n');
        for (const piece of cut(Buffer.from(text), pieces)) {
          writer.decode(piece);
          await writer.pressure;
        }
        expect(writer.position).toBe(2 * whole.length);
        await writer.finish();
        await handle.close();
        const twice = Buffer.concat([whole, whole]);
        expect((await readFile(join(folder, 'part'))).equals(twice)).toBe(true);
        const expected = createDigest('sha256');
        expected.update(twice);
        expect(digest.value()).toBe(expected.value());
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('small things', () => {
  test.each([
    ['-rw-r--r--', 0o644],
    ['-rwxr-x---', 0o750],
    ['-rwsr-Sr-t', 0o745],
    ['-rw-r--r--.', 0o644],
    ['----------', 0],
    ['?', undefined],
    [undefined, undefined],
  ])('%s is the mode %p', (listed, mode) => {
    expect(parseMode(listed)).toBe(mode);
  });

  test('progress is told at the start, in steps, and at the end', () => {
    const told: CopyProgress[] = [];
    const total = 1_000_000_000;
    const progress = createProgress((step) => told.push(step), total);
    for (let at = 0; at <= total; at += 100_000) progress('copying', at);
    progress('verifying', total);
    expect(told.length).toBeLessThanOrEqual(103);
    expect(told[0]?.bytes).toBe(0);
    expect(told.slice(-2)).toEqual([
      { phase: 'copying', bytes: total, totalBytes: total },
      { phase: 'verifying', bytes: total, totalBytes: total },
    ]);
  });

  test('scripts hold no single quote and no line end, whatever the path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (odd) => {
        const path = odd.replaceAll('\0', '');
        for (const script of [
          uploadScript({ token: TOKEN, path, name: path, textOnly: false }),
          downloadScript({ token: TOKEN, path, skipBlocks: 3, textOnly: true }),
        ]) {
          expect(script).not.toMatch(/['\n\r]/);
        }
      }),
    );
  });
});

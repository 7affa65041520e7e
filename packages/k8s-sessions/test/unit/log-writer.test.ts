import { createHash } from 'node:crypto';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chainStart, chainValue } from '../../src/log/chain.js';
import { openHeadless } from '../../src/log/headless.js';
import { packKeyframe, packSegment, unpackKeyframe, unpackSegment } from '../../src/log/pack.js';
import { readLog } from '../../src/log/read.js';
import { screenAt } from '../../src/log/screen-at.js';
import type { TerminalSize } from '../../src/protocol/types.js';
import { scale } from '../../../../test/support/scale.js';
import { bytesOf, feed, numberedLines, openTestLog, removeTestFolders } from '../support/log.js';

afterEach(removeTestFolders);

/** What a terminal shows that read everything from the first byte. */
async function freshScreen(steps: readonly (Uint8Array | TerminalSize)[]): Promise<string[]> {
  const terminal = openHeadless({ cols: 80, rows: 24 }, 0);
  for (const step of steps) {
    if (step instanceof Uint8Array) await new Promise<void>((resolve) => terminal.write(step, resolve));
    else terminal.resize(step.cols, step.rows);
  }
  const { active } = terminal.buffer;
  return Array.from({ length: terminal.rows }, (_, row) => active.getLine(row)?.translateToString(true) ?? '');
}

const text = fc.constantFrom(
  'word ',
  '\r\n',
  '\u001B[31m',
  '\u001B[0m',
  '日本',
  '\u001B[2J\u001B[H',
  '\u001B[5;5H',
  '\u001B]2;t\u0007',
  'é',
  '\t',
  numberedLines(40),
  numberedLines(300),
);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      write: fc.array(text, { maxLength: 6 }).map((parts) => Buffer.from(parts.join(''))),
      cut: fc.nat(7),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ cols: fc.integer({ min: 20, max: 120 }), rows: fc.integer({ min: 5, max: 40 }) }),
  },
  { weight: 1, arbitrary: fc.constant('cut' as const) },
);

test('what was written is read back, chained, packed and drawn, wherever it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { writer, segments, keyframes } = await openTestLog();
      const told: (Uint8Array | TerminalSize)[] = [];
      for (const one of steps) {
        if (one === 'cut') writer.cut();
        else if ('write' in one) {
          // Chunks end anywhere, also within a character or a sequence.
          const whole = one.write.subarray(0, Math.max(0, one.write.length - one.cut));
          told.push(whole);
          await feed(writer, whole.subarray(0, whole.length >> 1));
          await feed(writer, whole.subarray(whole.length >> 1));
        } else {
          told.push(one);
          writer.resize(one);
        }
      }
      const all = Buffer.concat(told.filter((one) => one instanceof Uint8Array));
      expect((await bytesOf(writer.source)).equals(all)).toBe(true);
      const end = await writer.close();
      expect(end).toMatchObject({
        offset: all.length,
        lines: all.filter((byte) => byte === 0x0a).length,
        digest: createHash('sha256').update(all).digest('hex'),
        segments: segments.length,
      });
      expect((await bytesOf(writer.source)).equals(all)).toBe(true);
      let chain = chainStart(writer.epoch);
      let at = 0;
      for (const segment of segments) {
        expect(segment.head).toMatchObject({ from: at });
        at = segment.head.to;
        chain = chainValue(chain, segment.head);
        expect(segment.head.chain).toBe(chain);
        expect(unpackSegment(packSegment(segment))).toEqual({
          head: segment.head,
          index: Buffer.from(segment.index),
          body: Buffer.from(segment.body),
        });
      }
      expect(end.chain).toBe(segments.length === 0 ? null : chain);
      for (const keyframe of keyframes.slice(-2)) {
        const back = await unpackKeyframe(await packKeyframe(keyframe));
        expect({ ...back, data: Buffer.from(back.data) }).toEqual({ ...keyframe, data: Buffer.from(keyframe.data) });
      }
      const fresh = await freshScreen(told);
      expect(writer.screen.view().rows).toEqual(fresh);
      expect((await screenAt(writer.source)).view.rows).toEqual(fresh);
    }),
    { numRuns: scale(10, 500) },
  );
});

test('a keyframe lies at every 256 KiB, at every new size, at every segment and at the end', async () => {
  const { writer, keyframes, segments } = await openTestLog();
  await feed(writer, numberedLines(2_000));
  writer.resize({ cols: 100, rows: 30 });
  const resizedAt = writer.head;
  await feed(writer, numberedLines(500));
  const { offset } = await writer.close();
  const offsets = keyframes.map((keyframe) => keyframe.offset);
  expect(offsets).toContain(resizedAt);
  expect(offsets.at(-1)).toBe(offset);
  for (const segment of segments) expect(offsets).toContain(segment.head.to);
  const gaps = offsets.map((at, index) => at - (offsets[index - 1] ?? 0));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(262_144);
});

test('segments hold at most 1 MiB and end between two sequences', async () => {
  const { writer, segments } = await openTestLog();
  // 7 bytes each, so that the limit lies within a sequence.
  await feed(writer, '\u001B[1;31m'.repeat(310_000));
  await writer.close();
  expect(segments.length).toBeGreaterThan(2);
  for (const { head } of segments) {
    expect(head.to - head.from).toBeLessThanOrEqual(1_048_576);
    expect(head.to % 7).toBe(0);
  }
});

test('a reader that follows gets every byte and the end', async () => {
  const { writer } = await openTestLog();
  const read = (async () => {
    const pieces: Uint8Array[] = [];
    for await (const { data } of readLog(writer.source, { follow: true })) pieces.push(Buffer.from(data));
    return Buffer.concat(pieces);
  })();
  const written: string[] = [];
  for (let round = 0; round < 30; round++) {
    written.push(numberedLines(60, round * 60));
    await feed(writer, written.at(-1) as string);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await writer.close();
  expect((await read).toString()).toBe(written.join(''));
  const gone = AbortSignal.abort();
  const none: unknown[] = [];
  for await (const chunk of readLog(writer.source, { follow: true, signal: gone })) none.push(chunk);
  expect(none).toEqual([]);
});

test('beyond the cap the middle is dropped, beginning and newest lines stay, and both ends say so', async () => {
  const capBytes = 4 * 1_048_576;
  const { writer, segments, folder } = await openTestLog({ capBytes, guaranteedLines: 500 });
  for (let round = 0; round < 24; round++) await feed(writer, numberedLines(512, round * 512));
  await writer.close();
  const { gap, first, head, lines, digest } = await writer.source.info();
  expect(lines).toBe(24 * 512);
  expect(digest).not.toBeNull();
  expect(gap?.from).toBeGreaterThan(0);
  expect(first).toBe(gap?.to);
  expect(head - (gap as { to: number }).to + (gap as { from: number }).from).toBeLessThanOrEqual(capBytes + 1_048_576);
  const kept = (await bytesOf(writer.source)).toString();
  expect(kept.startsWith('line 0 ')).toBe(true);
  expect(kept).toContain(`line ${24 * 512 - 1} `);
  expect(kept).toContain(`line ${24 * 512 - 500} `);
  const tombs = segments.filter((segment) => segment.head.dropped);
  expect(tombs.length).toBeGreaterThan(0);
  for (const { body } of tombs) expect(body).toHaveLength(0);
  // The chain is followed through the gap.
  let chain = chainStart(writer.epoch);
  for (const one of await writer.source.segments()) expect((chain = chainValue(chain, one))).toBe(one.chain);
  const again = await openTestLog({ folder, capBytes, guaranteedLines: 500 });
  expect((await again.writer.source.info()).gap).toEqual(gap);
  expect((await again.writer.close()).digest).toBeNull();
});

test('a folder left by a killed writer is taken up where it ends', async () => {
  const { writer, folder } = await openTestLog();
  await feed(writer, numberedLines(1_500));
  writer.resize({ cols: 60, rows: 10 });
  writer.mark('running');
  await feed(writer, '\u001B[32mgreen\r\nhalf a li');
  // What was given to the disk so far is done when a later write of it is; then the writer is simply left.
  await untilOnDisk(folder, writer.head);
  const next = await openTestLog({ folder });
  expect(next.writer.head).toBe(writer.head);
  expect(next.writer.lines).toBe(writer.lines);
  expect(next.writer.size).toEqual({ cols: 60, rows: 10 });
  await feed(next.writer, 'ne\r\n');
  await feed(writer, 'ne\r\n');
  const one = await writer.close();
  await next.writer.close();
  expect(next.writer.screen.view().rows).toEqual(writer.screen.view().rows);
  expect((await bytesOf(next.writer.source)).equals(await bytesOf(writer.source))).toBe(true);
  expect((await next.writer.source.info()).digest).toBe(one.digest);
});

/** Resolves when the open segment's file is as long as it must be. */
async function untilOnDisk(folder: string, head: number): Promise<void> {
  for (;;) {
    let bytes = 0;
    for (const name of await readdir(folder)) {
      if (/^open-\d+$/u.test(name)) bytes = (await stat(join(folder, name))).size;
    }
    const segments = (await readdir(folder)).filter((name) => /^seg-\d+$/u.test(name)).length;
    if (segments === 1 && bytes === head - 1_048_576) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

test("another runner's folder, and one that is damaged, are refused", async () => {
  const { writer, folder } = await openTestLog();
  await feed(writer, 'x');
  await writer.close();
  await expect(openTestLog({ folder, epoch: 'another' })).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_BAD_INPUT' });
  await writeFile(join(folder, 'seg-0'), 'nonsense');
  await expect(openTestLog({ folder })).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_LOG_DAMAGED' });
  await writeFile(join(folder, 'log.json'), '{');
  await expect(openTestLog({ folder })).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_LOG_DAMAGED' });
  expect(() => writer.write(Buffer.from('late'))).toThrow(/closed/);
});

test('a folder that takes nothing makes the writer wait, and loses nothing', async () => {
  const log = await openTestLog();
  await feed(log.writer, 'before\r\n');
  await rename(log.folder, `${log.folder}.away`);
  log.writer.write(Buffer.from('during\r\n'));
  await until(() => log.troubles.length > 0);
  expect(log.troubles).toMatchObject([{ kind: 'disk', message: expect.stringContaining('ENOENT') }]);
  expect(log.writer.write(Buffer.from('after\r\n'))).toBe(false);
  const drained = log.writer.drained();
  await rename(`${log.folder}.away`, log.folder);
  await drained;
  expect(log.troubles.map(({ kind }) => kind)).toEqual(['disk', 'over']);
  await rename(log.folder, `${log.folder}.away`);
  log.writer.write(Buffer.from('at the end\r\n'));
  await log.writer.close();
  expect((await bytesOf(log.writer.source)).toString()).toBe('before\r\nduring\r\nafter\r\nat the end\r\n');
  // What could not be stored still leaves the machine.
  expect(log.segments).toHaveLength(1);
  await rm(`${log.folder}.away`, { recursive: true });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => setImmediate(resolve));
}

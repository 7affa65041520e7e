import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type ExecutionRecord, type LogEvent, writtenBy } from '@hawser/exec-client/contract';
import { finishLog } from '../../src/logs/finish.js';
import { streamFiles } from '../../src/logs/places.js';
import { createLogReader } from '../../src/logs/reader.js';
import { LogWriter } from '../../src/logs/writer.js';
import type { LogReader, LogStretch } from '../../src/ports.js';

const id = 'exec_20260101000000_aaaaaaaaaa';
const record = { execution_id: id, phase: 'running', task: { arn: 'local' } } as unknown as ExecutionRecord;

let root: string;
let count = 0;

beforeAll(() => void (root = mkdtempSync(join(tmpdir(), 'hawser-log-'))));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function newLog(): { readonly folder: string; readonly reader: LogReader } {
  const folder = join(root, String((count += 1)));
  return { folder: join(folder, id), reader: createLogReader({ folder }) };
}

async function readAll(
  reader: LogReader,
  limit: number,
  stream: 'all' | 'runner' = 'runner',
): Promise<{ events: LogEvent[]; last: LogStretch }> {
  const events: LogEvent[] = [];
  let position: string | undefined;
  for (;;) {
    const last = await reader.read(record, { position, limit, waitMs: 0, stream });
    expect(last.events.length).toBeLessThanOrEqual(limit);
    events.push(...last.events);
    position = last.position;
    if (last.ended || last.events.length === 0) return { events, last };
  }
}

function bytesOf(events: readonly LogEvent[]): Buffer {
  return Buffer.concat(events.map((event) => Buffer.from(writtenBy(event))));
}

describe('a log of raw bytes with an index', () => {
  test('whatever is written in whatever pieces, pages of any size give it back, in order and counted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc
              .string({ unit: fc.constantFrom('a', 'é', '✓', '😀', '\n', '\r', ' '), maxLength: 40 })
              .map((text) => Buffer.from(text)),
            fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
          ),
          { maxLength: 12 },
        ),
        fc.integer({ min: 1, max: 7 }),
        async (pieces, limit) => {
          const { folder, reader } = newLog();
          const writer = new LogWriter(folder, 'runner');
          const whole = Buffer.concat(pieces);
          let at = 0;
          for (const [index, bytes] of pieces.entries()) {
            expect(writer.append(bytes, 1000 + index)).toBeUndefined();
            at += bytes.length;
          }
          expect(at).toBe(whole.length);
          const mark = await writer.end();
          const { events, last } = await readAll(reader, limit);
          expect(bytesOf(events)).toEqual(whole);
          expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index));
          expect(events.map(({ ts }) => ts)).toEqual(events.map(({ ts }) => ts).toSorted((a, b) => a - b));
          expect(last).toMatchObject({ ended: true, complete: true, mark });
          expect(mark).toEqual({
            lines: events.length,
            bytes: whole.length,
            sha256: createHash('sha256').update(whole).digest('hex'),
            complete: true,
          });
        },
      ),
      { numRuns: 100 },
    );
  });

  test('a line is given when its end is there, and what has none at the end of the log', async () => {
    const { folder, reader } = newLog();
    const writer = new LogWriter(folder, 'runner');
    void writer.append(Buffer.from('one\ntw'), 5);
    const first = await reader.read(record, { limit: 10, waitMs: 0, stream: 'runner' });
    expect(first).toMatchObject({ ended: false, events: [{ seq: 0, ts: 5, message: 'one', stream: 'runner' }] });
    void writer.append(Buffer.from('o\nend'), 7);
    await writer.end();
    const second = await reader.read(record, { limit: 10, waitMs: 0, position: first.position });
    expect(second).toMatchObject({
      ended: true,
      complete: true,
      mark: { lines: 3, bytes: 11 },
      events: [
        { seq: 1, ts: 5, message: 'two' },
        { seq: 2, ts: 7, message: 'end', partial: true },
      ],
    });
  });

  test('is complete when its writer gave up a full disk that it never met', async () => {
    const { folder } = newLog();
    const writer = new LogWriter(folder, 'runner');
    writer.giveUp();
    void writer.append(Buffer.from('one\n'), 5);
    expect(await writer.end()).toMatchObject({ lines: 1, bytes: 4, complete: true });
  });

  test('a very long line comes in pieces that cut no character, and is counted once', async () => {
    const { folder, reader } = newLog();
    const writer = new LogWriter(folder, 'runner');
    const line = `x${'é'.repeat(100_000)}`;
    void writer.append(Buffer.from(`${line}\nshort\n`), 1);
    await writer.end();
    const { events, last } = await readAll(reader, 2);
    expect(bytesOf(events)).toEqual(Buffer.from(`${line}\nshort\n`));
    expect(events.length).toBeGreaterThan(3);
    expect(events.every(({ message }) => !message.includes('\uFFFD'))).toBe(true);
    expect(last.mark?.lines).toBe(2);
  });

  test('bytes that are no text stay in the file as they are; a reader sees where they were', async () => {
    const { folder, reader } = newLog();
    const writer = new LogWriter(folder, 'runner');
    const bytes = Buffer.from([0x61, 0xff, 0x00, 0xfe, 0x0a, 0x62, 0x0a]);
    void writer.append(bytes, 1);
    await writer.end();
    const { events } = await readAll(reader, 10);
    expect(events.map(({ message }) => message)).toEqual(['a\uFFFD\0\uFFFD', 'b']);
    expect(readFileSync(streamFiles(folder, 'runner').bytes)).toEqual(bytes);
  });

  test('the making of the clone comes before the command, under one count', async () => {
    const { folder, reader } = newLog();
    const init = new LogWriter(folder, 'init');
    void init.append(Buffer.from('Cloning\n'), 1);
    expect(await readAll(reader, 10, 'all')).toMatchObject({ last: { ended: false } });
    const runner = new LogWriter(folder, 'runner');
    await init.end();
    void runner.append(Buffer.from('hello\n'), 2);
    await runner.end();
    const { events, last } = await readAll(reader, 1, 'all');
    expect(events).toMatchObject([
      { seq: 0, stream: 'init', message: 'Cloning' },
      { seq: 1, stream: 'runner', message: 'hello' },
    ]);
    expect(last).toMatchObject({ ended: true, mark: { lines: 1, bytes: 6 } });
    const only = await reader.read(record, { limit: 10, waitMs: 0, stream: 'init' });
    expect(only).toMatchObject({ ended: true, events: [{ stream: 'init' }] });
    expect(await reader.measure?.(record)).toMatchObject({ lines: 1, bytes: 6, complete: true });
  });

  test('a command that never began wrote nothing, and that is known', async () => {
    const { folder, reader } = newLog();
    const init = new LogWriter(folder, 'init');
    void init.append(Buffer.from('fatal\n'), 1);
    await init.end();
    for (const stream of ['all', 'runner'] as const) {
      expect(await reader.read(record, { limit: 10, waitMs: 0, stream })).toMatchObject({
        ended: true,
        complete: true,
        mark: { lines: 0, bytes: 0 },
      });
    }
    expect(await reader.measure?.(record)).toMatchObject({ lines: 0, complete: true });
  });

  test('a reader that waits is woken by the line, not by the time', async () => {
    const { folder, reader } = newLog();
    const waiting = reader.read(record, { limit: 10, waitMs: 600_000 });
    const writer = new LogWriter(folder, 'runner');
    const init = new LogWriter(folder, 'init');
    await init.end();
    void writer.append(Buffer.from('late\n'), 1);
    expect(await waiting).toMatchObject({ events: [{ message: 'late' }] });
    const stopped = new AbortController();
    const vain = reader.read(record, {
      limit: 10,
      waitMs: 600_000,
      position: (await waiting).position,
      signal: stopped.signal,
    });
    stopped.abort();
    expect(await vain).toMatchObject({ events: [], ended: false });
    await writer.end();
  });

  test('a log whose writer was killed is ended with what is there, and said not to be complete', async () => {
    const { folder, reader } = newLog();
    const writer = new LogWriter(folder, 'runner');
    void writer.append(Buffer.from('one\ntwo'), 1);
    await finishLog(folder);
    const { events, last } = await readAll(reader, 10);
    expect(bytesOf(events)).toEqual(Buffer.from('one\ntwo'));
    expect(last).toMatchObject({ ended: true, complete: false, mark: { lines: 2, bytes: 7 } });
    await writer.end();
  });

  test('a log that its writer ended is not ended again by who finds the writer gone', async () => {
    const { folder, reader } = newLog();
    const writer = new LogWriter(folder, 'runner');
    void writer.append(Buffer.from('all of it\n'), 1);
    const mark = await writer.end();
    await finishLog(folder);
    expect((await readAll(reader, 10)).last).toMatchObject({ ended: true, complete: true, mark });
  });

  test('a second attempt goes on in the log of the first', async () => {
    const { folder, reader } = newLog();
    const first = new LogWriter(folder, 'init');
    void first.append(Buffer.from('no network\n'), 1);
    await first.end();
    const second = new LogWriter(folder, 'init');
    void second.append(Buffer.from('again\n'), 2);
    const mark = await second.end();
    expect(mark).toMatchObject({ lines: 2, bytes: 17 });
    expect((await readAll(reader, 10, 'all')).events.map(({ message }) => message)).toEqual(['no network', 'again']);
  });

  test('a cursor that is none is refused', async () => {
    const { reader } = newLog();
    await expect(reader.read(record, { position: 'runner.-1.0.0', limit: 1, waitMs: 0 })).rejects.toMatchObject({
      code: 'HAWSER_EXEC_BACKEND_BAD_INPUT',
    });
  });
});

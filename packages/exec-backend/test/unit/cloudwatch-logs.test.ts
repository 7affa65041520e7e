import { describe, expect, test } from '@jest/globals';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import fc from 'fast-check';
import { createCloudWatchLogs } from '../../src/aws/logs/reader.js';
import { readEndMark, readLine } from '../../src/aws/logs/marks.js';
import type { LogReader } from '../../src/index.js';

const nonce = 'ab12';
const sha256 = '0'.repeat(64);
const begin = `::hawser-exec begin nonce=${nonce}`;
const end = (lines: number, of = nonce): string =>
  `::hawser-exec end nonce=${of} exit=0 overdue=0 lines=${lines} bytes=9 sha256=${sha256}`;

const record = (phase: ExecutionRecord['phase'] = 'running'): ExecutionRecord =>
  ({ phase, task: { arn: 'arn', logs: ['exec/init/t', 'exec/runner/t'] } }) as unknown as ExecutionRecord;

interface Asked {
  readonly logStreamName: string;
  readonly nextToken?: string;
}

/** CloudWatch with streams that can grow, in pages of at most `pageSize`; a clock that only waiting moves. */
function cloudWatch(pageSize = 1000): {
  readonly streams: Map<string, string[]>;
  readonly asked: Asked[];
  readonly waits: number[];
  readonly reader: LogReader;
} {
  const streams = new Map<string, string[]>();
  const asked: Asked[] = [];
  const waits: number[] = [];
  let nowMs = 0;
  const send = ({ input }: { readonly input: Asked }): Promise<object> => {
    asked.push(input);
    const lines = streams.get(input.logStreamName);
    if (!lines) return Promise.reject(Object.assign(new Error('no stream'), { name: 'ResourceNotFoundException' }));
    const from = Number(input.nextToken?.slice(2) ?? 0);
    const page = lines.slice(from, from + pageSize);
    const events = page.map((message, index) => ({ timestamp: 1000 + from + index, message }));
    return Promise.resolve({ events, nextForwardToken: `f/${from + page.length}` });
  };
  const reader = createCloudWatchLogs({
    logGroup: '/group',
    client: () => Promise.resolve({ send } as unknown as CloudWatchLogsClient),
    nowMs: () => nowMs,
    pause: (ms) => {
      waits.push(ms);
      nowMs += ms;
      return Promise.resolve();
    },
  });
  return { streams, asked, waits, reader };
}

const query = { limit: 1000, waitMs: 0, nonce } as const;

describe('a log in CloudWatch', () => {
  test('is init first, then the command, numbered in one row, without the marks', async () => {
    const { streams, reader } = cloudWatch(2);
    streams.set('exec/init/t', ['hawser: cloning', 'hawser: ready']);
    streams.set('exec/runner/t', [begin, 'one', '\u001d', 'long\u001f', 'er', end(3)]);
    const seen: unknown[] = [];
    let position: string | undefined;
    for (;;) {
      const found = await reader.read(record(), { ...query, position, limit: 1 });
      seen.push(...found.events.map(({ seq, stream, message, partial }) => [seq, stream, message, partial ?? false]));
      position = found.position;
      if (found.ended) {
        expect(found).toMatchObject({ complete: true, mark: { lines: 3, bytes: 9, sha256 } });
        break;
      }
    }
    expect(seen).toEqual([
      [0, 'init', 'hawser: cloning', false],
      [1, 'init', 'hawser: ready', false],
      [2, 'runner', 'one', false],
      [3, 'runner', '', false],
      [4, 'runner', 'long', true],
      [5, 'runner', 'er', false],
    ]);
    // Whoever wants one stream alone gets it under the same numbers.
    const only = await reader.read(record(), { ...query, stream: 'runner' });
    const next = await reader.read(record(), { ...query, stream: 'runner', position: only.position });
    expect([...only.events, ...next.events][0]).toMatchObject({ seq: 2, stream: 'runner', message: 'one' });
  });

  test('is not complete when a line is missing, and is not ended by a mark that the command wrote', async () => {
    const { streams, reader } = cloudWatch();
    streams.set('exec/init/t', ['hawser: ready']);
    streams.set('exec/runner/t', [begin, end(7, 'ffff'), 'one', end(3)]);
    const found = await reader.read(record(), query);
    expect(found).toMatchObject({ ended: true, complete: false });
    expect(found.events.map(({ message }) => message)).toEqual(['hawser: ready', end(7, 'ffff'), 'one']);
  });

  test('is empty while there is no task, and while its streams are not there yet', async () => {
    const { reader, asked } = cloudWatch();
    const none = { phase: 'accepted' } as unknown as ExecutionRecord;
    expect(await reader.read(none, query)).toMatchObject({ events: [], ended: false });
    expect(asked).toEqual([]);
    expect(await reader.read(record(), query)).toMatchObject({ events: [], ended: false });
  });

  test('holds the command back until all of init is there', async () => {
    const { streams, reader } = cloudWatch();
    streams.set('exec/init/t', ['hawser: cloning']);
    const first = await reader.read(record(), query);
    expect(first.events).toHaveLength(1);
    streams.set('exec/runner/t', [begin, 'one']);
    streams.get('exec/init/t')?.push('hawser: ready');
    const second = await reader.read(record(), { ...query, waitMs: 10_000, position: first.position });
    const third = await reader.read(record(), { ...query, waitMs: 10_000, position: second.position });
    expect([...second.events, ...third.events].map(({ seq, message }) => [seq, message])).toEqual([
      [1, 'hawser: ready'],
      [2, 'one'],
    ]);
  });

  test('is asked for once by all who follow it, and less and less often while nothing comes', async () => {
    const { streams, reader, asked } = cloudWatch();
    streams.set('exec/init/t', ['hawser: ready']);
    streams.set('exec/runner/t', [begin, 'one']);
    const all = await Promise.all([1, 2, 3].map(() => reader.read(record(), query)));
    expect(new Set(all.map(({ position }) => position)).size).toBe(1);
    const questions = asked.map(({ logStreamName, nextToken }) => `${logStreamName} ${nextToken ?? ''}`);
    expect(new Set(questions).size).toBe(questions.length);
    const before = asked.length;
    await reader.read(record(), { ...query, waitMs: 60_000, position: all[0]?.position });
    // A second between the first questions, five between the last: some fifteen in a minute, and not sixty.
    expect(asked.length - before).toBeGreaterThan(10);
    expect(asked.length - before).toBeLessThan(20);
  });
});

test('lines of any text come back from how the log driver gets them', () => {
  const encoded = (line: string): string =>
    ['', '\u001d', '\u001f'].includes(line.slice(-1)) ? `${line}\u001d` : line;
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constantFrom('', '\u001d', '\u001f', 'a\u001d\u001d')), (line) => {
      expect(readLine(encoded(line))).toEqual({ message: line, partial: false });
      expect(readLine(`${line}\u001f`)).toEqual({ message: line, partial: true });
    }),
  );
  expect(readEndMark(`${end(1)} and more`)).toBeUndefined();
});

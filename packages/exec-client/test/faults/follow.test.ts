import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { scale } from '../../../../test/support/scale.js';
import type { LogEvent } from '../../src/contract/index.js';
import { createExecClient, type ExecClient } from '../../src/http/client.js';
import { ApiServer, type Fault } from '../support/api-server.js';
import { logOf, pageOf, recordAt } from '../support/script.js';

const id = 'exec_20251025143210_abcdefghij';
const log = logOf(100);
const page = JSON.stringify(pageOf(log, { query: new URLSearchParams() } as never));
const quick = { firstMs: 1, longestMs: 2, giveUpAfterMs: 60_000 };

let server: ApiServer;
let client: ExecClient;

beforeAll(async () => {
  server = await new ApiServer((asked) => pageOf(log, asked)).start();
  client = createExecClient({ endpoint: server.url, apiKey: 'sk_live_x', retry: quick });
});

afterAll(() => server.stop());

async function read(options = {}): Promise<readonly LogEvent[]> {
  const lines: LogEvent[] = [];
  const follower = client.follow(id, options);
  for await (const line of follower) lines.push(line);
  expect(follower.end).toEqual({ lines: lines.length, missing: 0, complete: true });
  return lines;
}

describe('following a log', () => {
  test('loses and doubles no line wherever an answer is cut', async () => {
    // Head and body of a page: every byte of the head, then every few of the body.
    const head = 100;
    for (let bytes = 0; bytes < head + page.length; bytes += bytes < head ? scale(7, 1) : scale(97, 3)) {
      server.faults.push(undefined, { kind: 'cut', afterBytes: bytes });
      expect(await read()).toEqual(log);
    }
  });

  test('loses and doubles no line whatever goes wrong between', async () => {
    const fault: fc.Arbitrary<Fault | undefined> = fc.oneof(
      fc.constant(undefined),
      fc.record({ kind: fc.constant('cut' as const), afterBytes: fc.nat(1200) }),
      fc.record({ kind: fc.constant('status' as const), status: fc.constantFrom(429, 500, 502, 503, 504) }),
      fc.record({
        kind: fc.constant('garble' as const),
        body: fc.constantFrom('', '<html>', '{}', page.slice(0, 300), 'null'),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 12 }), fc.integer({ min: 1, max: 10 }), async (faults, limit) => {
        server.faults.length = 0;
        server.faults.push(...faults);
        expect(await read({ limit })).toEqual(log);
      }),
      { numRuns: scale(15, 300) },
    );
  });

  test('goes on when the service was away in the middle of it', async () => {
    const seen: LogEvent[] = [];
    server.faults.length = 0;
    let refused = 0;
    const patient = createExecClient({
      endpoint: server.url,
      retry: quick,
      fetch: async (request) => {
        try {
          return await fetch(request);
        } catch (error) {
          // Nobody listened: now somebody does again.
          if (refused++ === 0) await server.start();
          throw error;
        }
      },
    });
    for await (const line of patient.follow(id)) if (seen.push(line) === 35) await server.stop();
    expect(refused).toBeGreaterThan(0);
    expect(seen).toEqual(log);
  });

  test('asks again when an answer does not come', async () => {
    const impatient = createExecClient({ endpoint: server.url, retry: quick, answerWithinMs: 50 });
    server.faults.push(undefined, { kind: 'stall' });
    const lines: LogEvent[] = [];
    for await (const line of impatient.follow(id, { waitSeconds: 0 })) lines.push(line);
    expect(lines).toEqual(log);
  });

  test('drops what comes twice, and counts what is missing', async () => {
    const pages = [log.slice(0, 10), log.slice(5, 15), log.slice(20, 30)];
    await using torn = await new ApiServer(({ query }) => {
      const number = Number(query.get('cursor') ?? 0);
      return { events: pages[number], cursor: String(number + 1), done: number === 2, complete: true };
    }).start();
    const follower = createExecClient({ endpoint: torn.url }).follow(id);
    const seen: number[] = [];
    for await (const { seq } of follower) seen.push(seq);
    expect(seen).toEqual([...log.slice(0, 15), ...log.slice(20, 30)].map(({ seq }) => seq));
    expect(follower.end).toEqual({ lines: 25, missing: 5, complete: false });
  });

  test('asks for the next stretch only when this one was read', async () => {
    const before = server.asked.length;
    const lines = client.follow(id)[Symbol.asyncIterator]();
    for (let count = 0; count < 10; count++) await lines.next();
    expect(server.asked.length - before).toBe(1);
    await lines.next();
    expect(server.asked.length - before).toBe(2);
    await lines.return?.(undefined);
  });

  test('ends when it is told to, and when nobody answers for long', async () => {
    const stop = new AbortController();
    const reading = (async () => {
      for await (const line of client.follow(id, { signal: stop.signal }))
        if (line.seq === 12) stop.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow(/enough|aborted/);
    const gone = createExecClient({ endpoint: 'http://127.0.0.1:9', retry: { ...quick, giveUpAfterMs: 20 } });
    await expect(gone.follow(id)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'HAWSER_EXEC_UNREACHABLE',
    });
  });
});

test('waiting ends with the record at its end, over a service that fails between', async () => {
  const records = [recordAt('queued', 1), recordAt('queued', 1), recordAt('running', 2), recordAt('succeeded', 3)];
  await using failing = await new ApiServer(() => (records.length > 1 ? records.shift() : records[0])).start();
  failing.faults.push(
    { kind: 'status', status: 503 },
    undefined,
    { kind: 'cut', afterBytes: 60 },
    { kind: 'garble', body: 'x' },
  );
  const waiting = createExecClient({ endpoint: failing.url, retry: quick });
  const phases: string[] = [];
  for await (const { phase } of waiting.watch(id, { firstMs: 1 })) phases.push(phase);
  expect(phases.at(-1)).toBe('succeeded');
  expect(new Set(phases).size).toBe(phases.length);
  expect(await waiting.wait(id)).toMatchObject({ phase: 'succeeded', version: 3 });
});

test('a log of many lines costs no memory', async () => {
  const total = scale(50_000, 524_288);
  const message = 'x'.repeat(200);
  await using long = await new ApiServer(({ query }) => {
    const from = Number(query.get('cursor') ?? 0);
    const count = Math.min(5000, total - from);
    const events = Array.from({ length: count }, (_, index) => ({
      seq: from + index,
      ts: 0,
      stream: 'runner',
      message,
    }));
    return { events, cursor: String(from + count), done: from + count === total, complete: true };
  }).start();
  const follower = createExecClient({ endpoint: long.url }).follow(id);
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const kept = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  let bytes = 0;
  let atFirst = 0;
  let atLast = 0;
  for await (const events of follower.pages()) {
    bytes += events.length * message.length;
    const lines = bytes / message.length;
    // One page is held at each of the two moments.
    if (atFirst === 0) atFirst = kept();
    if (lines === total) atLast = kept();
  }
  expect(bytes).toBe(total * message.length);
  expect(follower.end).toEqual({ lines: total, missing: 0, complete: true });
  // A log that was kept would be more than its text.
  expect(atLast - atFirst).toBeLessThan((total * message.length) / 2);
});

import fc from 'fast-check';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { LogLine } from '../../src/hub/types.js';
import { readLog } from '../../src/space/logs.js';
import { failureOf } from '../support/hub.js';
import { broken, refusal, scripted, type Scripted } from '../support/scripted-hub.js';

afterEach(() => void jest.useRealTimers());

/** What a connection does after it said so much. */
type End = 'closes' | 'breaks' | 'stays';

function stream(bytes: Uint8Array, end: End, pieceBytes: number = bytes.length || 1): Scripted {
  return ({ signal }) =>
    new Response(
      new ReadableStream({
        start: (controller) => {
          for (let at = 0; at < bytes.length; at += pieceBytes) controller.enqueue(bytes.slice(at, at + pieceBytes));
          signal?.addEventListener('abort', () => controller.error(signal.reason));
          if (end === 'closes') controller.close();
          if (end === 'breaks') void Promise.resolve().then(() => controller.error(broken('UND_ERR_SOCKET')));
        },
      }),
    );
}

/** A stream that hands out everything before it breaks: an error would overtake what is queued. */
function breaking(bytes: Uint8Array, pieceBytes: number): Scripted {
  return () => {
    let at = 0;
    return new Response(
      new ReadableStream(
        {
          pull: (controller) => {
            if (at >= bytes.length) controller.error(broken('UND_ERR_SOCKET'));
            else controller.enqueue(bytes.slice(at, (at += pieceBytes)));
          },
        },
        { highWaterMark: 0 },
      ),
    );
  };
}

const at = (second: number): string => new Date(1_700_000_000_000 + second * 1000).toISOString();
const eventOf = ({ line, timestamp }: LogLine): string =>
  `data: ${JSON.stringify({ data: `${line}\n`, timestamp })}\n\n`;
const bytesOf = (lines: readonly LogLine[]): Buffer =>
  Buffer.from(`data: \n\n${lines.map(eventOf).join('data: \n\n')}`);

async function all(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const found: LogLine[] = [];
  for await (const line of lines) found.push(line);
  return found;
}
const read = (answers: readonly Scripted[], follow: boolean, options: Parameters<typeof scripted>[1] = {}) => {
  const hub = scripted(answers, options);
  return { ...hub, lines: all(readLog(hub.http, 'a/b', 'run', { follow })) };
};
const some = Array.from({ length: 4 }, (_, index): LogLine => ({ line: `line ${index} é`, timestamp: at(index) }));

describe('a log', () => {
  test('is each line once, though the connection breaks anywhere, again and again', async () => {
    const logs = fc
      .array(fc.tuple(fc.constantFrom('', 'é', '🔊 x', '"'), fc.nat({ max: 1 })), { minLength: 1, maxLength: 12 })
      .map((entries) => {
        let second = 0;
        return entries.map(([text, later], index) => {
          second += later;
          return { line: `${index} ${text}`, timestamp: at(second) };
        });
      });
    await fc.assert(
      fc.asyncProperty(
        logs,
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(),
        async (log, cuts, pieceBytes, forgetful) => {
          const whole = bytesOf(log);
          // Each connection gets further than the one before; otherwise it is given up, as it should be.
          const places = cuts.map((place) => place % whole.length).toSorted((a, b) => a - b);
          const answers = [
            ...places.slice(0, 4).map((place) => breaking(whole.subarray(0, place), pieceBytes)),
            stream(whole, 'closes', pieceBytes),
          ];
          expect(await read(answers, true).lines).toEqual(log);
          // The buffer of the Hub lost what was given before, as far as `forgetful` says.
          const given = log.slice(0, forgetful % (log.length + 1));
          const lost = given.findIndex(({ timestamp }) => timestamp === given.at(-1)?.timestamp);
          const left = bytesOf(log.slice(Math.max(0, lost)));
          expect(await read([breaking(bytesOf(given), pieceBytes), stream(left, 'closes')], true).lines).toEqual(log);
        },
      ),
    );
  });

  test('of lines that are all alike is all of them', async () => {
    const same = Array.from({ length: 5 }, (): LogLine => ({ line: 'tick', timestamp: at(1) }));
    const answers = [breaking(bytesOf(same.slice(0, 3)), 9), stream(bytesOf(same), 'closes')];
    expect(await read(answers, true).lines).toEqual(same);
  });

  test('without times is told as it is', async () => {
    const bytes = Buffer.from('data: {"data":"a\\n"}\n\ndata: {"data":"b","timestamp":5}\n\n');
    expect(await read([breaking(bytes, 9), stream(bytes, 'closes')], true).lines).toEqual([
      { line: 'a', timestamp: '' },
      { line: 'b', timestamp: '' },
    ]);
  });

  test('may hold what is no line', async () => {
    const bytes = Buffer.from('data: nonsense\n\ndata: {"timestamp":"x"}\n\ndata: null\n\ndata: {"data":7}\n\n');
    expect(await read([stream(Buffer.concat([bytes, bytesOf(some)]), 'closes')], true).lines).toEqual(some);
  });

  test('begun anew is told from its beginning', async () => {
    const next = [{ line: 'line 0 é', timestamp: at(60) }];
    const answers = [breaking(bytesOf(some), 50), stream(bytesOf(next), 'closes')];
    expect(await read(answers, true).lines).toEqual([...some, ...next]);
  });

  test.each([
    ['breaks at once', broken('ECONNRESET')],
    ['repeats what it said and breaks', breaking(bytesOf(some), 100)],
    ['is away', refusal(503)],
  ])('that %s is given up after five times', async (_what, answer) => {
    const { lines, asked, clock } = read([answer], true);
    expect(await failureOf(lines)).toMatchObject({
      exitCode: 1,
      code: expect.stringMatching(/UNREACHABLE|HUB_FAILED/),
    });
    expect(asked.length).toBeLessThanOrEqual(6);
    expect(clock.slept.length).toBeGreaterThanOrEqual(4);
  });

  test('that breaks once a minute is followed on', async () => {
    let times = 0;
    const hub = scripted([
      async () => {
        times += 1;
        if (times === 20) return Response.json({});
        await hub.clock.sleep(60_000);
        throw broken('UND_ERR_SOCKET');
      },
    ]);
    expect(await all(readLog(hub.http, 'a/b', 'run', { follow: true }))).toEqual([]);
    expect(times).toBe(20);
  });

  test.each([
    [404, { 'x-error-code': 'RepoNotFound' }, 'HAWSER_HF_SPACE_NOT_FOUND'],
    [403, {}, 'HAWSER_HF_ACCESS_DENIED'],
    [401, {}, 'HAWSER_HF_TOKEN_INVALID'],
  ])('that is refused with %s is not asked for again', async (status, headers, code) => {
    const { lines, asked } = read([refusal(status, headers)], true);
    expect((await failureOf(lines)).code).toBe(code);
    expect(asked).toHaveLength(1);
  });

  test('is asked for again when the Hub says', async () => {
    const { lines, clock } = read([refusal(429, { 'retry-after': '40' }), stream(bytesOf(some), 'closes')], true);
    expect(await lines).toEqual(some);
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(40_000);
  });

  test.each([true, false])('ends quietly at the signal of who reads it (follow: %s)', async (follow) => {
    const abort = new AbortController();
    const { http } = scripted([stream(bytesOf(some), 'stays')]);
    const found: LogLine[] = [];
    for await (const line of readLog(http, 'a/b', 'run', { follow, signal: abort.signal })) {
      found.push(line);
      if (found.length === 2) abort.abort();
      if (found.length > 4) break;
    }
    expect(found.slice(0, 2)).toEqual(some.slice(0, 2));
    const after = readLog(http, 'a/b', 'run', { follow, signal: abort.signal });
    expect(await all(after)).toEqual([]);
  });

  test('ends with the reason at the signal of the hub', async () => {
    const abort = new AbortController();
    const { http } = scripted([stream(bytesOf(some), 'stays')], { signal: abort.signal });
    const lines = readLog(http, 'a/b', 'run', { follow: true });
    await lines.next();
    abort.abort(new Error('Ctrl-C'));
    await expect(all(lines)).rejects.toThrow('Ctrl-C');
  });

  test('what there is of it ends five seconds after the last line', async () => {
    jest.useFakeTimers();
    const { lines, asked } = read([stream(bytesOf(some), 'stays')], false);
    let isOver = false;
    void lines.then(() => (isOver = true));
    await jest.advanceTimersByTimeAsync(4999);
    expect(isOver).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await lines).toEqual(some);
    expect(asked).toHaveLength(1);
  });

  test('that is silent for two minutes is opened again when it is followed', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    const { lines, asked } = read([stream(bytesOf(some.slice(0, 2)), 'stays'), stream(bytesOf(some), 'closes')], true);
    await jest.advanceTimersByTimeAsync(119_999);
    expect(asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(await lines).toEqual(some);
    expect(asked).toHaveLength(2);
  });

  test('that is never opened is an error, not an empty log', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    const silent: Scripted = async ({ signal }) =>
      await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
    const { lines } = read([silent], false);
    const failed = failureOf(lines);
    for (let times = 0; times < 5; times++) await jest.advanceTimersByTimeAsync(120_000);
    expect(await failed).toMatchObject({
      code: 'HAWSER_HF_ENDPOINT_UNREACHABLE',
      message: 'The run log of a/b broke off again and again',
    });
  });
});

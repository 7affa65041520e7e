import { describe, expect, test } from '@jest/globals';
import type { HfPushEvent } from '../../src/events.js';
import { systemClock } from '../../src/http/clock.js';
import type { Call } from '../../src/http/http.js';
import { parseRateLimit, parseRetryAfter } from '../../src/http/rate-limit.js';
import { openHub } from '../../src/hub/open.js';
import { FastClock, failureOf, startHub } from '../support/hub.js';
import { broken, refusal, scripted } from '../support/scripted-hub.js';

const get: Call = { path: '/api/x' };
const post: Call = { method: 'POST', path: '/api/x', json: {} };
const ok = Response.json({ good: true });

describe('a request that fails', () => {
  test.each([429, 500, 502, 503, 504])('with %s is tried again until it succeeds', async (status) => {
    const events: HfPushEvent[] = [];
    const { http, clock, asked } = scripted([refusal(status), refusal(status), ok], {
      onEvent: (event) => events.push(event),
    });
    expect(await http.json(get)).toEqual({ good: true });
    expect(asked).toHaveLength(3);
    expect(clock.slept).toEqual([1000, 2000]);
    expect(events).toEqual(
      [1, 2].map((attempt) => ({
        type: 'retry',
        method: 'GET',
        path: '/api/x',
        attempt,
        waitMs: 1000 * attempt,
        reason: `status ${status}`,
      })),
    );
  });

  test.each([400, 401, 402, 403, 404, 405, 409, 412, 413, 418, 422, 501])('with %s is not', async (status) => {
    const { http, asked } = scripted([refusal(status)]);
    await failureOf(http.json(get));
    expect(asked).toHaveLength(1);
  });

  test('five times is given up, with what the Hub said last', async () => {
    const { http, clock, asked } = scripted([refusal(503, { 'x-request-id': 'req-7' }, 'too busy')]);
    const error = await failureOf(http.json(get));
    expect(error).toMatchObject({
      code: 'HAWSER_HF_HUB_FAILED',
      exitCode: 1,
      message: 'The Hub failed at GET /api/x (503): too busy',
      details: { method: 'GET', path: '/api/x', status: 503, requestId: 'req-7' },
    });
    expect(asked).toHaveLength(5);
    expect(clock.slept).toEqual([1000, 2000, 4000, 8000]);
  });

  test.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'EAI_AGAIN'])(
    'on its way, by %s, is tried again',
    async (code) => {
      const { http, asked } = scripted([broken(code), ok]);
      await http.json(get);
      expect(asked).toHaveLength(2);
    },
  );

  test.each(['ENOTFOUND', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])(
    'for good, by %s, is told at once',
    async (code) => {
      const { http, asked } = scripted([broken(code)]);
      expect(await failureOf(http.json(get))).toMatchObject({
        code: 'HAWSER_HF_ENDPOINT_UNREACHABLE',
        exitCode: 1,
        message: `https://hub.test cannot be reached: ${code} happened`,
        details: { endpoint: 'https://hub.test', path: '/api/x' },
        cause: expect.any(TypeError),
      });
      expect(asked).toHaveLength(1);
    },
  );

  test('while its answer is read is tried again', async () => {
    const cut = new ReadableStream({
      start: (controller) => {
        controller.enqueue(Buffer.from('{"go'));
        controller.error(broken('UND_ERR_SOCKET'));
      },
    });
    const { http, asked } = scripted([() => new Response(cut), ok]);
    expect(await http.json(get)).toEqual({ good: true });
    expect(asked).toHaveLength(2);
  });

  test('by no answer in time is tried again, and told as such', async () => {
    const silent = async ({ signal }: RequestInit): Promise<Response> =>
      await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
    const { http, asked } = scripted([silent], { timeoutMs: 5, tries: 2 });
    expect(await failureOf(http.json(get))).toMatchObject({
      code: 'HAWSER_HF_ENDPOINT_UNREACHABLE',
      message: 'https://hub.test cannot be reached: no answer within 0.005 s',
    });
    expect(asked).toHaveLength(2);
    const again = scripted([silent, ok], { timeoutMs: 5 });
    expect(await again.http.json(get)).toEqual({ good: true });
  });
});

describe('what may have been done', () => {
  test.each<readonly [string, Parameters<typeof scripted>[0][number]]>([
    ['a 500', refusal(500)],
    ['a 503', refusal(503)],
    ['a lost connection', broken('ECONNRESET')],
  ])('is not done again after %s', async (_what, answer) => {
    const { http, asked } = scripted([answer, ok]);
    await failureOf(http.json(post));
    expect(asked).toHaveLength(1);
  });

  test.each<readonly [string, Parameters<typeof scripted>[0][number]]>([
    ['a 429', refusal(429)],
    ['a refused connection', broken('ECONNREFUSED')],
    ['a name that is not known just now', broken('EAI_AGAIN')],
  ])('was surely not done at %s, and is tried again', async (_what, answer) => {
    const { http, asked } = scripted([answer, ok]);
    await http.json(post);
    expect(asked).toHaveLength(2);
  });

  test.each(['GET', 'PUT', 'DELETE'])('by %s is the same twice, and is tried again', async (method) => {
    const { http, asked } = scripted([broken('ECONNRESET'), refusal(500), ok]);
    await http.json({ method, path: '/api/x' });
    expect(asked).toHaveLength(3);
  });

  test('is looked for first: found it is the answer, not found it is done again', async () => {
    const found = scripted([broken('ECONNRESET'), ok]);
    expect(await found.http.json(post, async () => ({ found: true }))).toEqual({ found: true });
    expect(found.asked).toHaveLength(1);
    const missing = scripted([broken('ECONNRESET'), refusal(500), ok]);
    expect(await missing.http.json(post, async () => undefined)).toEqual({ good: true });
    expect(missing.asked).toHaveLength(3);
    // On the last try, too.
    const last = scripted([refusal(500)], { tries: 1 });
    expect(await last.http.json(post, async () => ({ found: true }))).toEqual({ found: true });
  });

  test('a restart whose answer is lost is not made twice', async () => {
    const emulator = await startHub();
    const hub = openHub({
      endpoint: emulator.endpoint,
      token: emulator.accounts[0]?.token ?? '',
      clock: new FastClock(),
    });
    await hub.createSpace({ id: 'hawser/x', private: false, variables: {}, secrets: {} });
    emulator.fail({ path: /restart/, does: { kind: 'drop-after' } });
    expect(await failureOf(hub.restart('hawser/x'))).toMatchObject({ code: 'HAWSER_HF_ENDPOINT_UNREACHABLE' });
    expect(emulator.requests.filter(({ path }) => path.includes('restart'))).toHaveLength(1);
  });

  test('a Space whose creation was answered by nobody is made once', async () => {
    const emulator = await startHub();
    const hub = openHub({
      endpoint: emulator.endpoint,
      token: emulator.accounts[0]?.token ?? '',
      clock: new FastClock(),
    });
    emulator.fail({ path: /create/, does: { kind: 'drop-after' } });
    await hub.createSpace({ id: 'hawser/x', private: false, variables: {}, secrets: {} });
    expect(emulator.requests.filter(({ path }) => path.includes('create'))).toHaveLength(1);
  });
});

describe('the Hub says when', () => {
  test.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': new Date(1_700_000_000_000 + 9000).toUTCString() }, 9000],
    [{ 'retry-after': new Date(1_600_000_000_000).toUTCString() }, 0],
    [{ 'retry-after': 'soon' }, 1000],
    [{ ratelimit: '"api";r=3;t=55', 'retry-after': '2' }, 2000],
    [{ ratelimit: '"api";r=0;t=55', 'retry-after': '2' }, 56_000],
  ])('%j waits %i ms', async (headers, waitMs) => {
    const { http, clock } = scripted([refusal(429, headers), ok]);
    await http.json(get);
    expect(clock.slept).toEqual([waitMs]);
  });

  test('a window that is used up holds back the next request, before it is sent', async () => {
    const { http, clock, asked } = scripted([Response.json({}, { headers: { ratelimit: '"api";r=0;t=30' } }), ok]);
    await http.json(get);
    expect(clock.slept).toEqual([]);
    await http.json(get);
    expect([clock.slept, asked.length]).toEqual([[31_000], 2]);
  });

  test('for one client of an account it holds for all', async () => {
    const events: HfPushEvent[] = [];
    const clock = new FastClock();
    const answers = [Response.json({ stage: 'RUNNING' }, { headers: { ratelimit: '"api";r=0;t=30' } })];
    let asked = 0;
    const ask = async (): Promise<Response> => answers[asked++] ?? Response.json({ stage: 'RUNNING' });
    const hub = openHub({ endpoint: 'https://hub.test', token: 'hf_a', fetch: ask, clock });
    const other = hub.with({ onEvent: (event) => events.push(event) }).with({});
    await hub.runtime('a/b');
    await other.runtime('a/b');
    expect(clock.slept).toEqual([31_000]);
    expect(events).toEqual([
      {
        type: 'retry',
        method: 'GET',
        path: '/api/spaces/a/b/runtime',
        attempt: 0,
        waitMs: 31_000,
        reason: 'the rate limit is used up',
      },
    ]);
  });

  test.each([{ 'retry-after': '331' }, { ratelimit: '"api";r=0;t=330' }])(
    'longer than is waited for, by %j, it is an error at once',
    async (headers) => {
      const { http, clock, asked } = scripted([refusal(429, { 'x-request-id': 'req-9', ...headers })]);
      expect(await failureOf(http.json(get))).toMatchObject({
        code: 'HAWSER_HF_RATE_LIMITED',
        exitCode: 1,
        message: 'The Hub takes no more requests from you for another 331 s',
        details: { waitMs: 331_000, requestId: 'req-9', status: 429 },
      });
      expect([clock.slept, asked.length]).toEqual([[], 1]);
    },
  );

  test('again and again, it is an error after the last try', async () => {
    const { http, asked } = scripted([refusal(429, { 'retry-after': '1' })]);
    expect(await failureOf(http.json(get))).toMatchObject({ code: 'HAWSER_HF_RATE_LIMITED' });
    expect(asked).toHaveLength(5);
  });

  test('and the whole emulated window is waited for', async () => {
    const emulator = await startHub({ rateLimit: { requests: 2, windowSeconds: 300 } });
    const clock = new FastClock();
    const hub = openHub({ endpoint: emulator.endpoint, token: emulator.accounts[0]?.token ?? '', clock });
    await hub.whoAmI();
    expect(await hub.spaceInfo('hawser/none')).toBeUndefined();
    // The emulator's own clock did not go on: what it answers behind the wait is 429 again, until the tries are over.
    const error = await failureOf(hub.spaceInfo('hawser/none'));
    expect(error.code).toBe('HAWSER_HF_RATE_LIMITED');
    expect(clock.slept.every((ms) => ms > 290_000 && ms <= 301_000)).toBe(true);
  });

  test.each(['', 'nonsense', '"api";r=1', '"api";t=1', '"api";r=-1;t=5'])('%j says nothing', (header) => {
    expect(parseRateLimit(header)).toBeUndefined();
    expect(parseRetryAfter(header === 'nonsense' ? header : '', 0)).toBeUndefined();
  });
});

describe('the signal', () => {
  test('ends a request, with its reason', async () => {
    const abort = new AbortController();
    const { http, asked } = scripted(
      [
        async ({ signal }) => {
          abort.abort(new Error('Ctrl-C'));
          signal?.throwIfAborted();
          return ok;
        },
      ],
      { signal: abort.signal },
    );
    await expect(http.json(get)).rejects.toThrow('Ctrl-C');
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['between two tries', refusal(503)],
    ['while the window is used up', Response.json({}, { headers: { ratelimit: '"api";r=0;t=30' } })],
  ])('ends a wait %s', async (_when, first) => {
    const abort = new AbortController();
    const { http, asked } = scripted([first, ok], {
      clock: {
        now: () => 0,
        sleep: async (ms, signal) => {
          const sleeping = systemClock.sleep(ms, signal);
          abort.abort(new Error('Ctrl-C'));
          await sleeping;
        },
      },
    });
    const mine = http.with({ signal: abort.signal });
    await expect(mine.json(get).then(async () => await mine.json(get))).rejects.toThrow('Ctrl-C');
    expect(asked).toHaveLength(1);
  });

  test('of a hub and of what is made from it both count', async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const { http } = scripted([ok], { signal: one.signal });
    const both = http.with({ signal: two.signal });
    await both.json(get);
    two.abort(new Error('two'));
    const { http: fresh } = scripted([async ({ signal }) => (signal?.throwIfAborted(), ok)], { signal: one.signal });
    await expect(fresh.with({ signal: two.signal }).json(get)).rejects.toThrow('two');
    await fresh.json(get);
  });
});

import { describe, expect, test } from '@jest/globals';
import type { LogLine } from '../../src/hub/types.js';
import { followLogs } from '../../src/space/follow.js';
import { clientOf, failureOf } from '../support/hub.js';
import { addressOf } from '../support/scripted-hub.js';
import { space, startSpace, untilRunning } from '../support/space.js';

async function textOf(lines: AsyncIterable<LogLine>): Promise<string[]> {
  const found: string[] = [];
  for await (const { line } of lines) found.push(line);
  return found;
}

/** A `fetch` that lets so many bytes of each of the first connections to a log through, and then breaks them. */
function cutting(bytes: readonly number[]): { readonly fetch: typeof fetch; readonly connections: () => number } {
  let connections = 0;
  const ask = (async (input, init) => {
    const response = await fetch(input, init);
    const limit = addressOf(input).includes('/logs/') ? bytes[connections++] : undefined;
    if (limit === undefined || !response.body) return response;
    const reader = response.body.getReader();
    let left = limit;
    const cut = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { value, done } = left > 0 ? await reader.read() : { value: undefined, done: true };
          if (done) return controller.error(new TypeError('terminated'));
          controller.enqueue(value.subarray(0, left));
          left -= value.length;
        },
        cancel: async () => await reader.cancel(),
      },
      { highWaterMark: 0 },
    );
    return new Response(cut, { status: response.status, headers: response.headers });
  }) as typeof fetch;
  return { fetch: ask, connections: () => connections };
}

describe('the log of a Space', () => {
  test('of its build is all of it, and ends with the build', async () => {
    const lines = Array.from({ length: 500 }, (_, index) => `Step ${index}: é 🔊`);
    const { hub, bring } = await startSpace([{ lines }]);
    await bring();
    for (const follow of [true, false])
      expect(await textOf(followLogs(hub, space, { log: 'build', follow }))).toEqual(lines);
  });

  test('is followed as it comes, until the application is stopped', async () => {
    const { hub, bring } = await startSpace([{ runLines: ['Listening', 'Ready'] }]);
    await bring();
    const found: string[] = [];
    for await (const { line, timestamp } of followAfter(hub)) {
      expect(Date.parse(timestamp)).not.toBeNaN();
      found.push(line);
      // Both lines came; pausing ends the log.
      if (found.length === 2) await hub.pause(space);
    }
    expect(found).toEqual(['Listening', 'Ready']);
  });

  /** Begins to follow before the application prints anything. */
  async function* followAfter(hub: Parameters<typeof followLogs>[0]): AsyncGenerator<LogLine> {
    const lines = followLogs(hub, space, { follow: true })[Symbol.asyncIterator]();
    const first = lines.next();
    await untilRunning(hub);
    for (let next = await first; !next.done; next = await lines.next()) yield next.value;
  }

  test('comes without loss or repetition over connections that are cut, within a letter too', async () => {
    const lines = Array.from({ length: 120 }, (_, index) => `🔊 line ${index % 7}`);
    // A letter of four bytes is cut at each of its bytes, in one line or another.
    const cut = cutting([1, 9, 300, 301, 420, 421, 422, 2000, 4000]);
    const { hub, clock, bring } = await startSpace([{ lines }], { fetch: cut.fetch });
    await bring();
    expect(await textOf(followLogs(hub, space, { log: 'build', follow: true }))).toEqual(lines);
    expect(cut.connections()).toBe(10);
    expect(clock.slept.length).toBe(cut.connections() - 1);
  });

  test('ends quietly at the signal', async () => {
    const { hub, bring } = await startSpace([{ ends: 'never', lines: ['FROM python'] }]);
    await bring();
    const abort = new AbortController();
    const found: string[] = [];
    for await (const { line } of followLogs(hub, space, { log: 'build', follow: true, signal: abort.signal })) {
      found.push(line);
      abort.abort();
    }
    expect(found).toEqual(['FROM python']);
  });

  test('of a Space that is hidden or missing, and of one without a token, is an error', async () => {
    const { emulator, hub, bring } = await startSpace();
    await bring({}, { private: true });
    expect((await failureOf(textOf(followLogs(hub, 'hawser/none')))).code).toBe('HAWSER_HF_SPACE_NOT_FOUND');
    const stranger = clientOf(emulator, { token: 'hf_nobody' });
    expect((await failureOf(textOf(followLogs(stranger, space)))).code).toBe('HAWSER_HF_TOKEN_INVALID');
  });
});

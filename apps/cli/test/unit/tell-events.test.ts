import { expect, test } from '@jest/globals';
import { Out, createRedactor } from '@hawser/cli-kit';
import type { HfPushEvent } from '@hawser/hf-push';
import { tellEvents } from '../../src/hf/tell-events.js';

/** What is said of events: as progress, and on stderr. */
function toldOf(events: readonly HfPushEvent[], options: { readonly named?: boolean } = {}): readonly string[] {
  const told: string[] = [];
  const out = new Out({
    json: false,
    quiet: false,
    debug: false,
    redactor: createRedactor({}),
    environment: {},
    streams: { stdout: { write: () => true }, stderr: { write: (text) => told.push(text) } },
  });
  const tell = tellEvents(out, { progress: (text) => told.push(text) }, options);
  for (const event of events) tell(event);
  return told;
}

const retry = { type: 'retry', method: 'GET', path: '/api/x', attempt: 1, reason: 'status 429' } as const;

test('what happens is shown as progress, with the name of the Space where there are several', () => {
  const events: readonly HfPushEvent[] = [
    { type: 'step', step: 'commit', state: 'started', space: 'me/echo' },
    { type: 'step', step: 'commit', state: 'done', space: 'me/echo' },
    { type: 'runtime', space: 'me/echo', stage: 'BUILDING' },
    { type: 'uploaded', path: 'model.bin', bytes: 50, totalBytes: 200 },
    { type: 'log', log: 'build', timestamp: '', line: 'Step 1' },
    { ...retry, waitMs: 1200 },
  ];
  const rest = ['model.bin 25 %', 'Step 1', 'GET /api/x again in 2 s: status 429'];
  expect(toldOf(events)).toEqual(['committing', 'the Space is BUILDING', ...rest]);
  expect(toldOf(events, { named: true })).toEqual(['me/echo: committing', 'me/echo: the Space is BUILDING', ...rest]);
});

test('a long wait is told even where no progress is shown', async () => {
  const told = toldOf([{ ...retry, waitMs: 55_000 }]);
  // Colours are looked for first.
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual(['GET /api/x again in 55 s: status 429', '! Waiting 55 s: status 429\n']);
});

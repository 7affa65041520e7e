import { expect, test } from '@jest/globals';
import type { DoctorCheck } from '@hawser/cli-kit';
import { runChecks, type RunOptions } from '../../src/doctor/run-checks.js';

/** A check that finds something, and mends it like this. */
function checkThat(id: string, mend: () => Promise<string>): DoctorCheck {
  const look = async (): Promise<{ state: 'warn'; found: string }> => ({ state: 'warn', found: 'a crack' });
  return { id, title: id, topic: 'hawser', neededFor: 'x', look, mend };
}

test('what cannot be mended is said where it was found, and the others are mended all the same', async () => {
  const options = { signal: new AbortController().signal, timeoutMs: 1000, fix: true } as unknown as RunOptions;
  const refused = checkThat('refused', () => Promise.reject(new Error('EPERM: not yours')));
  const glued = checkThat('glued', () => Promise.resolve('glued it'));
  const reports = await runChecks({ ...options, checks: [refused, glued] });
  expect(reports).toMatchObject([
    { id: 'refused', state: 'warn', found: 'a crack; it could not be mended: EPERM: not yours' },
    { id: 'glued', mended: 'glued it' },
  ]);
});

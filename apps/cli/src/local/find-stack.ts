import { livenessOf } from '@hawser/state-store/process';
import { CliError } from '../errors.js';
import type { StackPlaces } from './places.js';
import { readStack, type StackProcess } from './stack-file.js';

/** Who serves the stack at the moment, or did until it was killed. */
export async function findStack(
  places: StackPlaces,
): Promise<{ readonly state: 'up' | 'died'; readonly process: StackProcess } | undefined> {
  const { process: last } = readStack(places);
  if (!last) return undefined;
  const { state } = await livenessOf(last.identity);
  return { state: state === 'alive' ? 'up' : 'died', process: last };
}

/**
 * The stack that runs.
 *
 * @throws CliError HAWSER_LOCAL_NOT_RUNNING
 */
export async function runningStack(places: StackPlaces): Promise<StackProcess> {
  const found = await findStack(places);
  if (found?.state === 'up' && found.process.isReady) return found.process;
  throw new CliError(
    'HAWSER_LOCAL_NOT_RUNNING',
    found?.state === 'died' ? `The stack has died: process ${found.process.pid} is gone.` : 'No stack runs here.',
  );
}

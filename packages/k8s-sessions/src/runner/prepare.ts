import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { SessionsError } from '../errors.js';
import type { Assignment, RunnerPhase } from './control-types.js';

/** Gets the source. What cannot be had is a value: the session ends with `fetch_failed` and these words. */
export async function fetchInto(options: {
  readonly assignment: Assignment;
  readonly folder: string;
  readonly phase: (phase: RunnerPhase) => void;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}): Promise<{ readonly folder: string } | { readonly message: string }> {
  const { assignment, phase } = options;
  phase({ state: 'fetching', detail: assignment.source!.url });
  return { message: new SessionsError('HAWSER_SESSIONS_SOURCE_FAILED', 'Sources cannot be fetched.').message };
}

/** What is to be run before the command, or undefined for nothing. */
export async function installIn(
  folder: string,
  { installCommand, source }: Assignment,
): Promise<string | undefined> {
  if (installCommand !== undefined) return installCommand === '' ? undefined : installCommand;
  if (!source) return undefined;
  try {
    await access(join(folder, 'package.json'));
    return 'npm install';
  } catch {
    return undefined;
  }
}

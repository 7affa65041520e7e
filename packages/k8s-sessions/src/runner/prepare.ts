import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { SessionsError } from '../errors.js';
import { fetchSource, type SourceFetcher } from '../fetch/index.js';
import type { Assignment } from './control-types.js';

/**
 * Gets the source into a folder. What cannot be had is a value: the session ends with `fetch_failed` and these words.
 */
export async function fetchInto(options: {
  readonly assignment: Assignment;
  readonly folder: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  readonly fetchers?: ((scheme: string) => Promise<SourceFetcher>) | undefined;
}): Promise<{ readonly revision: string } | { readonly message: string }> {
  const { assignment, folder, say, signal, fetchers } = options;
  try {
    const source = assignment.source!;
    const rules = assignment.sourceRules;
    const { revision } = await fetchSource({ source, rules, folder, onProgress: say, signal, fetchers });
    return { revision };
  } catch (error) {
    if (!(error instanceof SessionsError)) throw error;
    say(error.message);
    return { message: error.message };
  }
}

/** What is to be run before the command, or undefined for nothing. */
export async function installIn(folder: string, { installCommand, source }: Assignment): Promise<string | undefined> {
  if (installCommand !== undefined) return installCommand === '' ? undefined : installCommand;
  if (!source) return undefined;
  try {
    await access(join(folder, 'package.json'));
    return 'npm install';
  } catch {
    return undefined;
  }
}

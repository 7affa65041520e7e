import { join, resolve } from 'node:path';
import type { Context } from '@hawser/cli-kit';
import { arcDocument, arcRecord, storeReport, writeStatus, type Stored } from '@hawser/contexts/arc';
import type { VerifiedOrReplayed } from './run-verify.js';

/** Where results go. */
export interface KeepFlags {
  /** Missing: kept, and a failure to do so is a warning. */
  readonly 'store-summary'?: boolean | undefined;
  readonly 'store-dir'?: string | undefined;
  readonly 'status-path'?: string | undefined;
}

/**
 * Writes what was asked for. A status or artefacts that were asked for and cannot be written are an error; the verdict
 * has been told by then.
 */
export async function keepResults(
  flags: KeepFlags,
  { report, snapshot }: VerifiedOrReplayed,
  { out, state }: Pick<Context, 'out' | 'state'>,
  command: readonly string[],
): Promise<Stored | undefined> {
  if (flags['status-path'] !== undefined) await writeStatus(flags['status-path'], report);
  if (flags['store-summary'] === false) return undefined;
  const wasAsked = flags['store-summary'] === true || flags['store-dir'] !== undefined;
  const store = await state();
  const directory = resolve(flags['store-dir'] ?? join(store.directory, 'arc'));
  try {
    // First the state folder, which keeps itself out of git.
    if (flags['store-dir'] === undefined) await store.document(arcDocument).update((data) => data);
    const stored = await storeReport({ directory, report, snapshot, command, nowMs: Date.now() });
    if (flags['store-dir'] === undefined)
      await store.document(arcDocument).update(() => arcRecord(report, stored.folder));
    return stored;
  } catch (error) {
    if (wasAsked) throw error;
    await out.warn(`${error instanceof Error ? error.message : String(error)} The verdict stands all the same.`);
    return undefined;
  }
}

import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ignoreMissing, isStagedFor, publishFile, stageFile, syncFolder } from './atomic-write.js';
import type { Writer } from './envelope.js';
import { explainSystemError } from './errors.js';
import { newNonce } from './lock/owner.js';
import type { Turns } from './turns.js';
import type { Journal, WriteContext, WriteOptions } from './write-context.js';

/** What everything that belongs to one open store shares. */
export interface StoreContext {
  /** The store's folder, absolute. */
  readonly directory: string;
  readonly writer: Writer;
  readonly lockTimeoutMs: number;
  /** Lets writers of one process queue up in memory instead of fighting for the lock file. */
  readonly turns: Turns;
  readonly journal: Journal;
}

/** The folder below a store's own in which locks are made. */
export function lockFolder(directory: string): string {
  return join(directory, 'locks');
}

/** The file that keeps a store's folder out of git. */
export function ignoreFileOf(directory: string): string {
  return join(directory, '.gitignore');
}

/** A store's facts joined with one call's. */
export function writeContext(store: StoreContext, { timeoutMs, signal }: WriteOptions): WriteContext {
  const { writer, lockTimeoutMs, journal } = store;
  return { tool: writer.tool, timeoutMs: timeoutMs ?? lockTimeoutMs, signal, journal };
}

/**
 * Makes the store's folder, and in it what keeps it out of git. The lock folder is made last: where there is one, all
 * of it was done.
 */
export async function makeStoreFolder(directory: string): Promise<void> {
  const ignoreFile = ignoreFileOf(directory);
  try {
    const firstMade = await mkdir(directory, { recursive: true });
    // A folder that held something before is somebody's choice: `*` could hide a whole repository.
    const entries = await readdir(directory);
    if (entries.every((entry) => isStagedFor(ignoreFile, entry))) {
      const staged = { target: ignoreFile, tag: newNonce(), bytes: Buffer.from('*\n') };
      await stageFile(staged);
      // Missing: another process was faster, and has already swept up behind itself.
      await publishFile(staged).catch(ignoreMissing);
    }
    await mkdir(lockFolder(directory), { recursive: true });
    await syncFolder(directory);
    if (firstMade !== undefined) await syncFolder(dirname(firstMade));
  } catch (error) {
    throw explainSystemError(error, 'make the state folder', directory, 'write');
  }
}

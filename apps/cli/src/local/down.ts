import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { findStack } from './find-stack.js';
import { lockStack } from './lock-stack.js';
import type { StackPlaces } from './places.js';
import { reap } from './reap.js';
import { readStack, writeStack } from './stack-file.js';

/** What was ended. */
export interface StackDown {
  /** The process that was ended; null where none ran. */
  readonly pid: number | null;
  /** What it had kept was removed. */
  readonly purged: boolean;
}

/** Ends the stack with all that runs there. One that does not run is no error. */
export async function stopStack(
  places: StackPlaces,
  { purge, signal }: { readonly purge: boolean; readonly signal: AbortSignal },
): Promise<StackDown> {
  if (!existsSync(places.folder)) return { pid: null, purged: false };
  const lock = await lockStack(places, signal);
  try {
    const found = await findStack(places);
    if (found) {
      await reap(found.process);
      const { process: _ended, ...kept } = readStack(places);
      writeStack(places, kept);
    }
    if (purge) await rm(places.folder, { recursive: true, force: true, maxRetries: 5 });
    return { pid: found?.state === 'up' ? found.process.pid : null, purged: purge };
  } finally {
    lock.release();
  }
}

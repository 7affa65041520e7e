import { acquireLock, type HeldLock } from '@hawser/state-store/files';
import type { StackPlaces } from './places.js';

/** How long another command may start or stop the stack meanwhile, in milliseconds. */
const LOCK_MS = 60_000;

/** Keeps other commands from starting or stopping the stack until it is released. */
export async function lockStack({ lock: path }: StackPlaces, signal: AbortSignal): Promise<HeldLock> {
  return acquireLock({ path, subject: 'the local stack', tool: 'hawser local', timeoutMs: LOCK_MS, signal });
}

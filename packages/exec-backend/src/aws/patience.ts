import { setTimeout as wait } from 'node:timers/promises';
import { isThrottled } from './sdk-failure.js';

/** Waits; given so that tests need not. */
export type Pause = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Waits by the clock. Rejects with the reason of `signal`. */
export const pauseByClock: Pause = async (ms, signal) => {
  await wait(ms, undefined, { signal });
};

/** What a service takes upon itself, behind the SDK's own three tries. With the waits: about ten seconds. */
const usual: Patience = { tries: 6, longestMs: 12_800 };

/** How often a call is made at most, and the longest wait between. */
export interface Patience {
  readonly tries: number;
  readonly longestMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Makes a call, again while it is throttled; every other failure is the caller's, and the reason of the signal. */
export async function patiently<T>(call: () => Promise<T>, pause: Pause, patience: Patience = usual): Promise<T> {
  const { tries, longestMs, signal } = patience;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (attempt === tries || !isThrottled(error)) throw error;
      // Half of it by chance, so that those who were refused together do not come back together.
      const longest = Math.min(longestMs, 200 * 2 ** attempt);
      await pause(longest / 2 + (longest / 2) * Math.random(), signal);
    }
  }
}

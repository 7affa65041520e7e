import { setTimeout as wait } from 'node:timers/promises';
import { isThrottled } from './stack/call.js';

/** Waits; given so that tests need not. */
export type Pause = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Waits by the clock. Rejects with the reason of `signal`. */
export const pauseByClock: Pause = async (ms, signal) => {
  await wait(ms, undefined, { signal });
};

/** Tries of one call while AWS asks to slow down, behind the SDK's own three. With their waits: about ten seconds. */
const TRIES = 6;

/** Makes a call, again while it is throttled; every other failure is the caller's. */
export async function patiently<T>(call: () => Promise<T>, pause: Pause): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (tries === TRIES || !isThrottled(error)) throw error;
      // Half of it by chance, so that those who were refused together do not come back together.
      const longest = 200 * 2 ** tries;
      await pause(longest / 2 + (longest / 2) * Math.random());
    }
  }
}

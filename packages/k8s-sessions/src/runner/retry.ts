import { setTimeout as delay } from 'node:timers/promises';
import { SessionsError } from '../errors.js';

const firstPauseMs = 100;
const longestPauseMs = 5000;

/**
 * Tries again, ever more slowly, until it works, the signal comes, or it was refused: asking again would change nothing
 * then.
 *
 * @throws SessionsError `HAWSER_SESSIONS_REFUSED` when it was refused; the signal's reason when that came.
 */
export async function untilDone<Result>(attempt: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (isRefused(error)) throw error;
    }
    await delay(pauseMs * (0.5 + Math.random() / 2), undefined, { signal });
  }
}

export function isRefused(error: unknown): error is SessionsError {
  return error instanceof SessionsError && error.code === 'HAWSER_SESSIONS_REFUSED';
}

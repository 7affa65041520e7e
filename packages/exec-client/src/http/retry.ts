import { setTimeout as sleep } from 'node:timers/promises';

/** How often, and how long, something is tried again. */
export interface RetryOptions {
  /** The first pause, in milliseconds; each further one is twice as long. Default 200. */
  readonly firstMs?: number;
  /** The longest pause. Default 5,000. */
  readonly longestMs?: number;
  /** When nothing has been heard for so long, the error stands. Default 20 s for a request, 5 minutes while watching. */
  readonly giveUpAfterMs?: number;
}

/** Pauses that grow until something succeeds. */
export interface Backoff {
  /** Waits; `false` when it is time to give up instead. `atLeastMs` is what the service asked for. */
  pause(options: {
    readonly atLeastMs?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  }): Promise<boolean>;
  /** Something succeeded: the next pause is the first again. */
  reset(): void;
}

/** Pauses that double from `firstMs`, each shortened by up to a half by chance so that many clients do not come at once. */
export function createBackoff(options: Required<RetryOptions>): Backoff {
  let next = options.firstMs;
  let failingSince: number | undefined;
  return {
    async pause({ atLeastMs = 0, signal }) {
      const now = performance.now();
      failingSince ??= now;
      const waitMs = Math.max(atLeastMs, next * (1 - Math.random() / 2));
      if (now + waitMs - failingSince > options.giveUpAfterMs) return false;
      next = Math.min(next * 2, options.longestMs);
      await sleep(waitMs, undefined, signal && { signal });
      return true;
    },
    reset() {
      next = options.firstMs;
      failingSince = undefined;
    },
  };
}

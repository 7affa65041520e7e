/** How long an outage may last, and how eagerly the link is tried meanwhile. */
export interface BackoffOptions {
  /** First pause. Default 100 ms. */
  readonly firstMs?: number;
  /** Longest pause. Default 5,000 ms. */
  readonly longestMs?: number;
  /** The outage is given up after this long. Default 15 minutes. */
  readonly giveUpAfterMs?: number;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

/** The pauses of one outage; make a new one for the next. */
export interface Backoff {
  /** Pause before the next attempt in milliseconds; `undefined` when the outage lasted too long. */
  next(nowMs: number): number | undefined;
  /** Attempts asked for so far. */
  readonly attempts: number;
}

/**
 * Pauses that double up to a ceiling, each shortened by up to half at random so that many clients
 * of one gateway do not come back in step. The first attempt comes at once.
 */
export function createBackoff(startedMs: number, options: BackoffOptions = {}): Backoff {
  const { firstMs = 100, longestMs = 5_000, giveUpAfterMs = 15 * 60_000, random = Math.random } = options;
  let attempts = 0;
  return {
    next(nowMs) {
      if (nowMs - startedMs >= giveUpAfterMs) return undefined;
      attempts++;
      if (attempts === 1) return 0;
      const full = Math.min(longestMs, firstMs * 2 ** Math.min(attempts - 2, 30));
      return Math.min(full * (0.5 + random() / 2), giveUpAfterMs - (nowMs - startedMs));
    },
    get attempts() {
      return attempts;
    },
  };
}

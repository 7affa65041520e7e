import { ApiError } from '../core/api-error.js';
import type { Clock, Limits } from '../ports.js';

const mostBuckets = 10_000;

/** A bucket of requests for each caller, in this process: on AWS every instance of the function has its own. */
export class RateLimiter {
  readonly #rate: Limits['rate'];
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { left: number; atMs: number }>();

  constructor(rate: Limits['rate'], clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Takes one request out of a caller's bucket. Throws `rate_limited` where it is empty. */
  take(caller: string): void {
    if (!this.#rate) return;
    const { perSecond, burst } = this.#rate;
    const nowMs = this.#clock.nowMs();
    const bucket = this.#buckets.get(caller) ?? { left: burst, atMs: nowMs };
    const left = Math.min(burst, bucket.left + (Math.max(0, nowMs - bucket.atMs) / 1000) * perSecond);
    if (left < 1) {
      throw new ApiError('rate_limited', `This key may send ${perSecond} requests each second.`, {
        retryAfter: Math.ceil((1 - left) / perSecond),
      });
    }
    if (this.#buckets.size >= mostBuckets) this.#buckets.clear();
    this.#buckets.set(caller, { left: left - 1, atMs: nowMs });
  }
}

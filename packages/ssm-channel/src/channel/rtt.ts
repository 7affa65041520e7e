const nsPerMs = 1_000_000;
/** What both originals assume before the first sample. */
const initialNs = 100 * nsPerMs;
const granularityNs = 10 * nsPerMs;
/** Below this, agents that acknowledge in bursts would be sent needless copies; the originals start here. */
const shortestResendMs = 200;
const longestResendMs = 1000;

/**
 * Estimates the round trip, and from it how long to wait for an acknowledgement. Whoever feeds it leaves out messages
 * that were sent more than once (Karn's rule): their answer cannot be attributed.
 *
 * Integer nanoseconds, cut off like the originals' durations, so that the estimate is theirs to the digit.
 *
 * @see RFC 6298 §2; session-manager-plugin src/datachannel/streaming.go, calculateRetransmissionTimeout
 */
export class RoundTrips {
  #rttNs = initialNs;
  #variationNs = 0;
  #timeoutNs = 2 * initialNs;
  #shortestMs = Infinity;

  sample(ms: number): void {
    const sampleNs = Math.round(ms * nsPerMs);
    this.#variationNs = Math.trunc(0.75 * this.#variationNs + 0.25 * Math.abs(this.#rttNs - sampleNs));
    this.#rttNs = Math.trunc(0.875 * this.#rttNs + 0.125 * sampleNs);
    this.#timeoutNs = Math.min(longestResendMs * nsPerMs, this.#rttNs + Math.max(granularityNs, 4 * this.#variationNs));
    this.#shortestMs = Math.min(this.#shortestMs, ms);
  }

  /** The estimate as the originals keep it, in nanoseconds. */
  get estimate(): { readonly rttNs: number; readonly variationNs: number; readonly timeoutNs: number } {
    return { rttNs: this.#rttNs, variationNs: this.#variationNs, timeoutNs: this.#timeoutNs };
  }

  /** `undefined` before the first sample. */
  get smoothedMs(): number | undefined {
    return this.#shortestMs === Infinity ? undefined : this.#rttNs / nsPerMs;
  }

  /** The shortest round trip seen; 0 before the first sample. */
  get shortestMs(): number {
    return this.#shortestMs === Infinity ? 0 : this.#shortestMs;
  }

  /** How long to wait before sending again for the `attempt`-th time (from 0) without having heard anything. */
  resendAfterMs(attempt: number): number {
    const firstMs = Math.max(shortestResendMs, this.#timeoutNs / nsPerMs);
    return Math.min(longestResendMs, firstMs * 2 ** Math.min(attempt, 8));
  }
}

/** What both originals assume before the first sample. */
const initialMs = 100;
const granularityMs = 10;
/** Below this, agents that acknowledge in bursts would be sent needless copies; the originals start here. */
const shortestResendMs = 200;
const longestResendMs = 1000;
/** On links so slow that an answer takes longer than that, copies sent meanwhile would only make them slower. */
const slowLinkFactor = 1.5;
const slowLinkMs = 10_000;

/**
 * Estimates the round trip, and from it how long to wait for an acknowledgement. Whoever feeds it leaves out messages
 * that were sent more than once (Karn's rule): their answer cannot be attributed. *
 * @see RFC 6298 §2; session-manager-plugin src/datachannel/streaming.go, calculateRetransmissionTimeout
 */
export class RoundTrips {
  #rttMs = initialMs;
  #variationMs = 0;
  #timeoutMs = 2 * initialMs;
  #shortestMs = Infinity;
  #hasSamples = false;

  sample(ms: number): void {
    this.#variationMs = 0.75 * this.#variationMs + 0.25 * Math.abs(this.#rttMs - ms);
    this.#rttMs = 0.875 * this.#rttMs + 0.125 * ms;
    this.#timeoutMs = Math.min(longestResendMs, this.#rttMs + Math.max(granularityMs, 4 * this.#variationMs));
    this.#shortestMs = Math.min(this.#shortestMs, ms);
    this.#hasSamples = true;
  }

  /** The estimate itself, without the limits of {@link resendAfterMs}. */
  get estimate(): { readonly rttMs: number; readonly variationMs: number; readonly timeoutMs: number } {
    return { rttMs: this.#rttMs, variationMs: this.#variationMs, timeoutMs: this.#timeoutMs };
  }

  /** `undefined` before the first sample. */
  get smoothedMs(): number | undefined {
    return this.#hasSamples ? this.#rttMs : undefined;
  }

  /** The shortest round trip on this path; 0 before the first sample. */
  get shortestMs(): number {
    return this.#shortestMs === Infinity ? 0 : this.#shortestMs;
  }

  /** The path may be another one from here: what was the shortest on the old one says nothing about it. */
  changePath(): void {
    this.#shortestMs = Infinity;
  }

  /** How long to wait before sending again for the `attempt`-th time (from 0) without having heard anything. */
  resendAfterMs(attempt: number): number {
    const firstMs = Math.max(shortestResendMs, this.#timeoutMs);
    const waitMs = Math.min(longestResendMs, firstMs * 2 ** Math.min(attempt, 8));
    return this.#rttMs <= longestResendMs ? waitMs : Math.min(slowLinkMs, slowLinkFactor * this.#rttMs);
  }
}

/**
 * When to send NOPs, and when silence means that the peer is gone. Its clock starts with the first time it is told.
 *
 * @see xtaci/smux session.go, keepalive
 */
export class MuxKeepAlive {
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  #nopAtMs: number | undefined;
  #checkAtMs = 0;
  #wokenForMs: number | undefined;
  #heard = false;
  #nopDue = false;

  constructor(intervalMs: number, timeoutMs: number) {
    this.#intervalMs = intervalMs;
    this.#timeoutMs = timeoutMs;
  }

  start(nowMs: number): void {
    if (this.#nopAtMs !== undefined) return;
    this.#nopAtMs = nowMs + this.#intervalMs;
    this.#checkAtMs = nowMs + this.#timeoutMs;
  }

  /** Something arrived. */
  heard(nowMs: number): void {
    this.start(nowMs);
    this.#heard = true;
  }

  /** `isReading`: silence counts only while we are willing to listen. */
  tick(nowMs: number, isReading: boolean): 'timeout' | undefined {
    this.start(nowMs);
    if (nowMs >= (this.#nopAtMs ?? 0)) {
      this.#nopDue = true;
      this.#nopAtMs = nowMs + this.#intervalMs;
    }
    if (nowMs < this.#checkAtMs) return undefined;
    this.#checkAtMs = nowMs + this.#timeoutMs;
    if (!this.#heard && isReading) return 'timeout';
    this.#heard = false;
    return undefined;
  }

  takeNop(): boolean {
    const isDue = this.#nopDue;
    this.#nopDue = false;
    return isDue;
  }

  /** The time of the next tick, if it changed since it was last asked for; 0, at once, before the clock started. */
  takeWake(): number | undefined {
    const atMs = this.#nopAtMs === undefined ? 0 : Math.min(this.#nopAtMs, this.#checkAtMs);
    if (atMs === this.#wokenForMs) return undefined;
    this.#wokenForMs = atMs;
    return atMs;
  }
}

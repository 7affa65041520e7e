/** Values that are kept for a while; the oldest go first. */
export class Remembered<Value> {
  readonly #kept = new Map<string, { readonly value: Value; readonly atMs: number }>();
  readonly #most: number;
  readonly #forMs: number;

  constructor(options: { readonly most: number; readonly forMs: number }) {
    this.#most = options.most;
    this.#forMs = options.forMs;
  }

  put(key: string, value: Value, nowMs: number): void {
    if (this.#forMs === 0) return;
    this.#kept.delete(key);
    this.#kept.set(key, { value, atMs: nowMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#most && oldest !== undefined) this.#kept.delete(oldest);
  }

  get(key: string, nowMs: number): Value | undefined {
    const kept = this.#kept.get(key);
    return kept === undefined || nowMs - kept.atMs > this.#forMs ? undefined : kept.value;
  }

  forget(key: string): void {
    this.#kept.delete(key);
  }
}

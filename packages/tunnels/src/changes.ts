/** Those who wait for something to change. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Settles at the next {@link happened}, or when the signal aborts. */
  async next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }

  /** Lets all who wait go on. */
  happened(): void {
    for (const done of this.#waiting) done();
  }
}

interface Waiter {
  readonly session: string | undefined;
  readonly wake: () => void;
}

/** Whoever waits in this process for a session to change. */
export interface Changes {
  /** Undefined: all of them may have changed. */
  wake(session: string | undefined): void;
  wait(
    session: string | undefined,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<void>;
}

export function createChanges(): Changes {
  const waiters = new Set<Waiter>();
  return {
    wake(session) {
      for (const waiter of waiters)
        if (session === undefined || waiter.session === undefined || waiter.session === session) waiter.wake();
    },
    wait(session, { timeoutMs, signal }) {
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = (): void => {
          waiters.delete(waiter);
          clearTimeout(timer);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const waiter: Waiter = { session, wake };
        const timer = setTimeout(wake, timeoutMs);
        signal?.addEventListener('abort', wake);
        waiters.add(waiter);
      });
    },
  };
}

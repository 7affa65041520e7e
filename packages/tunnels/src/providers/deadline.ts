/** A bound on how long something may take, beside a signal that lives longer. */
export interface Deadline extends Disposable {
  /** Aborts with the other signal, or when time is up. */
  readonly signal: AbortSignal;
  /** Whether time is up. */
  readonly isOver: boolean;
  /** Rejects when {@link signal} aborts. */
  readonly crossed: Promise<never>;
}

/** Not `AbortSignal.any`: on Node 20 each call leaves something behind on the longer-lived signal. */
export function deadlineOf(signal: AbortSignal, ms: number): Deadline {
  const controller = new AbortController();
  let isOver = false;
  const stop = (): void => controller.abort(signal.reason);
  const timer = setTimeout(() => {
    isOver = true;
    controller.abort(new Error(`It took longer than ${ms / 1000} s.`));
  }, ms);
  const crossed = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true });
  });
  crossed.catch(() => undefined);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return {
    signal: controller.signal,
    get isOver() {
      return isOver;
    },
    crossed,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    },
  };
}

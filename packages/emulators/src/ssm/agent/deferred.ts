/** A promise and the function that fulfils it; only the first call counts. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly settle: (value: T) => void;
}

/** Makes a promise that waits for {@link Deferred.settle}. */
export function createDeferred<T>(): Deferred<T> {
  let settle: ((value: T) => void) | undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, settle: settle! };
}

/** Something to take down when a command ends, however it ends. */
export type Cleanup = () => void | Promise<void>;

/** What is to be taken down: last made, first gone. */
export interface Cleanups {
  add(cleanup: Cleanup): void;
  /** Runs all of them, each although others failed, and answers with what they threw. */
  run(): Promise<readonly unknown[]>;
}

/** Makes an empty list of cleanups. */
export function createCleanups(): Cleanups {
  const pending: Cleanup[] = [];
  return {
    add: (cleanup) => void pending.push(cleanup),
    run: async () => {
      const thrown: unknown[] = [];
      for (let cleanup = pending.pop(); cleanup; cleanup = pending.pop()) {
        try {
          await cleanup();
        } catch (error) {
          thrown.push(error);
        }
      }
      return thrown;
    },
  };
}

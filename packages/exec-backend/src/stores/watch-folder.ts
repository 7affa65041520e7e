import { watch, type FSWatcher } from 'node:fs';

/** Waits for something to happen in one folder. */
export interface FolderWatch {
  /** Resolves when an entry was touched since the watch began or this was last called, in time, or when `signal` fires. */
  next(timeoutMs: number, signal?: AbortSignal): Promise<void>;
  close(): void;
}

/**
 * Watches a folder by the system's own notification, from this call on: whoever looks at the folder afterwards misses
 * nothing. Where nothing can be watched (no watches left, a network's file system) only the time wakes, and comes sooner.
 */
export function watchFolder(folder: string, concerns: (entry: string) => boolean): FolderWatch {
  let touched = false;
  let wake: (() => void) | undefined;
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(folder, { persistent: false }, (_kind, entry) => {
      if (entry !== null && !concerns(entry)) return;
      touched = true;
      wake?.();
    });
    watcher.on('error', stop);
  } catch {
    watcher = undefined;
  }
  return {
    async next(timeoutMs, signal) {
      if (!touched && signal?.aborted !== true) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(done, watcher === undefined ? Math.min(timeoutMs, BLIND_MS) : timeoutMs);
          signal?.addEventListener('abort', done);
          wake = done;
          function done(): void {
            clearTimeout(timer);
            signal?.removeEventListener('abort', done);
            wake = undefined;
            resolve();
          }
        });
      }
      touched = false;
    },
    close: stop,
  };

  function stop(): void {
    watcher?.close();
    watcher = undefined;
  }
}

/** How often one looks where nothing can be watched. */
const BLIND_MS = 1_000;

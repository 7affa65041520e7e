import { watch, type FSWatcher } from 'node:fs';

/** How a folder is watched. */
export interface FolderWakeOptions {
  /** Whether the watch keeps a process running that has nothing else to do. Default true. */
  readonly persistent?: boolean;
  /** Waits no longer than this, in milliseconds, while nothing can be watched. Default: as long as it is told to. */
  readonly blindMs?: number;
}

/** Waits for something to happen to certain entries of one folder. */
export interface FolderWake {
  /**
   * Resolves when one of the entries was touched since the last call, `timeoutMs` have passed, or the signal fired.
   *
   * @returns whether it was an event, so that `false` means "look for yourself"
   */
  next(timeoutMs: number, signal?: AbortSignal): Promise<boolean>;
  close(): void;
}

/**
 * Watches a folder by the system's own notification, from this call on: whoever looks at the folder afterwards misses
 * nothing.
 *
 * Network file systems announce nothing that other machines do, a folder can be removed and made anew, and systems run
 * out of watches: so every silent period re-arms the watch, and a caller's timeout is never infinite.
 */
export function wakeOn(
  folder: string,
  concerns: (entry: string) => boolean,
  { persistent = true, blindMs = Number.POSITIVE_INFINITY }: FolderWakeOptions = {},
): FolderWake {
  let touched = false;
  let wake: (() => void) | undefined;
  let watcher: FSWatcher | undefined;
  arm();

  return {
    async next(timeoutMs, signal) {
      if (touched) {
        touched = false;
        return true;
      }
      if (signal?.aborted !== true) await touchOrTimeout(timeoutMs, signal);
      if (touched) {
        touched = false;
        return true;
      }
      arm();
      return false;
    },
    close() {
      watcher?.close();
      watcher = undefined;
    },
  };

  function arm(): void {
    watcher?.close();
    watcher = undefined;
    try {
      watcher = watch(folder, { persistent }, (_kind, entry) => {
        if (entry !== null && !concerns(entry)) return;
        touched = true;
        wake?.();
      });
      watcher.on('error', () => {
        watcher?.close();
        watcher = undefined;
      });
    } catch {
      // No such folder yet, or no watches left: the timeout alone wakes then.
    }
  }

  function touchOrTimeout(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, watcher === undefined ? Math.min(timeoutMs, blindMs) : timeoutMs);
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
}

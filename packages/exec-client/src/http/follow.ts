import { setTimeout as sleep } from 'node:timers/promises';
import type { LogEvent, LogPage } from '../contract/index.js';
import { isLogPage } from './accept.js';
import type { RetryOptions } from './retry.js';
import type { Transport } from './transport.js';

/** How a log is followed. */
export interface FollowOptions {
  /** Go on behind this; the beginning when missing. */
  readonly cursor?: string | undefined;
  /** Default `all`. */
  readonly stream?: 'all' | 'runner' | 'init' | undefined;
  /** How long the service may hold an answer, in seconds: 1 to 20. Default 20. */
  readonly waitSeconds?: number | undefined;
  /** Lines asked for at once; the service's own limit when missing. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is known when a log has been read to its end. */
export interface LogEnd {
  /** Lines that were given out. */
  readonly lines: number;
  /** Lines that should stand between those that were given out, by their numbers. */
  readonly missing: number;
  /** The service read every line that the end mark counts, and none is missing here. */
  readonly complete: boolean;
}

/**
 * Lines of a log, as they come. The next stretch is asked for when this one has been read, so that a slow reader costs
 * no memory. Dropped connections, restarts of the service and answers that broke off are got over from the cursor:
 * nothing comes twice.
 */
export interface LogFollower extends AsyncIterable<LogEvent> {
  /** The same in stretches, which is faster for who writes them on. A follower is read once, in one of the two ways. */
  pages(): AsyncIterable<readonly LogEvent[]>;
  /** Behind the last stretch that was given out. */
  readonly cursor: string | undefined;
  /** Set once everything has been read. */
  readonly end: LogEnd | undefined;
}

/** Follows a log until its end. */
export function followLog({ ask }: Transport, id: string, options: FollowOptions, retry: RetryOptions): LogFollower {
  const { stream, waitSeconds = 20, limit, signal } = options;
  let { cursor } = options;
  let end: LogEnd | undefined;

  return {
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const events of pages()) yield* events;
    },
    get cursor() {
      return cursor;
    },
    get end() {
      return end;
    },
  };

  async function* pages(): AsyncGenerator<readonly LogEvent[], void, undefined> {
    const count = createCount(stream === undefined || stream === 'all', cursor === undefined);
    for (;;) {
      const askedAt = performance.now();
      const page: LogPage = await ask({
        route: 'logs',
        id,
        query: { cursor, wait: waitSeconds, limit, stream },
        isIdempotent: true,
        waitMs: waitSeconds * 1000,
        accept: isLogPage,
        signal,
        retry,
      });
      const events = count.fresh(page.events);
      ({ cursor } = page);
      if (events.length > 0) yield events;
      if (page.done) {
        const { lines, missing } = count;
        end = { lines, missing, complete: page.complete && missing === 0 };
        return;
      }
      // A service that does not hold its answers is not asked without a pause.
      const leftMs = askedAt + holdsAtLeastMs - performance.now();
      if (events.length === 0 && leftMs > 0) await sleep(leftMs, undefined, signal && { signal });
    }
  }
}

/** An empty answer that comes sooner was not held. */
const holdsAtLeastMs = 200;

/** Lets every line through once, and counts what was left out between them. */
function createCount(
  isWhole: boolean,
  fromBeginning: boolean,
): { readonly lines: number; readonly missing: number; fresh(events: readonly LogEvent[]): readonly LogEvent[] } {
  let next: number | undefined = fromBeginning ? 0 : undefined;
  let lines = 0;
  let missing = 0;
  return {
    get lines() {
      return lines;
    },
    get missing() {
      return missing;
    },
    fresh(events) {
      const fresh = events.filter(({ seq }) => {
        if (next !== undefined && seq < next) return false;
        // Of one stream alone, numbers that are left out are the other's.
        if (isWhole && next !== undefined) missing += seq - next;
        next = seq + 1;
        return true;
      });
      lines += fresh.length;
      return fresh;
    },
  };
}

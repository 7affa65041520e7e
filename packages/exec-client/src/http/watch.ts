import { setTimeout as sleep } from 'node:timers/promises';
import { isEnd, type ExecutionRecord } from '../contract/index.js';
import { isRecord } from './accept.js';
import type { RetryOptions } from './retry.js';
import type { Transport } from './transport.js';

/** How an execution is watched. */
export interface WatchOptions {
  readonly signal?: AbortSignal | undefined;
  /** The first pause between two looks, in milliseconds; it grows by half while nothing changes. Default 100. */
  readonly firstMs?: number | undefined;
  /** The longest pause. Default 2,000. */
  readonly longestMs?: number | undefined;
}

/** An execution's record whenever it has changed, until its end. Survives a service that is away for a while. */
export async function* watchExecution(
  { ask }: Transport,
  id: string,
  { signal, firstMs = 100, longestMs = 2000 }: WatchOptions,
  retry: RetryOptions,
): AsyncGenerator<ExecutionRecord, void, undefined> {
  let version = -1;
  let pauseMs = firstMs;
  for (;;) {
    const record = await ask({ route: 'get', id, isIdempotent: true, accept: isRecord, signal, retry });
    if (record.version > version) {
      ({ version } = record);
      pauseMs = firstMs;
      yield record;
    }
    // Whatever its version: a store that lags must not keep anybody waiting for ever.
    if (isEnd(record.phase)) return;
    await sleep(pauseMs, undefined, signal && { signal });
    pauseMs = Math.min(pauseMs * 1.5, longestMs);
  }
}

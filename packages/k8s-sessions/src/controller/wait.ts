import { isOver } from '../protocol/states.js';
import type { SessionRow } from '../store/types.js';
import type { Service } from './service.js';

/** Whether a session has come to where somebody waits for it to come. */
export function isThere(row: SessionRow, until: 'ready' | 'exited'): boolean {
  return isOver(row.state) || (until === 'ready' && row.runnerEpoch !== null && row.address !== null);
}

/** Waits until a session is ready or over, at most as long as the service lets anybody wait. The row as it is then. */
export async function waitFor(
  service: Service,
  row: SessionRow,
  until: 'ready' | 'exited',
  signal: AbortSignal,
  timeoutMs: number = service.settings.maxWaitMs,
): Promise<SessionRow> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const timer = setTimeout(() => over.abort(), timeoutMs);
  let latest = row;
  try {
    while (!isThere(latest, until) && !stop.aborted) {
      // Waiting begins before looking: what changes in between ends the wait.
      const changed = service.store.changed(row.id, { timeoutMs: 5000, signal: stop });
      latest = (await service.store.session(row.id)) ?? latest;
      if (!isThere(latest, until)) await changed;
    }
    return latest;
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

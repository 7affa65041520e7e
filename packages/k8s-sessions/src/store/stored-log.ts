import type { LogInfo, LogSource } from '../log/types.js';
import { SessionsError } from '../errors.js';
import type { SessionStore } from './types.js';

/** How often is looked again although nothing was told: a told change may have been missed. */
const lookAgainMs = 20_000;

/**
 * A session's log as it was handed over so far, or all of it once the session is over. Reads need no runner.
 *
 * @throws SessionsError `HAWSER_SESSIONS_NOT_FOUND` from `info` and `grown` when there is no such session.
 */
export function storedLog(store: SessionStore, session: string): LogSource {
  async function info(): Promise<LogInfo> {
    const known = await store.logInfo(session);
    if (!known) throw new SessionsError('HAWSER_SESSIONS_NOT_FOUND', `There is no session ${session}.`);
    return known;
  }
  return {
    info,
    segments: () => store.segmentHeads(session),
    segment: (n) => store.segment(session, n),
    keyframe: (atOrBefore) => store.keyframe(session, atOrBefore),
    async grown(head, { signal }) {
      while (!signal.aborted) {
        const enough = new AbortController();
        // Waiting begins before looking: what changes in between ends the wait.
        const changed = store.changed(session, {
          timeoutMs: lookAgainMs,
          signal: AbortSignal.any([signal, enough.signal]),
        });
        try {
          const { head: now, closed } = await info();
          if (closed || now > head) return;
          await changed;
        } finally {
          enough.abort();
        }
      }
    },
  };
}

import { countEnd } from '../metrics.js';
import { sessionStates } from '../protocol/states.js';
import type { ExitRecord, SessionState } from '../protocol/types.js';
import type { SessionPatch, SessionRow } from '../store/types.js';
import type { Service } from './service.js';

/** States in which a command may still run, or come to run. */
export const liveStates: readonly SessionState[] = sessionStates.slice(0, sessionStates.indexOf('exited'));

/** States in which nothing has been claimed yet. */
export const earlyStates: readonly SessionState[] = ['requested', 'queued', 'starting'];

/**
 * Writes the end of a session: once, whoever comes first, and only over the attempt and the claim that it was decided for.
 * The row as it is then, or undefined when another end, attempt or claim came between.
 */
export async function endSession(
  service: Service,
  row: SessionRow,
  exit: ExitRecord,
  by: { readonly actor: string; readonly why: string; readonly patch?: SessionPatch },
): Promise<SessionRow | undefined> {
  const nowMs = service.nowMs();
  const ended = await service.store.updateSession(
    row.id,
    { from: liveStates, attempt: row.attempt, runnerEpoch: row.runnerEpoch },
    {
      ...by.patch,
      state: 'exited',
      reason: exit.reason,
      exit,
      detail: exit.message ?? null,
      exitedAt: row.exitedAt ?? nowMs,
      retainUntil: nowMs + service.settings.retentionMs,
      logHead: Math.max(row.logHead, exit.offset),
      viewers: 0,
      ...(row.exitOnJob && { address: null, port: null }),
    },
    {
      actor: by.actor,
      kind: 'exited',
      data: { reason: exit.reason, code: exit.code, signal: exit.signal, why: by.why },
    },
  );
  if (!ended) return undefined;
  countEnd(service.metrics, exit.reason);
  await service.store.dropPayload(row.id);
  service.touch(row.id);
  return ended;
}

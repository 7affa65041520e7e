import type { BackendPorts } from '../ports.js';

/** One thing that somebody did and that may be asked about later. */
export interface AuditEntry {
  readonly action: string;
  readonly subject: string;
  readonly who: string;
  readonly details?: Readonly<Record<string, string | number | boolean | undefined>>;
}

const keptDays = 400;

/** Writes a line into the audit log: one partition for each day, `AUDIT#YYYY-MM-DD`. */
export async function audit(
  { store, clock, ids }: Pick<BackendPorts, 'store' | 'clock' | 'ids'>,
  entry: AuditEntry,
): Promise<void> {
  const nowMs = clock.nowMs();
  const at = new Date(nowMs).toISOString();
  await store.put(
    {
      partition: `AUDIT#${at.slice(0, 10)}`,
      key: `${at}#${ids.random(6)}`,
      data: { at, ...entry },
      expiresAtMs: nowMs + keptDays * 86_400_000,
    },
    0,
  );
}

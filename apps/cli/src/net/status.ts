import type { SupervisorStatus, TunnelStatus } from '@hawser/tunnels';
import { askStatus } from '@hawser/tunnels/ask-status';

/** What `hawser net status` tells. */
export interface StatusFacts {
  /** Who keeps the tunnels; null where none are open. */
  readonly supervisor: Omit<SupervisorStatus, 'tunnels'> | null;
  readonly tunnels: readonly TunnelStatus[];
  /** Tunnels whose supervisor was found killed just now: they are closed, and what was left of them is cleared away. */
  readonly lost: readonly string[];
  /** Where a record that could not be read was put just now, and why it could not. */
  readonly setAside?: { readonly path: string; readonly reason: string };
}

/**
 * Asks the supervisor. Where one was killed, what it left is cleared away, and nothing is open. Imported by its command
 * as it is, not when it is needed: its start is a promise, and a module more would take a fifth of it.
 */
export async function readStatus(signal: AbortSignal): Promise<StatusFacts> {
  const status = await askStatus({ from: process.cwd() });
  if (status !== undefined) return statusFacts(status);
  const { connectSupervisor, reap } = await import('@hawser/tunnels/supervisor');
  const { stale, setAside } = await reap({ from: process.cwd() });
  const client = await connectSupervisor({ from: process.cwd(), signal });
  try {
    return { ...statusFacts((await client?.status()) ?? null), lost: stale, ...(setAside && { setAside }) };
  } finally {
    await client?.close();
  }
}

/** What a supervisor says, as it is told. */
export function statusFacts(status: SupervisorStatus | null): StatusFacts {
  if (!status) return { supervisor: null, tunnels: [], lost: [] };
  const { tunnels, ...supervisor } = status;
  return { supervisor, tunnels, lost: [] };
}

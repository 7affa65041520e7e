import type { Out } from '@hawser/cli-kit';
import type { SupervisorStatus, TunnelStatus } from '@hawser/tunnels';
import { connectSupervisor } from '@hawser/tunnels/supervisor';

/** What `hawser net status` tells. */
export interface StatusFacts {
  /** Who keeps the tunnels; null where none are open. */
  readonly supervisor: Omit<SupervisorStatus, 'tunnels'> | null;
  readonly tunnels: readonly TunnelStatus[];
}

/** Asks the supervisor. Where one was killed, what it left is cleared away, and nothing is open. */
export async function readStatus(signal: AbortSignal): Promise<StatusFacts> {
  await using client = await connectSupervisor({ from: process.cwd(), signal });
  return client ? statusFacts(await client.status()) : noTunnels;
}

/** What is told where nothing is open. */
export const noTunnels: StatusFacts = { supervisor: null, tunnels: [] };

/** What a supervisor says, as it is told. */
export function statusFacts({ tunnels, ...supervisor }: SupervisorStatus): StatusFacts {
  return { supervisor, tunnels };
}

/** The same for people. */
export async function statusText({ tunnels }: StatusFacts, out: Out): Promise<string> {
  if (tunnels.length === 0) return 'No tunnels are open.';
  const { statusColumns, statusNotes } = await import('../render/net/status.js');
  const style = await out.style();
  return [await out.table(tunnels, statusColumns(style)), ...statusNotes(tunnels, style)].join('\n');
}

import { join } from 'node:path';
import { TunnelsError } from '@hawser/tunnels';
import { connectSupervisor, type SupervisorClient } from '@hawser/tunnels/supervisor';

/** Talks to the supervisor of the project one stands in, having started it where there is none. `root` is our package. */
export async function reachSupervisor(root: string, signal: AbortSignal): Promise<SupervisorClient> {
  const entry = join(root, 'dist/lib/net-supervisor.js');
  const client = await connectSupervisor({ from: process.cwd(), spawn: { entry }, signal });
  if (client) return client;
  throw notRunning();
}

/**
 * Talks to the supervisor of the project one stands in, if one runs.
 *
 * @throws TunnelsError HAWSER_NET_NOT_RUNNING
 */
export async function runningSupervisor(signal: AbortSignal): Promise<SupervisorClient> {
  const client = await connectSupervisor({ from: process.cwd(), signal });
  if (client) return client;
  throw notRunning();
}

function notRunning(): TunnelsError {
  return new TunnelsError('HAWSER_NET_NOT_RUNNING', 'No tunnels are open here.');
}

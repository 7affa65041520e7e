import { livenessOf } from '@hawser/state-store/process';
import { TunnelsError } from '../errors.js';
import { endProcess, signalProcess } from './end-process.js';
import { converse } from './conversation.js';
import { clientOf } from './client.js';
import { ownedFolders } from './owner.js';
import { placesOf } from './places.js';
import { reapIn } from './reap.js';
import type { LocatedProject } from './seam.js';

/** How long a supervisor may take to close everything once signalled, in milliseconds. */
const TERM_MS = 3_000;

/**
 * Closes all tunnels of a project, whatever state their supervisor is in: it is let go on if it is
 * suspended, and asked; if it does not answer, or is of another version, it is told by SIGTERM and after three seconds
 * killed, and what it left is cleared away. Answers the process that was ended, if there was one.
 *
 * @throws TunnelsError HAWSER_NET_SUPERVISOR_FAILED when a process cannot be ended
 */
export async function stopSupervisor(options: LocatedProject): Promise<{ readonly pid?: number }> {
  const places = placesOf(options);
  let pid: number | undefined;
  for (const folder of await ownedFolders(places.runtimeDirectories)) {
    const { identity } = folder.owner;
    if ((await livenessOf(identity)).state !== 'alive') continue;
    pid = identity.pid;
    // One that is suspended could neither answer nor end well.
    await signalProcess(identity, 'SIGCONT');
    if (await asked(folder)) continue;
    if (await endProcess(identity, TERM_MS)) continue;
    throw new TunnelsError('HAWSER_NET_SUPERVISOR_FAILED', `Process ${pid} cannot be ended.`, { details: { pid } });
  }
  await reapIn(places);
  return pid === undefined ? {} : { pid };
}

/** Whether it closed everything by itself. */
async function asked(folder: Parameters<typeof converse>[0]): Promise<boolean> {
  try {
    const conversation = await converse(folder);
    if (!conversation) return false;
    await clientOf(conversation).down({ all: true });
    return (await livenessOf(folder.owner.identity)).state === 'dead';
  } catch {
    return false;
  }
}

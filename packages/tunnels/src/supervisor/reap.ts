import { rm } from 'node:fs/promises';
import { livenessOf, type ProcessIdentity } from '@hawser/state-store/process';
import type { LocatedProject, ReapReport } from './seam.js';
import { endProcess, startedBy } from './end-process.js';
import { readLedger } from './ledger.js';
import { netDocument } from './net-document.js';
import { ownedFolders, type OwnedFolder, removeUnfinished } from './owner.js';
import { type Places, placesOf } from './places.js';

/** How long a dead supervisor's children may take to end, in milliseconds. */
const GRACE_MS = 1_000;

/**
 * Clears away what supervisors of a project left that were killed: their children are ended, their sockets and folders
 * removed, and what the document says of them with it. Processes are signalled only while they provably are those that
 * were written down.
 */
export async function reap(options: LocatedProject): Promise<ReapReport> {
  return reapIn(placesOf(options));
}

export async function reapIn(places: Places): Promise<ReapReport> {
  const ended: number[] = [];
  for (const folder of await ownedFolders(places.runtimeDirectories)) {
    if ((await livenessOf(folder.owner.identity)).state === 'dead') ended.push(...(await reapFolder(folder)));
  }
  await removeUnfinished(places.runtimeDirectories);
  return { ended, ...(await clearDocument(places)) };
}

async function reapFolder({ path, owner }: OwnedFolder): Promise<readonly number[]> {
  const listed = await readLedger(path);
  const orphans = new Map<number, ProcessIdentity>();
  for (const { identity } of listed) orphans.set(identity.pid, identity);
  for (const identity of await startedBy(owner.instance)) orphans.set(identity.pid, identity);
  const results = await Promise.all(
    [...orphans.values()].map(async (identity) => {
      if ((await livenessOf(identity)).state !== 'alive') return undefined;
      return (await endProcess(identity, GRACE_MS)) ? identity.pid : undefined;
    }),
  );
  // Only now: had this process been killed meanwhile, the next would still find the ledger.
  await rm(path, { recursive: true, force: true });
  return results.filter((pid) => pid !== undefined);
}

/** Removes entries nobody stands behind; answers their names, and where a document went that could not be read. */
async function clearDocument({ store }: Places): Promise<Omit<ReapReport, 'ended'>> {
  const document = store.document(netDocument);
  const { data, recovered } = await document.read();
  const setAside = recovered && { setAside: { path: recovered.quarantined, reason: recovered.reason } };
  const isEmpty = data.supervisor === undefined && data.tunnels.length === 0;
  if (isEmpty || (data.supervisor && (await livenessOf(data.supervisor.identity)).state !== 'dead'))
    return { stale: [], ...setAside };
  const stale = data.tunnels.map((tunnel) => tunnel.name);
  const isSame = (now: typeof data): boolean => now.supervisor?.instance === data.supervisor?.instance;
  await document.update((now) => (isSame(now) ? { tunnels: [], ports: now.ports } : now));
  return { stale, ...setAside };
}

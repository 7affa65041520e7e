import { livenessOf } from '@hawser/state-store/process';
import { TunnelsError } from '../errors.js';
import { targetText } from '../target-text.js';
import { netDocument } from './net-document.js';
import type { Owner } from './owner.js';
import type { Places } from './places.js';
import type { NetDocument } from './seam.js';
import type { Tunnel } from './tunnel.js';

/** Who keeps the document while a supervisor runs. */
export interface NetRecord {
  /** Ports given before, by tunnel. */
  readonly ports: Readonly<Record<string, number>>;
  /** Says which tunnels there are now. */
  write(tunnels: readonly Tunnel[]): Promise<void>;
  /** There is no supervisor any more; what is to last are remembered ports. */
  release(): Promise<void>;
}

/** Another supervisor of this project is alive, or coming up. */
export class AlreadySupervised extends Error {
  readonly pid: number;

  constructor(pid: number) {
    super(`process ${pid} supervises this project`);
    this.pid = pid;
  }
}

/**
 * Makes this process the supervisor on record. The document is changed by one writer at a time, so of many that begin
 * together one gets it.
 *
 * @throws AlreadySupervised
 * @throws TunnelsError HAWSER_NET_SUPERVISOR_FAILED when the one on record belongs to another machine or container
 */
export async function claimRecord(places: Places, owner: Owner, socket: string): Promise<NetRecord> {
  const document = places.store.document(netDocument);
  const { instance, identity, startedAt } = owner;
  const claimed = await document.update(async (data) => {
    if (data.supervisor) await refuseWhileAlive(data.supervisor, places);
    return { supervisor: { instance, identity, socket, startedAt }, tunnels: [], ports: data.ports };
  });
  let { ports } = claimed.data;
  return {
    get ports() {
      return ports;
    },
    async write(tunnels) {
      for (const tunnel of tunnels) ports = remember(ports, tunnel);
      const entries = tunnels.map(entryOf);
      // All of it, as somebody may have removed the file.
      const supervisor = { instance, identity, socket, startedAt };
      await document.update((data) =>
        (data.supervisor ?? supervisor).instance === instance ? { supervisor, tunnels: entries, ports } : data,
      );
    },
    async release() {
      const { data } = await document.read();
      if (data.supervisor?.instance !== instance) return;
      // Nobody else claims it as long as we are on record and alive, so removing it takes nothing from anybody.
      if (Object.keys(ports).length === 0) await document.remove();
      else await document.update((now) => ({ tunnels: [], ports: now.ports }));
    },
  };
}

async function refuseWhileAlive(other: NonNullable<NetDocument['supervisor']>, { project }: Places): Promise<void> {
  const liveness = await livenessOf(other.identity);
  if (liveness.state === 'alive') throw new AlreadySupervised(other.identity.pid);
  if (liveness.state === 'dead') return;
  throw new TunnelsError(
    'HAWSER_NET_SUPERVISOR_FAILED',
    `The tunnels of ${project} are kept by process ${other.identity.pid} on ${other.identity.host}, which cannot be seen from here.`,
    {
      hint: `Close them there with hawser net down --all. If that machine or container is no more, remove ${project}/net.json.`,
      details: { host: other.identity.host, pid: other.identity.pid },
    },
  );
}

/** A port is worth remembering where it is not the one the tunnel asks for anyway. */
function remember(ports: Readonly<Record<string, number>>, { spec, local }: Tunnel): Readonly<Record<string, number>> {
  if ('path' in spec.local) return ports;
  const { [spec.name]: _before, ...others } = ports;
  return local.port === spec.local.port ? others : { ...others, [spec.name]: local.port };
}

function entryOf(tunnel: Tunnel): NetDocument['tunnels'][number] {
  const { spec, local, createdAt } = tunnel;
  return {
    name: spec.name,
    set: spec.set,
    via: spec.via.kind,
    local: { host: local.hosts[0] ?? '', port: local.port, ...(local.path === undefined ? {} : { path: local.path }) },
    to: targetText(spec.to),
    env: tunnel.env,
    createdAt,
  };
}

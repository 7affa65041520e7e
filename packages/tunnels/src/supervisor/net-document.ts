import { defineDocument, type DocumentDefinition } from '@hawser/state-store';
import { compiledSchemas } from '../config/compiled.generated.js';
import type { ViaKind } from '../spec.js';
import { netSchema } from './net-schema.js';
import type { NetDocument } from './seam.js';

/** `.hawser/net.json`: who supervises, which tunnels there are, which ports were given. Removed with the last tunnel. */
export const netDocument: DocumentDefinition<NetDocument> = defineDocument<NetDocument>({
  name: 'net',
  version: 2,
  schema: netSchema,
  validate: compiledSchemas.net,
  sensitive: true,
  keep: 1,
  default: () => ({ tunnels: [], ports: {} }),
  migrations: {
    // Without an envelope it is the document of the design this began with: the shape is version 1 already.
    1: (data) => data,
    2: fromSessions,
  },
});

interface Session {
  readonly label?: unknown;
  readonly via?: unknown;
  readonly created_at?: unknown;
  readonly metadata?: Readonly<Record<string, SessionPort | undefined>>;
}

interface SessionPort {
  readonly local_port?: unknown;
  readonly remote_host?: unknown;
  readonly remote_port?: unknown;
}

/**
 * Makes named tunnels out of `{ sessions: [{ label, via, command, pid, created_at, metadata }] }`. Nobody supervises
 * them, so they are stale at once; what lasts is the ports they had. Their process ids are not taken over: nothing
 * tells whether those are still the same processes.
 */
function fromSessions(data: unknown): NetDocument {
  const { sessions } = (data ?? {}) as { readonly sessions?: unknown };
  const tunnels = (Array.isArray(sessions) ? (sessions as readonly Session[]) : []).flatMap(tunnelsOf);
  return {
    tunnels,
    ports: Object.fromEntries(tunnels.map((tunnel) => [tunnel.name, tunnel.local.port])),
  };
}

function tunnelsOf({ label, via, created_at, metadata }: Session): NetDocument['tunnels'][number][] {
  const set = typeof label === 'string' ? label : 'default';
  return Object.entries(metadata ?? {}).flatMap(([name, value]) => {
    const { local_port: port, remote_host: host, remote_port: remotePort } = value ?? {};
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) return [];
    const kind: ViaKind = via === 'ssm' ? 'ssm' : 'ssh-bastion';
    return [
      {
        name,
        set,
        via: kind,
        local: { host: '127.0.0.1', port },
        to: `${String(host)}:${String(remotePort)}`,
        env: {},
        createdAt: typeof created_at === 'string' ? created_at : new Date(0).toISOString(),
      },
    ];
  });
}

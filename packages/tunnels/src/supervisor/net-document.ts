import { defineDocument, type DocumentDefinition, type JsonSchema } from '@hawser/state-store';
import type { ViaKind } from '../spec.js';
import type { NetDocument } from './seam.js';

const text: JsonSchema = { type: 'string' };

const schema: JsonSchema = {
  type: 'object',
  required: ['tunnels', 'ports'],
  additionalProperties: false,
  properties: {
    supervisor: {
      type: 'object',
      required: ['instance', 'identity', 'socket', 'startedAt'],
      additionalProperties: false,
      properties: {
        instance: text,
        identity: {
          type: 'object',
          required: ['pid', 'start', 'boot', 'namespace', 'host', 'machine'],
          additionalProperties: false,
          properties: {
            pid: { type: 'integer', minimum: 1 },
            start: text,
            boot: text,
            namespace: text,
            host: text,
            machine: text,
          },
        },
        socket: text,
        startedAt: text,
      },
    },
    tunnels: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'set', 'via', 'local', 'to', 'env', 'createdAt'],
        additionalProperties: false,
        properties: {
          name: text,
          set: text,
          via: { enum: ['ssh-bastion', 'ssm', 'kube', 'direct', 'chain'] },
          local: {
            type: 'object',
            required: ['host', 'port'],
            additionalProperties: false,
            properties: { host: text, port: { type: 'integer', minimum: 0, maximum: 65_535 }, path: text },
          },
          to: text,
          env: { type: 'object', additionalProperties: text },
          createdAt: text,
        },
      },
    },
    ports: { type: 'object', additionalProperties: { type: 'integer', minimum: 1, maximum: 65_535 } },
  },
};

/** `.hawser/net.json`: who supervises, which tunnels there are, which ports were given. Removed with the last tunnel. */
export const netDocument: DocumentDefinition<NetDocument> = defineDocument<NetDocument>({
  name: 'net',
  version: 2,
  schema,
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

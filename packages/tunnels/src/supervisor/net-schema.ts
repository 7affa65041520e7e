import type { JsonSchema } from '@hawser/state-store';

const text: JsonSchema = { type: 'string' };

/** What `net.json` is, for readers that trust no file. */
export const netSchema: JsonSchema = {
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
          via: { enum: ['ssh-bastion', 'ssm', 'kube', 'direct', 'plugin', 'chain'] },
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

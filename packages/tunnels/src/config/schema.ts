/** A JSON Schema of draft 2020-12, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

/** Each description says what may stand there; messages about a wrong value end with it. */
const text = (description: string, pattern = '^[^\\u0000-\\u001f\\u007f]{1,1024}$'): Schema => ({
  description,
  type: 'string',
  pattern,
});
const flag = (description: string): Schema => ({ description, type: 'boolean' });
const object = (properties: Readonly<Record<string, Schema>>, more: Schema = {}): Schema => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...more,
});
// oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
const when = (condition: Schema, then: Schema, more: Schema = {}): Schema => ({ if: condition, then, ...more });
/** A value of one of several types; what it must be is only asked of the type it has, so that complaints stay exact. */
const byType = (description: string, types: Readonly<Record<string, Schema>>): Schema => ({
  description,
  type: Object.keys(types),
  allOf: Object.entries(types).map(([type, schema]) => when({ type }, schema)),
});

// No white space, no leading dash, and none of the characters that a shell in a ProxyCommand would act upon (%h, %r).
const sshHost = text('a host or an alias of the ssh configuration', '^[A-Za-z0-9_:][A-Za-z0-9_.:-]{0,253}$');
const sshUser = text('a user name', '^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,127}$');
const jumpHost =
  '([A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}@)?([A-Za-z0-9_][A-Za-z0-9_.-]{0,253}|\\[[0-9A-Fa-f:.]{2,45}\\])(:[0-9]{1,5})?';
const port: Schema = { description: 'a port from 1 to 65535', type: 'integer', minimum: 1, maximum: 65_535 };
const duration = text('a duration such as 90s, 15m or 12h', '^([0-9]+([.][0-9]+)?(ms|s|m|h))+$');
const variables: Schema = {
  description: 'variables by name, with {addr}, {host}, {port} or {url} where the tunnel is to stand',
  type: 'object',
  maxProperties: 64,
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]{0,127}$' },
  additionalProperties: text('the text of a variable', '^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]{0,4096}$'),
};

const sshVia = object(
  {
    kind: {},
    host: sshHost,
    user: sshUser,
    port,
    jump: byType('the hosts to jump over, as USER@HOST:PORT', {
      string: { pattern: `^${jumpHost}(,${jumpHost}){0,7}$` },
      array: { items: { type: 'string', pattern: `^${jumpHost}$` }, minItems: 1, maxItems: 8 },
    }),
    options: byType('options of ssh, as a list of NAME=VALUE or as names with values', {
      array: { items: text('NAME=VALUE', '^[A-Za-z0-9]{1,64}[ =][^\\u0000-\\u001f\\u007f]{1,1024}$'), maxItems: 64 },
      object: {
        maxProperties: 64,
        propertyNames: { pattern: '^[A-Za-z0-9]{1,64}$' },
        additionalProperties: byType('the value of an option of ssh', {
          string: { pattern: '^[^\\u0000-\\u001f\\u007f]{1,1024}$' },
          number: {},
          boolean: {},
        }),
      },
    }),
    identityFile: text('the path of a private key'),
    configFile: text('the path of a configuration file of ssh'),
    acceptNewHostKey: flag('true or false'),
  },
  { required: ['host'] },
);
const ssmVia = object(
  {
    kind: {},
    target: byType('i-…, mi-…, a Name, tag:KEY=VALUE or {tag: {KEY: VALUE}}', {
      string: { pattern: '^[^\\u0000-\\u001f\\u007f-][^\\u0000-\\u001f\\u007f]{0,511}$' },
      object: {
        properties: {
          tag: {
            description: 'one tag with its value',
            type: 'object',
            minProperties: 1,
            maxProperties: 1,
            propertyNames: { pattern: '^[^=\\u0000-\\u001f\\u007f]{1,128}$' },
            additionalProperties: text('the value of a tag'),
          },
          name: text('the Name of a node'),
          id: text('the id of a node', '^(i|mi)-[0-9a-f]{8,17}$'),
        },
        additionalProperties: false,
        minProperties: 1,
        maxProperties: 1,
      },
    }),
    // It may be shown in a command to be pasted.
    profile: text('a profile of the AWS configuration', '^[A-Za-z0-9_][A-Za-z0-9_.@+=,:/-]{0,127}$'),
    region: text('an AWS region', '^[a-z]{2}(-[a-z]+)+-[0-9]$'),
    endpointUrl: text('the address AWS calls are sent to', '^https?://[^\\u0000-\\u0020]{1,1024}$'),
    lanes: { description: 'a number from 1 to 16', type: 'integer', minimum: 1, maximum: 16 },
  },
  { required: ['target'] },
);
const kubeVia = object({
  kind: {},
  context: text('a context of the kubeconfig'),
  kubeconfig: text('the path of a kubeconfig'),
  namespace: text('a namespace', '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
});
const ofKind = (...kinds: readonly string[]): Schema => ({
  required: ['kind'],
  properties: { kind: { enum: kinds } },
});
const hop: Schema = {
  description: 'a map with kind: ssh-bastion, ssm, kube or direct',
  type: 'object',
  required: ['kind'],
  properties: {
    kind: text('ssh-bastion, ssm, kube, direct, or the name of a provider of a plugin', '^[a-z][a-z0-9-]{0,63}$'),
  },
  allOf: [
    when(ofKind('ssh-bastion', 'ssh'), { $ref: '#/$defs/ssh' }),
    when(ofKind('ssm'), { $ref: '#/$defs/ssm' }),
    when(ofKind('kube'), { $ref: '#/$defs/kube' }),
    when(ofKind('direct'), object({ kind: {} })),
  ],
};
const hops: Schema = {
  description: 'two to four links, outermost first',
  items: { $ref: '#/$defs/hop' },
  minItems: 2,
  maxItems: 4,
};
const via = byType('a map with kind: ssh-bastion, ssm, kube, direct or chain, or a list of such maps', {
  string: { description: 'direct, or a map with kind', enum: ['direct'] },
  array: hops,
  object: when(ofKind('chain'), object({ kind: {}, hops: { type: 'array', ...hops } }, { required: ['hops'] }), {
    else: { $ref: '#/$defs/hop' },
  }),
});

const host = '(\\[[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?\\]|[A-Za-z0-9_][A-Za-z0-9_./=,-]{0,253})';
const target = byType('HOST:PORT, with an IPv6 address in brackets, or unix:/PATH', {
  string: { pattern: `^(${host}:[0-9]{1,5}|unix:/[^\\u0000-\\u001f\\u007f]{1,512})$` },
  object: {
    properties: {
      host: text('a host', '^[A-Za-z0-9_:][A-Za-z0-9_.:/=,%-]{0,253}$'),
      port,
      path: text('the path of a unix socket', '^/[^\\u0000-\\u001f\\u007f]{1,512}$'),
    },
    additionalProperties: false,
    oneOf: [
      { required: ['host', 'port'], not: { required: ['path'] } },
      { required: ['path'], maxProperties: 1 },
    ],
  },
});
const local = byType('a port from 0 to 65535, {host, port} or {path}', {
  integer: { minimum: 0, maximum: 65_535 },
  object: {
    properties: {
      host: text('an address of this machine', '^([0-9.]{7,15}|[0-9A-Fa-f:.]{2,45}|localhost)$'),
      port: { description: 'a port from 0 to 65535', type: 'integer', minimum: 0, maximum: 65_535 },
      path: text('the path of a unix socket', '^[^\\u0000-\\u001f\\u007f]{1,100}$'),
    },
    additionalProperties: false,
    oneOf: [
      { required: ['port'], not: { required: ['path'] } },
      { required: ['path'], maxProperties: 1 },
    ],
  },
});
const httpPath = text('a path that begins with /', '^/[!-~]{0,1024}$');
const probe = byType('tcp, prefect, marquez, postgres, or {http: /PATH}', {
  string: { enum: ['tcp', 'prefect', 'marquez', 'postgres'] },
  object: object(
    {
      http: httpPath,
      status: {
        description: 'the statuses that are well',
        type: 'array',
        items: { description: 'a status from 100 to 599', type: 'integer', minimum: 100, maximum: 599 },
        minItems: 1,
        maxItems: 32,
      },
      body: text('a text the answer must contain'),
      host: text('the Host header', '^[A-Za-z0-9][A-Za-z0-9.:-]{0,253}$'),
    },
    { required: ['http'] },
  ),
});

const shared: Readonly<Record<string, Schema>> = {
  via: { $ref: '#/$defs/via' },
  lazy: flag('true or false'),
  ttl: { $ref: '#/$defs/duration' },
  idle: { $ref: '#/$defs/duration' },
  hold: { $ref: '#/$defs/duration' },
  onPortConflict: { description: 'next, fail or reuse', enum: ['next', 'fail', 'reuse'] },
};
const tunnel = object({ to: target, local, probe, env: variables, ...shared });
const set = object({
  description: text('a sentence about the set'),
  ...shared,
  tunnels: {
    description: 'tunnels by name',
    type: 'object',
    maxProperties: 256,
    propertyNames: { pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' },
    additionalProperties: { ...tunnel, description: 'a map with to, local, probe, env, …' },
  },
});

/** The JSON Schema of `tunnels.yaml`, that of a project and that of a person alike. */
export const tunnelsSchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://hawser.dev/schemas/tunnels-1.json',
  title: 'tunnels.yaml, version 1',
  description: 'a map with sets',
  type: 'object',
  required: ['sets'],
  properties: {
    $schema: { description: 'the address of this schema, for editors', type: 'string' },
    sets: {
      description: 'sets of tunnels by name',
      type: 'object',
      maxProperties: 256,
      propertyNames: { pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' },
      additionalProperties: { ...set, description: 'a map with via and tunnels' },
    },
  },
  // For anchors that several sets share.
  patternProperties: { '^x-': true },
  additionalProperties: false,
  $defs: { hop, via, ssh: sshVia, ssm: ssmVia, kube: kubeVia, duration },
};

/** The JSON Schema of the record of files a person trusts. */
export const trustSchema: Schema = object(
  {
    files: {
      type: 'object',
      additionalProperties: object(
        { sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' }, at: { type: 'string' } },
        { required: ['sha256', 'at'] },
      ),
    },
  },
  { required: ['files'] },
);

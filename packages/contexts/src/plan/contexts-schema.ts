/** How many earlier states of a context are remembered. */
export const MAX_HISTORY = 20;

/** JSON Schema of the data of `contexts.json`. */
export const contextsSchema: Readonly<Record<string, unknown>> = makeSchema();

function makeSchema(): Readonly<Record<string, unknown>> {
  const text = { type: 'string' };
  const name = { type: 'string', pattern: '.' };
  const prefect = {
    type: 'object',
    required: ['profile', 'apiUrl'],
    properties: { profile: name, apiUrl: name, file: name, tunnel: name },
    additionalProperties: false,
  };
  const optional = ['kubeconfig', 'arn', 'region', 'server', 'namespace', 'roleArn', 'awsProfile', 'tunnel'];
  const kubernetes = {
    type: 'object',
    required: ['context', 'cluster'],
    properties: { context: name, cluster: name, ...Object.fromEntries(optional.map((key) => [key, name])) },
    additionalProperties: false,
  };
  const place = {
    type: 'object',
    required: ['file', 'format', 'path', 'hash'],
    properties: {
      file: name,
      format: { enum: ['toml', 'kubeconfig'] },
      path: {
        type: 'array',
        minItems: 1,
        items: { anyOf: [text, { type: 'object', required: ['name'], properties: { name: text } }] },
      },
      hash: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      before: text,
      made: { type: 'integer', minimum: 1 },
    },
    additionalProperties: false,
  };
  const record = {
    type: 'object',
    required: ['createdAt', 'updatedAt', 'written', 'history'],
    properties: {
      prefect,
      kubernetes,
      createdAt: text,
      updatedAt: text,
      written: { type: 'array', items: place },
      history: {
        type: 'array',
        maxItems: MAX_HISTORY,
        items: { type: 'object', required: ['until'], properties: { prefect, kubernetes, until: text } },
      },
    },
    additionalProperties: false,
  };
  return {
    type: 'object',
    required: ['contexts'],
    properties: { current: name, contexts: { type: 'object', additionalProperties: record } },
    additionalProperties: false,
  };
}

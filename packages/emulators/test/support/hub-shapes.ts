// The shapes of the Hub's answers, as JSON Schemas: from the types of the official clients (huggingface_hub 2.4.0
// `hf_api.py`, `_space_api.py`, `lfs.py`; huggingface.js 2.17.5 `types/api`) and from exchanges recorded with
// production on 2025-03-07 in huggingface_hub's test cassettes.

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const number: Schema = { type: 'integer', minimum: 0 };
const flag: Schema = { type: 'boolean' };
const date: Schema = { type: 'string', pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$` };
const sha1: Schema = { type: 'string', pattern: '^[0-9a-f]{40}$' };
const sha256: Schema = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const url: Schema = { type: 'string', pattern: '^http://127\\.0\\.0\\.1:\\d+/' };
const internal: Schema = { type: 'string', pattern: '^[0-9a-f]{24}$' };

/** An object with exactly these members; `?` at the end of a name lets it be missing. */
function object(members: Readonly<Record<string, Schema>>): Schema {
  const names = Object.keys(members);
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name.replace(/\?$/u, ''), members[name]])),
    required: names.filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  };
}

function list(items: Schema): Schema {
  return { type: 'array', items };
}

function map(values: Schema): Schema {
  return { type: 'object', additionalProperties: values };
}

function nullable(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

const lfs = object({ oid: sha256, size: number, pointerSize: number });
const lastCommit = object({ id: sha1, title: text, date });
const stage: Schema = {
  enum: [
    'NO_APP_FILE',
    'CONFIG_ERROR',
    'BUILDING',
    'BUILD_ERROR',
    'APP_STARTING',
    'RUNNING',
    'RUNNING_BUILDING',
    'RUNNING_APP_STARTING',
    'RUNTIME_ERROR',
    'PAUSED',
  ],
};
const runtime = object({
  stage,
  hardware: object({ current: nullable(text), requested: text }),
  storage: { type: 'null' },
  gcTimeout: nullable(number),
  replicas: object({ requested: number, 'current?': number }),
  devMode: flag,
  domains: list(object({ domain: text, stage: { const: 'READY' } })),
  sdk: text,
  'errorMessage?': text,
  'volumes?': list({ type: 'object' }),
});
const discussion = {
  num: number,
  title: text,
  author: object({ name: text, type: text }),
  createdAt: date,
  status: { enum: ['open', 'draft', 'closed', 'merged'] },
  isPullRequest: flag,
  repo: object({ name: text, type: { const: 'space' } }),
  numComments: number,
  pinned: flag,
};
const ref = object({ name: text, ref: text, targetCommit: sha1 });
const messages = list(object({ message: text }));

/** Shapes by what they are of. */
export const shapes = {
  error: { type: 'object', properties: { error: text }, required: ['error'] },
  whoami: object({
    type: { const: 'user' },
    id: internal,
    name: text,
    fullname: text,
    email: text,
    emailVerified: flag,
    canPay: flag,
    billingMode: text,
    periodEnd: { type: 'null' },
    isPro: flag,
    avatarUrl: url,
    orgs: list(
      object({
        type: { const: 'org' },
        id: internal,
        name: text,
        fullname: text,
        email: { type: 'null' },
        canPay: flag,
        periodEnd: { type: 'null' },
        avatarUrl: url,
        roleInOrg: { enum: ['read', 'contributor', 'write', 'admin'] },
        isEnterprise: flag,
      }),
    ),
    auth: object({
      type: text,
      accessToken: object({ displayName: text, role: { enum: ['read', 'write', 'fineGrained'] }, createdAt: date }),
    }),
  }),
  created: object({ url, name: text, id: internal }),
  duplicated: object({ url, name: text }),
  info: object({
    _id: internal,
    id: text,
    author: text,
    sha: sha1,
    lastModified: date,
    createdAt: date,
    private: flag,
    gated: { enum: [false, 'auto', 'manual'] },
    disabled: flag,
    sdk: text,
    subdomain: { type: 'string', pattern: '^[a-z0-9-]+$' },
    host: { type: 'string', pattern: '^https://[a-z0-9-]+\\.hf\\.space$' },
    likes: number,
    tags: list(text),
    cardData: { type: 'object' },
    siblings: list(object({ rfilename: text })),
    runtime,
    models: list(text),
    datasets: list(text),
  }),
  expanded: object({ _id: internal, id: text, sdk: text, likes: number }),
  settings: object({ visibility: text, private: flag, gated: { enum: [false, 'auto', 'manual'] } }),
  tree: list({
    anyOf: [
      object({ type: { const: 'directory' }, oid: sha1, size: { const: 0 }, path: text, 'lastCommit?': lastCommit }),
      object({ type: { const: 'file' }, oid: sha1, size: number, path: text, 'lfs?': lfs, 'lastCommit?': lastCommit }),
    ],
  }),
  validated: object({ errors: messages, warnings: messages }),
  preupload: object({
    files: list(
      object({
        path: text,
        uploadMode: { enum: ['regular', 'lfs'] },
        shouldIgnore: flag,
        'oid?': { anyOf: [sha1, sha256] },
      }),
    ),
    commitOid: sha1,
  }),
  batch: object({
    transfer: { enum: ['basic', 'multipart'] },
    objects: list(
      object({
        oid: sha256,
        size: number,
        authenticated: flag,
        'actions?': object({
          'upload?': object({ href: url, 'header?': map(text) }),
          'verify?': object({ href: url, header: map(text) }),
          'download?': object({ href: url }),
        }),
      }),
    ),
  }),
  commit: object({
    success: { const: true },
    commitOid: sha1,
    commitUrl: url,
    hookOutput: text,
    'pullRequestUrl?': url,
  }),
  opened: object({ num: number, url, pullRequest: flag }),
  discussions: object({ discussions: list(object(discussion)), count: number, start: number }),
  discussion: object({
    ...discussion,
    events: list({ type: 'object', required: ['id', 'type', 'createdAt', 'author', 'data'] }),
    'changes?': object({ base: text }),
    'filesWithConflicts?': list(text),
    'diff?': text,
  }),
  merged: object({ ...discussion, mergeCommitId: sha1 }),
  commits: list(
    object({
      id: sha1,
      title: text,
      message: text,
      authors: list(object({ user: text, avatar: url })),
      date,
      'formatted?': object({ title: text, message: text }),
    }),
  ),
  refs: object({ branches: list(ref), converts: list(ref), tags: list(ref), 'pullRequests?': list(ref) }),
  done: object({ success: { const: true } }),
  empty: object({}),
  variables: map(object({ value: text, 'description?': text, updatedAt: date })),
  secrets: map(object({ 'description?': text, updatedAt: date })),
  runtime,
  hardware: list(
    object({
      name: text,
      prettyName: text,
      cpu: text,
      ram: text,
      ephemeralStorage: text,
      accelerator: nullable(object({ type: text, model: text, quantity: text, vram: text, manufacturer: text })),
      unitCostMicroUSD: number,
      unitCostUSD: { type: 'number' },
      unitLabel: text,
    }),
  ),
  device: object({
    device_code: text,
    user_code: { type: 'string', pattern: '^[A-Z]{4}-[A-Z]{4}$' },
    verification_uri: url,
    verification_uri_complete: url,
    interval: number,
    expires_in: number,
  }),
  grant: object({
    access_token: { type: 'string', pattern: '^hf_' },
    token_type: { const: 'bearer' },
    expires_in: number,
    'refresh_token?': text,
    'scope?': text,
    'issued_token_type?': text,
  }),
  oauthError: object({ error: text, error_description: text }),
} as const satisfies Readonly<Record<string, Schema>>;

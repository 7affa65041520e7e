import { createHash } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, expect, test } from '@jest/globals';
import { shapes } from '../support/hub-shapes.js';
import { file, header, lfsType, readme, useHub, type HubAnswer, type HubAsk } from '../support/hub.js';

const bench = useHub({ device: { intervalSeconds: 0 } });
const ajv = new Ajv2020({ allErrors: true });
const space = 'hawser/shaped';
const at = `/api/spaces/${space}`;
const content = Buffer.alloc(100, 1);
const oid = createHash('sha256').update(content).digest('hex');
const lines = (...all: readonly unknown[]): string => all.map((line) => JSON.stringify(line)).join('\n');

beforeAll(async () => {
  await bench.ask('POST', '/api/repos/create', { body: { type: 'space', sdk: 'docker', name: 'shaped' } });
  await bench.store(space, content);
  await bench.commit(space, [
    file('README.md', readme),
    file('Dockerfile', 'FROM scratch\n'),
    file('src/app.py', 'x\n'),
    { key: 'lfsFile', value: { path: 'data.bin', algo: 'sha256', oid, size: 100 } },
  ]);
});

type Step = readonly [shape: keyof typeof shapes, method: string, path: string, options?: HubAsk];
const batch = (fields: Readonly<Record<string, unknown>>): HubAsk => ({
  headers: { 'content-type': lfsType },
  body: { operation: 'upload', transfers: ['basic'], objects: [{ oid: 'e'.repeat(64), size: 5 }], ...fields },
});

/** In this order: some need what others made. */
const steps: readonly Step[] = [
  ['whoami', 'GET', '/api/whoami-v2'],
  [
    'created',
    'POST',
    '/api/repos/create',
    {
      body: {
        type: 'space',
        sdk: 'docker',
        name: 'made',
        visibility: 'private',
        hardware: 't4-small',
        sleepTimeSeconds: 300,
        secrets: [{ key: 'S', value: 's' }],
        variables: [{ key: 'V', value: 'v', description: 'd' }],
        volumes: [],
        files: [{ path: 'a', content: 'YQ==', encoding: 'base64' }],
      },
    },
  ],
  ['info', 'GET', at],
  ['info', 'GET', `${at}/revision/main`],
  ['expanded', 'GET', `${at}?expand=sdk&expand[]=likes`],
  ['runtime', 'GET', `${at}/runtime`],
  ['tree', 'GET', `${at}/tree/main?recursive=true&expand=true`],
  ['tree', 'GET', `${at}/tree/main/src`],
  ['tree', 'POST', `${at}/paths-info/main`, { body: { paths: ['data.bin', 'src', 'gone'], expand: true } }],
  [
    'tree',
    'POST',
    `${at}/paths-info/main`,
    { body: 'paths=data.bin&paths=src&expand=True', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  ],
  ['validated', 'POST', '/api/validate-yaml', { body: { content: readme, repoType: 'space' } }],
  [
    'preupload',
    'POST',
    `${at}/preupload/main`,
    {
      body: {
        files: [
          { path: 'data.bin', size: 100, sample: 'AQEB' },
          { path: 'new.py', size: 1, sample: 'YQ==' },
        ],
      },
    },
  ],
  ['batch', 'POST', `/spaces/${space}.git/info/lfs/objects/batch`, batch({})],
  [
    'batch',
    'POST',
    `/spaces/${space}.git/info/lfs/objects/batch`,
    batch({ operation: 'download', objects: [{ oid, size: 100 }] }),
  ],
  ['empty', 'POST', `/spaces/${space}.git/info/lfs/objects/verify`, { body: { oid, size: 100 } }],
  ['commit', 'POST', `${at}/commit/main`, { body: lines(header, file('a', 'a')) }],
  ['commit', 'POST', `${at}/commit/main?create_pr=1`, { body: lines(header, file('b', 'b')) }],
  ['opened', 'POST', `${at}/discussions`, { body: { title: 'A question', description: 'Why?' } }],
  ['discussions', 'GET', `${at}/discussions?p=0`],
  ['discussion', 'GET', `${at}/discussions/1?diff=1`],
  ['discussion', 'GET', `${at}/discussions/2`],
  ['merged', 'POST', `${at}/discussions/1/merge`],
  ['commits', 'GET', `${at}/commits/main?expand[]=formatted`],
  ['refs', 'GET', `${at}/refs?include_prs=1`],
  ['done', 'POST', `${at}/branch/dev`, { body: { startingPoint: 'main' } }],
  ['done', 'POST', `${at}/branch/bare`, { body: { emptyBranch: true } }],
  ['done', 'DELETE', `${at}/branch/bare`],
  ['empty', 'POST', `${at}/super-squash/dev`, { body: { message: 'One' } }],
  ['variables', 'POST', `${at}/variables`, { body: { key: 'A', value: '1', description: 'one' } }],
  ['variables', 'GET', `${at}/variables`],
  ['variables', 'DELETE', `${at}/variables`, { body: { key: 'gone' } }],
  ['empty', 'POST', `${at}/secrets`, { body: { key: 'B', value: '2' } }],
  ['secrets', 'GET', `${at}/secrets`],
  ['empty', 'DELETE', `${at}/secrets`, { body: { key: 'B' } }],
  ['hardware', 'GET', '/api/spaces/hardware'],
  ['runtime', 'POST', `${at}/hardware`, { body: { flavor: 't4-small', sleepTimeSeconds: 300 } }],
  ['runtime', 'POST', `${at}/sleeptime`, { body: { seconds: -1 } }],
  ['runtime', 'POST', `${at}/dev-mode`, { body: { enabled: true } }],
  ['runtime', 'POST', `${at}/volumes`, { body: { volumes: [{ type: 'bucket', source: 'a/b', mountPath: '/data' }] } }],
  ['runtime', 'POST', `${at}/pause`],
  ['runtime', 'POST', `${at}/restart?factory=true`],
  ['settings', 'PUT', `${at}/settings`, { body: { visibility: 'private', gated: 'auto' } }],
  ['duplicated', 'POST', `${at}/duplicate`, { body: { repository: 'my-org/copy' } }],
  ['device', 'POST', '/oauth/device', { body: 'client_id=me', token: null }],
  ['oauthError', 'POST', '/oauth/token', { body: 'grant_type=password', token: null }],
  ['error', 'GET', '/api/spaces/no/where'],
];

test.each(steps.map((step, index) => [...step, index] as const))('%s: %s %s', async (shape, method, path, options) => {
  const { status, json, headers }: HubAnswer = await bench.ask(
    method,
    path,
    typeof options === 'object' ? options : {},
  );
  expect([shape, status >= 400]).toEqual([shape, shape === 'error' || shape === 'oauthError']);
  const validate = ajv.compile(shapes[shape]);
  validate(json);
  expect(validate.errors).toBeNull();
  expect(headers.get('x-request-id')).toMatch(/^Root=/u);
});

test('grant: a device that was let in, and a job that was trusted', async () => {
  const form = async (fields: Readonly<Record<string, string>>): Promise<HubAnswer> =>
    await bench.ask('POST', '/oauth/token', { body: new URLSearchParams(fields).toString(), token: null });
  const { json } = await bench.ask('POST', '/oauth/device', { body: 'client_id=me', token: null });
  bench.hub.approve(String(json['user_code']));
  const device = await form({
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: String(json['device_code']),
    client_id: 'me',
  });
  const claims = Buffer.from(JSON.stringify({ aud: bench.hub.endpoint })).toString('base64url');
  const job = await form({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    subject_token: `e30.${claims}.`,
    resource: `spaces/${space}`,
  });
  const validate = ajv.compile(shapes.grant);
  for (const granted of [device, job]) {
    validate(granted.json);
    expect([granted.status, validate.errors]).toEqual([200, null]);
  }
});

test('a request id of the client’s own comes back behind ours', async () => {
  const { headers } = await bench.ask('GET', '/api/whoami-v2', { headers: { 'x-request-id': 'mine' } });
  expect(headers.get('x-request-id')).toMatch(/^Root=[0-9a-f-]{36};mine$/u);
});

test('deleting says OK, and it is gone', async () => {
  const gone = await bench.ask('DELETE', '/api/repos/delete', {
    body: { name: 'made', organization: null, type: 'space' },
  });
  expect([gone.status, gone.text]).toEqual([200, 'OK']);
  expect(bench.hub.head('hawser/made')).toBeUndefined();
});

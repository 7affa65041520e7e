import { mkdtemp, readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { awsDocument, awsRecord, type AwsCheckResult } from '@hawser/contexts';
import { openStore } from '@hawser/state-store';
import { recordedCluster } from '../../src/aws/recorded-cluster.js';

const golden = join(import.meta.dirname, '../fixtures/aws/aws.json');
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hawser-aws-'));
  await mkdir(join(folder, '.hawser'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const document = () =>
  openStore({ from: folder, env: {}, writer: { tool: '@hawser/cli', version: '0.0.0' } }).document(awsDocument);

const result: AwsCheckResult = {
  ok: false,
  profile: 'staging',
  region: { region: 'eu-west-1', source: 'profile' },
  identity: {
    account: '123456789012',
    arn: 'arn:aws:sts::123456789012:assumed-role/Ops/me',
    userId: 'AROAEXAMPLE:me',
    source: 'sso',
    expiresAt: '2026-05-06T08:00:00.000Z',
  },
  cluster: recordedCluster({
    name: 'staging',
    arn: 'arn:aws:eks:eu-west-1:123456789012:cluster/staging',
    version: '1.34',
    platformVersion: 'eks.7',
    status: 'ACTIVE',
    endpoint: 'https://ABC.gr7.eu-west-1.eks.amazonaws.com',
    certificateAuthority: Buffer.from('-----BEGIN CERTIFICATE-----').toString('base64'),
    vpcId: 'vpc-1',
    endpointPublicAccess: false,
    endpointPrivateAccess: true,
    publicAccessCidrs: [],
    authenticationMode: 'API',
    oidcIssuer: 'https://oidc.eks.eu-west-1.amazonaws.com/id/ABC',
    healthIssues: [{ code: 'Ec2SubnetNotFound', message: 'gone' }],
    upgradePolicy: 'STANDARD',
    deletionProtection: true,
    outpostId: undefined,
  }),
  verdicts: [
    { id: 'region', title: 'Region', state: 'pass', found: 'eu-west-1, from the profile', facts: {} },
    { id: 'endpoint-tcp', title: 'Endpoint: port', state: 'fail', found: 'no', next: 'n', facts: { port: 443 } },
  ],
};

test('aws.json is what the golden file says, with the CA as a digest', async () => {
  await document().update(() => awsRecord(result, new Date('2026-05-06T07:08:09Z')));
  const written = (await readFile(join(folder, '.hawser/aws.json'), 'utf8')).replace(
    /"writtenAt": "[^"]*"/,
    '"writtenAt": "…"',
  );
  expect(written).toBe(await readFile(golden, 'utf8'));
  expect(written).not.toContain('CERTIFICATE');
});

test('a file of upstream is taken over without the reply of DescribeCluster', async () => {
  const cluster = { cluster: { name: 'c', certificateAuthority: { data: 'x' } } };
  const identity = { account: '1', arn: 'arn:aws:iam::1:user/u', user_id: 'U', source: 'boto3' };
  await writeFile(
    join(folder, '.hawser/aws.json'),
    JSON.stringify({ profile: null, region: 'eu-west-1', identity, cluster }),
  );
  expect((await document().read()).data).toEqual({
    region: 'eu-west-1',
    identity: { account: '1', arn: 'arn:aws:iam::1:user/u', userId: 'U', source: 'boto3' },
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eksToken } from '@hawser/contexts';
import { describeReal } from '../../../../test/support/counterparts.js';
import { execCredential } from '../../src/eks/exec-credential.js';
import { stsHost } from '../../src/eks/sts-host.js';

const script = fileURLToPath(new URL('../support/frozen-aws-cli.py', import.meta.url));
const plain = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const session = { ...plain, sessionToken: 'IQoJb3JpZ2luX2VjE//+=%20 a/b+c=='.repeat(12) };
const NOW_MS = Date.UTC(2026, 1, 3, 4, 5, 6);

interface Case {
  readonly region: string;
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  readonly cluster: string;
  readonly fips?: boolean;
  readonly dualStack?: boolean;
  readonly execInfo?: string;
  readonly nowMs?: number;
}

const regions = [
  'us-east-1',
  'eu-west-1',
  'ap-southeast-3',
  'il-central-1',
  'us-gov-west-1',
  'cn-north-1',
  'us-iso-east-1',
  'us-isob-east-1',
  'eu-isoe-west-1',
  'us-isof-south-1',
  'eusc-de-east-1',
];
const variants = [false, true].flatMap((fips) => [false, true].map((dualStack) => ({ fips, dualStack })));
const hosts = regions.flatMap((region) => variants.map((variant) => ({ region, ...variant })));
const cases: readonly Case[] = [
  ...regions.map((region) => ({ region, credentials: plain, cluster: 'staging' })),
  { region: 'eu-west-1', credentials: plain, cluster: 'staging', fips: true },
  { region: 'eu-west-1', credentials: plain, cluster: 'staging', dualStack: true },
  { region: 'us-east-2', credentials: plain, cluster: 'staging', fips: true, dualStack: true },
  { region: 'us-gov-west-1', credentials: plain, cluster: 'staging', fips: true },
  { region: 'eu-west-1', credentials: session, cluster: 'Prod_1-x' },
  { region: 'cn-northwest-1', credentials: session, cluster: '0'.repeat(100) },
  { region: 'eu-west-1', credentials: plain, cluster: 'x', nowMs: Date.UTC(2027, 11, 31, 23, 59, 59) },
  ...['v1', 'v1beta1'].map((version) => ({
    region: 'eu-west-1',
    credentials: plain,
    cluster: 'x',
    execInfo: `{"apiVersion":"client.authentication.k8s.io/${version}","kind":"ExecCredential","spec":{}}`,
  })),
];

describeReal('aws-cli-v1', (path) => {
  const home = mkdtempSync(join(tmpdir(), 'hawser-token-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  let replies: readonly { readonly code: number; readonly reply: unknown }[] = [];
  let endpoints: readonly string[] = [];

  beforeAll(() => {
    const lines = cases.map(({ region, credentials, cluster, fips, dualStack, execInfo, nowMs = NOW_MS }) => ({
      now: nowMs / 1000,
      args: ['--region', region, '--cluster-name', cluster],
      env: {
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
        ...(fips ? { AWS_USE_FIPS_ENDPOINT: 'true' } : {}),
        ...(dualStack ? { AWS_USE_DUALSTACK_ENDPOINT: 'true' } : {}),
        ...(execInfo === undefined ? {} : { KUBERNETES_EXEC_INFO: execInfo }),
      },
    }));
    const asked = hosts.map(({ region, fips, dualStack }) => ({
      Region: region,
      UseFIPS: fips,
      UseDualStack: dualStack,
    }));
    const { status, stdout, stderr } = spawnSync(join(dirname(path('aws-cli-v1')), 'python'), [script], {
      input: [...lines, { endpoints: asked }].map((line) => JSON.stringify(line)).join('\n'),
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: home, AWS_EC2_METADATA_DISABLED: 'true' },
    });
    if (status !== 0) throw new Error(stderr);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    endpoints = answers.pop() as typeof endpoints;
    replies = answers as typeof replies;
  });

  test('the host of STS is what the rules of the AWS CLI say, in every partition and variant', () => {
    expect(hosts.map(({ region, ...variant }) => `https://${stsHost(region, variant)}`)).toEqual(endpoints);
  });

  describe('tokens are', () => {
    const titled = cases.map((one, index) => [`${one.region}, case ${index}`, index, one] as const);
    test.each(titled)('the bytes of aws eks get-token at the same moment: %s', async (_, index, one) => {
      const { region, credentials, cluster, fips = false, dualStack = false, execInfo, nowMs = NOW_MS } = one;
      const host = stsHost(region, { fips, dualStack });
      const token = await eksToken({ cluster, region, credentials, nowMs, stsHost: host });
      expect(replies[index]?.code).toBe(0);
      expect(JSON.parse(execCredential(token, execInfo))).toEqual(replies[index]?.reply);
    });
  });
});

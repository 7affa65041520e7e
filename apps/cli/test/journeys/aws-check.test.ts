import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type KubeEmulator, startKubeEmulator } from '@hawser/emulators/kube';
import { clusterAnswer, iamAnswers } from '../../../../packages/contexts/test/support/checked.js';
import { verifyEksToken } from '../../../../packages/contexts/test/support/eks-verifier.js';
import {
  type AskedOfAws,
  type AwsAnswer,
  type AwsStandIn,
  callerIdentityAnswer,
  startAwsStandIn,
} from '../../../../packages/contexts/test/support/sts-stand-in.js';
import { useHawser } from '../support/hawser.js';
import { eksTokenCommand } from '../../src/aws/eks-token-command.js';

const SECRET = 'planted-SECRET-key-0123456789abcdef';
const ARN = 'arn:aws:iam::123456789012:user/me';
const hawser = useHawser();
let aws: AwsStandIn;
let cluster: KubeEmulator;
let env: Record<string, string>;
let said: (asked: AskedOfAws) => AwsAnswer | undefined;

beforeAll(async () => {
  cluster = await startKubeEmulator({
    authenticate: (token) => {
      const hosts = ['sts.eu-west-1.amazonaws.com'];
      const keys = { AKIDPERSON: { secretAccessKey: SECRET } };
      const verified = verifyEksToken(token, { cluster: 'staging', hosts, keys, nowMs: Date.now() });
      return 'accessKeyId' in verified ? { user: 'ops', groups: [] } : undefined;
    },
  });
  const iam = iamAnswers({ providers: {} });
  aws = await startAwsStandIn((asked) => {
    if (asked.action === 'GetCallerIdentity') return said(asked) ?? callerIdentityAnswer(ARN);
    const issuer = 'http://127.0.0.1:1/id';
    if (asked.action === '/clusters/staging') {
      return said(asked) ?? clusterAnswer({ endpoint: cluster.url, caPem: cluster.caPem, issuer });
    }
    if (asked.action === '/') return { body: '{"InstanceInformationList":[]}' };
    return said(asked) ?? iam(asked);
  });
  env = {
    AWS_ACCESS_KEY_ID: 'AKIDPERSON',
    AWS_SECRET_ACCESS_KEY: SECRET,
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: aws.url,
  };
  await mkdir(join(hawser.home, '.kube'));
  await writeFile(join(hawser.home, '.kube/config'), kubeconfig());
});
afterAll(async () => {
  await Promise.all([aws.close(), cluster.close()]);
});
beforeEach(async () => {
  said = () => undefined;
  await rm(join(hawser.home, '.hawser'), { recursive: true, force: true });
});

const kubeconfig = (): string => {
  const { command, args } = eksTokenCommand(join(import.meta.dirname, '../..'));
  return cluster.kubeconfig({
    exec: { command, args: [...args, '--cluster-name', 'staging', '--region', 'eu-west-1'] },
  });
};
const check = async (args: readonly string[] = [], more: Record<string, string> = {}) => {
  const end = await hawser.run(['aws', 'check', ...args], { env: { ...env, ...more } });
  const file = join(hawser.home, '.hawser/aws.json');
  const written = existsSync(file) ? await readFile(file, 'utf8') : '';
  for (const text of [end.stdout, end.stderr, written]) expect(text).not.toMatch(/planted-SECRET|k8s-aws-v1\./);
  return { ...end, written };
};

describe('hawser aws check', () => {
  test('shows a table, writes down what was found, and ends with 0', async () => {
    const { stdout, exitCode, written } = await check(['--eks-cluster', 'staging']);
    expect(stdout).toContain('✓ Identity               arn:aws:iam::123456789012:user/me\n');
    expect(stdout).toMatch(/✓ Endpoint: \/readyz {6}ok/);
    expect(stdout).toMatch(/✓ kubeconfig {13}emulated, the current context/);
    expect(exitCode).toBe(0);
    expect((await stat(join(hawser.home, '.hawser/aws.json'))).mode & 0o777).toBe(0o600);
    expect(JSON.parse(written)).toMatchObject({
      kind: 'aws',
      version: 1,
      data: { ok: true, identity: { source: 'env', arn: ARN }, cluster: { name: 'staging', status: 'ACTIVE' } },
    });
    expect(written).not.toContain('certificateAuthority');
  });

  test('ends with 1 when a check fails, and names the statement to ask for', async () => {
    said = ({ action }) =>
      action.startsWith('/clusters') ? { status: 403, error: 'AccessDeniedException' } : undefined;
    const { stdout, exitCode } = await check(['--eks-cluster', 'staging']);
    expect(stdout).toContain(
      '→ Ask for this statement: {"Effect":"Allow","Action":"eks:DescribeCluster",' +
        '"Resource":"arn:aws:eks:eu-west-1:123456789012:cluster/staging"}',
    );
    expect(exitCode).toBe(1);
  });

  test('says all of it in JSON', async () => {
    const { json, exitCode } = await check(['--eks-cluster', 'staging', '--verify-oidc', '--json']);
    const { ok, data } = json as { ok: boolean; data: { ok: boolean; verdicts: { id: string; state: string }[] } };
    expect({ ok, passed: data.ok, exitCode }).toEqual({ ok: true, passed: false, exitCode: 1 });
    expect(data.verdicts.filter(({ state }) => state === 'fail').map(({ id }) => id)).toEqual([
      'oidc-provider',
      'oidc-discovery',
    ]);
  });

  test('takes --profile, --region, --endpoint-url, --kubeconfig, --kube-context and --timeout', async () => {
    await mkdir(join(hawser.home, '.aws'), { recursive: true });
    await writeFile(
      join(hawser.home, '.aws/credentials'),
      `[ops]\naws_access_key_id = AKIDPERSON\naws_secret_access_key = ${SECRET}\n`,
    );
    await writeFile(join(hawser.home, 'other'), kubeconfig());
    const flags = ['--profile', 'ops', '--region', 'eu-west-1', '--endpoint-url', aws.url, '--timeout', '30s'];
    const kube = ['--eks-cluster', 'staging', '--kubeconfig', join(hawser.home, 'other'), '--kube-context', 'emulated'];
    const nothing = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_REGION: '', AWS_ENDPOINT_URL: '' };
    const { stdout, exitCode } = await check([...flags, ...kube], nothing);
    expect(stdout).toContain('keys of the profile, profile ops, without an end');
    expect(exitCode).toBe(0);
  });

  test.each([
    [['--eks-cluster', 'no/name'], {}, "'no/name' cannot be the name of an EKS cluster"],
    [['--kube-context', 'x'], {}, 'There is no cluster to compare the context x with'],
    [['--verify-oidc'], {}, 'There is no cluster, and no token here, whose OIDC could be verified'],
    [['--eks-cluster', 'staging'], { AWS_REGION: '' }, 'No AWS region is set for the cluster staging'],
  ])('%j is bad input, and ends with 2', async (args, more, message) => {
    const { stderr, exitCode, written } = await check(args, more);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
    expect(written).toBe('');
  });
});

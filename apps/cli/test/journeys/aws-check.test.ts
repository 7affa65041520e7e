import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AwsWorld, callerArn, openAwsWorld } from '../support/aws.js';
import { useHawser } from '../support/hawser.js';
import { expectSchema } from '../support/schema.js';

const secret = 'planted-SECRET-key-0123456789abcdef';
const hawser = useHawser();
let world: AwsWorld;

beforeAll(async () => {
  world = await openAwsWorld({ secret });
  await mkdir(join(hawser.home, '.kube'));
  await writeFile(join(hawser.home, '.kube/config'), world.kubeconfig);
});
afterAll(() => world.close());
beforeEach(async () => {
  world.says = () => undefined;
  await rm(join(hawser.home, '.hawser'), { recursive: true, force: true });
});

const check = async (args: readonly string[] = [], more: Record<string, string> = {}) => {
  const end = await hawser.run(['aws', 'check', ...args], { env: { ...world.env, ...more } });
  const file = join(hawser.home, '.hawser/aws.json');
  const written = existsSync(file) ? await readFile(file, 'utf8') : '';
  for (const text of [end.stdout, end.stderr, written]) expect(text).not.toMatch(/planted-SECRET|k8s-aws-v1\./);
  return { ...end, written };
};

describe('hawser aws check', () => {
  test('shows a table, writes down what was found, and ends with 0', async () => {
    const { stdout, exitCode, written } = await check(['--eks-cluster', 'staging']);
    expect(stdout).toContain(`✓ Identity               ${callerArn}\n`);
    expect(stdout).toMatch(/✓ Endpoint: \/readyz {6}ok/);
    expect(stdout).toMatch(/✓ kubeconfig {13}emulated, the current context/);
    expect(exitCode).toBe(0);
    expect((await stat(join(hawser.home, '.hawser/aws.json'))).mode & 0o777).toBe(0o600);
    expect(JSON.parse(written)).toMatchObject({
      kind: 'aws',
      version: 1,
      data: { ok: true, identity: { source: 'env', arn: callerArn }, cluster: { name: 'staging', status: 'ACTIVE' } },
    });
    expect(written).not.toContain('certificateAuthority');
  });

  test('ends with 1 when a check fails, and names the statement to ask for', async () => {
    world.says = ({ action }) =>
      action.startsWith('/clusters') ? { status: 403, error: 'AccessDeniedException' } : undefined;
    const { stdout, exitCode } = await check(['--eks-cluster', 'staging']);
    expect(stdout).toContain(
      '→ Ask for this statement: {"Effect":"Allow","Action":"eks:DescribeCluster",' +
        '"Resource":"arn:aws:eks:eu-west-1:123456789012:cluster/staging"}',
    );
    expect(exitCode).toBe(1);
  });

  test('says all of it in JSON', async () => {
    world.says = ({ action }) =>
      action === 'ListOpenIDConnectProviders' ? { status: 403, error: 'AccessDenied' } : undefined;
    const { json, exitCode } = await check(['--eks-cluster', 'staging', '--verify-oidc', '--json']);
    const { ok, data } = json as { ok: boolean; data: { ok: boolean; verdicts: { id: string; state: string }[] } };
    expectSchema('aws-check', data);
    expect({ ok, passed: data.ok, exitCode }).toEqual({ ok: true, passed: false, exitCode: 1 });
    expect(data.verdicts.filter(({ state }) => state === 'fail').map(({ id }) => id)).toEqual(['oidc-provider']);
  });

  test('takes --profile, --region, --endpoint-url, --kubeconfig, --kube-context and --timeout', async () => {
    await mkdir(join(hawser.home, '.aws'), { recursive: true });
    await writeFile(
      join(hawser.home, '.aws/credentials'),
      `[ops]\naws_access_key_id = AKIDPERSON\naws_secret_access_key = ${secret}\n`,
    );
    await writeFile(join(hawser.home, 'other'), world.kubeconfig);
    const flags = ['--profile', 'ops', '--region', 'eu-west-1', '--endpoint-url', world.url, '--timeout', '30s'];
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

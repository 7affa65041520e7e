import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { awsCheck } from '@hawser/contexts';
import { type KubeEmulator, startKubeEmulator } from '@hawser/emulators/kube';
import { clusterAnswer, type ClusterAnswer } from '../../../../test/support/aws-answers.js';
import { checked } from '../support/checked.js';
import { verifyEksToken } from '../../../../test/support/eks-verifier.js';
import {
  type AskedOfAws,
  type AwsAnswer,
  type AwsStandIn,
  callerIdentityAnswer,
  startAwsStandIn,
} from '../../../../test/support/aws-stand-in.js';
import { freePort } from '../../../../test/support/free-port.js';

const SECRET = 'planted-SECRET-key-0123456789abcdef';
const ARN = 'arn:aws:sts::123456789012:assumed-role/Ops/me';
const env = { AWS_ACCESS_KEY_ID: 'AKIDPERSON', AWS_SECRET_ACCESS_KEY: SECRET };

let cluster: KubeEmulator;
let aws: AwsStandIn;
let answers: (asked: AskedOfAws) => AwsAnswer | undefined;
let mayList: boolean;
let isKnown: boolean;

beforeAll(async () => {
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  aws = await startAwsStandIn((asked) => answers(asked));
  cluster = await startKubeEmulator({
    authenticate: (token) => {
      const verified = verifyEksToken(token, {
        cluster: 'staging',
        hosts: ['sts.eu-west-1.amazonaws.com'],
        keys: { AKIDPERSON: { secretAccessKey: SECRET } },
        nowMs: Date.now(),
      });
      return isKnown && 'accessKeyId' in verified ? { user: 'ops', groups: ['viewers'] } : undefined;
    },
    authorize: () => mayList,
  });
});
afterAll(async () => {
  await Promise.all([aws.close(), cluster.close()]);
});
beforeEach(() => {
  mayList = true;
  isKnown = true;
  aws.asked.length = 0;
});

/** STS knows us, and EKS has this cluster. */
const serving = (described: Partial<ClusterAnswer> = {}): typeof answers => {
  return ({ action }) =>
    action === 'GetCallerIdentity'
      ? callerIdentityAnswer(ARN)
      : action === '/clusters/staging'
        ? clusterAnswer({ endpoint: cluster.url, caPem: cluster.caPem, ...described })
        : undefined;
};
const check = async (more: Parameters<typeof checked>[0] = {}) => {
  const one = await checked({ endpointUrl: aws.url, env, ...more });
  expect(JSON.stringify(one)).not.toContain(SECRET);
  expect(JSON.stringify(one)).not.toContain('k8s-aws-v1.');
  return one;
};

describe('identity', () => {
  test('says who we are, by what, until when, where, and how right the clock is', async () => {
    answers = serving();
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    const { result, states, found } = await check({ env: { ...env, AWS_CREDENTIAL_EXPIRATION: expires } });
    expect(states).toEqual(['pass region', 'pass credentials', 'pass identity', 'pass clock']);
    expect(found['credentials']?.facts).toEqual({
      source: 'env',
      assumedRole: false,
      accessKeyId: 'AKIDPERSON',
      expiresAt: expires,
    });
    expect(result).toMatchObject({
      ok: true,
      region: { region: 'eu-west-1', source: 'option' },
      identity: { account: '123456789012', arn: ARN, userId: 'AIDAEXAMPLE', source: 'env', expiresAt: expires },
    });
  });

  test('names who set the region', async () => {
    answers = serving();
    const region = async (more: Parameters<typeof checked>[0]) =>
      (await check({ region: undefined, ...more })).found['region'];
    expect((await region({ env: { ...env, AWS_REGION: 'eu-north-1' } }))?.found).toBe('eu-north-1, from AWS_REGION');
    expect((await region({ env: { ...env, AWS_DEFAULT_REGION: 'eu-north-1' } }))?.facts['source']).toBe(
      'AWS_DEFAULT_REGION',
    );
    expect(await region({})).toMatchObject({ state: 'warn', found: 'us-east-1, because none is set' });
  });

  test.each<[string, AwsAnswer, string]>([
    ['keys that STS does not know', { status: 403, error: 'InvalidClientTokenId' }, 'HAWSER_AWS_CREDENTIALS_REFUSED'],
    ['a session that has ended', { status: 403, error: 'ExpiredToken' }, 'HAWSER_AWS_CREDENTIALS_EXPIRED'],
    ['something else', { status: 400, error: 'Odd', message: 'odd' }, 'HAWSER_AWS_CALL_FAILED'],
  ])('fails on %s', async (_, said, code) => {
    answers = () => said;
    const { result, found } = await check({ eksCluster: 'staging' });
    expect(found['identity']).toMatchObject({ state: 'fail', code, next: expect.stringMatching(/./) });
    expect(found['cluster']).toBeUndefined();
    expect(result.ok).toBe(false);
  });

  test('outlives throttling that passes', async () => {
    let refusals = 2;
    answers = (asked) => (refusals-- > 0 ? { status: 400, error: 'Throttling' } : serving()(asked));
    expect((await check()).result.ok).toBe(true);
    expect(aws.asked).toHaveLength(3);
  });

  test('gives up on an STS that says nothing, in its time', async () => {
    answers = () => ({ silent: true });
    const { found } = await check({ timeoutMs: 150 });
    expect(found['identity']).toMatchObject({
      state: 'fail',
      code: 'HAWSER_AWS_UNREACHABLE',
      found: 'AWS did not answer sts:GetCallerIdentity within 0.15 s',
    });
  });

  test('says that nobody is there', async () => {
    const { found } = await check({ endpointUrl: 'http://127.0.0.1:1' });
    expect(found['identity']).toMatchObject({ state: 'fail', code: 'HAWSER_AWS_UNREACHABLE' });
  });

  test.each([
    [-10 * 60_000, 'fail', '10 min fast', 'HAWSER_AWS_CREDENTIALS_REFUSED'],
    [3 * 60_000, 'warn', '3 min slow', undefined],
    [0, 'pass', 'as AWS has it', undefined],
  ])('sees a clock that is %i ms off, also where STS refuses it', async (skewMs, state, words, code) => {
    answers = (asked) => ({ ...serving()(asked), skewMs });
    expect((await check()).found['clock']).toMatchObject({ state, found: words });
    answers = () => ({ status: 403, error: 'SignatureDoesNotMatch', message: 'Signature expired', skewMs });
    const { found } = await check();
    expect(found['identity']).toMatchObject({ state: 'fail', code: 'HAWSER_AWS_CREDENTIALS_REFUSED' });
    expect(found['clock']?.code).toBe(code);
  });

  test('ends with its signal', async () => {
    answers = () => ({ silent: true });
    const stop = new AbortController();
    const run = check({ signal: stop.signal });
    stop.abort(new Error('stopped'));
    await expect(run).rejects.toThrow('stopped');
  });
});

describe('input', () => {
  const place = { env, home: '/nowhere', directory: '/nowhere' };
  test.each([
    [{ eksCluster: '../x' }, "'../x' cannot be the name"],
    [{ region: 'here' }, "'here' is no AWS region"],
    [{ kubeContext: 'x' }, 'There is no cluster to compare the context x with'],
    [{ verifyOidc: true }, 'There is no cluster, and no token here'],
  ])('%j is refused', (more, message) => {
    expect(() => awsCheck({ ...place, ...more })).toThrow(
      expect.objectContaining({ code: 'HAWSER_AWS_BAD_INPUT', exitCode: 2, message: expect.stringContaining(message) }),
    );
  });

  test('a cluster without a region is refused', async () => {
    const run = awsCheck({ ...place, eksCluster: 'x' });
    const missing = { code: 'HAWSER_AWS_REGION_MISSING', exitCode: 2 };
    await expect(run.result()).rejects.toMatchObject(missing);
    await expect(run.result()).rejects.toMatchObject(missing);
  });
});

describe('a cluster', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'hawser-check-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  const kubeconfig = async (change: (text: string) => string = (text) => text): Promise<string> => {
    const file = join(home, 'kubeconfig');
    const args = ['/opt/eks-token.cjs', '--cluster-name', 'staging', '--region', 'eu-west-1'];
    await writeFile(file, change(cluster.kubeconfig({ exec: { command: '/usr/bin/node', args } })));
    return file;
  };

  test('that is well passes every check', async () => {
    answers = serving();
    const { states, found, result } = await check({ eksCluster: 'staging', kubeconfig: await kubeconfig(), home });
    expect(states).toEqual([
      'pass region',
      'pass credentials',
      'pass identity',
      'pass clock',
      'pass cluster',
      'pass endpoint-dns',
      'pass endpoint-tcp',
      'pass endpoint-tls',
      'pass endpoint-ready',
      'pass access',
      'pass kubeconfig',
    ]);
    expect(found['cluster']?.facts).toMatchObject({ status: 'ACTIVE', authenticationMode: 'API', vpcId: 'vpc-1' });
    expect(found['access']?.found).toBe('ops (viewers, system:authenticated) may list pods');
    expect(found['kubeconfig']?.found).toBe('emulated, the current context');
    expect(result.cluster).not.toHaveProperty('certificateAuthority');
    expect(result.cluster?.caSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('that is not there, or may not be looked at', async () => {
    answers = (asked) =>
      asked.action === 'GetCallerIdentity'
        ? callerIdentityAnswer(ARN)
        : { status: 404, error: 'ResourceNotFoundException' };
    expect((await check({ eksCluster: 'staging' })).found['cluster']).toMatchObject({
      state: 'fail',
      code: 'HAWSER_AWS_CLUSTER_NOT_FOUND',
      found: 'There is no EKS cluster staging in eu-west-1 of 123456789012',
    });
    answers = (asked) =>
      asked.action === 'GetCallerIdentity'
        ? callerIdentityAnswer(ARN)
        : { status: 403, error: 'AccessDeniedException' };
    const resource = 'arn:aws:eks:eu-west-1:123456789012:cluster/staging';
    const statement = { Effect: 'Allow', Action: 'eks:DescribeCluster', Resource: resource };
    expect((await check({ eksCluster: 'staging' })).found['cluster']).toMatchObject({
      state: 'fail',
      code: 'HAWSER_AWS_ACCESS_DENIED',
      missing: { action: 'eks:DescribeCluster', resource, statement },
      next: `Ask for this statement: ${JSON.stringify(statement)}`,
    });
  });

  test('that is being made, or is ill', async () => {
    answers = serving({ status: 'CREATING', endpoint: '', caPem: '' });
    const made = await check({ eksCluster: 'staging' });
    expect(made.found['cluster']).toMatchObject({
      state: 'fail',
      next: 'Wait: aws eks wait cluster-active --name staging',
    });
    expect(made.states).toContain('fail endpoint-dns');
    answers = serving({ status: 'UPDATING', issues: [{ code: 'Ec2SubnetNotFound', message: 'gone' }] });
    expect((await check({ eksCluster: 'staging' })).found['cluster']).toMatchObject({
      state: 'warn',
      found: 'staging: UPDATING, 1.34, public and private endpoint; Ec2SubnetNotFound: gone',
    });
  });

  test('whose name has no address', async () => {
    answers = serving({ endpoint: `https://${'x'.repeat(70)}.test` });
    const { found, states } = await check({ eksCluster: 'staging' });
    expect(found['endpoint-dns']).toMatchObject({ state: 'fail', code: 'HAWSER_AWS_UNREACHABLE' });
    expect(states.filter((state) => state.startsWith('skip'))).toHaveLength(4);
  });

  test('whose port is closed to us, and the way in by a tunnel when it is private', async () => {
    const free = await freePort();
    const endpoint = `https://127.0.0.1:${free}`;
    answers = serving({ endpoint, publicAccessCidrs: ['192.0.2.0/24'] });
    const { found } = await check({ eksCluster: 'staging' });
    expect(found['endpoint-tcp']).toMatchObject({
      state: 'fail',
      next: "Only 192.0.2.0/24 may connect: check that this machine's public address is among them.",
    });
    answers = serving({ endpoint, isPublic: false });
    const nodes = [
      { id: 'i-1', online: false },
      { id: 'i-2', name: 'bastion', online: true },
    ];
    const isPrivate = await check({ eksCluster: 'staging', findBastions: async () => nodes });
    expect(isPrivate.found['endpoint-tcp']?.next).toBe(
      'Its endpoint is private, reachable only through a tunnel: hawser net up --via ssm --host i-2 --region eu-west-1 ' +
        `--forward staging=127.0.0.1:${free}`,
    );
    expect(isPrivate.found['bastions']).toMatchObject({ state: 'pass', found: 'bastion (i-2)' });
  });

  test('that swallows what is sent to it, in bounded time', async () => {
    const [port, hole] = await blackHole();
    answers = serving({ endpoint: `https://127.0.0.1:${port}` });
    const { found } = await check({ eksCluster: 'staging', timeoutMs: 2500 });
    hole();
    expect(found['endpoint-tls']).toMatchObject({
      state: 'fail',
      found: 'the certificate is refused: no answer within 2.5 s',
    });
  });

  test('behind something that answers in its place', async () => {
    const other = await startKubeEmulator();
    answers = serving({ caPem: other.caPem });
    const { found } = await check({ eksCluster: 'staging' });
    await other.close();
    expect(found['endpoint-tls']).toMatchObject({
      state: 'fail',
      next: expect.stringContaining('Something between here and the cluster answers in its place'),
    });
    expect(found['endpoint-ready']?.state).toBe('skip');
    answers = serving({ caPem: 'random text' });
    const noCa = await check({ eksCluster: 'staging' });
    expect(noCa.found['endpoint-tls']?.found).toBe('the CA that EKS told is no certificate');
  });

  test('that does not take our token, with the way to be let in', async () => {
    isKnown = false;
    answers = serving();
    const entry = await check({ eksCluster: 'staging' });
    expect(entry.found['endpoint-ready']).toMatchObject({
      state: 'fail',
      next: 'Ask for aws eks create-access-entry --cluster-name staging --principal-arn arn:aws:iam::123456789012:role/Ops',
    });
    answers = serving({ authenticationMode: 'CONFIG_MAP' });
    expect((await check({ eksCluster: 'staging' })).found['endpoint-ready']?.next).toContain('aws-auth of kube-system');
  });

  test('that lets us do little', async () => {
    mayList = false;
    answers = serving();
    const { found, result } = await check({ eksCluster: 'staging' });
    expect(found['access']).toMatchObject({ state: 'warn', facts: { username: 'ops', mayListPods: false } });
    expect(result.ok).toBe(true);
  });

  test('without nodes for a tunnel, or without leave to look', async () => {
    answers = serving();
    const none = await check({ eksCluster: 'staging', findBastions: async () => [] });
    expect(none.found['bastions']).toMatchObject({ state: 'warn' });
    const denied = await check({
      eksCluster: 'staging',
      findBastions: () => Promise.reject(new Error('AccessDenied: no')),
    });
    expect(denied.found['bastions']?.missing?.action).toBe('ssm:DescribeInstanceInformation');
    expect(denied.result.ok).toBe(true);
  });

  test('and its kubeconfig', async () => {
    answers = serving();
    const look = async (file: string | undefined, kubeContext?: string) =>
      (await check({ eksCluster: 'staging', kubeContext, home, ...(file === undefined ? {} : { kubeconfig: file }) }))
        .found['kubeconfig'];
    expect(await look(undefined)).toMatchObject({ state: 'warn', next: 'hawser ctx init --eks-cluster staging' });
    expect(await look(await kubeconfig(), 'other')).toMatchObject({
      state: 'fail',
      next: 'hawser ctx init --eks-cluster staging --kube-context other',
    });
    await mkdir(join(home, '.kube'));
    await writeFile(join(home, '.kube/config'), '{');
    expect(await look(undefined)).toMatchObject({ state: 'fail', code: 'HAWSER_CTX_FILE_INVALID' });
  });

  test.each<[string, (text: string) => string, string]>([
    [
      'leads elsewhere',
      (text) => text.replace(/server: .*/, 'server: https://127.0.0.1:1'),
      'leads to https://127.0.0.1:1, and the cluster is at ',
    ],
    [
      'has another CA',
      (text) => text.replace(/certificate-authority-data: .*/, 'certificate-authority-data: QUJD'),
      'has another CA than the cluster',
    ],
    [
      'is for another cluster',
      (text) => text.replace(/(--cluster-name"?,? *\n? *-? *)"?staging"?/, '$1other'),
      'makes tokens for the cluster other',
    ],
    [
      'is for another region',
      (text) => text.replace('eu-west-1', 'eu-west-2'),
      'makes tokens for the region eu-west-2',
    ],
    [
      'runs something else',
      (text) => text.replace('/opt/eks-token.cjs', '/opt/other.cjs'),
      'whose program is none that makes EKS tokens',
    ],
  ])('kubeconfig that %s', async (_, change, complaint) => {
    answers = serving();
    const file = await kubeconfig(change);
    const { found } = await check({ eksCluster: 'staging', kubeContext: 'emulated', kubeconfig: file, home });
    expect(found['kubeconfig']).toMatchObject({ state: 'fail', found: expect.stringContaining(complaint) });
    expect(found['kubeconfig']?.next).toBe('hawser ctx init --eks-cluster staging --kube-context emulated --overwrite');
  });
});

/** A port that takes connections and never says a word. */
async function blackHole(): Promise<readonly [port: number, close: () => void]> {
  const held = new Set<{ destroy(): void }>();
  const server = createTcpServer((socket) => {
    held.add(socket);
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    for (const socket of held) socket.destroy();
    server.close();
  };
  return [(server.address() as AddressInfo).port, close];
}

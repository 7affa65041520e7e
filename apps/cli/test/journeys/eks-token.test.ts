import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type KubeEmulator, startKubeEmulator } from '@hawser/emulators/kube';
import { describeReal } from '../../../../test/support/counterparts.js';
import { verifyEksToken } from '../../../../test/support/eks-verifier.js';
import { assumedRole, type AwsStandIn, startAwsStandIn } from '../../../../test/support/aws-stand-in.js';
import { eksTokenCommand } from '../../src/aws/eks-token-command.js';
import { bin } from '../support/hawser.js';
import { holdToSchema } from '../support/held.js';
import { ConnectProxy } from '../support/proxy.js';

const SECRET = 'planted-SECRET-key-0123456789abcdef';
const keys = {
  AKIDPERSON: { secretAccessKey: SECRET },
  ASIAROLE: { secretAccessKey: `role-${SECRET}`, sessionToken: 'role-session' },
};
const plugin = eksTokenCommand(join(import.meta.dirname, '../..'));
const flags = ['--cluster-name', 'staging', '--region', 'eu-west-1'];
const cluster = { cluster: 'staging', hosts: ['sts.eu-west-1.amazonaws.com'], keys };

let home: string;
let sts: AwsStandIn;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'hawser-eks-'));
  sts = await startAwsStandIn(() =>
    assumedRole({ accessKeyId: 'ASIAROLE', ...keys.ASIAROLE, expiration: new Date(Date.now() + 3_600_000) }),
  );
});
afterAll(async () => {
  await sts.close();
  await rm(home, { recursive: true, force: true });
});

interface End {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<End> {
  const child = spawn(command, args, {
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ACCESS_KEY_ID: 'AKIDPERSON',
      AWS_SECRET_ACCESS_KEY: SECRET,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect(stdout + stderr).not.toContain(SECRET);
  return { code, stdout, stderr };
}

const asPlugin = (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<End> =>
  run(plugin.command, [...plugin.args, ...args], env);
const asCommand = (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<End> =>
  run(process.execPath, [bin, 'aws', 'eks-token', ...args], env);

const tokenOf = (text: string): string => (JSON.parse(text) as { status: { token: string } }).status.token;

describe('hawser aws eks-token', () => {
  test.each([
    ['as the program of a kubeconfig', asPlugin],
    ['as a command', asCommand],
  ])('prints a token that a cluster takes, %s', async (_, go) => {
    const execInfo = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{}}';
    const { code, stdout, stderr } = await go(flags, { KUBERNETES_EXEC_INFO: execInfo });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1' });
    const verified = verifyEksToken(tokenOf(stdout), { ...cluster, nowMs: Date.now() });
    expect(verified).toEqual({ accessKeyId: 'AKIDPERSON' });
  });

  test('prints the token for programs with --json', async () => {
    const args = [...flags, '--json'];
    const { code, stdout } = await asCommand(args);
    expect(code).toBe(0);
    holdToSchema(['aws', 'eks-token', ...args], stdout);
    const { data } = JSON.parse(stdout) as { data: { token: string } };
    expect(verifyEksToken(data.token, { ...cluster, nowMs: Date.now() })).toEqual({ accessKeyId: 'AKIDPERSON' });
  });

  test('takes a role on first, and keeps the token for the next', async () => {
    const args = [...flags, '--role-arn', 'arn:aws:iam::123456789012:role/ops', '--endpoint-url', sts.url];
    const [first, second] = [await asPlugin(args), await asPlugin(args)];
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(second.stdout).toBe(first.stdout);
    const verified = verifyEksToken(tokenOf(first.stdout), { ...cluster, nowMs: Date.now() });
    expect(verified).toEqual({ accessKeyId: 'ASIAROLE' });
    expect(sts.asked).toHaveLength(1);
  });

  test.each([
    [['--region', 'eu-west-1'], 2, '✗ Pass --cluster-name NAME\n'],
    [['--cluster-name', 'x'], 2, '✗ No AWS region is set for the cluster x\n  Pass --region, or set AWS_REGION.\n'],
    [['--cluster-name', 'x', '--region', 'moon'], 2, "✗ 'moon' is no AWS region\n"],
    [[...flags, '--profile', 'nobody'], 1, '✗ There is no profile nobody in '],
    [[...flags, '--nonsense'], 2, "✗ There is no flag '--nonsense'"],
    [['--cluster-name'], 2, '✗ --cluster-name is without a value'],
    [[...flags, '--role-arn', 'arn:x', '--endpoint-url', 'http://127.0.0.1:1'], 1, '✗ STS cannot be reached'],
  ])('%j says why there is none, on stderr', async (args, code, message) => {
    const end = await asPlugin(args);
    expect(end).toMatchObject({ code, stdout: '' });
    expect(end.stderr).toContain(message);
  });

  test('assumes a role once for many processes that ask at once', async () => {
    const before = sts.asked.length;
    const args = [...flags, '--role-arn', 'arn:aws:iam::123456789012:role/many', '--endpoint-url', sts.url];
    const ends = await Promise.all(Array.from({ length: 6 }, () => asPlugin(args)));
    expect(new Set(ends.map(({ stdout }) => tokenOf(stdout))).size).toBe(1);
    expect(sts.asked.length - before).toBe(1);
  });

  test('assumes a role through the proxy that is set', async () => {
    await using proxy = await ConnectProxy.start(sts.url);
    const args = [...flags, '--role-arn', 'arn:aws:iam::123456789012:role/far', '--endpoint-url', 'http://sts.test'];
    const { code, stdout, stderr } = await asPlugin(args, { HTTP_PROXY: proxy.url });
    const { connected } = proxy;
    expect({ code, stderr, connected }).toEqual({ code: 0, stderr: '', connected: ['sts.test:80'] });
    const verified = verifyEksToken(tokenOf(stdout), { ...cluster, nowMs: Date.now() });
    expect(verified).toEqual({ accessKeyId: 'ASIAROLE' });
  });

  test('asks the SDK where only that can know, and says what to do when nobody does', async () => {
    const nobody = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
    const { code, stderr } = await asPlugin(flags, nobody);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^✗ There are no AWS credentials.*\n {2}.*\n$/),
    });
    await writeFile(
      join(home, 'config'),
      '[profile team]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Admin\n' +
        '[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n',
    );
    const signIn = await asPlugin([...flags, '--profile', 'team'], { AWS_CONFIG_FILE: join(home, 'config') });
    expect(signIn.code).toBe(1);
    expect(signIn.stderr).toContain('Log in again: aws sso login --profile team');
  });
});

describeReal('kubectl', (path) => {
  let server: KubeEmulator;
  const refused: string[] = [];
  beforeAll(async () => {
    server = await startKubeEmulator({
      authenticate: (token) => {
        const verified = verifyEksToken(token, { ...cluster, nowMs: Date.now() });
        if ('accessKeyId' in verified) return { user: verified.accessKeyId, groups: [] };
        refused.push(verified.refused);
        return undefined;
      },
    });
  });
  afterAll(() => server.close());

  const kubectl = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<End> => {
    const file = join(home, 'kubeconfig');
    await writeFile(
      file,
      server.kubeconfig({ exec: { command: plugin.command, args: [...plugin.args, ...args], env } }),
    );
    return await run(path('kubectl'), ['--kubeconfig', file, 'get', '--raw', '/readyz']);
  };

  test('kubectl gets in by our plugin, at a server that recomputes the signature', async () => {
    expect(await kubectl(flags)).toEqual({ code: 0, stdout: expect.stringContaining('ok'), stderr: '' });
    expect(refused).toEqual([]);
    expect(await readFile(join(home, 'kubeconfig'), 'utf8')).not.toContain(SECRET);
  });

  test('kubectl does not get in with a token for another cluster', async () => {
    const { code } = await kubectl(['--cluster-name', 'other', '--region', 'eu-west-1']);
    expect(code).toBe(1);
    expect(refused).toContain('SignatureDoesNotMatch');
  });

  test('kubectl shows what our plugin says when it has no token', async () => {
    const { code, stderr } = await kubectl([...flags, '--profile', 'nobody']);
    expect(code).toBe(1);
    expect(stderr).toContain('✗ There is no profile nobody in ');
  });
});

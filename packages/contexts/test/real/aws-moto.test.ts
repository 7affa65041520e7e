import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { awsCheck, describeCluster, type Verdict } from '@hawser/contexts';
import { describeReal } from '../../../../test/support/counterparts.js';
import { callerIdentity } from '../../src/aws/identity.js';
import { checkOidc } from '../../src/aws/oidc.js';
import { eksToken } from '../../src/eks/token.js';
import { checkedEnvironment } from '../support/checked-environment.js';

const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'planted-SECRET-key-0123456789abcdef' };
const environment = checkedEnvironment();

/** moto's answers are those of the real API models; its clusters have a public-looking name that is never followed. */
describeReal('moto', (path) => {
  let moto: ChildProcess;
  let endpointUrl: string;
  let trust: object;

  beforeAll(async () => {
    environment.set({});
    moto = spawn(path('moto'), ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
    for await (const line of createInterface({ input: moto.stderr! })) {
      const port = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port === undefined) continue;
      endpointUrl = `http://127.0.0.1:${port}`;
      break;
    }
    moto.stderr?.resume();
    const { EKSClient, CreateClusterCommand } = await import('@aws-sdk/client-eks');
    const { IAMClient, CreateRoleCommand } = await import('@aws-sdk/client-iam');
    const config = { region: 'eu-west-1', endpoint: endpointUrl, credentials };
    trust = { Version: '2012-10-17', Statement: [] };
    const AssumeRolePolicyDocument = JSON.stringify(trust);
    await new IAMClient(config).send(new CreateRoleCommand({ RoleName: 'Runner', AssumeRolePolicyDocument }));
    const roleArn = 'arn:aws:iam::123456789012:role/Runner';
    const resourcesVpcConfig = { subnetIds: ['subnet-1', 'subnet-2'], endpointPublicAccess: true };
    await new EKSClient(config).send(new CreateClusterCommand({ name: 'staging', roleArn, resourcesVpcConfig }));
  });
  afterAll(async () => {
    environment.restore();
    moto.kill();
    await once(moto, 'close');
  });
  const session = () => ({ credentials, region: 'eu-west-1', endpointUrl, timeoutMs: 30_000 });

  test('STS: who we are', async () => {
    const env = { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey };
    const result = await awsCheck({ env, endpointUrl, region: 'eu-west-1', home: '/nowhere', directory: '/' }).result();
    expect(result).toMatchObject({
      ok: true,
      identity: { account: '123456789012', arn: 'arn:aws:sts::123456789012:user/moto' },
    });
  });

  test('STS: a role for a token, by a request signed here', async () => {
    const roleArn = 'arn:aws:iam::123456789012:role/Runner';
    const { token, expiresAt } = await eksToken({
      cluster: 'staging',
      region: 'eu-west-1',
      credentials,
      roleArn,
      stsEndpoint: endpointUrl,
    });
    expect(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString()).toMatch(
      /X-Amz-Credential=ASIA.*X-Amz-Security-Token=/,
    );
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
  });

  test('EKS: a cluster, and one that is not there', async () => {
    await expect(describeCluster(session(), 'staging')).resolves.toMatchObject({
      name: 'staging',
      arn: 'arn:aws:eks:eu-west-1:123456789012:cluster/staging',
      status: 'ACTIVE',
      oidcIssuer: expect.stringMatching(/^https:/),
    });
    await expect(describeCluster(session(), 'other')).rejects.toMatchObject({ code: 'HAWSER_AWS_CLUSTER_NOT_FOUND' });
  });

  test('IAM: providers, audiences and trust policies', async () => {
    const { identity } = await callerIdentity(session());
    const issuer = 'https://oidc.eks.eu-west-1.amazonaws.com/id/ABC';
    const claims = Buffer.from(JSON.stringify({ iss: issuer, sub: 's', aud: 'sts.amazonaws.com' })).toString(
      'base64url',
    );
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: 'https://github.invalid/token',
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/Runner',
    };
    const load = (async (input: string | URL) => {
      const url = String(input);
      if (url.startsWith('https://github')) return Response.json({ value: `e30.${claims}.x` });
      return Response.json(url.endsWith('configuration') ? { issuer, jwks_uri: `${issuer}/keys` } : { keys: [{}] });
    }) as typeof fetch;
    const verify = async (): Promise<Record<string, Verdict>> => {
      const found: Record<string, Verdict> = {};
      const check = { session: session(), identity: identity!, issuer, env, fetch: load };
      for await (const one of checkOidc(check)) found[one.id] = one;
      return found;
    };
    expect((await verify())['oidc-provider']).toMatchObject({ state: 'fail' });
    const { IAMClient, CreateOpenIDConnectProviderCommand, UpdateAssumeRolePolicyCommand } =
      await import('@aws-sdk/client-iam');
    const iam = new IAMClient({ region: 'eu-west-1', endpoint: endpointUrl, credentials });
    const { OpenIDConnectProviderArn: Federated } = await iam.send(
      new CreateOpenIDConnectProviderCommand({
        Url: issuer,
        ClientIDList: ['sts.amazonaws.com'],
        ThumbprintList: ['0'.repeat(40)],
      }),
    );
    const made = await verify();
    expect(made['oidc-provider']?.found).toBe(Federated);
    expect(made['oidc-audience']).toMatchObject({ state: 'pass' });
    expect(made['oidc-runner']?.found).toContain('allows no sts:AssumeRoleWithWebIdentity');
    const statement = { Effect: 'Allow', Principal: { Federated }, Action: 'sts:AssumeRoleWithWebIdentity' };
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'Runner', PolicyDocument }));
    expect((await verify())['oidc-runner']?.found).toContain('the role Runner takes the token, but you are ');
  });
});

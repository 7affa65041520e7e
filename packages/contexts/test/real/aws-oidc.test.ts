import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { clusterAnswer, iamAnswers } from '../../../../test/support/aws-answers.js';
import { checked } from '../support/checked.js';
import {
  type AskedOfAws,
  type AwsAnswer,
  type AwsStandIn,
  callerIdentityAnswer,
  startAwsStandIn,
} from '../../../../test/support/aws-stand-in.js';

const SECRET = 'planted-SECRET-key-0123456789abcdef';
const keys = { AWS_ACCESS_KEY_ID: 'AKIDPERSON', AWS_SECRET_ACCESS_KEY: SECRET };

let aws: AwsStandIn;
let issuer: Server;
let issuerUrl: string;
let documents: Record<string, unknown>;
let providers: Record<string, readonly string[]>;
let trustPolicy: object;
let caller: string;
let said: (asked: AskedOfAws) => AwsAnswer | undefined;
let home: string;

beforeAll(async () => {
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  issuer = createServer((request, response) => {
    const found = documents[request.url ?? ''];
    response.statusCode = found === undefined ? 404 : 200;
    response.end(JSON.stringify(found ?? {}));
  }).listen(0, '127.0.0.1');
  await once(issuer, 'listening');
  issuerUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/id/ABC`;
  aws = await startAwsStandIn(
    (asked) =>
      said(asked) ??
      (asked.action === 'GetCallerIdentity'
        ? callerIdentityAnswer(caller)
        : asked.action.startsWith('/clusters')
          ? clusterAnswer({ endpoint: 'https://127.0.0.1:1', caPem: 'x', issuer: issuerUrl })
          : iamAnswers({ providers, trustPolicy })(asked)),
  );
});
afterAll(async () => {
  issuer.closeAllConnections();
  issuer.close();
  await aws.close();
});
const providerArn = (): string => `arn:aws:iam::123456789012:oidc-provider/${issuerUrl.replace('http://', '')}`;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hawser-oidc-'));
  caller = 'arn:aws:sts::123456789012:assumed-role/Runner/i-1';
  said = () => undefined;
  providers = { [providerArn()]: ['sts.amazonaws.com'] };
  documents = {
    '/id/ABC/.well-known/openid-configuration': { issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` },
    '/id/ABC/keys': { keys: [{}, {}] },
  };
  trustPolicy = trusting('system:serviceaccount:arc:runner');
});
afterEach(() => rm(home, { recursive: true, force: true }));

const trusting = (sub: string, operator = 'StringEquals'): object => {
  const name = issuerUrl.replace('http://', '');
  return {
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: providerArn() },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { [operator]: { [`${name}:sub`]: sub, [`${name}:aud`]: 'sts.amazonaws.com' } },
      },
    ],
  };
};
const jwt = (claims: object): string =>
  ['{"alg":"RS256"}', JSON.stringify(claims), `signature-${SECRET}`]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

const verify = async (env: Record<string, string> = {}, more: Parameters<typeof checked>[0] = {}) => {
  const one = await checked({
    endpointUrl: aws.url,
    eksCluster: 'staging',
    verifyOidc: true,
    ...more,
    env: { ...keys, ...env },
  });
  expect(JSON.stringify(one)).not.toMatch(
    new RegExp(`${SECRET}|${Buffer.from(SECRET).toString('base64url').slice(0, 30)}`),
  );
  return { ...one, oidc: one.states.filter((state) => state.includes('oidc')) };
};
/** A pod with a role by its service account. */
const irsa = async (claims: object): Promise<Record<string, string>> => {
  await writeFile(join(home, 'token'), jwt(claims));
  return { AWS_WEB_IDENTITY_TOKEN_FILE: join(home, 'token'), AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/Runner' };
};
const runnerClaims = (): Record<string, unknown> => ({
  iss: issuerUrl,
  sub: 'system:serviceaccount:arc:runner',
  aud: ['sts.amazonaws.com'],
  exp: 2_000_000_000,
});

describe('the five checks of OIDC', () => {
  test('pass where all is well, and the last has no object here', async () => {
    const { oidc, found } = await verify();
    expect(oidc).toEqual([
      'pass oidc-issuer',
      'pass oidc-provider',
      'pass oidc-audience',
      'pass oidc-discovery',
      'skip oidc-runner',
    ]);
    expect(found['oidc-discovery']?.found).toBe(`2 keys at ${issuerUrl}/keys`);
  });

  test('pass in a pod whose token its role takes', async () => {
    const { oidc, found } = await verify(await irsa(runnerClaims()));
    expect(oidc.at(-1)).toBe('pass oidc-runner');
    expect(found['oidc-runner']?.facts).toMatchObject({ kind: 'irsa', subject: 'system:serviceaccount:arc:runner' });
  });

  test('need no cluster in a pod: its token names the issuer', async () => {
    const { oidc } = await verify(await irsa(runnerClaims()), { eksCluster: undefined });
    expect(oidc[0]).toBe('pass oidc-issuer');
    expect(oidc.at(-1)).toBe('pass oidc-runner');
  });

  test('(b) a provider that IAM does not have', async () => {
    providers = { 'arn:aws:iam::123456789012:oidc-provider/other': [] };
    const { oidc, found } = await verify();
    expect(oidc).toEqual(expect.arrayContaining(['fail oidc-provider', 'skip oidc-audience']));
    expect(found['oidc-provider']?.next).toContain('aws iam create-open-id-connect-provider --url https://127.0.0.1');
  });

  test('(c) an audience that the provider does not take', async () => {
    providers = { [providerArn()]: ['other'] };
    const { found } = await verify();
    expect(found['oidc-audience']).toMatchObject({ state: 'fail', facts: { audiences: ['other'] } });
  });

  test.each<[string, () => void, string]>([
    ['is not there', () => (documents = {}), 'it answers 404'],
    [
      'is about another',
      () => (documents['/id/ABC/.well-known/openid-configuration'] = { issuer: 'https://other' }),
      'is about https://other',
    ],
    [
      'names no keys',
      () => (documents['/id/ABC/.well-known/openid-configuration'] = { issuer: issuerUrl }),
      'names no jwks_uri',
    ],
    ['has no keys', () => (documents['/id/ABC/keys'] = { keys: [] }), 'has no keys'],
  ])('(d) a discovery document that %s', async (_, spoil, message) => {
    spoil();
    expect((await verify()).found['oidc-discovery']).toMatchObject({
      state: 'fail',
      found: expect.stringContaining(message),
    });
  });

  test.each<[string, () => object, Record<string, unknown>, string]>([
    [
      'subject',
      () => trusting('system:serviceaccount:arc:other'),
      {},
      "wants sub to be system:serviceaccount:arc:other, and the token's is system:serviceaccount:arc:runner",
    ],
    [
      'audience',
      () => trusting('system:serviceaccount:arc:runner'),
      { aud: 'x' },
      "wants aud to be sts.amazonaws.com, and the token's is x",
    ],
    [
      'issuer',
      () => trusting('system:serviceaccount:arc:runner'),
      { iss: 'https://elsewhere' },
      'and not arn:aws:iam::123456789012:oidc-provider/elsewhere',
    ],
    [
      'pattern',
      () => trusting('system:serviceaccount:prod:*', 'StringLike'),
      {},
      'wants sub to be system:serviceaccount:prod:*',
    ],
    ['statement', () => ({}), {}, 'allows no sts:AssumeRoleWithWebIdentity'],
  ])('(e) a trust policy of another %s', async (_, policy, claims, message) => {
    trustPolicy = policy();
    const { found } = await verify(await irsa({ ...runnerClaims(), ...claims }));
    expect(found['oidc-runner']).toMatchObject({ state: 'fail', found: expect.stringContaining(message) });
  });

  test('(e) a pattern that fits', async () => {
    trustPolicy = trusting('system:serviceaccount:arc:*', 'StringLike');
    expect((await verify(await irsa(runnerClaims()))).oidc.at(-1)).toBe('pass oidc-runner');
  });

  test('(e) credentials that come before the token', async () => {
    caller = 'arn:aws:iam::123456789012:user/me';
    const { found } = await verify(await irsa(runnerClaims()));
    expect(found['oidc-runner']).toMatchObject({
      state: 'warn',
      found: expect.stringContaining('but you are arn:aws:iam::123456789012:user/me'),
    });
  });

  test('(e) a token that cannot be read', async () => {
    const env = await irsa({});
    await writeFile(join(home, 'token'), 'nonsense');
    expect((await verify(env)).found['oidc-runner']?.found).toContain('holds no JSON web token');
    await rm(join(home, 'token'));
    expect((await verify(env)).found['oidc-runner']?.found).toContain('cannot be read');
  });

  test('(e) EKS Pod Identity', async () => {
    await writeFile(join(home, 'token'), jwt({ ...runnerClaims(), aud: 'pods.eks.amazonaws.com' }));
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(home, 'token'),
    };
    expect((await verify(env)).found['oidc-runner']).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('does not let pods.eks.amazonaws.com do sts:AssumeRole and sts:TagSession'),
    });
    trustPolicy = {
      Statement: {
        Effect: 'Allow',
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
      },
    };
    expect((await verify(env)).oidc.at(-1)).toBe('pass oidc-runner');
  });

  test('(e) a GitHub job', async () => {
    documents['/token?v=1&audience=sts.amazonaws.com'] = {
      value: jwt({ ...runnerClaims(), sub: 'repo:a/b:ref:refs/heads/main' }),
    };
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${new URL(issuerUrl).origin}/token?v=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: SECRET,
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/Runner',
    };
    expect((await verify(env)).found['oidc-runner']?.found).toContain("the token's is repo:a/b:ref:refs/heads/main");
    trustPolicy = trusting('repo:a/b:*', 'StringLike');
    expect((await verify(env)).oidc.at(-1)).toBe('pass oidc-runner');
    documents = {};
    expect((await verify(env)).found['oidc-runner']?.found).toContain('GitHub gives no token: it answers 404');
  });

  test.each([
    ['ListOpenIDConnectProviders', 'oidc-provider', 'iam:ListOpenIDConnectProviders', '*'],
    ['GetOpenIDConnectProvider', 'oidc-audience', 'iam:GetOpenIDConnectProvider', 'the provider'],
    ['GetRole', 'oidc-runner', 'iam:GetRole', 'arn:aws:iam::123456789012:role/Runner'],
  ])('name the permission when %s is denied', async (denied, id, action, on) => {
    const resource = on === 'the provider' ? providerArn() : on;
    said = (asked) => (asked.action === denied ? { status: 403, error: 'AccessDenied' } : undefined);
    const { found } = await verify(await irsa(runnerClaims()));
    expect(found[id]).toMatchObject({
      state: 'fail',
      code: 'HAWSER_AWS_ACCESS_DENIED',
      missing: { action, resource, statement: { Effect: 'Allow', Action: action, Resource: resource } },
    });
  });
});

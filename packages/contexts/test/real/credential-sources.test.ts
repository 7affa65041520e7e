import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Environment, checkedEnvironment } from '../support/checked-environment.js';
import { sdkCredentials } from '@hawser/contexts';
import { readAwsFiles } from '../../src/eks/aws-files.js';
import { findCredentials } from '../../src/eks/credentials.js';
import { checked } from '../support/checked.js';
import {
  assumedRole,
  type AwsStandIn,
  callerIdentityAnswer,
  startAwsStandIn,
} from '../../../../test/support/aws-stand-in.js';

const SECRET = 'planted-SECRET-key-0123456789abcdef';
const ROLE = 'arn:aws:iam::123456789012:role/r';
const fileKeys = `aws_access_key_id = AKIDFILE\naws_secret_access_key = ${SECRET}\n`;

let home: string;
let aws: AwsStandIn;
let machine: Server;
let machineUrl: string;
const environment = checkedEnvironment();

beforeAll(async () => {
  aws = await startAwsStandIn(({ action }) => {
    const expiration = new Date(Date.now() + 3_600_000);
    const keys = { accessKeyId: 'ASIAROLE', secretAccessKey: SECRET, sessionToken: 'session', expiration };
    if (action === 'GetCallerIdentity') return callerIdentityAnswer('arn:aws:iam::123456789012:user/me');
    if (action === 'AssumeRole') return assumedRole(keys);
    if (action === 'AssumeRoleWithWebIdentity') {
      return { body: (assumedRole(keys).body ?? '').replaceAll('AssumeRole', 'AssumeRoleWithWebIdentity') };
    }
    if (action !== '/federation/credentials') return undefined;
    const { accessKeyId, secretAccessKey, sessionToken } = keys;
    return {
      body: JSON.stringify({
        roleCredentials: { accessKeyId, secretAccessKey, sessionToken, expiration: expiration.getTime() },
      }),
    };
  });
  machine = createServer((request, response) => {
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    const keys = { AccessKeyId: 'ASIAMACHINE', SecretAccessKey: SECRET, Token: 'session', Expiration };
    if (request.url === '/latest/api/token') {
      response.setHeader('x-aws-ec2-metadata-token-ttl-seconds', '21600');
      response.end('token');
    } else if (request.url === '/latest/meta-data/iam/security-credentials/') response.end('r');
    else response.end(JSON.stringify({ Code: 'Success', ...keys }));
  }).listen(0, '127.0.0.1');
  await once(machine, 'listening');
  machineUrl = `http://127.0.0.1:${(machine.address() as AddressInfo).port}`;
});
afterAll(async () => {
  machine.closeAllConnections();
  machine.close();
  await aws.close();
});
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hawser-source-'));
  await mkdir(join(home, '.aws/sso/cache'), { recursive: true });
});
afterEach(async () => {
  environment.restore();
  await rm(home, { recursive: true, force: true });
});

const config = (text: string): Promise<void> => writeFile(join(home, '.aws/config'), text);
const source = async (profile: string | undefined, env: Environment = {}) => {
  const set = environment.set({
    HOME: home,
    AWS_ENDPOINT_URL: aws.url,
    AWS_CONFIG_FILE: join(home, '.aws/config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, '.aws/credentials'),
    ...env,
  });
  const one = await checked({ home, profile, env: set });
  expect(JSON.stringify(one)).not.toContain(SECRET);
  return one.found['credentials'];
};

describe('aws check says where the credentials came from', () => {
  test('the environment', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: SECRET };
    expect(await source(undefined, env)).toMatchObject({
      state: 'pass',
      found: 'environment, without an end',
      facts: { source: 'env' },
    });
  });

  test('keys of a profile, also one that was named against the environment', async () => {
    await config(`[profile p]\n${fileKeys}`);
    const env = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: SECRET };
    expect(await source('p', env)).toMatchObject({ facts: { source: 'profile', accessKeyId: 'AKIDFILE' } });
    expect(await source(undefined, { AWS_PROFILE: 'p' })).toMatchObject({
      found: 'keys of the profile, profile p, without an end',
    });
  });

  test('a role of a profile', async () => {
    await config(
      `[profile base]\n${fileKeys}[profile p]\nrole_arn = ${ROLE}\nsource_profile = base\nregion = eu-west-1\n`,
    );
    expect(await source('p')).toMatchObject({
      found: expect.stringMatching(/, profile p, role assumed, for another (59|60) min/),
      facts: { assumedRole: true },
    });
  });

  test('credential_process', async () => {
    await writeFile(
      join(home, 'out'),
      JSON.stringify({ Version: 1, AccessKeyId: 'AKIDPROC', SecretAccessKey: SECRET }),
    );
    await config(`[profile p]\ncredential_process = cat ${home}/out\n`);
    expect(await source('p')).toMatchObject({ facts: { source: 'process', accessKeyId: 'AKIDPROC' } });
  });

  const signIn = async (expires: number): Promise<void> => {
    await config(
      '[profile p]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Admin\n' +
        '[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n',
    );
    const token = {
      accessToken: SECRET,
      expiresAt: new Date(expires).toISOString(),
      startUrl: 'https://corp.awsapps.com/start',
      region: 'eu-west-1',
    };
    const name = createHash('sha1').update('corp').digest('hex');
    await writeFile(join(home, `.aws/sso/cache/${name}.json`), JSON.stringify(token));
  };

  test('a sign-in', async () => {
    await signIn(Date.now() + 3_600_000);
    expect(await source('p')).toMatchObject({
      facts: { source: 'sso' },
      found: expect.stringContaining('sign-in of IAM Identity Center, profile p'),
    });
  });

  test('a sign-in that has ended, with the command to sign in again', async () => {
    await signIn(Date.now() - 1000);
    expect(await source('p')).toMatchObject({
      state: 'fail',
      code: 'HAWSER_AWS_CREDENTIALS_EXPIRED',
      next: 'Log in again: aws sso login --profile p',
    });
  });

  test('a web identity token', async () => {
    await writeFile(join(home, 'token'), 'a.b.c');
    const env = { AWS_WEB_IDENTITY_TOKEN_FILE: join(home, 'token'), AWS_ROLE_ARN: ROLE, AWS_REGION: 'eu-west-1' };
    expect(await source(undefined, env)).toMatchObject({ facts: { source: 'web-identity' } });
  });

  test('the container', async () => {
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${machineUrl}/creds` };
    expect(await source(undefined, env)).toMatchObject({ facts: { source: 'container', accessKeyId: 'ASIAMACHINE' } });
  });

  test('the machine', async () => {
    const env = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: machineUrl };
    expect(await source(undefined, env)).toMatchObject({ facts: { source: 'imds', accessKeyId: 'ASIAMACHINE' } });
  });

  test('nowhere', async () => {
    expect(await source(undefined)).toMatchObject({ state: 'fail', code: 'HAWSER_AWS_CREDENTIALS_MISSING' });
    expect(await source('nobody')).toMatchObject({ state: 'fail', code: 'HAWSER_AWS_CREDENTIALS_MISSING' });
  });

  test('credentials that have ended', async () => {
    const env = {
      AWS_ACCESS_KEY_ID: 'AKIDENV',
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_CREDENTIAL_EXPIRATION: '2020-01-01T00:00:00Z',
    };
    expect(await source(undefined, env)).toMatchObject({ state: 'fail', code: 'HAWSER_AWS_CREDENTIALS_EXPIRED' });
  });
});

/** Two places know how AWS's files are written: the token entry, which loads no SDK, and the SDK. */
describe('the credentials of the token entry', () => {
  const program = `credential_process = printf '{"Version":1,"AccessKeyId":"AKIDPROC","SecretAccessKey":"s"}'\n`;
  test.each<[string, string, string, string | undefined, Environment]>([
    ['the default profile', `[default]\n${fileKeys}`, '', undefined, {}],
    ['a named one', `[profile p]\n${fileKeys}`, '', 'p', {}],
    [
      'the credentials file',
      '[profile p]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = x\n',
      `[p]\n${fileKeys}`,
      'p',
      {},
    ],
    ['quotes', `[profile "a.b"]\n${fileKeys}`, '', 'a.b', {}],
    [
      'comments and empty lines',
      `# x\n\n; y\n[profile p] # z\n${fileKeys.replace('AKIDFILE', 'AKIDFILE # mine')}`,
      '',
      'p',
      {},
    ],
    ['nested settings', `[profile p]\ns3 =\n  aws_access_key_id = no\n${fileKeys}`, '', 'p', {}],
    [
      'the environment',
      `[default]\n${fileKeys}`,
      '',
      undefined,
      { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 's' },
    ],
    ['a program', `[profile p]\n${program}`, '', 'p', {}],
    [
      'a role',
      `[profile base]\n${fileKeys}[profile p]\nregion = eu-west-1\nrole_arn = ${ROLE}\nsource_profile = base\n`,
      '',
      'p',
      {},
    ],
    [
      'a role of itself',
      `[profile p]\nregion = eu-west-1\nrole_arn = ${ROLE}\nsource_profile = p\n${fileKeys}`,
      '',
      'p',
      {},
    ],
  ])('are the same that the SDK finds: %s', async (_, configText, credentialsText, profile, env) => {
    await config(configText);
    await writeFile(join(home, '.aws/credentials'), credentialsText);
    const set = environment.set({
      HOME: home,
      AWS_ENDPOINT_URL: aws.url,
      AWS_CONFIG_FILE: join(home, '.aws/config'),
      AWS_SHARED_CREDENTIALS_FILE: join(home, '.aws/credentials'),
      ...env,
    });
    const files = await readAwsFiles(set, home);
    const search = { profile, env: set, home, files, region: 'eu-west-1', stsEndpoint: aws.url, nowMs: Date.now() };
    const ours = await (await findCredentials(search))?.get();
    const theirs = await sdkCredentials({ profile, env: set });
    const { accessKeyId, secretAccessKey, sessionToken } = theirs;
    expect(ours).toMatchObject({ accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) });
  });
});

import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SsmChannelError, type SsmChannelErrorCode, ssmChannelErrors } from '@hawser/ssm-channel';
import { LinkError } from '../../src/link/failure.js';
import { classifyEnd, classifySsm } from '../../src/providers/ssm-failure.js';
import { findLogin } from '../../src/providers/ssm-login.js';

let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'hawser-login-'));
  await writeFile(
    join(home, 'config'),
    [
      '[default]',
      'region = eu-west-1',
      '[profile staging]',
      'sso_session = corp',
      '[profile "older one"]',
      'sso_start_url = https://corp.awsapps.com/start',
      '[profile deployer]',
      'role_arn = arn:aws:iam::123456789012:role/deployer',
      'source_profile = staging',
      '[profile loop]',
      'source_profile = loop',
      '[sso-session corp]',
      'sso_start_url = https://corp.awsapps.com/start',
    ].join('\n'),
  );
});
afterAll(async () => {
  await rm(home, { recursive: true });
});

const env = (more: Record<string, string> = {}) => ({ HOME: home, AWS_CONFIG_FILE: join(home, 'config'), ...more });
const cacheOf = (name: string) => join(home, '.aws/sso/cache', `${createHash('sha1').update(name).digest('hex')}.json`);

describe('the way back to fresh credentials', () => {
  test('is aws sso login of the profile, and its token cache is watched', async () => {
    expect(await findLogin('staging', env())).toMatchObject({
      command: 'aws sso login --profile staging',
      watch: cacheOf('corp'),
    });
    expect(await findLogin(undefined, env({ AWS_PROFILE: 'older one' }))).toMatchObject({
      command: "aws sso login --profile 'older one'",
      watch: cacheOf('https://corp.awsapps.com/start'),
    });
  });

  test('is that of the profile a role is assumed from', async () => {
    expect(await findLogin('deployer', env())).toMatchObject({
      command: 'aws sso login --profile deployer',
      watch: cacheOf('corp'),
    });
  });

  test('is the credentials file of profiles with keys, whatever a broken configuration says', async () => {
    for (const profile of ['loop', 'unheard-of']) {
      expect(await findLogin(profile, env())).toMatchObject({
        command: `aws configure --profile ${profile}`,
        watch: join(home, '.aws/credentials'),
      });
    }
    expect(await findLogin(undefined, { ...env(), AWS_CONFIG_FILE: '/nonexistent' })).toMatchObject({
      command: 'aws configure',
    });
  });

  test('is none for keys of the environment, which a running program does not see change', async () => {
    const login = await findLogin(undefined, env({ AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'x' }));
    expect(login.command).toBeUndefined();
    expect(login.hint).toContain('hawser net up');
  });
});

describe('the classification of failures', () => {
  const context = () => ({ via: { kind: 'ssm', target: 'web-1', profile: 'staging' }, env: env() }) as const;

  test('knows a cause for every code of the channel', async () => {
    const codes = Object.keys(ssmChannelErrors) as SsmChannelErrorCode[];
    const causes = await Promise.all(
      codes.map(async (code) => [code, (await classifySsm(new SsmChannelError(code, code), context())).cause]),
    );
    const causesOf = Object.fromEntries(causes) as Record<SsmChannelErrorCode, string>;
    expect(causesOf).toMatchObject({
      HAWSER_SSM_ENDPOINT_UNREACHABLE: 'unreachable',
      HAWSER_SSM_CERTIFICATE_REFUSED: 'tls',
      HAWSER_SSM_CLOCK_SKEW: 'auth',
      HAWSER_SSM_THROTTLED: 'throttled',
      HAWSER_SSM_SESSION_TIMED_OUT: 'expired',
      HAWSER_SSM_RESUME_REFUSED: 'expired',
      HAWSER_SSM_CONNECT_REFUSED: 'target-refused',
      HAWSER_SSM_REGION_MISSING: 'config',
      HAWSER_SSM_CREDENTIALS_EXPIRED: 'credentials',
    });
  });

  test('gives the login command with credentials that expired', async () => {
    const error = new SsmChannelError('HAWSER_SSM_CREDENTIALS_EXPIRED', 'gone');
    expect(await classifySsm(error, context())).toEqual({
      cause: 'credentials',
      message: 'gone',
      hint: 'Run aws sso login --profile staging; the tunnel goes on by itself.',
      permanent: true,
      authCommand: 'aws sso login --profile staging',
      watch: cacheOf('corp'),
    });
  });

  test('names the permission of the call that was refused', async () => {
    const hintOf = async (code: SsmChannelErrorCode, operation: string) =>
      (await classifySsm(new SsmChannelError(code, 'no', { details: { operation } }), context())).hint;
    expect(await hintOf('HAWSER_SSM_ACCESS_DENIED', 'GetConnectionStatus')).toContain('ssm:GetConnectionStatus');
    expect(await hintOf('HAWSER_SSM_KMS_DENIED', 'GenerateDataKey')).toContain('kms:GenerateDataKey');
  });

  test('tells a time limit from other ends of a session, and passes on what is classified', async () => {
    const end = { reason: 'exited', bytesIn: 0, bytesOut: 0 } as const;
    expect(await classifyEnd({ ...end, output: '' }, context())).toMatchObject({ cause: 'closed', permanent: false });
    const limit = 'Session reached its maximum duration.';
    expect(await classifyEnd({ ...end, output: limit }, context())).toMatchObject({
      cause: 'expired',
      message: `The session was ended from the far side: ${limit}`,
    });
    const error = new SsmChannelError('HAWSER_SSM_LINK_LOST', 'lost');
    expect((await classifyEnd({ ...end, output: '', error }, context())).cause).toBe('closed');
    const known = { cause: 'refused', message: 'no', hint: 'yes', permanent: false } as const;
    expect(await classifySsm(new LinkError(known), context())).toBe(known);
    expect((await classifySsm(new Error('odd'), context())).cause).toBe('other');
  });
});

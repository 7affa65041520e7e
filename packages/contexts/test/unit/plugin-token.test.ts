import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pluginToken, type PluginTokenOptions } from '@hawser/contexts/eks-token';
import { verifyEksToken } from '../../../../test/support/eks-verifier.js';
import {
  assumedRole,
  type AwsAnswer,
  type AwsStandIn,
  startAwsStandIn,
} from '../../../../test/support/aws-stand-in.js';

const NOW_MS = Date.UTC(2026, 4, 6, 7, 8, 9);
const SECRET = 'planted-SECRET-key-0123456789abcdef';
const role = {
  accessKeyId: 'ASIAROLE',
  secretAccessKey: `role-${SECRET}`,
  sessionToken: 'role-session',
  expiration: new Date(NOW_MS + 3_600_000),
};
const keys = {
  AKIDENV: { secretAccessKey: `env-${SECRET}` },
  AKIDFILE: { secretAccessKey: `file-${SECRET}` },
  AKIDPROC: { secretAccessKey: `proc-${SECRET}` },
  AKIDSSO: { secretAccessKey: `sso-${SECRET}`, sessionToken: 'sso-session' },
  ASIAROLE: role,
};
const inEnvironment = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: keys.AKIDENV.secretAccessKey };
const fileKeys = `aws_access_key_id = AKIDFILE\naws_secret_access_key = ${keys.AKIDFILE.secretAccessKey}\n`;

let home: string;
let sts: AwsStandIn;
let answer: () => AwsAnswer;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hawser-plugin-'));
  await mkdir(join(home, '.aws'));
  answer = () => assumedRole(role);
  sts = await startAwsStandIn(() => answer());
});
afterEach(async () => {
  await sts.close();
  await rm(home, { recursive: true, force: true });
});

const config = (text: string): Promise<void> => writeFile(join(home, '.aws/config'), text);
const token = (more: Partial<PluginTokenOptions> = {}) =>
  pluginToken({
    cluster: 'staging',
    region: 'eu-west-1',
    home,
    nowMs: NOW_MS,
    stsEndpoint: sts.url,
    ...more,
    env: { PATH: process.env['PATH'], ...more.env },
  });
const signer = async (more: Partial<PluginTokenOptions> = {}, host = 'sts.eu-west-1.amazonaws.com') => {
  const { token: made } = await token(more);
  return verifyEksToken(made, { cluster: 'staging', hosts: [host], keys, nowMs: NOW_MS });
};
const cacheFolder = (): string => join(home, '.cache/hawser/eks-tokens');

describe('credentials come from', () => {
  test('the environment, before a profile of the environment', async () => {
    await config(`[profile p]\n${fileKeys}`);
    expect(await signer({ env: { ...inEnvironment, AWS_PROFILE: 'p' } })).toEqual({ accessKeyId: 'AKIDENV' });
  });

  test('a profile that is named, before the environment', async () => {
    await config(`[profile p]\n${fileKeys}`);
    expect(await signer({ profile: 'p', env: inEnvironment })).toEqual({ accessKeyId: 'AKIDFILE' });
  });

  test('the default profile, in either file, at either place', async () => {
    await config(`# mine\n[default]\r\n${fileKeys}region = eu-west-1 ; here\n`);
    expect(await signer({ region: undefined })).toEqual({ accessKeyId: 'AKIDFILE' });
    await config('[default]\nregion = us-east-2\n');
    await writeFile(join(home, 'keys'), `[default]\n${fileKeys}`);
    const env = { AWS_SHARED_CREDENTIALS_FILE: join(home, 'keys') };
    expect(await signer({ region: undefined, env }, 'sts.us-east-2.amazonaws.com')).toEqual({
      accessKeyId: 'AKIDFILE',
    });
  });

  test('credential_process, whose words on stdout nobody sees', async () => {
    const printed = { Version: 1, AccessKeyId: 'AKIDPROC', SecretAccessKey: keys.AKIDPROC.secretAccessKey };
    await writeFile(join(home, 'out.json'), JSON.stringify(printed));
    await config(`[profile "my p"]\ncredential_process = cat '${home}/out.json'\n`);
    expect(await signer({ profile: 'my p' })).toEqual({ accessKeyId: 'AKIDPROC' });
    await config(`[profile p]\ncredential_process = cat '${home}/out.json'; exit 3\n`);
    const failure = await token({ profile: 'p' }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({
      code: 'HAWSER_AWS_CREDENTIALS_MISSING',
      message: 'The credential_process of the profile p ended with 3',
    });
    expect(JSON.stringify(failure)).not.toContain(SECRET);
    await config('[profile p]\ncredential_process = echo nonsense\n');
    await expect(token({ profile: 'p' })).rejects.toThrow('printed no credentials of version 1');
  });

  test('a role by its source profile, signed with the keys of that', async () => {
    await config(
      `[profile base]\n${fileKeys}[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n` +
        'external_id = e/1\nrole_session_name = me\nduration_seconds = 900\n',
    );
    expect(await signer({ profile: 'r' })).toEqual({ accessKeyId: 'ASIAROLE' });
    const [asked] = sts.asked;
    expect(Object.fromEntries(asked?.parameters ?? [])).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: 'arn:aws:iam::1:role/r',
      RoleSessionName: 'me',
      ExternalId: 'e/1',
      DurationSeconds: '900',
    });
    expect(asked?.authorization).toContain('Credential=AKIDFILE/20260506/eu-west-1/sts/aws4_request');
  });

  test('a role of a role, and the environment as its source', async () => {
    await config(
      '[profile a]\nrole_arn = arn:aws:iam::1:role/a\ncredential_source = Environment\n' +
        '[profile b]\nrole_arn = arn:aws:iam::1:role/b\nsource_profile = a\n',
    );
    expect(await signer({ profile: 'b', env: inEnvironment })).toEqual({ accessKeyId: 'ASIAROLE' });
    expect(sts.asked.map(({ parameters }) => parameters.get('RoleArn'))).toEqual([
      'arn:aws:iam::1:role/a',
      'arn:aws:iam::1:role/b',
    ]);
    await expect(token({ profile: 'a' })).rejects.toThrow('takes its keys from the environment, where there are none');
  });

  test('what the AWS CLI keeps of a sign-in, while it lasts', async () => {
    await config(
      '[profile s]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Admin\n' +
        '[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n',
    );
    const name = createHash('sha1')
      .update('{"accountId":"111122223333","roleName":"Admin","sessionName":"corp"}')
      .digest('hex');
    await mkdir(join(home, '.aws/cli/cache'), { recursive: true });
    const keep = (expires: number): Promise<void> =>
      writeFile(
        join(home, `.aws/cli/cache/${name}.json`),
        JSON.stringify({
          ProviderType: 'sso',
          Credentials: {
            AccessKeyId: 'AKIDSSO',
            SecretAccessKey: keys.AKIDSSO.secretAccessKey,
            SessionToken: 'sso-session',
            Expiration: new Date(expires).toISOString(),
          },
        }),
      );
    await keep(NOW_MS + 300_000);
    expect(await signer({ profile: 's' })).toEqual({ accessKeyId: 'AKIDSSO' });
    expect((await token({ profile: 's' })).expiresAt).toBe('2026-05-06T07:13:09Z');
  });

  test.each([
    ['no such profile', '', 'There is no profile p in '],
    ['a source that is not there', '[profile p]\nrole_arn = r\nsource_profile = q\n', 'takes its keys from q'],
    [
      'a circle',
      '[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nrole_arn = r\nsource_profile = p\n',
      'p → q → p lead in a circle',
    ],
    [
      'a code to be asked for',
      '[profile p]\nrole_arn = r\nsource_profile = p\nmfa_serial = m\n',
      'asks for a code (mfa_serial)',
    ],
  ])('nowhere: %s', async (_, text, message) => {
    await config(text);
    await expect(token({ profile: 'p' })).rejects.toMatchObject({
      code: 'HAWSER_AWS_CREDENTIALS_MISSING',
      message: expect.stringContaining(message),
    });
  });
});

describe('region and host', () => {
  test('are those of the AWS CLI, for FIPS and dual-stack too', async () => {
    await config(`[default]\n${fileKeys}region = ap-south-1\nuse_fips_endpoint = true\n`);
    expect(await signer({ region: undefined }, 'sts-fips.ap-south-1.amazonaws.com')).toHaveProperty('accessKeyId');
    const env = {
      ...inEnvironment,
      AWS_REGION: 'cn-north-1',
      AWS_USE_DUALSTACK_ENDPOINT: 'true',
      AWS_USE_FIPS_ENDPOINT: 'false',
    };
    const host = 'sts.cn-north-1.api.amazonwebservices.com.cn';
    expect(await signer({ region: undefined, env }, host)).toEqual({ accessKeyId: 'AKIDENV' });
  });

  test('must be known', async () => {
    await expect(token({ region: undefined, env: inEnvironment })).rejects.toMatchObject({
      code: 'HAWSER_AWS_REGION_MISSING',
      exitCode: 2,
    });
  });
});

describe('a role for the token', () => {
  const roleArn = 'arn:aws:iam::123456789012:role/ops';

  test('is assumed under the name the AWS CLI uses, and ends the token with its session', async () => {
    answer = () => assumedRole({ ...role, expiration: new Date(NOW_MS + 300_000) });
    expect(await signer({ roleArn, env: inEnvironment })).toEqual({ accessKeyId: 'ASIAROLE' });
    expect(sts.asked[0]?.parameters.get('RoleSessionName')).toBe('EKSGetTokenAuth');
    expect((await token({ roleArn, env: inEnvironment })).expiresAt).toBe('2026-05-06T07:13:09Z');
  });

  test.each<[string, AwsAnswer, string, string]>([
    [
      'denied',
      { status: 403, error: 'AccessDenied', message: 'not authorized to &lt;x&gt;' },
      'HAWSER_AWS_ACCESS_DENIED',
      'not authorized to <x>',
    ],
    ['expired', { status: 403, error: 'ExpiredToken' }, 'HAWSER_AWS_CREDENTIALS_EXPIRED', 'ExpiredToken'],
    [
      'unknown keys',
      { status: 403, error: 'InvalidClientTokenId' },
      'HAWSER_AWS_CREDENTIALS_REFUSED',
      'InvalidClientTokenId',
    ],
    ['throttled', { status: 400, error: 'Throttling' }, 'HAWSER_AWS_CALL_FAILED', 'Throttling'],
    ['broken', { status: 502, body: '<html>bad gateway' }, 'HAWSER_AWS_CALL_FAILED', 'HTTP 502'],
    ['somebody else', { body: 'hello' }, 'HAWSER_AWS_CALL_FAILED', 'is not STS'],
  ])('refused: %s', async (_, said, code, message) => {
    answer = () => said;
    const failure = await token({ roleArn, env: inEnvironment }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code, exitCode: 1, message: expect.stringContaining(message) });
    if (code === 'HAWSER_AWS_ACCESS_DENIED') {
      expect(failure).toMatchObject({
        hint: `Ask for sts:AssumeRole on ${roleArn}, and for its trust policy to name you.`,
      });
    }
    expect(JSON.stringify(failure)).not.toContain(SECRET);
  });

  test('from an STS that is not there', async () => {
    await sts.close();
    await expect(token({ roleArn, env: inEnvironment })).rejects.toMatchObject({ code: 'HAWSER_AWS_UNREACHABLE' });
    sts = await startAwsStandIn(() => undefined);
  });
});

describe('what is kept', () => {
  const roleArn = 'arn:aws:iam::123456789012:role/ops';
  const asRole = { roleArn, env: inEnvironment };

  test('is a token that cost a call, for as long as it is good, and for nobody else', async () => {
    const first = await token(asRole);
    expect(await token({ ...asRole, nowMs: NOW_MS + 12 * 60_000 })).toEqual(first);
    expect(sts.asked).toHaveLength(1);
    await token({ ...asRole, nowMs: NOW_MS + 13.5 * 60_000 });
    await token({ ...asRole, cluster: 'other' });
    await token({ ...asRole, roleArn: `${roleArn}2` });
    await token({ ...asRole, env: { ...inEnvironment, AWS_ACCESS_KEY_ID: 'AKIDOTHER' } });
    await token({ ...asRole, cache: false });
    expect(sts.asked).toHaveLength(6);
  });

  test('holds no key, and is 0600 in a folder that is 0700', async () => {
    const { token: made } = await token(asRole);
    expect((await stat(cacheFolder())).mode & 0o777).toBe(0o700);
    const names = await readdir(cacheFolder());
    expect(names).toHaveLength(1);
    const path = join(cacheFolder(), names[0] ?? '');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = await readFile(path, 'utf8');
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['token', 'expiresAt']);
    expect(text).toContain(made);
    expect(text).not.toContain(SECRET);
  });

  test('is nothing where the keys are at hand', async () => {
    await token({ env: inEnvironment });
    await expect(readdir(cacheFolder())).rejects.toThrow('ENOENT');
  });

  test('is made once for twenty that ask at once', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => token(asRole)));
    expect(new Set(tokens.map((one) => one.token)).size).toBe(1);
    expect(sts.asked).toHaveLength(1);
  });

  test('is made anew where somebody spoilt it, and swept a day later', async () => {
    await token(asRole);
    const [name = ''] = await readdir(cacheFolder());
    await writeFile(join(cacheFolder(), name), 'spoilt');
    await token(asRole);
    expect(sts.asked).toHaveLength(2);
    const old = new Date(NOW_MS - 25 * 3_600_000);
    await utimes(join(cacheFolder(), name), old, old);
    await token({ ...asRole, cluster: 'other' });
    const left = await readdir(cacheFolder());
    expect(left).toHaveLength(1);
    expect(left).not.toContain(name);
  });

  test('is not missed where nothing can be written', async () => {
    await writeFile(join(home, '.cache'), 'a file');
    await chmod(join(home, '.cache'), 0o400);
    expect(await signer(asRole)).toEqual({ accessKeyId: 'ASIAROLE' });
    answer = () => ({ status: 403, error: 'AccessDenied' });
    await expect(token(asRole)).rejects.toMatchObject({ code: 'HAWSER_AWS_ACCESS_DENIED' });
    expect(sts.asked).toHaveLength(2);
  });
});

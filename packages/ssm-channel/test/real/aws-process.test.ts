import { afterEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startFakeAws } from '../support/fake-aws.js';

const aws = new URL('../../dist/aws/index.js', import.meta.url).href;
const tls = new URL('../fixtures/tls/', import.meta.url);
const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-west-1' };

/** Asks AWS in a process of its own, where nothing of the test runner is in the way, and tells how it went. */
async function ask(
  options: Record<string, unknown>,
  env: Record<string, string>,
  expression = `api.startSession({ target: 'i-1' })`,
): Promise<{ result: { code?: string; message?: string; hint?: string; value?: unknown }; stderr: string }> {
  const program = `
    import { createAwsApi } from ${JSON.stringify(aws)};
    using(createAwsApi(${JSON.stringify(options)}));
    function using(api) {
      Promise.resolve(${expression}).then(
        (value) => console.log(JSON.stringify({ value })),
        ({ code, message, hint }) => console.log(JSON.stringify({ code, message, hint })),
      ).finally(() => api[Symbol.dispose]());
    }`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    env: { AWS_EC2_METADATA_DISABLED: 'true', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...env },
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  return { result: JSON.parse(stdout), stderr };
}

let folder: string | undefined;
afterEach(async () => {
  if (folder) await rm(folder, { recursive: true });
  folder = undefined;
});

describe('a process that asks AWS', () => {
  test('an endpoint that nobody serves is unreachable', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    const { result } = await ask({ endpointUrl: `http://127.0.0.1:${port}` }, keys);
    expect(result).toMatchObject({
      code: 'HAWSER_SSM_ENDPOINT_UNREACHABLE',
      message: `AWS cannot be reached for StartSession for i-1: connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });

  test('a certificate of a private authority is refused until its file is named', async () => {
    const options = {
      tls: {
        key: readFileSync(new URL('server.key', tls), 'utf8'),
        cert: readFileSync(new URL('server.pem', tls), 'utf8'),
      },
    };
    await using service = await startFakeAws(
      { StartSession: () => ({ body: { SessionId: 'me-1', StreamUrl: 'wss://g.example', TokenValue: 't' } }) },
      options,
    );
    const refused = await ask({ endpointUrl: service.endpoint }, keys);
    expect(refused.result.code).toBe('HAWSER_SSM_CERTIFICATE_REFUSED');
    const trusted = await ask(
      { endpointUrl: service.endpoint },
      { ...keys, AWS_CA_BUNDLE: fileURLToPath(new URL('ca.pem', tls)) },
    );
    expect(trusted.result.value).toMatchObject({ sessionId: 'me-1' });
  });

  test('no credentials anywhere is said so', async () => {
    const { result } = await ask({ region: 'eu-west-1' }, { HOME: '/nowhere' });
    expect(result.code).toBe('HAWSER_SSM_CREDENTIALS_MISSING');
  });

  test.each([
    ['dev', 'Log in again: aws sso login --profile dev'],
    [undefined, 'Log in again: aws sso login'],
  ])('an expired SSO session of profile %s tells the exact login command', async (profile, hint) => {
    folder = await mkdtemp(join(tmpdir(), 'hawser-sso-'));
    await mkdir(join(folder, '.aws'));
    const name = profile === undefined ? 'default' : `profile ${profile}`;
    await writeFile(
      join(folder, '.aws/config'),
      `[${name}]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = dev\nregion = eu-west-1\n` +
        `[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n`,
    );
    const { result, stderr } = await ask(profile === undefined ? {} : { profile }, { HOME: folder });
    expect(result).toMatchObject({ code: 'HAWSER_SSM_CREDENTIALS_EXPIRED', hint });
    expect(stderr).toBe('');
  });

  test('a profile that does not exist is named', async () => {
    const { result } = await ask({ profile: 'nobody', region: 'eu-west-1' }, { HOME: '/nowhere' });
    expect(result).toMatchObject({
      code: 'HAWSER_SSM_CREDENTIALS_MISSING',
      message: expect.stringContaining('nobody'),
    });
  });

  test('the region of the profile is taken, and keys of the environment before those of a profile only it names', async () => {
    folder = await mkdtemp(join(tmpdir(), 'hawser-config-'));
    await mkdir(join(folder, '.aws'));
    await writeFile(
      join(folder, '.aws/config'),
      '[profile dev]\nregion = sa-east-1\naws_access_key_id = DEV\naws_secret_access_key = s\n',
    );
    const { AWS_REGION: _, ...noRegion } = keys;
    const env = { ...noRegion, HOME: folder, AWS_PROFILE: 'dev' };
    expect((await ask({}, env, 'api.region()')).result.value).toBe('sa-east-1');
    expect((await ask({}, env, 'api.credentials()')).result.value).toMatchObject({ accessKeyId: 'AKIDEXAMPLE' });
    const named = await ask({ profile: 'dev' }, env, 'api.credentials()');
    expect(named.result.value).toMatchObject({ accessKeyId: 'DEV' });
    expect(named.stderr).toBe('');
  });

  test('importing loads no SDK, and signing an upgrade no client', async () => {
    const program = `
      import { createRequire } from 'node:module';
      import { createAwsApi } from ${JSON.stringify(aws)};
      const loaded = (pattern) => Object.keys(createRequire(${JSON.stringify(aws)}).cache).filter((file) => pattern.test(file)).length;
      const seen = [loaded(/@aws-sdk|@smithy/)];
      const api = createAwsApi();
      seen.push(loaded(/@aws-sdk|@smithy/));
      await api.upgrade.headers('wss://ssmmessages.eu-west-1.amazonaws.com/v1', {});
      seen.push(loaded(/client-(ssm|kms|ecs)/));
      await import('@aws-sdk/client-ssm');
      seen.push(loaded(/client-ssm/) > 0);
      console.log(JSON.stringify(seen));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...keys, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    });
    expect(JSON.parse(stdout)).toEqual([0, 0, 0, true]);
  });
});

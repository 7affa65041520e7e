import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { useEmulator } from '../support/emulator.js';
import { bin, useHawser } from '../support/hawser.js';

const hawser = useHawser();
const aws = useEmulator();

interface Check {
  readonly id: string;
  readonly state: string;
  readonly found: string;
  readonly next?: string;
  readonly facts: Readonly<Record<string, string>>;
}

async function checks(
  env: Record<string, string>,
  args: readonly string[] = [],
): Promise<{ found: Record<string, Check>; exitCode: number }> {
  const { json, exitCode } = await hawser.run(['doctor', 'ecs', '--json', ...args], { env });
  const { ok, data } = json as { ok: boolean; data: { checks: Check[] } };
  expect(ok).toBe(true);
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas/doctor.json'), 'utf8')) as object;
  const validate = new Ajv2020().compile(schema);
  validate(data);
  expect(validate.errors).toBeNull();
  return { found: Object.fromEntries(data.checks.map((check) => [check.id, check])), exitCode };
}

describe('doctor', () => {
  test('finds nothing missing where nothing is', async () => {
    const { found, exitCode } = await checks(aws.env);
    expect(found['aws-identity']).toMatchObject({
      state: 'ok',
      facts: { account: '123456789012', region: 'us-east-1' },
    });
    expect(exitCode).toBe(0);
  });

  test('people see what was found and what to do next; what is missing ends it with 1', async () => {
    const { stdout, exitCode } = await hawser.run(['doctor'], { env: { AWS_PROFILE: 'no-such' } });
    expect(stdout).toMatch(/✓ Node +\d+\.\d+\.\d+\n/);
    expect(stdout).toMatch(/✗ AWS identity +No AWS region is set\.\n +needed for ssm, .*\n +→ Pass --region/);
    expect(exitCode).toBe(1);
  });

  test.each([
    ['no credentials', { AWS_REGION: 'eu-west-1' }, 'HAWSER_SSM_CREDENTIALS_MISSING'],
    ['an endpoint that is not there', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, 'HAWSER_SSM_ENDPOINT_UNREACHABLE'],
    [
      'keys AWS does not know',
      { AWS_SECRET_ACCESS_KEY: 'not/the/right/secret/key/0000000000000000' },
      'HAWSER_SSM_CREDENTIALS_REFUSED',
    ],
  ])('says what is wrong with the AWS identity: %s', async (_, change, code) => {
    const keys = code === 'HAWSER_SSM_CREDENTIALS_MISSING' ? {} : aws.env;
    const { found, exitCode } = await checks({ ...keys, ...change });
    expect(found['aws-identity']).toMatchObject({ state: 'fail', facts: { code } });
    expect(found['aws-identity']?.next).toBeTruthy();
    expect(exitCode).toBe(1);
  });

  test('an expired SSO login gets the exact command', async () => {
    await mkdir(join(hawser.home, '.aws/sso/cache'), { recursive: true });
    await writeFile(
      join(hawser.home, '.aws/config'),
      '[profile team]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Admin\nregion = eu-west-1\n' +
        '[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n',
    );
    const { found } = await checks({}, ['--profile', 'team']);
    expect(found['aws-identity']).toMatchObject({ state: 'fail', next: 'Log in again: aws sso login --profile team' });
  });

  test('gives up waiting for AWS after --timeout', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const { found, exitCode } = await checks({ ...aws.env, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }, [
      '--timeout',
      '200ms',
    ]);
    silent.closeAllConnections();
    silent.close();
    expect(found['aws-identity']).toMatchObject({ state: 'fail', found: 'no answer within 0.2 s' });
    expect(exitCode).toBe(1);
  });

  describe('with a session-manager-plugin on PATH', () => {
    const folder = (name: string): string => join(hawser.home, name);
    beforeAll(async () => {
      for (const name of ['official', 'broken']) await mkdir(folder(name), { recursive: true });
      // Stands in for a compiled program: no script, and found by its first bytes.
      await writeFile(join(folder('official'), 'session-manager-plugin'), readFileSync('/bin/true'));
      await writeFile(join(folder('broken'), 'session-manager-plugin'), '#!/bin/sh\necho nonsense\n');
      for (const name of ['official', 'broken']) await chmod(join(folder(name), 'session-manager-plugin'), 0o755);
    });
    const path = (name: string) => ({ ...aws.env, PATH: `${folder(name)}:${process.env['PATH'] ?? ''}` });

    test('tells ours by name and version', async () => {
      const args = ['emulate', 'ssm', '--', process.execPath, bin, 'doctor', 'ssm', '--json'];
      const { json } = await hawser.run(args);
      const { data } = json as { data: { checks: Check[] } };
      expect(data.checks.find(({ id }) => id === 'session-manager-plugin')).toMatchObject({
        state: 'ok',
        facts: { kind: 'hawser', version: expect.stringMatching(/^\d+(\.\d+){3}$/) },
      });
    });

    test('tells the official one, where it is compiled', async () => {
      const { found } = await checks(path('official'));
      expect(found['session-manager-plugin']).toMatchObject({ facts: { kind: 'official' } });
    });

    test('warns of one that says no version, and warnings do not fail', async () => {
      const { found, exitCode } = await checks(path('broken'));
      expect(found['session-manager-plugin']).toMatchObject({ state: 'warn' });
      expect(exitCode).toBe(0);
    });
  });

  test('a state folder that cannot be written fails', async () => {
    const file = join(hawser.home, 'a-file');
    await writeFile(file, '');
    const env = { HAWSER_STATE_DIR: join(file, 'state') };
    const { json, exitCode } = await hawser.run(['doctor', 'hawser', '--json'], { env });
    const { data } = json as { data: { checks: Check[] } };
    expect(data.checks.find(({ id }) => id === 'state-folder')).toMatchObject({ state: 'fail' });
    expect(exitCode).toBe(1);
  });
});

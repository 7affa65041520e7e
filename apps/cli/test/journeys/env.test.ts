import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ENV_FORMATS } from '@hawser/contexts';
import { PLANTED, type VaultStandIn, startVault } from '../../../../test/support/vault-stand-in.js';
import { formats } from '../../src/env/flags.js';
import { useHawser } from '../support/hawser.js';
import { expectSchema } from '../support/schema.js';

const hawser = useHawser();
let project = '';
beforeEach(() => {
  project = mkdtempSync(join(hawser.home, 'p-'));
  mkdirSync(join(project, '.git'));
});

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  hawser.run(['env', ...args], { cwd: project, env });

const text = (target = 'staging') => readFileSync(join(project, `.env.${target}`), 'utf8');

interface Failure {
  readonly error: { readonly code: string; readonly exitCode: number; readonly message: string; readonly hint: string };
}

const failure = (json: unknown) => (json as Failure).error;

describe('hawser env', () => {
  test('writes the file in the project’s root, says where each value is from, and its JSON keeps its schema', async () => {
    const below = join(project, 'src');
    mkdirSync(below);
    const flags = ['--target', 'staging', '--prefect-url', 'http://127.0.0.1:4300/api', '--explain'];
    const { stdout, exitCode } = await hawser.run(['env', 'write', ...flags], { cwd: below });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      [
        '  + PREFECT_API_URL=http://127.0.0.1:4300/api',
        '      from --prefect-url (flag)',
        "      not http://127.0.0.1:4200/api from Prefect's own port (default)",
      ].join('\n'),
    );
    expect(text()).toContain('PREFECT_API_URL=http://127.0.0.1:4300/api\n');
    expect(statSync(join(project, '.env.staging')).mode & 0o777).toBe(0o600);
    const { json } = await run(['diff', '--json', '--allow-network']);
    expectSchema('env-diff', (json as { readonly data: unknown }).data);
  });

  test('does nothing twice, and names what would change without --overwrite', async () => {
    await run(['write']);
    const before = text();
    const again = await run(['write', '--json']);
    expect(again.json).toMatchObject({ ok: true, data: { action: 'unchanged' } });
    const changed = await run(['write', '--allow-network', '--json']);
    expect([changed.exitCode, failure(changed.json).code]).toEqual([2, 'HAWSER_ENV_EXISTS']);
    expect(failure(changed.json).message).toContain('ALLOW_NETWORK_RESEARCH');
    expect(text()).toBe(before);
    expect((await run(['write', '--allow-network', '--overwrite'])).exitCode).toBe(0);
    expect(text()).toMatch(/FEATURE_ENABLE_REMOTE_RESEARCH=true\nALLOW_NETWORK_RESEARCH=true\n/);
  });

  test('check ends with 1 when the file is missing or stale, and diff shows by which names', async () => {
    const missing = await run(['check', '--json']);
    expect([missing.exitCode, failure(missing.json).code]).toEqual([1, 'HAWSER_ENV_STALE']);
    expect((await run(['diff'])).stdout).toContain('  + PREFECT_API_URL\n');
    await run(['write']);
    expect((await run(['check'])).exitCode).toBe(0);
    const stale = await run(['check', '--openlineage-url', 'http://127.0.0.1:5999']);
    expect([stale.exitCode, stale.stderr]).toEqual([1, expect.stringContaining('is out of date: OPENLINEAGE_URL.')]);
  });

  test.each([
    [['--prefect-url', 'http://127.0.0.1:4200'], 'Say http://127.0.0.1:4200/api.'],
    [['--openlineage-url', 'http://127.0.0.1:5000/api/v1'], 'Say http://127.0.0.1:5000.'],
    [['--target', '../evil'], 'Use up to 64 letters, digits, dots, dashes and underscores'],
  ])('%j is an error that explains itself', async (flags, hint) => {
    const { exitCode, json } = await run(['write', ...flags, '--json']);
    expect([exitCode, failure(json).code]).toEqual([2, 'HAWSER_ENV_BAD_INPUT']);
    expect(failure(json).hint).toContain(hint);
    expect(readdirSync(project)).not.toContain('.env.staging');
  });

  test('refuses what has no portable spelling, and names the formats that have one', async () => {
    const { exitCode, json } = await run(['write', '--prefect-url', 'http://127.0.0.1:4200/~x/api', '--json']);
    expect([exitCode, failure(json).code]).toEqual([2, 'HAWSER_ENV_VALUE_REFUSED']);
    expect(failure(json).hint).toMatch(/^These formats can hold it: posix, dotenv,/);
  });

  test('knows the formats of the library, and keeps the one that is there', async () => {
    expect(formats).toEqual(ENV_FORMATS);
    expect((await run(['write', '--format', 'fish'])).exitCode).toBe(0);
    expect(text()).toContain('set -gx ALLOW_NETWORK_RESEARCH false\n');
    expect((await run(['check', '--json'])).json).toMatchObject({ data: { format: 'fish', stale: false } });
  });

  test('takes the context that ctx init recorded', async () => {
    const made = await hawser.run(
      ['ctx', 'init', 'staging', '--prefect-url', 'https://prefect.corp.example/api', '--no-kube', '--yes'],
      { cwd: project },
    );
    expect(made.exitCode).toBe(0);
    expect((await run(['write', '--explain'])).stdout).toContain('from the context staging (context)');
    expect(text()).toContain('HAWSER_PREFECT_PROFILE=hawser-staging\n');
  });
});

describe('hawser env with tunnels', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    await hawser.run(['net', 'down', '--all'], { cwd: project });
  });
  afterAll(() => void server.close());

  test('takes the port of a live tunnel, and refuses that of one that nobody answers for', async () => {
    const { port } = server.address() as AddressInfo;
    writeFileSync(
      join(project, 'tunnels.yaml'),
      [
        'sets:',
        '  staging:',
        '    via: {kind: direct}',
        '    tunnels:',
        `      prefect: {local: 0, to: "127.0.0.1:${port}"}`,
        '',
      ].join('\n'),
    );
    const up = await hawser.run(['net', 'up', 'staging', '--json'], { cwd: project });
    expect(up.exitCode).toBe(0);
    const { stdout } = await run(['write', '--explain']);
    expect(stdout).toContain('from the tunnel prefect of staging (tunnel)');
    const [, local] = /PREFECT_API_URL=http:\/\/127\.0\.0\.1:(\d+)\/api\n/.exec(text()) ?? [];
    expect(Number(local)).toBeGreaterThan(0);
    const net = JSON.parse(readFileSync(join(project, '.hawser/net.json'), 'utf8')) as {
      readonly data: { readonly supervisor: { readonly identity: { readonly pid: number } } };
    };
    process.kill(net.data.supervisor.identity.pid, 'SIGKILL');
    const dead = await run(['write', '--json']);
    expect([dead.exitCode, failure(dead.json).code]).toEqual([1, 'HAWSER_ENV_TUNNEL_DEAD']);
    expect(failure(dead.json).message).toContain(`port ${local}`);
  });
});

describe('hawser env with Vault', () => {
  let vault: VaultStandIn;
  beforeAll(async () => {
    vault = await startVault();
  });
  afterAll(async () => {
    await vault.close();
  });

  test('writes secrets only with --with-secrets, and tells them nowhere else', async () => {
    const env = { ...vault.env, HAWSER_VAULT_TOKEN: PLANTED.token };
    const said: string[] = [];
    const tell = async (args: readonly string[]) => {
      const { stdout, stderr, exitCode } = await run([...args, '--debug'], env);
      said.push(stdout, stderr);
      return exitCode;
    };
    expect(await tell(['write', '--explain'])).toBe(0);
    expect(text()).not.toContain('PREFECT_API_KEY');
    expect(said.join('')).toContain('PREFECT_API_KEY (kv/hawser/prefect of Vault) is a secret and is left out');
    const secrets = ['--with-secrets', '--format', 'posix'];
    expect(await tell(['write', ...secrets, '--overwrite', '--explain'])).toBe(0);
    expect(text()).toContain(`PREFECT_API_KEY=${PLANTED.apiKey}\n`);
    expect(await tell(['diff', ...secrets, '--json', '--explain'])).toBe(0);
    expect(await tell(['check', ...secrets])).toBe(0);
    vault.fault = 'echo';
    expect(await tell(['write', '--with-secrets'])).toBe(1);
    const state = join(project, '.hawser');
    if (existsSync(state)) for (const name of readdirSync(state)) said.push(readFileSync(join(state, name), 'utf8'));
    for (const planted of Object.values(PLANTED)) expect(said.join('\n')).not.toContain(planted);
  });

  test('a file that others may read is closed before a secret goes in', async () => {
    vault.fault = undefined;
    writeFileSync(join(project, '.env.staging'), 'EDITOR=vim\n');
    chmodSync(join(project, '.env.staging'), 0o644);
    const env = { ...vault.env, HAWSER_VAULT_TOKEN: PLANTED.token };
    expect((await run(['write', '--with-secrets', '--format', 'dotenv'], env)).exitCode).toBe(0);
    expect(statSync(join(project, '.env.staging')).mode & 0o777).toBe(0o600);
    expect(text()).toMatch(/^EDITOR=vim\n/);
  });
});

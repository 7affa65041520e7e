import { describe, expect, test } from '@jest/globals';
import { ContextsError } from '../../src/errors.js';
import { envContext } from '../../src/env/context.js';
import { type PlanEnvOptions, planEnv } from '../../src/env/plan.js';
import { envFileName } from '../../src/env/target.js';
import type { LiveTunnel } from '../../src/types.js';

const tunnel = (name: string, port: number, more: Partial<LiveTunnel> = {}): LiveTunnel => ({
  name,
  port,
  set: 'staging',
  host: '127.0.0.1',
  healthy: true,
  env: {},
  ...more,
});

const lookup =
  (live: readonly LiveTunnel[], dead: readonly { name: string; port: number }[] = []) =>
  () =>
    Promise.resolve({ live, dead });

const context = {
  name: 'staging',
  prefectApiUrl: 'https://prefect.corp.example/api',
  prefectProfile: 'hawser-staging',
  kubernetesNamespace: 'jobs',
};

async function linesOf(options: Partial<PlanEnvOptions>): Promise<Record<string, string>> {
  const { lines } = await planEnv({ target: 'staging', ...options });
  return Object.fromEntries(lines.map(({ name, value, source }) => [name, `${value} (${source})`]));
}

async function errorOf(options: Partial<PlanEnvOptions>): Promise<ContextsError> {
  const error: unknown = await planEnv({ target: 'staging', ...options }).catch((thrown: unknown) => thrown);
  if (error instanceof ContextsError) return error;
  throw new Error('it succeeded');
}

describe('the plan of an env file', () => {
  test('has the lines of every target, in order, from defaults', async () => {
    const { lines } = await planEnv({ target: 'staging' });
    expect(lines.map(({ name, value }) => `${name}=${value}`)).toEqual([
      'PREFECT_API_URL=http://127.0.0.1:4200/api',
      'OPENLINEAGE_URL=http://127.0.0.1:5000',
      'FEATURE_ENABLE_REMOTE_RESEARCH=false',
      'ALLOW_NETWORK_RESEARCH=false',
    ]);
  });

  test('takes flag before tunnel before context before default, and says what lost', async () => {
    const tunnels = lookup([tunnel('prefect', 4201), tunnel('marquez', 5001, { host: '::1' })]);
    expect(await linesOf({ tunnels, context, prefectUrl: 'http://127.0.0.1:9/api', allowNetwork: true })).toEqual({
      PREFECT_API_URL: 'http://127.0.0.1:9/api (flag)',
      OPENLINEAGE_URL: 'http://[::1]:5001 (tunnel)',
      HAWSER_PREFECT_PROFILE: 'hawser-staging (context)',
      HAWSER_KUBE_NAMESPACE: 'jobs (context)',
      FEATURE_ENABLE_REMOTE_RESEARCH: 'true (flag)',
      ALLOW_NETWORK_RESEARCH: 'true (flag)',
    });
    const { lines } = await planEnv({ target: 'staging', tunnels, context });
    expect(lines[0]).toMatchObject({
      value: 'http://127.0.0.1:4201/api',
      detail: 'the tunnel prefect of staging',
      lost: [
        { value: 'https://prefect.corp.example/api', source: 'context', detail: 'the context staging' },
        { value: 'http://127.0.0.1:4200/api', source: 'default' },
      ],
    });
    expect((await linesOf({ context }))['PREFECT_API_URL']).toBe('https://prefect.corp.example/api (context)');
  });

  test('takes the variables a tunnel hands out, of the set named like the target where there is one', async () => {
    const env = { DATABASE_HOST: '127.0.0.1', PREFECT_API_URL: 'http://127.0.0.1:4300/api' };
    const live = [
      tunnel('prefect', 4300, { env }),
      tunnel('prefect', 4400, { set: 'production', env: { PREFECT_API_URL: 'http://127.0.0.1:4400/api' } }),
    ];
    expect(await linesOf({ tunnels: lookup(live) })).toMatchObject({
      PREFECT_API_URL: 'http://127.0.0.1:4300/api (tunnel)',
      DATABASE_HOST: '127.0.0.1 (tunnel)',
    });
    expect((await linesOf({ target: 'production', tunnels: lookup(live) }))['PREFECT_API_URL']).toBe(
      'http://127.0.0.1:4400/api (tunnel)',
    );
  });

  test('refuses the port of a tunnel that nobody answers for, whoever names it', async () => {
    const dead = [{ name: 'prefect', port: 4200 }];
    expect(await errorOf({ tunnels: lookup([], dead) })).toMatchObject({
      code: 'HAWSER_ENV_TUNNEL_DEAD',
      exitCode: 1,
      message: 'PREFECT_API_URL would lead to port 4200, but nobody answers for the tunnel prefect that had it.',
    });
    const toIt = { ...context, prefectApiUrl: 'http://localhost:4777/api' };
    const other = lookup([], [{ name: 'p2', port: 4777 }]);
    expect((await errorOf({ context: toIt, tunnels: other })).code).toBe('HAWSER_ENV_TUNNEL_DEAD');
    expect((await errorOf({ prefectUrl: 'http://127.0.0.1:4777/api', tunnels: other })).code).toBe(
      'HAWSER_ENV_TUNNEL_DEAD',
    );
    expect((await linesOf({ tunnels: lookup([], dead), allowOffline: true }))['PREFECT_API_URL']).toBe(
      'http://127.0.0.1:4200/api (tunnel)',
    );
    // Somebody else has the port now, and answers.
    expect((await linesOf({ tunnels: lookup([tunnel('prefect', 4200)], dead) }))['PREFECT_API_URL']).toContain('4200');
  });

  test.each([
    ['http://127.0.0.1:4200', 'Say http://127.0.0.1:4200/api.'],
    ['http://127.0.0.1:4200/', 'Say http://127.0.0.1:4200/api.'],
    ['ftp://127.0.0.1/api', 'It looks like http://127.0.0.1:4200/api.'],
    ['not a url', 'It looks like http://127.0.0.1:4200/api.'],
  ])("Prefect's address %s is an error that says what would be right", async (prefectUrl, hint) => {
    const error = await errorOf({ prefectUrl });
    expect(error).toMatchObject({ code: 'HAWSER_ENV_BAD_INPUT', exitCode: 2, hint });
    expect(error.message).toContain('PREFECT_API_URL (--prefect-url)');
  });

  test.each([
    ['http://127.0.0.1:5000/api/v1', '/api/api/v1/lineage'],
    ['http://127.0.0.1:5000/api/v1/', '/api/v1/api/v1/lineage'],
    ['http://127.0.0.1:5000/marquez/', '/marquez/api/v1/lineage'],
  ])("OpenLineage's address %s is an error that says where clients would post to", async (openlineageUrl, posted) => {
    const error = await errorOf({ openlineageUrl });
    expect(error.message).toContain(`would post to ${posted}.`);
    expect(error.hint).toBe('Say http://127.0.0.1:5000.');
  });

  test('an OpenLineage address of another kind is refused, a slash at its end is not', async () => {
    expect((await errorOf({ openlineageUrl: 'kafka://broker' })).message).toContain('is no address of an HTTP server');
    expect((await linesOf({ openlineageUrl: 'https://lineage.example/' }))['OPENLINEAGE_URL']).toBe(
      'https://lineage.example (flag)',
    );
  });

  test('a login in an address is a secret: refused where it has a variable of its own, else left out', async () => {
    for (const options of [
      { openlineageUrl: 'http://me:planted-word@127.0.0.1:5000' },
      { openlineageUrl: 'kafka://me:planted-word@127.0.0.1' },
      { prefectUrl: 'http://me:planted-word@127.0.0.1:4200/api' },
    ]) {
      const { message, hint } = await errorOf(options);
      expect(message + hint).not.toContain('planted-word');
    }
    const env = { DATABASE_URL: 'postgres://me:planted-word@127.0.0.1:5432/db' };
    const tunnels = lookup([tunnel('db', 5432, { env })]);
    const plan = await planEnv({ target: 'staging', tunnels });
    expect(JSON.stringify(plan)).not.toContain('planted-word');
    expect(plan.warnings[0]).toMatch(/^DATABASE_URL .* is a secret and is left out/);
    const open = await planEnv({ target: 'staging', tunnels, withSecrets: true });
    expect(open.lines.find(({ name }) => name === 'DATABASE_URL')).toMatchObject({ secret: true });
  });

  test('a variable of a tunnel that no shell could have is refused', async () => {
    const tunnels = lookup([tunnel('db', 1, { env: { 'A-B': 'x' } })]);
    expect((await errorOf({ tunnels })).message).toBe("'A-B' (the tunnel db of staging) is no name of a variable.");
  });

  test.each(['../x', '', '.', 'a/b', 'a b', '-x', 'x'.repeat(65), 'x\n'])('the target %j is refused', (target) => {
    expect(() => envFileName(target)).toThrow(/is no name of a target/);
  });

  test('the context is the one named like the target, else the current one', () => {
    const record = (profile: string) => ({
      prefect: { profile, apiUrl: 'https://x.example/api' },
      kubernetes: { context: 'c', cluster: 'c', namespace: 'jobs' },
      createdAt: '',
      updatedAt: '',
      written: [],
      history: [],
    });
    const data = { current: 'dev', contexts: { dev: record('of-dev'), staging: record('of-staging') } };
    expect(envContext(data, 'staging')).toEqual({
      name: 'staging',
      prefectApiUrl: 'https://x.example/api',
      prefectProfile: 'of-staging',
      kubernetesNamespace: 'jobs',
    });
    expect(envContext(data, 'production')?.prefectProfile).toBe('of-dev');
    expect(envContext({ contexts: {} }, 'staging')).toBeUndefined();
    expect(envContext(data, 'constructor')?.name).toBe('dev');
  });
});

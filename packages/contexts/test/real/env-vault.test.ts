import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ContextsError } from '../../src/errors.js';
import { planEnv } from '../../src/env/plan.js';
import { readVault, vaultSettings } from '../../src/env/vault.js';
import { PLANTED, type VaultFault, type VaultStandIn, startVault } from '../../../../test/support/vault-stand-in.js';

let vault: VaultStandIn;
beforeAll(async () => {
  vault = await startVault();
});
afterEach(() => {
  vault.fault = undefined;
});
afterAll(async () => {
  await vault.close();
});

const withToken = () => ({ ...vault.env, HAWSER_VAULT_TOKEN: PLANTED.token });

/** The error of an attempt, after making sure that nothing planted is in it. */
async function errorOf(attempt: Promise<unknown>): Promise<ContextsError> {
  const error: unknown = await attempt.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ContextsError)) throw error;
  const shown = [error.message, error.hint, JSON.stringify(error.details), error.stack, String(error.cause)].join('\n');
  for (const planted of Object.values(PLANTED)) expect(shown).not.toContain(planted);
  return error;
}

async function read(
  env: Readonly<Record<string, string>>,
  answerWithinMs = 5_000,
): Promise<ReadonlyMap<string, string>> {
  const settings = vaultSettings(env);
  if (settings === undefined) throw new Error('no address of Vault');
  return await readVault(settings, { answerWithinMs });
}

describe('Vault', () => {
  test('gives the secret as variables, to a token', async () => {
    expect(Object.fromEntries(await read({ ...withToken(), HAWSER_VAULT_NAMESPACE: 'team/a' }))).toEqual({
      PREFECT_API_KEY: PLANTED.apiKey,
      PREFECT_API_URL: 'https://prefect.corp.example/api',
      EXTRA_SETTING: 'from vault',
    });
    expect(vault.requests.at(-1)).toBe('GET /v1/kv/data/hawser/prefect namespace=team/a');
  });

  test("exchanges the job's OIDC token for one of its own", async () => {
    const values = await read({ ...vault.env, ...vault.job, HAWSER_VAULT_ROLE: 'deployer' });
    expect(values.get('PREFECT_API_KEY')).toBe(PLANTED.apiKey);
    expect(vault.requests.slice(-3).map((request) => request.split(' namespace')[0])).toEqual([
      'GET /oidc?v=2&audience=hawser',
      'POST /v1/auth/github/login',
      'GET /v1/kv/data/hawser/prefect',
    ]);
  });

  test('is not there without an address, and a token never goes over the network in clear', async () => {
    expect(vaultSettings({})).toBeUndefined();
    expect(
      (await errorOf((async () => vaultSettings({ HAWSER_VAULT_ADDR: 'http://vault.corp.example' }))())).message,
    ).toBe('HAWSER_VAULT_ADDR is no https address.');
  });

  test('without a login says what is needed', async () => {
    expect((await errorOf(read(vault.env))).message).toMatch(/neither HAWSER_VAULT_TOKEN nor HAWSER_VAULT_ROLE/);
    expect((await errorOf(read({ ...vault.env, ...vault.job, HAWSER_VAULT_ROLE: 'nobody' }))).message).toBe(
      'Cannot log in at auth/github/login: Vault answered 400.',
    );
    expect(
      (
        await errorOf(
          read({ ...vault.env, ...vault.job, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x', HAWSER_VAULT_ROLE: 'deployer' }),
        )
      ).message,
    ).toBe('Cannot ask GitHub for an OIDC token: it answered 401.');
  });

  test.each<[VaultFault, RegExp]>([
    ['sealed', /answered 503 \(sealed\)/],
    ['denied', /answered 403 \(permission denied\)/],
    ['slow', /no answer within 0\.05 s/],
    ['garbage', /is no JSON/],
    ['redirect', /unexpected redirect/],
    ['kv-1', /no secret of KV version 2/],
    ['echo', /answered 500\.$/],
    ['endless', /too long/],
  ])('%s is an error that explains itself and tells no secret', async (fault, words) => {
    vault.fault = fault;
    const error = await errorOf(read(withToken(), fault === 'slow' ? 50 : 5_000));
    expect(error.code).toBe('HAWSER_ENV_VAULT_FAILED');
    expect(error.message).toMatch(words);
    expect(error.hint).toMatch(/\.$/);
  });

  test('names what to check for a wrong mount, and a secret that is no text', async () => {
    const error = await errorOf(read({ ...withToken(), HAWSER_VAULT_KV_MOUNT: 'secret' }));
    expect(error.message).toBe('Cannot read secret/data/hawser/prefect: Vault answered 404 (nothing there).');
    expect(error.hint).toContain('HAWSER_VAULT_KV_MOUNT');
    const odd = await startVault({ nested: { a: 1 }, count: 3 });
    const settings = { ...odd.env, HAWSER_VAULT_TOKEN: PLANTED.token };
    expect((await errorOf(read(settings))).message).toBe('The key nested of the secret in Vault holds no text.');
    await odd.close();
    expect((await errorOf(read(settings))).message).toMatch(/^Cannot read .*ECONNREFUSED/);
  });
});

describe('an env file with Vault', () => {
  test('takes the address where nothing stronger gives one, and secrets only when asked to', async () => {
    const plan = await planEnv({ target: 'staging', env: withToken() });
    expect(plan.lines.find(({ name }) => name === 'PREFECT_API_URL')).toMatchObject({
      value: 'https://prefect.corp.example/api',
      source: 'vault',
      detail: 'kv/hawser/prefect of Vault',
    });
    expect(plan.warnings).toEqual([
      'PREFECT_API_KEY (kv/hawser/prefect of Vault) is a secret and is left out; --with-secrets writes it.',
      'EXTRA_SETTING (kv/hawser/prefect of Vault) is a secret and is left out; --with-secrets writes it.',
    ]);
    const open = await planEnv({ target: 'staging', env: withToken(), withSecrets: true });
    expect(open.lines.find(({ name }) => name === 'PREFECT_API_KEY')).toMatchObject({
      value: PLANTED.apiKey,
      secret: true,
    });
  });

  test('is not asked when a flag says where Prefect is and no secret is wanted', async () => {
    const before = vault.requests.length;
    await planEnv({ target: 'staging', env: withToken(), prefectUrl: 'http://127.0.0.1:4200/api' });
    expect(vault.requests).toHaveLength(before);
  });
});

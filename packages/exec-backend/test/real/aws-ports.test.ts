import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startAwsEmulator } from '@hawser/emulators/aws';
import type { AwsEmulator } from '@hawser/emulators/aws';
import fc from 'fast-check';
import { stackNames } from '../../src/aws/names.js';
import { createParameterSecrets } from '../../src/aws/secrets/parameters.js';
import { openParameterSigner } from '../../src/aws/secrets/signer.js';
import { openAccount } from '../../src/aws/stack/account.js';
import { createDynamoStore } from '../../src/aws/store/dynamo-store.js';
import { createMemoryStore } from '../../src/index.js';
import type { Secrets, Store } from '../../src/index.js';
import { scale } from '../../../../test/support/scale.js';
import { makeTable } from '../support/lambda-service.js';

let aws: AwsEmulator;
let account: ReturnType<typeof openAccount>;
let store: Store;
let secrets: Secrets;

beforeAll(async () => {
  aws = await startAwsEmulator();
  Object.assign(process.env, aws.env, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
  account = openAccount({ requestHandler: { requestTimeout: 1_000, throwOnRequestTimeout: true } });
  await makeTable(account, 'rows');
  store = createDynamoStore({ table: 'rows', client: () => account.dynamoDb(), pause: () => Promise.resolve() });
  secrets = createParameterSecrets({
    stack: 'ports',
    client: () => account.ssm(),
    nowMs: () => Date.UTC(2026, 0, 1),
    pause: () => Promise.resolve(),
  });
});

afterEach(() => {
  aws.faults = {};
});

afterAll(async () => {
  account[Symbol.dispose]();
  await aws.close();
});

describe('rows in DynamoDB', () => {
  test('whatever is done to them, they are as rows in memory are', async () => {
    const key = fc.constantFrom('a', 'b', 'B', 'a/1', 'a/2', 'é', '\u{1f600}', '\uffee', 'zz');
    const step = fc.oneof(
      fc.record({ do: fc.constant('put' as const), key, data: fc.jsonValue(), expected: fc.nat(3) }),
      fc.record({ do: fc.constant('remove' as const), key, expected: fc.nat(3) }),
      fc.record({
        do: fc.constant('list' as const),
        prefix: fc.option(fc.constantFrom('a', 'a/', 'é', 'x'), { nil: undefined }),
        after: fc.option(key, { nil: undefined }),
        limit: fc.integer({ min: 1, max: 5 }),
        backwards: fc.boolean(),
      }),
    );
    let partition = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 24 }), async (steps) => {
        const name = `P#${(partition += 1)}`;
        const model = createMemoryStore();
        for (const one of steps) {
          const [real, wanted] = await Promise.all(
            [store, model].map((where): Promise<unknown> => {
              if (one.do === 'put') {
                const row = { partition: name, key: one.key, data: one.data, expiresAtMs: 1_900_000_000_123 };
                return where.put(row, one.expected);
              }
              if (one.do === 'remove') return where.remove(name, one.key, one.expected);
              return where.list(name, one);
            }),
          );
          expect(real).toEqual(wanted);
        }
        for (const row of await model.list(name, { limit: 100 })) expect(await store.get(name, row.key)).toEqual(row);
      }),
      { numRuns: scale(25, 500) },
    );
  });

  test('of twenty who write at once one is the first, and a lost answer takes its write back from nobody', async () => {
    const write = (who: number): Promise<number | undefined> =>
      store.put({ partition: 'RACE', key: 'k', data: who }, 0);
    const race = await Promise.all(Array.from({ length: 20 }, (_, who) => write(who)));
    expect(race.filter((version) => version === 1)).toHaveLength(1);
    aws.faults = { loseAnswers: { 'dynamodb:PutItem': 1, 'dynamodb:DeleteItem': 1 } };
    expect(await store.put({ partition: 'RACE', key: 'lost', data: 'mine' }, 0)).toBe(1);
    expect(await store.remove('RACE', 'lost', 1)).toBe(true);
    expect(await store.get('RACE', 'lost')).toBeUndefined();
  });

  test('a page holds no more than 1 MB, and a list all the same all that was asked for', async () => {
    const data = 'x'.repeat(300_000);
    for (const key of ['1', '2', '3', '4', '5', '6']) await store.put({ partition: 'BIG', key, data }, 0);
    expect((await store.list('BIG', { limit: 5 })).map(({ key }) => key)).toEqual(['1', '2', '3', '4', '5']);
  });

  test('a table that throttles is asked again, and one that fails is said', async () => {
    aws.faults = { throttle: { 'dynamodb:GetItem': { perSecond: 4, burst: 1 } } };
    const patient = createDynamoStore({ table: 'rows', client: () => account.dynamoDb() });
    expect(await Promise.all([patient.get('A', 'b'), patient.get('A', 'c')])).toEqual([undefined, undefined]);
    aws.faults = { serverErrors: { 'dynamodb:GetItem': 100 } };
    await expect(store.get('A', 'b')).rejects.toMatchObject({ code: 'HAWSER_EXEC_BACKEND_STORE_FAILED' });
    const missing = createDynamoStore({ table: 'no-table', client: () => account.dynamoDb() });
    await expect(missing.put({ partition: 'a', key: 'b', data: 1 }, 0)).rejects.toMatchObject({
      code: 'HAWSER_EXEC_BACKEND_STORE_FAILED',
      message: expect.stringContaining('no-table'),
    });
  });
});

describe('secrets in SSM', () => {
  test('come and go by any name, encrypted, and only their names are listed', async () => {
    const names = ['DEPLOY', 'a.b-c/d', 'Ü_x41', '_x', 'git/git.test:8443'];
    for (const [index, name] of names.entries()) {
      expect(await secrets.put(name, `value ${index}`, 'somebody')).toMatchObject({
        name,
        version: 1,
        updated_by: 'somebody',
      });
    }
    expect(await secrets.put('DEPLOY', 'newer')).toMatchObject({ version: 2 });
    expect((await secrets.list()).map(({ name }) => name)).toEqual(names.toSorted());
    expect(JSON.stringify(await secrets.list())).not.toContain('value');
    expect(await secrets.resolve([...names, 'NONE'])).toEqual(
      new Map(names.map((name, index) => [name, name === 'DEPLOY' ? 'newer' : `value ${index}`])),
    );
    const puts = aws.calls.filter(({ operation }) => operation === 'ssm:PutParameter');
    for (const { input } of puts) expect(input).toMatchObject({ Type: 'SecureString' });
    expect(await secrets.remove('DEPLOY')).toBe(true);
    expect(await secrets.remove('DEPLOY')).toBe(false);
    expect(await secrets.resolve([])).toEqual(new Map());
  });

  test('more than ten are asked for in pieces, and a value that does not fit is refused', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `MANY_${index}`);
    for (const name of names) await secrets.put(name, name);
    expect((await secrets.resolve(names)).size).toBe(12);
    await expect(secrets.put('HUGE', 'x'.repeat(8193))).rejects.toMatchObject({
      code: 'HAWSER_EXEC_BACKEND_BAD_INPUT',
    });
    await expect(secrets.put('EMPTY', '')).rejects.toMatchObject({ code: 'HAWSER_EXEC_BACKEND_BAD_INPUT' });
  });

  test('credentials of a git server are known by its host', async () => {
    await secrets.put('git/git.test', 'somebody:a:b');
    expect(await secrets.gitCredential('git.test')).toEqual({
      kind: 'basic',
      host: 'git.test',
      username: 'somebody',
      password: 'a:b',
    });
    expect(await secrets.gitCredential('other.test')).toBeUndefined();
  });

  test('an SSM that fails is said without a value', async () => {
    aws.faults = { serverErrors: { 'ssm:PutParameter': 100 } };
    const error: unknown = await secrets.put('A', 'planted').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'HAWSER_EXEC_BACKEND_AWS_FAILED' });
    expect((error as Error).message).not.toContain('planted');
  });
});

test('whoever comes first makes the key that signs receipts, and all sign with that', async () => {
  const signers = await Promise.all([1, 2, 3].map(() => openParameterSigner('ports', () => account.ssm())));
  expect(new Set(signers.map(({ keyId }) => keyId)).size).toBe(1);
  const stored = aws.calls.filter(({ operation }) => operation === 'ssm:PutParameter').map(({ input }) => input);
  expect(stored).toContainEqual(
    expect.objectContaining({ Name: stackNames('ports').signerParameter, Type: 'SecureString' }),
  );
});

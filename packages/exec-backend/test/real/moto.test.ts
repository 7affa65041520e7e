import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { CreateClusterCommand, DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { describeReal } from '../../../../test/support/counterparts.js';
import { createTaskDefinitions } from '../../src/aws/images/definitions.js';
import { createParameterSecrets } from '../../src/aws/secrets/parameters.js';
import { openAccount } from '../../src/aws/stack/account.js';
import { createDynamoStore } from '../../src/aws/store/dynamo-store.js';
import { makeTable } from '../support/lambda-service.js';

// A second opinion on the shape of what is asked, by people who have never seen our emulator.
describeReal('moto', (path) => {
  let server: ChildProcess;
  let endpointUrl: string;

  beforeAll(async () => {
    server = spawn(path('moto'), ['--host', '127.0.0.1', '--port', '0'], {
      env: { ...process.env, PYTHONUNBUFFERED: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    endpointUrl = await new Promise<string>((resolve, reject) => {
      let said = '';
      const hear = (part: Buffer): void => {
        said += part.toString();
        const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1];
        if (found) resolve(found);
      };
      server.stdout?.on('data', hear);
      server.stderr?.on('data', hear);
      server.once('exit', () => reject(new Error(said)));
    });
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    });
  });

  afterAll(() => void server.kill('SIGKILL'));

  test('moto takes our task definition, rows and secrets as they are', async () => {
    using account = openAccount({ region: 'us-east-1', endpointUrl });
    const ecs = await account.ecs();
    await ecs.send(new CreateClusterCommand({ clusterName: 'moto' }));
    await makeTable(account, 'rows');
    const store = createDynamoStore({ table: 'rows', client: () => account.dynamoDb() });
    expect(await store.put({ partition: 'P', key: 'k', data: { a: 1 } }, 0)).toBe(1);
    expect(await store.put({ partition: 'P', key: 'k', data: { a: 2 } }, 0)).toBeUndefined();
    expect(await store.list('P', { limit: 10, prefix: 'k', backwards: true })).toMatchObject([
      { version: 1, data: { a: 1 } },
    ]);
    const secrets = createParameterSecrets({ stack: 'moto', client: () => account.ssm(), nowMs: () => 0 });
    await secrets.put('NAME', 'value');
    expect(await secrets.resolve(['NAME', 'NONE'])).toEqual(new Map([['NAME', 'value']]));
    const definitions = createTaskDefinitions({
      store,
      client: () => account.ecs(),
      settings: () =>
        Promise.resolve({
          stack: 'moto',
          logGroup: '/moto/executions',
          initImage: 'git:1',
          shellImage: 'busybox:1',
          taskCpu: 256,
          taskMemory: 512,
          executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
          taskRoleArn: 'arn:aws:iam::123456789012:role/task',
          region: 'us-east-1',
          endpoint: 'https://api.test/prod/task',
        }),
    });
    const arn = await definitions.ensure({ image: 'app:1', architecture: 'ARM64' });
    expect(await definitions.ensure({ image: 'app:1', architecture: 'ARM64' })).toBe(arn);
    const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }));
    expect(taskDefinition).toMatchObject({
      family: expect.stringMatching(/^moto-[0-9a-f]{12}$/),
      revision: 1,
      containerDefinitions: [{ name: 'shell' }, { name: 'init' }, { name: 'runner', image: 'app:1' }],
    });
    expect(Buffer.byteLength(JSON.stringify(taskDefinition))).toBeLessThan(65_536);
  });
});

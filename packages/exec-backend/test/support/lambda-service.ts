import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { startAwsEmulator } from '@hawser/emulators/aws';
import type { AwsEmulator, AwsEmulatorOptions } from '@hawser/emulators/aws';
import type { Backend } from '../../src/backend.js';
import { createKeyBook } from '../../src/core/keys.js';
import { createServiceHandler, type ServiceHandler } from '../../src/entries/lambda.js';
import type { HttpEvent } from '../../src/aws/http-events.js';
import { paths, type ServiceSettings, stackNames } from '../../src/aws/names.js';
import { openService, type ServiceOptions } from '../../src/aws/open-service.js';
import { openAccount } from '../../src/aws/stack/account.js';
import { createDynamoStore } from '../../src/aws/store/dynamo-store.js';

/** The image that tests run in: this machine's own programs. */
export const machineImage = 'registry.test/machine:1';

/** What of a service a test may want otherwise. */
export interface LambdaServiceOptions {
  readonly emulator?: Partial<AwsEmulatorOptions>;
  readonly settings?: Partial<ServiceSettings>;
  readonly ports?: ServiceOptions['ports'];
  readonly pollMs?: ServiceOptions['pollMs'];
  /** What becomes of the events of tasks; all arrive when missing. */
  readonly passes?: (change: TaskChange) => readonly TaskChange[];
}

/** The service behind its Lambda handler, over an emulated account, answered on loopback as API Gateway does. */
export interface LambdaService extends AsyncDisposable {
  readonly aws: AwsEmulator;
  /** Of the API: what people and tasks call. */
  readonly endpoint: string;
  readonly apiKey: string;
  readonly handler: ServiceHandler;
  readonly backend: Backend;
  readonly settings: ServiceSettings;
  close(): Promise<void>;
}

/** Starts an account with what a stack would make in it, and the service in this process. */
export async function startLambdaService(options: LambdaServiceOptions = {}): Promise<LambdaService> {
  const stack = 'hawser-test';
  const names = stackNames(stack);
  const aws = await startAwsEmulator({
    ...options.emulator,
    images: {
      [machineImage]: { digest: `sha256:${'a'.repeat(64)}` },
      'registry.test/git:1': { digest: `sha256:${'b'.repeat(64)}` },
      'registry.test/busybox:1': { digest: `sha256:${'c'.repeat(64)}` },
      ...options.emulator?.images,
    },
  });
  Object.assign(process.env, aws.env, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
  const account = openAccount({});
  const { CreateClusterCommand } = await import('@aws-sdk/client-ecs');
  const { CreateLogGroupCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  await (await account.ecs()).send(new CreateClusterCommand({ clusterName: names.cluster }));
  await (await account.logs()).send(new CreateLogGroupCommand({ logGroupName: names.runLogGroup }));
  await makeTable(account, names.table);

  const api = createServer((request, response) => {
    void eventOf(request)
      .then((event) => handler(event))
      .then((result) => {
        response.writeHead(result?.statusCode ?? 500, result?.headers);
        response.end(result?.body);
      })
      .catch((error: unknown) => response.destroy(error as Error));
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  const endpoint = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const settings: ServiceSettings = {
    stack,
    table: names.table,
    cluster: names.cluster,
    logGroup: names.runLogGroup,
    subnets: ['subnet-1'],
    securityGroups: ['sg-1'],
    assignPublicIp: 'ENABLED',
    executionRoleArn: `arn:aws:iam::${aws.accountId}:role/${stack}-execution`,
    taskRoleArn: `arn:aws:iam::${aws.accountId}:role/${stack}-task`,
    allowedRoleArns: [],
    defaultImage: machineImage,
    initImage: 'registry.test/git:1',
    shellImage: 'registry.test/busybox:1',
    taskCpu: 256,
    taskMemory: 512,
    architecture: 'X86_64',
    maxTimeoutSeconds: 21_600,
    enableAttach: false,
    authMode: 'api-key',
    endpoint: `${endpoint}${paths.task}`,
    ...options.settings,
  };
  const store = createDynamoStore({ table: names.table, client: () => account.dynamoDb() });
  const keys = createKeyBook({ store, clock: { nowMs: () => Date.now() } });
  const { api_key: apiKey } = await keys.create({ name: 'tests', scopes: ['admin'] }, { scopes: ['admin'] });
  const backend = await openService({
    settings,
    version: '0.0.0-test',
    // An answer that never comes is given up sooner than where it may be far away.
    account: { requestHandler: { requestTimeout: 2_000, throwOnRequestTimeout: true } },
    pollMs: options.pollMs ?? { least: 100, most: 400 },
    ports: {
      limits: {
        maxTimeoutSeconds: 21_600,
        allowedRoles: [],
        repoSchemes: ['https', 'ssh', 'http'],
        defaultImage: machineImage,
      },
      ...options.ports,
    },
  });
  const handler = createServiceHandler(() => Promise.resolve(backend));
  const bus = watchTasks(account, names.cluster, async (change) => {
    for (const detail of options.passes?.(change) ?? [change]) {
      await handler({ 'detail-type': 'ECS Task State Change', detail });
    }
  });
  const close = async (): Promise<void> => {
    await bus.close();
    api.closeAllConnections();
    api.close();
    await backend.close();
    account[Symbol.dispose]();
    await aws.close();
  };
  return { aws, endpoint, apiKey, handler, backend, settings, close, [Symbol.asyncDispose]: close };
}

/** A task as its events tell of it. */
export interface TaskChange {
  readonly taskArn: string;
  readonly startedBy: string;
}

/** Tells of every change of a task, as EventBridge does, by looking whether its version grew. */
function watchTasks(
  account: ReturnType<typeof openAccount>,
  cluster: string,
  tell: (change: TaskChange) => Promise<unknown>,
): { close(): Promise<void> } {
  const versions = new Map<string, number>();
  /** What is over changes no more. */
  const stopped = new Set<string>();
  const closing = new AbortController();
  const look = async (): Promise<void> => {
    const { DescribeTasksCommand, ListTasksCommand } = await import('@aws-sdk/client-ecs');
    const ecs = await account.ecs();
    const lists = await Promise.all(
      (['RUNNING', 'STOPPED'] as const).map((desiredStatus) =>
        ecs.send(new ListTasksCommand({ cluster, desiredStatus })),
      ),
    );
    const arns = lists.flatMap(({ taskArns = [] }) => taskArns).filter((arn) => !stopped.has(arn));
    if (arns.length === 0) return;
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: arns.slice(-100) }));
    for (const { taskArn = '', startedBy = '', version = 0, lastStatus } of tasks) {
      if (versions.get(taskArn) !== version) {
        versions.set(taskArn, version);
        await tell({ taskArn, startedBy });
      }
      if (lastStatus === 'STOPPED') stopped.add(taskArn);
    }
  };
  const done = (async () => {
    while (!closing.signal.aborted) {
      // Throttled, it looks again.
      await look().catch(() => undefined);
      await setTimeout(100, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  })();
  return {
    close: async () => {
      closing.abort();
      await done;
    },
  };
}

/** Makes the table as the template describes it. */
export async function makeTable(
  account: Pick<ReturnType<typeof openAccount>, 'dynamoDb'>,
  name: string,
): Promise<void> {
  const { CreateTableCommand, DescribeTableCommand } = await import('@aws-sdk/client-dynamodb');
  const client = await account.dynamoDb();
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  for (;;) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    if (Table?.TableStatus === 'ACTIVE') return;
  }
}

/** A request as a REST API hands it to its function. */
export async function eventOf(request: IncomingMessage): Promise<HttpEvent> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const url = new URL(request.url ?? '/', 'http://api.invalid');
  const query = [...url.searchParams.keys()];
  return {
    httpMethod: request.method ?? 'GET',
    path: decodeURIComponent(url.pathname),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
    ),
    multiValueHeaders: null,
    multiValueQueryStringParameters:
      query.length === 0 ? null : Object.fromEntries(query.map((name) => [name, url.searchParams.getAll(name)])),
    body: parts.length === 0 ? null : Buffer.concat(parts).toString(),
    isBase64Encoded: false,
    requestContext: { domainName: 'api.invalid', requestId: 'request-1', identity: { userArn: null } },
  };
}

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmulatorError } from '../errors.js';
import { createHttpServer } from '../http/server.js';
import { createRandom } from '../seed.js';
import { computeKinds } from './cloudformation/kinds/compute.js';
import { gatewayKinds } from './cloudformation/kinds/gateway.js';
import { networkKinds } from './cloudformation/kinds/network.js';
import { storageKinds } from './cloudformation/kinds/storage.js';
import { createLocalize } from './cloudformation/localize.js';
import { createStacks } from './cloudformation/service.js';
import type { Input } from '../ssm/api/operation.js';
import { createTables } from './dynamodb/service.js';
import { createNetwork } from './ec2/network.js';
import { createEc2Service } from './ec2/service.js';
import { createAttach } from './ecs/attach.js';
import { createClusters } from './ecs/clusters.js';
import { createTaskDefinitions } from './ecs/definitions.js';
import { describeTask } from './ecs/describe-task.js';
import { builtInImages } from './ecs/images.js';
import { findIsolation, type Isolation } from './ecs/isolation.js';
import { createEcsService } from './ecs/service.js';
import { createTasks } from './ecs/tasks.js';
import { createBus } from './events/bus.js';
import { createEventsService } from './events/service.js';
import { createBudget } from './faults/budget.js';
import { createThrottle } from './faults/throttle.js';
import { createRestApis } from './gateway/apis.js';
import { serveGateway, type GatewaySetup } from './gateway/serve.js';
import { authenticate, judgeSignature } from './iam/authenticate.js';
import { authorize } from './iam/authorize.js';
import { createKeyring } from './iam/caller.js';
import { createRoles } from './iam/roles.js';
import { createIamService } from './iam/service.js';
import { createTaskCredentials } from './iam/task-credentials.js';
import type { Lookup } from './iam/wishes.js';
import { takeInventory } from './inventory.js';
import { createFunctions } from './lambda/functions.js';
import { createLambdaService } from './lambda/service.js';
import { createLogGroups } from './logs/groups.js';
import { createLogsService } from './logs/service.js';
import { createParameters } from './ssm/parameters.js';
import { createStsService } from './sts/service.js';
import type { AwsEmulator, AwsEmulatorOptions } from './types.js';
import { matchJson, matchQuery } from './wire/match.js';
import { answerApi, type ApiCall } from './wire/serve.js';
import type { JsonService, QueryService } from './wire/service.js';
import type { World } from './world.js';

const maxBodyBytes = 80 * 1024 * 1024;

/**
 * Starts an AWS on this machine: ECS tasks are real processes, functions run, stacks make what they say.
 *
 * Whoever holds {@link AwsEmulator.env} runs commands as this process's user: it listens on the loopback interface
 * unless told otherwise.
 *
 * @throws {@link EmulatorError} `HAWSER_EMULATOR_OPTION` or `HAWSER_EMULATOR_LISTEN`
 */
export async function startAwsEmulator(options: AwsEmulatorOptions = {}): Promise<AwsEmulator> {
  const { host = '127.0.0.1', region = 'us-east-1', accountId = '123456789012' } = options;
  const images = { ...builtInImages, ...options.images };
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'hawser-aws-')));
  await mkdir(folder, { recursive: true });
  const removeFolder = async (): Promise<void> => {
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  };
  const random = createRandom(options.seed ?? `${process.pid}-${Date.now()}-${Math.random()}`);
  const calls: ApiCall[] = [];
  const waiting = new Map<string, ((input: unknown) => void)[]>();
  let faults = options.faults ?? {};
  let isolation: Promise<Isolation> | undefined;

  const world: World = {
    region,
    accountId,
    folder,
    random,
    nowMs: options.nowMs ?? Date.now,
    faults: () => faults,
    endpoint: () => `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`,
    arn: (service, resource) => `arn:aws:${service}:${region}:${accountId}:${resource}`,
  };
  const hex = (digits: number): string => Array.from({ length: digits }, () => random.below(16).toString(16)).join('');
  const keyring = createKeyring(accountId, hex);
  const budget = createBudget(() => faults);
  const throttle = createThrottle(() => faults.throttle);
  const groups = createLogGroups(world);
  const { service: ssm, parameters } = createParameters(world);
  const tables = createTables(world);
  const taskCredentials = createTaskCredentials(world, keyring);
  const clusters = createClusters(world);
  const definitions = createTaskDefinitions(world);
  const tasks = createTasks({
    world,
    groups,
    parameters,
    images,
    isolation: () => (isolation ??= findIsolation()),
    environmentOf: ({ id, definition, input }) => {
      const overrides = input['overrides'] as Input | undefined;
      const role = overrides?.['taskRoleArn'] ?? definition.input['taskRoleArn'];
      return {
        ...(typeof role === 'string' && {
          AWS_CONTAINER_CREDENTIALS_FULL_URI: `${world.endpoint()}${taskCredentials.issue(role, id)}`,
        }),
        AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        AWS_ENDPOINT_URL: world.endpoint(),
      };
    },
    changed: (task) => bus.putTaskEvent(describeTask(task, false), task.arn),
  });
  const attach = createAttach({
    world,
    find: (target) => tasks.byTarget(target),
    judge: (request) => judgeSignature(keyring, region, 'ssmmessages', request),
  });
  const network = createNetwork(world);
  const roles = createRoles(world);
  const functions = createFunctions(world, groups, keyring);
  const apis = createRestApis(world);
  const bus = createBus(world, functions, options.minuteMs ?? 60_000);
  const stacks = createStacks({
    world,
    localize: createLocalize(() => world.endpoint()),
    kinds: {
      ...networkKinds(network),
      ...storageKinds({ world, clusters, tasks, groups, tables, ssm }),
      ...computeKinds({ world, roles, functions, bus }),
      ...gatewayKinds(apis),
    },
  });
  const lambda = createLambdaService(world, functions);
  const lookup: Lookup = {
    definition: (name) => {
      const found = definitions.peek(name);
      const passed = [found?.input['taskRoleArn'], found?.input['executionRoleArn']];
      return found && { arn: found.arn, roles: passed.filter((role) => typeof role === 'string') };
    },
  };
  const record = (call: ApiCall): void => {
    calls.push(call);
    const [, operation = ''] = call.operation.split(':');
    for (const name of [call.operation, operation]) {
      const told = waiting.get(name) ?? [];
      waiting.delete(name);
      for (const tell of told) tell(call.input);
    }
  };
  const jsonServices: readonly JsonService[] = [
    createEcsService({
      world,
      budget,
      clusters,
      definitions,
      tasks,
      images,
      execute: (task, input) => attach.execute(task, input),
    }),
    createLogsService(world, groups),
    createEventsService(world, bus),
    { ...ssm, operations: { ...ssm.operations, ...attach.operations } },
  ];
  const queryServices: readonly QueryService[] = [
    stacks.service,
    createStsService(world),
    createIamService(roles),
    createEc2Service(world, network),
  ];
  const gateway: GatewaySetup = {
    world,
    apis,
    functions,
    throttle,
    authenticate: (given, service) => authenticate(keyring, region, service, given),
    record: (operation, input) => record({ operation, input, at: world.nowMs() }),
  };
  const server = createHttpServer({
    host,
    port: options.port ?? 0,
    maxBodyBytes,
    answer: async (request) =>
      taskCredentials.answer(request) ??
      (await serveGateway(gateway, request)) ??
      (await answerApi(
        {
          world,
          throttle,
          budget,
          match: (given) =>
            tables.match(given) ?? lambda(given) ?? matchJson(jsonServices, given) ?? matchQuery(queryServices, given),
          authenticate: (given, service) => authenticate(keyring, region, service, given),
          authorize: (caller, match) => authorize(world, roles, lookup, caller, match),
          record,
        },
        request,
      )),
    upgrade: (request, raw, socket, head) => attach.upgrade(request, raw, socket, head),
  });
  try {
    await server.start();
  } catch (error) {
    bus.close();
    await removeFolder();
    throw error;
  }
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      await server.stop();
      bus.close();
      await attach.close();
      await stacks.idle();
      await tasks.close();
      await functions.close();
      await tables.close();
      await removeFolder();
    })();
    return closed;
  };
  return {
    endpoint: world.endpoint(),
    region,
    accountId,
    env: {
      AWS_ENDPOINT_URL: world.endpoint(),
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: keyring.administrator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keyring.administrator.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_PAGER: '',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    },
    get faults() {
      return faults;
    },
    set faults(next) {
      faults = next;
    },
    calls,
    inventory: () =>
      takeInventory({
        stacks: () => stacks.living(),
        network,
        clusters,
        definitions,
        tasks,
        groups,
        tables,
        parameters,
        roles,
        functions,
        apis,
        bus,
      }),
    fireRules: () => bus.fire(),
    nextCall: (operation) =>
      new Promise((resolve) => waiting.set(operation, [...(waiting.get(operation) ?? []), resolve])),
    stopTask: async (taskArn, stop) => {
      const task = tasks.byArn(taskArn);
      if (task === undefined) {
        throw new EmulatorError('HAWSER_EMULATOR_OPTION', `There is no task ${taskArn}.`, { details: { taskArn } });
      }
      tasks.stop(task, stop);
      await tasks.ended(task);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

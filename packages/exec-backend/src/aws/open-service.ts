import { randomBytes } from 'node:crypto';
import type { Backend } from '../backend.js';
import { createBackend } from '../core/create-backend.js';
import { createKeyBook } from '../core/keys.js';
import { notifier } from '../notifier.js';
import type { BackendPorts, Clock } from '../ports.js';
import { createAwsAuthenticator } from './authenticator.js';
import type { DefinitionSettings } from './images/definition.js';
import { createTaskDefinitions } from './images/definitions.js';
import { readEntryPoint } from './images/registry.js';
import { createCloudWatchLogs } from './logs/reader.js';
import type { ServiceSettings } from './names.js';
import { type Pause, pauseByClock } from './patience.js';
import { createEcsRunner } from './runner/ecs-runner.js';
import { createParameterSecrets } from './secrets/parameters.js';
import { openParameterSigner } from './secrets/signer.js';
import { openAccount } from './stack/account.js';
import { createDynamoStore } from './store/dynamo-store.js';
import type { AccountOptions } from './types.js';

/** How the service is opened. */
export interface ServiceOptions {
  readonly settings: ServiceSettings;
  /** Of our package. */
  readonly version: string;
  /** Default: where the SDK finds the account. */
  readonly account?: AccountOptions;
  readonly clock?: Clock;
  readonly pause?: Pause;
  /** Between questions to CloudWatch that brought nothing. */
  readonly pollMs?: { readonly least: number; readonly most: number };
  /** Replaces ports, for whoever wants another: tests let repositories of this machine in. */
  readonly ports?: Partial<BackendPorts>;
}

/**
 * How long AWS may take to answer, in milliseconds. The SDK waits for ever unless told otherwise, and a function lives for a
 * minute; what is sent again says that it is the same.
 */
const patience = { connectionTimeout: 3_000, requestTimeout: 5_000, throwOnRequestTimeout: true };

/** Requests that one key may send: what the stage of the API lets through for all. */
const rate = { perSecond: 20, burst: 40 };

/**
 * Opens the execution service over AWS: one router, with ECS, CloudWatch, DynamoDB and SSM behind its ports.
 *
 * Rejects where the key that signs receipts cannot be had; everything else is reached when it is needed.
 */
export async function openService(options: ServiceOptions): Promise<Backend> {
  const { settings, clock = { nowMs: () => Date.now() }, pause = pauseByClock } = options;
  const account = openAccount({ requestHandler: patience, ...options.account });
  const store = createDynamoStore({ table: settings.table, client: () => account.dynamoDb(), pause });
  const logs = createCloudWatchLogs({
    logGroup: settings.logGroup,
    client: () => account.logs(),
    nowMs: () => clock.nowMs(),
    pause,
    ...(options.pollMs && { pollMs: options.pollMs }),
  });
  let known: Promise<DefinitionSettings> | undefined;
  const definitionSettings = (): Promise<DefinitionSettings> =>
    (known ??= completeSettings(settings, account).catch((error: unknown) => {
      known = undefined;
      throw error;
    }));
  const definitions = createTaskDefinitions({
    store,
    client: () => account.ecs(),
    settings: definitionSettings,
    pause,
  });
  const signer = await openParameterSigner(settings.stack, () => account.ssm());
  const backend = createBackend({
    store,
    runner: createEcsRunner({
      settings,
      client: () => account.ecs(),
      definitions,
      entryPoint: (image, architecture) => readEntryPoint(image, architecture),
      endMark: (stream) => logs.endMark(stream),
      clock,
      pause,
    }),
    logs,
    secrets: createParameterSecrets({
      stack: settings.stack,
      client: () => account.ssm(),
      nowMs: () => clock.nowMs(),
      pause,
    }),
    authenticator: createAwsAuthenticator(settings.authMode, createKeyBook({ store, clock })),
    signer,
    notifier,
    clock,
    ids: { random: (bytes) => randomBytes(bytes).toString('hex') },
    limits: {
      maxTimeoutSeconds: settings.maxTimeoutSeconds,
      allowedRoles: settings.allowedRoleArns,
      repoSchemes: ['https', 'ssh'],
      defaultImage: settings.defaultImage,
      taskSize: { cpu: settings.taskCpu, memory: settings.taskMemory, platform: settings.architecture },
      rate,
    },
    version: options.version,
    ...options.ports,
  });
  return {
    ...backend,
    close: async () => {
      await backend.close();
      account[Symbol.dispose]();
    },
  };
}

/** The region, and where tasks reach the service: with a function URL that is in a parameter, which the stack made last. */
async function completeSettings(
  settings: ServiceSettings,
  account: ReturnType<typeof openAccount>,
): Promise<DefinitionSettings> {
  const region = await account.region();
  if (settings.endpoint !== undefined) return { ...settings, region, endpoint: settings.endpoint };
  const { GetParameterCommand } = await import('@aws-sdk/client-ssm');
  const ssm = await account.ssm();
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: settings.endpointParameter ?? '' }));
  return { ...settings, region, endpoint: Parameter?.Value ?? '' };
}

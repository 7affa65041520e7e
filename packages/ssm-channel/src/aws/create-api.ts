import type { ECSClient } from '@aws-sdk/client-ecs';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { SsmChannelError } from '../errors.js';
import type { StartedSession } from '../session/types.js';
import { type Environment, createProxyAgents } from '../transport/proxy.js';
import { type SigningCredentials, isPresigned, regionOfHost, signUpgrade } from '../transport/sign-upgrade.js';
import { readExtraTrust } from '../transport/trust.js';
import type { UpgradeOptions } from '../transport/types.js';
import type {
  AwsApi,
  CallOptions,
  EcsTask,
  ExecuteCommandRequest,
  ManagedNode,
  NodeQuery,
  SessionSummary,
  StartSessionRequest,
} from './api.js';
import { createCredentialProvider } from './credentials.js';
import { type ApiService, endpointFor } from './endpoints.js';
import { RequestHandler } from './request-handler.js';
import { explainSdkError } from './sdk-errors.js';

/** Where AWS is and who asks. Everything has the default that the AWS CLI has. */
export interface AwsApiOptions {
  readonly profile?: string;
  readonly region?: string;
  /** One endpoint for all services; `endpointFor` tells what becomes of it. */
  readonly endpointUrl?: string;
  /** PEM file of certificates to trust besides the built-in ones. Default: `AWS_CA_BUNDLE`. */
  readonly caFile?: string;
  /**
   * Variables to go by. Default: `process.env`. Decides about keys, profile, region, endpoints, proxies and
   * certificates; what the SDK looks up on its own (container and machine roles, FIPS, dual stack) comes from
   * `process.env` always.
   */
  readonly env?: Environment;
  /** Gives up every call made through this object. */
  readonly signal?: AbortSignal;
}

/** Tries of one call, the first included: an answer, or a clear failure, within seconds. */
const ATTEMPTS = 3;
/** A resumed session is waiting and asks again itself, so one question may not take longer, in milliseconds. */
const RESUME_WITHIN_MS = 10_000;
/** Longest search for credentials before an upgrade goes out unsigned, in milliseconds. */
const CREDENTIALS_WITHIN_MS = 5_000;

/**
 * The AWS calls of this package over the official SDK. Makes no call and loads no SDK until asked.
 *
 * Every method rejects with an {@link SsmChannelError}, or with the reason of an aborted signal. Dispose it to close
 * the connections it keeps.
 */
export function createAwsApi(options: AwsApiOptions = {}): AwsApi {
  return new SdkApi(options);
}

class SdkApi implements AwsApi {
  readonly upgrade: UpgradeOptions;
  readonly #options: AwsApiOptions;
  readonly #env: Environment;
  readonly #handler: RequestHandler;
  readonly #provideCredentials: ReturnType<typeof createCredentialProvider>;
  #ssmClient: Promise<SSMClient> | undefined;
  #kmsClient: Promise<KMSClient> | undefined;
  #ecsClient: Promise<ECSClient> | undefined;
  #trust: Promise<readonly string[] | undefined> | undefined;

  constructor(options: AwsApiOptions) {
    this.#options = options;
    this.#env = options.env ?? process.env;
    const ca = (): Promise<readonly string[] | undefined> =>
      (this.#trust ??= readExtraTrust(options.caFile, this.#env));
    const agent = createProxyAgents(this.#env, ca);
    this.#handler = new RequestHandler(agent, ca);
    this.#provideCredentials = createCredentialProvider({
      profile: options.profile,
      env: this.#env,
      requestHandler: this.#handler,
    });
    this.upgrade = { agent, ca, headers: (streamUrl, call) => this.#signUpgrade(streamUrl, call) };
  }

  async startSession(request: StartSessionRequest, call: CallOptions = {}): Promise<StartedSession> {
    const { target, document, parameters, reason } = request;
    const answer = await this.#call('StartSession', target, call, async (abortSignal) => {
      const [client, { StartSessionCommand }] = await Promise.all([this.#ssm(), import('@aws-sdk/client-ssm')]);
      const input = {
        Target: target,
        DocumentName: document,
        Reason: reason,
        Parameters:
          parameters && Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, [...values]])),
      };
      return await client.send(new StartSessionCommand(input), { abortSignal });
    });
    return startedSession('StartSession', answer.SessionId, answer.StreamUrl, answer.TokenValue);
  }

  async resumeSession(sessionId: string, call: CallOptions): Promise<StartedSession | undefined> {
    const within = AbortSignal.timeout(RESUME_WITHIN_MS);
    try {
      const answer = await this.#call('ResumeSession', sessionId, call, async (abortSignal) => {
        const [client, { ResumeSessionCommand }] = await Promise.all([this.#ssm(), import('@aws-sdk/client-ssm')]);
        return await client.send(new ResumeSessionCommand({ SessionId: sessionId }), {
          abortSignal: AbortSignal.any([abortSignal, within]),
        });
      });
      if (!answer.TokenValue) return undefined;
      return startedSession('ResumeSession', answer.SessionId ?? sessionId, answer.StreamUrl, answer.TokenValue);
    } catch (error) {
      if (error instanceof SsmChannelError && error.details?.['awsCode'] === 'DoesNotExistException') return undefined;
      throw error;
    }
  }

  async terminateSession(sessionId: string, call: CallOptions): Promise<void> {
    await this.#call('TerminateSession', sessionId, call, async (abortSignal) => {
      const [client, { TerminateSessionCommand }] = await Promise.all([this.#ssm(), import('@aws-sdk/client-ssm')]);
      await client.send(new TerminateSessionCommand({ SessionId: sessionId }), { abortSignal });
    });
  }

  async generateDataKey(
    request: { readonly keyId: string; readonly context: Readonly<Record<string, string>> },
    call: CallOptions,
  ): Promise<{ readonly plaintext: Uint8Array; readonly ciphertext: Uint8Array }> {
    const answer = await this.#call('GenerateDataKey', request.keyId, call, async (abortSignal) => {
      const [client, { GenerateDataKeyCommand }] = await Promise.all([this.#kms(), import('@aws-sdk/client-kms')]);
      const input = { KeyId: request.keyId, NumberOfBytes: 64, EncryptionContext: { ...request.context } };
      return await client.send(new GenerateDataKeyCommand(input), { abortSignal });
    });
    if (answer.Plaintext?.length === 64 && answer.CiphertextBlob) {
      return { plaintext: answer.Plaintext, ciphertext: answer.CiphertextBlob };
    }
    throw new SsmChannelError('HAWSER_SSM_API_FAILED', `GenerateDataKey for ${request.keyId} gave no key of 64 bytes`);
  }

  async executeCommand(request: ExecuteCommandRequest, call: CallOptions = {}): Promise<StartedSession> {
    const { session } = await this.#call(
      'ExecuteCommand',
      `${request.cluster}/${request.task}`,
      call,
      async (abortSignal) => {
        const [client, { ExecuteCommandCommand }] = await Promise.all([this.#ecs(), import('@aws-sdk/client-ecs')]);
        return await client.send(new ExecuteCommandCommand({ ...request, interactive: true }), { abortSignal });
      },
    );
    return startedSession('ExecuteCommand', session?.sessionId, session?.streamUrl, session?.tokenValue);
  }

  async describeInstances(query: NodeQuery = {}, call: CallOptions = {}): Promise<readonly ManagedNode[]> {
    const filters = [
      ...(query.ids ? [{ Key: 'InstanceIds', Values: [...query.ids] }] : []),
      ...(query.tag ? [{ Key: `tag:${query.tag.key}`, Values: [query.tag.value] }] : []),
    ];
    return await this.#call('DescribeInstanceInformation', undefined, call, async (abortSignal) => {
      const [client, { paginateDescribeInstanceInformation }] = await Promise.all([
        this.#ssm(),
        import('@aws-sdk/client-ssm'),
      ]);
      const nodes: ManagedNode[] = [];
      for await (const page of paginateDescribeInstanceInformation(
        { client, pageSize: 50 },
        filters.length > 0 ? { Filters: filters } : {},
        { abortSignal },
      )) {
        for (const found of page.InstanceInformationList ?? []) {
          nodes.push(
            defined({
              id: found.InstanceId ?? '',
              name: found.Name,
              computerName: found.ComputerName,
              online: found.PingStatus === 'Online',
              pingStatus: found.PingStatus ?? '',
              lastPing: found.LastPingDateTime,
              agentVersion: found.AgentVersion,
              platform: found.PlatformType,
              platformName: found.PlatformName,
              ip: found.IPAddress,
            }),
          );
        }
      }
      return nodes;
    });
  }

  async describeSessions(
    query: { readonly state: 'Active' | 'History'; readonly target?: string },
    call: CallOptions = {},
  ): Promise<readonly SessionSummary[]> {
    return await this.#call('DescribeSessions', query.target, call, async (abortSignal) => {
      const [client, { paginateDescribeSessions }] = await Promise.all([this.#ssm(), import('@aws-sdk/client-ssm')]);
      const sessions: SessionSummary[] = [];
      for await (const page of paginateDescribeSessions(
        { client },
        { State: query.state, ...(query.target ? { Filters: [{ key: 'Target' as const, value: query.target }] } : {}) },
        { abortSignal },
      )) {
        for (const found of page.Sessions ?? []) {
          sessions.push(
            defined({
              sessionId: found.SessionId ?? '',
              target: found.Target ?? '',
              status: found.Status ?? '',
              document: found.DocumentName,
              owner: found.Owner,
              reason: found.Reason,
              started: found.StartDate,
              ended: found.EndDate,
            }),
          );
        }
      }
      return sessions;
    });
  }

  async describeTask(
    query: { readonly cluster: string; readonly task: string },
    call: CallOptions = {},
  ): Promise<EcsTask | undefined> {
    const answer = await this.#call('DescribeTasks', `${query.cluster}/${query.task}`, call, async (abortSignal) => {
      const [client, { DescribeTasksCommand }] = await Promise.all([this.#ecs(), import('@aws-sdk/client-ecs')]);
      return await client.send(new DescribeTasksCommand({ cluster: query.cluster, tasks: [query.task] }), {
        abortSignal,
      });
    });
    const task = answer.tasks?.[0];
    if (task === undefined) return undefined;
    return {
      id: lastPart(task.taskArn) ?? query.task,
      cluster: lastPart(task.clusterArn) ?? query.cluster,
      containers: (task.containers ?? []).map((container) =>
        defined({
          name: container.name ?? '',
          runtimeId: container.runtimeId,
          running: container.lastStatus === 'RUNNING',
        }),
      ),
    };
  }

  async connectionStatus(target: string, call: CallOptions = {}): Promise<'connected' | 'notconnected'> {
    const answer = await this.#call('GetConnectionStatus', target, call, async (abortSignal) => {
      const [client, { GetConnectionStatusCommand }] = await Promise.all([this.#ssm(), import('@aws-sdk/client-ssm')]);
      return await client.send(new GetConnectionStatusCommand({ Target: target }), { abortSignal });
    });
    return answer.Status === 'connected' ? 'connected' : 'notconnected';
  }

  async credentials(call: CallOptions = {}): Promise<SigningCredentials | undefined> {
    const signals = [this.#options.signal, call.signal].filter((signal) => signal !== undefined);
    for (const signal of signals) signal.throwIfAborted();
    const givenUp = AbortSignal.any([...signals, AbortSignal.timeout(CREDENTIALS_WITHIN_MS)]);
    const late = new Promise<undefined>((resolve) => {
      givenUp.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const found = await Promise.race([this.#provideCredentials().catch(() => undefined), late]);
    for (const signal of signals) signal.throwIfAborted();
    return found;
  }

  async region(): Promise<string> {
    const known = this.#knownRegion();
    if (known) return known;
    return await this.#call('region', undefined, {}, async () => await (await this.#ssm()).config.region());
  }

  [Symbol.dispose](): void {
    this.#handler[Symbol.dispose]();
  }

  /** No credentials is no error here: the service still takes unsigned upgrades, and has the last word. */
  async #signUpgrade(streamUrl: string, call: CallOptions): Promise<Readonly<Record<string, string>>> {
    if (isPresigned(streamUrl)) return {};
    const credentials = await this.credentials(call);
    if (credentials === undefined) return {};
    const region = regionOfHost(new URL(streamUrl).hostname) ?? (await this.region());
    // The SDK learns from answers how wrong this machine's clock is.
    const offsetMs = (await this.#ssmClient)?.config.systemClockOffset ?? 0;
    return await signUpgrade({ streamUrl, region, credentials, date: new Date(Date.now() + offsetMs) });
  }

  #knownRegion(): string | undefined {
    return this.#options.region || this.#env['AWS_REGION'] || this.#env['AWS_DEFAULT_REGION'] || undefined;
  }

  #ssm(): Promise<SSMClient> {
    this.#ssmClient ??= import('@aws-sdk/client-ssm').then(
      ({ SSMClient }) => new SSMClient(this.#clientOptions('ssm')),
    );
    return this.#ssmClient;
  }

  #kms(): Promise<KMSClient> {
    this.#kmsClient ??= import('@aws-sdk/client-kms').then(
      ({ KMSClient }) => new KMSClient(this.#clientOptions('kms')),
    );
    return this.#kmsClient;
  }

  #ecs(): Promise<ECSClient> {
    this.#ecsClient ??= import('@aws-sdk/client-ecs').then(
      ({ ECSClient }) => new ECSClient(this.#clientOptions('ecs')),
    );
    return this.#ecsClient;
  }

  #clientOptions(service: ApiService) {
    const endpoint = this.#endpoint(service);
    const region = this.#knownRegion();
    const profile = this.#options.profile ?? this.#env['AWS_PROFILE'];
    return {
      credentials: this.#provideCredentials,
      maxAttempts: ATTEMPTS,
      requestHandler: this.#handler,
      ...(region === undefined ? {} : { region }),
      ...(profile ? { profile } : {}),
      // An endpoint that was named is what it is; the SDK refuses to mix it with these.
      ...(endpoint === undefined ? {} : { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false }),
    };
  }

  #endpoint(service: ApiService): string | undefined {
    if (this.#options.endpointUrl) return endpointFor(service, this.#options.endpointUrl);
    if (this.#env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true') return undefined;
    return this.#env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || this.#env['AWS_ENDPOINT_URL'] || undefined;
  }

  async #call<Answer>(
    operation: string,
    subject: string | undefined,
    { signal }: CallOptions,
    work: (abortSignal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const signals = [this.#options.signal, signal].filter((given) => given !== undefined);
    for (const given of signals) given.throwIfAborted();
    try {
      return await work(AbortSignal.any(signals));
    } catch (error) {
      for (const given of signals) given.throwIfAborted();
      const profile = this.#options.profile ?? this.#env['AWS_PROFILE'];
      throw explainSdkError(error, { operation, profile, ...(subject === undefined ? {} : { subject }) });
    }
  }
}

function startedSession(
  operation: string,
  sessionId: string | undefined,
  streamUrl: string | undefined,
  tokenValue: string | undefined,
): StartedSession {
  if (sessionId && streamUrl && tokenValue) return { sessionId, streamUrl, tokenValue };
  throw new SsmChannelError('HAWSER_SSM_API_FAILED', `${operation} answered without a session id, stream URL or token`);
}

function lastPart(arn: string | undefined): string | undefined {
  return arn?.split('/').at(-1);
}

type Defined<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};

/** The object without the fields that the service left out. */
function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

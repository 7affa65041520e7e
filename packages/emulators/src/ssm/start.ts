import { createHttpServer, type HttpRequest, type HttpResponse } from '../http/server.js';
import { isSigned, verifySignature, type Credentials, type SigningFault } from '../http/sigv4.js';
import { createRandom } from '../seed.js';
import type { AgentBehaviour } from './agent/plugin.js';
import { provokedError } from './api/aws-error.js';
import { answerApi, type ApiCall } from './api/dispatch.js';
import { createEcsService } from './api/ecs-service.js';
import { createKmsService } from './api/kms-service.js';
import { createSsmService } from './api/ssm-service.js';
import { standardDocuments } from './documents.js';
import { createControls, createGateway } from './gateway/gateway.js';
import type { Relay } from './gateway/relay.js';
import { createInventory } from './inventory.js';
import { createKeyService } from './kms.js';
import { createSessions } from './sessions.js';
import type { AgentOptions, EmulatedSession, SsmEmulator, SsmEmulatorOptions } from './types.js';
import { EmulatorError } from '../errors.js';

/** Looks like a key pair and opens nothing. */
const dummyCredentials: Credentials = {
  accessKeyId: 'AKIAHAWSEREMULATOR00',
  secretAccessKey: 'hawser/emulator/secret/access/key/000000',
};

const defaultKeyId = 'arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';
const defaultSkewMs = 5 * 60_000;
const defaultIdleMs = 20 * 60_000;
const maxBodyBytes = 1024 * 1024;

/**
 * Starts a Session Manager on this machine: the AWS API, the gateway and agents whose shells are real ones.
 *
 * Nothing is authenticated but the API's signatures, and whoever holds {@link SsmEmulator.env} runs commands as this
 * process's user: it listens on the loopback interface unless told otherwise.
 *
 * @throws {@link EmulatorError} `HAWSER_EMULATOR_OPTION` or `HAWSER_EMULATOR_LISTEN`
 */
export async function startSsmEmulator(options: SsmEmulatorOptions = {}): Promise<SsmEmulator> {
  checkOptions(options);
  const host = options.host ?? '127.0.0.1';
  const region = options.region ?? 'us-east-1';
  const credentials = options.credentials ?? dummyCredentials;
  const refuse = options.refuse ?? {};
  const date = (): number => Date.now() + (options.clockOffsetMs ?? 0);
  const behaviour = behaviourOf(options.agent ?? {});
  const inventory = createInventory(region, options.targets ?? []);
  const keys = createKeyService([behaviour.kms?.keyId ?? defaultKeyId]);
  const documents = [...standardDocuments, ...(options.documents ?? [])];
  const calls: ApiCall[] = [];
  const rejectedUpgrades = new Map<string, 'invalid'>();
  const authority = (): string => `${host.includes(':') ? `[${host}]` : host}:${server.port}`;

  const sessions = createSessions({
    inventory,
    documents: new Map(documents.map((document) => [document.name, document])),
    behaviour,
    keys,
    chaos: options.chaos,
    random: createRandom(options.seed ?? 0),
    idleTimeoutMs: options.gateway?.idleTimeoutMs ?? defaultIdleMs,
    gatewayUrl: () => `ws://${authority()}`,
    date,
  });
  const judge = (request: HttpRequest, service: string): SigningFault | undefined =>
    verifySignature(request, {
      credentials,
      region,
      service,
      nowMs: date(),
      clockSkewMs: options.clockSkewMs ?? defaultSkewMs,
    });
  const judgeUpgrade = (request: HttpRequest): 'none' | 'valid' | SigningFault =>
    isSigned(request) ? (judge(request, 'ssmmessages') ?? 'valid') : 'none';
  const gateway = createGateway({
    options: options.gateway ?? {},
    find: (sessionId) => sessions.find(sessionId),
    judge: judgeUpgrade,
    refusal: (request, judged) => {
      const refused = refuse['OpenDataChannel'];
      const sessionId = /data-channel\/([\w-]+)/u.exec(request.url)?.[1] ?? '';
      if (typeof judged !== 'string') rejectedUpgrades.set(sessionId, 'invalid');
      calls.push({
        operation: 'OpenDataChannel',
        input: { SessionId: sessionId },
        signature: typeof judged === 'string' ? judged : 'invalid',
      });
      if (refused !== undefined) return provokedError(refused);
      return typeof judged === 'string' ? undefined : judged;
    },
  });
  const services = [
    createSsmService({ inventory, sessions, agentVersion: behaviour.version, date }),
    createKmsService(keys),
    createEcsService(inventory, sessions),
  ];
  const server = createHttpServer({
    host,
    port: options.port ?? 0,
    maxBodyBytes,
    answer: (request): HttpResponse =>
      request.url.startsWith('/v1/data-channel/') && request.method === 'POST'
        ? gateway.createDataChannel(request)
        : answerApi(
            { accountId: inventory.accountId, services, refuse, judge, date, record: (call) => calls.push(call) },
            request,
          ),
    upgrade: (request, raw, socket, head) => gateway.upgrade(request, raw, socket, head),
  });
  await server.start();
  const endpoint = `http://${authority()}`;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      await server.stop();
      await sessions.dispose();
    })();
    return closed;
  };
  return {
    endpoint,
    region,
    targets: inventory.targets,
    env: environmentFor(endpoint, region, credentials),
    calls,
    get sessions() {
      return [...sessions].map((relay) => viewOf(relay, rejectedUpgrades.has(relay.id)));
    },
    gateway: createControls(() => sessions, {
      stop: () => server.stop(),
      start: async () => {
        if (closed) throw new EmulatorError('HAWSER_EMULATOR_CLOSED', 'The emulator was closed.');
        await server.start();
      },
    }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What a client needs to talk to the emulator, and to nothing else. */
function environmentFor(endpoint: string, region: string, credentials: Credentials): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
}

function behaviourOf(agent: AgentOptions): AgentBehaviour {
  return {
    ...agent,
    version: agent.version ?? '3.3.4851.0',
    paced: agent.paced ?? false,
    payloadBytes: agent.payloadBytes ?? 32_768,
    checkDigests: agent.checkDigests ?? true,
    forbiddenHosts: agent.forbiddenHosts ?? [],
    maxInputPayloadBytes: agent.maxInputPayloadBytes ?? Number.POSITIVE_INFINITY,
    quirks: agent.quirks ?? true,
    handshakeTimeoutMs: agent.handshakeTimeoutMs ?? 15_000,
    closeWaitMs: agent.closeWaitMs ?? 2000,
    kms: agent.kms,
  };
}

function viewOf(relay: Relay, wasRejected: boolean): EmulatedSession {
  return {
    id: relay.id,
    target: relay.target,
    document: relay.document,
    state: relay.endedMs === undefined ? 'Connected' : 'Terminated',
    clientVersion: relay.facts?.clientVersion,
    signature: relay.facts?.signature ?? (wasRejected ? 'invalid' : 'none'),
    received: relay.received,
    reconnects: relay.reconnects,
  };
}

function checkOptions(options: SsmEmulatorOptions): void {
  const rates = ['lose', 'duplicate', 'reorder', 'truncate'] as const;
  const total = rates.reduce((sum, name) => sum + (options.chaos?.[name] ?? 0), 0);
  for (const name of rates) {
    const rate = options.chaos?.[name] ?? 0;
    if (!(rate >= 0 && rate <= 1 && total <= 1)) {
      throw new EmulatorError(
        'HAWSER_EMULATOR_OPTION',
        `Chaos rates are between 0 and 1, also added up: ${name} is ${rate}.`,
        {
          details: { option: name, value: rate },
        },
      );
    }
  }
  const payloadBytes = options.agent?.payloadBytes ?? 1;
  if (!(Number.isInteger(payloadBytes) && payloadBytes > 0)) {
    throw new EmulatorError('HAWSER_EMULATOR_OPTION', `The agent's payload is ${payloadBytes} bytes.`, {
      details: { option: 'payloadBytes', value: payloadBytes },
    });
  }
}

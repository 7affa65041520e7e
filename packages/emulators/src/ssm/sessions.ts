import { randomBytes } from 'node:crypto';
import { createBasicPortPlugin } from './agent/port-basic.js';
import { createCommandPlugin } from './agent/command.js';
import { createMuxPortPlugin } from './agent/port-mux.js';
import type { AgentBehaviour, PluginFactory, SessionRequest } from './agent/plugin.js';
import { createShellPlugin } from './agent/shell.js';
import { multiplexes } from './agent/versions.js';
import { startWorker, type Worker } from './agent/worker.js';
import { AwsError } from './api/aws-error.js';
import { resolveProperties, type SessionDocument } from './documents.js';
import { createChannelChaos } from './gateway/chaos.js';
import { Relay } from './gateway/relay.js';
import type { Inventory } from './inventory.js';
import type { KeyService } from './kms.js';
import type { Random } from '../seed.js';
import type { ChaosOptions } from './types.js';

/** What sessions are made from. */
export interface SessionsSetup {
  readonly inventory: Pick<Inventory, 'accountId' | 'find'>;
  readonly documents: ReadonlyMap<string, SessionDocument>;
  readonly behaviour: AgentBehaviour;
  readonly keys: KeyService;
  readonly chaos: ChaosOptions | undefined;
  readonly random: Random;
  readonly idleTimeoutMs: number;
  /** e.g. `ws://127.0.0.1:41235`. */
  gatewayUrl(): string;
  readonly date: () => number;
}

/** What StartSession and ResumeSession answer. */
export interface SessionGrant {
  readonly sessionId: string;
  readonly streamUrl: string;
  readonly tokenValue: string;
}

/** How a session is asked for. */
export interface SessionOrder {
  readonly target: string;
  readonly documentName: string;
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  readonly idPrefix: string;
}

/** All sessions there ever were. */
export interface Sessions extends Iterable<Relay> {
  find(sessionId: string): Relay | undefined;
  /** @throws AwsError TargetNotConnected, InvalidDocument, InvalidParameters */
  start(order: SessionOrder): SessionGrant;
  /** `undefined` when the session is over. @throws AwsError DoesNotExistException */
  resume(sessionId: string): SessionGrant | undefined;
  /** @throws AwsError DoesNotExistException */
  terminate(sessionId: string): void;
  /** Resolves when no agent and nothing an agent started is left. */
  dispose(): Promise<void>;
}

/** Makes the table of sessions, empty. */
export function createSessions(setup: SessionsSetup): Sessions {
  const relays = new Map<string, Relay>();
  const existing = (sessionId: string): Relay => {
    const relay = relays.get(sessionId);
    if (relay === undefined) throw new AwsError('DoesNotExistException', `Session ${sessionId} does not exist`);
    return relay;
  };
  const grant = (relay: Relay): SessionGrant => ({
    sessionId: relay.id,
    streamUrl: `${setup.gatewayUrl()}/v1/data-channel/${relay.id}?role=publish_subscribe&cell-number=${cellNumber}`,
    tokenValue: relay.issueClientToken(),
  });
  return {
    [Symbol.iterator]: () => relays.values(),
    find: (sessionId) => relays.get(sessionId),
    start: (order) => {
      const target = setup.inventory.find(order.target);
      if (target === undefined || target.online === false) {
        throw new AwsError('TargetNotConnected', `${order.target} is not connected.`);
      }
      const document = setup.documents.get(order.documentName);
      if (document === undefined) {
        throw new AwsError('InvalidDocument', `Document with name ${order.documentName} does not exist.`);
      }
      const request: SessionRequest = {
        sessionId: `${order.idPrefix}-${randomBytes(9).toString('hex').slice(0, 17)}`,
        target: order.target,
        sessionType: document.sessionType,
        properties: resolveProperties(document, order.parameters),
        container: order.target.startsWith('ecs:'),
      };
      const external = target.agent === 'external';
      const relay = createRelay(setup, request, document.name, external, relays.size);
      relays.set(relay.id, relay);
      return grant(relay);
    },
    resume: (sessionId) => {
      const relay = existing(sessionId);
      return relay.endedMs === undefined ? grant(relay) : undefined;
    },
    terminate: (sessionId) => existing(sessionId).end(''),
    dispose: async () => {
      await Promise.all([...relays.values()].map((relay) => relay.dispose()));
    },
  };
}

/** The service appends a cell to stream URLs; clients have to keep and sign it. */
const cellNumber = 'AAEAAfP3mQ';

function createRelay(
  setup: SessionsSetup,
  request: SessionRequest,
  document: string,
  external: boolean,
  ordinal: number,
): Relay {
  const chaos =
    setup.chaos &&
    createChannelChaos(setup.chaos, setup.random.fork(`session-${ordinal}`), {
      cut: (how) => relay.cutClient(how),
      stall: () => relay.stallClient(),
      publish: (allowed) => relay.publish(allowed),
    });
  const relay = new Relay({
    sessionId: request.sessionId,
    target: request.target,
    document,
    owner: `arn:aws:iam::${setup.inventory.accountId}:user/hawser`,
    chaos,
    idleTimeoutMs: setup.idleTimeoutMs,
    startWorker: external ? undefined : (owner) => startAgent(setup, request, owner),
    date: setup.date,
  });
  return relay;
}

function startAgent(setup: SessionsSetup, request: SessionRequest, relay: Relay): Worker {
  return startWorker({
    request,
    behaviour: setup.behaviour,
    keys: setup.keys,
    plugin: pluginFor,
    date: setup.date,
    port: {
      send: (frame) => relay.fromAgent(frame),
      takesMore: () => relay.clientTakesMore,
      complete: (output) => relay.end(output),
    },
  });
}

const pluginFor: PluginFactory = (context) => {
  const { request, clientVersion, behaviour } = context;
  if (request.sessionType === 'NonInteractiveCommands') return createCommandPlugin(context);
  if (request.sessionType !== 'Port') return createShellPlugin(context);
  const mux = request.properties['type'] === 'LocalPortForwarding' && multiplexes(behaviour.version, clientVersion);
  return mux ? createMuxPortPlugin(context) : createBasicPortPlugin(context);
};

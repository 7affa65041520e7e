import type { ChannelTuning } from '@hawser/ssm-channel';
import { type AwsApi, createAwsApi } from '@hawser/ssm-channel/aws';
import { LinkError } from '../link/failure.js';
import type { SsmVia } from '../spec.js';
import type { Forwarding, Link, LinkDescription, OpenLinkOptions, Provider } from './provider.js';
import { type Bastion, findBastions } from './ssm-bastion.js';
import { diagnoseSsm } from './ssm-diagnose.js';
import { classifySsm } from './ssm-failure.js';
import { SsmLink } from './ssm-link.js';
import type { Environment } from './ssm-login.js';
import { hostTargetOf, isNodeItself, sessionRequest } from './ssm-session.js';

/**
 * Session Manager cuts every websocket about 60 minutes after it was opened, with close code 1000 and the reason `Bye`
 * (session-manager-plugin issue 135). The sessions ride that out, but the call that resumes them is refused once
 * scoped credentials got older than they may (issue 136): a fresh link takes over five minutes before.
 */
const RENEW_AFTER_MS = 55 * 60_000;
/** Sessions that end sooner are left to the pauses between attempts, in milliseconds. */
const FLAPPING_MS = 5_000;
/** A dead peer is given up after two to three of these: within 15 s. */
const KEEP_ALIVE_MS = 5_000;

/** How {@link createSsmProvider} differs from the ordinary. */
export interface SsmProviderOptions {
  /** Variables to go by. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds after which a fresh link takes over. Default 55 minutes. */
  readonly renewAfterMs?: number;
  /** Sessions that lived for this many milliseconds are opened again at once when they end. Default 5,000. */
  readonly flappingMs?: number;
  /** How sessions are kept. Default: as ever, with a keep-alive every 5 s. */
  readonly tuning?: ChannelTuning;
}

/**
 * Makes links through managed nodes by Session Manager, in this process: no AWS CLI and no plugin is run, and no
 * token is on any command line.
 */
export function createSsmProvider(options: SsmProviderOptions = {}): Provider<SsmVia> {
  const env = options.env ?? process.env;
  const tuning = { keepAliveMs: KEEP_ALIVE_MS, ...options.tuning };
  const { renewAfterMs = RENEW_AFTER_MS, flappingMs = FLAPPING_MS } = options;
  /** A node that was there and is gone is being replaced; one that never was there is a mistake. */
  const seen = new Set<string>();

  async function open(via: SsmVia, wanted: OpenLinkOptions): Promise<Link> {
    const { signal, onDebug } = wanted;
    if (wanted.through) throw notThrough();
    try {
      let api = openApi(via, env);
      const bastions = await find(via, api, signal);
      seen.add(via.target);
      if (bastions.length > 1) onDebug(`${via.target} is ${bastions.length} nodes; the first is ${bastions[0].label}`);
      for (const [index, bastion] of bastions.entries()) {
        try {
          return await openThrough(bastion, via, api, wanted);
        } catch (error) {
          const isGone = error instanceof LinkError && error.failure.cause === 'not-connected';
          if (!isGone || index === bastions.length - 1) throw error;
          onDebug(`${bastion.label} is not connected; the next is tried`);
          api = openApi(via, env);
        }
      }
      throw new Error('there is at least one node');
    } catch (error) {
      signal.throwIfAborted();
      const failure = await classifySsm(error, { via, env });
      if (failure.cause === 'resolve' && seen.has(via.target)) {
        throw new LinkError({ ...failure, permanent: false }, { cause: error });
      }
      throw error instanceof LinkError ? error : new LinkError(failure, { cause: error });
    }
  }

  async function openThrough(bastion: Bastion, via: SsmVia, api: AwsApi, wanted: OpenLinkOptions): Promise<Link> {
    const { targets, signal, onDebug } = wanted;
    const renewAtMs = performance.now() + renewAfterMs;
    const link = new SsmLink({ via, env, api, bastion, tuning, renewAtMs, flappingMs, onDebug });
    const stop = (): void => void link.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (targets.length > 0) await link.prepare(targets);
      else await link.check({ signal });
      signal.throwIfAborted();
      return link;
    } catch (error) {
      await link.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  return {
    kind: 'ssm',
    open,
    describe: describeSsm,
    async *diagnose(via, target, { signal, through }) {
      if (through) throw notThrough();
      yield* diagnoseSsm({ via, target, env, tuning, signal, api: openApi(via, env) });
    },
  };
}

function openApi({ profile, region, endpointUrl }: SsmVia, env: Environment): AwsApi {
  return createAwsApi({
    env,
    ...(profile === undefined ? {} : { profile }),
    ...(region === undefined ? {} : { region }),
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
  });
}

async function find(via: SsmVia, api: AwsApi, signal: AbortSignal): ReturnType<typeof findBastions> {
  try {
    return await findBastions(via.target, api, signal);
  } catch (error) {
    api[Symbol.dispose]();
    throw error;
  }
}

function notThrough(): LinkError {
  return new LinkError({
    cause: 'config',
    message: 'Session Manager is reached from this machine only: ssm can be the first hop of a chain, not a later one.',
    hint: 'Put ssm first in hops.',
    permanent: true,
  });
}

/** The AWS CLI's command where the node is named by its id, else ours, which finds it; one for each target. */
function describeSsm(via: SsmVia, forwards: readonly Forwarding[]): LinkDescription {
  const command = /^m?i-[0-9a-f]+$/.test(via.target) ? awsCommand : ourCommand;
  return {
    commands: forwards.map((forward) => command(via, forward)),
    summary: `Session Manager through ${via.target}, in this process`,
  };
}

function awsCommand(via: SsmVia, { to, localPort = 0 }: Forwarding): readonly string[] {
  const request = sessionRequest(via.target, hostTargetOf(to));
  return [
    'aws',
    'ssm',
    'start-session',
    '--target',
    request.target,
    '--document-name',
    request.document ?? '',
    '--parameters',
    JSON.stringify({ ...request.parameters, localPortNumber: [String(localPort)] }),
    ...awsFlags(via),
  ];
}

function ourCommand(via: SsmVia, { to, localPort }: Forwarding): readonly string[] {
  const { host, port } = hostTargetOf(to);
  return [
    'hawser',
    'ssm',
    'forward',
    via.target,
    ...(isNodeItself(host) ? [] : ['--host', host]),
    '--remote-port',
    String(port),
    ...(localPort === undefined ? [] : ['--local-port', String(localPort)]),
    ...(via.lanes === undefined ? [] : ['--lanes', String(via.lanes)]),
    ...awsFlags(via),
  ];
}

function awsFlags({ profile, region, endpointUrl }: SsmVia): readonly string[] {
  return [
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...(region === undefined ? [] : ['--region', region]),
    ...(endpointUrl === undefined ? [] : ['--endpoint-url', endpointUrl]),
  ];
}

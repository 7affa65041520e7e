import { type Cluster, type ForwardTarget, openCluster } from '@hawser/kube-client';
import { LinkError, type LinkFailure } from '../link/failure.js';
import type { KubeVia, Target } from '../spec.js';
import { targetsText, targetText } from '../target-text.js';
import { demandForwarding } from './kube-access.js';
import { diagnoseKube } from './kube-diagnose.js';
import { classifyKube, endsLink, kubectlFlags } from './kube-failure.js';
import type { Forwarding, Link, LinkDescription, OpenLinkOptions, Provider } from './provider.js';

/** How {@link createKubeProvider} differs from the ordinary. */
export interface KubeProviderOptions {
  /** Variables to go by, for the kubeconfig, proxies and credential plugins. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

type Environment = NonNullable<KubeProviderOptions['env']>;

/**
 * Makes links to pods, each connection by a websocket of its own: a pod that is replaced ends its own connections and
 * no others, and the next connection goes to the pod that is ready then.
 */
export function createKubeProvider({ env = process.env }: KubeProviderOptions = {}): Provider<KubeVia> {
  return {
    kind: 'kube',
    open: async (via, options) => await openLink(via, env, options),
    describe: (via, forwards): LinkDescription => ({
      commands: forwards.map((forward) => portForwardCommand(via, forward)),
      summary: `Connects to ${targetsText(forwards)} through ${via.context ?? 'the current context'} of the kubeconfig, pod by pod.`,
    }),
    async *diagnose(via, target, { signal, through }) {
      if (through) throw notThrough();
      yield* diagnoseKube({ via, env, target: forwardTarget(via, target), signal });
    },
  };
}

/** Ready when the server lets us forward, and one of the targets at least has a pod to forward to. */
async function openLink(via: KubeVia, env: Environment, options: OpenLinkOptions): Promise<Link> {
  const { targets, signal, through, onDebug } = options;
  if (through) throw notThrough();
  let cluster: Cluster | undefined;
  try {
    const opened = (cluster = await openCluster({ ...via, env }));
    await demandForwarding(opened, via.namespace ?? opened.namespace, signal);
    const located = await Promise.allSettled(
      targets.map(async (target) => await opened.locate(forwardTarget(via, target), { signal })),
    );
    signal.throwIfAborted();
    for (const [index, one] of located.entries()) {
      const what = targetText(targets[index] as Target);
      if (one.status === 'fulfilled') onDebug(`${what} is ${one.value.map(({ pod }) => pod).join(', ')}`);
      else onDebug(`${what}: ${failureOf(one.reason, via, env).message}`);
    }
    const [first] = located;
    if (first?.status === 'rejected' && located.every(({ status }) => status === 'rejected')) throw first.reason;
    return linkOf(opened, via, env);
  } catch (error) {
    await cluster?.close();
    signal.throwIfAborted();
    throw new LinkError(failureOf(error, via, env), { cause: error });
  }
}

function failureOf(error: unknown, via: KubeVia, env: Environment): LinkFailure {
  return error instanceof LinkError ? error.failure : classifyKube(error, via, env);
}

function linkOf(cluster: Cluster, via: KubeVia, env: Environment): Link {
  let finish: (failure: LinkFailure | undefined) => void;
  const ended = new Promise<LinkFailure | undefined>((resolve) => {
    finish = resolve;
  });
  const connections = new Set<{ destroy(): void }>();
  let isBroken = false;
  const close = async (): Promise<void> => {
    finish(undefined);
    // Credentials that have run out let no new connection in; those that are there may go on.
    if (!isBroken) for (const connection of connections) connection.destroy();
    await cluster.close();
  };
  /** What would fail for every other target too is the end of the link. */
  const broken = (error: unknown): LinkError => {
    const failure = failureOf(error, via, env);
    if (endsLink(failure)) {
      isBroken = true;
      finish(failure);
    }
    return new LinkError(failure, { cause: error });
  };
  return {
    ended,
    pids: [],
    close,
    [Symbol.asyncDispose]: close,
    dial: async (target, { signal } = {}) => {
      try {
        const connection = await cluster.forward(forwardTarget(via, target), { ...(signal && { signal }) });
        connections.add(connection);
        connection.once('close', () => connections.delete(connection));
        return connection;
      } catch (error) {
        signal?.throwIfAborted();
        throw broken(error);
      }
    },
    check: async ({ signal }) => {
      try {
        await cluster.text('/version', { signal });
      } catch (error) {
        signal.throwIfAborted();
        throw broken(error);
      }
    },
  };
}

/** The host says which pods; a bare name is a service, as inside the cluster. */
function forwardTarget({ namespace }: KubeVia, target: Target): ForwardTarget {
  if ('path' in target) {
    throw new LinkError({
      cause: 'config',
      message: 'A unix socket cannot be reached in a pod.',
      hint: 'Name a port, such as svc/web:80.',
      permanent: true,
    });
  }
  const { host, port } = target;
  const named = host.includes('/') || host.includes('=') ? host : `svc/${host}`;
  return { target: named, port, ...(namespace !== undefined && { namespace }) };
}

function portForwardCommand(via: KubeVia, { to, localPort }: Forwarding): readonly string[] {
  const { target: named, port } = forwardTarget(via, to);
  return [
    'kubectl',
    ...kubectlFlags(via),
    'port-forward',
    named,
    localPort === undefined ? String(port) : `${localPort}:${port}`,
  ];
}

function notThrough(): LinkError {
  return new LinkError({
    cause: 'config',
    message: 'An API server is reached from this machine only: kube can be the first hop of a chain, not a later one.',
    hint: "Open a tunnel to the API server first, and name its port as the cluster's server, with tls-server-name.",
    permanent: true,
  });
}

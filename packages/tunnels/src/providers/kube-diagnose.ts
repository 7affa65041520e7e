import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type Cluster, type ForwardTarget, openCluster } from '@hawser/kube-client';
import { LinkError } from '../link/failure.js';
import type { KubeVia } from '../spec.js';
import { deadlineOf } from './deadline.js';
import { demandForwarding } from './kube-access.js';
import { classifyKube } from './kube-failure.js';
import type { Hop } from './provider.js';

const CONNECT_TIMEOUT_MS = 10_000;

export interface DiagnoseKubeOptions {
  readonly via: KubeVia;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly target: ForwardTarget;
  readonly signal: AbortSignal;
}

/** From the kubeconfig to a ready pod; ends after the first hop that fails. */
export async function* diagnoseKube(options: DiagnoseKubeOptions): AsyncGenerator<Hop> {
  const { via, env, signal } = options;
  let cluster: Cluster;
  try {
    cluster = await openCluster({ ...via, env });
  } catch (error) {
    yield failed('config', error, options);
    return;
  }
  try {
    yield { hop: 'config', verdict: 'pass', detail: `The context ${cluster.context} leads to ${cluster.server}.` };
    for (const { hop, isBehindProxy, go } of steps(cluster, options)) {
      if (isBehindProxy && cluster.usesProxy) {
        yield { hop, verdict: 'skipped', detail: 'A proxy makes the connections.' };
        continue;
      }
      const started = performance.now();
      try {
        const detail = await go();
        yield { hop, verdict: 'pass', detail, ms: performance.now() - started };
      } catch (error) {
        signal.throwIfAborted();
        yield { ...failed(hop, error, options), ms: performance.now() - started };
        return;
      }
    }
  } finally {
    await cluster.close();
  }
}

interface Step {
  readonly hop: Hop['hop'];
  /** With a proxy it is the proxy that does this. */
  readonly isBehindProxy: boolean;
  /** What was seen. */
  readonly go: () => Promise<string>;
}

function steps(cluster: Cluster, { via, target, signal }: DiagnoseKubeOptions): readonly Step[] {
  const { hostname, port } = new URL(cluster.server);
  const host = hostname.replace(/^\[|\]$/g, '');
  const namespace = via.namespace ?? cluster.namespace;
  return [
    { hop: 'dns', isBehindProxy: true, go: async () => `${host} is ${(await lookup(host)).address}.` },
    { hop: 'tcp', isBehindProxy: true, go: async () => await takesConnections(host, Number(port || 443), signal) },
    {
      hop: 'auth',
      isBehindProxy: false,
      go: async () => {
        await demandForwarding(cluster, namespace, signal);
        return `The API server knows you, and lets you forward ports of pods in ${namespace}.`;
      },
    },
    {
      hop: 'pod',
      isBehindProxy: false,
      go: async () => {
        const places = await cluster.locate(target, { signal });
        return `${target.target} is ${places.map((place) => `${place.pod}:${place.port}`).join(', ')}.`;
      },
    },
  ];
}

async function takesConnections(host: string, port: number, signal: AbortSignal): Promise<string> {
  using deadline = deadlineOf(signal, CONNECT_TIMEOUT_MS);
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: deadline.signal });
  } finally {
    socket.destroy();
  }
  return `${host}:${port} takes connections.`;
}

/** One request finds out about certificate, credentials and access; the cause says which of them it was. */
function failed(hop: Hop['hop'], error: unknown, { via, env }: DiagnoseKubeOptions): Hop {
  if (hop === 'dns' || hop === 'tcp') {
    const detail = error instanceof Error ? error.message : String(error);
    const hint = 'Check the server of the kubeconfig; a private API server needs a tunnel to it.';
    return { hop, verdict: 'fail', detail: `${detail}.`, hint };
  }
  const failure = error instanceof LinkError ? error.failure : classifyKube(error, via, env);
  const { cause, message, hint, authCommand } = failure;
  const found = cause === 'tls' ? 'host-key' : cause === 'credentials' ? 'credentials' : hop;
  return { hop: found, verdict: 'fail', detail: message, hint: authCommand ? `${hint} Try ${authCommand}.` : hint };
}

import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type Cluster, type ForwardTarget, openCluster } from '@hawser/kube-client';
import type { KubeVia } from '../spec.js';
import { deadlineOf } from './deadline.js';
import { mayForward, missingPermission } from './kube-access.js';
import { classifyKube } from './kube-failure.js';
import type { Hop } from './provider.js';

const CONNECT_TIMEOUT_MS = 10_000;

/** From the kubeconfig to a ready pod; ends after the first hop that fails. */
export async function* diagnoseKube(via: KubeVia, target: ForwardTarget, signal: AbortSignal): AsyncGenerator<Hop> {
  let cluster: Cluster;
  try {
    cluster = await openCluster(via);
  } catch (error) {
    return yield fail('config', error, via);
  }
  try {
    const { hostname, port } = new URL(cluster.server);
    const namespace = via.namespace ?? cluster.namespace;
    yield { hop: 'config', verdict: 'pass', detail: `The context ${cluster.context} leads to ${cluster.server}.` };
    const steps: readonly Step[] = [
      ['dns', async () => `${hostname} is ${(await lookup(hostname.replace(/^\[|\]$/g, ''))).address}.`],
      ['tcp', async () => await answers(hostname, Number(port || 443), signal)],
      [
        'auth',
        async () => {
          if (!(await mayForward(cluster, namespace, signal)))
            throw new Denied(missingPermission.message(cluster, namespace));
          return `The API server knows you, and lets you forward ports in ${namespace}.`;
        },
      ],
      [
        'pod',
        async () => {
          const places = await cluster.locate(target, { signal });
          return `${target.target} is ${places.map(({ pod, port: number }) => `${pod}:${number}`).join(', ')}.`;
        },
      ],
    ];
    for (const [hop, go] of steps) {
      const started = performance.now();
      try {
        const detail = await go();
        yield { hop, verdict: 'pass', detail, ms: performance.now() - started };
      } catch (error) {
        signal.throwIfAborted();
        return yield { ...fail(hop, error, via), ms: performance.now() - started };
      }
    }
  } finally {
    await cluster.close();
  }
}

type Step = readonly [hop: Hop['hop'], go: () => Promise<string>];

class Denied extends Error {}

async function answers(hostname: string, port: number, signal: AbortSignal): Promise<string> {
  using deadline = deadlineOf(signal, CONNECT_TIMEOUT_MS);
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port });
  try {
    await once(socket, 'connect', { signal: deadline.signal });
  } finally {
    socket.destroy();
  }
  return `${hostname}:${port} takes connections.`;
}

/** The certificate and the credentials are found wanting by the same request. */
function fail(hop: Hop['hop'], error: unknown, via: KubeVia): Hop {
  if (error instanceof Denied) return { hop, verdict: 'fail', detail: error.message, hint: missingPermission.hint };
  if (hop === 'dns' || hop === 'tcp') {
    const detail = error instanceof Error ? error.message : String(error);
    return {
      hop,
      verdict: 'fail',
      detail: `${detail}.`,
      hint: 'Check the server of the kubeconfig; a private API server needs a tunnel to it. Behind a proxy this step cannot succeed.',
    };
  }
  const { cause, message, hint, authCommand } = classifyKube(error, via);
  const found = cause === 'tls' ? 'host-key' : cause === 'credentials' ? 'credentials' : hop;
  return { hop: found, verdict: 'fail', detail: message, hint: authCommand ? `${hint} Try ${authCommand}.` : hint };
}

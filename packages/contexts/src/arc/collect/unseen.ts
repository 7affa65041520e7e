import { ContextsError } from '../../errors.js';
import type { Seen, Unseen } from '../evidence/observation.js';
import type { BadShape } from '../evidence/shape.js';

/** What somebody answered, or why it was not to be had; only an abort is thrown on. */
export async function see<T>(look: () => Promise<T>, signal: AbortSignal | undefined): Promise<Seen<T>> {
  try {
    return { seen: await look() };
  } catch (error) {
    signal?.throwIfAborted();
    return { unseen: unseenOf(error) };
  }
}

/** The answer of a cluster that is not of its kind. */
export function clusterGarbage(path: string, cause: BadShape): ContextsError {
  return new ContextsError(
    'HAWSER_ARC_CLUSTER_FAILED',
    `The cluster's answer to ${path} cannot be read: ${cause.message}`,
    {
      hint: 'Check that the address in the kubeconfig is that of an API server, of a version of ARC that is known.',
      cause,
    },
  );
}

const refusals = new Set(['HAWSER_KUBE_FORBIDDEN', 'HAWSER_KUBE_UNAUTHORIZED', 'HAWSER_KUBE_CREDENTIALS_FAILED']);

function unseenOf(error: unknown): Unseen {
  const { code, hint, details } = error as {
    readonly code?: unknown;
    readonly hint?: unknown;
    readonly details?: { readonly status?: unknown; readonly limited?: unknown };
  };
  // A rate limit passes, though it may be told by a 403.
  const status = details?.limited === true ? undefined : details?.status;
  const name = typeof code === 'string' ? code : 'HAWSER_ARC_CLUSTER_FAILED';
  return {
    code: name,
    message: error instanceof Error ? error.message : String(error),
    hint: typeof hint === 'string' ? hint : 'Try again.',
    refused: refusals.has(name) || status === 401 || status === 403 || status === 404,
  };
}

import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import { KubeClientError } from '../errors.js';
import type { Requests } from '../http/requests.js';
import type { ForwardPlace, ForwardTarget } from '../types.js';
import { findPlaces, type Reader } from './target.js';

/** Opens connections to pods. */
export type Forward = (target: ForwardTarget, signal?: AbortSignal) => Promise<Duplex>;

/** Connections come in bursts; the pods of a burst are looked up once. A pod that has gone meanwhile is looked up again. */
const FRESH_MS = 1_000;

/** Targets used in the last moments. */
const REMEMBERED = 64;

export function createForward(
  requests: Requests,
  reader: (signal?: AbortSignal) => Reader,
  namespace: string,
): Forward {
  const found = new Map<string, { readonly places: readonly ForwardPlace[]; readonly at: number }>();
  let turn = 0;

  const choose = async (target: ForwardTarget, isFresh: boolean, signal?: AbortSignal): Promise<ForwardPlace> => {
    const within = target.namespace ?? namespace;
    const key = JSON.stringify([within, target.target, target.port]);
    let known = found.get(key);
    if (!known || isFresh || performance.now() - known.at > FRESH_MS) {
      known = { places: await findPlaces(reader(signal), within, target), at: performance.now() };
      if (found.size >= REMEMBERED) found.clear();
      found.set(key, known);
    }
    return known.places[turn++ % known.places.length] as ForwardPlace;
  };
  return async (target, signal) => {
    signal?.throwIfAborted();
    const { connect } = await import('./connect.js');
    try {
      return await connect(requests, await choose(target, false, signal), signal);
    } catch (error) {
      if (!isGone(error)) throw error;
      return await connect(requests, await choose(target, true, signal), signal);
    }
  };
}

/** The pod was there a moment ago. A second look says what is there now. */
function isGone(error: unknown): boolean {
  if (!(error instanceof KubeClientError)) return false;
  return error.code === 'HAWSER_KUBE_NOT_FOUND' || error.details?.['status'] === 400;
}

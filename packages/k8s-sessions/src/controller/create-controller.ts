import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { createVerifier } from '@hawser/api-keys';
import { createControllerMetrics } from '../metrics.js';
import { createHandler } from './handle.js';
import { createInternalHandler } from './internal/handle-internal.js';
import { defaultControllerSettings } from './options.js';
import type { ControllerPorts } from './options.js';
import { PodFacts } from './pod-facts.js';
import { Reaper } from './reaper.js';
import { Reconciler } from './reconciler.js';
import { createSealer } from './sealing.js';
import type { Service } from './service.js';
import { WarmPool } from './warm-pool.js';
import { watchPods } from './watch-pods.js';

/** The service that takes sessions, has them run, and knows what became of each. It opens no port by itself. */
export interface Controller extends AsyncDisposable {
  /** Answers people and programs: `/api`, `/.well-known/jwks.json`, `/openapi.json` and probes. `remoteAddress` is the peer's. */
  handle(request: Request, options: { readonly remoteAddress: string }): Promise<Response>;
  /** Answers runners, probes and scrapes: for a port that only they reach. */
  handleInternal(request: Request): Promise<Response>;
  /** Begins to bring sessions on by itself. */
  start(): void;
  /** One look at every session, now; resolves when all that could be done is done. What `start` does again and again. */
  reconcile(): Promise<void>;
  /** Removes what is past its time, and runners that no session stands behind. Whether this replica was the one to do it. */
  reap(): Promise<boolean>;
  /** Not ready any more: waiting requests are let go, nothing new is begun. Requests are still answered. */
  drain(): Promise<void>;
  /** Drains, and ends all that goes on. Store and cluster stay the caller's. */
  close(): Promise<void>;
}

/**
 * Puts a controller together. Any number may share one database: leases are taken by compare-and-swap, and every edge of a
 * session is one guarded update.
 *
 * @throws SessionsError HAWSER_SESSIONS_BAD_INPUT for a sealing key that has not 32 bytes, or a trusted proxy that is no network
 */
export function createController(ports: ControllerPorts): Controller {
  const { store, clock } = ports;
  const closing = new AbortController();
  // One for every request that is under way.
  setMaxListeners(0, closing.signal);
  const metrics = createControllerMetrics(ports.registry);
  const service: Service = {
    ports,
    settings: { ...defaultControllerSettings, ...ports.settings },
    store,
    sealer: createSealer(ports.sealingKeys),
    keys: createVerifier({ find: (keyId) => store.principal(keyId), nowMs: () => clock.nowMs() }),
    metrics,
    facts: new PodFacts(),
    replica: ports.replica ?? randomUUID(),
    standing: {
      refusals: ports.enforcement ? ['whether the network enforces policies is not known yet'] : [],
      warnings: [],
    },
    nowMs: () => clock.nowMs(),
    touch: (session) => reconciler.touch(session),
    takeWarm: () => warm.take(),
    giveBackWarm: (runner) => warm.giveBack(runner),
    closing: closing.signal,
    trouble: ports.trouble ?? (() => undefined),
  };
  const reconciler = new Reconciler(service);
  const warm = new WarmPool(service);
  const reaper = new Reaper(service);
  const handle = createHandler(service);
  const handleInternal = createInternalHandler(service);
  const loops: Promise<void>[] = [];

  /** Does something again and again until the service closes; a failure is told, and tried again later. */
  async function every(ms: number, what: string, work: () => Promise<unknown>): Promise<void> {
    while (!closing.signal.aborted) {
      await work().catch((error: unknown) => service.trouble(error, what));
      await clock.wait(ms, closing.signal);
    }
  }

  async function lookAtCluster(): Promise<void> {
    service.standing.warnings = await ports.cluster.check();
    if (ports.enforcement) service.standing.refusals = await ports.enforcement();
  }

  const drain = async (): Promise<void> => {
    closing.abort();
    await Promise.all(loops.splice(0));
    await reconciler.settled();
  };
  const close = async (): Promise<void> => {
    await drain();
    await warm.close();
    metrics.close();
  };
  return {
    handle: (request, { remoteAddress }) => handle(request, remoteAddress),
    handleInternal,
    start() {
      if (loops.length > 0 || closing.signal.aborted) return;
      loops.push(
        watchPods(service),
        every(service.settings.sweepMs, 'the look at all sessions', () => reconciler.sweep()),
        every(service.settings.sweepMs, 'the warm runners', () => warm.fill()),
        every(service.settings.reapMs, 'the look at the cluster', lookAtCluster),
        every(service.settings.reapMs, 'the removal of what is past its time', () => reaper.reap()),
      );
    },
    reconcile: () => reconciler.sweep(),
    reap: () => reaper.reap(),
    drain,
    close,
    [Symbol.asyncDispose]: close,
  };
}

import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { randomKey } from '@hawser/api-keys';
import { createSigner, createSigningKey } from '@hawser/receipts';
import { nodeSockets } from '../../src/client/node.js';
import { attach, createSessionsClient } from '../../src/client/index.js';
import type { AttachOptions, SessionsClient, View } from '../../src/client/index.js';
import { createController, serveController } from '../../src/controller/index.js';
import type { Clock, PodFact, RunnerCluster, RunnerJob } from '../../src/controller/index.js';
import { createGateway, createRunnerAccess, serveGateway } from '../../src/gateway/index.js';
import { httpControl, runRunner } from '../../src/runner/index.js';
import { openStore, storedLog } from '../../src/store/index.js';
import type { SessionStore } from '../../src/store/index.js';
import { createMemoryKeys, openTickets, registerBootstrapKey } from '../../src/tickets/index.js';

const clock: Clock = {
  nowMs: Date.now,
  wait: (ms, signal) => wait(ms, undefined, signal && { signal }).catch(() => {}),
};

/** One controller and one gateway, as of several that share a database and a cluster. */
export interface Replica {
  readonly store: SessionStore;
  readonly client: SessionsClient;
  readonly gatewayUrl: string;
  look(session: string, ticket: string, handlers: Partial<AttachOptions>): Promise<View>;
}

export interface Replicas {
  readonly all: readonly [Replica, Replica];
  /** How often each start was asked for, by session. */
  readonly asked: ReadonlyMap<string, number>;
  /** Private to the test: commands may write there. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Two replicas over one PostgreSQL; runners are real, and live in this process as pods would elsewhere. */
export async function startReplicas(databaseUrl: string): Promise<Replicas> {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-replicas-'));
  const pageFolder = join(folder, 'page');
  mkdirSync(pageFolder);
  writeFileSync(join(pageFolder, 'index.html'), '<!doctype html><title>Terminal</title>');
  const keys = createMemoryKeys();
  await keys.create?.();
  const shared = { keys, signer: createSigner(createSigningKey()), apiKey: randomKey(), sealingKey: randomBytes(32) };
  const asked = new Map<string, number>();
  const pods = startPods(folder, asked);
  const undo: (() => Promise<unknown>)[] = [];

  async function start(name: string): Promise<Replica> {
    const store = await openStore({ url: databaseUrl, maxConnections: 5 });
    undo.unshift(() => store.close());
    await registerBootstrapKey({ store, key: shared.apiKey, nowMs: Date.now() });
    const tickets = openTickets({ store, keys, issuer: 'https://sessions.example.com', nowMs: Date.now });
    const controller = createController({
      store,
      cluster: pods.cluster,
      tickets,
      access: createRunnerAccess({ nowMs: Date.now }),
      signer: shared.signer,
      clock,
      sealingKeys: [shared.sealingKey],
      version: '0.0.0',
      replica: name,
      settings: { ratePerMinute: null, egress: 'public' },
    });
    const served = await serveController({ controller });
    pods.controllers.push(served.internalUrl);
    const gateway = createGateway({
      store,
      tickets: openTickets({ store, issuer: 'https://sessions.example.com', nowMs: Date.now }),
      log: (session) => storedLog(store, session),
      pageFolder,
      clock,
    });
    const edge = await serveGateway({ gateway });
    undo.unshift(
      () => edge.close(),
      () => served.close(),
    );
    controller.start();
    return {
      store,
      client: createSessionsClient({ url: served.url, apiKey: shared.apiKey, retryForMs: 0 }),
      gatewayUrl: edge.url,
      look: (session, ticket, handlers) =>
        attach({ url: edge.url, session, ticket, whole: true, openSocket: nodeSockets(), ...handlers }),
    };
  }

  const all = [await start('one'), await start('two')] as const;
  return {
    all,
    asked,
    folder,
    async stop() {
      await pods.stop();
      for (const step of undo) await step();
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}

/** A cluster that starts a runner in this process for each start that is asked for; asking again starts none. */
function startPods(
  folder: string,
  asked: Map<string, number>,
): { readonly cluster: RunnerCluster; readonly controllers: string[]; stop(): Promise<void> } {
  const controllers: string[] = [];
  const pods = new Map<
    string,
    { readonly fact: PodFact; readonly stop: AbortController; readonly ended: Promise<number> }
  >();
  const listeners = new Set<(fact: PodFact) => void>();
  const tell = (fact: PodFact): void => {
    for (const listener of listeners) listener(fact);
  };

  function run(job: RunnerJob, jobName: string): void {
    const { session, attempt, secret } = job;
    const stop = new AbortController();
    const place = join(folder, jobName);
    mkdirSync(place);
    // Runners speak to any replica: each call may be answered by another.
    let calls = 0;
    const url = (): string => controllers[(calls += 1) % controllers.length] ?? '';
    const ended = runRunner({
      control: httpControl({ url, session, attempt, secret }),
      session,
      secret,
      host: '127.0.0.1',
      port: 0,
      folder: place,
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
      terminate: stop.signal,
      lingerMs: 100,
      cutEveryMs: 200,
    });
    const fact: PodFact = {
      session,
      attempt,
      jobName,
      podName: jobName,
      podUid: jobName,
      address: '127.0.0.1',
      phase: 'running',
      ready: true,
      image: null,
      waiting: null,
      terminated: null,
    };
    pods.set(jobName, { fact, stop, ended });
    tell(fact);
    void ended.then(
      (exitCode) => {
        const over = { exitCode, signal: null, reason: 'Completed', message: null };
        tell({ ...fact, phase: exitCode === 0 ? 'succeeded' : 'failed', ready: false, terminated: over });
      },
      () => {},
    );
  }

  return {
    controllers,
    cluster: {
      kind: 'kubernetes',
      async start(job) {
        const jobName = `job-${job.session}-${job.attempt}`;
        asked.set(job.session, (asked.get(job.session) ?? 0) + 1);
        if (!pods.has(jobName)) run(job, jobName);
        return { jobName };
      },
      async remove(jobName) {
        pods.get(jobName)?.stop.abort();
      },
      async *watch({ signal }) {
        const queue = [...pods.values()].map(({ fact }) => fact);
        let wake = (): void => {};
        const listener = (fact: PodFact): void => {
          queue.push(fact);
          wake();
        };
        const onAbort = (): void => wake();
        listeners.add(listener);
        signal.addEventListener('abort', onAbort);
        while (!signal.aborted) {
          const fact = queue.shift();
          if (fact) yield fact;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
        listeners.delete(listener);
      },
      check: () => Promise.resolve([]),
    },
    async stop() {
      for (const { stop } of pods.values()) stop.abort();
      await Promise.allSettled([...pods.values()].map(({ ended }) => ended));
    },
  };
}

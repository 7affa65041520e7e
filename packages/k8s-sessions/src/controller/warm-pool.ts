import { randomUUID } from 'node:crypto';
import { jobOf } from './reconciler.js';
import type { Service } from './service.js';

/** How long a runner waits for work before a fresh one takes its place. */
const longestWaitMs = 30 * 60_000;
const leaseMs = 60_000;

/** A runner without a session. The session that gets it takes its id. */
export interface WarmRunner {
  readonly id: string;
  readonly jobName: string;
  readonly sinceMs: number;
}

/**
 * Runners that are started before anybody asks. Each has the id of the session to come, and a lease by that name says that its
 * Job is no orphan; no row is needed, because its secret follows from the service's key.
 */
export class WarmPool {
  readonly #service: Service;
  #runners: WarmRunner[] = [];

  constructor(service: Service) {
    this.#service = service;
  }

  /** A runner whose pod serves already, for a session that begins now. */
  take(): WarmRunner | undefined {
    const { facts } = this.#service;
    const at = this.#runners.findIndex(({ id }) => facts.of(id).fact?.phase === 'running');
    if (at === -1) return undefined;
    const [runner] = this.#runners.splice(at, 1);
    this.#count();
    return runner;
  }

  /** Takes back what was not needed. */
  giveBack(runner: WarmRunner): void {
    this.#runners.push(runner);
    this.#count();
  }

  /** Keeps the leases, drops who waited too long or ended, and starts as many as are missing. */
  async fill(): Promise<void> {
    const { settings, closing, facts, store, replica } = this.#service;
    const nowMs = this.#service.nowMs();
    for (const runner of this.#runners) {
      const { fact, overSinceMs } = facts.of(runner.id);
      const isGood = overSinceMs === null && nowMs - runner.sinceMs < longestWaitMs && fact?.phase !== 'failed';
      if (isGood && (await store.leaseName(leaseOf(runner.id), replica, nowMs, nowMs + leaseMs))) continue;
      await this.#drop(runner);
    }
    while (this.#runners.length < settings.warmRunners && !closing.aborted) await this.#add();
    this.#count();
  }

  /** Removes those that wait. */
  async close(): Promise<void> {
    for (const runner of this.#runners) {
      await this.#drop(runner).catch((error: unknown) => this.#service.trouble(error, `removing ${runner.jobName}`));
    }
  }

  async #add(): Promise<void> {
    const { store, sealer, ports, settings, replica } = this.#service;
    const id = randomUUID();
    const nowMs = this.#service.nowMs();
    await store.leaseName(leaseOf(id), replica, nowMs, nowMs + leaseMs);
    const { egress, exitOnJob, maxDeadlineMs, ttlSeconds } = settings;
    const deadlineMs = maxDeadlineMs + longestWaitMs;
    const { jobName } = await ports.cluster.start(
      jobOf({ id, attempt: 1, egress, deadlineMs, exitOnJob }, sealer.secrets(id, 1).secret, ttlSeconds),
    );
    this.#runners.push({ id, jobName, sinceMs: nowMs });
  }

  async #drop(runner: WarmRunner): Promise<void> {
    this.#runners = this.#runners.filter(({ id }) => id !== runner.id);
    await this.#service.ports.cluster.remove(runner.jobName, { graceSeconds: 0 });
    this.#service.facts.forget(runner.id);
  }

  #count(): void {
    this.#service.metrics.warmRunners.set(this.#runners.length);
  }
}

/** Name of the lease that says whose a Job without a row is. */
export function leaseOf(session: string): string {
  return `runner:${session}`;
}

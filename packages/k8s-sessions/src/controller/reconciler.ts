import type { SessionState } from '../protocol/types.js';
import { isOver } from '../protocol/states.js';
import type { SessionRow } from '../store/types.js';
import { setSessionCounts } from '../metrics.js';
import { archiveSession } from './archive.js';
import { earlyStates, endSession, liveStates } from './lifecycle.js';
import { nextStep } from './next-step.js';
import type { Step } from './next-step.js';
import type { RunnerJob } from './ports.js';
import type { Service } from './service.js';

const actor = 'controller';
const sweepRows = 10_000;
const stepsAtOnce = 8;

/** Brings sessions on, one step after the other, whichever replica and however often. */
export class Reconciler {
  readonly #service: Service;
  readonly #stopSeen = new Map<string, number>();
  readonly #waiting = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  #placing: Promise<unknown> = Promise.resolve();

  constructor(service: Service) {
    this.#service = service;
  }

  /** Looks at one session soon. */
  touch(session: string): void {
    this.#waiting.add(session);
    this.#pump();
  }

  /** Looks at every session that is not archived yet, and comes back when all that could be done is done. */
  async sweep(): Promise<void> {
    const { store, replica, metrics } = this.#service;
    const rows = await store.workable(replica, this.#service.nowMs(), sweepRows);
    const counts = new Map<SessionState, number>();
    for (const row of rows) {
      counts.set(row.state, (counts.get(row.state) ?? 0) + 1);
      if (this.#stepOf(row, row.logHead).do !== 'nothing') this.#waiting.add(row.id);
    }
    setSessionCounts(metrics, counts, liveStates);
    for (const id of this.#stopSeen.keys()) if (!rows.some((row) => row.id === id)) this.#stopSeen.delete(id);
    this.#pump();
    await this.settled();
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0 || this.#waiting.size > 0) {
      this.#pump();
      await Promise.all(this.#running.values());
    }
  }

  #pump(): void {
    for (const id of this.#waiting) {
      if (this.#running.size >= stepsAtOnce) return;
      if (this.#running.has(id)) continue;
      this.#waiting.delete(id);
      const run = this.#look(id).finally(() => {
        this.#running.delete(id);
        this.#pump();
      });
      this.#running.set(id, run);
    }
  }

  /** Takes steps until there is none to take, or somebody else is at it. */
  async #look(id: string): Promise<void> {
    const { store, replica, settings, trouble, metrics } = this.#service;
    let doing: Step['do'] = 'nothing';
    try {
      for (;;) {
        const row = await store.session(id);
        if (!row) return;
        const step = this.#stepOf(row, await this.#storedHead(row));
        doing = step.do;
        if (step.do === 'nothing') return;
        const nowMs = this.#service.nowMs();
        if (!(await store.leaseSession(id, replica, nowMs, nowMs + settings.leaseMs))) return;
        const isDone = await this.#take(row, step);
        await store.leaseSession(id, replica, nowMs, nowMs);
        if (!isDone) return;
      }
    } catch (error) {
      metrics.stepFailures.inc({ step: doing });
      trouble(error, `session ${id}, step ${doing}`);
    }
  }

  /** How far the log goes only matters where no record will say so. */
  async #storedHead(row: SessionRow): Promise<number> {
    if (row.exit || isOver(row.state)) return row.logHead;
    if (!this.#service.facts.of(row.id).fact?.terminated && row.beatAt === null) return 0;
    return (await this.#service.store.logInfo(row.id))?.head ?? 0;
  }

  #stepOf(row: SessionRow, storedHead: number): Step {
    const { facts, settings } = this.#service;
    const nowMs = this.#service.nowMs();
    if (row.stopRequested && !this.#stopSeen.has(row.id)) this.#stopSeen.set(row.id, nowMs);
    return nextStep(row, {
      nowMs,
      settings,
      ...facts.of(row.id),
      stopSeenMs: this.#stopSeen.get(row.id) ?? null,
      watchingSinceMs: facts.watchingSinceMs,
      storedHead,
    });
  }

  /** Takes a step. False: nothing more can be done at the moment. */
  async #take(row: SessionRow, step: Step): Promise<boolean> {
    const { ports, settings } = this.#service;
    switch (step.do) {
      case 'queue':
        return this.#guarded(row, { state: 'queued' }, { actor, kind: 'queued' });
      case 'place':
        return this.#place(row);
      case 'start':
        return this.#start(row);
      case 'restart': {
        const attempt = row.attempt + 1;
        const { hash, dialKey } = this.#service.sealer.secrets(row.id, attempt);
        const data = { attempt, why: step.why };
        if (row.jobName !== null) await ports.cluster.remove(row.jobName, { graceSeconds: 0 });
        const fresh = { attempt, runnerSecretHash: hash, dialKey, jobName: null, podName: null, podUid: null };
        const patch = { ...fresh, address: null, port: null, beatAt: null, detail: step.why };
        return this.#guarded(row, patch, { actor, kind: 'restarted', data });
      }
      case 'observe':
        return this.#guarded(row, step.patch);
      case 'end': {
        const ended = await endSession(this.#service, row, step.exit, { actor, why: step.why });
        // What ended without a word of its runner may still be there.
        if (ended && !row.exit && row.jobName !== null) await ports.cluster.remove(row.jobName, { graceSeconds: 0 });
        return ended !== undefined;
      }
      case 'stop':
        return this.#guarded(
          row,
          { stopRequested: { reason: step.reason, graceMs: settings.graceMs } },
          { actor, kind: 'stop-requested', data: { reason: step.reason } },
        );
      case 'remove':
        if (row.jobName !== null) await ports.cluster.remove(row.jobName, { graceSeconds: 0 });
        return false;
      case 'archive':
        return archiveSession(this.#service, row);
      case 'expire':
        return this.#guarded(row, { state: 'expired', keyboard: [] }, { actor, kind: 'expired' });
      case 'nothing':
      default:
        return false;
    }
  }

  /** Writes over the row as it was read: the same state, attempt and claim. */
  async #guarded(
    row: SessionRow,
    patch: Parameters<Service['store']['updateSession']>[2],
    event?: Parameters<Service['store']['updateSession']>[3],
  ): Promise<boolean> {
    const guard = { from: [row.state], attempt: row.attempt, runnerEpoch: row.runnerEpoch };
    return (await this.#service.store.updateSession(row.id, guard, patch, event)) !== undefined;
  }

  /** Counting the places and taking one are two steps, so one replica does it at a time, for one session at a time. */
  async #place(row: SessionRow): Promise<boolean> {
    const { store, settings, replica } = this.#service;
    const nowMs = this.#service.nowMs();
    const take = (): Promise<boolean> =>
      this.#guarded(
        row,
        // Until a runner claims it, the time to start is what is limited.
        { state: 'starting', detail: null, deadlineAt: nowMs + settings.startTimeoutMs },
        { actor, kind: 'starting', data: { attempt: row.attempt } },
      );
    const { maxRunning } = settings;
    if (maxRunning === null) return take();
    const taken = this.#placing.then(async () => {
      if (!(await store.leaseName('places', replica, nowMs, nowMs + settings.leaseMs))) return false;
      const states = liveStates.filter((state) => state !== 'requested' && state !== 'queued');
      if ((await store.countSessions({ states })) < maxRunning) return take();
      const detail = `Waits for a place: ${maxRunning} sessions run already.`;
      if (row.detail !== detail) await this.#guarded(row, { detail });
      return false;
    });
    this.#placing = taken.catch(() => undefined);
    return taken;
  }

  async #start(row: SessionRow): Promise<boolean> {
    const { store, ports, settings, sealer } = this.#service;
    const { secret } = sealer.secrets(row.id, row.attempt, row.runnerSecretHash);
    let jobName: string;
    try {
      ({ jobName } = await ports.cluster.start(jobOf(row, secret, settings.ttlSeconds)));
    } catch (error) {
      const detail = `The cluster does not start a runner: ${(error as Error).message}`;
      await store.updateSession(row.id, { from: earlyStates, attempt: row.attempt }, { detail });
      throw error;
    }
    // The runner may have been quicker, and be at work already.
    const patch = { jobName, ...(row.detail !== null && { detail: null }) };
    const live = await store.updateSession(row.id, { from: liveStates, attempt: row.attempt }, patch);
    // It was cancelled meanwhile.
    if (!live) await ports.cluster.remove(jobName, { graceSeconds: 0 });
    return live !== undefined;
  }
}

/** What the cluster is told of an attempt. */
export function jobOf(
  row: Pick<SessionRow, 'id' | 'attempt' | 'egress' | 'deadlineMs' | 'exitOnJob'>,
  secret: string,
  ttlSeconds: number,
): RunnerJob {
  const { id, attempt, egress, deadlineMs, exitOnJob } = row;
  return { session: id, attempt, secret, egress, deadlineMs, exitOnJob, ttlSeconds };
}

import { isOver } from '../protocol/states.js';
import type { SessionRow } from '../store/types.js';
import type { PodFact } from './ports.js';
import type { Service } from './service.js';
import { isPodOver } from './verdict.js';
import { leaseOf } from './warm-pool.js';

const batch = 1000;
/** A runner ends by itself within moments of its command; after this long it does not. */
const slackMs = 60_000;

/** Removes what is past its time. One replica does it at a time. */
export class Reaper {
  readonly #service: Service;
  #doneMs: number;

  constructor(service: Service) {
    this.#service = service;
    this.#doneMs = service.nowMs();
  }

  async reap(): Promise<boolean> {
    const { store, replica, settings, metrics, facts } = this.#service;
    const nowMs = this.#service.nowMs();
    metrics.reaperLagSeconds.set((nowMs - this.#doneMs) / 1000);
    for (const fact of facts.all()) await this.#removeOrphan(fact);
    if (!(await store.leaseName('reaper', replica, nowMs, nowMs + settings.reapMs))) return false;
    for (;;) {
      const counts = await store.prune(nowMs, batch);
      if (!Object.values(counts).some((count) => count >= batch)) break;
    }
    this.#doneMs = nowMs;
    metrics.reaperLagSeconds.set(0);
    return true;
  }

  /** A Job that no session stands behind, or whose session is long over while it still runs. */
  async #removeOrphan(fact: PodFact): Promise<void> {
    const { store, ports, facts, replica } = this.#service;
    const nowMs = this.#service.nowMs();
    const row = await store.session(fact.session);
    if (fact.phase === 'gone') {
      if (!row || isOver(row.state)) facts.forget(fact.session);
      return;
    }
    if (row) {
      // What ended by itself goes by its own time to live.
      if (isPodOver(fact) || !isLingering(row, fact, nowMs)) return;
    } else if (!(await store.leaseName(leaseOf(fact.session), `${replica}/reaper`, nowMs, nowMs + slackMs))) {
      return;
    }
    await ports.cluster.remove(fact.jobName, { graceSeconds: 0 });
  }
}

/** Whether a runner is still there although its attempt or its session has been over for a while. */
function isLingering(row: SessionRow, fact: PodFact, nowMs: number): boolean {
  if (row.attempt > fact.attempt) return true;
  if (!isOver(row.state)) return false;
  // One that was asked to stay may serve its log until its time limit.
  const endMs = row.exitOnJob ? row.exitedAt : (row.deadlineAt ?? row.exitedAt);
  return nowMs - (endMs ?? 0) >= slackMs;
}

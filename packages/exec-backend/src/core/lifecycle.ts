import { isEnd } from '@hawser/exec-client/contract';
import type { BackendPorts, Job, StartFailure, TaskRef } from '../ports.js';
import { sha256 } from './digest.js';
import { graceOf, timeoutOf } from './execution.js';
import type { Attempt, Execution } from './execution.js';
import { ask, leave, renew, standing } from './lock-queue.js';
import type { Lock, Waiter } from './lock-queue.js';
import type { Locks } from './locks.js';
import type { Held, Records } from './records.js';
import { applyFacts, end, reach, withoutToken } from './transitions.js';

/** How long a job token is good, in milliseconds. */
const tokenLifeMs = 15 * 60_000;
/** How long a task may take to begin its command. */
const startLimitMs = 60 * 60_000;
/** What is left to the shim beyond deadline and grace, before the task is stopped from outside. */
const overtimeMs = 60_000;
/** After the first stop: when to insist, and when to give up the task as lost. */
const insistMs = 3 * 60_000;
const giveUpMs = 15 * 60_000;
/** What the sweep may come late. */
const slackMs = 5 * 60_000;
/** How often a runner is reminded to stop a task. */
const remindMs = 30_000;
/** Steps in one go: an execution that fails and starts anew as often as it may needs fewer. */
const mostSteps = 24;
/** How long a task may be unknown to its runner after its start. */
const unknownMs = 60_000;

/**
 * Brings executions forward. There is one function for all who write: the request that starts one, events of tasks, the
 * sweep, and the look at what is read. It looks at the record, does the one thing that comes next, writes it down, and
 * looks again; so whatever crashed between two writes is taken up where it stood.
 */
export class Lifecycle {
  readonly #ports: BackendPorts;
  readonly #records: Records;
  readonly #locks: Locks;
  readonly #finish: (held: Held) => Promise<void>;

  constructor(ports: BackendPorts, records: Records, locks: Locks, finish: (held: Held) => Promise<void>) {
    this.#ports = ports;
    this.#records = records;
    this.#locks = locks;
    this.#finish = finish;
  }

  /** Does everything that can be done for an execution now, and for those that its end lets go on. */
  async advance(id: string): Promise<Held | undefined> {
    const todo = [id];
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) await this.#drive(next, todo);
    return this.#records.load(id);
  }

  async #drive(id: string, todo: string[]): Promise<void> {
    let held = await this.#records.load(id);
    for (let steps = 0; held && steps < mostSteps; steps += 1) {
      const next: Held | undefined = await this.#step(held, todo);
      if (!next || next.version === held.version) return;
      held = next;
    }
  }

  /** One step; `undefined` when there is nothing to do now. */
  async #step(held: Held, todo: string[]): Promise<Held | undefined> {
    const { execution } = held;
    if (isEnd(execution.phase)) return this.#conclude(held, todo);
    if (execution.task) return this.#watch(execution, execution.task);
    if (execution.cancel && execution.start?.claimedAtMs === undefined)
      return this.#end(execution.id, { began: false });
    if (execution.lock && execution.lock.fence === undefined) return this.#queue(execution, execution.lock, todo);
    return this.#start(execution);
  }

  async #conclude(held: Held, todo: string[]): Promise<undefined> {
    if (held.execution.settled) return undefined;
    await this.release(held.execution, todo);
    await this.#finish(held);
    return undefined;
  }

  /** Leaves the lock of an execution; whoever holds it then is to be started. */
  async release({ id, lock }: Execution, todo: string[]): Promise<void> {
    if (!lock) return;
    const { before, after } = await this.#locks.change(lock.name, (row) => leave(row, id, this.#now()));
    if (after.holder && after.holder.id !== before.holder?.id) todo.push(after.holder.id);
  }

  async #queue(execution: Execution, lock: Execution['lock'] & {}, todo: string[]): Promise<Held | undefined> {
    const waiter = this.#waiterOf(execution);
    const { after } = await this.#locks.change(lock.name, (row) => ask(row, waiter, lock.policy, this.#now()));
    const at = standing(after, execution.id);
    switch (at.kind) {
      case 'held':
        return this.#change(execution.id, (current) => {
          const { position: _position, ...rest } = current.lock as Execution['lock'] & {};
          return { ...current, lock: { ...rest, fence: at.fence } };
        });
      case 'displaced':
        return this.#end(execution.id, {
          began: false,
          reasonCode: 'cancelled',
          reason: `Its place in the queue for lock ${lock.name} was taken by ${at.by}.`,
        });
      case 'none':
        return this.#end(execution.id, { began: false, reasonCode: 'lock_held', reason: heldBy(lock.name, after) });
      default:
        return this.#wait(execution, lock, { row: after, position: at.position, waiter }, todo);
    }
  }

  async #wait(
    execution: Execution,
    lock: Execution['lock'] & {},
    at: { readonly row: Lock; readonly position: number; readonly waiter: Waiter },
    todo: string[],
  ): Promise<Held | undefined> {
    if (at.waiter.untilMs !== undefined && at.waiter.untilMs <= this.#now()) {
      return this.#end(execution.id, {
        began: false,
        reasonCode: 'lock_timeout',
        reason: `Lock ${lock.name} was not free in time: ${heldBy(lock.name, at.row)}`,
      });
    }
    await this.#quietly(async () => this.#ports.runner.waiting?.(execution.id));
    await this.#lookAtHolder(lock.name, at.row, todo);
    if (execution.phase === 'queued' && lock.position === at.position) return undefined;
    return this.#change(execution.id, (current) => {
      if (!current.lock || current.lock.fence !== undefined) return undefined;
      return { ...reach(current, 'queued', this.#now()), lock: { ...current.lock, position: at.position } };
    });
  }

  /** A holder that ended, or of which nothing was ever written, holds nothing; one whose lease is over is looked at. */
  async #lookAtHolder(name: string, row: Lock, todo: string[]): Promise<void> {
    const holder = row.holder;
    if (!holder) return;
    const held = await this.#records.load(holder.id);
    if (held && !isEnd(held.execution.phase)) {
      if (holder.leaseUntilMs <= this.#now()) {
        await this.#end(holder.id, {
          began: true,
          reasonCode: 'lost',
          reason: `It outlived its lease of lock ${name}.`,
        });
        todo.push(holder.id);
      }
      return;
    }
    const { after } = await this.#locks.change(name, (lock) => leave(lock, holder.id, this.#now()));
    if (after.holder) todo.push(after.holder.id);
  }

  async #start(execution: Execution): Promise<Held | undefined> {
    const { id, lock, start } = execution;
    if (execution.retryAtMs !== undefined && execution.retryAtMs > this.#now()) return undefined;
    if (lock && !(await this.#stillHolds(execution, lock.name))) {
      return this.#end(id, {
        began: false,
        reasonCode: 'lock_held',
        reason: `Lock ${lock.name} was taken away before the command began.`,
      });
    }
    if (!start) return this.#prepare(execution);
    return this.#call(execution, start);
  }

  async #stillHolds({ id, request }: Execution, name: string): Promise<boolean> {
    const until = this.#now() + leaseMs(request);
    const { after } = await this.#locks.change(name, (row) => renew(row, id, until));
    return standing(after, id).kind === 'held';
  }

  /** Writes down that a task is about to be asked for, and asks. */
  async #prepare(execution: Execution): Promise<Held | undefined> {
    const { ids } = this.#ports;
    const token = ids.random(32);
    const start: Attempt = {
      token,
      tokenSha256: sha256(token),
      nonce: ids.random(16),
      askedAtMs: this.#now(),
      expiresAtMs: this.#now() + tokenLifeMs,
    };
    const prepared = await this.#change(execution.id, (current) =>
      current.start || current.cancel || current.attempt !== execution.attempt ? undefined : { ...current, start },
    );
    if (prepared?.execution.start?.tokenSha256 !== start.tokenSha256) return prepared;
    return this.#ask(prepared.execution, start);
  }

  /** A start of which nobody knows whether it happened: looks for its task, and asks again where there is none. */
  async #call(execution: Execution, start: Attempt): Promise<Held | undefined> {
    const found = await this.#quietly(() => this.#ports.runner.find(execution.id, execution.attempt));
    if (found) return this.#adopt(execution, found);
    if (start.claimedAtMs !== undefined) {
      if (this.#now() - start.claimedAtMs < unknownMs) return undefined;
      return this.#end(execution.id, { began: true, reasonCode: 'lost' });
    }
    if (start.expiresAtMs > this.#now()) return this.#ask(execution, start);
    return this.#end(execution.id, {
      began: false,
      reasonCode: 'no_capacity',
      reason: 'No task could be started in time.',
      retryable: true,
    });
  }

  async #ask(execution: Execution, start: Attempt): Promise<Held | undefined> {
    if (start.token === undefined) return undefined;
    const job = jobOf(execution, start.token, this.#ports);
    const answer = await this.#quietly(() => this.#ports.runner.start(job));
    if (!answer) return undefined;
    if (isFailure(answer)) return this.#end(execution.id, { began: false, ...answer }, execution.attempt);
    const adopted = await this.#adopt(execution, answer);
    // A task that was started this moment has nothing to say yet.
    return adopted?.execution.cancel ? adopted : undefined;
  }

  async #adopt({ id, attempt }: Execution, task: TaskRef): Promise<Held | undefined> {
    const held = await this.#change(id, (current) => {
      if (isEnd(current.phase) || current.task || current.attempt !== attempt || !current.start) return undefined;
      return reach({ ...current, task, start: withoutToken(current.start) }, 'provisioning', this.#now());
    });
    if (held && held.execution.task?.arn !== task.arn) await this.#stop(task, 'not wanted any more', true);
    return held;
  }

  async #watch(execution: Execution, task: TaskRef): Promise<Held | undefined> {
    const facts = await this.#quietly(async () => (await this.#ports.runner.inspect(task)) ?? 'gone');
    if (facts === 'gone') return this.#gone(execution);
    if (facts) {
      const changed = await this.#change(execution.id, (current) => {
        if (current.attempt !== execution.attempt || !current.task) return undefined;
        const next = applyFacts(current, facts, this.#now());
        return next === current ? undefined : next;
      });
      if (changed && isEnd(changed.execution.phase)) return changed;
      if (changed && !changed.execution.task) return changed;
      return this.#enforce(changed?.execution ?? execution, task);
    }
    return this.#enforce(execution, task);
  }

  #gone(execution: Execution): Promise<Held | undefined> {
    const { start, times } = execution;
    if (start && this.#now() - start.askedAtMs < unknownMs) return Promise.resolve(undefined);
    const began = start?.claimedAtMs !== undefined || times.started_at !== undefined;
    return this.#end(execution.id, { began, reasonCode: 'lost', retryable: !began }, execution.attempt);
  }

  /** Stops what is cancelled, and what outlived its deadline. */
  async #enforce(execution: Execution, task: TaskRef): Promise<Held | undefined> {
    const nowMs = this.#now();
    const { cancel, overdueAtMs } = execution;
    if (cancel && nowMs - (cancel.stopAskedAtMs ?? 0) >= remindMs) {
      const stopped = await this.#stop(task, cancel.reason ?? 'cancelled', cancel.force ?? false);
      if (stopped) {
        await this.#change(execution.id, (current) =>
          current.cancel && !isEnd(current.phase)
            ? { ...current, cancel: { ...current.cancel, stopAskedAtMs: nowMs } }
            : undefined,
        );
      }
    }
    if (nowMs <= deadlineMs(execution)) return undefined;
    if (overdueAtMs === undefined) {
      await this.#stop(task, 'timeout', false);
      await this.#change(execution.id, (current) =>
        isEnd(current.phase) || current.overdueAtMs !== undefined ? undefined : { ...current, overdueAtMs: nowMs },
      );
    } else if (nowMs - overdueAtMs > giveUpMs) {
      return this.#end(execution.id, {
        began: true,
        reasonCode: 'lost',
        reason: 'It outlived its time limit, and its task could not be stopped.',
      });
    } else if (nowMs - overdueAtMs > insistMs) {
      await this.#stop(task, 'timeout', true);
    }
    return undefined;
  }

  #stop(task: TaskRef, reason: string, force: boolean): Promise<boolean | undefined> {
    return this.#quietly(async () => {
      await this.#ports.runner.stop(task, { reason, ...(force && { force }) });
      return true;
    });
  }

  #end(id: string, ending: Parameters<typeof end>[1], attempt?: number): Promise<Held | undefined> {
    return this.#change(id, (current) => {
      if (isEnd(current.phase) || (attempt !== undefined && current.attempt !== attempt)) return undefined;
      return end(current, ending, this.#now());
    });
  }

  #change(id: string, edit: (execution: Execution) => Execution | undefined): Promise<Held | undefined> {
    return this.#records.change(id, edit);
  }

  /** What a runner cannot say now it may say later: the next look asks again. */
  async #quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch {
      return undefined;
    }
  }

  #waiterOf({ id, request, createdBy, times }: Execution): Waiter {
    const sinceMs = Date.parse(times.created_at);
    const limit = request.lock_timeout_seconds;
    return {
      id,
      who: createdBy.name ?? createdBy.arn ?? createdBy.key_id ?? 'unknown',
      sinceMs,
      leaseMs: leaseMs(request),
      ...(limit !== undefined && { untilMs: sinceMs + limit * 1000 }),
    };
  }

  #now(): number {
    return this.#ports.clock.nowMs();
  }
}

/**
 * After this a task is stopped from outside. One that has its payload and never said that its command began may be at
 * work all the same, and so has as long as if it had begun at the last moment.
 */
function deadlineMs({ request, times, start }: Execution): number {
  const workMs = (timeoutOf(request) + graceOf(request)) * 1000 + overtimeMs;
  if (times.started_at !== undefined) return Date.parse(times.started_at) + workMs;
  if (start?.claimedAtMs !== undefined) return start.claimedAtMs + startLimitMs + workMs;
  return (start?.askedAtMs ?? Date.parse(times.created_at)) + startLimitMs;
}

/** The longest that one attempt can take, until its task is stopped or given up. */
function leaseMs(request: Execution['request']): number {
  const workMs = (timeoutOf(request) + graceOf(request)) * 1000 + overtimeMs;
  return tokenLifeMs + startLimitMs + workMs + giveUpMs + slackMs;
}

function jobOf(execution: Execution, token: string, { limits }: BackendPorts): Job {
  const { request, pinned } = execution;
  const image = pinned?.image ?? request.image ?? limits.defaultImage;
  return {
    executionId: execution.id,
    attempt: execution.attempt,
    token,
    entrypoint: request.entrypoint ?? 'shell',
    timeoutSeconds: timeoutOf(request),
    graceSeconds: graceOf(request),
    attachable: request.attachable ?? false,
    ...(image !== undefined && { image }),
    ...(request.isolation && { isolation: request.isolation }),
    ...(request.runner !== undefined && { runner: request.runner }),
    ...(request.platform && { platform: request.platform }),
    ...(request.cpu !== undefined && { cpu: request.cpu }),
    ...(request.memory !== undefined && { memory: request.memory }),
    ...(request.disk !== undefined && { disk: request.disk }),
    ...(request.role !== undefined && { role: request.role }),
  };
}

function isFailure(answer: TaskRef | StartFailure): answer is StartFailure {
  return 'failed' in answer;
}

function heldBy(name: string, { holder, queue }: Lock): string {
  if (!holder) return `Lock ${name} is not free.`;
  const behind = queue.length > 0 ? `, and ${queue.length} wait for it` : '';
  return `Lock ${name} is held by ${holder.id} (${holder.who}) since ${new Date(holder.sinceMs).toISOString()}${behind}.`;
}

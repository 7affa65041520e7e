import { isEnd, parseRepository } from '@hawser/exec-client/contract';
import type { DirtyTree, JobPayload, JobReport } from '@hawser/exec-client/contract';
import type { BackendPorts } from '../ports.js';
import { ApiError } from './api-error.js';
import { audit } from './audit.js';
import { hasSha256, sha256 } from './digest.js';
import { compact, graceOf, timeoutOf } from './execution.js';
import type { Attempt, Execution } from './execution.js';
import { standing } from './lock-queue.js';
import type { Locks } from './locks.js';
import { dirtyKey, partitions } from './records.js';
import type { Records } from './records.js';
import { applyReport, end, reach } from './transitions.js';

/** What tasks ask of the service. */
export class Jobs {
  readonly #ports: BackendPorts;
  readonly #records: Records;
  readonly #locks: Locks;

  constructor(ports: BackendPorts, records: Records, locks: Locks) {
    this.#ports = ports;
    this.#records = records;
    this.#locks = locks;
  }

  /**
   * Hands the payload out, once. It is put together before the token is spent, so that a store of secrets that cannot
   * be reached costs no token.
   */
  async claim(id: string, token: string): Promise<JobPayload> {
    const { clock, ids } = this.#ports;
    const held = await this.#records.load(id);
    if (!held) throw new ApiError('not_found', `There is no execution ${id}.`);
    await this.#admit(held.execution, token);
    const reportToken = ids.random(32);
    const payload = await this.#payload(held.execution, reportToken);
    let spent = false;
    const claimed = await this.#records.change(id, (execution) => {
      spent = execution.start?.claimedAtMs !== undefined;
      if (spent || !execution.start || !mayClaim(execution, token, clock.nowMs())) return undefined;
      const start = { ...execution.start, claimedAtMs: clock.nowMs(), reportSha256: sha256(reportToken) };
      return reach({ ...execution, start }, 'preparing', clock.nowMs());
    });
    if (claimed?.execution.start?.reportSha256 === sha256(reportToken)) return payload;
    if (spent) await this.#refuseSecond(id);
    throw ended(id);
  }

  /** Takes facts in. Those of an attempt that is over, and those that come after the end, change nothing. */
  async report(id: string, report: JobReport): Promise<void> {
    const held = await this.#records.load(id);
    if (!held) throw new ApiError('not_found', `There is no execution ${id}.`);
    if (report.attempt < held.execution.attempt) return;
    const digest = held.execution.start?.reportSha256;
    if (digest === undefined || !hasSha256(report.token, digest)) {
      throw new ApiError('unauthorized', 'The token for reports is not the one of this attempt.');
    }
    await this.#records.change(id, (execution) => {
      if (isEnd(execution.phase) || execution.attempt !== report.attempt) return undefined;
      return applyReport(execution, report, this.#ports.clock.nowMs());
    });
  }

  async #admit(execution: Execution, token: string): Promise<void> {
    const { start, id, lock } = execution;
    if (!start || !hasSha256(token, start.tokenSha256)) {
      throw new ApiError('unauthorized', 'The job token is not the one of this attempt.');
    }
    if (start.claimedAtMs !== undefined) await this.#refuseSecond(id);
    if (start.expiresAtMs <= this.#ports.clock.nowMs()) {
      throw new ApiError('token_used', 'The job token was not used in time, and is no longer good.');
    }
    if (isEnd(execution.phase) || execution.cancel) throw ended(id);
    if (lock && standing(await this.#locks.load(lock.name), id).kind !== 'held') {
      await this.#fail(id, 'lock_held', `Lock ${lock.name} was taken away before the command began.`);
      throw ended(id);
    }
  }

  async #refuseSecond(id: string): Promise<never> {
    await audit(this.#ports, { action: 'job.token_used_twice', subject: id, who: 'a task' });
    throw new ApiError('token_used', 'The job token was used before.');
  }

  async #fail(id: string, reasonCode: 'lock_held' | 'secret_missing', reason: string): Promise<void> {
    const nowMs = this.#ports.clock.nowMs();
    await this.#records.change(id, (execution) =>
      isEnd(execution.phase) ? undefined : end(execution, { began: false, reasonCode, reason }, nowMs),
    );
  }

  async #payload(execution: Execution, reportToken: string): Promise<JobPayload> {
    const { request } = execution;
    const wanted = Object.entries(request.secrets ?? {});
    const values = await this.#ports.secrets.resolve(wanted.map(([, name]) => name));
    const missing = wanted.map(([, name]) => name).filter((name) => !values.has(name));
    if (missing.length > 0) {
      const reason = `There is no secret named ${missing.join(', ')}.`;
      await this.#fail(execution.id, 'secret_missing', reason);
      throw new ApiError('secret_missing', reason, { details: { missing } });
    }
    const host = request.repo === undefined ? undefined : parseRepository(request.repo)?.host;
    return compact({
      execution_id: execution.id,
      attempt: execution.attempt,
      repo: request.repo,
      ref: request.branch,
      commit: execution.pinned?.commit,
      dirty: await this.#dirty(execution),
      git: host ? await this.#ports.secrets.gitCredential(host) : undefined,
      git_credentials: request.git_credentials ?? 'clone',
      workdir: request.workdir,
      command: request.command,
      argv: request.argv,
      entrypoint: request.entrypoint ?? 'shell',
      env: {
        ...request.env,
        ...Object.fromEntries(wanted.map(([variable, name]) => [variable, values.get(name) ?? ''])),
        ...ownVariables(execution),
      },
      timeout_seconds: timeoutOf(request),
      grace_seconds: graceOf(request),
      nonce: (execution.start as Attempt).nonce,
      report_token: reportToken,
    });
  }

  async #dirty(execution: Execution): Promise<DirtyTree | undefined> {
    if (!execution.request.dirty) return undefined;
    return (await this.#ports.store.get<DirtyTree>(partitions.dirty, dirtyKey(execution)))?.data;
  }
}

/** What a command may know of its execution. */
function ownVariables({ id, attempt, lock, pinned }: Execution): Record<string, string> {
  return {
    HAWSER_EXEC_ID: id,
    HAWSER_EXEC_ATTEMPT: String(attempt),
    ...(lock?.fence !== undefined && { HAWSER_EXEC_LOCK: lock.name, HAWSER_EXEC_FENCE: String(lock.fence) }),
    ...(pinned?.commit !== undefined && { HAWSER_EXEC_COMMIT: pinned.commit }),
  };
}

function mayClaim(execution: Execution, token: string, nowMs: number): boolean {
  const { start } = execution;
  if (!start || isEnd(execution.phase) || execution.cancel) return false;
  return hasSha256(token, start.tokenSha256) && start.expiresAtMs > nowMs;
}

function ended(id: string): ApiError {
  return new ApiError('already_terminal', `Execution ${id} was ended before its task asked.`);
}

import { isEnd, newExecutionId } from '@hawser/exec-client/contract';
import type { DirtyTree, ExecutionRequest } from '@hawser/exec-client/contract';
import type { BackendPorts, Caller } from '../ports.js';
import { ApiError } from './api-error.js';
import { taskSizeOf } from './cost.js';
import { sha256, sortedJson } from './digest.js';
import { timeoutOf } from './execution.js';
import type { Execution } from './execution.js';
import type { Lifecycle } from './lifecycle.js';
import { dirtyKey, partitions } from './records.js';
import type { Held, Records } from './records.js';
import { reach } from './transitions.js';

/** How to make an execution that repeats another. */
export interface Pins {
  readonly commit?: string | undefined;
  readonly image?: string | undefined;
}

/** How often one record is held against its task because somebody reads it. */
const repairEveryMs = 5000;

/** After this what is left of an execution that was never made may go. */
const dirtyKeptMs = 30 * 86_400_000;

/** Executions, as callers handle them. */
export class Executions {
  readonly #ports: BackendPorts;
  readonly #records: Records;
  readonly #lifecycle: Lifecycle;
  readonly #lookedAt = new Map<string, number>();

  constructor(ports: BackendPorts, records: Records, lifecycle: Lifecycle) {
    this.#ports = ports;
    this.#records = records;
    this.#lifecycle = lifecycle;
  }

  /** Makes an execution and sets it going, or finds the one that the same request made before. */
  async create(
    request: ExecutionRequest,
    caller: Caller,
    options: { readonly requestId: string; readonly pins?: Pins },
  ): Promise<{ readonly held: Held; readonly created: boolean }> {
    const id =
      request.execution_id ?? newExecutionId(this.#ports.clock.nowMs(), (bytes) => this.#ports.ids.random(bytes));
    const fingerprint = fingerprintOf(request, options.pins);
    const known = await this.#records.load(id);
    if (known) return { held: await this.#again(known, fingerprint), created: false };
    await this.#checkSecrets(request);
    const execution = await this.#newExecution({ id, request, fingerprint, caller, ...options });
    if (request.dirty) await this.#keepDirty(execution, request.dirty);
    const written = await this.#records.create(execution);
    if (!written) return { held: await this.#again(await this.get(id), fingerprint), created: false };
    return { held: (await this.#lifecycle.advance(id)) ?? written, created: true };
  }

  /** An execution as it is written. */
  async get(id: string): Promise<Held> {
    const held = await this.#records.load(id);
    if (!held) throw new ApiError('not_found', `There is no execution ${id}.`);
    return held;
  }

  /** An execution, held against its task where nobody did so for a while, or in any case. */
  async look(id: string, { atOnce = false }: { readonly atOnce?: boolean } = {}): Promise<Held> {
    const held = await this.get(id);
    if (held.execution.settled) return held;
    const nowMs = this.#ports.clock.nowMs();
    if (!atOnce && nowMs - (this.#lookedAt.get(id) ?? 0) < repairEveryMs) return held;
    this.#remember(id, nowMs);
    return (await this.#lifecycle.advance(id)) ?? held;
  }

  /** Asks for an end. The wish stays written until there is one; what came of it says the end. */
  async cancel(
    id: string,
    wish: { readonly reason?: string | undefined; readonly force?: boolean | undefined },
    caller: Caller,
  ): Promise<Held> {
    await this.get(id);
    const nowMs = this.#ports.clock.nowMs();
    const by = caller.name ?? caller.arn ?? caller.keyId;
    const asked = await this.#records.change(id, (execution) => {
      if (isEnd(execution.phase)) return undefined;
      const insists = wish.force === true && execution.cancel?.force !== true;
      if (execution.cancel && !insists) return undefined;
      const { stopAskedAtMs: _before, ...before } = execution.cancel ?? { atMs: nowMs };
      const cancel = {
        ...before,
        ...(by !== undefined && { by }),
        ...(wish.reason !== undefined && { reason: wish.reason }),
        ...(wish.force && { force: true }),
      };
      return execution.task ? reach({ ...execution, cancel }, 'cancelling', nowMs) : { ...execution, cancel };
    });
    return (await this.#lifecycle.advance(id)) ?? (asked as Held);
  }

  async #again(held: Held, fingerprint: string): Promise<Held> {
    const { id, settled } = held.execution;
    if (held.execution.fingerprint !== fingerprint) {
      throw new ApiError('idempotency_mismatch', `Execution ${id} was asked for before, with another body.`);
    }
    return settled ? held : ((await this.#lifecycle.advance(id)) ?? held);
  }

  async #checkSecrets(request: ExecutionRequest): Promise<void> {
    const names = [
      ...Object.values(request.secrets ?? {}),
      ...(request.notify ?? []).flatMap(({ secret }) => (secret === undefined ? [] : [secret])),
    ];
    if (names.length === 0) return;
    const known = await this.#ports.secrets.resolve([...new Set(names)]);
    const missing = names.filter((name) => !known.has(name));
    if (missing.length > 0) {
      throw new ApiError('secret_missing', `There is no secret named ${missing.join(', ')}.`, { details: { missing } });
    }
  }

  async #newExecution(wanted: {
    readonly id: string;
    readonly request: ExecutionRequest;
    readonly fingerprint: string;
    readonly caller: Caller;
    readonly requestId: string;
    readonly pins?: Pins;
  }): Promise<Execution> {
    const { id, request, fingerprint, caller, requestId, pins } = wanted;
    const { dirty, ...plain } = request;
    const { limits } = this.#ports;
    return {
      id,
      request: {
        ...plain,
        execution_id: id,
        timeout_seconds: Math.min(timeoutOf(request), limits.maxTimeoutSeconds),
        ...(dirty && { dirty: withoutParts(dirty) }),
      },
      fingerprint,
      size: taskSizeOf(request, limits.taskSize),
      phase: 'accepted',
      attempt: 1,
      times: { created_at: new Date(this.#ports.clock.nowMs()).toISOString() },
      createdBy: {
        ...(caller.keyId !== undefined && { key_id: caller.keyId }),
        ...(caller.name !== undefined && { name: caller.name }),
        ...(caller.arn !== undefined && { arn: caller.arn }),
      },
      backend: await this.#ports.runner.describe({
        ...(request.isolation && { isolation: request.isolation }),
        ...(request.runner !== undefined && { runner: request.runner }),
        ...(request.image !== undefined && { image: request.image }),
      }),
      requestId,
      ...(request.lock !== undefined && { lock: { name: request.lock, policy: request.lock_policy ?? 'wait' } }),
      ...(pins && {
        pinned: {
          ...(pins.commit !== undefined && { commit: pins.commit }),
          ...(pins.image !== undefined && { image: pins.image }),
        },
      }),
    };
  }

  async #keepDirty(execution: Execution, dirty: DirtyTree): Promise<void> {
    const expiresAtMs = this.#ports.clock.nowMs() + dirtyKeptMs;
    await this.#ports.store.put({ partition: partitions.dirty, key: dirtyKey(execution), data: dirty, expiresAtMs }, 0);
  }

  #remember(id: string, nowMs: number): void {
    if (this.#lookedAt.size >= 10_000) this.#lookedAt.clear();
    this.#lookedAt.set(id, nowMs);
  }
}

/** What makes two requests the same: everything but their id and who says it asks. */
function fingerprintOf(request: ExecutionRequest, pins: Pins | undefined): string {
  const { execution_id: _id, source: _source, ...rest } = request;
  return sha256(sortedJson({ ...rest, pins }));
}

/** What is kept in the record of a dirty tree: what it was, without its bytes. */
function withoutParts({ diff: _diff, ...facts }: DirtyTree): DirtyTree {
  return facts;
}

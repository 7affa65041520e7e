import { digestOf } from '@hawser/receipts';
import type { BackendPorts, LogFacts } from '../ports.js';
import { compact, recordOf } from './execution.js';
import type { Execution, FollowUps } from './execution.js';
import { issueReceipt } from './receipt.js';
import { dirtyKey, partitions } from './records.js';
import type { Held, Records } from './records.js';
import { tryHooks } from './webhooks.js';

/** How long after its end the end mark of a log may still come. */
const logPatienceMs = 30_000;
/** How long it may, where no command ran that could have written one. */
const shortPatienceMs = 3000;
/** Pages of a log that are read in one go to count it, and lines in each. */
const pagesAtOnce = 200;
const linesInPage = 10_000;

/** Whether nothing more is to be waited for in the log of an ended execution. */
export function logIsOverdue(execution: Execution, nowMs: number): boolean {
  const { finished_at: finishedAt } = execution.times;
  if (finishedAt === undefined) return false;
  return nowMs - Date.parse(finishedAt) >= (ranNothing(execution) ? shortPatienceMs : logPatienceMs);
}

/** Whether an ended execution never began its command, so that there is no output to be missed. */
export function ranNothing({ times, phase }: Execution): boolean {
  return phase === 'error' || (phase === 'cancelled' && times.started_at === undefined);
}

/** Does what is left to do for executions that ended: counts the log, signs the receipt, tells who wants to know. */
export class Finisher {
  readonly #ports: BackendPorts;
  readonly #records: Records;

  constructor(ports: BackendPorts, records: Records) {
    this.#ports = ports;
    this.#records = records;
  }

  /** Everything in it may be repeated; what cannot be done yet is done at the next look. */
  async finish(ended: Held): Promise<void> {
    const counted = await this.#countLog(ended);
    const signed = counted && (await this.#sign(counted));
    const told = await this.#tell(signed ?? counted ?? ended);
    if (!signed || !told) return;
    const { id, request } = signed.execution;
    if (request.dirty) await this.#forgetDirty(signed.execution);
    await this.#records.change(id, (execution) => (execution.settled ? undefined : { ...execution, settled: true }));
    await this.#records.settle(id);
  }

  /** The execution with its log counted; `undefined` when that has to be gone on with later. */
  async #countLog(held: Held): Promise<Held | undefined> {
    const { execution, version } = held;
    const { id, log, followUps } = execution;
    if (followUps?.logDone) return held;
    if (execution.start?.claimedAtMs === undefined) return this.#logDone(id, { lines: 0, bytes: 0, complete: true });
    const measured = await this.#ports.logs.measure?.(recordOf(execution, version));
    if (measured) return this.#logDone(id, measured);
    if (!this.#ports.logs.measure) return this.#readLog(held);
    if (!logIsOverdue(execution, this.#ports.clock.nowMs())) return undefined;
    return this.#logDone(id, { lines: 0, bytes: 0, ...log, complete: ranNothing(execution) });
  }

  /** Reads the log once, from where it was left. What a task says of its log is held against what was read. */
  async #readLog({ execution, version }: Held): Promise<Held | undefined> {
    const { logs, clock } = this.#ports;
    let at = execution.followUps?.log ?? { lines: 0, bytes: 0 };
    for (let page = 0; page < pagesAtOnce; page += 1) {
      const stretch = await logs.read(recordOf(execution, version), {
        position: at.position,
        limit: linesInPage,
        waitMs: 0,
        stream: 'all',
        nonce: execution.start?.nonce,
      });
      at = { position: stretch.position, ...addUp(at, stretch.events) };
      if (stretch.ended) {
        const told = stretch.mark ?? execution.log;
        const { lines, bytes } = at;
        return this.#logDone(execution.id, { lines, bytes, ...told, complete: stretch.complete });
      }
      if (stretch.events.length > 0) continue;
      if (!logIsOverdue(execution, clock.nowMs())) break;
      const { lines, bytes } = at;
      return this.#logDone(execution.id, { lines, bytes, complete: ranNothing(execution) });
    }
    const read = at;
    await this.#note(execution.id, (followUps) => ({ ...followUps, log: read }));
    return undefined;
  }

  #logDone(id: string, facts: LogFacts & { readonly complete: boolean }): Promise<Held | undefined> {
    const log = compact(facts);
    return this.#records.change(id, (execution) =>
      execution.followUps?.logDone
        ? undefined
        : { ...execution, log, followUps: { ...execution.followUps, logDone: true } },
    );
  }

  async #sign(held: Held): Promise<Held | undefined> {
    const { execution, version } = held;
    if (execution.followUps?.receipt !== undefined) return held;
    const envelope = await issueReceipt(this.#ports, recordOf(execution, version));
    const receipt = digestOf(envelope);
    return this.#note(execution.id, (followUps) => ({ ...followUps, receipt }));
  }

  /** Whether everybody was told, or given up. */
  async #tell(held: Held): Promise<boolean> {
    const { execution, version } = held;
    const targets = execution.request.notify ?? [];
    const before = execution.followUps?.hooks;
    if (targets.length === 0 || before?.every(({ done }) => done)) return true;
    const hooks = await tryHooks(this.#ports, recordOf(execution, version), targets, before);
    if (JSON.stringify(hooks) !== JSON.stringify(before)) {
      await this.#note(execution.id, (followUps) => ({ ...followUps, hooks }));
    }
    return hooks.every(({ done }) => done);
  }

  /** The bytes of a dirty tree are needed by its task alone. */
  async #forgetDirty(execution: Execution): Promise<void> {
    const key = dirtyKey(execution);
    const row = await this.#ports.store.get(partitions.dirty, key);
    if (row) await this.#ports.store.remove(partitions.dirty, key, row.version);
  }

  #note(id: string, edit: (followUps: FollowUps) => FollowUps): Promise<Held | undefined> {
    return this.#records.change(id, (execution) => ({ ...execution, followUps: edit(execution.followUps ?? {}) }));
  }
}

function addUp(
  before: { readonly lines: number; readonly bytes: number },
  events: readonly { readonly stream: string; readonly message: string; readonly partial?: boolean }[],
): { readonly lines: number; readonly bytes: number } {
  let { lines, bytes } = before;
  for (const { stream, message, partial } of events) {
    if (stream !== 'runner') continue;
    lines += 1;
    bytes += Buffer.byteLength(message) + (partial ? 0 : 1);
  }
  return { lines, bytes };
}

import { ExecBackendError } from '../errors.js';
import type { Row, Store } from '../ports.js';
import type { Execution } from './execution.js';

/** Rows of executions. */
export const partitions = {
  executions: 'EXEC',
  /** Ids of executions for which something is still to be done: what the sweep looks at. */
  open: 'OPEN',
  /** Base commit, difference and untracked files of `--dirty` runs. */
  dirty: 'DIRTY',
  locks: 'LOCK',
  receipts: 'RECEIPT',
} as const;

/** The executions of one month, by when they were made. */
export function monthOf(createdAt: string): string {
  return `EXECLIST#${createdAt.slice(0, 7)}`;
}

/** An execution, and the version of its row. */
export interface Held {
  readonly execution: Execution;
  readonly version: number;
}

/** Entry of the list: only what never changes, so that it cannot be out of date. */
export interface ListEntry {
  readonly id: string;
  readonly repo?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const attempts = 24;

/** Executions in a store, each written only over the version that was read. */
export class Records {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async load(id: string): Promise<Held | undefined> {
    const row = await this.#store.get<Execution>(partitions.executions, id);
    return row && { execution: row.data, version: row.version };
  }

  /**
   * Writes a new execution. The sign for the sweep comes first, and is written anew where one stands, so that no sweep
   * takes it for an old one; then the list; then the execution. A crash leaves a sign or an entry of the list without an
   * execution, which nobody minds, or an execution that the sweep finds.
   */
  async create(execution: Execution): Promise<Held | undefined> {
    const { id, times, request } = execution;
    const sign = await this.#store.get(partitions.open, id);
    const data = { since: times.created_at };
    await this.#store.put({ partition: partitions.open, key: id, data }, sign?.version ?? 0);
    const entry: ListEntry = {
      id,
      ...(request.repo !== undefined && { repo: request.repo }),
      ...(request.labels && { labels: request.labels }),
    };
    await this.#store.put({ partition: monthOf(times.created_at), key: `${times.created_at}#${id}`, data: entry }, 0);
    const version = await this.#store.put({ partition: partitions.executions, key: id, data: execution }, 0);
    return version === undefined ? undefined : { execution, version };
  }

  /**
   * Changes an execution by a pure function, again with what another wrote first, up to a bound. The function answers
   * `undefined` where nothing is to be changed.
   */
  async change(id: string, edit: (execution: Execution) => Execution | undefined): Promise<Held | undefined> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const held = await this.load(id);
      if (!held) return undefined;
      const execution = edit(held.execution);
      if (!execution) return held;
      const version = await this.#store.put(
        { partition: partitions.executions, key: id, data: execution },
        held.version,
      );
      if (version !== undefined) return { execution, version };
    }
    throw contention(`execution ${id}`);
  }

  /** Ids of everything that is not finished with. */
  async *open(): AsyncGenerator<Row<{ since: string }>> {
    let after: string | undefined;
    for (;;) {
      const rows = await this.#store.list<{ since: string }>(partitions.open, { after, limit: 100 });
      yield* rows;
      after = rows.at(-1)?.key;
      if (rows.length < 100) return;
    }
  }

  /** Takes away the sign for the sweep: the one of this version, or whichever stands there. */
  async settle(id: string, version?: number): Promise<void> {
    const known = version ?? (await this.#store.get(partitions.open, id))?.version;
    if (known !== undefined) await this.#store.remove(partitions.open, id, known);
  }
}

/** Too many wrote at once. Seen as a store that cannot be used just now. */
export function contention(what: string): ExecBackendError {
  return new ExecBackendError('HAWSER_EXEC_BACKEND_STORE_FAILED', `Too many wrote ${what} at once.`, {
    hint: 'Try again.',
  });
}

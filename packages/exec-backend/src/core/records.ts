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
  /** Months in which there is anything. */
  months: 'EXECMONTH',
} as const;

/** Two requests under one id may come at once: each has its own tree, and the execution takes the one it was made with. */
export function dirtyKey({ id, fingerprint }: Execution): string {
  return `${id}#${fingerprint}`;
}

/** The executions of one month (`2026-01`), by when they were made. */
function listOf(month: string): string {
  return `EXECLIST#${month}`;
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

/** Where in the list one stands: behind an entry of a month, or at the end of a month. */
export interface ListPlace {
  readonly month: string;
  readonly after?: string;
}

/** A stretch of the list, newest first. */
export interface ListStretch {
  readonly entries: readonly { readonly entry: ListEntry; readonly at: string; readonly place: ListPlace }[];
  /** Where to go on; missing at the end. */
  readonly next?: ListPlace;
}

const attempts = 24;

/** Executions in a store, each written only over the version that was read. */
export class Records {
  readonly #store: Store;
  #lastMonth = '';

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
    await this.#enlist(entry, times.created_at);
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

  async #enlist(entry: ListEntry, createdAt: string): Promise<void> {
    const month = createdAt.slice(0, 7);
    if (month !== this.#lastMonth) await this.#store.put({ partition: partitions.months, key: month, data: {} }, 0);
    this.#lastMonth = month;
    await this.#store.put({ partition: listOf(month), key: `${createdAt}#${entry.id}`, data: entry }, 0);
  }

  /** The list from `place` (the newest when missing) backwards. A stretch may be shorter than asked for. */
  async listBack(place: ListPlace | undefined, limit: number): Promise<ListStretch> {
    const month = place?.month ?? (await this.#monthBefore(undefined));
    if (month === undefined) return { entries: [] };
    const rows = await this.#store.list<ListEntry>(listOf(month), { after: place?.after, limit, backwards: true });
    const entries = rows.map(({ key, data }) => ({
      entry: data,
      at: key.slice(0, key.indexOf('#')),
      place: { month, after: key },
    }));
    const last = entries.at(-1);
    if (entries.length === limit && last) return { entries, next: last.place };
    const before = await this.#monthBefore(month);
    return { entries, ...(before !== undefined && { next: { month: before } }) };
  }

  async #monthBefore(month: string | undefined): Promise<string | undefined> {
    const [row] = await this.#store.list(partitions.months, { after: month, limit: 1, backwards: true });
    return row?.key;
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

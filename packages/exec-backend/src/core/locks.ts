import type { Row, Store } from '../ports.js';
import { freeLock } from './lock-queue.js';
import type { Lock } from './lock-queue.js';
import { contention, partitions } from './records.js';

/** Far more than can want one lock at once: each time that somebody is second, somebody else was first. */
const attempts = 256;

/** Locks in a store. */
export class Locks {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async load(name: string): Promise<Lock> {
    return (await this.#store.get<Lock>(partitions.locks, name))?.data ?? freeLock;
  }

  list(options: { readonly after?: string | undefined; readonly limit: number }): Promise<readonly Row<Lock>[]> {
    return this.#store.list<Lock>(partitions.locks, options);
  }

  /** Changes a lock by a pure function, again with what another wrote first. The lock before and after. */
  async change(name: string, edit: (lock: Lock) => Lock): Promise<{ readonly before: Lock; readonly after: Lock }> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const row = await this.#store.get<Lock>(partitions.locks, name);
      const before = row?.data ?? freeLock;
      const after = edit(before);
      if (after === before) return { before, after };
      const written = await this.#store.put({ partition: partitions.locks, key: name, data: after }, row?.version ?? 0);
      if (written !== undefined) return { before, after };
    }
    throw contention(`lock ${name}`);
  }
}

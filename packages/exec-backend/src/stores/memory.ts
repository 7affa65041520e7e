import type { Row, Store } from '../ports.js';

/** A store in this process's memory: for tests, and for services that need not remember. Rows are copied in and out. */
export function createMemoryStore(): Store {
  const partitions = new Map<string, Map<string, { version: number; json: string; expiresAtMs?: number }>>();
  const watchers = new Map<string, Set<() => void>>();

  const touched = (partition: string): void => {
    for (const wake of watchers.get(partition) ?? []) wake();
  };

  const rowOf = <T>(partition: string, key: string): Row<T> | undefined => {
    const kept = partitions.get(partition)?.get(key);
    if (!kept) return undefined;
    const row = { partition, key, version: kept.version, data: JSON.parse(kept.json) as T };
    return kept.expiresAtMs === undefined ? row : { ...row, expiresAtMs: kept.expiresAtMs };
  };

  return {
    get: <T>(partition: string, key: string) => Promise.resolve(rowOf<T>(partition, key)),

    put: ({ partition, key, data, expiresAtMs }, expected) => {
      let rows = partitions.get(partition);
      if (!rows) partitions.set(partition, (rows = new Map()));
      if ((rows.get(key)?.version ?? 0) !== expected) return Promise.resolve(undefined);
      const version = expected + 1;
      const kept = { version, json: JSON.stringify(data) };
      rows.set(key, expiresAtMs === undefined ? kept : { ...kept, expiresAtMs });
      touched(partition);
      return Promise.resolve(version);
    },

    remove: (partition, key, expected) => {
      const rows = partitions.get(partition);
      if (rows?.get(key)?.version !== expected) return Promise.resolve(false);
      rows.delete(key);
      touched(partition);
      return Promise.resolve(true);
    },

    list: <T>(partition: string, { prefix, after, limit, backwards }: Parameters<Store['list']>[1]) => {
      const keys = [...(partitions.get(partition)?.keys() ?? [])]
        .filter((key) => prefix === undefined || key.startsWith(prefix))
        .toSorted(byBytes);
      if (backwards) keys.reverse();
      const from = after === undefined ? 0 : keys.findIndex((key) => byBytes(key, after) * (backwards ? -1 : 1) > 0);
      const chosen = from < 0 ? [] : keys.slice(from, from + limit);
      return Promise.resolve(chosen.map((key) => rowOf<T>(partition, key) as Row<T>));
    },

    changed: (partition, { timeoutMs, signal }) =>
      new Promise((resolve) => {
        const waiting = watchers.get(partition) ?? new Set();
        watchers.set(partition, waiting);
        const wake = (): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        waiting.add(wake);
        signal?.addEventListener('abort', wake, { once: true });
        if (signal?.aborted) wake();
      }),
  };
}

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

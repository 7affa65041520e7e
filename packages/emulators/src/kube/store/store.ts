import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../types.js';
import type { Kind } from './kinds.js';

/** Something happened to an object. */
export interface Change {
  /** The resource version it led to. */
  readonly version: number;
  readonly kind: Kind;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
  /** What it was before; for selectors it no longer matches. */
  readonly previous?: KubeObject;
}

/** All objects, and what happened to them lately. Each change takes the next resource version. */
export interface Store {
  readonly version: number;
  /** Changes before this one are forgotten. */
  readonly compactedVersion: number;
  get(kind: Kind, namespace: string | undefined, name: string): KubeObject | undefined;
  /** By namespace and name. */
  list(kind: Kind, namespace?: string): readonly KubeObject[];
  /** Creates or replaces; what every object has is filled in. */
  put(kind: Kind, object: KubeObject): KubeObject;
  remove(kind: Kind, namespace: string | undefined, name: string): KubeObject | undefined;
  /** Undefined when some of them are forgotten. */
  changesSince(version: number): readonly Change[] | undefined;
  onChange(listener: (change: Change) => void): () => void;
  compact(): void;
}

/** Longer histories are forgotten from the front. */
const HISTORY_LIMIT = 5_000;

export function createStore(): Store {
  const tables = new Map<string, Map<string, KubeObject>>();
  const listeners = new Set<(change: Change) => void>();
  let history: Change[] = [];
  let version = 1;
  let compactedVersion = 1;

  const tableOf = (kind: Kind): Map<string, KubeObject> => {
    const id = `${kind.group}/${kind.resource}`;
    let table = tables.get(id);
    if (!table) tables.set(id, (table = new Map()));
    return table;
  };
  const changed = (change: Change): void => {
    history.push(change);
    if (history.length > HISTORY_LIMIT) {
      history = history.slice(HISTORY_LIMIT / 2);
      compactedVersion = (history[0]?.version ?? version) - 1;
    }
    for (const listener of listeners) listener(change);
  };

  return {
    get version() {
      return version;
    },
    get compactedVersion() {
      return compactedVersion;
    },
    get: (kind, namespace, name) => tableOf(kind).get(keyOf(namespace, name)),
    list: (kind, namespace) =>
      [...tableOf(kind).values()]
        .filter((object) => namespace === undefined || object.metadata.namespace === namespace)
        .toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)),
    put: (kind, object) => {
      const table = tableOf(kind);
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      const previous = table.get(key);
      version += 1;
      const put: KubeObject = {
        ...structuredClone(object),
        metadata: {
          uid: previous?.metadata['uid'] ?? randomUUID(),
          creationTimestamp: previous?.metadata['creationTimestamp'] ?? now(),
          ...structuredClone(object.metadata),
          resourceVersion: String(version),
        },
      };
      table.set(key, put);
      changed({ version, kind, type: previous ? 'MODIFIED' : 'ADDED', object: put, ...(previous && { previous }) });
      return put;
    },
    remove: (kind, namespace, name) => {
      const table = tableOf(kind);
      const previous = table.get(keyOf(namespace, name));
      if (!previous) return undefined;
      table.delete(keyOf(namespace, name));
      version += 1;
      const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(version) } };
      changed({ version, kind, type: 'DELETED', object, previous });
      return object;
    },
    changesSince: (since) =>
      since < compactedVersion ? undefined : history.filter((change) => change.version > since),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    compact: () => {
      history = [];
      compactedVersion = version;
    },
  };
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

/** Where an object stands in a list; pages go on after it. */
export function sortKey(object: KubeObject): string {
  return keyOf(object.metadata.namespace, object.metadata.name);
}

/** Times of the API have no fractions (RFC 3339). */
export function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}

import { type Kind, type Kinds, splitApiVersion } from '../store/kinds.js';
import { now, type Store } from '../store/store.js';
import type { KubeObject } from '../types.js';

/** What controllers and the kubelet work on. */
export interface Shelf {
  readonly kinds: Kinds;
  readonly store: Store;
  /** The kind of built-in objects, such as `v1` and `Pod`. */
  kind(apiVersion: string, kind: string): Kind;
  get(apiVersion: string, kind: string, namespace: string, name: string): KubeObject | undefined;
  put(object: KubeObject): KubeObject;
  remove(object: KubeObject): void;
}

export function createShelf(kinds: Kinds, store: Store): Shelf {
  const kindOf = (apiVersion: string, kind: string): Kind => {
    const { group, version } = splitApiVersion(apiVersion);
    const found = kinds.all().find((one) => one.group === group && one.version === version && one.kind === kind);
    if (!found) throw new Error(`${apiVersion} ${kind} is not served.`);
    return found;
  };
  return {
    kinds,
    store,
    kind: kindOf,
    get: (apiVersion, kind, namespace, name) => store.get(kindOf(apiVersion, kind), namespace, name),
    put: (object) => store.put(kindOf(object.apiVersion, object.kind), object),
    remove: (object) => {
      store.remove(kindOf(object.apiVersion, object.kind), object.metadata.namespace, object.metadata.name);
    },
  };
}

/** Who owns an object (meta/v1 OwnerReference). */
export interface Owner {
  readonly uid: string;
  readonly kind: string;
  readonly name: string;
  readonly controller?: boolean;
}

export function ownersOf(object: KubeObject): readonly Owner[] {
  const owners = object.metadata['ownerReferences'];
  return Array.isArray(owners) ? (owners as readonly Owner[]) : [];
}

export function uidOf(object: KubeObject): string {
  return String(object.metadata['uid']);
}

export function isGoing(object: KubeObject): boolean {
  return object.metadata['deletionTimestamp'] !== undefined;
}

/** A condition of a status (meta/v1). */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** Sets one condition; the time of its last change stays where it says the same as before. */
export function withCondition(conditions: readonly Condition[], next: Condition): readonly Condition[] {
  const before = conditions.find(({ type }) => type === next.type);
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : now();
  const made = { ...next, ...(lastTransitionTime !== undefined && { lastTransitionTime }) };
  return before ? conditions.map((one) => (one === before ? made : one)) : [...conditions, made];
}

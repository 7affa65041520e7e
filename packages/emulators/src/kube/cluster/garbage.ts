import type { Kind } from '../store/kinds.js';
import type { Change } from '../store/store.js';
import type { KubeObject } from '../types.js';
import { ownersOf, type Shelf, uidOf } from './parts.js';
import { createQueue } from './queue.js';

/** Deletes one object, as a request would. */
export type Delete = (kind: Kind, object: KubeObject) => void;

/**
 * Deletes what nobody owns any more (Kubernetes documentation, "Garbage Collection"): in the background once the owner
 * is gone, in the foreground before the owner goes, or not at all when its owner leaves orphans.
 */
export function startGarbageCollector(shelf: Shelf, erase: Delete): { close(): void } {
  const alive = new Set<string>();
  /** By uid of the owner, then by key. */
  const dependents = new Map<string, Map<string, Kind>>();

  const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  const owned = (uid: string): { readonly kind: Kind; readonly object: KubeObject }[] =>
    [...(dependents.get(uid) ?? [])].flatMap(([key, kind]) => {
      const [, namespace = '', name = ''] = /^[^ ]* ([^/]*)\/(.*)$/.exec(key) ?? [];
      const object = shelf.store.get(kind, namespace === '' ? undefined : namespace, name);
      return object ? [{ kind, object }] : [];
    });
  const queue = createQueue((uid) => {
    const owner = going.get(uid);
    for (const { kind, object } of owned(uid)) {
      const rest = ownersOf(object).filter((one) => one.uid !== uid);
      if (owner?.leavesOrphans || rest.length > 0) {
        shelf.put({ ...object, metadata: { ...object.metadata, ownerReferences: rest } });
      } else erase(kind, object);
    }
    if (owner && owned(uid).length === 0) release(owner);
    if (!owner) dependents.delete(uid);
  });
  /** Owners that wait for their dependents, or for having let go of them. */
  const going = new Map<
    string,
    { readonly kind: Kind; readonly namespace?: string; readonly name: string; readonly leavesOrphans: boolean }
  >();
  const release = (owner: { readonly kind: Kind; readonly namespace?: string; readonly name: string }): void => {
    const object = shelf.store.get(owner.kind, owner.namespace, owner.name);
    if (!object) return;
    going.delete(uidOf(object));
    const finalizers = (object.metadata['finalizers'] as string[] | undefined)?.filter((one) => !own.has(one)) ?? [];
    if (finalizers.length === 0) shelf.store.remove(owner.kind, owner.namespace, owner.name);
    else shelf.put({ ...object, metadata: { ...object.metadata, finalizers } });
  };
  const see = ({ type, kind, object, previous }: Change): void => {
    const key = `${kind.group}/${kind.resource} ${keyOf(object)}`;
    const owners = type === 'DELETED' ? [] : ownersOf(object).map((owner) => owner.uid);
    for (const { uid } of previous ? ownersOf(previous) : []) {
      if (owners.includes(uid)) continue;
      dependents.get(uid)?.delete(key);
      if (going.has(uid)) queue.add(uid);
    }
    for (const uid of owners) {
      const list = dependents.get(uid) ?? new Map<string, Kind>();
      list.set(key, kind);
      dependents.set(uid, list);
      // What comes behind its owner's end goes at once.
      if (!alive.has(uid)) queue.add(uid);
    }
    const uid = uidOf(object);
    if (type === 'DELETED') {
      alive.delete(uid);
      going.delete(uid);
      if (dependents.has(uid)) queue.add(uid);
      return;
    }
    alive.add(uid);
    const finalizers = object.metadata['finalizers'];
    const waits = Array.isArray(finalizers) ? finalizers.find((one: string) => own.has(one)) : undefined;
    if (waits === undefined || object.metadata['deletionTimestamp'] === undefined) return;
    const { namespace, name } = object.metadata;
    going.set(uid, { kind, name, leavesOrphans: waits === 'orphan', ...(namespace !== undefined && { namespace }) });
    queue.add(uid);
  };
  for (const kind of shelf.kinds.all())
    for (const { metadata } of shelf.store.list(kind)) alive.add(String(metadata['uid']));
  const stop = shelf.store.onChange(see);
  return {
    close: () => {
      stop();
      queue.close();
    },
  };
}

/** Finalizers by which a deletion says what becomes of dependents. */
const own: ReadonlySet<unknown> = new Set(['foregroundDeletion', 'orphan']);

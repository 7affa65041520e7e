import type { Kind } from '../store/kinds.js';
import { now, type Store } from '../store/store.js';
import type { KubeObject } from '../types.js';

/** How something is deleted (meta/v1 DeleteOptions). */
export interface Deletion {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
}

/**
 * Deletes an object, or marks it where something must happen before: a finalizer is taken off, dependents go first, a
 * pod's processes end. What is still there is returned.
 */
export function deleteObject(
  store: Store,
  isRunning: (pod: KubeObject) => boolean,
  kind: Kind,
  object: KubeObject,
  deletion: Deletion = {},
): KubeObject | undefined {
  const { namespace, name } = object.metadata;
  const finalizer = { Foreground: 'foregroundDeletion', Orphan: 'orphan', Background: undefined }[
    deletion.propagationPolicy ?? 'Background'
  ];
  const had = object.metadata['finalizers'];
  const finalizers = [...(Array.isArray(had) ? (had as string[]) : []), ...(finalizer ? [finalizer] : [])];
  const metadata = {
    ...object.metadata,
    ...(finalizers.length > 0 && { finalizers: [...new Set(finalizers)] }),
    deletionTimestamp: object.metadata['deletionTimestamp'] ?? now(),
  };
  if (kind.kind === 'Pod' && isRunning(object)) {
    const { terminationGracePeriodSeconds = 30 } = (object['spec'] ?? {}) as {
      readonly terminationGracePeriodSeconds?: number;
    };
    const seconds = deletion.gracePeriodSeconds ?? terminationGracePeriodSeconds;
    if (seconds > 0) {
      const before = object.metadata['deletionGracePeriodSeconds'];
      // A later request may shorten the time, and never lengthens it.
      if (typeof before === 'number' && before <= seconds) return object;
      const deletionTimestamp = new Date(Date.now() + seconds * 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
      return store.put(kind, {
        ...object,
        metadata: { ...metadata, deletionTimestamp, deletionGracePeriodSeconds: seconds },
      });
    }
  }
  if (finalizers.length > 0) return store.put(kind, { ...object, metadata });
  store.remove(kind, namespace, name);
  return undefined;
}

import { randomBytes } from 'node:crypto';
import { now } from '../store/store.js';
import type { KubeObject } from '../types.js';
import { type Shelf, uidOf } from './parts.js';

/** Tells what happened to an object, as `kubectl describe` and `kubectl get events` show it. */
export type Tell = (about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string) => void;

/** A real server forgets events after an hour. */
const KEPT = 500;

/** Events of one component; the same words again are counted. */
export function createEvents(shelf: Shelf, component: string): Tell {
  const kept: string[] = [];
  const told = new Map<string, string>();
  const find = (namespace: string, name: string | undefined): KubeObject | undefined =>
    name === undefined ? undefined : shelf.get('v1', 'Event', namespace, name);
  return (about, type, reason, message) => {
    const namespace = about.metadata.namespace ?? 'default';
    const key = `${uidOf(about)} ${reason} ${message}`;
    const before = find(namespace, told.get(key));
    if (before) {
      shelf.put({ ...before, count: Number(before['count']) + 1, lastTimestamp: now() });
      return;
    }
    const name = `${about.metadata.name}.${randomBytes(8).toString('hex')}`;
    told.set(key, name);
    kept.push(key);
    const at = now();
    shelf.put({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name: about.metadata.name,
        namespace,
        uid: uidOf(about),
      },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
    });
    if (kept.length > KEPT) {
      const oldest = kept.shift() ?? '';
      const forgotten = find(namespace, told.get(oldest));
      told.delete(oldest);
      if (forgotten) shelf.remove(forgotten);
    }
  };
}

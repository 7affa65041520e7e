import type { Cluster } from '@hawser/kube-client';
import { labels } from '../evidence/cluster.js';
import type { Subject } from '../types.js';

/** Tells when something in the cluster changes, so that nobody has to wait for the next look. */
export interface Changes {
  /** Settles with the first change since {@link Changes.forget}. Never settles where watching is not allowed. */
  next(): Promise<void>;
  /** What has changed up to now is known. */
  forget(): void;
  close(): Promise<void>;
}

/** Watches runners and their pods. Where that is refused, looks at intervals are all there is. */
export function watchChanges(cluster: Cluster, { namespace, scaleSet }: Subject, setName?: string): Changes {
  const ending = new AbortController();
  let hasChanged = false;
  let tell: (() => void) | undefined;
  const changed = (): void => {
    hasChanged = true;
    tell?.();
  };
  const follow = async (path: string): Promise<void> => {
    try {
      const labelSelector = `${labels.scaleSet}=${setName ?? scaleSet}`;
      const events = cluster.watch(path, { labelSelector, signal: ending.signal })[Symbol.asyncIterator]();
      while (!(await events.next()).done) changed();
    } catch {
      // Refused, or over: the intervals go on without it.
    }
  };
  const watching = Promise.all([
    follow(`/apis/actions.github.com/v1alpha1/namespaces/${namespace}/ephemeralrunners`),
    follow(`/api/v1/namespaces/${namespace}/pods`),
  ]);
  return {
    next: () =>
      new Promise((resolve) => {
        tell = resolve;
        if (hasChanged) resolve();
      }),
    forget: () => {
      hasChanged = false;
    },
    close: async () => {
      ending.abort();
      await watching;
    },
  };
}

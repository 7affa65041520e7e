import type { Cluster } from '@hawser/kube-client';
import { labels, type Meta } from '../evidence/cluster.js';
import type { ClusterSeen, Seen } from '../evidence/observation.js';

/** Tells when something in the cluster changes, so that nobody has to wait for the next look. */
export interface Changes {
  /** Settles with the first change since {@link Changes.forget}. Never settles where watching is not allowed. */
  next(): Promise<void>;
  /** What has changed up to now is known. */
  forget(): void;
  close(): Promise<void>;
}

/**
 * Watches the runners of the set `name` and their pods; `seen` are those that are known by now. Where watching is
 * refused, looks at intervals are all there is.
 */
export function watchChanges(
  cluster: Cluster,
  { namespace, name, seen }: { readonly namespace: string; readonly name: string; readonly seen: ClusterSeen },
): Changes {
  const ending = new AbortController();
  let hasChanged = false;
  let tell: (() => void) | undefined;
  const changed = (): void => {
    hasChanged = true;
    tell?.();
  };
  const follow = async (path: string, known: ReadonlySet<string>): Promise<void> => {
    try {
      const options = { labelSelector: `${labels.scaleSet}=${name}`, signal: ending.signal };
      const untold = new Set(known);
      // A watch begins by telling what is there.
      for await (const { type, object } of cluster.watch<{ readonly metadata: Meta }>(path, options))
        if (type !== 'ADDED' || !untold.delete(object.metadata.name)) changed();
    } catch {
      // Refused, or over: the intervals go on without it.
    }
  };
  const watching = Promise.all([
    follow(`/apis/actions.github.com/v1alpha1/namespaces/${namespace}/ephemeralrunners`, namesOf(seen.runners)),
    follow(`/api/v1/namespaces/${namespace}/pods`, namesOf(seen.pods)),
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

function namesOf(list: Seen<readonly { readonly metadata: Meta }[]>): ReadonlySet<string> {
  return new Set('seen' in list ? list.seen.map(({ metadata }) => metadata.name) : []);
}

import type { Meta } from '../evidence/cluster.js';
import { counted, names, type Check, type Look } from './look.js';

/** From then on nobody is still tidying up: something waits for what never comes. */
const mayTakeMs = 5 * 60_000;

/** C6: nothing has been terminating for minutes behind a finalizer (actions-runner-controller issue 4484). */
export const terminatingCheck: Check = {
  id: 'C6',
  title: 'Nothing is stuck in termination',
  judge(look) {
    const going = everything(look).filter(({ meta }) => meta.deletionTimestamp !== undefined);
    const stuck = going.filter(
      ({ meta }) =>
        look.nowMs - Date.parse(meta.deletionTimestamp ?? '') > mayTakeMs && (meta.finalizers?.length ?? 0) > 0,
    );
    if (stuck.length === 0) {
      return {
        status: 'pass',
        summary:
          going.length === 0
            ? 'Nothing is terminating.'
            : `${counted(going.length, 'object')} terminating, none for long.`,
      };
    }
    const objects = stuck.slice(0, 20).map(({ kind, meta }) => ({
      object: `${kind}/${meta.name}`,
      namespace: meta.namespace ?? null,
      since: meta.deletionTimestamp ?? null,
      finalizers: meta.finalizers ?? [],
    }));
    return {
      status: 'fail',
      summary: `${counted(stuck.length, 'object')} terminating for more than 5 minutes: ${names(objects.map(({ object }) => object))}.`,
      advice: `The finalizer ${objects[0]?.finalizers[0] ?? ''} waits for the controller: see that it runs and reaches GitHub. Remove a finalizer by hand only when its runner is gone from GitHub.`,
      evidence: { objects },
    };
  },
};

function everything({ observation: { cluster } }: Look): readonly { readonly kind: string; readonly meta: Meta }[] {
  const kinds = [
    ['autoscalingrunnerset', cluster.sets],
    ['autoscalinglistener', cluster.listeners],
    ['ephemeralrunner', cluster.runners],
    ['pod', cluster.pods],
  ] as const;
  return kinds.flatMap(([kind, list]) =>
    'seen' in list ? list.seen.map(({ metadata }) => ({ kind, meta: metadata })) : [],
  );
}

import type { Clock } from '@hawser/contexts/arc';
import { objects } from '../../../../test/support/arc-objects.js';
import { MemoryCluster } from './arc-cluster.js';

/** A cluster with an idle set `linux`, registered with `githubConfigUrl`. */
export function idleCluster(githubConfigUrl: string, spec: object = {}, status?: object): MemoryCluster {
  return new MemoryCluster()
    .place('actions.github.com/v1alpha1/autoscalingrunnersets', objects.set(githubConfigUrl, spec, status))
    .place('actions.github.com/v1alpha1/autoscalinglisteners', objects.listener())
    .place('apps/v1/deployments', objects.controller())
    .place('v1/pods', objects.listenerPod())
    .place('v1/secrets', objects.secret());
}

export const lists = {
  sets: 'actions.github.com/v1alpha1/autoscalingrunnersets',
  runners: 'actions.github.com/v1alpha1/ephemeralrunners',
  pods: 'v1/pods',
} as const;

/** Time that passes when somebody sleeps, and only then. */
export function virtualClock(
  startMs: number = Date.parse('2026-01-02T03:04:05Z'),
): Clock & { readonly slept: number[] } {
  let now = startMs;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (ms, signal) => {
      // What was to happen before has happened: an event comes ahead of the time that would pass.
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      now += ms;
      slept.push(ms);
    },
  };
}

import { setTimeout as timeout } from 'node:timers/promises';
import type { Clock } from '@hawser/k8s-sessions/controller';

/** The machine's. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  wait: (ms, signal) => timeout(ms, undefined, { signal, ref: false }).catch(() => undefined),
};

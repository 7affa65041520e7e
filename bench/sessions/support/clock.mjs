import { setTimeout as wait } from 'node:timers/promises';

export const systemClock = {
  nowMs: Date.now,
  wait: (ms, signal) => wait(ms, undefined, { signal }).catch(() => {}),
};

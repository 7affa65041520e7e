import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../controller/ports.js';

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  wait: async (ms, signal) => {
    await delay(ms, undefined, { ...(signal && { signal }), ref: false }).catch(() => undefined);
  },
};

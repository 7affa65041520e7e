import type { HubFault } from '../types.js';

/** Faults waiting for their requests, oldest first. */
export interface Faults {
  add(fault: HubFault): void;
  /** What goes wrong with this request, if anything; counts it. */
  next(method: string, path: string): HubFault['does'] | undefined;
}

/** Makes an empty list of faults. */
export function createFaults(): Faults {
  const waiting: { readonly fault: HubFault; after: number; times: number }[] = [];
  return {
    add: (fault) => void waiting.push({ fault, after: fault.after ?? 0, times: fault.times ?? 1 }),
    next: (method, path) => {
      for (const one of waiting) {
        const { fault } = one;
        if (one.times <= 0 || (fault.method !== undefined && fault.method !== method) || path.search(fault.path) < 0)
          continue;
        if (one.after > 0) {
          one.after -= 1;
          continue;
        }
        one.times -= 1;
        return fault.does;
      }
      return undefined;
    },
  };
}

/** What goes wrong, and with which requests. */
interface Fault<Does> {
  readonly method?: string;
  readonly path: RegExp;
  readonly times?: number;
  readonly after?: number;
  readonly does: Does;
}

/** Faults waiting for their requests, oldest first. */
export interface Faults<Does> {
  add(fault: Fault<Does>): void;
  /** What goes wrong with this request, if anything; counts it. */
  next(method: string, path: string): Does | undefined;
}

/** Makes an empty list of faults. */
export function createFaults<Does>(): Faults<Does> {
  const waiting: { readonly fault: Fault<Does>; after: number; times: number }[] = [];
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

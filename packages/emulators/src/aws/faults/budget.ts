import type { AwsFaults } from '../types.js';

/** How many more times a fault with a number happens. A new set of faults begins again. */
export interface Budget {
  /** Whether it happens this time; counts it. */
  spend(kind: 'loseAnswers' | 'serverErrors', operation: string): boolean;
  /** The failures of the next RunTask, once. */
  runTaskFailures(): AwsFaults['runTaskFailures'];
}

/** Makes a budget over the faults as they are at each call. */
export function createBudget(faults: () => AwsFaults): Budget {
  let source: AwsFaults | undefined;
  let spent = new Map<string, number>();
  const current = (): AwsFaults => {
    const now = faults();
    if (now !== source) {
      source = now;
      spent = new Map();
    }
    return now;
  };
  const take = (key: string, limit: number): boolean => {
    const count = spent.get(key) ?? 0;
    if (count >= limit) return false;
    spent.set(key, count + 1);
    return true;
  };
  return {
    spend: (kind, operation) => take(`${kind}/${operation}`, current()[kind]?.[operation] ?? 0),
    runTaskFailures: () => {
      const failures = current().runTaskFailures;
      return failures !== undefined && failures.length > 0 && take('runTaskFailures', 1) ? failures : undefined;
    },
  };
}

import { inspect } from 'node:util';

/** Everything somebody could come to see of a value: errors with message, stack, details and causes, hidden fields. */
export function shown(...values: readonly unknown[]): string {
  return values
    .map((value) => `${inspect(value, { depth: Infinity, showHidden: true })}\n${JSON.stringify(value)}`)
    .join('\n');
}

import { ApiKeyError } from './errors.js';

/** Whether somebody who holds `held` may do what asks for `wanted`. The scope `admin` may do everything. */
export function allows(held: readonly string[], wanted: string): boolean {
  return held.includes(wanted) || held.includes('admin');
}

/**
 * Checks what a new key is to be allowed, and gives it in the order of `known`, each once.
 *
 * @throws ApiKeyError `HAWSER_API_KEY_SCOPE_UNKNOWN` for a scope that is none, and when there is no scope at all.
 */
export function checkScopes<Scope extends string>(
  wanted: readonly string[],
  known: readonly Scope[],
): readonly Scope[] {
  const stranger = wanted.find((scope) => !known.some((one) => one === scope));
  if (stranger !== undefined || wanted.length === 0) {
    const what = stranger === undefined ? 'A key needs a scope' : `There is no scope '${stranger}'`;
    throw new ApiKeyError('HAWSER_API_KEY_SCOPE_UNKNOWN', `${what}: choose among ${known.join(', ')}.`, {
      details: { known: [...known], ...(stranger !== undefined && { scope: stranger }) },
    });
  }
  return known.filter((scope) => wanted.includes(scope));
}

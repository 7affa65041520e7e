import type { KeyCreated, KeyRecord } from '@hawser/exec-client/contract';
import { createKeyBook } from '../../core/keys.js';
import type { Store } from '../../ports.js';

/**
 * Makes a key that may do everything, straight in the table, with the credentials of whoever made the stack: the service
 * itself would ask for a key. Nothing when there is one already, unless `anew` asks for another beside it.
 */
export async function makeAdminKey(
  store: Store,
  options: { readonly name: string; readonly anew?: boolean | undefined; readonly nowMs?: () => number },
): Promise<KeyCreated | undefined> {
  const nowMs = options.nowMs ?? Date.now;
  const book = createKeyBook({ store, clock: { nowMs } });
  const isGood = ({ revoked_at, expires_at, scopes }: KeyRecord): boolean =>
    scopes.includes('admin') &&
    revoked_at === undefined &&
    (expires_at === undefined || Date.parse(expires_at) > nowMs());
  if (options.anew !== true && (await book.list()).some(isGood)) return undefined;
  return book.create({ name: options.name, scopes: ['admin'] }, { scopes: ['admin'] });
}

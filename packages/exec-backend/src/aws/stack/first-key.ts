import type { KeyCreated, KeyRecord } from '@hawser/exec-client/contract';
import { createKeyBook } from '../../core/keys.js';
import { createDynamoStore } from '../store/dynamo-store.js';
import type { Account } from './account.js';

/**
 * Makes a key that may do everything, straight in the table, with the credentials of whoever made the stack: the service
 * itself would ask for a key. Nothing when there is one already, unless `anew` asks for another beside it.
 *
 * @throws ExecBackendError `HAWSER_EXEC_BACKEND_STORE_FAILED`
 */
export async function makeAdminKey(
  account: Account,
  { table, name, anew = false }: { readonly table: string; readonly name: string; readonly anew?: boolean | undefined },
): Promise<KeyCreated | undefined> {
  const nowMs = Date.now;
  const book = createKeyBook({
    store: createDynamoStore({ table, client: () => account.dynamoDb() }),
    clock: { nowMs },
  });
  const isGood = ({ revoked_at, expires_at, scopes }: KeyRecord): boolean =>
    scopes.includes('admin') &&
    revoked_at === undefined &&
    (expires_at === undefined || Date.parse(expires_at) > nowMs());
  if (!anew && (await book.list()).some(isGood)) return undefined;
  return book.create({ name, scopes: ['admin'] }, { scopes: ['admin'] });
}

import { parseKey, storeKey, verifyKey } from '@hawser/api-keys';
import type { PrincipalRow, SessionStore } from '../store/types.js';

/**
 * Registers a key that was made elsewhere, such as by a chart's Secret: hashed, with every right. One that is there
 * already stays as it is, so that what an administrator made of it holds.
 *
 * @throws ApiKeyError `HAWSER_API_KEY_MALFORMED` when it is no key. The message does not repeat it.
 */
export async function registerBootstrapKey(options: {
  readonly store: Pick<SessionStore, 'principal' | 'putPrincipal'>;
  /** As read from the file or the environment; white space around it is dropped. */
  readonly key: string;
  /** For people. Default `bootstrap`. */
  readonly name?: string | undefined;
  readonly nowMs: number;
}): Promise<PrincipalRow> {
  const { store, name = 'bootstrap', nowMs } = options;
  const { key, keyId } = parseKey(options.key);
  const there = await store.principal(keyId);
  if (there) {
    const verdict = await verifyKey(key, there, nowMs);
    if (verdict.ok || verdict.why !== 'wrong') return there;
  }
  const row = { ...(await storeKey(key, { name, scopes: ['admin'], nowMs })), quota: {} };
  await store.putPrincipal(row);
  return row;
}

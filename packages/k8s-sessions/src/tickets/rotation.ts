import { SessionsError } from '../errors.js';
import type { SessionStore, SigningKeyRow, SigningKeyStatus } from '../store/types.js';
import type { TicketKey, TicketKeys } from './keys.js';

/** What keys are tended with. */
export interface KeyRing {
  readonly store: Pick<SessionStore, 'signingKeys' | 'putSigningKey' | 'dropSigningKey'>;
  readonly keys: TicketKeys;
  /** How long a key is published before it signs. */
  readonly publishMs: number;
  /** How long one that signs no more is published: until its last token is dead. */
  readonly retireMs: number;
}

/**
 * Brings the table of keys to what is held and what time it is; the id of the key to sign with. A key that appears here
 * is published as `next`, and signs when its time has come. The one before it is `retiring` until nothing that it signed
 * can be alive. Where none can sign, the newest one that is held does so at once.
 */
export async function tendKeys({ store, keys, publishMs, retireMs }: KeyRing, nowMs: number): Promise<string> {
  const [held, all] = await Promise.all([keys.list(), store.signingKeys()]);
  const rows = all.filter(({ use }) => use === 'ticket');
  const isHeld = (kid: string): boolean => held.some((key) => key.kid === kid);
  const [signing] = rows
    .filter((row) => row.notAfter === null && row.notBefore <= nowMs && isHeld(row.kid))
    .toSorted((a, b) => b.notBefore - a.notBefore);
  if (!signing) {
    const first = held.at(-1) ?? (await keys.create?.());
    if (!first)
      throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', 'There is no key to sign tickets with.', {
        hint: 'Put an RSA key (openssl genrsa 2048) where the keys of tickets are kept.',
      });
    await store.putSigningKey(rowOf(first, 'current', nowMs));
    return first.kid;
  }
  for (const key of held)
    if (!rows.some(({ kid }) => kid === key.kid)) await store.putSigningKey(rowOf(key, 'next', nowMs + publishMs));
  for (const row of rows) {
    const after = standingOf(row, { isSigning: row === signing, isHeld: isHeld(row.kid), retireMs, nowMs });
    if (after === undefined) await store.dropSigningKey(row.kid);
    else if (after.status !== row.status) await store.putSigningKey(after);
  }
  return signing.kid;
}

/** What a row is to be; undefined when it is to go. */
function standingOf(
  row: SigningKeyRow,
  facts: { readonly isSigning: boolean; readonly isHeld: boolean; readonly retireMs: number; readonly nowMs: number },
): SigningKeyRow | undefined {
  if (facts.isSigning) return { ...row, status: 'current' };
  // One that is over stays known for as long as it is held: it would be taken for a new one.
  if (row.notAfter !== null) return row.notAfter > facts.nowMs || facts.isHeld ? row : undefined;
  if (row.notBefore > facts.nowMs) return row;
  return { ...row, status: 'retiring', notAfter: facts.nowMs + facts.retireMs };
}

function rowOf({ kid, publicJwk }: TicketKey, status: SigningKeyStatus, notBefore: number): SigningKeyRow {
  return { kid, use: 'ticket', publicJwk, status, notBefore, notAfter: null };
}

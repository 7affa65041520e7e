/** What is kept of a key. Never the key. */
export interface StoredKey {
  /** The first 16 hexadecimal digits behind `sk_live_`: public, and how the row is found. */
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** bcrypt, `$2b$`. */
  readonly hash: string;
  readonly createdAtMs: number;
  readonly expiresAtMs?: number;
  readonly revokedAtMs?: number;
  readonly lastUsedAtMs?: number;
  /** Set by rotation: the key that takes this one's place. */
  readonly replacedBy?: string;
}

/** What became of a key that was shown. */
export type KeyVerdict =
  | { readonly ok: true; readonly key: StoredKey }
  | { readonly ok: false; readonly why: 'malformed' | 'unknown' | 'wrong' | 'expired' | 'revoked' };

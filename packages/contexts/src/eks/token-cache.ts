import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EksToken } from './token.js';

/** A token that is kept must be good for this long yet, in milliseconds. */
const LEAST_LEFT_MS = 60_000;
/** Longest wait for another process that is getting the same token, in milliseconds; then each gets its own. */
const LOCK_TIMEOUT_MS = 10_000;
/** Files that nobody changed for this long are swept, in milliseconds. */
const STALE_MS = 24 * 3_600_000;

/**
 * A token that was made before, or the one that `make` makes. Of many processes that ask at once one makes it and the
 * others wait for that: they are excluded by the lock of `@hawser/state-store`. What is kept is the token, 0600 in a
 * folder for nobody else, and never a key. A folder that cannot be written only costs the saving.
 *
 * @param identity everything that decides whose token it is and for what; only its digest is written.
 */
export async function cachedToken(options: {
  readonly directory: string;
  readonly identity: readonly (string | undefined)[];
  readonly nowMs: number;
  readonly make: () => Promise<EksToken>;
}): Promise<EksToken> {
  const { directory, identity, nowMs, make } = options;
  const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
  const path = join(directory, `${name}.json`);
  const kept = usable(await read(path), nowMs);
  if (kept !== undefined) return kept;
  let made: Promise<EksToken> | undefined;
  const once = (): Promise<EksToken> => (made ??= make());
  let token: EksToken | undefined;
  try {
    const { openForeign } = await import('@hawser/state-store/foreign');
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = openForeign({ path, format: 'json', mode: 0o600, backup: false, lockTimeoutMs: LOCK_TIMEOUT_MS });
    await file.update(async (draft) => {
      token = usable(draft.value, nowMs) ?? (await once());
      draft.set(['token'], token.token);
      draft.set(['expiresAt'], token.expiresAt);
    });
    if (made !== undefined) await sweep(directory, nowMs);
  } catch {
    // The lock was held for too long, or the disk takes nothing. If it was `make` that failed, that comes out below.
  }
  return token ?? (await once());
}

function usable(value: unknown, nowMs: number): EksToken | undefined {
  const { token, expiresAt } = (value ?? {}) as Partial<Record<keyof EksToken, unknown>>;
  if (typeof token !== 'string' || typeof expiresAt !== 'string') return undefined;
  return Date.parse(expiresAt) - nowMs > LEAST_LEFT_MS ? { token, expiresAt } : undefined;
}

async function read(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    await rm(path, { force: true });
    return undefined;
  }
}

async function sweep(directory: string, nowMs: number): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (nowMs - (await stat(path)).mtimeMs > STALE_MS) await rm(path, { force: true });
  }
}

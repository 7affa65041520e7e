import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../src/store/migrate.js';
import { openStore } from '../../src/store/open.js';
import type { OpenStoreOptions } from '../../src/store/open.js';
import type { SessionStore } from '../../src/store/types.js';

/** A store in a folder of its own, with the schema in place. `remove` closes it and takes the folder away. */
export async function makeSqliteStore(
  options: Pick<OpenStoreOptions, 'nowMs'> = {},
): Promise<{ readonly store: SessionStore; readonly folder: string; readonly file: string; remove(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-store-'));
  const file = join(folder, 'sessions.db');
  await migrate({ file });
  const store = await openStore({ file, ...options });
  const remove = async (): Promise<void> => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { store, folder, file, remove };
}

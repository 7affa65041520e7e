import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where pushes keep their journals: among a person's own data, since a Space belongs to no checkout. */
export function journalFolder(dataDir: string): { readonly stateFolder: string } {
  return { stateFolder: join(dataDir, 'hf') };
}

/** As {@link journalFolder}, for who only looks: what is not there is not made. */
export function journalFolderIfThere(dataDir: string): { readonly stateFolder?: string } {
  const { stateFolder } = journalFolder(dataDir);
  return existsSync(stateFolder) ? { stateFolder } : {};
}

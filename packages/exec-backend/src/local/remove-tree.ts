import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../stores/file-errors.js';

/** Removes a folder, also where a command left folders that may not be written to. What is another's stays. */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
    await openUp(folder);
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o700).catch(() => undefined);
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await openUp(join(folder, entry.name));
  }
}

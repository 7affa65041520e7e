import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './atomic-write.js';
import { keepCopy } from './keep-copy.js';
import { digestOf } from './stamped-file.js';

/** The folder below a store's own into which damaged files go; nothing is ever deleted from it. */
export function quarantineFolder(directory: string): string {
  return join(directory, 'quarantine');
}

/**
 * Keeps a damaged file as `quarantine/NAME.TIME.SHA8`, the last part from the digest of its bytes. The same bytes are
 * kept only once, so that a crash between this and the repair does not add copies.
 *
 * @returns where it lies now
 */
export async function quarantineFile(
  directory: string,
  name: string,
  { path, bytes, sensitive }: { path: string; bytes: Uint8Array; sensitive: boolean },
): Promise<string> {
  const folder = quarantineFolder(directory);
  await mkdir(folder, { recursive: true });
  const sha8 = digestOf(bytes).slice(0, 8);
  for (const known of await listQuarantined(directory, name)) {
    if (known.endsWith(sha8) && (await readFile(known)).equals(bytes)) return known;
  }
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const as = join(folder, `${name}.${time}.${sha8}`);
  await keepCopy(path, { as, how: 'link' });
  if (sensitive) await chmod(as, 0o600);
  await syncFolder(folder);
  return as;
}

/** What the quarantine holds of one name, oldest first. */
export async function listQuarantined(directory: string, name: string): Promise<string[]> {
  const folder = quarantineFolder(directory);
  const entries = await readdir(folder).catch(() => []);
  return entries
    .filter((entry) => entry.startsWith(`${name}.`) && /^\d{8}T\d{6}Z\.[0-9a-f]{8}$/.test(entry.slice(name.length + 1)))
    .toSorted()
    .map((entry) => join(folder, entry));
}

import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreMissing } from './atomic-write.js';

/** The folder below a store's own in which earlier versions are kept. */
export function historyFolder(directory: string): string {
  return join(directory, 'history');
}

/** Where the version with that revision is kept once it is superseded. */
export function historyPath(directory: string, name: string, revision: number): string {
  return join(historyFolder(directory), `${name}.${revision}.json`);
}

/** The kept revisions of a document, newest first. */
export async function keptRevisions(directory: string, name: string): Promise<number[]> {
  const entries = await readdir(historyFolder(directory)).catch(() => []);
  return entries
    .filter((entry) => entry.startsWith(`${name}.`))
    .map((entry) => /^(\d+)\.json$/.exec(entry.slice(name.length + 1))?.[1])
    .filter((revision) => revision !== undefined)
    .map(Number)
    .toSorted((one, other) => other - one);
}

/** Drops the kept version with that revision, if there is one. */
export async function dropRevision(directory: string, name: string, revision: number): Promise<void> {
  await unlink(historyPath(directory, name, revision)).catch(ignoreMissing);
}

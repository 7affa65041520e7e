import { rmdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { livenessOf, type ProcessIdentity } from '@hawser/state-store/process';
import { partitions } from '../core/records.js';
import type { Store } from '../ports.js';
import { entriesOf, readDocument } from './files.js';
import type { Places, RunPlaces } from './places.js';
import { removeTree } from './remove-tree.js';
import { attemptsIn } from './runner.js';

/** A file that is being written is younger than this. */
const BEING_WRITTEN_MS = 3_600_000;

/** Removes the folder of an attempt, and that of its execution when it was the last. */
export async function removeRun({ folder }: RunPlaces): Promise<void> {
  await removeTree(folder);
  try {
    rmdirSync(dirname(folder));
  } catch {
    // Another attempt is in it.
  }
}

/** Takes away what killed processes left: folders of runs that nothing is to be done for, and files half written. */
export async function tidy(places: Places, store: Store): Promise<void> {
  for (const run of attemptsIn(places)) {
    const supervisor = readDocument(run.supervisor) as ProcessIdentity | undefined;
    if (supervisor === undefined || (await livenessOf(supervisor)).state !== 'dead') continue;
    if ((await store.get(partitions.open, run.executionId)) === undefined) await removeRun(run);
  }
  for (const partition of entriesOf(places.rows)) {
    const folder = join(places.rows, partition);
    for (const name of entriesOf(folder)) if (name.startsWith('.')) removeIfOld(join(folder, name));
  }
}

function removeIfOld(path: string): void {
  try {
    if (Date.now() - statSync(path).mtimeMs > BEING_WRITTEN_MS) unlinkSync(path);
  } catch {
    // Published or removed meanwhile.
  }
}

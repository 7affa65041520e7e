import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { partitions } from '../core/records.js';
import { errnoOf, storeFailed } from '../stores/file-errors.js';
import { nameOf, textOf } from '../stores/row-names.js';
import { placesIn } from './places.js';

/**
 * Ids of the executions of this machine, newest first, in a moment and without opening the backend: told by the names of
 * files alone, so nothing is read, begun or mended. None where nothing ever ran.
 *
 * @param folder - The one of `LocalBackendOptions`.
 * @throws ExecBackendError HAWSER_EXEC_BACKEND_STORE_FAILED when the folder cannot be read
 */
export async function localRunIds(folder: string): Promise<readonly string[]> {
  const rows = join(placesIn(folder).rows, nameOf(partitions.executions));
  const names = await readdir(rows).catch((cause: unknown) => {
    if (errnoOf(cause) === 'ENOENT') return [];
    throw storeFailed(cause, 'list executions', folder);
  });
  const ids = names.flatMap((name) => (name.endsWith('.json') ? (textOf(name.slice(0, -5)) ?? []) : []));
  // An id begins with the time at which it was made.
  return ids.toSorted().toReversed();
}

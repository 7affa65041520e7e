import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { acquireLock, discardFile, publishFile, stageFile } from '@hawser/state-store/files';
import type { Row, Store } from '../ports.js';
import { errnoOf, storeFailed } from './file-errors.js';
import { nameOf, textOf } from './row-names.js';
import { watchFolder } from './watch-folder.js';

/** Where rows are kept as files. */
export interface FileStoreOptions {
  /** Holds `rows/`, `locks/` and `aside/`; made when missing. */
  readonly folder: string;
  /** Told once of each row that cannot be read and was put aside. */
  readonly warn?: ((message: string) => void) | undefined;
}

interface Kept {
  readonly key: string;
  readonly version: number;
  readonly data: unknown;
  readonly expiresAtMs?: number;
}

/** How long a writer waits for another writer of the same row. Each needs about a millisecond. */
const LOCK_TIMEOUT_MS = 10_000;

const ENDING = '.json';

/**
 * A store of one file per row, shared by any number of processes. A row is written beside its place, synced, and
 * exchanged by one rename under a lock of its own: killed at any moment, a writer leaves the old row or the new one, and a
 * lock that the next writer sees to be a dead process's. Readers take no lock.
 *
 * A row that cannot be read (a disk's fault, an editor's) is moved to `aside/` and counts as missing.
 */
export function openFileStore({ folder, warn }: FileStoreOptions): Store {
  const rows = join(folder, 'rows');
  const locks = join(folder, 'locks');
  const made = new Set<string>();

  const folderOf = (partition: string): string => join(rows, nameOf(partition));
  const fileOf = (partition: string, key: string): string => join(folderOf(partition), nameOf(key) + ENDING);

  /** Under the row's lock, does what depends on the version that is there. */
  async function exchange(
    partition: string,
    key: string,
    work: (version: number) => Promise<boolean>,
  ): Promise<boolean> {
    make(locks);
    const lock = await acquireLock({
      path: join(locks, nameOf(`${partition}/${key}`)),
      subject: `row ${key} of ${partition}`,
      tool: 'hawser exec',
      timeoutMs: LOCK_TIMEOUT_MS,
    });
    try {
      const present = read(fileOf(partition, key), true);
      return await work(present?.version ?? 0);
    } finally {
      lock.release();
    }
  }

  function make(path: string): void {
    if (made.has(path)) return;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    made.add(path);
  }

  /** @param mayMend - whether the row's lock is held, so that an unreadable row may be put aside */
  function read(path: string, mayMend: boolean): Kept | undefined {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
      throw error;
    }
    const kept = parse(text);
    if (kept !== undefined) return isOver(kept) ? undefined : kept;
    if (mayMend) putAside(path);
    return undefined;
  }

  function putAside(path: string): void {
    const aside = join(folder, 'aside');
    make(aside);
    const to = join(aside, `${basename(path, ENDING)}.${randomBytes(4).toString('hex')}${ENDING}`);
    renameSync(path, to);
    warn?.(`A stored row could not be read and was put aside: ${to}`);
  }

  /** Reads without a lock; what cannot be read is looked at again under the lock, and put aside there. */
  async function look(partition: string, key: string, path = fileOf(partition, key)): Promise<Kept | undefined> {
    const kept = read(path, false);
    if (kept !== undefined || !isUnreadable(path)) return kept;
    await exchange(partition, key, () => Promise.resolve(true));
    return read(path, false);
  }

  return {
    get: <T>(partition: string, key: string) =>
      guarded('read', partition, async () => {
        const kept = await look(partition, key);
        return kept && rowOf<T>(partition, kept);
      }),

    put: ({ partition, key, data, expiresAtMs }, expected) =>
      guarded('write', partition, async () => {
        const target = fileOf(partition, key);
        make(folderOf(partition));
        const present = read(target, false);
        if (present !== undefined && present.version !== expected) return undefined;
        const version = expected + 1;
        const kept: Kept = { key, version, data, ...(expiresAtMs !== undefined && { expiresAtMs }) };
        const file = {
          target,
          tag: randomBytes(8).toString('hex'),
          bytes: Buffer.from(JSON.stringify(kept)),
          mode: 0o600,
        };
        await stageFile(file);
        try {
          const written = await exchange(
            partition,
            key,
            async (found) => found === expected && (await publishFile(file)),
          );
          if (!written) await discardFile(file);
          return written ? version : undefined;
        } catch (error) {
          await discardFile(file);
          throw error;
        }
      }),

    remove: (partition, key, expected) =>
      guarded('remove a row of', partition, () =>
        exchange(partition, key, (found) => {
          if (found === 0 || found !== expected) return Promise.resolve(false);
          unlinkSync(fileOf(partition, key));
          return Promise.resolve(true);
        }),
      ),

    list: <T>(partition: string, options: Parameters<Store['list']>[1]) =>
      guarded('list', partition, async () => {
        const at = folderOf(partition);
        const listed: Row<T>[] = [];
        for (const { key, name } of chosen(namesIn(at), at, options)) {
          if (listed.length === options.limit) break;
          const kept = await look(partition, key, join(at, name));
          if (kept !== undefined) listed.push(rowOf<T>(partition, kept));
        }
        return listed;
      }),

    changed: async (partition, { timeoutMs, signal }) => {
      make(folderOf(partition));
      const watch = watchFolder(folderOf(partition), (entry) => entry.endsWith(ENDING));
      try {
        await watch.next(timeoutMs, signal);
      } finally {
        watch.close();
      }
    },
  };

  async function guarded<T>(verb: string, partition: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // Somebody removed the folder as a whole: it is made anew at the next try.
      if (errnoOf(error) === 'ENOENT') made.clear();
      throw storeFailed(error, `${verb} ${partition}`, folder);
    }
  }
}

/** Keys of a folder in the order wanted, behind `after`. */
function chosen(
  names: readonly string[],
  at: string,
  { prefix, after, backwards }: Parameters<Store['list']>[1],
): readonly { readonly key: string; readonly name: string }[] {
  const sign = backwards ? -1 : 1;
  const afterBytes = after === undefined ? undefined : Buffer.from(after);
  const wanted: { key: string; name: string; bytes: Buffer }[] = [];
  for (const name of names) {
    if (!name.endsWith(ENDING) || name.startsWith('.')) continue;
    const key = textOf(name.slice(0, -ENDING.length)) ?? keyInside(join(at, name));
    if (key === undefined || (prefix !== undefined && !key.startsWith(prefix))) continue;
    const bytes = Buffer.from(key);
    if (afterBytes !== undefined && Buffer.compare(bytes, afterBytes) * sign <= 0) continue;
    wanted.push({ key, name, bytes });
  }
  return wanted.toSorted((one, other) => Buffer.compare(one.bytes, other.bytes) * sign);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** The key of a row whose file is named by its digest. */
function keyInside(path: string): string | undefined {
  try {
    return parse(readFileSync(path, 'utf8'))?.key;
  } catch {
    return undefined;
  }
}

/** There, but not to be read as a row. */
function isUnreadable(path: string): boolean {
  try {
    return parse(readFileSync(path, 'utf8')) === undefined;
  } catch {
    return false;
  }
}

function parse(text: string): Kept | undefined {
  try {
    const value = JSON.parse(text) as Partial<Kept> | null;
    if (typeof value?.key !== 'string' || !Number.isSafeInteger(value.version) || !('data' in value)) return undefined;
    return value as Kept;
  } catch {
    return undefined;
  }
}

function isOver({ expiresAtMs }: Kept): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= Date.now();
}

function rowOf<T>(partition: string, { key, version, data, expiresAtMs }: Kept): Row<T> {
  const row = { partition, key, version, data: data as T };
  return expiresAtMs === undefined ? row : { ...row, expiresAtMs };
}

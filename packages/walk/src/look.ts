import { lstatSync, type Stats } from 'node:fs';
import { sep } from 'node:path';
import { WalkError } from './errors.js';
import type { WalkedEntry } from './types.js';

/** What stands at a path, itself; undefined when nothing does. */
export function look(real: string | Buffer, shown: string): Stats | undefined {
  try {
    return lstatSync(real);
  } catch (cause) {
    if (isGone(cause)) return undefined;
    throw unreadable(shown, cause);
  }
}

/** A folder on the way that is missing, or is none, is as good as the entry missing. */
export function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** An error that names what could not be read. */
export function unreadable(shown: string, cause: unknown): WalkError {
  return new WalkError('HAWSER_WALK_UNREADABLE', `${shown} cannot be read: ${(cause as Error).message}`, {
    cause,
    details: { path: shown },
  });
}

/** An entry with its kind and size. */
export function measured(named: Pick<WalkedEntry, 'path' | 'raw' | 'real'>, stats: Stats): WalkedEntry {
  if (stats.isFile()) return { ...named, kind: stats.mode & 0o100 ? 'executable' : 'file', bytes: stats.size };
  if (stats.isSymbolicLink()) return { ...named, kind: 'link', bytes: stats.size };
  return { ...named, kind: stats.isDirectory() ? 'folder' : 'other' };
}

/** A path below a folder; as bytes when one of both has to be. */
export function below(folder: string | Buffer, name: string, raw?: Buffer): string | Buffer {
  // What join does costs more than all else of a walk.
  if (typeof folder === 'string' && raw === undefined)
    return folder.endsWith(sep) ? folder + name : folder + sep + name;
  return Buffer.concat([Buffer.from(folder as string), Buffer.from(sep), raw ?? Buffer.from(name)]);
}

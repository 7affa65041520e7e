import { realpathSync, statSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The name of a project's state folder. */
export const STATE_FOLDER = '.hawser';

/** Where the search for a state folder begins, and what bounds it. */
export interface SearchRequest {
  readonly from: string;
  readonly home: string;
  /** The value of `HAWSER_STATE_DIR`, if set. */
  readonly stateDir?: string | undefined;
}

/**
 * Finds the state folder that belongs to a place: `HAWSER_STATE_DIR`, else the nearest `.hawser/` upwards as far as
 * the git root, or to just below the home folder. If there is none, where it is to be made: at the git root, else at
 * the place itself. Nothing is made here.
 */
export function locateStateFolder({ from, home, stateDir }: SearchRequest): string {
  const start = real(from);
  if (stateDir !== undefined && stateDir !== '') return resolve(start, stateDir);
  const homeFolder = real(home);
  for (let at = start; at !== homeFolder; at = dirname(at)) {
    const candidate = join(at, STATE_FOLDER);
    if (isOurs(candidate, at)) return candidate;
    if (statOf(join(at, '.git')) !== undefined) return candidate;
    if (dirname(at) === at) break;
  }
  return join(start, STATE_FOLDER);
}

/**
 * Whether this is a state folder to be trusted. Where everybody may make folders, as in `/tmp`, anybody could lay one
 * in our way: there it has to be our own.
 */
function isOurs(candidate: string, parent: string): boolean {
  const found = statOf(candidate);
  if (found?.isDirectory() !== true) return false;
  const parentIsPublic = ((statOf(parent)?.mode ?? 0) & 0o002) !== 0;
  return process.platform === 'win32' || !parentIsPublic || found.uid === process.getuid?.();
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

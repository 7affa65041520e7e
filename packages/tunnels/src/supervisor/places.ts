import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, readFileSync, type Stats } from 'node:fs';
import { lstat, mkdir } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { openStore, type Store } from '@hawser/state-store';
import { TunnelsError } from '../errors.js';
import { absolute, type Environment, runtimeBases } from './runtime-bases.js';
import type { NetDocument } from './seam.js';

/** Where a project's supervisor has its things. */
export interface Places {
  /** The project's state folder. */
  readonly project: string;
  readonly store: Store;
  /** Folders in which supervisors of this project have their own, best first. The first is where one is made. */
  readonly runtimeDirectories: readonly string[];
  /** The event log; the one before it has `.1` behind its name. */
  readonly eventLog: string;
  /** What the supervisor prints, which is nothing unless something is badly wrong. */
  readonly outputLog: string;
}

/** Says where things are; makes nothing. */
export function placesOf(options: { readonly from: string; readonly env?: Environment | undefined }): Places {
  const { from, env = process.env } = options;
  const store = openStore({ from, env, writer: { tool: 'hawser net', version: '0' } });
  const project = store.directory;
  const key = createHash('sha256').update(project).digest('hex').slice(0, 12);
  const state = absolute(env['XDG_STATE_HOME']) ?? join(absolute(env['HOME']) ?? homedir(), '.local', 'state');
  const logs = join(state, 'hawser');
  return {
    project,
    store,
    runtimeDirectories: [...new Set([...runtimeBases(env).map((base) => join(base, key)), ...recorded(project, key)])],
    eventLog: join(logs, `net-${key}.jsonl`),
    outputLog: join(logs, `net-${key}.log`),
  };
}

/**
 * Where the supervisor on record has its folder, which may not be where one would be made now: it was opened from a
 * session with other variables (a desktop's, cron's). A record may come with a repository: only a folder that nobody
 * but this user can have made is believed.
 */
function recorded(project: string, key: string): string[] {
  try {
    const { data } = JSON.parse(readFileSync(join(project, 'net.json'), 'utf8')) as { readonly data?: NetDocument };
    const folder = dirname(dirname(data?.supervisor?.socket ?? ''));
    return isAbsolute(folder) && basename(folder) === key && isPrivate(lstatSync(folder)) ? [folder] : [];
  } catch {
    return [];
  }
}

/**
 * Makes a folder that is ours alone, with those above it.
 *
 * @throws TunnelsError HAWSER_NET_SUPERVISOR_FAILED when somebody else laid one there, or may look into it
 */
export async function makePrivate(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (isPrivate(await lstat(path))) return;
  throw new TunnelsError('HAWSER_NET_SUPERVISOR_FAILED', `The folder ${path} is not this user's alone.`, {
    hint: `Remove ${path}, or make it yours with mode 0700; it holds the sockets of tunnels.`,
    details: { path },
  });
}

function isPrivate(stat: Stats): boolean {
  const { uid } = userInfo();
  return stat.isDirectory() && (uid === -1 || (stat.uid === uid && (stat.mode & 0o077) === 0));
}

/** A fresh name for one supervisor. */
export function newInstance(): string {
  return randomBytes(8).toString('hex');
}

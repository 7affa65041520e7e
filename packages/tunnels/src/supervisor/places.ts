import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '@hawser/state-store';
import { TunnelsError } from '../errors.js';
import { absolute, type Environment, runtimeBases } from './runtime-bases.js';

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
    runtimeDirectories: runtimeBases(env).map((base) => join(base, key)),
    eventLog: join(logs, `net-${key}.jsonl`),
    outputLog: join(logs, `net-${key}.log`),
  };
}

/**
 * Makes a folder that is ours alone, with those above it.
 *
 * @throws TunnelsError HAWSER_NET_SUPERVISOR_FAILED when somebody else laid one there, or may look into it
 */
export async function makePrivate(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const stat = await lstat(path);
  const { uid } = userInfo();
  if (stat.isDirectory() && (uid === -1 || (stat.uid === uid && (stat.mode & 0o077) === 0))) return;
  throw new TunnelsError('HAWSER_NET_SUPERVISOR_FAILED', `The folder ${path} is not this user's alone.`, {
    hint: `Remove ${path}, or make it yours with mode 0700; it holds the sockets of tunnels.`,
    details: { path },
  });
}

/** A fresh name for one supervisor. */
export function newInstance(): string {
  return randomBytes(8).toString('hex');
}

import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { identifyProcess, type ProcessIdentity } from '@hawser/state-store/process';
import { makePrivate } from './places.js';

/** What a supervisor writes into its own folder before anything else. */
export interface Owner {
  readonly instance: string;
  readonly identity: ProcessIdentity;
  /** The project's state folder. */
  readonly project: string;
  readonly startedAt: string;
}

/** A supervisor's own folder, as others find it. */
export interface OwnedFolder {
  readonly path: string;
  readonly owner: Owner;
}

const OWNER = 'owner.json';
/** The name of a folder that is being made, by the process it ends with. */
const UNFINISHED = /^\.new-[0-9a-f]+-(\d+)$/;

/** The control socket in a supervisor's folder. */
export function socketIn(folder: string): string {
  return join(folder, 's');
}

/** Makes a supervisor's own folder; others see it only with its owner in it. Returns its path. */
export async function makeOwnedFolder(base: string, owner: Owner): Promise<string> {
  await makePrivate(dirname(base));
  await makePrivate(base);
  const path = join(base, owner.instance);
  const unfinished = join(base, `.new-${owner.instance}-${owner.identity.pid}`);
  await mkdir(unfinished, { mode: 0o700 });
  try {
    await writeFile(join(unfinished, OWNER), JSON.stringify(owner), { mode: 0o600 });
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
  return path;
}

/** The folders of supervisors of one project, dead or alive. */
export async function ownedFolders(bases: readonly string[]): Promise<readonly OwnedFolder[]> {
  const found: OwnedFolder[] = [];
  for (const base of bases) {
    for (const name of await readdir(base).catch(() => [])) {
      const path = join(base, name);
      const owner = UNFINISHED.test(name) ? undefined : await readOwner(path);
      if (owner) found.push({ path, owner });
    }
  }
  return found;
}

/** Removes folders whose maker ended before they were finished: nothing was in them yet that anybody used. */
export async function removeUnfinished(bases: readonly string[]): Promise<void> {
  for (const base of bases) {
    for (const name of await readdir(base).catch(() => [])) {
      const pid = UNFINISHED.exec(name)?.[1];
      if (pid === undefined || (await identifyProcess(Number(pid)))) continue;
      await rm(join(base, name), { recursive: true, force: true });
    }
  }
}

async function readOwner(folder: string): Promise<Owner | undefined> {
  const text = await readFile(join(folder, OWNER), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Owner;
  } catch {
    // Renamed into place whole; what does not parse was not written by a supervisor.
    return undefined;
  }
}

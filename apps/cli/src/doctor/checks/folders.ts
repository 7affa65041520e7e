import { access, chmod, constants, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DoctorCheck, DoctorInput } from '@hawser/cli-kit';

const MIB = 1024 * 1024;
/** Below this, a log or a clone fills the disk; below the second, nothing can be written down safely. */
const [tightBytes, fullBytes] = [1024 * MIB, 64 * MIB];

/** Whether what Hawser has to remember can be written, and where. */
export const stateFolder: DoctorCheck = {
  id: 'state-folder',
  title: 'State folder',
  topic: 'hawser',
  neededFor: 'tunnels, contexts, env files and what setup remembers',
  look: async ({ state }) => {
    const { directory } = await state();
    const { folder, isFolder } = await nearestExisting(directory);
    const writable = isFolder && (await isWritable(folder));
    return {
      state: writable ? 'ok' : 'fail',
      found: `${directory}${folder === directory ? '' : ', not made yet'}${writable ? '' : `; ${folder} cannot be written`}`,
      ...(writable ? {} : { next: `Let yourself write ${folder}, or name another folder in HAWSER_STATE_DIR.` }),
      facts: { directory },
    };
  },
};

/** Whether keys in the person's configuration are the person's alone. */
export const configFolder: DoctorCheck = {
  id: 'config-folder',
  title: 'Configuration folder',
  topic: 'hawser',
  neededFor: 'keys of backends and services, which are yours alone',
  look: async ({ folders }) => {
    const { config } = folders;
    if (process.platform === 'win32') return { state: 'skip', found: 'Windows keeps it by other means than modes' };
    const modes = await modesOf(config);
    if (!modes) return { state: 'skip', found: `${config} is not made yet` };
    const writable = modes.filter(({ mode }) => (mode & 0o022) !== 0).map(({ path }) => path);
    const readable = modes.filter(({ mode }) => (mode & 0o044) !== 0).map(({ path }) => path);
    if (writable.length > 0) {
      return {
        state: 'fail',
        found: `others than you can change ${writable.join(', ')}`,
        next: `Look at what stands there, then: chmod go-rwx ${writable.join(' ')}`,
        facts: { writable: writable.join(', ') },
      };
    }
    if (readable.length === 0) return { state: 'ok', found: `${config}, yours alone` };
    return {
      state: 'warn',
      found: `others than you can read ${readable.join(', ')}`,
      next: `chmod go-rwx ${readable.join(' ')}`,
      facts: { readable: readable.join(', ') },
    };
  },
  // What others could change is not made to look private: somebody has to read it first.
  mend: async ({ folders }) => {
    const mended: string[] = [];
    for (const { path, mode } of (await modesOf(folders.config)) ?? []) {
      if ((mode & 0o077) === 0 || (mode & 0o022) !== 0) continue;
      await chmod(path, mode & 0o700);
      mended.push(path);
    }
    return mended.length === 0 ? '' : `took from others what they could read: ${mended.join(', ')}`;
  },
};

/** Whether there is room left where state is kept. */
export const disk: DoctorCheck = {
  id: 'disk',
  title: 'Disk',
  topic: 'hawser',
  neededFor: 'clones, logs and everything that is written down',
  look: async (input) => {
    const places = [(await input.state()).directory, input.folders.data];
    const found = await Promise.all(places.map(roomOf));
    const { folder, free } = found.reduce((least, each) => (each.free < least.free ? each : least));
    const room = free < 10 * 1024 * MIB ? `${Math.floor(free / MIB)} MiB` : `${Math.floor(free / MIB / 1024)} GiB`;
    const state = free < fullBytes ? 'fail' : free < tightBytes ? 'warn' : 'ok';
    return {
      state,
      found: `${room} free at ${folder}`,
      ...(state === 'ok' ? {} : { next: `Make room: du -xhd1 ${folder} says what takes it.` }),
      facts: { folder, freeBytes: String(free) },
    };
  },
};

/** The folder, and the files in it: those that Hawser wrote hold addresses and keys. */
async function modesOf(
  folder: DoctorInput['folders']['config'],
): Promise<{ path: string; mode: number }[] | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return undefined;
  const files = entries.filter((entry) => entry.isFile() && /\.(?:json|ya?ml)$/.test(entry.name));
  const paths = [folder, ...files.map(({ name }) => join(folder, name))];
  const found = await Promise.all(paths.map(async (path) => ({ path, mode: (await stat(path)).mode & 0o777 })));
  // tunnels.yaml is no secret: people keep it with their other dotfiles.
  return found.filter(({ path }) => !path.endsWith('tunnels.yaml'));
}

async function roomOf(wanted: string): Promise<{ folder: string; free: number }> {
  const { folder } = await nearestExisting(wanted);
  const { bavail, bsize } = await statfs(folder);
  return { folder, free: bavail * bsize };
}

/** The folder itself, or what of the way to it exists. */
async function nearestExisting(folder: string): Promise<{ folder: string; isFolder: boolean }> {
  try {
    return { folder, isFolder: (await stat(folder)).isDirectory() };
  } catch {
    return nearestExisting(dirname(folder));
  }
}

async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

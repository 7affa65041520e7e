import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, readlink, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { EmulatedImage } from '../types.js';
import type { Mount } from './isolation.js';

const run = promisify(execFile);

/** Folders of this machine that an image without a root of its own consists of. */
const programs: readonly string[] = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'usr', 'etc', 'opt', 'nix', 'gnu'];
const ownFolders: readonly (readonly [string, number])[] = [
  ['tmp', 0o1777],
  ['var', 0o755],
  ['var/tmp', 0o1777],
  ['run', 0o755],
  ['root', 0o700],
  ['home', 0o755],
];

/**
 * Fills `folder` as the root of a container: with a copy of the image's files, or with this machine's programs, mounted
 * read-only. Answers what is to be mounted.
 */
export async function prepareRoot(
  folder: string,
  image: EmulatedImage,
  mounts: readonly Mount[],
): Promise<readonly Mount[]> {
  await mkdir(folder, { recursive: true });
  const basis = image.root === undefined ? await machineRoot(folder) : await copyRoot(folder, image.root);
  const all = [...basis, ...devices, ...mounts];
  for (const { to } of all) await mkdir(join(folder, to), { recursive: true });
  await mkdir(join(folder, 'proc'), { recursive: true });
  return all;
}

const devices: readonly Mount[] = [{ from: '/dev', to: '/dev', readOnly: false }];

async function copyRoot(folder: string, root: string): Promise<readonly Mount[]> {
  await run('cp', ['-a', '--reflink=auto', `${root}/.`, folder]);
  return [];
}

async function machineRoot(folder: string): Promise<readonly Mount[]> {
  const mounts: Mount[] = [];
  const entries = await readdir('/', { withFileTypes: true });
  for (const entry of entries.filter(({ name }) => programs.includes(name))) {
    const path = `/${entry.name}`;
    if (entry.isSymbolicLink()) await symlink(await readlink(path), join(folder, entry.name));
    else if (entry.isDirectory()) mounts.push({ from: path, to: path, readOnly: true });
  }
  for (const [name, mode] of ownFolders) {
    await mkdir(join(folder, name));
    await chmod(join(folder, name), mode);
  }
  const node = dirname(dirname(process.execPath));
  if (node !== '/' && !programs.includes(node.split('/')[1] ?? ''))
    mounts.push({ from: node, to: node, readOnly: true });
  return mounts;
}

/** Looks a container's program up as an exec within its root would; the words of the container runtime when it is not there. */
export async function missingProgram(
  root: string,
  mounts: readonly Mount[],
  program: string,
  path: string,
): Promise<string | undefined> {
  const candidates = program.includes('/') ? [program] : path.split(':').map((folder) => `${folder}/${program}`);
  for (const candidate of candidates) if (await isProgram(root, mounts, candidate, 0)) return undefined;
  const why = program.includes('/')
    ? `stat ${program}: no such file or directory`
    : 'executable file not found in $PATH';
  return `exec: "${program}": ${why}: unknown`;
}

const maxLinks = 20;

/** Follows links within the root, not within this machine. */
async function isProgram(root: string, mounts: readonly Mount[], path: string, links: number): Promise<boolean> {
  if (links > maxLinks) return false;
  let at = '';
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  for (const [index, step] of steps.entries()) {
    if (step === '..') {
      at = dirname(at);
      continue;
    }
    at = `${at === '/' ? '' : at}/${step}`;
    const link = await readlink(onMachine(root, mounts, at)).catch(() => undefined);
    if (link === undefined) continue;
    const base = link.startsWith('/') ? link : `${dirname(at)}/${link}`;
    return await isProgram(root, mounts, [base, ...steps.slice(index + 1)].join('/'), links + 1);
  }
  const found = await stat(onMachine(root, mounts, at)).catch(() => undefined);
  return found?.isFile() === true && (found.mode & 0o111) !== 0;
}

function onMachine(root: string, mounts: readonly Mount[], path: string): string {
  const mount = mounts
    .filter(({ to }) => path === to || path.startsWith(`${to}/`))
    .toSorted((left, right) => right.to.length - left.to.length)[0];
  return mount === undefined ? join(root, path) : join(mount.from, path.slice(mount.to.length));
}

/** The numbers of a user as `name`, `name:group`, `uid` or `uid:gid` mean them in an image. */
export async function findUser(
  root: string,
  text: string | undefined,
): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  // Without root's rights a user namespace has one user only.
  if (text === undefined || text === '' || process.getuid?.() !== 0) return undefined;
  const [name = '', group] = text.split(':');
  const users = await entriesOf(join(root, 'etc/passwd'));
  const user = users.find((entry) => entry[0] === name || entry[2] === name);
  const groups = await entriesOf(join(root, 'etc/group'));
  const uid = Number(user?.[2] ?? name);
  const gid = Number(
    group === undefined ? (user?.[3] ?? 0) : (groups.find((entry) => entry[0] === group)?.[2] ?? group),
  );
  if (!Number.isInteger(uid) || !Number.isInteger(gid)) {
    throw new Error(`unable to find user ${text}: no matching entries in passwd file`);
  }
  return { uid, gid };
}

async function entriesOf(file: string): Promise<readonly (readonly string[])[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').map((line) => line.split(':'));
}

import { spawn } from 'node:child_process';

/** How containers are kept apart from this machine. */
export type Isolation = 'namespaces' | 'none';

/**
 * Finds out what this machine allows: mount and process namespaces by util-linux's `unshare`, as root or through a user
 * namespace.
 */
export async function findIsolation(): Promise<Isolation> {
  if (process.platform !== 'linux') return 'none';
  const [program, ...words] = namespaceWords();
  const child = spawn(program, [...words, 'true'], { stdio: 'ignore' });
  return await new Promise((resolve) => {
    child.once('error', () => resolve('none'));
    child.once('exit', (code) => resolve(code === 0 ? 'namespaces' : 'none'));
  });
}

/**
 * Program and words that make a container's namespaces; only the network stays this machine's. The container does not
 * outlive this process, however that ends.
 */
export function namespaceWords(): readonly [string, ...string[]] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return [
    'setpriv',
    '--pdeathsig',
    'KILL',
    '--',
    'unshare',
    ...user,
    '--mount',
    '--pid',
    '--ipc',
    '--fork',
    '--kill-child',
    '--propagation',
    'private',
    '--',
  ];
}

/** What is mounted into a container's root. */
export interface Mount {
  readonly from: string;
  /** Path within the root, from `/`. */
  readonly to: string;
  readonly readOnly: boolean;
}

/** Where a command is run. */
export interface Place {
  readonly root: string;
  readonly mounts: readonly Mount[];
  readonly directory: string;
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  readonly readOnlyRoot: boolean;
  /** Another process is number 1, reaps orphans and hands signals on. */
  readonly initProcess: boolean;
}

/** Carries the container's PATH past the script, whose programs are found by this machine's. */
export const containerPath = 'HAWSER_CONTAINER_PATH';

/**
 * The script that becomes a container: it mounts what belongs into the root, says on descriptor 3 which process of this
 * machine signals go to, and becomes the command, `"$@"`.
 */
export function containerScript(place: Place): string {
  const { root, user } = place;
  const lines = [
    'set -e',
    'unshare=$(command -v unshare)',
    ...(place.readOnlyRoot ? [`mount --bind ${quote(root)} ${quote(root)}`] : []),
    ...place.mounts.flatMap(({ from, to, readOnly }) => {
      const target = quote(root + to);
      return [`mount --rbind ${quote(from)} ${target}`, ...(readOnly ? [`mount -o remount,bind,ro ${target}`] : [])];
    }),
    `mount -t proc proc ${quote(`${root}/proc`)}`,
    ...(place.readOnlyRoot ? [`mount -o remount,bind,ro ${quote(root)}`] : []),
  ];
  const identity = user === undefined ? '' : ` --setgid ${user.gid} --setuid ${user.uid}`;
  const become = [
    'read -r pid rest </proc/self/stat',
    'echo "$pid" >&3',
    `export PATH="$${containerPath}"`,
    `unset ${containerPath}`,
    `exec 3>&- "$unshare" --root ${quote(root)} --wd ${quote(place.directory)}${identity} -- "$@"`,
  ];
  return place.initProcess
    ? [...lines, 'set +e', '(', ...become, ')', 'exit $?'].join('\n')
    : [...lines, ...become].join('\n');
}

/** The script that runs `"$@"` in the namespaces of another process. */
export function enterScript(pid: number | undefined): string {
  const user = process.getuid?.() === 0 ? '' : ' --user --preserve-credentials';
  return [
    'nsenter=$(command -v nsenter)',
    `export PATH="$${containerPath}"`,
    `unset ${containerPath}`,
    `exec "$nsenter" --target ${pid}${user} --mount --pid --ipc --root --wd -- "$@"`,
  ].join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

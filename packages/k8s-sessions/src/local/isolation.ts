import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { SessionsError } from '../errors.js';

/** What sessions on this machine are kept apart by, and what that is worth. */
export interface LocalIsolation {
  readonly kind: 'process' | 'sandbox';
  /** A sentence for people; it promises nothing that is not so. */
  readonly note: string;
  /** bubblewrap, for a sandbox. */
  readonly program?: string;
}

/**
 * Chooses what sessions are kept apart by: `auto` is bubblewrap where it is and may make namespaces, else nothing.
 *
 * @throws SessionsError HAWSER_SESSIONS_LOCAL_FAILED when a sandbox is asked for and cannot be had
 */
export async function chooseIsolation(wish: 'auto' | 'process' | 'sandbox', path: string): Promise<LocalIsolation> {
  const program = wish === 'process' || process.platform !== 'linux' ? undefined : await findSandbox(path);
  if (program !== undefined) {
    return {
      kind: 'sandbox',
      program,
      note: 'Commands run in a sandbox (bubblewrap): everything but their own folder is read-only, and your home folder is not there. Network and kernel are shared with this machine.',
    };
  }
  if (wish === 'sandbox') {
    throw new SessionsError(
      'HAWSER_SESSIONS_LOCAL_FAILED',
      'A sandbox was asked for, and bubblewrap is not here or may not make namespaces.',
      { hint: 'Install bubblewrap, or choose --isolation process.' },
    );
  }
  return {
    kind: 'process',
    note: 'There is no isolation: commands are processes of yours, in a folder of their own, and can read and write what you can.',
  };
}

/** What a runner can see of the machine. */
export interface SandboxView {
  readonly program: string;
  /** Holds every session's data: hidden. */
  readonly folder: string;
  /** The run's own: writable. */
  readonly runFolder: string;
  /** Read although they lie below what is hidden. */
  readonly readable: readonly string[];
  readonly home: string | undefined;
}

/**
 * The command line that runs something in a sandbox. It lives on without whoever started it. Mounts come in this order,
 * because a later one covers an earlier one.
 *
 * @see bwrap(1)
 */
export function sandboxed(view: SandboxView, argv: readonly string[]): readonly string[] {
  const hidden = ['/tmp', '/var/tmp', '/run/user', '/home', '/root', view.home, view.folder];
  const sockets = ['/run/docker.sock', '/run/podman/podman.sock', '/run/containerd/containerd.sock'];
  return [
    [view.program, '--unshare-pid', '--unshare-ipc', '--unshare-cgroup-try', '--cap-drop', 'ALL'],
    ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
    hidden.flatMap((path) => (path !== undefined && path !== '/' && existsSync(path) ? ['--tmpfs', path] : [])),
    sockets.flatMap((path) => (existsSync(path) ? ['--ro-bind', '/dev/null', path] : [])),
    view.readable.filter((path) => existsSync(path)).flatMap((path) => ['--ro-bind', path, path]),
    ['--bind', view.runFolder, view.runFolder, '--chdir', view.runFolder, '--', ...argv],
  ].flat();
}

/** What a Node program needs to read: the interpreter, its own package, and the modules it may import. */
export function neededBy(argv: readonly string[]): readonly string[] {
  const [interpreter = '', program] = argv;
  const needed = [dirname(dirname(interpreter))];
  for (let at = dirname(resolve(program ?? interpreter)); at !== dirname(at); at = dirname(at)) {
    needed.push(join(at, 'node_modules'), ...linkedFrom(join(at, 'node_modules')));
    if (existsSync(join(at, 'package.json'))) needed.push(join(at, 'dist'), join(at, 'package.json'));
  }
  return [...(program === undefined ? [] : [dirname(resolve(program))]), ...needed].filter((path) => path !== '/');
}

/** Where links in a folder of modules lead out of it, as those of a workspace do. */
function linkedFrom(modules: string): readonly string[] {
  if (!existsSync(modules)) return [];
  return readdirSync(modules, { withFileTypes: true }).flatMap((entry) => {
    const path = join(modules, entry.name);
    if (entry.isDirectory() && entry.name.startsWith('@')) return linkedFrom(path);
    if (!entry.isSymbolicLink() || !existsSync(path)) return [];
    const real = realpathSync(path);
    return real.includes('/node_modules/') ? [] : [real];
  });
}

async function findSandbox(path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter((name) => name.startsWith('/'))) {
    const program = join(folder, 'bwrap');
    try {
      accessSync(program, constants.X_OK);
    } catch {
      continue;
    }
    const trial = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--unshare-pid', '--unshare-ipc', 'true'];
    const works = await new Promise<boolean>((settle) => {
      execFile(program, trial, { timeout: 20_000 }, (error) => settle(error === null));
    });
    return works ? program : undefined;
  }
  return undefined;
}

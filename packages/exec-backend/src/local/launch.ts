import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Isolation } from './isolation.js';
import type { RunPlaces } from './places.js';

/** What to start, so that the command runs as it should. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Of the program that is started; not always that of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** More arguments, given where no list of processes shows them. */
  readonly hiddenArgs?: Buffer | undefined;
  readonly container?: ContainerName | undefined;
}

/** How a container is spoken of to its engine. */
export interface ContainerName {
  readonly name: string;
  /** Written by the engine once there is a container: without it nothing began. */
  readonly idFile: string;
}

/** What is to be run, and where. */
export interface LaunchOptions {
  readonly isolation: Isolation;
  readonly executionId: string;
  readonly attempt: number;
  /** A shell's command, or words for {@link argvOf}. */
  readonly command: { readonly command?: string; readonly argv?: readonly string[] };
  readonly entrypoint: 'shell' | 'image';
  /** Below the work tree. */
  readonly workdir: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly run: RunPlaces;
  /** The local backend's folder, which the command has no business in. */
  readonly backendFolder: string;
  readonly personHome: string | undefined;
  readonly path: string;
}

/** The exact command of a payload: a shell's, or the words themselves, which a shell looks up and leaves alone. */
function argvOf(payload: { readonly command?: string; readonly argv?: readonly string[] }): readonly string[] {
  if (payload.command !== undefined) return ['/bin/sh', '-c', payload.command];
  return ['/bin/sh', '-c', 'exec "$0" "$@"', ...(payload.argv ?? [])];
}

/** Puts the command into what keeps it apart. */
export function launchOf(options: LaunchOptions): Launch {
  const { isolation, command, workdir, env, run } = options;
  const argv = argvOf(command);
  const cwd = workdir === undefined ? run.tree : join(run.tree, workdir);
  if (isolation.kind === 'container') return containerLaunch(options);
  if (isolation.named !== undefined) {
    const [file = '', ...args] = [...isolation.named.words, ...argv];
    return { file, args, cwd, env };
  }
  if (isolation.kind === 'process') return { file: argv[0] ?? '', args: argv.slice(1), cwd, env };
  return {
    file: isolation.program ?? '',
    args: ['--args', '3', '--', ...argv],
    cwd: run.folder,
    env: { PATH: options.path },
    hiddenArgs: Buffer.from(sandboxArgs(options, cwd).join('\0')),
  };
}

/**
 * The view of a sandboxed command. Mounts come in this order, because a later one covers an earlier one.
 *
 * @see bwrap(1)
 */
function sandboxArgs({ env, run, backendFolder, personHome }: LaunchOptions, cwd: string): readonly string[] {
  const hidden = ['/tmp', '/var/tmp', '/run/user', '/home', '/root', '/Users', personHome, backendFolder];
  const sockets = ['/run/docker.sock', '/run/podman/podman.sock', '/run/containerd/containerd.sock'];
  return [
    ['--die-with-parent', '--unshare-pid', '--unshare-ipc', '--unshare-cgroup-try', '--cap-drop', 'ALL', '--clearenv'],
    ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
    hidden.flatMap((path) => (path !== undefined && path !== '/' && existsSync(path) ? ['--tmpfs', path] : [])),
    sockets.flatMap((path) => (existsSync(path) ? ['--ro-bind', '/dev/null', path] : [])),
    ['--bind', run.work, run.work, '--chdir', cwd],
    Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
  ].flat();
}

/** Values of variables go by the engine's own environment: `--env NAME` alone takes them from there. */
function containerLaunch(options: LaunchOptions): Launch {
  const { isolation, command, workdir, entrypoint, executionId, attempt, run, path, personHome } = options;
  const env = Object.fromEntries(
    Object.entries(options.env).filter(([name]) => !['PATH', 'HOME', 'TMPDIR'].includes(name)),
  );
  const name = `hawser-${executionId}-${attempt}`;
  const idFile = join(run.work, 'container');
  // Two streams would come without their order.
  const shell = ['-c', 'exec "$0" "$@" 2>&1', ...argvOf(command)];
  // An image's own program takes a command as one word, exact words as they are.
  const own = command.argv ?? [command.command ?? ''];
  return {
    file: isolation.program ?? '',
    args: [
      ['run', '--rm', '--name', name, '--cidfile', idFile, '--volume', `${run.tree}:/workspace`],
      ['--workdir', workdir === undefined ? '/workspace' : `/workspace/${workdir}`],
      Object.keys(env).flatMap((variable) => ['--env', variable]),
      entrypoint === 'shell' ? ['--entrypoint', '/bin/sh'] : [],
      isolation.image ?? '',
      entrypoint === 'shell' ? shell : own,
    ].flat(),
    cwd: run.folder,
    env: { PATH: path, HOME: personHome ?? dirname(run.home), ...env },
    container: { name, idFile },
  };
}

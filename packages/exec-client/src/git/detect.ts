import { existsSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { parseRepository } from '../contract/index.js';
import { ExecError } from '../errors.js';
import { gitFailed, gitText } from './run-git.js';
import { readStatus, type WorkTreeStatus } from './status.js';

/** The repository that somebody stands in. */
export interface DetectedRepository extends WorkTreeStatus {
  /** Its top folder. */
  readonly root: string;
  /** From there to where one stands, with `/` between; empty at the top. */
  readonly prefix: string;
  /** `origin`, or the only remote there is. */
  readonly remote?: DetectedRemote;
  /** Commits on HEAD that no branch of the remote had when it was last asked. */
  readonly unpushed: number;
  readonly hasSubmodules: boolean;
}

/** Where a repository was cloned from. */
export interface DetectedRemote {
  readonly name: string;
  /** Without credentials; a path is absolute. */
  readonly url: string;
  /** Credentials stood in the address, and were left out. */
  readonly hadCredentials: boolean;
}

/** The branch that a remote's HEAD names, and whether it could be asked. */
export interface RemoteHead {
  readonly branch: string;
  readonly isKnown: boolean;
}

/** How long a remote is waited for that does not answer. */
const remoteWithinMs = 10_000;

/** The top folder of the repository at or above `from`, without asking git. */
export function findGitRoot(from: string): string | undefined {
  let folder = resolve(from);
  while (!existsSync(join(folder, '.git'))) {
    const above = dirname(folder);
    if (above === folder) return undefined;
    folder = above;
  }
  return folder;
}

/**
 * Looks at the repository that `cwd` is in; `undefined` when it is in none. Nothing is changed, not even git's index,
 * and no remote is asked.
 *
 * @throws ExecError HAWSER_EXEC_GIT_FAILED
 */
export async function detectRepository(cwd: string): Promise<DetectedRepository | undefined> {
  const at = realpathSync(cwd);
  const root = findGitRoot(at);
  if (root === undefined) return undefined;
  // It costs half as much as starting Node: nobody pays it outside a repository.
  const { simpleGit } = await import('simple-git');
  const git = simpleGit({ baseDir: at, maxConcurrentProcesses: 3 });
  const ask = async (...words: string[]): Promise<string> => {
    try {
      return await git.raw(words);
    } catch (error) {
      throw gitFailed(words, (error as Error).message, error);
    }
  };
  const unpushedTo = (remote: string): Promise<string> =>
    // Before the first commit there is nothing to push.
    ask('rev-list', '--count', 'HEAD', '--not', `--remotes=${remote}`).catch(() => '0');
  const [status, remotes, usual] = await Promise.all([
    ask('--no-optional-locks', 'status', '--porcelain=v2', '--branch', '-z'),
    ask('remote', '--verbose'),
    unpushedTo('origin'),
  ]);
  const addresses = new Map([...remotes.matchAll(/^(.+)\t(.+) \(fetch\)$/gm)].map(([, name, url]) => [name!, url!]));
  const name = addresses.has('origin') || addresses.size !== 1 ? 'origin' : [...addresses.keys()][0]!;
  const url = addresses.get(name);
  return {
    ...readStatus(status),
    root,
    prefix: relative(root, at).split(sep).join('/'),
    ...(url !== undefined && { remote: remoteOf(name, url, root) }),
    unpushed: url === undefined ? 0 : Number(name === 'origin' ? usual : await unpushedTo(name)),
    hasSubmodules: existsSync(join(root, '.gitmodules')),
  };
}

/**
 * Asks a remote for its HEAD, with the person's own credentials but without asking the person. `main` when it cannot be
 * asked, or has no branch yet.
 */
export async function remoteHead(
  url: string,
  options: { readonly cwd: string; readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number },
): Promise<RemoteHead> {
  const { cwd, signal, timeoutMs = remoteWithinMs } = options;
  // Unless somebody's editor answers for them: git would ask in a window of its own.
  const env = { GIT_ASKPASS: process.env['GIT_ASKPASS'] ?? '' };
  try {
    const answer = await gitText(['ls-remote', '--symref', '--', url, 'HEAD'], { cwd, env, signal, timeoutMs });
    const branch = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(answer)?.[1];
    if (branch !== undefined) return { branch, isKnown: true };
  } catch (error) {
    if (!(error instanceof ExecError)) throw error;
  }
  return { branch: 'main', isKnown: false };
}

function remoteOf(name: string, url: string, root: string): DetectedRemote {
  const repository = parseRepository(url);
  if (repository) {
    const bare = repository.scheme === 'file' ? repository.path : repository.url;
    return { name, url: bare, hadCredentials: repository.hasCredentials };
  }
  // What is no address is a path, and stands below the top folder.
  return { name, url: isAbsolute(url) ? url : resolve(root, url), hadCredentials: false };
}

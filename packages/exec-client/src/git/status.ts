/** What `git status` says, counted. */
export interface WorkTreeStatus {
  /** Missing before the first commit. */
  readonly head: string | undefined;
  /** Missing when HEAD is detached. */
  readonly branch: string | undefined;
  readonly staged: number;
  readonly unstaged: number;
  readonly untracked: number;
  readonly conflicted: number;
  /** Submodules with other commits, or with changes of their own. */
  readonly submodules: number;
}

/**
 * Reads the output of `git status --porcelain=v2 --branch -z`.
 *
 * @see git-status(1), "Porcelain Format Version 2"
 */
export function readStatus(output: string): WorkTreeStatus {
  const counts = { staged: 0, unstaged: 0, untracked: 0, conflicted: 0, submodules: 0 };
  let head: string | undefined;
  let branch: string | undefined;
  const entries = output.split('\0');
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index]!;
    const [kind, states = '', submodule = ''] = entry.split(' ', 3);
    if (kind === '#') {
      const value = entry.slice(2 + states.length + 1);
      if (states === 'branch.oid' && value !== '(initial)') head = value;
      if (states === 'branch.head' && value !== '(detached)') branch = value;
    } else if (kind === '?') counts.untracked++;
    else if (kind === 'u') counts.conflicted++;
    else if (kind === '1' || kind === '2') {
      if (states[0] !== '.') counts.staged++;
      if (states[1] !== '.') counts.unstaged++;
      if (submodule.startsWith('S')) counts.submodules++;
      // The name before a rename is an entry of its own.
      if (kind === '2') index++;
    }
  }
  return { head, branch, ...counts };
}

/** What differs between the index and the work tree. */
export interface WorkTreeNames {
  /** Of files, as bytes: changed, deleted, or in no commit and not ignored. */
  readonly names: readonly Buffer[];
  /** Folders that git does not look into, because they are repositories. */
  readonly nested: readonly Buffer[];
  readonly conflicted: number;
}

/** The words that give {@link readNames} what it reads: the same whatever a person configured. */
export const namesStatus: readonly string[] =
  'status --porcelain=v2 -z --untracked-files=all --no-renames --ignore-submodules=dirty'.split(' ');

/** Fields before the path, by the kind of entry. */
const fieldsBefore: Readonly<Record<string, number>> = { '1': 8, u: 10, '?': 1 };

/** Reads the output of {@link namesStatus}. */
export function readNames(output: Buffer): WorkTreeNames {
  const names: Buffer[] = [];
  const nested: Buffer[] = [];
  let conflicted = 0;
  // Paths are bytes: this keeps them.
  for (const entry of output.toString('latin1').split('\0')) {
    const [kind = '', states = '', submodule = ''] = entry.split(' ', 3);
    const before = fieldsBefore[kind];
    if (before === undefined) continue;
    if (kind === 'u') conflicted++;
    // What is staged and nothing else, git has read already; of a submodule it reads its commit only.
    else if (kind === '1' && (states[1] === '.' || submodule.startsWith('S'))) continue;
    else {
      const path = Buffer.from(entry.split(' ').slice(before).join(' '), 'latin1');
      (entry.endsWith('/') ? nested : names).push(path);
    }
  }
  return { names, nested, conflicted };
}

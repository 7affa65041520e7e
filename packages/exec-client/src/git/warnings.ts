import { repositoryName } from '../contract/index.js';
import type { DetectedRepository } from './detect.js';

/**
 * What somebody should hear who expects that what runs is what they see: another branch than theirs, work that is in no
 * commit, commits that nobody else has. Nothing when the repository that will be cloned is another than theirs.
 */
export function checkoutWarnings(
  repository: DetectedRepository,
  run: {
    readonly repo: string;
    readonly branch: string;
    readonly workdir?: string | undefined;
    readonly isDirty?: boolean;
  },
): readonly string[] {
  const { remote, branch, head, unpushed, hasSubmodules, prefix } = repository;
  if (!remote || repositoryName(remote.url) !== repositoryName(run.repo)) return [];
  const warnings: string[] = [];
  if (remote.hadCredentials) {
    warnings.push(`The credentials in the address of ${remote.name} are left out: the backend has its own.`);
  }
  if (run.isDirty) return warnings;
  const isElsewhere = branch === undefined ? !(head ?? '').startsWith(run.branch) : branch !== run.branch;
  if (isElsewhere) {
    const here = branch === undefined ? `detached at ${head?.slice(0, 12) ?? 'nothing'}` : `on ${branch}`;
    warnings.push(`You are ${here}, and ${run.branch} runs: --branch . runs yours.`);
  }
  const changed = describeChanges(repository);
  if (changed) warnings.push(`What is not committed does not run: ${changed}. --dirty takes it along.`);
  if (unpushed > 0 && !isElsewhere) {
    warnings.push(
      `${count(unpushed, 'commit')} of yours ${unpushed === 1 ? 'is' : 'are'} not pushed, and will not run.`,
    );
  }
  if (hasSubmodules) warnings.push('Submodules are not cloned: let the command do it, with git_credentials: run.');
  if (prefix !== '' && run.workdir === undefined) {
    warnings.push(`You are in ${prefix}, and the command runs at the top: --workdir . runs it here.`);
  }
  return warnings;
}

/** e.g. `2 files changed, 1 untracked`; empty when the work tree is clean. */
export function describeChanges(repository: DetectedRepository): string {
  const { staged, unstaged, untracked, conflicted } = repository;
  return [
    staged > 0 && `${count(staged, 'file')} staged`,
    unstaged > 0 && `${count(unstaged, 'file')} changed`,
    untracked > 0 && `${untracked} untracked`,
    conflicted > 0 && `${conflicted} in conflict`,
  ]
    .filter((part) => part !== false)
    .join(', ');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

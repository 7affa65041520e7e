import type { GithubDispatch, GithubRun, GithubRunner } from './types.js';

/** What the server knows. */
export interface GithubState {
  /** By scope, in lower case. */
  readonly runners: Map<string, readonly GithubRunner[]>;
  readonly workflows: Readonly<Record<string, (dispatch: GithubDispatch) => GithubRun>>;
  runsOf(repository: string): readonly GithubRun[];
  setRuns(repository: string, runs: readonly GithubRun[]): void;
  addRun(repository: string, run: GithubRun): void;
}

/** An empty server. Names are told apart without regard to case, as on GitHub. */
export function createGithubState(
  workflows: Readonly<Record<string, (dispatch: GithubDispatch) => GithubRun>>,
): GithubState {
  const runs = new Map<string, readonly GithubRun[]>();
  const runsOf = (repository: string): readonly GithubRun[] => runs.get(repository.toLowerCase()) ?? [];
  const setRuns = (repository: string, all: readonly GithubRun[]): void => {
    runs.set(repository.toLowerCase(), all);
  };
  return {
    runners: new Map(),
    workflows,
    runsOf,
    setRuns,
    addRun: (repository, run) => setRuns(repository, [run, ...runsOf(repository)]),
  };
}

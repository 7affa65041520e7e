import type { ContextsError } from '../errors.js';
import type { ListedKubeconfig } from '../kubeconfig/choose.js';
import type { ContextsData } from './contexts-document.js';
import type { PlannedFile, Sheet } from './edit.js';

/** Everything that a plan is made of, as it is at one moment. */
export interface Surroundings {
  /** The files that could be read, in the order in which they were named. */
  readonly sheets: readonly Sheet[];
  /** Why the others could not. */
  readonly problems: ReadonlyMap<string, ContextsError>;
  readonly data: ContextsData;
  /** UTC, ISO 8601. */
  readonly now: string;
}

/** What is to be recorded then, and what the person should know. */
export interface Settled {
  readonly data: ContextsData;
  readonly notes: readonly string[];
}

/**
 * What is to become of a context: settled once to be shown, and again with the locks in hand when something has changed
 * meanwhile. So it must touch nothing but the sheets.
 */
export interface Intent {
  readonly purpose: 'init' | 'use' | 'remove';
  readonly context: string;
  /** All files that are looked into. */
  readonly files: readonly PlannedFile[];
  settle(surroundings: Surroundings): Settled;
}

/**
 * A file of the surroundings.
 *
 * @throws ContextsError why it could not be read
 */
export function sheetOf(path: string, { sheets, problems }: Surroundings): Sheet {
  const problem = problems.get(path);
  if (problem !== undefined) throw problem;
  const sheet = sheets.find((each) => each.path === path);
  if (sheet === undefined) throw new TypeError(`${path} was not named among the files of the intent.`);
  return sheet;
}

/** Kubeconfigs of the surroundings, with those that could not be read. */
export function listKubeconfigs(paths: readonly string[], around: Surroundings): readonly ListedKubeconfig[] {
  return paths.map((path) => {
    const problem = around.problems.get(path);
    return problem === undefined ? { path, value: sheetOf(path, around).value } : { path, problem };
  });
}

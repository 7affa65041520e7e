import ignore, { type Ignore } from 'ignore';
import { deniedPatterns } from './denied.js';

/** The ignore files that are read, from the weakest to the strongest. */
export const ignoreFiles: readonly string[] = ['.gitignore', '.openenvignore', '.hfignore'];

/** Patterns that were read in one folder, `''` being the root of the tree. */
export interface IgnoreLayer {
  readonly folder: string;
  /** Where the root of the tree stands below the folder of the patterns, when that is above it. */
  readonly above?: string;
  readonly patterns: string | readonly string[];
}

/** Decides what is left out, as git does: the last pattern that matches decides, deeper files being later. */
export interface IgnoreRules {
  /**
   * Whether an entry is left out by a pattern that matches it itself. Who walks does not enter a folder that is, so
   * that nothing below it can be taken back.
   */
  readonly isIgnored: (path: string, isFolder: boolean) => boolean;
  /** The same rules, and those of a folder below. */
  readonly with: (layers: readonly IgnoreLayer[]) => IgnoreRules;
}

/**
 * Rules of the built-in list, then of the layers in their order, then of what a person excluded by hand.
 *
 * @see gitignore(5) for the syntax.
 */
export function createIgnoreRules(
  layers: readonly IgnoreLayer[],
  excluded: readonly string[],
  denied: readonly string[] = deniedPatterns,
): IgnoreRules {
  // What must stay here stays here however it is spelt; a person's own patterns mean the case they have, as in git.
  const first: Compiled = { prefix: '', above: '', rules: ignore().add(denied), within: new Map() };
  const last = excluded.length > 0 ? compile({ folder: '', patterns: excluded }) : undefined;
  return stack([first], layers.map(compile), last);
}

interface Compiled {
  readonly prefix: string;
  /** Stands before every path when the patterns see it. */
  readonly above: string;
  readonly rules: Ignore;
  /** The same rules for what is in a folder that they leave out, as if they did not, by folder. */
  readonly within: Map<string, Ignore>;
}

function compile({ folder, above, patterns }: IgnoreLayer): Compiled {
  return {
    prefix: folder === '' ? '' : `${folder}/`,
    above: above === undefined ? '' : `${above}/`,
    rules: ignore({ ignorecase: false }).add(patterns),
    within: new Map(),
  };
}

function stack(below: readonly Compiled[], middle: readonly Compiled[], above: Compiled | undefined): IgnoreRules {
  const strongestFirst = [...below, ...middle, ...(above ? [above] : [])].toReversed();
  return {
    isIgnored(path, isFolder) {
      for (const layer of strongestFirst) {
        const verdict = verdictOf(layer, path, isFolder);
        if (verdict !== undefined) return verdict;
      }
      return false;
    },
    with: (layers) => stack(below, [...middle, ...layers.map(compile)], above),
  };
}

function verdictOf(layer: Compiled, path: string, isFolder: boolean): boolean | undefined {
  const { prefix, above, rules } = layer;
  if (!path.startsWith(prefix)) return undefined;
  const below = `${above}${path.slice(prefix.length)}`;
  const shown = isFolder ? `${below}/` : below;
  let verdict = rules.test(shown);
  // A folder that this layer leaves out was taken back by a stronger one, or it would not have been entered: what is in
  // it is left out by what matches it itself.
  const folder = below.slice(0, Math.max(0, below.lastIndexOf('/')));
  if (verdict.ignored && folder !== '' && rules.ignores(`${folder}/`)) verdict = rulesWithin(layer, folder).test(shown);
  if (verdict.unignored) return false;
  return verdict.ignored ? true : undefined;
}

function rulesWithin({ rules, within }: Compiled, folder: string): Ignore {
  const known = within.get(folder);
  if (known) return known;
  const names = folder.replaceAll(/[\\*?[\] ]/g, '\\$&').split('/');
  const made = ignore({ ignorecase: false })
    .add(rules)
    .add(names.map((_, index) => `!/${names.slice(0, index + 1).join('/')}/`));
  within.set(folder, made);
  return made;
}

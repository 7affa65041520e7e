import ignore, { type Ignore } from 'ignore';
import { deniedPatterns } from './denied.js';

/** The ignore files that are read, from the weakest to the strongest. */
export const ignoreFiles: readonly string[] = ['.gitignore', '.openenvignore', '.hfignore'];

/** Patterns that were read in one folder, `''` being the root. */
export interface IgnoreLayer {
  readonly folder: string;
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
  const first: Compiled = { prefix: '', rules: ignore().add(denied) };
  const last = compile({ folder: '', patterns: excluded });
  return stack([first], layers.map(compile), last);
}

interface Compiled {
  readonly prefix: string;
  readonly rules: Ignore;
}

function compile({ folder, patterns }: IgnoreLayer): Compiled {
  return { prefix: folder === '' ? '' : `${folder}/`, rules: ignore({ ignorecase: false }).add(patterns) };
}

function stack(below: readonly Compiled[], middle: readonly Compiled[], above: Compiled): IgnoreRules {
  const strongestFirst = [...below, ...middle, above].toReversed();
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

function verdictOf({ prefix, rules }: Compiled, path: string, isFolder: boolean): boolean | undefined {
  if (!path.startsWith(prefix)) return undefined;
  const below = path.slice(prefix.length);
  const { ignored, unignored } = rules.test(isFolder ? `${below}/` : below);
  if (unignored) return false;
  if (!ignored) return undefined;
  // A folder that this layer leaves out and a stronger one takes back says nothing about what is in it.
  const parent = below.lastIndexOf('/');
  return parent > 0 && rules.ignores(`${below.slice(0, parent)}/`) ? undefined : true;
}

import type { FolderRules } from '@hawser/walk';
import { readIgnoreFiles } from '../ignore/read.js';
import type { IgnoreRules } from '../ignore/rules.js';

/** What a Space may hold, as rules of a walk: what is ignored is left out, and a name that the Hub takes not is refused. */
export function walkRules(rules: IgnoreRules): FolderRules {
  return {
    judge({ path, raw, isFolder }) {
      if (rules.isIgnored(path, isFolder)) return 'leave';
      return raw !== undefined || isForbidden(path.slice(path.lastIndexOf('/') + 1)) ? 'refuse' : 'take';
    },
    within({ path, real }) {
      const layers = readIgnoreFiles(real.toString()).map((patterns) => ({ folder: path, patterns }));
      return walkRules(layers.length > 0 ? rules.with(layers) : rules);
    },
  };
}

/** Names that are git's or the Hub client's own, and characters that no path of the Hub may hold. */
function isForbidden(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- those are what is looked for
  return /^\.(?:git|cache)$/i.test(name) || /[\u0000-\u001F\u007F\\]/.test(name);
}

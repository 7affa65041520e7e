/** Where a repository says which of its files are in LFS. */
export const LFS_RULES = '.gitattributes';

/**
 * The text of a `.gitattributes` with a line for every path it does not surely send through LFS. The Hub adds such lines
 * by itself to a commit that lacks them; with ours in the commit, its tree can be told beforehand.
 *
 * Only plain rules (`*.png`, a name, a path) count as sure: a line too many does no harm.
 *
 * @see gitattributes(5).
 */
export function withLfsRules(text: string, paths: Iterable<string>): string {
  const rules = text.split(/\r?\n/).flatMap(readRule);
  const missing = [...paths].filter((path) => !isSure(rules, path)).map(ruleFor);
  if (missing.length === 0) return text;
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${gap}${missing.toSorted().join('')}`;
}

interface Rule {
  readonly pattern: string;
  readonly isLfs: boolean;
}

function readRule(line: string): Rule[] {
  const [pattern = '', ...words] = line.trim().split(/[ \t]+/);
  if (pattern === '' || pattern.startsWith('#')) return [];
  const filter = words.findLast((word) => /^[-!]?filter(=|$)/.test(word));
  return filter === undefined ? [] : [{ pattern, isLfs: filter === 'filter=lfs' }];
}

function isSure(rules: readonly Rule[], path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  // A rule against LFS, or one that is not understood, may fit: only what comes after it is sure.
  const from = rules.findLastIndex(({ isLfs }) => !isLfs);
  return rules.slice(from + 1).some(({ pattern }) => {
    if (pattern === patternFor(path)) return true;
    const suffix = /^\*(\.[\w.-]+)$/.exec(pattern)?.[1];
    return suffix === undefined ? pattern === patternFor(name) && !pattern.includes('/') : name.endsWith(suffix);
  });
}

function ruleFor(path: string): string {
  return `${patternFor(path)} filter=lfs diff=lfs merge=lfs -text\n`;
}

/** The path as a pattern that fits nothing else in its folder. */
function patternFor(path: string): string {
  const escaped = path.replace(/[\\*?[\]]/g, String.raw`\$&`).replace(/\s/g, '[[:space:]]');
  return /^[#!"]/.test(escaped) ? `/${escaped}` : escaped;
}

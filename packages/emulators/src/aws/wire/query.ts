import type { Input } from '../../ssm/api/operation.js';

type Tree = { [name: string]: Tree | string };

/**
 * Reads the form of a Query request: `Tags.member.1.Key=a` becomes `{ Tags: [{ Key: 'a' }] }`. EC2 leaves `member` out.
 */
export function parseQuery(body: string): { readonly action: string; readonly version: string; readonly input: Input } {
  const root: Tree = {};
  let action = '';
  let version = '';
  for (const [name, value] of new URLSearchParams(body)) {
    if (name === 'Action') action = value;
    else if (name === 'Version') version = value;
    // An empty list is written as an empty text.
    else if (value !== '' || name.includes('.')) plant(root, name.split('.'), value);
  }
  return { action, version, input: ripen(root) as Input };
}

function plant(root: Tree, path: readonly string[], value: string): void {
  let at = root;
  for (const step of path.slice(0, -1)) {
    const next = at[step];
    if (typeof next === 'object') at = next;
    else at = at[step] = Object.create(null) as Tree;
  }
  at[path.at(-1)!] = value;
}

/** Turns numbered members into lists. */
function ripen(tree: Tree | string): unknown {
  if (typeof tree === 'string') return tree;
  const names = Object.keys(tree);
  const only = names.length === 1 ? tree['member'] : undefined;
  if (typeof only === 'object') return ripen(only);
  if (names.length > 0 && names.every((name) => /^\d+$/u.test(name))) {
    return names.toSorted((left, right) => Number(left) - Number(right)).map((name) => ripen(tree[name]!));
  }
  return Object.fromEntries(names.map((name) => [name, ripen(tree[name]!)]));
}

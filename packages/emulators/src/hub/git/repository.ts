import {
  decodeCommit,
  decodeTree,
  directoryMode,
  encodeCommit,
  encodeTree,
  objectId,
  type CommitFacts,
  type GitObject,
  type GitObjectType,
  type TreeEntry,
} from './objects.js';

/** A file of a tree, with its path from the root. */
export interface TreeFile extends TreeEntry {
  readonly path: string;
}

/** What becomes of a path: a file, or nothing. */
export type Change = { readonly mode: string; readonly oid: string } | 'removed';

/** A path that cannot be changed so: a file stands where a directory is wanted, or the other way round. */
export class PathConflict extends Error {
  readonly path: string;

  constructor(path: string) {
    super(`'${path}' is both a file and a directory.`);
    this.path = path;
  }
}

/** Git objects and refs of one Space, in memory. */
export interface Repository {
  readonly objects: ReadonlyMap<string, GitObject>;
  /** Full names, such as `refs/heads/main` and `refs/pr/1`. */
  readonly refs: Map<string, string>;
  put(type: GitObjectType, body: Buffer): string;
  /** The object, which must be there. */
  body(oid: string): Buffer;
  /** What a revision means: a branch, a tag, a full ref, `HEAD`, or a commit. */
  resolve(revision: string): string | undefined;
  commit(facts: CommitFacts): string;
  facts(commit: string): CommitFacts;
  /** Follows first parents, newest first. */
  history(commit: string): string[];
  /** The entry at a path; the root is a directory. */
  entry(tree: string, path: string): TreeEntry | undefined;
  entries(tree: string): readonly TreeEntry[];
  /** Everything below a tree, in the order git lists it, directories included. */
  walk(tree: string, prefix?: string): Generator<TreeFile>;
  /** The tree after changes. Directories left empty are gone, as git has none. Throws {@link PathConflict}. */
  change(tree: string, changes: ReadonlyMap<string, Change>): string;
  /** Takes over a copy of all objects. */
  adopt(other: Repository): void;
}

/** Id of the tree without entries. */
export const emptyTree: string = objectId('tree', Buffer.alloc(0));

/** Makes an empty repository. */
export function createRepository(): Repository {
  const objects = new Map<string, GitObject>();
  const refs = new Map<string, string>();
  const parsed = new Map<string, readonly TreeEntry[]>();

  const put = (type: GitObjectType, body: Buffer): string => {
    const oid = objectId(type, body);
    if (!objects.has(oid)) objects.set(oid, { type, body });
    return oid;
  };
  const body = (oid: string): Buffer => {
    const object = objects.get(oid);
    if (!object) throw new Error(`There is no object ${oid}.`);
    return object.body;
  };
  const entries = (tree: string): readonly TreeEntry[] => {
    const known = parsed.get(tree);
    if (known) return known;
    const fresh = decodeTree(body(tree));
    parsed.set(tree, fresh);
    return fresh;
  };
  const facts = (commit: string): CommitFacts => decodeCommit(body(commit));
  const entry = (tree: string, path: string): TreeEntry | undefined => {
    let found: TreeEntry | undefined = { name: '', mode: directoryMode, oid: tree };
    for (const name of path.split('/').filter(Boolean)) {
      if (found.mode !== directoryMode) return undefined;
      found = entries(found.oid).find((one) => one.name === name);
      if (!found) return undefined;
    }
    return found;
  };
  function* walk(tree: string, prefix = ''): Generator<TreeFile> {
    for (const one of entries(tree)) {
      const path = `${prefix}${one.name}`;
      yield { ...one, path };
      if (one.mode === directoryMode) yield* walk(one.oid, `${path}/`);
    }
  }
  put('tree', Buffer.alloc(0));
  return {
    objects,
    refs,
    put,
    body,
    resolve: (revision) => {
      if (/^[0-9a-f]{40}$/u.test(revision)) return objects.get(revision)?.type === 'commit' ? revision : undefined;
      if (revision === 'HEAD') return refs.get('refs/heads/main');
      return refs.get(revision) ?? refs.get(`refs/heads/${revision}`) ?? refs.get(`refs/tags/${revision}`);
    },
    commit: (wanted) => put('commit', encodeCommit(wanted)),
    facts,
    history: (commit) => {
      const commits: string[] = [];
      for (let at: string | undefined = commit; at !== undefined; at = facts(at).parents[0]) commits.push(at);
      return commits;
    },
    entry,
    entries,
    walk,
    change: (tree, changes) => {
      const list = [...changes].map(([path, change]) => ({ path, names: path.split('/'), change }));
      return rewrite(tree, list, 0) ?? emptyTree;
    },
    adopt: (other) => {
      for (const [oid, object] of other.objects) objects.set(oid, object);
    },
  };

  function rewrite(tree: string | undefined, changes: readonly PathChange[], depth: number): string | undefined {
    const next = new Map<string, TreeEntry>(
      (tree === undefined ? [] : entries(tree)).map((one) => [one.name, one] as const),
    );
    const below = new Map<string, PathChange[]>();
    const here: PathChange[] = [];
    for (const one of changes) {
      const name = one.names[depth] ?? '';
      const others = below.get(name);
      if (one.names.length === depth + 1) here.push(one);
      else if (others) others.push(one);
      else below.set(name, [one]);
    }
    // What goes makes room for what comes: a directory may follow a file of its name, and a file a directory.
    for (const { names, change } of here) if (change === 'removed') next.delete(names[depth] ?? '');
    for (const [name, inside] of below) {
      const present = next.get(name);
      if (present && present.mode !== directoryMode) throw new PathConflict(inside[0]?.path ?? name);
      const oid = rewrite(present?.oid, inside, depth + 1);
      if (oid === undefined) next.delete(name);
      else next.set(name, { name, mode: directoryMode, oid });
    }
    for (const { names, path, change } of here) {
      const name = names[depth] ?? '';
      if (change === 'removed') continue;
      if (next.get(name)?.mode === directoryMode) throw new PathConflict(path);
      next.set(name, { name, ...change });
    }
    return next.size === 0 ? undefined : put('tree', encodeTree(next.values()));
  }
}

interface PathChange {
  readonly path: string;
  readonly names: readonly string[];
  readonly change: Change;
}

import { createHash } from 'node:crypto';

/** Kinds of git objects a Space holds. */
export type GitObjectType = 'blob' | 'tree' | 'commit';

/** An object without its header. */
export interface GitObject {
  readonly type: GitObjectType;
  readonly body: Buffer;
}

/** One line of a tree. */
export interface TreeEntry {
  readonly name: string;
  /** `40000` directory, `100644` file, `100755` program, `120000` symbolic link: as git writes it. */
  readonly mode: string;
  readonly oid: string;
}

/** What a commit says. */
export interface CommitFacts {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: string;
  /** Seconds since 1970. */
  readonly seconds: number;
  readonly message: string;
}

/** Mode of a directory in a tree. */
export const directoryMode = '40000';

/** Id of an object: SHA-1 over header and body (git documentation, "Git Internals - Git Objects"). */
export function objectId(type: GitObjectType, body: Uint8Array): string {
  return createHash('sha1').update(`${type} ${body.length}\0`).update(body).digest('hex');
}

/** Writes a tree. Git sorts by bytes, directories as if their names ended with a slash. */
export function encodeTree(entries: Iterable<TreeEntry>): Buffer {
  const sorted = [...entries]
    .map((entry) => ({ entry, key: Buffer.from(entry.mode === directoryMode ? `${entry.name}/` : entry.name) }))
    .toSorted((a, b) => Buffer.compare(a.key, b.key));
  return Buffer.concat(
    sorted.flatMap(({ entry }) => [Buffer.from(`${entry.mode} ${entry.name}\0`), Buffer.from(entry.oid, 'hex')]),
  );
}

/** Reads a tree. */
export function decodeTree(body: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(0x20, at);
    const end = body.indexOf(0, space);
    entries.push({
      mode: body.toString('latin1', at, space),
      name: body.toString('utf8', space + 1, end),
      oid: body.toString('hex', end + 1, end + 21),
    });
    at = end + 21;
  }
  return entries;
}

/** Writes a commit, in UTC. */
export function encodeCommit({ tree, parents, author, seconds, message }: CommitFacts): Buffer {
  const who = `${author} <${author}@users.noreply.huggingface.co> ${seconds} +0000`;
  return Buffer.from(
    [
      `tree ${tree}`,
      ...parents.map((parent) => `parent ${parent}`),
      `author ${who}`,
      `committer ${who}`,
      '',
      `${message}\n`,
    ].join('\n'),
  );
}

/** Reads a commit, also one that git wrote. */
export function decodeCommit(body: Buffer): CommitFacts {
  const text = body.toString();
  const end = text.indexOf('\n\n');
  const head = text.slice(0, end).split('\n');
  const all = (name: string): string[] =>
    head.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const [, author = '', seconds = '0'] = /^(.*?) ?<[^>]*> (\d+)/u.exec(all('author')[0] ?? '') ?? [];
  return {
    tree: all('tree')[0] ?? '',
    parents: all('parent'),
    author,
    seconds: Number(seconds),
    message: text.slice(end + 2).replace(/\n$/u, ''),
  };
}

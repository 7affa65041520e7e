import { createHash, hash } from 'node:crypto';

/** What a tree is made of: only paths and the names of their contents count. */
export interface TreeEntry {
  /** Below the root, with `/`. */
  readonly path: string;
  /** Git's SHA-1 of the content as a blob, in hex. */
  readonly oid: string;
}

/**
 * Names content as git does: SHA-1 over `blob SIZE NUL` and the bytes, in hex.
 *
 * @see gitformat-pack and `git hash-object`.
 */
export function blobOid(bytes: Uint8Array): string {
  return createHash('sha1').update(blobHeader(bytes.byteLength)).update(bytes).digest('hex');
}

/** What git hashes before the bytes of a blob of that size. */
export function blobHeader(sizeBytes: number): string {
  return `blob ${sizeBytes}\0`;
}

/** Git's name of the pointer that stands for a content in LFS. @see git-lfs `docs/spec.md`. */
export function pointerOid(sha256: string, sizeBytes: number): string {
  return blobOid(Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${sizeBytes}\n`));
}

const oidBytes = 20;

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: Map<string, string>;
}

/**
 * Names a whole tree as git does, every file with mode 100644: the id that a commit of exactly these files shows as
 * its tree. Files may come in any order.
 *
 * @throws TypeError when two files have one path, a file stands where a folder is, or a name is empty, `.` or `..`.
 * @see `git write-tree`.
 */
export function treeOid(files: Iterable<TreeEntry>): string {
  return topOid(topOf(files));
}

/** What stands at the root of a tree: a file, or a folder with git's name of the tree in it. */
export interface TopEntry {
  readonly name: string;
  readonly oid: string;
  readonly isFolder: boolean;
}

/** The root of a tree of files, which may come in any order. @throws TypeError as {@link treeOid}. */
export function topOf(files: Iterable<TreeEntry>): readonly TopEntry[] {
  const root: Folder = { folders: new Map(), files: new Map() };
  for (const file of files) put(root, file);
  return entriesOf(root);
}

/** Git's name of a tree, by its root alone. */
export function topOid(entries: readonly TopEntry[]): string {
  const sorted = entries
    .map(({ name, oid, isFolder }) => ({
      head: `${isFolder ? '40000' : '100644'} ${name}\0`,
      oid,
      // Git sorts a folder as if its name ended in a slash.
      key: Buffer.from(isFolder ? `${name}/` : name),
    }))
    .toSorted((a, b) => Buffer.compare(a.key, b.key));
  const size = sorted.reduce((sum, { head }) => sum + Buffer.byteLength(head) + oidBytes, 0);
  const header = `tree ${size}\0`;
  const object = Buffer.allocUnsafe(header.length + size);
  let at = object.write(header);
  for (const { head, oid } of sorted) {
    at += object.write(head, at);
    at += object.write(oid, at, 'hex');
  }
  return hash('sha1', object);
}

function put(root: Folder, { path, oid }: TreeEntry): void {
  const names = path.split('/');
  const last = names.pop() ?? '';
  let folder = root;
  for (const name of names) {
    check(name, path);
    if (folder.files.has(name)) throw new TypeError(`${path}: a file stands where its folder is`);
    let next = folder.folders.get(name);
    if (!next) folder.folders.set(name, (next = { folders: new Map(), files: new Map() }));
    folder = next;
  }
  check(last, path);
  if (folder.files.has(last) || folder.folders.has(last)) throw new TypeError(`${path} is in the tree twice`);
  folder.files.set(last, oid);
}

function check(name: string, path: string): void {
  if (name === '' || name === '.' || name === '..') throw new TypeError(`${path} is no path of a tree`);
}

function entriesOf(folder: Folder): readonly TopEntry[] {
  const entries: TopEntry[] = [];
  for (const [name, oid] of folder.files) entries.push({ name, oid, isFolder: false });
  for (const [name, inner] of folder.folders) entries.push({ name, oid: topOid(entriesOf(inner)), isFolder: true });
  return entries;
}

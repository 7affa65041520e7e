import { Refusal } from '../http/answer.js';
import { PathConflict, type Change } from '../git/repository.js';
import { lfsLine, readAttributes, type Attributes } from './attributes.js';
import { cardOf, type Hub } from './hub.js';
import { encodePointer, readPointer } from './pointer.js';
import type { Space } from './spaces.js';

/** What a commit is to do, judged against a tree in the end. */
export interface Draft {
  addFile(path: string, content: Buffer): void;
  addLfs(path: string, oid: string, size: number | undefined): void;
  deleteFile(path: string): void;
  deleteFolder(path: string): void;
  /** The tree after all that, or a {@link Refusal}. */
  apply(tree: string): string;
}

const fileMode = '100644';

/** Begins a commit. Contents are stored at once; without a ref to them they do nothing. */
export function createDraft(hub: Hub, space: Space): Draft {
  const { repository } = space;
  const added = new Map<string, { readonly oid: string; readonly isLfs: boolean; readonly isEmpty: boolean }>();
  const deleted: { readonly path: string; readonly isFolder: boolean }[] = [];
  const add = (path: string, body: Buffer, isLfs: boolean): void => {
    checkPath(path);
    if (added.has(path)) throw new Refusal(400, `'${path}' comes twice in this commit.`);
    added.set(path, { oid: repository.put('blob', body), isLfs, isEmpty: body.length === 0 });
  };
  return {
    addFile: (path, content) => {
      if (content.length >= hub.regularLimitBytes)
        throw new Refusal(
          400,
          `'${path}' has ${content.length} bytes: from ${hub.regularLimitBytes} on it must go through LFS.`,
        );
      if (isBinary(content.subarray(0, sampleBytes)))
        throw new Refusal(400, `'${path}' is a binary file: it must go through LFS.`);
      add(path, content, false);
    },
    addLfs: (path, oid, size) => {
      const stored = hub.lfs.size(oid);
      if (stored === undefined) throw new Refusal(400, `The LFS object ${oid} of '${path}' has not been uploaded.`);
      if (size !== undefined && size !== stored)
        throw new Refusal(400, `The LFS object of '${path}' has ${stored} bytes, not ${size}.`);
      add(path, encodePointer({ oid, size: stored }), true);
    },
    deleteFile: (path) => {
      checkPath(path);
      deleted.push({ path, isFolder: false });
    },
    deleteFolder: (path) => {
      const trimmed = path.replace(/\/$/u, '');
      checkPath(trimmed);
      deleted.push({ path: trimmed, isFolder: true });
    },
    apply: (tree) => {
      const changes = new Map<string, Change>();
      for (const { path, isFolder } of deleted) {
        const entry = repository.entry(tree, path);
        if (!entry || (entry.mode === '40000') !== isFolder)
          throw new Refusal(404, `There is no ${isFolder ? 'folder' : 'file'} '${path}' to delete.`, {
            code: 'EntryNotFound',
          });
        if (!isFolder) changes.set(path, 'removed');
        else for (const { path: below } of repository.walk(entry.oid, `${path}/`)) changes.set(below, 'removed');
      }
      for (const [path, { oid }] of added) changes.set(path, { mode: fileMode, oid });
      const plain = change(space, tree, changes);
      const next = change(space, plain, track(space, plain, added));
      if (added.has('README.md')) {
        const { errors } = cardOf(space, next);
        if (errors.length > 0)
          throw new Refusal(400, `Invalid metadata in README.md: ${errors.join('; ')}`, {
            more: { errors: errors.map((message) => ({ message })) },
          });
      }
      return next;
    },
  };
}

/** What is wrong with what a push brings, in a few words; undefined where nothing is. */
export function judgeTree(hub: Hub, space: Space, before: string | undefined, after: string): string | undefined {
  const { repository } = space;
  for (const { path, mode, oid } of repository.walk(after)) {
    if (mode === '40000' || (before !== undefined && repository.entry(before, path)?.oid === oid)) continue;
    if (mode === '160000') return `${path} is a submodule`;
    const body = repository.body(oid);
    const pointer = readPointer(body);
    if (pointer && hub.lfs.size(pointer.oid) !== pointer.size) return `LFS object of ${path} is not here`;
    if (body.length >= hub.regularLimitBytes) return `${path} is too large for git: use LFS`;
    if (isBinary(body.subarray(0, sampleBytes))) return `${path} is a binary file: use LFS`;
  }
  const [wrong] = cardOf(space, after).errors;
  return wrong === undefined ? undefined : `README.md: ${wrong}`;
}

/** Bytes of a file that a client shows before it uploads it. */
export const sampleBytes = 512;

/**
 * Whether the beginning of a file is not text: it holds a NUL, or more than a tenth of it is neither UTF-8 nor a
 * control character text has.
 */
export function isBinary(sample: Uint8Array): boolean {
  if (sample.includes(0)) return true;
  // The sample may end within a character.
  const text = new TextDecoder().decode(sample, { stream: true });
  const strange = text.match(/\uFFFD|(?!\s)\p{Cc}/gu) ?? [];
  return strange.length * 10 > sample.length;
}

/** Refuses paths that no checkout can hold, or that would write into a checkout's own `.git`. */
export function checkPath(path: string): void {
  const names = path.split('/');
  const isFine = names.every(
    (name) =>
      name !== '' && name !== '.' && name !== '..' && !/^(?:\.git|git~1)$/iu.test(name) && !/[\0\\]/u.test(name),
  );
  if (!isFine || path.length > maxPathLength) throw new Refusal(400, `'${path}' is not a path for a file here.`);
}

const maxPathLength = 1024;

/** `.gitattributes` of a tree. */
export function attributesOf(space: Space, tree: string): Attributes {
  return readAttributes(attributesText(space, tree));
}

function attributesText(space: Space, tree: string): string {
  const entry = space.repository.entry(tree, '.gitattributes');
  return entry?.mode === fileMode ? space.repository.body(entry.oid).toString() : '';
}

/**
 * What keeps a checkout whole: every LFS file gets its line in `.gitattributes`, which the Hub adds itself where it is
 * missing (huggingface.js `types/api/api-commit.ts`; where in the file is assumed: at the end, in the commit's order).
 * A regular file of the same commit that the attributes send through LFS is refused.
 */
function track(
  space: Space,
  tree: string,
  added: ReadonlyMap<string, { readonly oid: string; readonly isLfs: boolean; readonly isEmpty: boolean }>,
): ReadonlyMap<string, Change> {
  const text = attributesText(space, tree);
  const attributes = readAttributes(text);
  for (const [path, { isLfs, isEmpty, oid }] of added) {
    if (!isLfs && !isEmpty && attributes.isLfs(path) && !readPointer(space.repository.body(oid)))
      throw new Refusal(400, `'${path}' came as a regular file, but .gitattributes sends it through LFS.`);
  }
  const missing = [...added].filter(([path, { isLfs }]) => isLfs && !attributes.isLfs(path)).map(([path]) => path);
  if (missing.length === 0) return new Map();
  const begun = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  const oid = space.repository.put('blob', Buffer.from(begun + missing.map(lfsLine).join('')));
  return new Map([['.gitattributes', { mode: fileMode, oid }]]);
}

function change(space: Space, tree: string, changes: ReadonlyMap<string, Change>): string {
  if (changes.size === 0) return tree;
  try {
    return space.repository.change(tree, changes);
  } catch (error) {
    if (error instanceof PathConflict) throw new Refusal(400, error.message);
    throw error;
  }
}

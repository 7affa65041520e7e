import { HfPushError } from '../errors.js';
import type { RemoteFile } from '../hub/types.js';
import { pointerOid, treeOid } from '../tree/oid.js';
import type { TreeFile } from '../tree/types.js';

/** What becomes of a staged file. `ignored`: the Space's .gitignore names it, and the Hub would drop it. */
export type FileAction = 'add' | 'update' | 'same' | 'ignored';

/** A staged file beside the Space. */
export interface ComparedFile {
  readonly file: TreeFile;
  readonly action: FileAction;
  /** SHA-256, where the file is in LFS or goes there. */
  readonly sha256?: string;
}

/** First look: by the listing alone, which names every content. */
export interface Comparison {
  readonly files: readonly ComparedFile[];
  /** Remote paths that are not staged. */
  readonly strangers: readonly string[];
}

/**
 * Compares what is staged with the listing of a Space. Contents in LFS are compared by SHA-256, asked for only when the
 * sizes are equal.
 */
export async function compareWithListing(
  staged: readonly TreeFile[],
  remote: readonly RemoteFile[],
  sha256Of: (file: TreeFile) => Promise<string>,
): Promise<Comparison> {
  const there = new Map(remote.map((file) => [file.path, file]));
  const files: ComparedFile[] = [];
  for (const file of staged) {
    const present = there.get(file.path);
    there.delete(file.path);
    if (!present) files.push({ file, action: 'add' });
    else if (!present.lfs) files.push({ file, action: present.oid === file.oid ? 'same' : 'update' });
    else if (present.lfs.size !== file.size) files.push({ file, action: 'update' });
    else {
      const sha256 = await sha256Of(file);
      files.push({ file, action: sha256 === present.lfs.oid ? 'same' : 'update', sha256 });
    }
  }
  return { files, strangers: [...there.keys()] };
}

/**
 * Git's name of the tree that a Space will have: the listing, with what is pushed put in and what is deleted taken out.
 *
 * @throws HfPushError HAWSER_HF_UPLOAD_FAILED when a file of the Space stands where a folder has to be, or the reverse.
 */
export function expectedTree(
  remote: readonly RemoteFile[],
  pushed: readonly ComparedFile[],
  deleted: readonly string[],
): string {
  const entries = new Map(remote.map(({ path, oid }) => [path, oid]));
  for (const path of deleted) entries.delete(path);
  for (const { file, action, sha256 } of pushed) {
    if (action !== 'add' && action !== 'update') continue;
    entries.set(file.path, sha256 === undefined ? file.oid : pointerOid(sha256, file.size));
  }
  try {
    return treeOid([...entries].map(([path, oid]) => ({ path, oid })));
  } catch (cause) {
    throw new HfPushError(
      'HAWSER_HF_UPLOAD_FAILED',
      `The files do not fit into the Space: ${(cause as Error).message}`,
      {
        cause,
        hint: 'A file in the Space stands where the environment has a folder, or the reverse: remove it there first.',
      },
    );
  }
}

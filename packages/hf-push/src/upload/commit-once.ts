import { HfPushError, type HfPushErrorCode } from '../errors.js';
import type { Hub, NewCommit } from '../hub/types.js';
import { topOid, treeOid } from '../tree/oid.js';

/** After these the commit may have been made. */
const UNSURE: readonly HfPushErrorCode[] = ['HAWSER_HF_HEAD_MOVED', 'HAWSER_HF_PROTOCOL'];

/**
 * Makes a commit once, whatever happens to the answer, and proves that the tree is the expected one.
 *
 * Where the answer was lost, cannot be read, or says that the head moved, the head is looked at: when it has the expected
 * tree, the commit was made (by this request or by somebody who pushed the very same) and is not made again.
 *
 * @throws HfPushError HAWSER_HF_HEAD_MOVED; HAWSER_HF_TREE_DIFFERS when the tree is another than expected.
 */
export async function commitOnce(hub: Hub, space: string, commit: NewCommit, treeId: string): Promise<string> {
  const { revision = 'main', parent } = commit;
  const made = async (): Promise<string | undefined> => {
    const head = (await hub.spaceInfo(space, revision))?.sha;
    if (head === undefined || head === parent) return undefined;
    if ((await treeAt(hub, space, head)) === treeId) return head;
    throw new HfPushError('HAWSER_HF_HEAD_MOVED', `Somebody else committed to ${space}`, {
      details: { space, parent, head },
    });
  };
  let id: string;
  try {
    ({ id } = await hub.commit(space, commit, made));
  } catch (error) {
    if (!(error instanceof HfPushError) || !UNSURE.includes(error.code)) throw error;
    const head = await made();
    if (head === undefined) throw error;
    return head;
  }
  const found = await treeAt(hub, space, id);
  if (found === treeId) return id;
  throw new HfPushError(
    'HAWSER_HF_TREE_DIFFERS',
    `The commit ${id} of ${space} has the tree ${found} where ${treeId} was to be`,
    { details: { space, commit: id, found, expected: treeId } },
  );
}

async function treeAt(hub: Hub, space: string, revision: string): Promise<string> {
  const top = await hub.listTop(space, revision);
  return top ? topOid(top) : treeOid(await hub.listTree(space, revision));
}

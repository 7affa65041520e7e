import { describeRecord, readRecord } from '../diff/ownership.js';
import { HfPushError } from '../errors.js';
import { inStep } from '../events.js';
import type { CommitOperation, Hub, RemoteFile, SpaceCommit } from '../hub/types.js';
import { blobOid, treeOid } from '../tree/oid.js';
import { commitOnce } from '../upload/commit-once.js';
import { requireSpace } from './status.js';

/** What to go back to. */
export interface RollbackOptions {
  /** A commit of the Space, or the beginning of its id. Default: the newest one with another tree. */
  readonly to?: string;
}

/** What was rolled back. */
export interface RollbackResult {
  readonly space: string;
  /** The commit that undid it. */
  readonly commit: string;
  readonly from: string;
  readonly to: string;
  readonly treeId: string;
}

/**
 * Makes a commit whose tree is that of an earlier one. Contents in LFS are named, not sent; others are fetched one by one
 * while the commit is sent. Going back again goes further back.
 *
 * @throws HfPushError HAWSER_HF_NOTHING_TO_ROLL_BACK, HAWSER_HF_SPACE_NOT_FOUND, HAWSER_HF_HEAD_MOVED.
 */
export async function rollbackSpace(hub: Hub, space: string, options: RollbackOptions = {}): Promise<RollbackResult> {
  const { sha: from } = await requireSpace(hub, space);
  return await inStep(hub.context, 'rollback', space, () => goBack(hub, space, from, options.to));
}

async function goBack(hub: Hub, space: string, from: string, to: string | undefined): Promise<RollbackResult> {
  const commits = await hub.listCommits(space, { revision: from, limit: 1000 });
  const present = await hub.listTree(space, from);
  const target = await targetOf(hub, space, commits, treeOid(present), to);
  const operations = operationsBetween(hub, space, present, target.files, target.commit.id);
  const treeId = treeOid(target.files);
  const record = readRecord(target.commit);
  const description = describeRecord({
    contents: record?.contents ?? 'unknown',
    kept: record?.kept,
    rolledBackTo: target.commit.id,
  });
  const title = `Go back to ${target.commit.id.slice(0, 10)}`;
  const commit = await commitOnce(hub, space, { title, description, parent: from, operations }, treeId);
  return { space, commit, from, to: target.commit.id, treeId };
}

interface Target {
  readonly commit: SpaceCommit;
  readonly files: readonly RemoteFile[];
}

async function targetOf(
  hub: Hub,
  space: string,
  commits: readonly SpaceCommit[],
  presentTree: string,
  to: string | undefined,
): Promise<Target> {
  if (to !== undefined) {
    const found = commits.filter(({ id }) => id.startsWith(to));
    if (found.length !== 1)
      throw new HfPushError('HAWSER_HF_NOTHING_TO_ROLL_BACK', `${space} has ${found.length || 'no'} commits ${to}`);
    const files = await hub.listTree(space, found[0]!.id);
    if (treeOid(files) !== presentTree) return { commit: found[0]!, files };
    throw new HfPushError('HAWSER_HF_NOTHING_TO_ROLL_BACK', `${space} is already what it was at ${to}`);
  }
  for (const commit of olderThan(commits)) {
    const files = await hub.listTree(space, commit.id);
    // The Hub's own first commit has no app: nothing to go back to.
    if (!files.some(({ path }) => path === 'Dockerfile')) break;
    if (treeOid(files) !== presentTree) return { commit, files };
  }
  throw new HfPushError('HAWSER_HF_NOTHING_TO_ROLL_BACK', `${space} has no earlier commit with an app to go back to`);
}

/** The commits before the one whose tree is in force: after a rollback that is the one that was gone back to. */
function olderThan(commits: readonly SpaceCommit[]): readonly SpaceCommit[] {
  let at = 0;
  for (;;) {
    const commit = commits[at];
    const to = commit && readRecord(commit)?.rolledBackTo;
    const next = to === undefined ? -1 : commits.findIndex(({ id }) => id === to);
    if (next <= at) return commits.slice(at + 1);
    at = next;
  }
}

function operationsBetween(
  hub: Hub,
  space: string,
  present: readonly RemoteFile[],
  wanted: readonly RemoteFile[],
  revision: string,
): readonly CommitOperation[] {
  const there = new Map(present.map((file) => [file.path, file]));
  const operations: CommitOperation[] = [];
  for (const { path, oid, size, lfs } of wanted) {
    const isSame = there.get(path)?.oid === oid;
    there.delete(path);
    if (isSame) continue;
    operations.push(
      lfs
        ? { kind: 'lfs', path, oid: lfs.oid, size: lfs.size }
        : { kind: 'file', file: { path, size, oid }, read: () => fetched(hub, space, path, oid, revision) },
    );
  }
  return [...[...there.keys()].map((path) => ({ kind: 'delete' as const, path })), ...operations];
}

async function fetched(hub: Hub, space: string, path: string, oid: string, revision: string): Promise<Uint8Array> {
  const bytes = await hub.readFile(space, path, revision);
  if (blobOid(bytes) === oid) return bytes;
  throw new HfPushError('HAWSER_HF_PROTOCOL', `The Hub's ${path} of ${revision.slice(0, 10)} is not what it lists`);
}

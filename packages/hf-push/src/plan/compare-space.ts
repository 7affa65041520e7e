import { closeSync, openSync, readSync } from 'node:fs';
import { compareWithListing, expectedTree, type ComparedFile } from '../diff/compare.js';
import { LFS_RULES, withLfsRules } from '../diff/lfs-rules.js';
import { readRecord } from '../diff/ownership.js';
import { HfPushError } from '../errors.js';
import type { Hub, RemoteFile, SpaceInfo } from '../hub/types.js';
import type { Journal } from '../journal/journal.js';
import { blobOid, topOf, topOid, treeOid } from '../tree/oid.js';
import { readContent } from '../tree/content.js';
import type { Staged, TreeFile } from '../tree/types.js';
import { digestLarge } from '../upload/large-file.js';

/** As many entries as the Hub tells at once, of what can be seen. */
const ENTRIES_ON_A_PAGE = 1000;

/** All that a commit will be, and what it will make of the Space. */
export interface SpaceComparison {
  /** The commit that was looked at: the parent of the one to be made. */
  readonly parent: string;
  readonly parentTree: string;
  readonly files: readonly ComparedFile[];
  readonly deletes: readonly string[];
  /** Files of the Space that are not ours and stay. */
  readonly keeps: readonly string[];
  readonly treeId: string;
  /** What files of LFS looked like when they were hashed, by path. */
  readonly stamps: ReadonlyMap<string, string>;
}

/**
 * Compares what is staged with a Space as it stands: one listing, and a question to the Hub about the files that differ.
 * When somebody commits in between it is begun again, three times at most.
 *
 * @throws HfPushError HAWSER_HF_HEAD_MOVED when the Space does not stand still.
 */
export async function compareWithSpace(
  hub: Hub,
  staged: Staged,
  info: SpaceInfo,
  journal: Journal,
): Promise<SpaceComparison> {
  let parent = info.sha;
  for (let attempt = 1; attempt <= 3; attempt++) {
    const same = await withoutListing(hub, staged, info.id, parent);
    if (same) return same;
    const remote = await hub.listTree(info.id, parent);
    const digests = new Digests(hub, journal);
    const { files, strangers } = await compareWithListing(staged.files, remote, (file) => digests.of(file));
    const { decided, head } = await decideModes(hub, info.id, files, digests);
    if (head !== undefined && head !== parent) {
      parent = head;
      continue;
    }
    const deletes = await ownedOf(hub, info.id, parent, remote, strangers);
    const ruled = await withRules(hub, { space: info.id, parent, remote, decided, deletes });
    return {
      parent,
      parentTree: treeOid(remote),
      files: ruled,
      deletes,
      keeps: strangers.filter((path) => !deletes.includes(path)),
      treeId: expectedTree(remote, ruled, deletes),
      stamps: digests.stamps,
    };
  }
  throw new HfPushError('HAWSER_HF_HEAD_MOVED', `Others keep committing to ${info.id} while it is compared`);
}

/**
 * The comparison when all is there already, by one look at the root: many files would be listed in many requests. Only
 * the rules for LFS may stand there besides, which the Hub made itself.
 */
async function withoutListing(
  hub: Hub,
  { files }: Staged,
  space: string,
  parent: string,
): Promise<SpaceComparison | undefined> {
  if (files.length <= ENTRIES_ON_A_PAGE) return undefined;
  const there = await hub.listTop(space, parent);
  if (!there) return undefined;
  const ours = topOf(files);
  const isMade = !ours.some(({ name }) => name === LFS_RULES) && there.some(({ name }) => name === LFS_RULES);
  const compared = isMade ? there.filter(({ name }) => name !== LFS_RULES) : there;
  if (topOid(ours) !== topOid(compared)) return undefined;
  const treeId = topOid(there);
  return {
    parent,
    parentTree: treeId,
    files: files.map((file) => ({ file, action: 'same' as const })),
    deletes: [],
    keeps: isMade ? [LFS_RULES] : [],
    treeId,
    stamps: new Map(),
  };
}

/** SHA-256 digests, from the journal where it has them. */
class Digests {
  readonly stamps = new Map<string, string>();
  readonly #hub: Hub;
  readonly #journal: Journal;

  constructor(hub: Hub, journal: Journal) {
    this.#hub = hub;
    this.#journal = journal;
  }

  async of({ path, oid, content, ...named }: TreeFile): Promise<string> {
    if (named.sha256 !== undefined) {
      if (named.stamp !== undefined) this.stamps.set(path, named.stamp);
      return named.sha256;
    }
    const known = this.#journal.sha256Of(oid);
    if (known !== undefined) return known;
    const { sha256, stamp } = await digestLarge(path, content, this.#hub.context.signal);
    this.stamps.set(path, stamp);
    await this.#journal.write({ did: 'digest', oid, sha256 });
    return sha256;
  }
}

async function decideModes(
  hub: Hub,
  space: string,
  files: readonly ComparedFile[],
  digests: Digests,
): Promise<{ readonly decided: readonly ComparedFile[]; readonly head: string | undefined }> {
  const changed = files.filter(({ action }) => action !== 'same');
  if (changed.length === 0) return { decided: files, head: undefined };
  const asked = changed.map(({ file }) => ({ path: file.path, size: file.size, sample: sampleOf(file) }));
  const { modes, head } = await hub.preupload(space, 'main', asked);
  const byPath = new Map(modes.map((mode) => [mode.path, mode]));
  const decided: ComparedFile[] = [];
  for (const compared of files) {
    const mode = byPath.get(compared.file.path);
    const { file, action } = compared;
    if (action === 'same') decided.push(compared);
    else if (!mode) throw new HfPushError('HAWSER_HF_PROTOCOL', `The Hub does not say how it wants ${file.path}`);
    else if (mode.isIgnored) decided.push({ file, action: 'ignored' });
    else if (mode.mode === 'lfs' || file.sha256 !== undefined)
      decided.push({ file, action, sha256: compared.sha256 ?? (await digests.of(file)) });
    else decided.push({ file, action });
  }
  return { decided, head };
}

interface Decided {
  readonly space: string;
  readonly parent: string;
  readonly remote: readonly RemoteFile[];
  readonly decided: readonly ComparedFile[];
  readonly deletes: readonly string[];
}

/** Puts into the commit what the Hub would add to it: the rules for files that go to LFS. */
async function withRules(
  hub: Hub,
  { space, parent, remote, decided, deletes }: Decided,
): Promise<readonly ComparedFile[]> {
  const present = remote.find(({ path }) => path === LFS_RULES);
  const own = decided.find(({ file }) => file.path === LFS_RULES);
  const isNew = decided.some(({ action, sha256 }) => sha256 !== undefined && action !== 'same');
  if (!own && !isNew) return decided;
  const paths = new Set(remote.filter(({ lfs, path }) => lfs && !deletes.includes(path)).map(({ path }) => path));
  for (const { file, action, sha256 } of decided) {
    if (action === 'same' || action === 'ignored') continue;
    if (sha256 === undefined) paths.delete(file.path);
    else paths.add(file.path);
  }
  const before = own
    ? await readContent(own.file)
    : present && Buffer.from(await hub.readFile(space, LFS_RULES, parent));
  const text = before?.toString('utf8') ?? '';
  const bytes = Buffer.from(withLfsRules(text, paths));
  const file = { path: LFS_RULES, size: bytes.length, oid: blobOid(bytes), content: { kind: 'bytes' as const, bytes } };
  const action = present === undefined ? 'add' : present.oid === file.oid ? 'same' : 'update';
  if (!own && action === 'same') return decided;
  return [...decided.filter((each) => each !== own), { file, action }];
}

function sampleOf({ content, path }: TreeFile): Uint8Array {
  if (content.kind === 'bytes') return content.bytes.subarray(0, 512);
  try {
    const file = openSync(content.path, 'r');
    try {
      const sample = Buffer.allocUnsafe(512);
      return sample.subarray(0, readSync(file, sample, 0, 512, 0));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new HfPushError('HAWSER_HF_LOCAL_FILE', `${path} cannot be read: ${(cause as Error).message}`, {
      cause,
      details: { path },
    });
  }
}

/**
 * Of the remote files that are not staged, those that our last push brought: read from its commit's description, and
 * from the tree it made. Without such a commit nothing is ours.
 */
async function ownedOf(
  hub: Hub,
  space: string,
  head: string,
  remote: readonly RemoteFile[],
  strangers: readonly string[],
): Promise<readonly string[]> {
  const candidates = strangers.filter((path) => path !== LFS_RULES);
  if (candidates.length === 0) return [];
  for (const commit of await hub.listCommits(space, { revision: head })) {
    const record = readRecord(commit);
    if (!record) continue;
    if (!record.kept) return [];
    const tree = commit.id === head ? remote : await hub.listTree(space, commit.id);
    const kept = new Set(record.kept);
    const owned = new Set(tree.map(({ path }) => path).filter((path) => !kept.has(path)));
    return candidates.filter((path) => owned.has(path));
  }
  return [];
}

import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { createGzip, gunzipSync, constants } from 'node:zlib';
import { walk, WalkError } from '@hawser/walk';
import { requestLimits, type DirtyTree } from '../contract/index.js';
import { ExecError } from '../errors.js';
import { gitText, runGit, type GitCall } from './run-git.js';
import { namesStatus, readNames } from './status.js';

/** One file that differs from the base. */
export interface DirtyFile {
  /** From the top of the repository. */
  readonly path: string;
  readonly change: 'added' | 'changed' | 'deleted' | 'renamed';
  /** Of the file as it is now; 0 when it is deleted. */
  readonly bytes: number;
}

/** Work that is in no commit, ready to be shown and then sent. */
export interface MadeDirtyTree {
  readonly dirty: DirtyTree;
  readonly files: readonly DirtyFile[];
  /** Commits of one's own that are part of the difference, because the remote has not got them. */
  readonly unpushed: number;
}

/** Which repository, and what of it the remote has. */
export interface DirtyTreeOptions {
  /** Top folder. */
  readonly root: string;
  /** Name of the remote that the base commit must be on. */
  readonly remote: string;
  readonly signal?: AbortSignal | undefined;
  /** Encoded bytes at most; default, and at most, 350,000. */
  readonly maxBytes?: number | undefined;
  /** Bytes at most of the files that git has to read, before they are packed. Default 536,870,912. */
  readonly maxReadBytes?: number | undefined;
}

/** Of larger files git makes no difference but the whole (core.bigFileThreshold), and hardly any fits what may be sent. */
const readBytes = 512 * 1024 * 1024;
/** Each costs more than three bytes of what may be sent, however well it packs. */
const maxFiles = 100_000;

/**
 * Makes of the work tree, exactly as git sees it, what a clone needs to become the same: the nearest commit that the
 * remote has, and one difference that holds staged, unstaged and untracked files (by git's ignore rules), deletions,
 * modes, symbolic links and binary content. Index, references and objects of the repository stay untouched.
 *
 * Where nothing differs it names the commit alone, so that what runs is what is checked out, and not what the branch has
 * become meanwhile.
 *
 * @throws ExecError HAWSER_EXEC_DIRTY_TOO_LARGE naming the largest files, before git reads them where that can be known;
 * HAWSER_EXEC_GIT_FAILED
 */
export async function makeDirtyTree(options: DirtyTreeOptions): Promise<MadeDirtyTree> {
  const { root, remote, signal, maxBytes = requestLimits.dirtyBytes, maxReadBytes = readBytes } = options;
  const scratch = await mkdtemp(join(tmpdir(), 'hawser-dirty-'));
  try {
    const call: GitCall = { cwd: root, signal };
    const { base, unpushed } = await baseOf(call, remote);
    const { env, isSparse } = await scratchRepository(call, scratch);
    await walkChanges({ ...call, env }, maxReadBytes);
    const tree = await treeOf({ ...call, env }, isSparse);
    const files = await filesOf({ ...call, env }, base, tree);
    const diff = await encodedDiff({ ...call, env }, { base, tree, files, maxBytes });
    return { dirty: { base, diff, tree, files: files.length, bytes: diff.length }, files, unpushed };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * Makes a fresh clone at the base commit into what {@link makeDirtyTree} saw, and proves it: nothing of the work tree is
 * touched before git's id of the result is the one that was sent.
 *
 * @throws ExecError HAWSER_EXEC_GIT_FAILED when the difference does not fit, or comes to another tree
 */
export async function applyDirtyTree(
  workdir: string,
  dirty: DirtyTree,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'hawser-dirty-'));
  const call: GitCall = { cwd: workdir, signal: options.signal };
  try {
    const head = await gitText(['rev-parse', 'HEAD'], call);
    if (head !== dirty.base) throw misfit(`the clone is at ${head}, and the changes are against ${dirty.base}`);
    const staged = { ...call, env: { GIT_INDEX_FILE: join(scratch, 'index') } };
    await runGit(['read-tree', dirty.base], staged);
    const input = decode(dirty.diff ?? '');
    if (input.length > 0)
      await runGit([...plainApply, 'apply', '--cached', '--whitespace=nowarn', '-'], { ...staged, input });
    const tree = await gitText(['write-tree'], staged);
    if (tree !== dirty.tree) throw misfit(`the changes come to the tree ${tree}, and not to ${dirty.tree}`);
    await runGit(['read-tree', '-m', '-u', dirty.base, tree], call);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What people configure for their own patches must not change ours. */
const plainApply = ['-c', 'apply.ignoreWhitespace=no'];

/** The newest commit, going back from HEAD by first parents, that the remote has. */
async function baseOf(call: GitCall, remote: string): Promise<{ readonly base: string; readonly unpushed: number }> {
  const list = await gitText(['rev-list', '--first-parent', 'HEAD', '--not', `--remotes=${remote}`], call);
  if (list === '') return { base: await gitText(['rev-parse', 'HEAD'], call), unpushed: 0 };
  const mine = list.split('\n');
  const parent = await runGit(['rev-parse', '--verify', '--quiet', `${mine.at(-1)}^1`], call).catch(() => undefined);
  if (parent === undefined) {
    throw new ExecError(
      'HAWSER_EXEC_GIT_FAILED',
      `No commit of yours is on ${remote}, so that there is nothing to start from.`,
      {
        hint: `git fetch ${remote} looks for those that are there; git push ${remote} HEAD makes one.`,
      },
    );
  }
  return { base: parent.toString().trim(), unpushed: mine.length };
}

/** An index and a place for objects of our own, beginning as the repository's. */
interface ScratchRepository {
  readonly env: Readonly<Record<string, string>>;
  /** Some of what is tracked is kept out of the work tree, or was. */
  readonly isSparse: boolean;
}

async function scratchRepository(call: GitCall, scratch: string): Promise<ScratchRepository> {
  const paths = ['index', 'objects', 'info/sparse-checkout'].flatMap((path) => ['--git-path', path]);
  const [index = '', objects = '', sparse = ''] = (await gitText(['rev-parse', ...paths], call)).split('\n');
  const own = join(scratch, 'index');
  await mkdir(join(scratch, 'objects'));
  await copyFile(resolve(call.cwd, index), own).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
  const others = process.env['GIT_ALTERNATE_OBJECT_DIRECTORIES'];
  return {
    env: {
      GIT_INDEX_FILE: own,
      GIT_OBJECT_DIRECTORY: join(scratch, 'objects'),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: [resolve(call.cwd, objects), ...(others ? [others] : [])].join(':'),
    },
    isSparse: existsSync(resolve(call.cwd, sparse)),
  };
}

/** Walks what git would take, so that what cannot go along is told before git reads and packs any of it. */
async function walkChanges(call: GitCall, maxReadBytes: number): Promise<void> {
  const { names, nested, conflicted } = readNames(await runGit(namesStatus, call));
  if (conflicted > 0) throw misfit('there are files in conflict: resolve them first');
  for (const folder of nested.map(String)) {
    if (await isRepository(join(call.cwd, folder), call)) {
      throw misfit(`${folder} is a repository of its own: ignore it, or add it as a submodule`);
    }
  }
  const limits = { entries: maxFiles, bytes: maxReadBytes };
  try {
    for await (const { kind, path } of walk({ root: call.cwd, rules: { names }, limits, signal: call.signal })) {
      if (kind === 'other') throw misfit(`${path} is neither a file nor a link any more`);
    }
  } catch (error) {
    if (!(error instanceof WalkError)) throw error;
    if (error.code === 'HAWSER_WALK_UNREADABLE') throw misfit(error.message, error);
    throw new ExecError('HAWSER_EXEC_DIRTY_TOO_LARGE', `What is not committed is too much. ${error.message}`, {
      cause: error,
      details: error.details,
    });
  }
}

async function treeOf(call: GitCall, isSparse: boolean): Promise<string> {
  const add = (...more: string[]): Promise<unknown> =>
    runGit(
      ['-c', 'core.safecrlf=false', '-c', 'advice.addEmbeddedRepo=false', 'add', '--all', ...more, '--', ':/'],
      call,
    );
  try {
    await add();
  } catch (error) {
    // New files where a sparse checkout keeps none are refused unless that is asked for, which older versions do not know.
    if (!isSparse) throw error;
    await add('--sparse');
  }
  return gitText(['write-tree'], call);
}

async function isRepository(folder: string, { signal }: GitCall): Promise<boolean> {
  const top = await gitText(['rev-parse', '--show-cdup'], { cwd: folder, signal });
  return top === '';
}

async function filesOf(call: GitCall, base: string, tree: string): Promise<readonly DirtyFile[]> {
  const raw = await gitText(['diff-tree', '-r', '-z', '-M', '--full-index', base, tree], call);
  const parts = raw.split('\0');
  const found: { readonly path: string; readonly change: DirtyFile['change']; readonly object: string }[] = [];
  for (let index = 0; index < parts.length - 1;) {
    const [, , , object = '', status = ''] = parts[index++]!.split(' ');
    const change = changes[status[0] ?? ''] ?? 'changed';
    if (change === 'renamed') index++;
    found.push({ path: parts[index++] ?? '', change, object });
  }
  const input = found.map(({ object }) => `${object}\n`).join('');
  const sizes = await gitText(['cat-file', '--batch-check=%(objectsize)'], { ...call, input });
  // A deleted file and a submodule's commit are no object here.
  const bytes = sizes.split('\n').map((size) => Number(size) || 0);
  return found.map(({ path, change }, index) => ({ path, change, bytes: bytes[index] ?? 0 }));
}

const changes: Readonly<Record<string, DirtyFile['change']>> = { A: 'added', D: 'deleted', R: 'renamed' };

/** The difference, packed while it is written, so that one that is far too large is never held in memory. */
async function encodedDiff(
  call: GitCall,
  plan: {
    readonly base: string;
    readonly tree: string;
    readonly files: readonly DirtyFile[];
    readonly maxBytes: number;
  },
): Promise<string> {
  const { base, tree, files, maxBytes } = plan;
  const words = `diff-tree -p -M --binary --full-index --no-ext-diff --no-textconv --no-color --src-prefix=a/
    --dst-prefix=b/ --submodule=short --ignore-submodules=none ${base} ${tree}`.split(/\s+/);
  const packed: Buffer[] = [];
  const read = async (output: Readable): Promise<void> => {
    let bytes = 0;
    const gzip = createGzip({ level: constants.Z_BEST_COMPRESSION });
    output.on('error', (error) => gzip.destroy(error)).pipe(gzip);
    for await (const chunk of gzip as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (Math.ceil(bytes / 3) * 4 > maxBytes) throw tooLarge(files, maxBytes);
      packed.push(chunk);
    }
  };
  await runGit(words, { ...call, read });
  return Buffer.concat(packed).toString('base64');
}

function tooLarge(files: readonly DirtyFile[], maxBytes: number): ExecError {
  const largest = files.toSorted((a, b) => b.bytes - a.bytes).slice(0, 3);
  const names = largest.map(({ path, bytes }) => `${path} (${bytes.toLocaleString('en-US')} bytes)`).join(', ');
  return new ExecError(
    'HAWSER_EXEC_DIRTY_TOO_LARGE',
    `What is not committed comes to more than ${maxBytes.toLocaleString('en-US')} bytes when packed. The largest: ${names}.`,
    { details: { largest: largest.map(({ path, bytes }) => ({ path, bytes })), max_bytes: maxBytes } },
  );
}

function decode(text: string): Buffer {
  try {
    return gunzipSync(Buffer.from(text, 'base64'));
  } catch (cause) {
    throw misfit('what was sent cannot be unpacked', cause);
  }
}

function misfit(what: string, cause?: unknown): ExecError {
  return new ExecError('HAWSER_EXEC_GIT_FAILED', `Work that is not committed cannot be taken along: ${what}.`, {
    hint: 'Commit and push, and run without --dirty.',
    cause,
  });
}

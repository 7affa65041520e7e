import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findEnvironment } from '../env/discover.js';
import { readProject } from '../env/project.js';
import { portsOf } from '../dockerfile/port.js';
import { HfPushError } from '../errors.js';
import { replaceFile } from '../files/replace-file.js';
import { runProgram } from '../process/run.js';
import { codemods, type CodemodInput } from './codemods.js';
import { unifiedDiff } from './unified-diff.js';

/** What to upgrade, and how far. */
export interface UpgradeOptions {
  readonly from: string;
  readonly environment: string;
  /** Version of OpenEnv, such as `0.10.0`: changes that later versions ask for are not made. */
  readonly toVersion: string;
  /** Say what would change, and change nothing. */
  readonly dryRun?: boolean;
  /** Go on although git knows of changes in the folder that are not committed. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

/** A file that is made or changed. */
export interface UpgradeChange {
  /** Below the environment's folder. */
  readonly path: string;
  readonly isNew: boolean;
  /** As a unified diff. */
  readonly diff: string;
}

/** What an upgrade did, or would do. */
export interface UpgradeResult {
  readonly environment: string;
  readonly folder: string;
  /** What was done, by id. */
  readonly codemods: readonly { readonly id: string; readonly title: string }[];
  readonly changes: readonly UpgradeChange[];
  /** What a person has to look at. */
  readonly remarks: readonly string[];
  /** Whether files were written. */
  readonly applied: boolean;
  /** Folder with what was changed, as it was before. */
  readonly backup?: string;
}

/** What codemods may look at. */
const looksAt = /\.(?:py|toml|txt|ya?ml)$|(?:^|\/)Dockerfile$/;
const skippedFolders: ReadonlySet<string> = new Set(['__pycache__', 'node_modules', 'venv', 'tests']);

/**
 * Brings an environment to a version of OpenEnv by codemods. What was there is copied to `.hawser/backups/` below
 * `from` first; a second run changes nothing.
 *
 * @throws HfPushError HAWSER_HF_ENV_NOT_FOUND; HAWSER_HF_BAD_INPUT for a version that is none; HAWSER_HF_DIRTY_TREE when
 * git knows of changes that are not committed; HAWSER_HF_LOCAL_FILE.
 */
export async function upgradeEnvironment(options: UpgradeOptions): Promise<UpgradeResult> {
  const { from, toVersion, dryRun = false, force = false, signal } = options;
  const target = versionOf(toVersion);
  const project = await readProject(findEnvironment(options));
  const { name, folder } = project;
  const before = readTexts(folder);
  const command = project.model && portsOf(project.model).command;
  const port = command ?? project.manifest?.port ?? 8000;
  const wanted = codemods.filter(({ since }) => isAtMost(versionOf(since), target));
  let texts = before;
  const done: { id: string; title: string }[] = [];
  const remarks: string[] = [];
  for (const { id, title, apply, remarks: look } of wanted) {
    const input: CodemodInput = { name, texts, port };
    remarks.push(...(look?.(input) ?? []));
    const changed = apply(input);
    if (changed.size === 0) continue;
    done.push({ id, title });
    texts = new Map([...texts, ...changed]);
  }
  const paths = [...texts.keys()].filter((path) => texts.get(path) !== before.get(path)).toSorted();
  const changes = paths.map((path): UpgradeChange => {
    const old = before.get(path);
    return { path, isNew: old === undefined, diff: unifiedDiff(path, old, texts.get(path) ?? '') };
  });
  const result = { environment: name, folder, codemods: done, changes, remarks };
  if (dryRun || changes.length === 0) return { ...result, applied: false };
  if (!force) await refuseDirty(folder, signal);
  const backup = await backUp(
    from,
    name,
    folder,
    paths.filter((path) => before.has(path)),
    before,
  );
  for (const path of paths)
    // oxlint-disable-next-line no-await-in-loop -- a few small files
    await replaceText(join(folder, path), texts.get(path) ?? '');
  return { ...result, applied: true, backup };
}

function versionOf(text: string): readonly number[] {
  const match = /^v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?$/.exec(text);
  if (!match)
    throw new HfPushError('HAWSER_HF_BAD_INPUT', `${JSON.stringify(text)} is no version.`, {
      hint: 'Write it as 0.10.0.',
    });
  return [match[1], match[2], match[3] ?? '0'].map(Number);
}

function isAtMost(a: readonly number[], b: readonly number[]): boolean {
  const index = a.findIndex((part, at) => part !== b[at]);
  return index === -1 || (a[index] ?? 0) < (b[index] ?? 0);
}

function readTexts(folder: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const read = (below: string): void => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory() && !entry.name.startsWith('.') && !skippedFolders.has(entry.name)) read(path);
      else if (entry.isFile() && looksAt.test(path)) texts.set(path, readFileSync(join(folder, path), 'utf8'));
    }
  };
  read('');
  return texts;
}

async function refuseDirty(folder: string, signal: AbortSignal | undefined): Promise<void> {
  const { code, output } = await runProgram('git', ['-C', folder, 'status', '--porcelain', '--', '.'], { signal });
  // Without git, or outside of a repository, there is nothing that could be lost but by us, and we keep a copy.
  if (code !== 0 || output.trim() === '') return;
  throw new HfPushError('HAWSER_HF_DIRTY_TREE', `${folder} has changes that are not committed.`, {
    details: { folder, changes: output.trim().split('\n').slice(0, 20) },
  });
}

async function backUp(
  from: string,
  name: string,
  folder: string,
  paths: readonly string[],
  texts: ReadonlyMap<string, string>,
): Promise<string> {
  const digest = createHash('sha256');
  for (const path of paths) digest.update(`${path}\0${texts.get(path)}\0`);
  const backup = join(from, '.hawser', 'backups', `${name}-${digest.digest('hex').slice(0, 12)}`);
  for (const path of paths) {
    // oxlint-disable-next-line no-await-in-loop -- a few small files
    await local(backup, () => mkdir(dirname(join(backup, path)), { recursive: true }));
    // oxlint-disable-next-line no-await-in-loop -- as above
    await local(backup, () => copyFile(join(folder, path), join(backup, path)));
  }
  return backup;
}

/** What could be run can be run afterwards. */
async function replaceText(path: string, text: string): Promise<void> {
  await local(path, () => replaceFile(path, text, (statSync(path, { throwIfNoEntry: false })?.mode ?? 0o666) & 0o777));
}

async function local(path: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new HfPushError('HAWSER_HF_LOCAL_FILE', `${path} cannot be written: ${(cause as Error).message}`, {
      cause,
      details: { path },
    });
  }
}

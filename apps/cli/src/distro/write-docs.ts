import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { CliError } from '../errors.js';
import type { Manual } from './manual.js';

/** What a folder of manuals says of itself, in its `manifest.json`. */
export interface DocsManifest {
  readonly kind: 'hawser-docs';
  readonly package: string;
  readonly version: string;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
}

/** What came of it. */
export interface WrittenDocs {
  readonly folder: string;
  readonly package: string;
  readonly version: string;
  readonly files: DocsManifest['files'];
  /** Files of an earlier run that are no longer made. */
  readonly removed: readonly string[];
  readonly unchanged: boolean;
}

const MANIFEST = 'manifest.json';

/**
 * Writes manuals into a folder that is empty or was written by us before. Files it does not know are left alone, and so
 * is the folder itself: nothing is removed but files of an earlier run that are as they were written.
 *
 * @throws CliError HAWSER_DISTRO_FOREIGN_FOLDER when the folder, or a file in the way, is somebody else's;
 * HAWSER_DISTRO_WRITE_FAILED
 */
export async function writeDocs(
  folder: string,
  manual: Manual,
  docs: ReadonlyMap<string, string>,
): Promise<WrittenDocs> {
  const earlier = await readEarlier(folder);
  const files = [...docs].map(([path, text]) => ({ path, bytes: Buffer.byteLength(text), sha256: digest(text) }));
  const manifest: DocsManifest = {
    kind: 'hawser-docs',
    package: manual.packageName,
    version: manual.version,
    files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  };
  const wrote = new Map((earlier?.files ?? []).map(({ path, sha256 }) => [path, sha256]));
  const before = new Map<string, string | undefined>();
  for (const path of new Set([...docs.keys(), ...wrote.keys()])) before.set(path, await digestOf(join(folder, path)));
  const foreign = [...before].filter(
    ([path, now]) => now !== undefined && now !== wrote.get(path) && now !== digest(docs.get(path) ?? ''),
  );
  if (foreign.length > 0)
    throw new CliError(
      'HAWSER_DISTRO_FOREIGN_FOLDER',
      `${foreign.map(([path]) => join(folder, path)).join(', ')} was changed, or is not ours.`,
      { hint: 'Move it away, or choose another folder with --output.' },
    );
  const removed = [...wrote.keys()].filter((path) => !docs.has(path));
  const changed = files.filter(({ path, sha256 }) => before.get(path) !== sha256);
  try {
    for (const { path } of changed) await put(join(folder, path), docs.get(path) ?? '');
    for (const path of removed) await remove(folder, path);
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    if ((await digestOf(join(folder, MANIFEST))) !== digest(text)) await put(join(folder, MANIFEST), text);
  } catch (cause) {
    throw new CliError('HAWSER_DISTRO_WRITE_FAILED', `${folder} cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
  const { files: listed } = manifest;
  const unchanged = changed.length + removed.length === 0;
  return { folder, package: manual.packageName, version: manual.version, files: listed, removed, unchanged };
}

/** The manifest of an earlier run; undefined for a folder that is not there, or empty. */
async function readEarlier(folder: string): Promise<DocsManifest | undefined> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CliError('HAWSER_DISTRO_FOREIGN_FOLDER', `${folder} cannot be read as a folder.`, { cause });
  }
  if (names.length === 0) return undefined;
  const manifest = await readFile(join(folder, MANIFEST), 'utf8').then(
    (text) => parse(text),
    () => undefined,
  );
  if (manifest) return manifest;
  throw new CliError(
    'HAWSER_DISTRO_FOREIGN_FOLDER',
    `${folder} holds files, and no manifest of ours: nothing was written.`,
  );
}

function parse(text: string): DocsManifest | undefined {
  try {
    const manifest = JSON.parse(text) as Partial<DocsManifest>;
    if (manifest.kind !== 'hawser-docs' || !Array.isArray(manifest.files)) return undefined;
    // A manifest that anybody may have written must not lead out of its folder.
    const safe = manifest.files.every(({ path }) => typeof path === 'string' && isInside(path));
    return safe ? (manifest as DocsManifest) : undefined;
  } catch {
    return undefined;
  }
}

function isInside(path: string): boolean {
  return !isAbsolute(path) && !normalize(path).split(sep).includes('..');
}

async function put(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path));
  const beside = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(beside, text, { flag: 'wx' });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** As `mkdir -p`. Node's own goes on for ever where a folder's parent is there and takes none, as in /proc. */
async function makeFolder(path: string): Promise<void> {
  const made = await mkdir(path).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
  if (!made || made.code === 'EEXIST') return;
  if (made.code !== 'ENOENT' || (await stat(dirname(path)).catch(() => undefined))?.isDirectory()) throw made;
  await makeFolder(dirname(path));
  await mkdir(path);
}

async function remove(folder: string, path: string): Promise<void> {
  await rm(join(folder, path), { force: true });
  for (let above = dirname(path); above !== '.'; above = dirname(above))
    if (
      !(await rmdir(join(folder, above)).then(
        () => true,
        () => false,
      ))
    )
      return;
}

async function digestOf(path: string): Promise<string | undefined> {
  return await readFile(path).then(digest, () => undefined);
}

function digest(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HfPushError } from '../errors.js';
import { openContent } from '../tree/content.js';
import type { Staged } from '../tree/types.js';

/** Beside a staging folder, so that what is in the folder is what is in the Space. */
const markName = (folder: string): string => `${folder}.hawser`;

/**
 * Writes what was staged to a folder, `hf-staging/NAME` by habit, which then holds exactly that. The folder appears
 * whole or not at all; one that was there is replaced if it was written by this function.
 *
 * @returns the absolute path of the folder.
 * @throws HfPushError HAWSER_HF_LOCAL_FILE when the folder is somebody else's, or cannot be written, or a file changed.
 */
export async function writeStaging(
  staged: Staged,
  folder: string,
  options: { signal?: AbortSignal } = {},
): Promise<string> {
  const target = resolve(folder);
  const isThere = await exists(target);
  if (isThere) await refuseForeign(target);
  const parent = dirname(target);
  const temporary = join(parent, `.${randomUUID()}.hawser`);
  const replaced = `${temporary}.old`;
  try {
    await mkdir(temporary, { recursive: true });
    for (const file of staged.files) {
      options.signal?.throwIfAborted();
      const path = join(temporary, ...file.path.split('/'));
      // oxlint-disable-next-line no-await-in-loop -- few descriptors, little memory
      await mkdir(dirname(path), { recursive: true });
      // oxlint-disable-next-line no-await-in-loop -- as above
      await pipeline(openContent(file, options), createWriteStream(path, { flags: 'wx' }), { signal: options.signal });
    }
    await writeFile(markName(target), `${staged.name}\n`);
    if (isThere) await rename(target, replaced);
    await rename(temporary, target);
    await rm(replaced, { recursive: true, force: true });
    return target;
  } catch (cause) {
    // What cannot be made cannot be removed either, and the first failure is the one to tell.
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    if (cause instanceof HfPushError || options.signal?.aborted) throw cause;
    throw failed(target, 'cannot be written', cause);
  }
}

/**
 * Removes a staging folder that {@link writeStaging} wrote, and the folder above if it is called `hf-staging` and
 * empty. One that is not there is no error.
 *
 * @throws HfPushError HAWSER_HF_LOCAL_FILE when the folder is somebody else's, or cannot be removed.
 */
export async function removeStaging(folder: string): Promise<void> {
  const target = resolve(folder);
  if (!(await exists(target))) return;
  await refuseForeign(target);
  try {
    await rm(target, { recursive: true });
    await rm(markName(target), { force: true });
    const above = dirname(target);
    if (basename(above) === 'hf-staging' && (await readdir(above)).length === 0) await rmdir(above);
  } catch (cause) {
    throw failed(target, 'cannot be removed', cause);
  }
}

async function refuseForeign(target: string): Promise<void> {
  const mark = await readFile(markName(target), 'utf8').catch(() => undefined);
  const stats = await lstat(target);
  if (mark !== undefined && stats.isDirectory()) return;
  throw new HfPushError('HAWSER_HF_LOCAL_FILE', `${target} was not made by a push, and is left alone.`, {
    hint: 'Choose another staging folder, or remove it yourself.',
    details: { path: target },
  });
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function failed(path: string, what: string, cause: unknown): HfPushError {
  return new HfPushError('HAWSER_HF_LOCAL_FILE', `${path} ${what}: ${(cause as Error).message}`, {
    cause,
    details: { path },
  });
}

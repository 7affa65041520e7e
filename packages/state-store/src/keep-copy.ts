import { copyFile, link, mkdir, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ignoreMissing } from './atomic-write.js';
import { syncDescriptor, withDescriptor } from './descriptor.js';
import { errnoOf } from './errors.js';
import type { KeptCopy } from './member.js';

/**
 * Keeps the present file under a second name, replacing what had that name. A missing file is no error.
 *
 * A hard link costs nothing and cannot run out of space; where there are none, the file is copied.
 */
export async function keepCopy(target: string, { as, how }: KeptCopy): Promise<void> {
  if (how === 'copy') return copyDurably(target, as).catch(ignoreMissing);
  try {
    await link(target, as);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') await mkdir(dirname(as), { recursive: true });
    else if (errno === 'EEXIST') await unlink(as);
    else return copyDurably(target, as).catch(ignoreMissing);
    await link(target, as).catch(ignoreMissing);
  }
}

/** Whether a folder entry is what a crash in the middle of copying leaves. */
export function isUnfinishedCopy(entry: string): boolean {
  return entry.endsWith(MAKING);
}

const MAKING = '.making';

async function copyDurably(target: string, as: string): Promise<void> {
  const making = `${as}${MAKING}`;
  await copyFile(target, making);
  await withDescriptor(making, { flags: 'r+' }, syncDescriptor);
  await rename(making, as);
}

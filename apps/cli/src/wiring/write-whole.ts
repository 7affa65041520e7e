import { randomBytes } from 'node:crypto';
import { realpath, stat, writeFile } from 'node:fs/promises';
import { discardFile, publishFile, stageFile } from '@hawser/state-store/files';

/**
 * Writes a file that a person named, whole or not at all: what was there stays when there is no room for the next. Through
 * a link it is the file that changes, and a pipe or a device is written to, not replaced. `mode` is that of a new file and
 * of an old one; without it an old one keeps its own.
 */
export async function writeWhole(path: string, text: string, { mode }: { readonly mode?: number } = {}): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const there = await stat(target).catch(() => undefined);
  if (there && !there.isFile()) return await writeFile(target, text);
  const staged = { target, tag: randomBytes(6).toString('hex') };
  await stageFile({ ...staged, bytes: Buffer.from(text), mode });
  try {
    await publishFile(staged);
  } catch (error) {
    await discardFile(staged);
    throw error;
  }
}

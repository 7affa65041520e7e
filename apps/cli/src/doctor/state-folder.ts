import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Check, CheckInput } from './check.js';

const [id, title] = ['state-folder', 'State folder'];

/** Whether what Hawser has to remember can be written, and where. */
export async function checkStateFolder({ state }: CheckInput): Promise<Check> {
  const { directory } = await state();
  const { folder, isFolder } = await nearestExisting(directory);
  const writable = isFolder && (await isWritable(folder));
  const made = folder === directory;
  return {
    id,
    title,
    state: writable ? 'ok' : 'fail',
    found: `${directory}${made ? '' : ', not made yet'}${writable ? '' : `; ${folder} cannot be written`}`,
    ...(writable ? {} : { next: `Let yourself write ${folder}, or name another folder in HAWSER_STATE_DIR.` }),
    facts: { directory },
  };
}

/** The folder itself, or what of the way to it exists. */
async function nearestExisting(folder: string): Promise<{ folder: string; isFolder: boolean }> {
  try {
    return { folder, isFolder: (await stat(folder)).isDirectory() };
  } catch {
    return nearestExisting(dirname(folder));
  }
}

async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

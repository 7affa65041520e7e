import { access, constants, lstat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StateStoreError } from '@hawser/state-store';
import { ContextsError } from '../errors.js';
import type { Environment } from '../types.js';

/**
 * The lock that kubectl holds while it changes a kubeconfig: a file made with O_EXCL. kubectl takes one for each file of
 * the list, in sorted order, and gives up at once where one exists.
 *
 * @see lockFile and ModifyConfig of client-go, tools/clientcmd
 */
export function lockOf(kubeconfig: string): string {
  return `${kubeconfig}.lock`;
}

/** Whether kubeconfigs are written without kubectl's lock, as `DISABLE_KUBECONFIG_LOCK` asks for. */
export function locksAreOff(env: Environment): boolean {
  const value = env['DISABLE_KUBECONFIG_LOCK'] ?? '';
  return value !== '' && value !== '0' && value !== 'false';
}

/** Those kubeconfigs beside which kubectl could make its lock; elsewhere it cannot write either. */
export async function lockable(kubeconfigs: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    kubeconfigs.map(async (path) => {
      const isWritable = access(dirname(path), constants.W_OK).then(
        () => true,
        () => false,
      );
      return (await isWritable) ? [path] : [];
    }),
  );
  return found.flat();
}

/** Removes kubectl's lock where it lies. Ours, which say whose they are, are broken by themselves when their owner is dead. */
export async function breakLocks(kubeconfigs: readonly string[]): Promise<readonly string[]> {
  const broken: string[] = [];
  for (const path of kubeconfigs.map(lockOf)) {
    if ((await ageOf(path)) === undefined) continue;
    await unlink(path);
    broken.push(path);
  }
  return broken;
}

/** Says whose lock one has waited for in vain, and how old it is; other errors are given back as they are. */
export async function explainLocked(error: unknown, kubeconfigs: readonly string[], now: Date): Promise<unknown> {
  if (!(error instanceof StateStoreError) || error.code !== 'HAWSER_STATE_LOCKED') return error;
  for (const path of kubeconfigs) {
    const made = await ageOf(lockOf(path));
    if (made === undefined) continue;
    const ageSeconds = Math.max(0, Math.round((now.getTime() - made.getTime()) / 1000));
    const lock = lockOf(path);
    return new ContextsError(
      'HAWSER_CTX_LOCKED',
      `${path} is locked: ${lock} was made ${ageInWords(ageSeconds)} ago.`,
      {
        details: { file: path, lock, ageSeconds },
        cause: error,
      },
    );
  }
  return error;
}

/** When kubectl's lock was made; `undefined` when there is none. Ours is no plain file. */
async function ageOf(lock: string): Promise<Date | undefined> {
  const found = await lstat(lock).catch(() => undefined);
  return found?.isFile() === true ? found.mtime : undefined;
}

function ageInWords(seconds: number): string {
  const units = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
  ] as const;
  for (const [size, name] of units) {
    const count = Math.floor(seconds / size);
    if (count > 0) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return `${seconds} second${seconds === 1 ? '' : 's'}`;
}

import { readdir, rm, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import type { DoctorCheck, DoctorInput } from '@hawser/cli-kit';
import { acquireLock, readLock } from '@hawser/state-store/files';
import { livenessOf } from '@hawser/state-store/process';

/** What our programs call folders of theirs for a moment; nobody works in one for a day. */
const scratch = /^hawser-(?:d|dirty|emulate|tour|hf-build)-[A-Za-z0-9]{6}$/;
const DAY_MS = 86_400_000;

/** What programs of ours left that were killed. */
export const leftovers: DoctorCheck = {
  id: 'leftovers',
  title: 'Leftovers',
  topic: 'hawser',
  neededFor: 'nothing: they only take room, and make others wait for a moment',
  look: async (input) => {
    const [locks, folders] = await Promise.all([deadLocks(input), oldScratch(input)]);
    const all = [...locks, ...folders];
    if (all.length === 0) return { state: 'ok', found: 'none' };
    return {
      state: 'warn',
      found: `${locks.length} ${locks.length === 1 ? 'lock' : 'locks'} of dead programs, ${folders.length} forgotten ${folders.length === 1 ? 'folder' : 'folders'}`,
      next: 'hawser doctor hawser --fix',
      facts: { paths: all.join(', ') },
    };
  },
  mend: async (input) => {
    const [locks, folders] = await Promise.all([deadLocks(input), oldScratch(input)]);
    // Taken as every program of ours takes the lock of a dead one, and given back: no living one can lose its own.
    for (const path of locks) {
      const held = await acquireLock({
        path,
        subject: basename(path),
        tool: 'hawser doctor',
        timeoutMs: input.timeoutMs,
      });
      held.release();
    }
    for (const path of folders) await rm(path, { recursive: true, force: true });
    return `removed ${[...locks, ...folders].join(', ')}`;
  },
};

async function deadLocks({ state }: DoctorInput): Promise<readonly string[]> {
  const { directory } = await state();
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(directory, entry.name);
    const owner = entry.name.endsWith('.lock') ? readLock(path)?.owner : undefined;
    if (owner && (await livenessOf(owner)).state === 'dead') found.push(path);
  }
  return found;
}

async function oldScratch({ environment }: DoctorInput): Promise<readonly string[]> {
  const base = environment['TMPDIR'] || tmpdir();
  const { uid } = userInfo();
  const found: string[] = [];
  for (const name of await readdir(base).catch(() => [])) {
    if (!scratch.test(name)) continue;
    const facts = await stat(join(base, name)).catch(() => undefined);
    if (facts?.isDirectory() && facts.uid === uid && Date.now() - facts.mtimeMs > DAY_MS) found.push(join(base, name));
  }
  return found;
}

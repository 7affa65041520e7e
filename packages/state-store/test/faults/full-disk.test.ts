import { execFileSync, spawnSync } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openForeign } from '@hawser/state-store/foreign';
import { scale } from '../../../../test/support/scale.js';
import { counter, counterIn, storeIn } from '../support/counter.js';
import { tempFolder } from '../support/folder.js';
import { startProgram } from '../support/program.js';

/** Makes the folder a file system of 64 KiB; `false` where this process may not mount one. */
function mountSmallDisk(folder: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder], { stdio: 'ignore' }).status === 0;
}

describe('on a disk that is full', () => {
  test('wherever the writing is cut short, the old document stays whole and nothing is left beside it', async () => {
    const size = 260;
    const stride = scale(29, 1);
    for (let budget = 0; budget < size; budget += stride) {
      const folder = await tempFolder();
      const document = counterIn(folder);
      await document.update(() => ({ count: 41 }));
      const before = await readFile(document.path);
      const program = startProgram('change.mjs', {
        args: ['update', folder],
        env: { DISK_BUDGET: String(budget) },
        shim: 'disk-budget.mjs',
      });
      const answer: unknown = JSON.parse((await program.ended).stdout);
      if ((answer as { ok: boolean }).ok) {
        expect(budget).toBeGreaterThan(200);
        continue;
      }
      expect(answer).toMatchObject({ code: 'HAWSER_STATE_DISK_FULL', exitCode: 1 });
      expect([budget, (await readFile(document.path)).equals(before)]).toEqual([budget, true]);
      expect((await readdir(join(folder, '.hawser'))).filter((entry) => entry.endsWith('.tmp'))).toEqual([]);
      expect((await document.update(({ count }) => ({ count: count + 1 }))).data).toEqual({ count: 42 });
    }
  });

  test('a transaction that does not fit changes nothing at all', async () => {
    const stride = scale(97, 3);
    for (let budget = 10; budget < 600; budget += stride) {
      const folder = await tempFolder();
      const store = storeIn(folder);
      const [one, two] = [store.document(counter), store.document({ ...counter, name: 'second' })];
      await writeFile(join(folder, 'config.yaml'), 'count: 7\n');
      await one.update(() => ({ count: 1 }));
      const program = startProgram('change.mjs', {
        args: ['transaction', folder],
        env: { DISK_BUDGET: String(budget) },
        shim: 'disk-budget.mjs',
      });
      expect(JSON.parse((await program.ended).stdout)).toMatchObject({ code: 'HAWSER_STATE_DISK_FULL' });
      expect((await one.read()).data).toEqual({ count: 1 });
      expect((await two.read()).data).toEqual({ count: 0 });
      expect((await openForeign({ path: join(folder, 'config.yaml'), format: 'yaml' }).read()).value).toEqual({
        count: 7,
      });
      const intents = await readdir(join(folder, '.hawser', 'transactions')).catch(() => []);
      expect([budget, intents]).toEqual([budget, []]);
    }
  });

  test('a real one of 64 KiB fills up, keeps its document, and takes the next when there is room', async () => {
    const disk = await tempFolder();
    if (!mountSmallDisk(disk)) {
      process.stderr.write(
        'NOT RUN on a real full disk: mounting a tmpfs needs root; the cut-short writes above stand in.\n',
      );
      return;
    }
    try {
      const { before, after } = await fillUp(disk);
      expect(after).toEqual({ count: before + 1 });
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  async function fillUp(disk: string): Promise<{ before: number; after: unknown }> {
    const document = counterIn(disk);
    await document.update(() => ({ count: 1 }));
    let size = 1;
    const grow = async (): Promise<void> => {
      for (;;) {
        await document.update(({ count }) => ({ count: count + 1, note: 'x'.repeat(size) }));
        size += 4_000;
      }
    };
    await expect(grow()).rejects.toMatchObject({ code: 'HAWSER_STATE_DISK_FULL', exitCode: 1 });
    const { data } = await document.read();
    expect(data.note).toHaveLength(size - 4_000);
    expect((await stat(document.path)).size).toBeGreaterThan(size - 4_000);
    const smaller = await document.update(({ count }) => ({ count: count + 1 }));
    return { before: data.count, after: smaller.data };
  }
});

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openForeign } from '@hawser/state-store/foreign';
import { describe, expect, test } from '@jest/globals';
import { scale } from '../../../../test/support/scale.js';
import { counter, storeIn, type Count } from '../support/counter.js';
import { tempFolder } from '../support/folder.js';
import { startProgram } from '../support/program.js';

const second = { ...counter, name: 'second' };
const CONFIG = '# settings\ncount: 7 # of things\nother: kept\n';

/** Runs one change of `programs/change.mjs`, killed at its `at`-th file system call that changes something. */
async function runKilledAt(kind: string, folder: string, at: number): Promise<{ killed: boolean; calls: number }> {
  const program = startProgram('change.mjs', {
    args: [kind, folder],
    env: { KILL_AT: String(at) },
    shim: 'kill-at.mjs',
  });
  const { signal, stdout, stderr } = await program.ended;
  if (signal === 'SIGKILL') return { killed: true, calls: at };
  expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  return { killed: false, calls: Number(stderr) };
}

/**
 * Kills a change at every one of its steps, in a folder of its own each time, and has the outcome judged; with a
 * `stride`, as in the short run, at every so many steps, beginning anywhere.
 */
async function killEverywhere(
  kind: string,
  prepare: (folder: string) => Promise<void>,
  judge: (folder: string, step: string) => Promise<void>,
  stride = scale(3, 1),
): Promise<number> {
  for (let at = 1 + Math.floor(Math.random() * stride); ; at += stride) {
    const folder = await tempFolder();
    await prepare(folder);
    const { killed, calls } = await runKilledAt(kind, folder, at);
    await judge(folder, `killed at file system call ${at} of ${kind}`);
    if (!killed) return calls;
  }
}

async function expectNothingLeftOver(folder: string, step: string): Promise<void> {
  const state = join(folder, '.hawser');
  expect([step, await readdir(join(state, 'locks'))]).toEqual([step, []]);
  const transactions = await readdir(join(state, 'transactions')).catch(() => []);
  expect([step, transactions]).toEqual([step, []]);
  const staged = [...(await readdir(folder)), ...(await readdir(state))].filter((entry) => entry.endsWith('.tmp'));
  expect([step, staged]).toEqual([step, []]);
  expect(await readFile(join(state, '.gitignore'), 'utf8')).toBe('*\n');
}

/** Old or new, and then one more: what the next process finds and does. */
async function expectOldOrNew(folder: string, step: string, old: number): Promise<void> {
  const document = storeIn(folder).document(counter);
  const { data, recovered } = await document.read();
  expect([step, recovered]).toEqual([step, undefined]);
  expect([step, [old, old + 1].includes(data.count)]).toEqual([step, true]);
  const updated = await document.update(({ count }) => ({ count: count + 1 }));
  expect([step, updated.data]).toEqual([step, { count: data.count + 1 }]);
  await expectNothingLeftOver(folder, step);
}

describe('SIGKILL at every step leaves the old or the new', () => {
  test('of a first write', async () => {
    const steps = await killEverywhere(
      'update',
      () => Promise.resolve(),
      (folder, step) => expectOldOrNew(folder, step, 0),
    );
    expect(steps).toBeGreaterThan(9);
  });

  test('of a later write', async () => {
    const prepare = async (folder: string): Promise<void> => {
      await storeIn(folder)
        .document(counter)
        .update(() => ({ count: 41 }));
    };
    const steps = await killEverywhere('update', prepare, (folder, step) => expectOldOrNew(folder, step, 41));
    expect(steps).toBeGreaterThan(9);
  });

  test('of a repair, and the damaged bytes are kept', async () => {
    const damaged = '{"kind":"counter","version":1,"revi';
    const prepare = async (folder: string): Promise<void> => {
      const document = storeIn(folder).document(counter);
      await document.update(() => ({ count: 1 }));
      await document.update(() => ({ count: 2 }));
      await writeFile(document.path, damaged);
    };
    const steps = await killEverywhere('read', prepare, async (folder, step) => {
      const document = storeIn(folder).document(counter);
      expect([step, (await document.read()).data]).toEqual([step, { count: 1 }]);
      await document.update(({ count }) => ({ count: count + 1 }));
      const quarantine = join(folder, '.hawser', 'quarantine');
      const kept = await Promise.all(
        (await readdir(quarantine)).map((entry) => readFile(join(quarantine, entry), 'utf8')),
      );
      expect([step, kept]).toEqual([step, [damaged]]);
      await expectNothingLeftOver(folder, step);
    });
    expect(steps).toBeGreaterThan(9);
  });

  test('of a foreign file', async () => {
    const prepare = (folder: string): Promise<void> => writeFile(join(folder, 'config.yaml'), CONFIG);
    await killEverywhere('foreign', prepare, async (folder, step) => {
      const file = openForeign({ path: join(folder, 'config.yaml'), format: 'yaml' });
      const { text } = await file.read();
      expect([step, [CONFIG, CONFIG.replace('7', '8')].includes(text)]).toEqual([step, true]);
      await file.update((draft) => draft.set(['count'], 9));
      expect((await file.read()).text).toBe(CONFIG.replace('7', '9'));
      const entries = (await readdir(folder)).toSorted();
      expect([step, entries]).toEqual([step, ['config.yaml', 'config.yaml.bak']]);
    });
  });

  test('of a transaction over two documents and a foreign file, all together', async () => {
    const prepare = async (folder: string): Promise<void> => {
      await storeIn(folder)
        .document(counter)
        .update(() => ({ count: 10 }));
      await writeFile(join(folder, 'config.yaml'), CONFIG);
      await mkdir(join(folder, '.git'));
    };
    const steps = await killEverywhere(
      'transaction',
      prepare,
      async (folder, step) => {
        const store = storeIn(folder);
        const one = store.document<Count>(counter);
        const two = store.document<Count>(second);
        const file = openForeign({ path: join(folder, 'config.yaml'), format: 'yaml' });
        const counts = [
          (await one.read()).data.count,
          (await two.read()).data.count,
          ((await file.read()).value as Count).count,
        ];
        expect([step, [[10, 0, 7].join(), [11, 1, 8].join()].includes(counts.join())]).toEqual([step, true]);
        await store.transaction([one, two, file], async (tx) => {
          await tx.update(one, ({ count }) => ({ count: count + 1 }));
          await tx.update(two, ({ count }) => ({ count: count + 1 }));
          await tx.update(file, (draft) => draft.set(['count'], 99));
        });
        expect((await file.read()).text).toBe(CONFIG.replace('7', '99'));
        await expectNothingLeftOver(folder, step);
      },
      scale(9, 1),
    );
    expect(steps).toBeGreaterThan(30);
  });
});

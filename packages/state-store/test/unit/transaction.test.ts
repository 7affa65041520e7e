import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineDocument, type Store } from '@hawser/state-store';
import { openForeign } from '@hawser/state-store/foreign';
import { currentProcess } from '@hawser/state-store/process';
import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../src/stamped-file.js';
import { counter, storeIn } from '../support/counter.js';
import { tempFolder } from '../support/folder.js';

const other = defineDocument({ ...counter, name: 'other' });

async function project(): Promise<{ folder: string; store: Store }> {
  const folder = await tempFolder();
  return { folder, store: storeIn(folder, 300) };
}

describe('a transaction', () => {
  test('changes documents and foreign files together and returns what its work returned', async () => {
    const { folder, store } = await project();
    const [one, two] = [store.document(counter), store.document(other)];
    const file = openForeign({ path: join(folder, '.env'), format: 'dotenv' });
    const result = await store.transaction([one, two, file], async (tx) => {
      await tx.update(one, () => ({ count: 1 }));
      await tx.update(one, ({ count }) => ({ count: count + 1 }));
      await tx.update(two, () => ({ count: tx.read(one).data.count * 10 }));
      await tx.update(file, (draft) => draft.set(['TOTAL'], String(tx.read(two).data.count)));
      return 'done';
    });
    expect(result).toBe('done');
    expect(await one.read()).toMatchObject({ data: { count: 2 }, revision: 1 });
    expect((await two.read()).data).toEqual({ count: 20 });
    expect((await file.read()).text).toBe('TOTAL=20\n');
    expect(await readdir(join(store.directory, 'transactions'))).toEqual([]);
    expect(await readdir(join(store.directory, 'locks'))).toEqual([]);
  });

  test('whose work throws changes nothing', async () => {
    const { store } = await project();
    const [one, two] = [store.document(counter), store.document(other)];
    const work = store.transaction([one, two], async (tx) => {
      await tx.update(one, () => ({ count: 1 }));
      throw new Error('second thoughts');
    });
    await expect(work).rejects.toThrow('second thoughts');
    expect((await one.read()).revision).toBe(0);
  });

  test('whose new data does not fit changes nothing', async () => {
    const { store } = await project();
    const [one, two] = [store.document(counter), store.document(other)];
    const work = store.transaction([one, two], async (tx) => {
      await tx.update(one, () => ({ count: 1 }));
      await tx.update(two, () => ({ count: 0.5 }));
    });
    await expect(work).rejects.toMatchObject({ code: 'HAWSER_STATE_INVALID_UPDATE' });
    expect((await one.read()).revision).toBe(0);
  });

  test('that only reads writes nothing', async () => {
    const { store } = await project();
    const one = store.document(counter);
    await one.update(() => ({ count: 3 }));
    expect(await store.transaction([one], (tx) => tx.read(one).data.count)).toBe(3);
    expect(await one.read()).toMatchObject({ revision: 1 });
  });

  test('sees its members at rest: many of them, in any order, lose nothing', async () => {
    const { folder, store } = await project();
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const mine = index % 2 === 0 ? store : storeIn(folder, 30_000);
        const [one, two] = [mine.document(counter), mine.document(other)];
        const members = index % 3 === 0 ? [one, two] : [two, one];
        await mine.transaction(
          members,
          async (tx) => {
            await tx.update(one, ({ count }) => ({ count: count + 1 }));
            await tx.update(two, ({ count }) => ({ count: count - 1 }));
          },
          { timeoutMs: 30_000 },
        );
      }),
    );
    expect((await store.document(counter).read()).data).toEqual({ count: 20 });
    expect((await store.document(other).read()).data).toEqual({ count: -20 });
  });

  test('is refused when it names nothing, something twice, or what belongs to another store', async () => {
    const { store } = await project();
    const one = store.document(counter);
    const foreigner = storeIn(await tempFolder()).document(counter);
    for (const members of [[], [one, one], [foreigner]]) {
      await expect(store.transaction(members, () => undefined)).rejects.toMatchObject({
        code: 'HAWSER_STATE_TRANSACTION',
        exitCode: 2,
      });
    }
  });

  test('cannot use what it did not name, nor be used when it is over', async () => {
    const { store } = await project();
    const [one, two] = [store.document(counter), store.document(other)];
    const unnamed = store.transaction([one], (tx) => tx.read(two));
    await expect(unnamed).rejects.toThrow('something was used that was not named at its beginning');
    const kept = await store.transaction([one], (tx) => tx);
    await expect(kept.update(one, () => ({ count: 1 }))).rejects.toThrow('it was used when it was over');
  });

  test('is begun anew when a writer without a lock gets in between', async () => {
    const { store } = await project();
    const [one, two] = [store.document(counter), store.document(other)];
    await one.update(() => ({ count: 1 }));
    let tries = 0;
    await store.transaction([one, two], async (tx) => {
      if (tries++ === 0)
        await writeFile(one.path, (await readFile(one.path, 'utf8')).replace('"count": 1', '"count": 50'));
      await tx.update(one, ({ count }) => ({ count: count + 1 }));
      await tx.update(two, () => ({ count: tx.read(one).data.count }));
    });
    expect([tries, (await one.read()).data, (await two.read()).data]).toEqual([2, { count: 51 }, { count: 51 }]);
  });
});

/** What a process leaves that died right after it had stored its intent to change counter.json from 1 to 2. */
async function interrupted(
  store: Store,
  { alive = false, changes = {} }: { alive?: boolean; changes?: Record<string, unknown> } = {},
) {
  const id = 'c'.repeat(32);
  const one = store.document(counter);
  await one.update(() => ({ count: 1 }));
  const before = await readFile(one.path);
  const after = Buffer.from(
    before.toString().replace('"count": 1', '"count": 2').replace('"revision": 1', '"revision": 2'),
  );
  const staged = join(store.directory, `.counter.json.${id}.tmp`);
  await writeFile(staged, after);
  const self = await currentProcess();
  const intent = {
    id,
    owner: { ...self, start: alive ? self.start : '1', nonce: id, tool: 'gone', at: '2026-01-01T00:00:00.000Z' },
    steps: [
      {
        subject: 'counter.json',
        target: one.path,
        lockPaths: [join(store.directory, 'locks', 'counter')],
        before: digestOf(before),
        after: digestOf(after),
        ...changes,
      },
    ],
  };
  await mkdir(join(store.directory, 'transactions'), { recursive: true });
  const path = join(store.directory, 'transactions', `${id}.json`);
  await writeFile(path, JSON.stringify(intent));
  return { one, path, staged };
}

describe('an interrupted transaction', () => {
  test('is finished by the next reader', async () => {
    const { store } = await project();
    const { one } = await interrupted(store);
    expect((await one.read()).data).toEqual({ count: 2 });
    expect(await readdir(join(store.directory, 'transactions'))).toEqual([]);
  });

  test('is finished by the next writer, before it writes', async () => {
    const { store } = await project();
    const { one } = await interrupted(store);
    expect((await one.update(({ count }) => ({ count: count * 10 }))).data).toEqual({ count: 20 });
  });

  test('of a living process is left to it by readers', async () => {
    const { store } = await project();
    const { one, path } = await interrupted(store, { alive: true });
    expect((await one.read()).data).toEqual({ count: 1 });
    expect(await readFile(path, 'utf8')).toContain('counter.json');
  });

  test('does not overwrite what somebody has changed since; our version goes to the quarantine', async () => {
    const { store } = await project();
    const { one } = await interrupted(store);
    await writeFile(one.path, (await readFile(one.path, 'utf8')).replace('"count": 1', '"count": 77'));
    expect((await one.read()).data).toEqual({ count: 77 });
    const [kept] = await readdir(join(store.directory, 'quarantine'));
    expect(await readFile(join(store.directory, 'quarantine', kept!), 'utf8')).toContain('"count": 2');
  });

  test('that was damaged on the disk is not carried out', async () => {
    const { store } = await project();
    const { one, staged } = await interrupted(store);
    await writeFile(staged, 'half of i');
    expect((await one.read()).data).toEqual({ count: 1 });
    expect(await readdir(join(store.directory, 'transactions'))).toEqual([]);
  });

  test('whose staged files are gone is forgotten', async () => {
    const { store } = await project();
    const { one, staged } = await interrupted(store);
    await rm(staged);
    expect((await one.read()).data).toEqual({ count: 1 });
    expect(await readdir(join(store.directory, 'transactions'))).toEqual([]);
  });

  test('with an intent that cannot be read goes to the quarantine', async () => {
    const { store } = await project();
    const { one, path } = await interrupted(store);
    await writeFile(path, '{"id":');
    await one.read();
    expect((await one.update(({ count }) => ({ count: count + 1 }))).data).toEqual({ count: 2 });
    expect(await readdir(join(store.directory, 'quarantine'))).toEqual([expect.stringMatching(/^transaction\./)]);
  });

  test.each<[string, (outside: string) => Record<string, unknown>]>([
    [
      'copy a file of ours to a place of its choice',
      (outside) => ({ keep: { as: join(outside, 'stolen'), how: 'copy' } }),
    ],
    ['hide behind a subject that is a path', () => ({ subject: '../../outside' })],
    ['name a relative target', () => ({ target: 'outside' })],
  ])('planted in a repository cannot %s', async (_what, changes) => {
    const { store } = await project();
    const outside = await tempFolder();
    const { one } = await interrupted(store, { changes: changes(outside) });
    expect((await one.read()).data).toEqual({ count: 1 });
    expect(await readdir(outside)).toEqual([]);
  });

  test('planted in a repository cannot write where nothing was staged', async () => {
    const { store } = await project();
    const outside = await tempFolder();
    const target = join(outside, 'precious');
    await writeFile(target, 'mine');
    const { one } = await interrupted(store, { changes: { target, before: digestOf(Buffer.from('mine')) } });
    await one.read();
    expect(await readFile(target, 'utf8')).toBe('mine');
    expect(await readdir(outside)).toEqual(['precious']);
  });
});

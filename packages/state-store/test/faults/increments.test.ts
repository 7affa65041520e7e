import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { scale } from '../../../../test/support/scale.js';
import { counterIn } from '../support/counter.js';
import { tempFolder } from '../support/folder.js';
import { startProgram } from '../support/program.js';

const PROCESSES = 8;

test('8 processes count up together and no increment is lost', async () => {
  const folder = await tempFolder();
  const times = scale(40, 1_000);
  const programs = Array.from({ length: PROCESSES }, () =>
    startProgram('increment.mjs', { args: [folder, String(times)] }),
  );
  for (const { ended } of programs) expect(JSON.parse((await ended).stdout)).toEqual({ ok: true });
  const { data, revision } = await counterIn(folder).read();
  expect(data).toEqual({ count: PROCESSES * times });
  expect(revision).toBe(PROCESSES * times);
  expect(await readdir(join(folder, '.hawser', 'locks'))).toEqual([]);
});

test('on a file system without links 4 processes lose no increment either', async () => {
  const folder = await tempFolder();
  const times = scale(12, 250);
  const programs = Array.from({ length: 4 }, () =>
    startProgram('increment.mjs', { args: [folder, String(times)], shim: 'no-symlinks.mjs' }),
  );
  for (const { ended } of programs) expect(JSON.parse((await ended).stdout)).toEqual({ ok: true });
  expect((await counterIn(folder).read()).data).toEqual({ count: 4 * times });
  expect(await readdir(join(folder, '.hawser', 'locks'))).toEqual([]);
});

test('updates begun at once in one process are done one after the other, in their order', async () => {
  const document = counterIn(await tempFolder());
  const seen: number[] = [];
  const updates = Array.from({ length: 50 }, () =>
    document.update(({ count }) => {
      seen.push(count);
      return { count: count + 1 };
    }),
  );
  const snapshots = await Promise.all(updates);
  expect(snapshots.map(({ data }) => data.count)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index));
});

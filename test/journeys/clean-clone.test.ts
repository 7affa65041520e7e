import { cp, mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Ended, runToEnd } from '../support/run-to-end.js';
import { root } from '../support/workspace.js';

const fiveMinutes = 300_000;

/**
 * What a person gets who clones the repository and types `npm start`, save the downloads and what was built before: pnpm,
 * the store of packages and the cache of builds are those of this checkout. Tests what is committed.
 */
describe('a fresh clone', () => {
  let folder: string;
  let clone: string;
  let first: Ended;
  let before: Map<string, number>;
  let second: Ended;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hawser-clone-'));
    clone = join(folder, 'clone');
    await runToEnd('git', ['clone', '--quiet', root, clone]);
    await mkdir(join(clone, '.cache'));
    await cp(join(root, '.cache/pnpm'), join(clone, '.cache/pnpm'), { recursive: true, verbatimSymlinks: true });
    await symlink(join(root, '.cache/pnpm-store'), join(clone, '.cache/pnpm-store'));
    await cp(join(root, '.cache/turbo'), join(clone, '.cache/turbo'), { recursive: true });
    await mkdir(join(folder, 'home'));
    await mkdir(join(folder, 'tmp'));
    first = await run('start');
    before = await built();
    // Every task begins alike; this one does nothing more.
    second = await run('build');
  }, fiveMinutes);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('sets itself up and shows the tour by npm start', () => {
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('Installing') });
    expect(first.stdout).toContain('All 5 acts of the tour were proved in ');
  });

  test('installs and builds nothing the second time', async () => {
    expect(second).toMatchObject({ code: 0, stderr: expect.not.stringContaining('Installing') });
    expect(before.size).toBeGreaterThan(50);
    expect(await built()).toEqual(before);
  });

  test('writes nothing outside itself, and nothing that git would see', async () => {
    expect(await readdir(join(folder, 'home'))).toEqual([]);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    const status = await runToEnd('git', ['status', '--porcelain'], { cwd: clone });
    expect(status).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  /** What `npm start` and its like run; npm itself keeps a log in the home folder, which is not ours to prevent. */
  function run(task: 'start' | 'build'): Promise<Ended> {
    const env = { PATH: process.env['PATH'], HOME: join(folder, 'home'), TMPDIR: join(folder, 'tmp') };
    return runToEnd(process.execPath, ['scripts/run.mjs', task], { cwd: clone, env });
  }

  /** Every file that was built, and when. */
  async function built(): Promise<Map<string, number>> {
    const times = new Map<string, number>();
    for (const parent of ['packages', 'apps']) {
      for (const name of await readdir(join(clone, parent))) {
        for (const file of await readdir(join(clone, parent, name, 'dist'), { recursive: true })) {
          const path = join(parent, name, 'dist', file);
          times.set(path, (await stat(join(clone, path))).mtimeMs);
        }
      }
    }
    return times;
  }
});

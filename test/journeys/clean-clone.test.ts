import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const fiveMinutes = 300_000;

/**
 * What a person gets who clones the repository and types `npm start`, save the downloads: pnpm and the store of packages
 * are those of this checkout. Tests what is committed.
 */
describe('a fresh clone', () => {
  let folder: string;
  let clone: string;
  let first: { stdout: string; stderr: string };
  let before: Map<string, number>;
  let second: { stdout: string; stderr: string };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hawser-clone-'));
    clone = join(folder, 'clone');
    await run('git', ['clone', '--quiet', root, clone]);
    await mkdir(join(clone, '.cache'));
    await cp(join(root, '.cache/pnpm'), join(clone, '.cache/pnpm'), { recursive: true, verbatimSymlinks: true });
    await symlink(join(root, '.cache/pnpm-store'), join(clone, '.cache/pnpm-store'));
    await mkdir(join(folder, 'home'));
    await mkdir(join(folder, 'tmp'));
    first = await start();
    before = await built();
    second = await start();
  }, fiveMinutes);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('sets itself up and shows the tour by npm start', () => {
    expect(first.stderr).toContain('Installing');
    expect(first.stdout).not.toBe('');
  });

  test('installs and builds nothing the second time', async () => {
    expect(second.stderr).not.toContain('Installing');
    expect(before.size).toBeGreaterThan(50);
    expect(await built()).toEqual(before);
  });

  test('writes nothing outside itself, and nothing that git would see', async () => {
    expect(await readdir(join(folder, 'home'))).toEqual([]);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    const { stdout } = await run('git', ['status', '--porcelain'], { cwd: clone });
    expect(stdout).toBe('');
  });

  /** What `npm start` runs; npm itself keeps a log in the home folder, which is not ours to prevent. */
  function start() {
    const env = { PATH: process.env['PATH'], HOME: join(folder, 'home'), TMPDIR: join(folder, 'tmp') };
    const running = run(process.execPath, ['scripts/run.mjs', 'start'], { cwd: clone, env, maxBuffer: 1 << 26 });
    running.child.stdin?.end();
    return running;
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

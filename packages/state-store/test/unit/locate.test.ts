import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '@hawser/state-store';
import { expect, test } from '@jest/globals';
import { tempFolder } from '../support/folder.js';

async function tree(...folders: string[]): Promise<string> {
  const root = await tempFolder();
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  return root;
}

const find = (from: string, home = '/nowhere', env: Record<string, string> = {}): string =>
  openStore({ from, home, env }).directory;

test('the nearest state folder upwards is used', async () => {
  const root = await tree('.git', '.hawser', 'a/b/c', 'a/.hawser');
  expect(find(join(root, 'a/b/c'))).toBe(join(root, 'a/.hawser'));
  expect(find(root)).toBe(join(root, '.hawser'));
});

test('without one it will be made at the git root, also where .git is a file', async () => {
  const root = await tree('.git', 'a/b', 'tree/x');
  await writeFile(join(root, 'tree', '.git'), 'gitdir: elsewhere\n');
  expect(find(join(root, 'a/b'))).toBe(join(root, '.hawser'));
  expect(find(join(root, 'tree/x'))).toBe(join(root, 'tree', '.hawser'));
});

test('the search does not go beyond the git root', async () => {
  const root = await tree('.hawser', 'repository/.git', 'repository/a');
  expect(find(join(root, 'repository/a'))).toBe(join(root, 'repository', '.hawser'));
});

test('without git it is searched to just below the home folder, and made where one stands', async () => {
  const home = await tree('.hawser', '.git', 'projects/.hawser', 'projects/a/b', 'other/c');
  expect(find(join(home, 'projects/a/b'), home)).toBe(join(home, 'projects/.hawser'));
  expect(find(join(home, 'other/c'), home)).toBe(join(home, 'other/c/.hawser'));
  expect(find(home, home)).toBe(join(home, '.hawser'));
});

test('HAWSER_STATE_DIR wins, relative to where one stands; empty is unset', async () => {
  const root = await tree('.git', '.hawser', 'a');
  expect(find(join(root, 'a'), '/nowhere', { HAWSER_STATE_DIR: '/elsewhere' })).toBe('/elsewhere');
  expect(find(join(root, 'a'), '/nowhere', { HAWSER_STATE_DIR: '../mine' })).toBe(join(root, 'mine'));
  expect(find(join(root, 'a'), '/nowhere', { HAWSER_STATE_DIR: '' })).toBe(join(root, '.hawser'));
});

test('process.env is used when no environment is given, and read at the call', async () => {
  const root = await tree('.git');
  process.env['HAWSER_STATE_DIR'] = '/from/environment';
  try {
    expect(openStore({ from: root }).directory).toBe('/from/environment');
  } finally {
    delete process.env['HAWSER_STATE_DIR'];
  }
  expect(openStore({ from: root }).directory).toBe(join(root, '.hawser'));
});

test('a file of that name is passed by', async () => {
  const root = await tree('.git', 'a');
  await writeFile(join(root, 'a', '.hawser'), '');
  expect(find(join(root, 'a'))).toBe(join(root, '.hawser'));
});

test("somebody else's state folder in a folder for everybody is not ours to trust", async () => {
  const root = await tree('public/.hawser', 'public/a');
  await chmod(join(root, 'public'), 0o1777);
  expect(find(join(root, 'public/a'))).toBe(join(root, 'public/.hawser'));
  if (process.getuid?.() !== 0) return;
  await chown(join(root, 'public/.hawser'), 65_534, 65_534);
  expect(find(join(root, 'public/a'))).toBe(join(root, 'public/a/.hawser'));
});

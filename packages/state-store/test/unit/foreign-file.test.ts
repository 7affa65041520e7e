import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openForeign, type ForeignCodec, type ForeignFile } from '@hawser/state-store/foreign';
import { describe, expect, test } from '@jest/globals';
import { scale } from '../../../../test/support/scale.js';
import { tempFolder } from '../support/folder.js';
import { gate } from '../support/gate.js';

const CONFIG = '# mine\napiVersion: v1\ncontexts: []\ncurrent-context: ""\n';

async function kubeconfig(text = CONFIG): Promise<{ folder: string; path: string; file: ForeignFile }> {
  const folder = await tempFolder();
  const path = join(folder, 'config');
  await writeFile(path, text);
  return { folder, path, file: openForeign({ path, format: 'kubeconfig', lockTimeoutMs: 5_000 }) };
}

describe('a foreign file', () => {
  test('is changed in one place, keeps its mode, and was copied before', async () => {
    const { path, file } = await kubeconfig();
    await chmod(path, 0o640);
    const snapshot = await file.update((draft) => draft.set(['current-context'], 'staging'));
    expect(snapshot).toEqual({
      exists: true,
      text: CONFIG.replace('""', 'staging'),
      value: { apiVersion: 'v1', contexts: [], 'current-context': 'staging' },
    });
    expect(await readFile(path, 'utf8')).toBe(snapshot.text);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readFile(`${path}.bak`, 'utf8')).toBe(CONFIG);
    expect((await stat(`${path}.bak`)).mode & 0o777).toBe(0o640);
  });

  test('is copied once a day, to the state before the first change of the day', async () => {
    const { path, file } = await kubeconfig();
    await file.update((draft) => draft.set(['count'], 1));
    await file.update((draft) => draft.set(['count'], 2));
    expect(await readFile(`${path}.bak`, 'utf8')).toBe(CONFIG);
    const yesterday = new Date(Date.now() - 86_400_000);
    await utimes(`${path}.bak`, yesterday, yesterday);
    await file.update((draft) => draft.set(['count'], 3));
    expect(await readFile(`${path}.bak`, 'utf8')).toBe(`${CONFIG}count: 2\n`);
    const without = openForeign({ path: `${path}2`, format: 'yaml', backup: false });
    await without.update((draft) => draft.set(['count'], 1));
    await without.update((draft) => draft.set(['count'], 2));
    await expect(stat(`${path}2.bak`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('that is missing is made with its folder, for its owner alone where it may hold secrets', async () => {
    const folder = await tempFolder();
    const file = openForeign({ path: join(folder, 'deep', '.env'), format: 'dotenv' });
    expect(await file.read()).toEqual({ exists: false, text: '', value: {} });
    await file.update((draft) => draft.set(['KEY'], 'x y'));
    expect(await readFile(file.path, 'utf8')).toBe("KEY='x y'\n");
    expect((await stat(file.path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'deep'))).toEqual(['.env']);
  });

  test('an edit that changes nothing writes nothing, not even a copy', async () => {
    const { folder, path, file } = await kubeconfig();
    const { ino } = await stat(path);
    await file.update((draft) => {
      draft.set(['apiVersion'], 'v1');
      draft.delete(['nothing']);
    });
    expect((await stat(path)).ino).toBe(ino);
    expect(await readdir(folder)).toEqual(['config']);
  });

  test('behind a symbolic link is changed, and the link stays', async () => {
    const { folder, path } = await kubeconfig();
    await mkdir(join(folder, 'home'));
    const link = join(folder, 'home', 'config');
    await symlink('../config', link);
    await openForeign({ path: link, format: 'kubeconfig' }).update((draft) => draft.set(['x'], 1));
    expect(await readlink(link)).toBe('../config');
    expect(await readFile(path, 'utf8')).toBe(`${CONFIG}x: 1\n`);

    const dangling = join(folder, 'home', 'later');
    await symlink('../later', dangling);
    await openForeign({ path: dangling, format: 'yaml' }).update((draft) => draft.set(['x'], 1));
    expect((await lstat(dangling)).isSymbolicLink()).toBe(true);
    expect(await readFile(join(folder, 'later'), 'utf8')).toBe('x: 1\n');
  });

  test('with a byte order mark keeps it; one that is not UTF-8 is left alone', async () => {
    const { path, file } = await kubeconfig(`\uFEFF${CONFIG}`);
    await file.update((draft) => draft.set(['x'], 1));
    expect(await readFile(path, 'utf8')).toBe(`\uFEFF${CONFIG}x: 1\n`);
    await writeFile(path, Buffer.from([0x61, 0x3a, 0x20, 0xff]));
    await expect(file.update((draft) => draft.set(['x'], 1))).rejects.toMatchObject({
      code: 'HAWSER_STATE_FOREIGN_SYNTAX',
    });
  });

  test('that cannot be read is left exactly as it is', async () => {
    const { path, file } = await kubeconfig('a: [');
    await expect(file.read()).rejects.toMatchObject({ code: 'HAWSER_STATE_FOREIGN_SYNTAX', exitCode: 2 });
    await expect(file.update((draft) => draft.set(['x'], 1))).rejects.toMatchObject({
      code: 'HAWSER_STATE_FOREIGN_SYNTAX',
      message: expect.stringContaining(path),
    });
    expect(await readFile(path, 'utf8')).toBe('a: [');
  });

  test('waits for the lock that kubectl takes, and shows it one of its own', async () => {
    const { path, file } = await kubeconfig();
    await writeFile(`${path}.lock`, '');
    await expect(file.update((draft) => draft.set(['x'], 1), { timeoutMs: 80 })).rejects.toMatchObject({
      code: 'HAWSER_STATE_LOCKED',
      message: expect.stringContaining('by another program'),
      hint: expect.stringContaining(`${path}.lock`),
    });
    execFileSync('rm', [`${path}.lock`]);
    const [begun, mayEnd] = [gate(), gate()];
    const update = file.update(async (draft) => {
      begun.open();
      await mayEnd.passed;
      draft.set(['x'], 1);
    });
    await begun.passed;
    // As client-go does it: create, and fail if there is one.
    await expect(writeFile(`${path}.lock`, '', { flag: 'wx' })).rejects.toMatchObject({ code: 'EEXIST' });
    mayEnd.open();
    await update;
    await writeFile(`${path}.lock`, '', { flag: 'wx' });
  });

  test('changed by many at once loses nothing', async () => {
    const { path } = await kubeconfig();
    const count = scale(30, 300);
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        openForeign({ path, format: 'kubeconfig', lockTimeoutMs: 60_000 }).update((draft) =>
          draft.set(['contexts', { name: `c${index}` }], { name: `c${index}`, context: { cluster: 'x' } }),
        ),
      ),
    );
    const { value, text } = await openForeign({ path, format: 'kubeconfig' }).read();
    expect((value as { contexts: { name: string }[] }).contexts.map(({ name }) => name).toSorted()).toEqual(
      Array.from({ length: count }, (_, index) => `c${index}`).toSorted(),
    );
    expect(text.startsWith('# mine\napiVersion: v1\ncontexts:\n')).toBe(true);
  });

  test("of a format of one's own works as the others do, and is held to the same check", async () => {
    const lines: ForeignCodec = {
      format: 'lines',
      parse: (text) =>
        Object.fromEntries(
          text
            .split('\n')
            .filter(Boolean)
            .map((line) => line.split(' ', 2)),
        ) as unknown,
      set: (text, [key], value) => [
        { start: text.length, end: text.length, text: `${String(key)} ${String(value)}\n` },
      ],
      delete: (text) => [{ start: 0, end: text.length, text: '' }],
    };
    const file = openForeign({ path: join(await tempFolder(), 'own'), format: lines });
    await file.update((draft) => draft.set(['a'], '1'));
    await file.update((draft) => draft.set(['b'], '2'));
    await expect(file.update((draft) => draft.delete(['a']))).rejects.toMatchObject({
      code: 'HAWSER_STATE_FOREIGN_NOT_PRESERVED',
    });
    expect((await file.read()).value).toEqual({ a: '1', b: '2' });
  });
});

import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { defineDocument, keepValidItems, openStore } from '@hawser/state-store';
import { describe, expect, test } from '@jest/globals';
import { counter, counterIn, storeIn, type Count } from '../support/counter.js';
import { tempFolder } from '../support/folder.js';

describe('a damaged document', () => {
  test('goes to the quarantine, the previous good copy is used, and that is said once', async () => {
    const folder = await tempFolder();
    const document = counterIn(folder);
    for (const count of [1, 2, 3]) await document.update(() => ({ count }));
    await writeFile(document.path, '{"kind":"counter"');
    const first = await document.read();
    expect(first).toMatchObject({ data: { count: 2 }, recovered: { from: 'previous', reason: 'it is not JSON' } });
    expect(await readFile(first.recovered!.quarantined, 'utf8')).toBe('{"kind":"counter"');
    expect(basename(first.recovered!.quarantined)).toMatch(/^counter\.\d{8}T\d{6}Z\.[0-9a-f]{8}$/);
    // Revision 3 was lost: whoever saw it must not take the repair for it.
    expect(first.revision).toBe(4);
    const again = await counterIn(folder).read();
    expect(again).not.toHaveProperty('recovered');
    expect(again.data).toEqual({ count: 2 });
    expect((await document.history()).map(({ state }) => state)).toEqual([
      'current',
      'previous',
      'previous',
      'quarantined',
    ]);
  });

  test('is told to exactly one of many readers', async () => {
    const folder = await tempFolder();
    await counterIn(folder).update(() => ({ count: 1 }));
    await counterIn(folder).update(() => ({ count: 2 }));
    await writeFile(counterIn(folder).path, '');
    const snapshots = await Promise.all(Array.from({ length: 6 }, () => counterIn(folder).read()));
    expect(snapshots.filter(({ recovered }) => recovered !== undefined)).toHaveLength(1);
    expect(snapshots.map(({ data }) => data.count)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(await readdir(join(folder, '.hawser', 'quarantine'))).toHaveLength(1);
  });

  test('is also told by the update that finds it', async () => {
    const document = counterIn(await tempFolder());
    await document.update(() => ({ count: 1 }));
    await document.update(() => ({ count: 2 }));
    await writeFile(document.path, 'no');
    const updated = await document.update(({ count }) => ({ count: count + 10 }));
    expect(updated).toMatchObject({ data: { count: 11 }, recovered: { from: 'previous' } });
  });

  test('without any good copy gives the default, and its bytes are kept', async () => {
    const document = counterIn(await tempFolder());
    await document.update(() => ({ count: 1 }));
    await writeFile(document.path, '[]');
    const { data, revision, recovered } = await document.read();
    expect([data, revision, recovered?.from]).toEqual([{ count: 0 }, 0, 'default']);
    expect(await readFile(recovered!.quarantined, 'utf8')).toBe('[]');
    await expect(stat(document.path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('passes over copies that are damaged too', async () => {
    const folder = await tempFolder();
    const document = counterIn(folder);
    for (const count of [1, 2, 3]) await document.update(() => ({ count }));
    await rm(join(folder, '.hawser', 'history', 'counter.2.json'));
    await writeFile(join(folder, '.hawser', 'history', 'counter.2.json'), 'bad as well');
    await writeFile(document.path, 'bad');
    expect((await document.read()).data).toEqual({ count: 1 });
  });

  test('that is valid JSON of the wrong shape is damage as well', async () => {
    const document = counterIn(await tempFolder());
    await document.update(() => ({ count: 1 }));
    await document.update(() => ({ count: 2 }));
    await writeFile(document.path, (await readFile(document.path, 'utf8')).replace('"count": 2', '"count": "two"'));
    expect((await document.read()).data).toEqual({ count: 1 });
  });
});

describe('a migration that throws', () => {
  const failing = defineDocument<Count>({
    ...counter,
    version: 2,
    migrations: {
      2: (data) => {
        if ((data as Count).count === 2) throw new Error('cannot do 2');
        return data;
      },
    },
  });

  test('with a good copy before it is treated as damage', async () => {
    const folder = await tempFolder();
    await counterIn(folder).update(() => ({ count: 1 }));
    await counterIn(folder).update(() => ({ count: 2 }));
    expect(await storeIn(folder).document(failing).read()).toMatchObject({
      data: { count: 1 },
      recovered: { from: 'previous' },
    });
  });

  test('without one is an error, and the file stays as it is', async () => {
    const folder = await tempFolder();
    await counterIn(folder).update(() => ({ count: 2 }));
    const document = storeIn(folder).document(failing);
    const bytes = await readFile(document.path);
    await expect(document.read()).rejects.toMatchObject({
      code: 'HAWSER_STATE_MIGRATION_FAILED',
      exitCode: 2,
      cause: expect.objectContaining({ message: 'cannot do 2' }),
    });
    expect(await readFile(document.path)).toEqual(bytes);
  });
});

describe('keepValidItems', () => {
  const list = defineDocument<{ items: { name: string }[]; strict?: boolean }>({
    name: 'list',
    version: 1,
    schema: {
      type: 'object',
      properties: {
        strict: { type: 'boolean' },
        items: {
          type: 'array',
          items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
        },
      },
    },
    default: () => ({ items: [] }),
    recover: keepValidItems,
  });
  const write = (path: string, data: unknown): Promise<void> =>
    writeFile(path, JSON.stringify({ kind: 'list', version: 1, revision: 5, data }));

  test('keeps the valid items of a list and quarantines the whole', async () => {
    const document = openStore({ from: await tempFolder(), env: {} }).document(list);
    await document.update(() => ({ items: [{ name: 'old' }] }));
    await write(document.path, { items: [{ name: 'a' }, { nme: 'b' }, 7, { name: 'c' }] });
    const { data, revision, recovered } = await document.read();
    expect([data, revision]).toEqual([{ items: [{ name: 'a' }, { name: 'c' }] }, 6]);
    expect(recovered).toMatchObject({ from: 'items', reason: "/items/1 must have required property 'name'" });
    expect(await readFile(recovered!.quarantined, 'utf8')).toContain('nme');
  });

  test('gives up when something outside of a list is wrong', async () => {
    const document = openStore({ from: await tempFolder(), env: {} }).document(list);
    await document.update(() => ({ items: [{ name: 'old' }] }));
    await document.update(() => ({ items: [{ name: 'new' }] }));
    await write(document.path, { items: [{ name: 'a' }], strict: 'very' });
    expect(await document.read()).toMatchObject({
      data: { items: [{ name: 'old' }] },
      recovered: { from: 'previous' },
    });
  });

  test('a recover function that throws or returns nonsense does no harm', async () => {
    for (const recover of [
      () => 'nonsense',
      () => {
        throw new Error('unexpected');
      },
    ]) {
      const document = openStore({ from: await tempFolder(), env: {} }).document(defineDocument({ ...list, recover }));
      await write((await document.update(() => ({ items: [] })), document.path), { items: 3 });
      expect((await document.read()).recovered?.from).toBe('default');
    }
  });
});

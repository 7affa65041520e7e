import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineDocument, openStore, type Snapshot } from '@hawser/state-store';
import { describe, expect, test } from '@jest/globals';
import { counter, counterIn, storeIn, type Count } from '../support/counter.js';
import { tempFolder } from '../support/folder.js';
import { gate } from '../support/gate.js';

describe('a document', () => {
  test('that was never written has its default, revision 0, and no folder', async () => {
    const folder = await tempFolder();
    const document = counterIn(folder);
    expect(await document.read()).toEqual({ data: { count: 0 }, revision: 0 });
    await document.remove();
    expect(await document.history()).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('is written in an envelope that says what it is, who wrote it and when', async () => {
    const document = counterIn(await tempFolder());
    const written = await document.update(() => ({ count: 1, note: 'é' }));
    const file = JSON.parse(await readFile(document.path, 'utf8')) as Record<string, unknown>;
    expect(file).toEqual({
      $schema: 'urn:hawser:state:counter/file/1',
      kind: 'counter',
      version: 1,
      revision: 1,
      writtenAt: written.writtenAt,
      writer: { tool: 'test', version: '1.2.3' },
      data: { count: 1, note: 'é' },
    });
    expect(new Date(written.writtenAt!).toISOString()).toBe(written.writtenAt);
    expect(await document.read()).toEqual(written);
  });

  test('the first write keeps the folder out of git; a folder that held something is left without', async () => {
    const folder = await tempFolder();
    await counterIn(folder).update(() => ({ count: 1 }));
    expect(await readFile(join(folder, '.hawser', '.gitignore'), 'utf8')).toBe('*\n');

    const used = await tempFolder();
    await writeFile(join(used, 'mine'), '');
    await openStore({ from: folder, env: { HAWSER_STATE_DIR: used } })
      .document(counter)
      .update(() => ({ count: 1 }));
    expect((await readdir(used)).toSorted()).toEqual(['counter.json', 'locks', 'mine']);
  });

  test('an update that returns what it got writes nothing', async () => {
    const document = counterIn(await tempFolder());
    const first = await document.update(() => ({ count: 1 }));
    const { ino } = await stat(document.path);
    expect(await document.update((data) => data)).toEqual(first);
    expect((await stat(document.path)).ino).toBe(ino);
  });

  test('an updater may change what it was given, and a caller what it got, without harm', async () => {
    const document = counterIn(await tempFolder());
    const first = await document.update((data) => {
      data.count = 7;
      return data;
    });
    first.data.count = 99;
    expect((await document.read()).data).toEqual({ count: 7 });
  });

  test('what the updater throws is thrown on, and nothing is written', async () => {
    const document = counterIn(await tempFolder());
    await document.update(() => ({ count: 1 }));
    const reason = new Error('changed my mind');
    await expect(document.update(() => Promise.reject(reason))).rejects.toBe(reason);
    expect((await document.update(({ count }) => ({ count: count + 1 }))).data).toEqual({ count: 2 });
  });

  test.each<[string, unknown, RegExp]>([
    ['does not fit', { count: 'many' }, /counter\.json was not changed: the new data does not fit/],
    ['is nothing', undefined, /returned nothing that can be written as JSON/],
    ['is a function', () => 1, /returned nothing that can be written as JSON/],
    ['holds a bigint', { count: 1n }, /cannot be written as JSON/],
  ])('new data that %s is refused with exit code 2', async (_what, data, message) => {
    const document = counterIn(await tempFolder());
    await document.update(() => ({ count: 1 }));
    const update = document.update(() => data as Count);
    await expect(update).rejects.toThrow(message);
    await expect(update).rejects.toMatchObject({ code: 'HAWSER_STATE_INVALID_UPDATE', exitCode: 2 });
    expect((await document.read()).data).toEqual({ count: 1 });
  });

  test('of a newer version is read-only: nothing is read into it, written over it, or removed', async () => {
    const folder = await tempFolder();
    const newer = defineDocument<Count>({ ...counter, version: 2, migrations: { 2: (data) => data } });
    await storeIn(folder)
      .document(newer)
      .update(() => ({ count: 5 }));
    const document = counterIn(folder);
    const bytes = await readFile(document.path);
    for (const attempt of [document.read(), document.update(() => ({ count: 1 })), document.remove()]) {
      await expect(attempt).rejects.toMatchObject({
        code: 'HAWSER_STATE_NEWER_VERSION',
        exitCode: 2,
        hint: expect.stringContaining('Update this program'),
        details: { found: 2, known: 1, path: document.path },
      });
    }
    expect(await readFile(document.path)).toEqual(bytes);
  });

  test('of an older version is migrated when read and stored so by the next update', async () => {
    const folder = await tempFolder();
    await counterIn(folder).update(() => ({ count: 5 }));
    const named = defineDocument<{ total: number }>({
      ...counter,
      version: 2,
      validate: (data) => typeof (data as { total?: unknown }).total === 'number',
      migrations: { 2: (data) => ({ total: (data as Count).count }) },
      default: () => ({ total: 0 }),
    });
    const document = storeIn(folder).document(named);
    expect(await document.read()).toMatchObject({ data: { total: 5 }, revision: 1 });
    expect(JSON.parse(await readFile(document.path, 'utf8'))).toMatchObject({ version: 1 });
    await document.update((data) => data);
    expect(JSON.parse(await readFile(document.path, 'utf8'))).toMatchObject({
      version: 2,
      revision: 2,
      data: { total: 5 },
    });
  });

  test('keeps its mode, and a sensitive one is for its owner alone, as is every copy', async () => {
    const folder = await tempFolder();
    const plain = counterIn(folder);
    await plain.update(() => ({ count: 1 }));
    await chmod(plain.path, 0o640);
    await plain.update(() => ({ count: 2 }));
    expect((await stat(plain.path)).mode & 0o777).toBe(0o640);

    const secret = storeIn(folder).document(defineDocument({ ...counter, name: 'secret', sensitive: true }));
    await secret.update(() => ({ count: 1 }));
    expect((await stat(secret.path)).mode & 0o777).toBe(0o600);
    await chmod(secret.path, 0o644);
    await secret.update(() => ({ count: 2 }));
    await writeFile(secret.path, 'damaged');
    await chmod(secret.path, 0o644);
    const { recovered } = await secret.read();
    expect((await stat(secret.path)).mode & 0o777).toBe(0o600);
    expect((await stat(recovered!.quarantined)).mode & 0o777).toBe(0o600);
  });

  test('history has the versions that are kept, newest first', async () => {
    const document = storeIn(await tempFolder()).document(defineDocument({ ...counter, keep: 2 }));
    for (let count = 1; count <= 5; count++) await document.update(() => ({ count }));
    const history = await document.history();
    expect(history.map(({ state, snapshot }) => [state, snapshot?.revision, snapshot?.data.count])).toEqual([
      ['current', 5, 5],
      ['previous', 4, 4],
      ['previous', 3, 3],
    ]);
    await document.remove();
    expect(await document.history()).toEqual([]);
    expect(await document.read()).toEqual({ data: { count: 0 }, revision: 0 });
  });

  test('a store whose folder is removed while it is open makes it anew', async () => {
    const folder = await tempFolder();
    const document = counterIn(folder);
    await document.update(() => ({ count: 1 }));
    await rm(join(folder, '.hawser'), { recursive: true });
    expect((await document.update(({ count }) => ({ count: count + 1 }))).revision).toBe(1);
    expect(await readFile(join(folder, '.hawser', '.gitignore'), 'utf8')).toBe('*\n');
  });

  test('a writer that takes no lock is noticed, and the update is made on top of its version', async () => {
    const document = counterIn(await tempFolder());
    await document.update(() => ({ count: 1 }));
    let tries = 0;
    const updated = await document.update(async ({ count }) => {
      tries++;
      if (tries === 1)
        await writeFile(document.path, (await readFile(document.path, 'utf8')).replace('"count": 1', '"count": 40'));
      return { count: count + 1 };
    });
    expect(updated.data).toEqual({ count: 41 });
    expect(tries).toBe(2);
  });

  test('a writer that never stops interfering ends in an error that says so', async () => {
    const document = counterIn(await tempFolder());
    await document.update(() => ({ count: 1 }));
    let revision = 100;
    const update = document.update(async ({ count }) => {
      await writeFile(
        document.path,
        (await readFile(document.path, 'utf8')).replace(/"revision": \d+/, `"revision": ${revision++}`),
      );
      return { count: count + 1 };
    });
    await expect(update).rejects.toMatchObject({ code: 'HAWSER_STATE_CONTENDED', exitCode: 1 });
  });

  test('a signal ends waiting, in the queue and for the lock, and prevents what has not begun', async () => {
    const folder = await tempFolder();
    const document = counterIn(folder);
    const [begun, mayEnd] = [gate(), gate()];
    const held = document.update(async () => {
      begun.open();
      await mayEnd.passed;
      return { count: 1 };
    });
    await begun.passed;
    const stop = new AbortController();
    const queued = document.update(() => ({ count: 2 }), { signal: stop.signal });
    const locked = counterIn(folder).update(() => ({ count: 3 }), { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(locked).rejects.toThrow('enough');
    mayEnd.open();
    await held;
    await expect(queued).rejects.toThrow('enough');
    await expect(document.read({ signal: stop.signal })).rejects.toThrow('enough');
    expect((await document.read()).data).toEqual({ count: 1 });
  });

  test('a file in the place of the state folder is named', async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, '.hawser'), '');
    await expect(counterIn(folder).update(() => ({ count: 1 }))).rejects.toMatchObject({
      code: 'HAWSER_STATE_NOT_A_FOLDER',
      exitCode: 2,
    });
  });

  test('a system error of another kind keeps its cause', async () => {
    const document = counterIn(await tempFolder());
    await mkdir(document.path, { recursive: true });
    await expect(document.read()).rejects.toMatchObject({
      code: 'HAWSER_STATE_IO',
      exitCode: 1,
      cause: expect.objectContaining({ code: 'EISDIR' }),
    });
  });
});

describe('watch', () => {
  test('gives the document as it is, and then every change, by whomever, until the signal', async () => {
    const folder = await tempFolder();
    await counterIn(folder).update(() => ({ count: 1 }));
    const stop = new AbortController();
    const seen: Snapshot<Count>[] = [];
    for await (const snapshot of counterIn(folder).watch({ signal: stop.signal })) {
      seen.push(snapshot);
      if (snapshot.data.count === 4) stop.abort();
      else void counterIn(folder).update(({ count }) => ({ count: count + 1 }));
    }
    expect(seen.map(({ revision }) => revision)).toEqual([1, 2, 3, 4]);
  });

  test('begins before there is a folder, and notices a removal', async () => {
    const folder = await tempFolder();
    const document = counterIn(folder);
    const seen: number[] = [];
    for await (const { revision } of document.watch({ lookEveryMs: 20 })) {
      seen.push(revision);
      if (seen.length === 1) void document.update(() => ({ count: 1 }));
      if (seen.length === 2) void document.remove();
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([0, 1, 0]);
  });

  test('touching the file without changing its revision is no change', async () => {
    const document = counterIn(await tempFolder());
    await document.update(() => ({ count: 1 }));
    const seen: number[] = [];
    for await (const { revision, data } of document.watch({ lookEveryMs: 10 })) {
      seen.push(revision);
      if (data.count === 2) break;
      await writeFile(document.path, await readFile(document.path));
      void document.update(() => ({ count: 2 }));
    }
    expect(seen).toEqual([1, 2]);
  });
});

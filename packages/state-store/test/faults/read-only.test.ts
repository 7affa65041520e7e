import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { counterIn } from '../support/counter.js';
import { tempFolder } from '../support/folder.js';
import { startProgram } from '../support/program.js';

/** A project with a document, whose folders nobody may write to (root gives up its rights in the program). */
async function readOnlyProject(damage = false): Promise<string> {
  const folder = await tempFolder();
  const document = counterIn(folder);
  await document.update(() => ({ count: 4 }));
  await document.update(() => ({ count: 5 }));
  if (damage) await writeFile(document.path, '{"half');
  await writeFile(join(folder, 'config.yaml'), 'count: 7\n');
  const state = join(folder, '.hawser');
  for (const each of [folder, state, join(state, 'locks'), join(state, 'history')]) await chmod(each, 0o555);
  return folder;
}

async function asNobody(...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await startProgram('as-nobody.mjs', { args }).ended).stdout) as Record<string, unknown>;
}

test('in a read-only folder a document can be read, and a write says what is wrong and what to do', async () => {
  const folder = await readOnlyProject();
  expect(await asNobody('read', folder)).toMatchObject({ ok: true, result: { data: { count: 5 }, revision: 2 } });
  for (const kind of ['update', 'remove']) {
    expect(await asNobody(kind, folder)).toMatchObject({
      code: 'HAWSER_STATE_READ_ONLY',
      exitCode: 1,
      message: expect.stringContaining(folder),
      hint: expect.stringContaining('HAWSER_STATE_DIR'),
    });
  }
  expect((await counterIn(folder).read()).data).toEqual({ count: 5 });
});

test('in a read-only folder a damaged document is read from its previous copy, and left where it is', async () => {
  const folder = await readOnlyProject(true);
  const path = join(folder, '.hawser', 'counter.json');
  expect(await asNobody('read', folder)).toMatchObject({
    ok: true,
    result: { data: { count: 4 }, recovered: { quarantined: path, from: 'previous' } },
  });
  expect(await readFile(path, 'utf8')).toBe('{"half');
});

test('a project that cannot be written to cannot get a state folder', async () => {
  const folder = await tempFolder();
  await mkdir(join(folder, '.git'));
  await chmod(folder, 0o555);
  expect(await asNobody('read', folder)).toMatchObject({ ok: true, result: { data: { count: 0 }, revision: 0 } });
  expect(await asNobody('update', folder)).toMatchObject({ code: 'HAWSER_STATE_READ_ONLY', exitCode: 1 });
});

test('a foreign file in a read-only folder is left alone', async () => {
  const folder = await readOnlyProject();
  expect(await asNobody('foreign', folder)).toMatchObject({ code: 'HAWSER_STATE_READ_ONLY' });
  expect(await readFile(join(folder, 'config.yaml'), 'utf8')).toBe('count: 7\n');
});

test('a document that may not be read is said to be just that', async () => {
  const folder = await readOnlyProject();
  const path = join(folder, '.hawser', 'counter.json');
  await chmod(path, 0o000);
  expect(await asNobody('read', folder)).toMatchObject({
    code: 'HAWSER_STATE_NO_ACCESS',
    exitCode: 1,
    details: { path },
  });
});

import { acquireLock, discardFile, publishFile, readLock, stageFile } from '@hawser/state-store/files';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'hawser-files-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a file is exchanged whole, or what was staged is taken back', async () => {
  const target = join(folder, 'row.json');
  const file = { target, tag: 'a1', bytes: Buffer.from('one'), mode: 0o600 };
  await stageFile(file);
  expect(readdirSync(folder)).toEqual(['.row.json.a1.tmp']);
  expect(await publishFile(file, () => false)).toBe(false);
  expect(await publishFile(file)).toBe(true);
  expect(readFileSync(target, 'utf8')).toBe('one');
  await stageFile({ ...file, tag: 'b2', bytes: Buffer.from('two') });
  await discardFile({ target, tag: 'b2' });
  expect(readdirSync(folder)).toEqual(['row.json']);
});

test('a lock says who holds it, and keeps others out until it is released', async () => {
  const path = join(folder, 'lock');
  const request = { path, subject: 'a row', tool: 'a test', timeoutMs: 0 };
  const held = await acquireLock(request);
  expect(readLock(path)?.owner).toMatchObject({ pid: process.pid, tool: 'a test' });
  await expect(acquireLock(request)).rejects.toMatchObject({ code: 'HAWSER_STATE_LOCKED' });
  held.release();
  expect(readLock(path)).toBeUndefined();
  (await acquireLock(request)).release();
});

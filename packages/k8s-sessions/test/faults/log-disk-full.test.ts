import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { bytesOf, feed, numberedLines, openTestLog, removeTestFolders, temporaryFolder } from '../support/log.js';

const run = promisify(execFile);
let mounted: string | undefined;

afterEach(async () => {
  if (mounted !== undefined) await run('umount', ['-l', mounted]);
  mounted = undefined;
  await removeTestFolders();
});

// Mounting takes root; who is not root has the test with a folder that is away.
const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot('a full disk makes the writer wait, and says so; with room again everything is there', async () => {
  const disk = await temporaryFolder();
  await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
  mounted = disk;
  const ballast = join(disk, 'ballast');
  await writeFile(ballast, Buffer.alloc(1_500_000, 1));
  const folder = join(disk, 'log');
  await mkdir(folder);
  const log = await openTestLog({ folder });
  const written: string[] = [];
  let goOn = true;
  for (let round = 0; goOn && round < 100; round++) {
    const text = numberedLines(64, round * 64);
    written.push(text);
    goOn = log.writer.write(Buffer.from(text));
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  expect(goOn).toBe(false);
  while (log.troubles.length === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  expect(log.troubles).toMatchObject([{ kind: 'disk', message: expect.stringContaining('ENOSPC') }]);
  // Readers see everything meanwhile.
  expect((await bytesOf(log.writer.source)).toString()).toBe(written.join(''));
  const drained = log.writer.drained();
  await rm(ballast);
  await drained;
  expect(log.troubles.at(-1)).toMatchObject({ kind: 'over' });
  written.push('after\r\n');
  await feed(log.writer, 'after\r\n');
  await log.writer.close();
  expect((await bytesOf(log.writer.source)).toString()).toBe(written.join(''));
  const again = await openTestLog({ folder });
  expect((await bytesOf(again.writer.source)).toString()).toBe(written.join(''));
  await again.writer.close();
});

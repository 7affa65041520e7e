import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { scale } from '../../../../test/support/scale.js';
import { openFileStore } from '../../src/stores/files.js';

const support = (name: string): string => fileURLToPath(new URL(`../support/${name}`, import.meta.url));

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'hawser-store-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process that counts; its lines are what it was told it had written. */
function counter(times: number): {
  readonly child: ChildProcess;
  readonly written: number[];
  readonly first: Promise<unknown>;
} {
  const child = spawn(process.execPath, [support('local-count.mjs'), folder, 'n', String(times)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const written: number[] = [];
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const first = once(lines, 'line');
  lines.on('line', (line) => written.push(Number(line)));
  return { child, written, first };
}

describe('rows shared by many processes', () => {
  test('of writers that race and are killed, no write is lost and no lock stays', async () => {
    const times = scale(30, 500);
    const victims = Array.from({ length: scale(2, 12) }, () => counter(100_000));
    const others = Array.from({ length: 2 }, () => counter(times));
    const exits = others.map(({ child }) => once(child, 'close'));
    for (const { child, first } of victims) {
      await first;
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    await Promise.all(exits);
    const row = await openFileStore({ folder }).get<number>('P', 'n');
    const said = [...victims, ...others].flatMap(({ written }) => written);
    // Every version was given to one writer; a killed one may have written once without being able to say so.
    expect(new Set(said).size).toBe(said.length);
    expect(row?.data).toBe(row?.version);
    expect(row?.version).toBeGreaterThanOrEqual(said.length);
    expect(row?.version).toBeLessThanOrEqual(said.length + victims.length * 2);
    await openFileStore({ folder }).put({ partition: 'P', key: 'n', data: 0 }, row?.version ?? 0);
    expect(readdirSync(join(folder, 'locks'))).toEqual([]);
  });

  test('a thousand rows are listed at once', async () => {
    const store = openFileStore({ folder });
    const rows = scale(250, 1000);
    const data = { command: 'x'.repeat(400), env: { A: 'b'.repeat(400) } };
    await Promise.all(
      Array.from({ length: rows }, (_none, index) => store.put({ partition: 'P', key: `k${index}`, data }, 0)),
    );
    const before = process.cpuUsage();
    expect(await openFileStore({ folder }).list('P', { limit: rows })).toHaveLength(rows);
    const { user, system } = process.cpuUsage(before);
    // The promise is 200 ms of a clock; the processor's time is what does not depend on who else runs.
    expect((user + system) / 1000).toBeLessThan((200 * rows) / 1000);
  });

  test('a full disk and a read-only one are said, and what was stored stays', () => {
    const { stdout, stderr, status } = spawnSync(
      'unshare',
      ['--user', '--map-root-user', '--mount', process.execPath, support('local-full-disk.mjs'), folder],
      { encoding: 'utf8' },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      full: { code: 'HAWSER_EXEC_BACKEND_STORE_FAILED', message: expect.stringContaining('the disk is full') },
      fullSecret: { code: 'HAWSER_EXEC_BACKEND_STORE_FAILED' },
      kept: { data: 'before', version: 1 },
      waited: true,
      mark: { bytes: 60_000, complete: true },
      after: { done: 2 },
      secret: 'before',
      readOnly: { code: 'HAWSER_EXEC_BACKEND_STORE_FAILED', message: expect.stringContaining('read-only') },
      read: 'after',
      locks: [],
    });
  });
});

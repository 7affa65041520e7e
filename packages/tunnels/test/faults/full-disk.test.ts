import { spawnSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readEvents } from '@hawser/tunnels/supervisor';
import type { TunnelEvent } from '@hawser/tunnels';
import { processesOf } from '../support/processes.js';
import { ask, Echo, Project, spec } from '../support/project.js';

/** Makes folders of a project file systems of 64 KiB; `false` where this process may not mount one. */
async function onSmallDisk(project: Project, name: string, work: (folder: string) => Promise<void>): Promise<boolean> {
  const folder = join(project.folder, name);
  await mkdir(folder, { recursive: true });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder], { stdio: 'ignore' }).status !== 0) {
    process.stderr.write('NOT RUN on a full disk: mounting a tmpfs needs root.\n');
    return false;
  }
  try {
    await work(folder);
  } finally {
    spawnSync('umount', ['-l', folder]);
  }
  return true;
}

/** Leaves no room at all. */
async function fill(folder: string): Promise<string> {
  const path = join(folder, 'ballast');
  for (const size of [65_536, 4_096, 512, 1]) {
    for (;;) {
      try {
        await writeFile(path, Buffer.alloc(size), { flag: 'a' });
      } catch {
        break;
      }
    }
  }
  return path;
}

test('where net.json cannot be written nothing is opened, and when it cannot be cleared it is told as nobody’s', async () => {
  await using project = await Project.make({ HAWSER_STATE_DIR: '' });
  await using echo = await Echo.start();
  await onSmallDisk(project, 'p/.hawser', async (folder) => {
    const ballast = await fill(folder);
    await expect(project.connect()).rejects.toMatchObject({ code: 'HAWSER_STATE_DISK_FULL', exitCode: 1 });
    expect(await processesOf(project)).toEqual([]);
    await rm(ballast);

    const client = await project.connect();
    const [tunnel] = await client.up([spec({ to: echo.target })]);
    await fill(folder);
    const more = client.up([spec({ name: 'more', to: echo.target })]);
    await expect(more).rejects.toMatchObject({ code: 'HAWSER_STATE_DISK_FULL' });
    expect((await client.status()).tunnels.map(({ spec: { name } }) => name)).toEqual(['app']);
    expect(await ask({ port: tunnel!.local.port }, 'goes on')).toBe('goes on');

    expect(await client.down({ all: true })).toEqual({ stopped: ['app'], unknown: [] });
    expect(await processesOf(project)).toEqual([]);
    await expect(ask({ port: tunnel!.local.port }, '')).rejects.toThrow('ECONNREFUSED');
    await rm(join(folder, 'ballast'));
    await using again = await project.connect();
    expect((await again.status()).tunnels).toEqual([]);
  });
});

test('where the log cannot be written the tunnels go on, and the gap is told once there is room', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  await onSmallDisk(project, 's', async (folder) => {
    const ballast = await fill(folder);
    const client = await project.connect();
    const [tunnel] = await client.up([spec({ to: echo.target })]);
    expect(await ask({ port: tunnel!.local.port }, 'unlogged')).toBe('unlogged');
    await rm(ballast);
    await client.down({ all: true });
    const events: TunnelEvent[] = [];
    for await (const event of readEvents(project.where)) events.push(event);
    expect(events.some(({ text }) => /^\d+ events before this could not be written$/.test(text))).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: 'supervisor', text: 'left' });
  });
});

import { randomInt } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { connectSupervisor, reap } from '@hawser/tunnels/supervisor';
import { currentProcess, identifyProcess, isAlive } from '@hawser/state-store/process';
import { Program } from '../../../../test/support/program.js';
import { scale } from '../../../../test/support/scale.js';
import { makeOwnedFolder, socketIn } from '../../src/supervisor/owner.js';
import { Ledger } from '../../src/supervisor/ledger.js';
import { placesOf } from '../../src/supervisor/places.js';
import { processesOf } from '../support/processes.js';
import { ask, Echo, Project, spec } from '../support/project.js';

/** Latest instant at which the supervisor is killed, in milliseconds after it was asked for. */
const LATEST_MS = 1_500;

/** Kills the supervisor itself, and nothing it started: that is what is to be found. */
async function killSupervisor(project: Project): Promise<void> {
  const supervisor = (await processesOf(project)).find(({ command }) => command.includes('supervisor-program'));
  if (supervisor) process.kill(supervisor.pid, 'SIGKILL');
}

test('killed at any instant, the next call leaves no process, no bound port and no lying record', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  const via = { kind: 'ssh-bastion', host: project.far } as const;
  for (let round = 1; round <= scale(6, 200); round++) {
    const instantMs = randomInt(LATEST_MS);
    const at = `round ${round}, killed after ${instantMs} ms`;
    const ports: number[] = [];
    const opening = (async () => {
      const client = await project.connect();
      const specs = [spec({ name: 'child', to: echo.target, via }), spec({ name: 'plain', to: echo.target })];
      const bound = await client.up(specs, { wait: 'bound' });
      ports.push(...bound.map((tunnel) => tunnel.local.port));
      await client.wait({ all: true }, { until: 'healthy' });
    })();
    const opened = opening.then(
      () => undefined,
      (error: unknown) => error,
    );
    await delay(instantMs);
    await killSupervisor(project);
    await opened;
    // One that was not there yet, or was started in place of one killed before anybody had talked to it.
    await killSupervisor(project);

    expect([at, await connectSupervisor(project.where)]).toEqual([at, undefined]);
    expect([at, await processesOf(project)]).toEqual([at, []]);
    const record = (await project.record())?.data ?? { tunnels: [] };
    expect([at, record['supervisor'], record['tunnels']]).toEqual([at, undefined, []]);
    const [folder] = placesOf(project.where).runtimeDirectories;
    expect([at, await readdir(folder!).catch(() => [])]).toEqual([at, []]);
    for (const port of ports) await expect(ask({ port }, at)).rejects.toThrow('ECONNREFUSED');
  }
});

test('of what a killed supervisor wrote down, only its own processes are ended', async () => {
  await using project = await Project.make();
  await using stranger = new Program('sleep', ['600']);
  await using orphan = new Program('sleep', ['600']);
  const places = placesOf(project.where);
  const self = await currentProcess();
  const owner = {
    instance: 'a'.repeat(16),
    // Ours, begun at another time: as if this process had got the id of one that is gone.
    identity: { ...self, start: '1' },
    project: places.project,
    startedAt: new Date().toISOString(),
  };
  const folder = await makeOwnedFolder(places.runtimeDirectories[0]!, owner);
  const ledger = new Ledger(folder);
  const identity = (await identifyProcess(orphan.child.pid!))!;
  const reused = { ...(await identifyProcess(stranger.child.pid!))!, start: '1' };
  await ledger.add({ identity, program: 'sleep' });
  await ledger.add({ identity: reused, program: 'sleep' });
  await ledger.add({ identity: { ...self, start: '1' }, program: 'node' });
  await writeFile(join(folder, 'children.jsonl'), '{"identity":{"pid":1,"sta', { flag: 'a' });

  expect(await reap(project.where)).toEqual({ ended: [orphan.child.pid], stale: [] });
  expect(await isAlive((await identifyProcess(stranger.child.pid!))!)).toBe(true);
  expect(await orphan.ended).toMatchObject({ signal: 'SIGTERM' });
  await expect(readdir(folder)).rejects.toThrow('ENOENT');
  expect(socketIn(folder).length).toBeLessThan(100);
});

test('an orphan that was not written down yet is found by what it inherited, and one that ignores SIGTERM is killed', async () => {
  await using project = await Project.make();
  const places = placesOf(project.where);
  const instance = 'b'.repeat(16);
  await makeOwnedFolder(places.runtimeDirectories[0]!, {
    instance,
    identity: { ...(await currentProcess()), start: '1' },
    project: places.project,
    startedAt: new Date().toISOString(),
  });
  const stubborn = `process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000); console.log('up')`;
  await using orphan = new Program(process.execPath, ['-e', stubborn], {
    env: { ...process.env, HAWSER_NET_INSTANCE: instance },
  });
  await orphan.shows(/up/);
  expect((await reap(project.where)).ended).toEqual([orphan.child.pid]);
  expect(await orphan.ended).toMatchObject({ signal: 'SIGKILL' });
});

test('the tunnels of a killed supervisor are told as stale, once, and their ports are kept in mind', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  const client = await project.connect();
  const [tunnel] = await client.up([spec({ to: echo.target })]);
  const identity = (await identifyProcess(client.pid))!;
  process.kill(client.pid, 'SIGKILL');
  await expect(client.status()).rejects.toMatchObject({ code: 'HAWSER_NET_NOT_RUNNING' });
  while (await isAlive(identity)) await delay(5);
  expect(await reap(project.where)).toEqual({ ended: [], stale: ['app'] });
  expect(await reap(project.where)).toEqual({ ended: [], stale: [] });
  await using again = await project.connect();
  expect((await again.up([spec({ to: echo.target })]))[0]!.local.port).toBe(tunnel!.local.port);
});

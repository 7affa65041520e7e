import { expect, test } from '@jest/globals';
import { chmod, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { connectSupervisor } from '@hawser/tunnels/supervisor';
import { isAlive, identifyProcess } from '@hawser/state-store/process';
import { ask, Echo, entry, Project, spec } from '../support/project.js';

test('one tunnel: up, used, seen, down; nothing is left', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  const client = await project.connect();
  const identity = (await identifyProcess(client.pid))!;

  const [tunnel] = await client.up([spec({ to: echo.target, env: { URL: 'http://{addr}/api' } })]);
  expect(tunnel).toMatchObject({ link: { state: 'ready' }, probe: { state: 'ok' } });
  const { port } = tunnel!.local;
  expect(tunnel!.local.hosts).toContain('127.0.0.1');
  expect(tunnel!.env).toEqual({ URL: `http://127.0.0.1:${port}/api` });
  expect(await ask({ port }, 'hello')).toBe('hello');

  const status = await client.status();
  expect(status.tunnels[0]).toMatchObject({ bytes: { in: 5, out: 5 }, connections: { total: 1 } });
  expect(await project.record()).toMatchObject({
    version: 2,
    data: {
      supervisor: { identity: { pid: client.pid } },
      tunnels: [{ name: 'app', local: { port } }],
      ports: { app: port },
    },
  });

  expect(await client.down({ names: ['app', 'other'] })).toEqual({ stopped: ['app'], unknown: ['other'] });
  expect(await isAlive(identity)).toBe(false);
  await expect(ask({ port }, '')).rejects.toThrow('ECONNREFUSED');
  expect(await connectSupervisor(project.where)).toBeUndefined();
  expect((await project.record())?.data).toEqual({ tunnels: [], ports: { app: port } });
});

test('a record somebody removed does not hide the supervisor, and comes back with the next change', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  const client = await project.connect();
  await client.up([spec({ to: echo.target })]);
  await rm(project.env['HAWSER_STATE_DIR']!, { recursive: true });
  const again = (await connectSupervisor(project.where))!;
  expect(again.pid).toBe(client.pid);
  await again.up([spec({ name: 'second', to: echo.target })]);
  expect((await project.record())?.data).toMatchObject({
    supervisor: { identity: { pid: client.pid } },
    tunnels: [{ name: 'app' }, { name: 'second' }],
  });
  await again.down({ all: true });
});

test('who comes with other variables, as cron does, finds the supervisor all the same', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  const client = await project.connect();
  await client.up([spec({ to: echo.target })]);
  const env = asUnderCron(project);
  const again = (await connectSupervisor({ ...project.where, env, spawn: { entry } }))!;
  expect(again.pid).toBe(client.pid);
  expect(await again.down({ all: true })).toEqual({ stopped: ['app'], unknown: [] });
});

test('a record that came with a repository leads to no folder that others may write to', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  const client = await project.connect();
  await client.up([spec({ to: echo.target })]);
  const { data } = (await project.record()) as unknown as { data: { supervisor: { socket: string } } };
  const folder = dirname(dirname(data.supervisor.socket));
  const env = asUnderCron(project);
  await chmod(folder, 0o777);
  try {
    expect(await connectSupervisor({ ...project.where, env })).toBeUndefined();
  } finally {
    await chmod(folder, 0o700);
  }
});

/** The variables of a project's person without the one that names the folder for sockets, and with other temporary files. */
function asUnderCron(project: Project): Readonly<Record<string, string>> {
  const { XDG_RUNTIME_DIR: _, ...env } = project.env as Record<string, string>;
  return { ...env, TMPDIR: join(project.folder, 'elsewhere') };
}

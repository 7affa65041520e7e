import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { connectSupervisor, runForeground, createProviders, stopSupervisor } from '@hawser/tunnels/supervisor';
import { currentProcess, identifyProcess, isAlive } from '@hawser/state-store/process';
import { makeOwnedFolder, ownedFolders, socketIn } from '../../src/supervisor/owner.js';
import { placesOf } from '../../src/supervisor/places.js';
import { processesOf } from '../support/processes.js';
import { ask, Echo, Project, spec } from '../support/project.js';

test('eight that open tunnels at once have one supervisor', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  const clients = await Promise.all(Array.from({ length: 8 }, () => project.connect()));
  const results = await Promise.all(
    clients.map((client, index) =>
      client.up([spec({ to: echo.target }), spec({ name: `own-${index}`, to: echo.target })]),
    ),
  );
  expect(new Set(clients.map((client) => client.pid)).size).toBe(1);
  expect(new Set(results.map(([shared]) => shared!.createdAt)).size).toBe(1);
  expect((await clients[0]!.status()).tunnels).toHaveLength(9);
  const supervisors = await processesOf(project);
  expect(supervisors.map(({ pid }) => pid)).toEqual([clients[0]!.pid]);
  expect((await clients[1]!.down({ all: true })).stopped).toHaveLength(9);
  expect(await processesOf(project)).toEqual([]);
});

test('who opens a tunnel while the last one is being closed gets a supervisor all the same', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  const first = await project.connect();
  await first.up([spec({ to: echo.target })]);
  const second = await project.connect();
  const [closed, opened] = await Promise.all([
    first.down({ names: ['app'] }),
    second.up([spec({ name: 'next', to: echo.target })]),
  ]);
  expect(closed.stopped).toEqual(['app']);
  expect(opened[0]!.spec.name).toBe('next');
  const third = await project.connect();
  expect((await third.status()).tunnels.map((tunnel) => tunnel.spec.name)).toEqual(['next']);
  await third.close();
});

test('a suspended supervisor is told as such, at once; closing all ends it nevertheless', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  const client = await project.connect();
  await client.up([spec({ to: echo.target })]);
  const identity = (await identifyProcess(client.pid))!;
  process.kill(client.pid, 'SIGSTOP');
  await expect(connectSupervisor(project.where)).rejects.toMatchObject({
    code: 'HAWSER_NET_SUPERVISOR_FAILED',
    message: `The supervisor (process ${client.pid}) is suspended, so it does not answer.`,
    hint: expect.stringContaining(`kill -CONT ${client.pid}`),
  });
  expect(await stopSupervisor(project.where)).toEqual({ pid: client.pid });
  expect(await isAlive(identity)).toBe(false);
});

test('a supervisor of another version is refused, and can be ended', async () => {
  await using project = await Project.make();
  const places = placesOf(project.where);
  const folder = await makeOwnedFolder(places.runtimeDirectories[0]!, {
    instance: 'c'.repeat(16),
    identity: await currentProcess(),
    project: places.project,
    startedAt: new Date().toISOString(),
  });
  const server = createServer((socket) => socket.end('{"hawser":"net","protocol":99,"instance":"c","pid":1}\n'));
  server.listen(socketIn(folder));
  await once(server, 'listening');
  try {
    await expect(connectSupervisor(project.where)).rejects.toMatchObject({
      code: 'HAWSER_NET_PROTOCOL',
      details: { theirs: 99, ours: 1 },
    });
  } finally {
    server.close();
    // The jest process itself was made its owner: it must not be ended when the project is.
    await rm(folder, { recursive: true });
  }
});

test('an entry that does not serve is told with its last words', async () => {
  await using project = await Project.make();
  const folder = await mkdtemp('/tmp/hn-entry-');
  const entry = join(folder, 'broken.mjs');
  await writeFile(entry, 'console.error("cannot find my feet"); process.exit(3);');
  try {
    await expect(connectSupervisor({ ...project.where, spawn: { entry } })).rejects.toMatchObject({
      code: 'HAWSER_NET_SUPERVISOR_FAILED',
      message: expect.stringMatching(/ended before it served \(3\)[^]*cannot find my feet/),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('in the foreground it is the same supervisor, and there is only one', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  await using foreground = await runForeground({ ...project.where, providers: createProviders() });
  await foreground.client.up([spec({ to: echo.target })]);
  const other = await project.connect();
  expect(other.pid).toBe(process.pid);
  await expect(runForeground({ ...project.where, providers: createProviders() })).rejects.toMatchObject({
    code: 'HAWSER_NET_EXISTS',
  });
  expect(await other.down({ all: true })).toEqual({ stopped: ['app'], unknown: [] });
  await foreground.ended;
});

test('hostile bytes on the control socket end that conversation, and nothing else', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  const client = await project.connect();
  const [tunnel] = await client.up([spec({ to: echo.target })]);
  const [folder] = await ownedFolders(placesOf(project.where).runtimeDirectories);
  const hostile = [
    Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    Buffer.from('{"id":1,"op":"up","specs":[{"name":"../../x"}]}\n'),
    Buffer.from('{"id":1,"op":"up","specs":"all"}\n{"id":1}\n'),
    Buffer.from('{"id":1,"op":"__proto__"}\n{"cancel":7}\nnull\n[]\n'),
    Buffer.from('{"id":1,"op":"down","selector":{"names":[1]}}\n"\n'),
    Buffer.from(`${'['.repeat(100_000)}\n`),
    Buffer.alloc(5 << 20, 'x'),
    Buffer.from([0, 255, 254, 10, 0, 10, 10, 128]),
  ];
  for (const bytes of hostile) {
    const socket = connect(socketIn(folder!.path));
    let heard = '';
    socket.on('data', (chunk) => (heard += String(chunk)));
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.end(bytes);
    await closed;
    expect(heard).toMatch(/"error":\{|^\{"hawser":"net"[^\n]*\n$/);
  }
  expect((await client.status()).tunnels).toHaveLength(1);
  expect(await ask({ port: tunnel!.local.port }, 'still here')).toBe('still here');
});

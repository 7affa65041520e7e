import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { livenessOf, identifyProcess } from '@hawser/state-store/process';
import { Client, Follower, inForeground } from '../support/foreground.js';
import { ask, Echo, Project, spec } from '../support/project.js';

const over = (project: Project): { readonly kind: 'ssh-bastion'; readonly host: string } => ({
  kind: 'ssh-bastion',
  host: project.far,
});

test('a client that connects while the link is away waits, and gets every byte once it is back', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  await using foreground = await inForeground(project);
  const { client } = foreground;
  const [tunnel] = await client.up([spec({ to: echo.target, via: over(project) })]);
  await using events = new Follower((signal) => client.events({ signal }));
  await client.status();

  await writeFile(join(project.far, 'down'), '');
  process.kill(tunnel!.link.pids[0]!, 'SIGKILL');
  await events.until((event) => event.type === 'link' && event.state === 'reconnecting');
  const waiting = new Client(tunnel!);
  waiting.socket.end('held, not lost');
  await waiting.connected();
  for (let held = 0; held === 0;) held = (await client.status()).tunnels[0]!.connections.held;
  expect(waiting.heard).toBe('');

  await rm(join(project.far, 'down'));
  await waiting.hears('held, not lost');
  expect(await waiting.over).toBe('end');
  const { tunnels } = await client.status();
  expect(tunnels[0]).toMatchObject({ connections: { refused: 0, total: 1 }, link: { state: 'ready', connects: 2 } });
});

test('a killed link is made anew at once, and a connection over the old one is reset, not ended', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  await using foreground = await inForeground(project);
  const { client } = foreground;
  const [tunnel] = await client.up([spec({ to: echo.target, via: over(project) })]);
  const before = new Client(tunnel!);
  before.socket.write('before');
  await before.hears('before');
  const [pid] = tunnel!.link.pids;
  const identity = (await identifyProcess(pid!))!;
  process.kill(pid!, 'SIGKILL');
  expect(await before.over).toBe('ECONNRESET');
  expect(await ask({ port: tunnel!.local.port }, 'after')).toBe('after');
  const { link } = (await client.status()).tunnels[0]!;
  expect(link).toMatchObject({ state: 'ready', connects: 2 });
  expect(link.pids).not.toContain(pid);
  expect((await livenessOf(identity)).state).toBe('dead');
});

test('who has waited too long is reset, and counted', async () => {
  await using project = await Project.make();
  await using foreground = await inForeground(project);
  await writeFile(join(project.far, 'down'), '');
  const tunnelSpec = spec({ to: { host: '127.0.0.1', port: 9 }, via: over(project), holdMs: 50 });
  const [tunnel] = await foreground.client.up([tunnelSpec], { wait: 'bound' });
  const client = new Client(tunnel!);
  expect(await client.over).toBe('ECONNRESET');
  expect((await foreground.client.status()).tunnels[0]!.connections).toMatchObject({ refused: 1, held: 0, open: 0 });
});

test('while a person is needed, connections wait; a changed token file brings the link back by itself', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  await using foreground = await inForeground(project);
  const { client } = foreground;
  await writeFile(join(project.far, 'needs-auth'), '');
  const [tunnel] = await client.up([spec({ to: echo.target, via: over(project) })], { wait: 'bound' });
  await expect(client.wait({ all: true }, { until: 'link' })).rejects.toMatchObject({
    code: 'HAWSER_NET_NEEDS_AUTH',
    details: { authCommand: 'log in' },
  });
  const waiting = new Client(tunnel!);
  waiting.socket.end('patient');
  await rm(join(project.far, 'needs-auth'));
  await writeFile(join(project.far, 'token'), 'fresh');
  await waiting.hears('patient');
});

test('up says at once what no waiting will mend, and leaves nothing open', async () => {
  await using project = await Project.make();
  await using foreground = await inForeground(project);
  await writeFile(join(project.far, 'denied'), '');
  const opening = foreground.client.up([spec({ to: { host: '127.0.0.1', port: 9 }, via: over(project) })]);
  await expect(opening).rejects.toMatchObject({ code: 'HAWSER_NET_LINK_FAILED', hint: 'mend it' });
  expect((await foreground.client.status()).tunnels).toEqual([]);
});

test('an application that is not there: its refusal is passed on as a reset, up names the probe and gives up', async () => {
  await using project = await Project.make();
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as { port: number };
  gone.close();
  await using foreground = await inForeground(project);
  const app = spec({ to: { host: '127.0.0.1', port } });
  await expect(foreground.client.up([app], { timeoutMs: 300 })).rejects.toMatchObject({
    code: 'HAWSER_NET_NOT_READY',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  const [tunnel] = await foreground.client.up([app], { wait: 'link' });
  const client = new Client(tunnel!);
  expect(await client.over).toBe('ECONNRESET');
  for (let state = 'ready'; state !== 'degraded';) state = (await foreground.client.status()).tunnels[0]!.link.state;
});

test('tunnels of one set with an equal way share one link; restart makes it anew, and the ports stay', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  await using foreground = await inForeground(project);
  const { client } = foreground;
  const via = over(project);
  const tunnels = await client.up([
    spec({ name: 'one', to: echo.target, via }),
    spec({ name: 'two', to: echo.target, via: { host: project.far, kind: 'ssh-bastion' } }),
    spec({ name: 'three', set: 'other', to: echo.target, via }),
  ]);
  const pids = tunnels.map((tunnel) => tunnel.link.pids.join(' '));
  expect(pids[0]).toBe(pids[1]);
  expect(pids[2]).not.toBe(pids[0]);

  expect(await client.restart({ names: ['one'] })).toEqual(['one']);
  const [one, two, three] = await client.wait({ all: true }, { until: 'healthy' });
  expect(one!.link).toMatchObject({ connects: 2 });
  expect(one!.link.pids).toEqual(two!.link.pids);
  expect(one!.link.pids.join(' ')).not.toBe(pids[0]);
  expect(three!.link.pids.join(' ')).toBe(pids[2]);
  expect([one, two, three].map((tunnel) => tunnel!.local.port)).toEqual(tunnels.map((tunnel) => tunnel.local.port));

  const [pid] = three!.link.pids;
  expect(await client.down({ pid: pid! })).toEqual({ stopped: ['three'], unknown: [] });
  expect(await client.down({ pid: 1 })).toEqual({ stopped: [], unknown: ['pid 1'] });
  expect(await client.down({})).toEqual({ stopped: [], unknown: [] });
  expect(await client.down({ pid: client.pid })).toEqual({ stopped: ['one', 'two'], unknown: [] });
  await foreground.ended;
});

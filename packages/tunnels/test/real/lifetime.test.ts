import { writeFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import { LinkError, type Provider } from '@hawser/tunnels';
import { connectSupervisor, stopSupervisor } from '@hawser/tunnels/supervisor';
import { identifyProcess, isAlive } from '@hawser/state-store/process';
import { childProvider } from '../support/child-provider.mjs';
import { Client, Follower, inForeground } from '../support/foreground.js';
import { ask, Echo, Project, spec } from '../support/project.js';

test('a lazy tunnel is ready when it is bound; its first connection opens the link', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  await using foreground = await inForeground(project);
  const via = { kind: 'ssh-bastion', host: project.far } as const;
  const [tunnel] = await foreground.client.up([spec({ to: echo.target, via, lazy: true })]);
  expect(tunnel!.link).toMatchObject({ state: 'idle', connects: 0, pids: [] });
  expect(await ask({ port: tunnel!.local.port }, 'first')).toBe('first');
  expect((await foreground.client.status()).tunnels[0]!.link).toMatchObject({ state: 'ready', connects: 1 });
});

test('a tunnel whose time is over is closed, used or not; the supervisor leaves with it', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  const foreground = await inForeground(project);
  await using events = new Follower((signal) => foreground.client.events({ signal }));
  await foreground.client.status();
  const [tunnel] = await foreground.client.up([spec({ to: echo.target, ttlMs: 300 })], { wait: 'link' });
  const client = new Client(tunnel!);
  client.socket.write('x');
  expect(await client.over).toBe('ECONNRESET');
  await events.until(({ type, text }) => type === 'removed' && text === 'its time is over');
  await foreground.ended;
  expect(await connectSupervisor(project.where)).toBeUndefined();
});

test('a tunnel nobody uses is closed; one that is used stays until it no longer is', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  const foreground = await inForeground(project);
  const specs = [spec({ to: echo.target, idleMs: 200 }), spec({ name: 'unused', to: echo.target, idleMs: 200 })];
  await using events = new Follower((signal) => foreground.client.events({ signal }));
  await foreground.client.status();
  const [tunnel] = await foreground.client.up(specs, { wait: 'bound' });
  const client = new Client(tunnel!);
  client.socket.write('x');
  await events.until(({ type, tunnel: name }) => type === 'removed' && name === 'unused');
  client.socket.write('y');
  await client.hears('xy');
  client.socket.end();
  await events.until(({ type, tunnel: name }) => type === 'removed' && name === 'app');
  await foreground.ended;
});

test('down lets connections end, at most as long as it was told, and resets the rest', async () => {
  await using project = await Project.make();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => String(chunk) === 'finish' && socket.write('finished'));
    socket.on('end', () => socket.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const to = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  await using foreground = await inForeground(project);
  const [tunnel] = await foreground.client.up([spec({ to }), spec({ name: 'other', to })]);
  const [polite, stubborn] = [new Client(tunnel!), new Client(tunnel!)];
  for (let open = 0; open < 2;) open = (await foreground.client.status()).tunnels[0]!.connections.open;
  polite.socket.end('finish');
  const closing = foreground.client.down({ names: ['app'] });
  await polite.hears('finished');
  expect(await stubborn.over).toBe('ECONNRESET');
  await closing;
  await foreground.client.down({ all: true });
  server.close();
  await once(server, 'close');
});

test('SIGTERM ends a supervisor in good order; its terminal may close before', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  const client = await project.connect();
  const identity = (await identifyProcess(client.pid))!;
  await client.up([spec({ to: echo.target, via: { kind: 'ssh-bastion', host: project.far }, local: { port: 0 } })]);
  process.kill(client.pid, 'SIGHUP');
  expect((await client.status()).tunnels).toHaveLength(1);
  await using events = new Follower((signal) => client.events({ signal }));
  await client.status();
  process.kill(client.pid, 'SIGTERM');
  await events.until(({ type, text }) => type === 'supervisor' && text === 'left');
  await stopSupervisor(project.where);
  while (await isAlive(identity)) await delay(5);
  await expect(client.status()).rejects.toMatchObject({ code: 'HAWSER_NET_NOT_RUNNING' });
  expect((await project.record())?.data['supervisor']).toBeUndefined();
});

test('after sleep every link is asked at once, and one that is dead is made anew', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  let links = 0;
  const cut = { cause: 'timeout', message: 'dead since', hint: '', permanent: false } as const;
  const half: Provider = {
    ...(childProvider as Provider),
    async open(via, options) {
      const link = await (childProvider as Provider).open(via, options);
      links += 1;
      // As after sleep: nothing has told us that the far end is gone.
      return links === 1 ? { ...link, check: () => Promise.reject(new LinkError(cut)) } : link;
    },
  };
  await using foreground = await inForeground(project, { 'ssh-bastion': async () => half });
  const { client } = foreground;
  await client.up([spec({ to: echo.target, via: { kind: 'ssh-bastion', host: project.far } })]);
  await using events = new Follower((signal) => client.events({ signal }));
  await client.status();
  const wall = Date.now();
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => wall + 3_600_000);
  await events.until(({ type }) => type === 'sleep');
  clock.mockRestore();
  await events.until(({ type, text }) => type === 'debug' && text === 'asks the far end: after sleep');
  await events.until(({ type, failure }) => type === 'link' && failure?.message === 'dead since');
  await events.until(({ type, state }) => type === 'link' && state === 'ready');
  expect((await client.status()).tunnels[0]!.link.connects).toBe(2);
});

test('unknown names are refused where something is to be done with them', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  await using foreground = await inForeground(project);
  const { client } = foreground;
  await client.up([spec({ to: echo.target })]);
  await expect(client.restart({ names: ['no'] })).rejects.toMatchObject({
    code: 'HAWSER_NET_TUNNEL_NOT_FOUND',
    exitCode: 2,
  });
  await expect(client.wait({ sets: ['no'] }, { until: 'bound' })).rejects.toMatchObject({
    code: 'HAWSER_NET_TUNNEL_NOT_FOUND',
  });
  expect(await client.down({ via: 'ssm' })).toEqual({ stopped: [], unknown: [] });
  expect(await client.down({ all: true, via: 'direct' })).toEqual({ stopped: ['app'], unknown: [] });
});

test('up that is called off opens nothing', async () => {
  await using project = await Project.make();
  await using foreground = await inForeground(project);
  await writeFile(join(project.far, 'down'), '');
  const abort = new AbortController();
  const via = { kind: 'ssh-bastion', host: project.far } as const;
  const opening = foreground.client.up([spec({ to: { host: 'h', port: 1 }, via })], {
    signal: abort.signal,
    onEvent: ({ state }) => state === 'reconnecting' && abort.abort(new Error('changed my mind')),
  });
  await expect(opening).rejects.toThrow('changed my mind');
  expect((await foreground.client.status()).tunnels).toEqual([]);
  await rm(join(project.far, 'down'));
});

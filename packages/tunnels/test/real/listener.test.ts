import { once } from 'node:events';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Program } from '../../../../test/support/program.js';
import { Client, inForeground } from '../support/foreground.js';
import { ask, Echo, Project, spec } from '../support/project.js';

/** A listener of somebody else. */
async function foreign(host: string, port = 0): Promise<AsyncDisposable & { readonly port: number }> {
  const server: Server = createServer().listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

describe('where a tunnel listens', () => {
  test('both loopback addresses have one port', async () => {
    await using project = await Project.make();
    await using echo = await Echo.start();
    await using foreground = await inForeground(project);
    const [tunnel] = await foreground.client.up([spec({ to: echo.target })]);
    const { hosts, port } = tunnel!.local;
    expect(hosts).toEqual(['127.0.0.1', '::1']);
    expect(await ask({ host: '::1', port }, 'six')).toBe('six');
    expect(await ask({ host: '127.0.0.1', port }, 'four')).toBe('four');
  });

  test.each(['127.0.0.1', '::1'])('a port that is taken on %s alone is not taken on the other either', async (host) => {
    await using project = await Project.make();
    await using other = await foreign(host);
    await using foreground = await inForeground(project);
    const local = { port: other.port };
    const to = { host, port: other.port };
    const conflict = foreground.client.up([spec({ to, local, onPortConflict: 'fail' })]);
    await expect(conflict).rejects.toMatchObject({ code: 'HAWSER_NET_PORT_IN_USE' });
    await using free = await foreign(host === '::1' ? '127.0.0.1' : '::1', other.port);
    expect(free.port).toBe(other.port);
  });

  test('a unix socket is private, is there only while the tunnel is, and a dead one in its place is replaced', async () => {
    await using project = await Project.make();
    await using echo = await Echo.start();
    await using foreground = await inForeground(project);
    const path = join(project.folder, 'app.sock');
    const leaver = new Program(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    await leaver.ended;
    expect((await stat(path)).isSocket()).toBe(true);

    const [tunnel] = await foreground.client.up([spec({ to: echo.target, local: { path }, env: { AT: '{url}' } })]);
    expect(tunnel).toMatchObject({ local: { hosts: [], port: 0, path }, env: { AT: `unix:${path}` } });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await ask({ path }, 'by path')).toBe('by path');

    const second = foreground.client.up([spec({ name: 'second', to: echo.target, local: { path } })]);
    await expect(second).rejects.toMatchObject({ code: 'HAWSER_NET_PORT_IN_USE' });
    await foreground.client.down({ all: true });
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  test('an address that is not this machine’s, a path too long, a folder that is not there', async () => {
    await using project = await Project.make();
    await using foreground = await inForeground(project);
    const to = { host: '127.0.0.1', port: 9 };
    const up = (local: { host: string; port: number } | { path: string }): Promise<unknown> =>
      foreground.client.up([spec({ to, local })], { wait: 'bound' });
    await expect(up({ host: '192.0.2.1', port: 0 })).rejects.toMatchObject({ code: 'HAWSER_NET_BIND_DENIED' });
    await expect(up({ path: join(project.folder, 'none', 's') })).rejects.toMatchObject({
      code: 'HAWSER_NET_BIND_DENIED',
    });
    await expect(up({ path: `/tmp/${'x'.repeat(120)}` })).rejects.toMatchObject({ code: 'HAWSER_NET_BAD_INPUT' });
  });

  test('a file in the way of a socket is left alone', async () => {
    await using project = await Project.make();
    await using foreground = await inForeground(project);
    const path = join(project.folder, 'file');
    await writeFile(path, 'precious');
    const opening = foreground.client.up([spec({ to: { host: 'h', port: 1 }, local: { path } })], { wait: 'bound' });
    await expect(opening).rejects.toMatchObject({ code: 'HAWSER_NET_PORT_IN_USE' });
    expect((await stat(path)).size).toBe(8);
  });
});

describe('a port that is taken', () => {
  test('fail: names the program that has it', async () => {
    await using project = await Project.make();
    await using owner = new Program(process.execPath, [
      '-e',
      `const s = require('net').createServer().listen(0, '127.0.0.1', () => console.log(s.address().port)) // the owner`,
    ]);
    const port = Number((await owner.shows(/\d+/))[0]);
    await using foreground = await inForeground(project);
    const opening = foreground.client.up([
      spec({ to: { host: 'h', port: 1 }, local: { port }, onPortConflict: 'fail' }),
    ]);
    await expect(opening).rejects.toMatchObject({
      code: 'HAWSER_NET_PORT_IN_USE',
      message: expect.stringContaining(`process ${owner.child.pid}`),
      details: { port, pid: owner.child.pid, program: expect.stringContaining('the owner') },
    });
  });

  test('fail: says that it is our own older tunnel', async () => {
    await using project = await Project.make();
    await using echo = await Echo.start();
    await using foreground = await inForeground(project);
    const [first] = await foreground.client.up([spec({ to: echo.target })]);
    const { port } = first!.local;
    const second = spec({ name: 'second', to: echo.target, local: { port }, onPortConflict: 'fail' });
    await expect(foreground.client.up([second])).rejects.toMatchObject({
      message: expect.stringContaining('own tunnel app'),
      hint: expect.stringContaining('hawser net down --name app'),
    });
  });

  test('next: takes one of the next twenty; all or none are opened', async () => {
    await using project = await Project.make();
    await using echo = await Echo.start();
    await using other = await foreign('127.0.0.1');
    await using foreground = await inForeground(project);
    const local = { port: other.port };
    const [tunnel] = await foreground.client.up([spec({ to: echo.target, local, onPortConflict: 'next' })]);
    expect(tunnel!.local.port).toBeGreaterThan(other.port);
    expect(tunnel!.local.port).toBeLessThanOrEqual(other.port + 20);
    expect(await ask({ port: tunnel!.local.port }, 'next')).toBe('next');

    const both = [
      spec({ name: 'fine', to: echo.target }),
      spec({ name: 'not', to: echo.target, local, onPortConflict: 'fail' }),
    ];
    await expect(foreground.client.up(both)).rejects.toMatchObject({ code: 'HAWSER_NET_PORT_IN_USE' });
    expect((await foreground.client.status()).tunnels.map(({ spec: { name } }) => name)).toEqual(['app']);
  });

  test('reuse: an equal tunnel of ours stands for it; anything else fails', async () => {
    await using project = await Project.make();
    await using echo = await Echo.start();
    await using foreground = await inForeground(project);
    const [first] = await foreground.client.up([spec({ to: echo.target, local: { port: 0 } })]);
    const again = spec({ name: 'again', to: echo.target, local: { port: 0 }, onPortConflict: 'reuse' });
    expect((await foreground.client.up([again]))[0]).toMatchObject({ spec: { name: 'app' }, local: first!.local });
    await using other = await foreign('127.0.0.1');
    const taken = spec({ name: 'taken', to: echo.target, local: { port: other.port }, onPortConflict: 'reuse' });
    await expect(foreground.client.up([taken])).rejects.toMatchObject({ code: 'HAWSER_NET_PORT_IN_USE' });
  });

  test('a tunnel that is open already is simply open; another of its name is refused', async () => {
    await using project = await Project.make();
    await using echo = await Echo.start();
    await using foreground = await inForeground(project);
    const [first] = await foreground.client.up([spec({ to: echo.target })]);
    const [same] = await foreground.client.up([spec({ to: echo.target })]);
    expect(same!.createdAt).toBe(first!.createdAt);
    const other = spec({ to: { host: '127.0.0.1', port: 1 } });
    await expect(foreground.client.up([other])).rejects.toMatchObject({ code: 'HAWSER_NET_EXISTS' });
  });

  test('a port once given is given again, unless somebody else has it by now', async () => {
    await using project = await Project.make();
    await using echo = await Echo.start();
    const open = async (): Promise<number> => {
      const foreground = await inForeground(project);
      const [tunnel] = await foreground.client.up([spec({ to: echo.target })]);
      await foreground.close();
      return tunnel!.local.port;
    };
    const port = await open();
    expect(await open()).toBe(port);
    await using other = await foreign('127.0.0.1', port);
    expect(await open()).not.toBe(other.port);
  });
});

describe('bytes', () => {
  test('each direction ends by itself', async () => {
    await using project = await Project.make();
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.write('first ');
      let heard = '';
      socket.on('data', (chunk) => (heard += String(chunk)));
      socket.on('end', () => socket.end(`heard ${heard}`));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using foreground = await inForeground(project);
    const to = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const [tunnel] = await foreground.client.up([spec({ to })]);
    const client = new Client(tunnel!);
    await client.hears('first ');
    client.socket.end('the end');
    await client.hears('first heard the end');
    expect(await client.over).toBe('end');
    server.close();
    await once(server, 'close');
  });

  test('fifty megabytes each way arrive as they were sent, and are counted', async () => {
    await using project = await Project.make();
    await using echo = await Echo.start();
    await using foreground = await inForeground(project);
    const [tunnel] = await foreground.client.up([spec({ to: echo.target })]);
    const chunk = Buffer.alloc(1 << 20, 'hawser');
    const socket = connect(tunnel!.local.port, '127.0.0.1');
    let heard = 0;
    socket.on('data', (bytes: Buffer) => {
      const at = heard % chunk.length;
      const expected = Buffer.concat([chunk.subarray(at), chunk]).subarray(0, bytes.length);
      if (!bytes.equals(expected)) socket.destroy(new Error(`other bytes than sent, at ${heard}`));
      heard += bytes.length;
    });
    for (let sent = 0; sent < 50; sent++) if (!socket.write(chunk)) await once(socket, 'drain');
    socket.end();
    await once(socket, 'close');
    expect(heard).toBe(50 << 20);
    expect((await foreground.client.status()).tunnels[0]!.bytes).toEqual({ in: 50 << 20, out: 50 << 20 });
  });

  test('who is connected is told, where the system tells', async () => {
    await using project = await Project.make();
    await using echo = await Echo.start();
    await using foreground = await inForeground(project);
    const [tunnel] = await foreground.client.up([spec({ to: echo.target })]);
    await using program = new Program(process.execPath, [
      '-e',
      `require('net').connect(${tunnel!.local.port}, '127.0.0.1').on('data', () => console.log('heard')).write('x') // curious`,
    ]);
    await program.shows(/heard/);
    const { connections } = (await foreground.client.status()).tunnels[0]!;
    expect(connections.open).toBe(1);
    const known =
      process.platform === 'linux' ? [{ pid: program.child.pid, program: expect.stringContaining('curious') }] : [];
    expect(connections.clients).toEqual(known);
  });
});

test('a runtime folder that others may look into is refused', async () => {
  await using project = await Project.make();
  const open = join(project.folder, 'r', 'hawser');
  await mkdir(open);
  await chmod(open, 0o755);
  await expect(inForeground(project)).rejects.toMatchObject({ code: 'HAWSER_NET_SUPERVISOR_FAILED' });
});

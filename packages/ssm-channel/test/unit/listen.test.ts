import { once } from 'node:events';
import { mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Listeners, listen } from '../../src/forward/listen.js';

describe('listen', () => {
  let folder: string;
  const open: Listeners[] = [];
  const sockets: Socket[] = [];
  const take = (socket: Socket): void => void sockets.push(socket);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hawser-listen-'));
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(open.splice(0).map((listeners) => listeners.close()));
    await rm(folder, { recursive: true, force: true });
  });

  async function opened(...args: Parameters<typeof listen>): Promise<Listeners> {
    const listeners = await listen(...args);
    open.push(listeners);
    return listeners;
  }

  async function reach(where: { host: string; port: number } | { path: string }): Promise<void> {
    const socket = connect(where);
    sockets.push(socket);
    await once(socket, 'connect');
  }

  test('serves both loopback addresses on one free port', async () => {
    const { address } = await opened({ port: 0 }, take);
    expect(address.hosts).toEqual(['127.0.0.1', '::1']);
    await reach({ host: '127.0.0.1', port: address.port });
    await reach({ host: '::1', port: address.port });
  });

  test('binds the one address that was asked for', async () => {
    const { address } = await opened({ host: '::1', port: 0 }, take);
    await reach({ host: '::1', port: address.port });
    await expect(reach({ host: '127.0.0.1', port: address.port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('a taken port is a typed error, whichever of the two addresses is taken', async () => {
    for (const host of ['127.0.0.1', '::1']) {
      const other = createServer().listen({ host, port: 0 });
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      await expect(listen({ port }, take)).rejects.toMatchObject({
        code: 'HAWSER_SSM_PORT_IN_USE',
        message: expect.stringContaining('address already in use'),
      });
      other.close();
    }
  });

  test('an address that is not ours and a port that is none are typed errors', async () => {
    await expect(listen({ host: '192.0.2.1', port: 0 }, take)).rejects.toMatchObject({
      code: 'HAWSER_SSM_BIND_DENIED',
    });
    await expect(listen({ port: 70_000 }, take)).rejects.toMatchObject({ code: 'HAWSER_SSM_BAD_INPUT' });
  });

  test('a unix socket is private, takes the place of a dead one, and respects a living one', async () => {
    const path = join(folder, 'forward.sock');
    const killed = createServer().listen({ path });
    await once(killed, 'listening');
    // A killed process leaves the file: closing the handle below Node's back does the same.
    await rename(path, `${path}.kept`);
    killed.close();
    await rename(`${path}.kept`, path);

    const { address } = await opened({ path }, take);
    expect(address).toMatchObject({ port: 0, path });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await reach({ path });
    await expect(listen({ path }, take)).rejects.toMatchObject({ code: 'HAWSER_SSM_PORT_IN_USE' });
  });
});

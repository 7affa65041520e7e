import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import type { ForwardProtocol } from '@hawser/emulators/kube';
import { farEnd } from '../support/far-end.js';
import { createWorld, pod, thrownBy, type World } from '../support/world.js';

const protocols: readonly ForwardProtocol[] = ['SPDY/3.1+portforward.k8s.io', 'v5.channel.k8s.io', 'v4.channel.k8s.io'];

describe.each(protocols)('a connection by %s', (protocol) => {
  test('whose way is cut anywhere breaks with an error, and gave nothing but a beginning', async () => {
    const content = Buffer.from(Array.from({ length: 400_000 }, (_, index) => index % 251));
    await using server = await farEnd((socket) => socket.end(content));
    await using world = await createWorld({ objects: [pod('web')], forwardProtocols: [protocol] });
    world.kube.servePod({ namespace: 'default', name: 'web' }, { 8080: server.port });
    // Sizes of everything the server says, TLS and handshakes included; each is a place to cut.
    for (const limit of [6_000, 20_000, 100_000, 300_000]) {
      await using relay = await cuttingRelay(world, limit);
      const cluster = await world.open(world.kube.kubeconfig().replace(world.kube.url, relay.url));
      const parts: Buffer[] = [];
      const ended = (async () => {
        const connection: Duplex = await cluster.forward({ target: 'pod/web', port: 8080 });
        for await (const part of connection as AsyncIterable<Buffer>) parts.push(part);
      })();
      expect(await thrownBy(ended)).toMatchObject({ code: 'HAWSER_KUBE_UNREACHABLE' });
      const read = Buffer.concat(parts);
      expect(read.equals(content.subarray(0, read.length))).toBe(true);
    }
  });

  test('goes through whole where nothing is cut', async () => {
    await using server = await farEnd((socket) => socket.end('all of it'));
    await using world = await createWorld({ objects: [pod('web')], forwardProtocols: [protocol] });
    world.kube.servePod({ namespace: 'default', name: 'web' }, { 8080: server.port });
    await using relay = await cuttingRelay(world, Infinity);
    const cluster = await world.open(world.kube.kubeconfig().replace(world.kube.url, relay.url));
    const connection = await cluster.forward({ target: 'pod/web', port: 8080 });
    expect((await buffer(connection)).toString()).toBe('all of it');
  });
});

describe('a server that speaks another protocol than was offered', () => {
  test('is an error that says so', async () => {
    await using world = await createWorld({ objects: [pod('web')], forwardProtocols: [] });
    const cluster = await world.open();
    expect(await thrownBy(cluster.forward({ target: 'pod/web', port: 80 }))).toMatchObject({
      code: 'HAWSER_KUBE_API_FAILED',
      message: expect.stringContaining('none of the protocols is known'),
    });
  });
});

/** Passes bytes on to the emulated server and back; closes the connection after so many bytes of answers. */
async function cuttingRelay(world: World, limit: number): Promise<AsyncDisposable & { readonly url: string }> {
  const far = Number(new URL(world.kube.url).port);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const onward = connect(far, '127.0.0.1');
    let left = limit;
    for (const socket of [near, onward]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        near.destroy();
        onward.destroy();
      });
    }
    near.pipe(onward);
    onward.on('data', (bytes: Buffer) => {
      near.write(bytes.subarray(0, left));
      left -= bytes.length;
      if (left <= 0) near.destroySoon();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

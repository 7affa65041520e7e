import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from '@jest/globals';
import type { ForwardProtocol, KubeObject } from '@hawser/emulators/kube';
import { KubeClientError } from '@hawser/kube-client';
import { farEnd } from '../support/far-end.js';
import { createWorld, pod, thrownBy, type World } from '../support/world.js';

const protocols: readonly ForwardProtocol[] = ['SPDY/3.1+portforward.k8s.io', 'v5.channel.k8s.io', 'v4.channel.k8s.io'];

/** More than all buffers on the way together hold, whatever the system's settings are. */
const ENDLESS = 400_000_000;

describe.each(protocols)('a port forwarded by %s', (protocol) => {
  const halfCloses = protocol !== 'v4.channel.k8s.io';

  test('carries bytes both ways, and each end by itself where it can', async () => {
    await using echo = await farEnd((socket) => socket.pipe(socket));
    await using world = await createWorld({ objects: [pod('web')], forwardProtocols: [protocol] });
    world.kube.servePod({ namespace: 'default', name: 'web' }, { 8080: echo.port });
    const cluster = await world.open();
    const connection = await cluster.forward({ target: 'pod/web', port: 8080 });
    connection.write('hello');
    expect((await once(connection, 'data'))[0]).toEqual(Buffer.from('hello'));
    connection.end('bye');
    if (halfCloses) expect((await buffer(connection)).toString()).toBe('bye');
    else {
      expect((await once(connection, 'data'))[0]).toEqual(Buffer.from('bye'));
      for (const socket of echo.sockets) socket.end();
      expect((await buffer(connection)).toString()).toBe('');
    }
    await closed(connection);
  });

  test('loses nothing when the far end closes right behind its last byte', async () => {
    const content = randomBytes(3_000_000);
    await using server = await farEnd((socket) => socket.end(content));
    await using world = await createWorld({ objects: [pod('web')], forwardProtocols: [protocol] });
    world.kube.servePod({ namespace: 'default', name: 'web' }, { 8080: server.port });
    const connection = await (await world.open()).forward({ target: 'pod/web', port: 8080 });
    // Nobody reads until everything has had the time to arrive.
    await new Promise((resolve) => setImmediate(resolve));
    const read = await buffer(connection);
    expect(read.length).toBe(content.length);
    expect(read.equals(content)).toBe(true);
    connection.destroy();
  });

  test('waits for a far end that reads slowly', async () => {
    const heard = createHash('sha256');
    await using server = await farEnd((socket) => {
      socket.pause();
      socket.on('data', (part: Buffer) => heard.update(part));
    });
    await using world = await createWorld({ objects: [pod('web')], forwardProtocols: [protocol] });
    world.kube.servePod({ namespace: 'default', name: 'web' }, { 8080: server.port });
    const connection = await (await world.open()).forward({ target: 'pod/web', port: 8080 });
    const source = createSource();
    const sending = pipeline(source.bytes(), connection, { end: false });
    await settled(() => source.taken);
    source.stop();
    expect(source.taken).toBeLessThan(ENDLESS);
    const [socket] = [...server.sockets];
    socket?.resume();
    await sending;
    while ((socket?.bytesRead ?? 0) < source.taken) await once(socket as never, 'data');
    expect(heard.digest('hex')).toBe(source.digest());
    connection.destroy();
  });

  test('waits for who reads slowly here', async () => {
    const source = createSource();
    await using server = await farEnd((socket) => void pipeline(source.bytes(), socket));
    await using world = await createWorld({ objects: [pod('web')], forwardProtocols: [protocol] });
    world.kube.servePod({ namespace: 'default', name: 'web' }, { 8080: server.port });
    const connection = await (await world.open()).forward({ target: 'pod/web', port: 8080 });
    await settled(() => source.taken);
    source.stop();
    expect(source.taken).toBeLessThan(ENDLESS);
    const heard = createHash('sha256');
    for await (const part of connection as AsyncIterable<Buffer>) heard.update(part);
    expect(heard.digest('hex')).toBe(source.digest());
  });

  test('says why nobody answers', async () => {
    await using world = await createWorld({ objects: [pod('web')], forwardProtocols: [protocol] });
    const connection = await (await world.open()).forward({ target: 'pod/web', port: 9999 });
    const [error] = (await once(connection.resume(), 'error')) as [unknown];
    expect(error).toMatchObject({
      code: 'HAWSER_KUBE_FORWARD_REFUSED',
      message: expect.stringMatching(/^Error forwarding port 9999 to pod web.*connection refused\.$/),
    });
  });

  test('breaks when the server cuts it, and never looks like an end', async () => {
    await using server = await farEnd((socket) => socket.write('half'));
    await using world = await createWorld({ objects: [pod('web')], forwardProtocols: [protocol] });
    world.kube.servePod({ namespace: 'default', name: 'web' }, { 8080: server.port });
    const connection = await (await world.open()).forward({ target: 'pod/web', port: 8080 });
    await once(connection, 'data');
    world.kube.cut();
    expect(await thrownBy(buffer(connection))).toMatchObject({ code: 'HAWSER_KUBE_UNREACHABLE' });
  });

  test('closes the far end when it is given up', async () => {
    let far: Promise<unknown> | undefined;
    await using server = await farEnd((socket) => {
      far = once(socket.resume(), 'end');
      socket.write('x');
    });
    await using world = await createWorld({ objects: [pod('web')], forwardProtocols: [protocol] });
    world.kube.servePod({ namespace: 'default', name: 'web' }, { 8080: server.port });
    const connection = await (await world.open()).forward({ target: 'pod/web', port: 8080 });
    await once(connection, 'data');
    connection.destroy();
    await far;
  });
});

describe('the pod of a connection', () => {
  const service = (changes: object): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      selector: { app: 'web' },
      ports: [{ name: 'main', port: 80, targetPort: 'http' }, { port: 81 }],
      ...changes,
    },
  });
  const workload = (apiVersion: string, kind: string): KubeObject => ({
    apiVersion,
    kind,
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
    },
  });

  test.each([
    ['svc/web', 80],
    ['service/web', 'main'],
    ['deployment/web', 8080],
    ['deploy/web', 'http'],
    ['statefulset/web', 8080],
    ['sts/web', 8080],
    ['deployments/web', 8080],
    ['job/web', 8080],
    ['app=web', 'http'],
    ['pod/web-1', 'http'],
  ])('is found for %s, port %s', async (target, port) => {
    await using world = await clusterOf([
      service({}),
      workload('apps/v1', 'Deployment'),
      workload('apps/v1', 'StatefulSet'),
      workload('batch/v1', 'Job'),
    ]);
    const cluster = await world.open();
    await said(cluster.forward({ target, port }), 'web-1');
  });

  test('is another one when the first is not ready, is leaving or is gone', async () => {
    await using world = await clusterOf([service({})]);
    world.kube.put(pod('web-0', { ready: false }));
    const leaving = pod('web-00');
    world.kube.put({ ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    const cluster = await world.open();
    await said(cluster.forward({ target: 'svc/web', port: 80 }), 'web-1');
    world.kube.remove(pod('web-1'));
    world.kube.put(pod('web-2'));
    // At once, although the pods of a burst are remembered.
    await said(cluster.forward({ target: 'svc/web', port: 80 }), 'web-2');
  });

  test('takes turns among those that are ready', async () => {
    await using world = await clusterOf([pod('web-2')]);
    const cluster = await world.open();
    const heard = new Set<string>();
    for (let turn = 0; turn < 4; turn++) heard.add(await words(cluster.forward({ target: 'app=web', port: 8080 })));
    expect([...heard].toSorted()).toEqual(['web-1', 'web-2']);
  });

  test.each<readonly [string, string | number, KubeObject[], object]>([
    ['svc/none', 80, [], { code: 'HAWSER_KUBE_NOT_FOUND', message: 'Services "none" not found.' }],
    ['svc/web', 99, [service({})], { code: 'HAWSER_KUBE_NOT_FOUND', hint: 'It has 80 (main), 81.' }],
    ['svc/web', 80, [service({ selector: undefined })], { code: 'HAWSER_KUBE_NO_READY_POD' }],
    ['pod/web-1', 'grpc', [], { code: 'HAWSER_KUBE_NOT_FOUND', hint: 'It has http.' }],
    ['pod/done', 80, [pod('done', { phase: 'Succeeded' })], { message: expect.stringContaining('it is Succeeded') }],
    [
      'app=slow',
      80,
      [pod('slow', { labels: { app: 'slow' }, ready: false })],
      { code: 'HAWSER_KUBE_NO_READY_POD', message: expect.stringContaining('slow is running but not ready') },
    ],
    ['app=none', 80, [], { message: expect.stringContaining('there is none at all') }],
    ['web', 80, [], { code: 'HAWSER_KUBE_CONFIG_INVALID', exitCode: 2 }],
    ['node/web', 80, [], { code: 'HAWSER_KUBE_CONFIG_INVALID' }],
    ['constructor/web', 80, [], { code: 'HAWSER_KUBE_CONFIG_INVALID' }],
    ['pod/a/b', 80, [], { code: 'HAWSER_KUBE_CONFIG_INVALID' }],
  ])('%s, port %s, is not found, and why is told', async (target, port, objects, expected) => {
    await using world = await clusterOf(objects);
    const cluster = await world.open();
    const error = await thrownBy(cluster.forward({ target, port }));
    expect(error).toBeInstanceOf(KubeClientError);
    expect(error).toMatchObject(expected);
  });
});

/** `web-1` and `web-2` say their names to who connects. */
async function clusterOf(objects: readonly KubeObject[]): Promise<World> {
  const world = await createWorld({ objects: [pod('web-1'), ...objects] });
  const servers = await Promise.all(
    ['web-1', 'web-2'].map(async (name) => {
      const server = await farEnd((socket) => socket.end(name));
      world.kube.servePod({ namespace: 'default', name }, { 8080: server.port });
      return server;
    }),
  );
  return {
    ...world,
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      for (const server of servers) await server[Symbol.asyncDispose]();
    },
  };
}

async function said(connecting: Promise<Duplex>, expected: string): Promise<void> {
  expect(await words(connecting)).toBe(expected);
}

async function words(connecting: Promise<Duplex>): Promise<string> {
  const connection = await connecting;
  const text = (await buffer(connection)).toString();
  connection.destroy();
  return text;
}

/** Until a figure stays what it is. */
async function settled(figure: () => number): Promise<void> {
  for (let before = -1; before !== figure();) {
    before = figure();
    for (let turn = 0; turn < 300; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function closed(connection: Duplex): Promise<void> {
  if (!connection.closed) await once(connection, 'close');
}

/** Bytes without end, as fast as they are taken. */
function createSource(): {
  readonly taken: number;
  bytes(): AsyncGenerator<Buffer>;
  stop(): void;
  digest(): string;
} {
  const hash = createHash('sha256');
  const part = randomBytes(65_536);
  let taken = 0;
  let isStopped = false;
  return {
    get taken() {
      return taken;
    },
    async *bytes() {
      while (!isStopped && taken < ENDLESS) {
        part.writeUInt32BE(taken, 0);
        const next = Buffer.from(part);
        hash.update(next);
        taken += next.length;
        yield next;
      }
    },
    stop: () => (isStopped = true),
    digest: () => hash.digest('hex'),
  };
}

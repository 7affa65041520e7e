import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Cluster } from '@hawser/kube-client';
import { openCluster } from '@hawser/kube-client';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forwardToRunners, metadataTargets, probeEnforcement, type ProbeTarget } from '../../src/kube/index.js';
import { createKubeWorld, type KubeWorld, namespace, newJob, template } from '../support/kube-world.js';

const echo = `
  require('node:net').createServer((socket) => socket.pipe(socket)).listen(7681, process.env.HAWSER_SESSIONS_POD_IP);
`;

let world: KubeWorld;
let laptop: Cluster;
let folder: string;

beforeAll(async () => {
  world = await createKubeWorld(echo);
  folder = await mkdtemp(join(tmpdir(), 'hawser-laptop-'));
  const kubeconfig = join(folder, 'config');
  await writeFile(kubeconfig, world.kube.kubeconfig());
  laptop = await openCluster({ kubeconfig, env: {} });
});

afterAll(async () => {
  await laptop.close();
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('a probe in the place of a runner', () => {
  test('tells that a network stores policies and ignores them, and leaves nothing behind', async () => {
    const database = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(database, 'listening');
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port: nothing } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const targets: ProbeTarget[] = [
      { name: 'nothing', host: '127.0.0.1', port: nothing },
      { name: 'the database', host: '127.0.0.1', port: (database.address() as AddressInfo).port },
    ];
    const verdict = await probeEnforcement({ cluster: world.cluster, template, targets, settleSeconds: 0 });
    expect(verdict).toEqual({ isEnforced: false, reached: ['the database', 'another runner'] });
    database.close();
    await world.kube.until(() => world.kube.list('v1', 'Pod', namespace).length === 0);
    expect(world.kube.list('batch/v1', 'Job', namespace)).toEqual([]);
    // It is no session to anybody.
    expect(world.facts.all).toEqual([]);
    expect(metadataTargets).toEqual([expect.objectContaining({ host: '169.254.169.254', port: 80 })]);
  });

  test('that could not be made knows nothing, and says so', async () => {
    const unknown = { ...template, image: 'elsewhere.example/none:1' };
    const probing = probeEnforcement({ cluster: world.cluster, template: unknown, targets: [], timeoutMs: 300 });
    await expect(probing).rejects.toMatchObject({
      code: 'HAWSER_SESSIONS_CLUSTER_UNAVAILABLE',
      message: 'Whether policies are enforced is not known: no result within 0.3 s.',
    });
    expect(world.kube.list('batch/v1', 'Job', namespace)).toEqual([]);
  });
});

describe('a runner through the API server', () => {
  test('is found by its address, and by nobody without the right to', async () => {
    await world.runners.start(newJob());
    const { address } = await world.facts.until(({ ready }) => ready);
    const connect = forwardToRunners(laptop, template);
    const answer = await (async () => {
      // The pod runs before its program listens.
      for (;;) {
        const connection = await connect({ host: address ?? '', port: 7681 });
        connection.write('over and back');
        try {
          const [bytes] = (await once(connection, 'data')) as [Buffer];
          connection.destroy();
          return bytes.toString();
        } catch {
          connection.destroy();
        }
      }
    })();
    expect(answer).toBe('over and back');
    await expect(connect({ host: '10.9.9.9', port: 7681 })).rejects.toMatchObject({
      code: 'HAWSER_SESSIONS_RUNNER_UNREACHABLE',
      message: `No running pod of the namespace ${namespace} has the address 10.9.9.9.`,
    });
    const asController = forwardToRunners(world.cluster, template);
    await expect(asController({ host: address ?? '', port: 7681 })).rejects.toMatchObject({
      code: 'HAWSER_SESSIONS_RUNNER_UNREACHABLE',
      message: expect.stringContaining('is forbidden'),
    });
  });
});

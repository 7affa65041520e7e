import { once } from 'node:events';
import { X509Certificate } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { connect } from 'node:tls';
import { CoreV1Api, CustomObjectsApi, KubeConfig, PortForward, type V1Pod, Watch } from '@kubernetes/client-node';
import { WebSocketHandler } from '@kubernetes/client-node/dist/web-socket-handler.js';
import { describe, expect, test } from '@jest/globals';
import { EmulatorError, startKubeEmulator, type KubeEmulator, type KubeObject } from '@hawser/emulators/kube';

describe('the official client for Node', () => {
  test('lists by pages, labels and fields', async () => {
    await using kube = await startKubeEmulator({
      objects: ['a', 'b', 'c'].map((name) => pod(name, { odd: name === 'b' ? 'no' : 'yes' })),
    });
    const core = configOf(kube).makeApiClient(CoreV1Api);
    const first = await core.listNamespacedPod({ namespace: 'default', limit: 2 });
    expect(first.items.map(({ metadata }) => metadata?.name)).toEqual(['a', 'b']);
    expect(first.metadata?.remainingItemCount).toBe(1);
    const { _continue: next = '' } = first.metadata ?? {};
    const rest = await core.listNamespacedPod({
      namespace: 'default',
      limit: 2,
      _continue: next,
    });
    expect(rest.items.map(({ metadata }) => metadata?.name)).toEqual(['c']);
    expect(rest.metadata).toEqual({ resourceVersion: expect.any(String) });
    kube.compact();
    kube.put(pod('d'));
    kube.compact();
    const tooOld = core.listNamespacedPod({
      namespace: 'default',
      limit: 2,
      _continue: next,
    });
    await expect(tooOld).rejects.toMatchObject({ code: 410 });
    for (const [labelSelector, names] of [
      ['odd=yes', ['a', 'c']],
      ['odd!=yes', ['b', 'd']],
      ['odd in (no, maybe)', ['b']],
      ['odd notin (no)', ['a', 'c', 'd']],
      ['odd', ['a', 'b', 'c']],
      ['!odd', ['d']],
      ['odd==yes,!none', ['a', 'c']],
    ] as const) {
      const { items } = await core.listNamespacedPod({ namespace: 'default', labelSelector });
      expect({ labelSelector, names: items.map(({ metadata }) => metadata?.name) }).toEqual({ labelSelector, names });
    }
    const running = await core.listPodForAllNamespaces({ fieldSelector: 'status.phase=Running,metadata.name!=a' });
    expect(running.items.map(({ metadata }) => metadata?.name)).toEqual(['b', 'c', 'd']);
    await expect(core.listPodForAllNamespaces({ labelSelector: 'a b' })).rejects.toMatchObject({ code: 400 });
  });

  test('creates, replaces and deletes, and is refused what clashes', async () => {
    await using kube = await startKubeEmulator();
    const core = configOf(kube).makeApiClient(CoreV1Api);
    const made = await core.createNamespacedConfigMap({
      namespace: 'default',
      body: { metadata: { generateName: 'made-' }, data: { a: '1' } },
    });
    const name = made.metadata?.name as string;
    expect(name).toMatch(/^made-[a-z0-9]{5}$/);
    const body = Object.assign(made, { data: { a: '2' } });
    await core.replaceNamespacedConfigMap({ namespace: 'default', name, body });
    await expect(core.replaceNamespacedConfigMap({ namespace: 'default', name, body })).rejects.toMatchObject({
      code: 409,
    });
    const again = core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name } } });
    await expect(again).rejects.toMatchObject({ code: 409 });
    const tried = await core.createNamespacedConfigMap({
      namespace: 'default',
      body: { metadata: { name: 'dry' } },
      dryRun: 'All',
    });
    expect(tried.metadata?.name).toBe('dry');
    await core.deleteCollectionNamespacedConfigMap({ namespace: 'default' });
    expect(kube.list('v1', 'ConfigMap')).toEqual([]);
    await expect(core.readNamespacedConfigMap({ namespace: 'default', name })).rejects.toMatchObject({ code: 404 });
  });

  test('changes a status by itself', async () => {
    await using kube = await startKubeEmulator();
    const custom = configOf(kube).makeApiClient(CustomObjectsApi);
    const where = { group: 'actions.github.com', version: 'v1alpha1', namespace: 'arc', plural: 'ephemeralrunners' };
    const runner = { apiVersion: 'actions.github.com/v1alpha1', kind: 'EphemeralRunner', metadata: { name: 'r1' } };
    await custom.createNamespacedCustomObject({ ...where, body: { ...runner, status: { phase: 'Running' } } });
    expect(kube.list(runner.apiVersion, runner.kind)[0]?.['status']).toBeUndefined();
    await custom.replaceNamespacedCustomObjectStatus({
      ...where,
      name: 'r1',
      body: { ...runner, status: { phase: 'Failed' } },
    });
    expect(kube.list(runner.apiVersion, runner.kind)).toMatchObject([{ status: { phase: 'Failed' } }]);
    await using without = await startKubeEmulator({ absentGroups: ['actions.github.com'] });
    const listed = configOf(without).makeApiClient(CustomObjectsApi).listNamespacedCustomObject(where);
    await expect(listed).rejects.toMatchObject({ code: 404 });
  });

  test('watches, with bookmarks, from a version and past a forgotten one', async () => {
    await using kube = await startKubeEmulator({ objects: [pod('a', { app: 'web' })] });
    const seen: string[] = [];
    const heard = new PassThrough({ objectMode: true });
    const watching = await new Watch(configOf(kube)).watch(
      '/api/v1/namespaces/default/pods',
      { allowWatchBookmarks: true, labelSelector: 'app=web' },
      (phase, object: V1Pod) => {
        seen.push(`${phase} ${object.metadata?.name ?? ''}`);
        heard.write(object);
      },
      () => undefined,
    );
    await once(heard, 'data');
    kube.put(pod('b'));
    await once(heard, 'data');
    kube.remove(pod('a'));
    await once(heard, 'data');
    expect(seen).toEqual(['ADDED a', 'BOOKMARK ', 'DELETED a']);
    watching.abort();
    kube.compact();
    kube.put(pod('c'));
    const late = await new Promise((resolve, reject) => {
      new Watch(configOf(kube))
        .watch('/api/v1/pods', { resourceVersion: '1' }, (phase, object: object) => resolve({ phase, object }), reject)
        .catch(reject);
    });
    expect(late).toMatchObject({ phase: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
  });

  test('forwards a port by binary channels', async () => {
    await using kube = await startKubeEmulator({ objects: [pod('web')] });
    const server = createServer((socket) => socket.pipe(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      kube.servePod({ namespace: 'default', name: 'web' }, { 8080: (server.address() as AddressInfo).port });
      const [output, errors, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
      // Its own would open the standard streams of this process.
      const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
      const handler = new WebSocketHandler(configOf(kube), undefined, streams);
      const forwarding = new PortForward(configOf(kube), true, handler);
      await forwarding.portForward('default', 'web', [8080], output, errors, input);
      input.write('ping');
      expect((await once(output, 'data'))[0]).toEqual(Buffer.from('ping'));
      await forwarding.portForward('default', 'web', [9999], output, errors, new PassThrough());
      expect(String((await once(errors, 'data'))[0])).toContain('connection refused');
      await expect(forwarding.portForward('default', 'none', [80], output, errors, input)).rejects.toBeDefined();
    } finally {
      server.close();
    }
  });
});

describe('the emulated server', () => {
  test('has a certificate by its own authority, for its names', async () => {
    await using kube = await startKubeEmulator({ names: ['ABC.gr7.eu-west-1.eks.amazonaws.com', 'fd00::12:1'] });
    const authority = new X509Certificate(kube.caPem);
    expect(authority.ca).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
    const { port } = new URL(kube.url);
    const socket = connect({
      host: '127.0.0.1',
      port: Number(port),
      ca: kube.caPem,
      servername: 'abc.gr7.eu-west-1.eks.amazonaws.com',
    });
    await once(socket, 'secureConnect');
    const certificate = socket.getPeerX509Certificate();
    socket.destroy();
    expect(certificate?.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate?.checkIP('::1')).toBe('::1');
    expect(certificate?.checkIP('fd00::12:1')).toBe('fd00::12:1');
    expect(certificate?.checkIssued(authority)).toBe(true);
    expect(certificate?.ca).toBe(false);
  });

  test('refuses options that are none, and a port that is taken', async () => {
    await expect(startKubeEmulator({ port: 70_000 })).rejects.toMatchObject({ code: 'HAWSER_EMULATOR_OPTION' });
    await using kube = await startKubeEmulator();
    const { port } = new URL(kube.url);
    await expect(startKubeEmulator({ port: Number(port) })).rejects.toBeInstanceOf(EmulatorError);
  });
});

function configOf(kube: KubeEmulator): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(kube.kubeconfig());
  return config;
}

function pod(name: string, labels: Readonly<Record<string, string>> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels },
    spec: { containers: [{ name: 'main' }] },
    status: { phase: 'Running' },
  };
}

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  startKubeEmulator,
  type KubeEmulator,
  type KubeEmulatorOptions,
  type KubeObject,
} from '@hawser/emulators/kube';
import { describeReal } from '../../../../test/support/counterparts.js';
import { Program } from '../../../../test/support/program.js';
import { runToEnd, type Ended } from '../../../../test/support/run-to-end.js';

describeReal('kubectl', (path) => {
  test('discovers what there is, and gets it as JSON, as a table and by selector', async () => {
    await using world = await createWorld({ objects: [webPod('web-1'), webPod('web-2', { tier: 'back' }), runnerSet] });
    expect(await world.kubectl('get', '--raw', '/readyz')).toMatchObject({ code: 0, stdout: 'ok' });
    expect((await world.kubectl('version')).stdout).toContain('Server Version: v1.34.0+hawser');
    const table = await world.kubectl('get', 'pods');
    expect(table.stdout).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\nweb-1 +1\/1 +Running +2 +\S+\nweb-2 /);
    const json = await world.kubectl('get', 'po', '-l', 'tier in (back)', '-o', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'List', items: [{ metadata: { name: 'web-2' } }] });
    const chunks = await world.kubectl('get', 'pods', '--chunk-size=1', '-o', 'name');
    expect(chunks.stdout).toBe('pod/web-1\npod/web-2\n');
    const custom = await world.kubectl('get', 'autoscalingrunnersets', '-A');
    expect(custom.stdout).toMatch(/^NAMESPACE +NAME +AGE\narc-runners +linux +\S+\n$/);
    const resources = await world.kubectl('api-resources', '--api-group=apps', '-o', 'name');
    expect(resources.stdout.trim().split('\n').toSorted()).toEqual([
      'daemonsets.apps',
      'deployments.apps',
      'replicasets.apps',
      'statefulsets.apps',
    ]);
    expect(await world.kubectl('get', 'pod', 'none')).toMatchObject({
      code: 1,
      stderr: 'Error from server (NotFound): pods "none" not found\n',
    });
  });

  test('creates, labels, patches and deletes', async () => {
    await using world = await createWorld();
    const file = await world.file('map.yaml', JSON.stringify({ ...configMap, data: { a: '1' } }));
    expect(await world.kubectl('create', '--validate=false', '-f', file)).toMatchObject({
      stdout: 'configmap/settings created\n',
    });
    expect(await world.kubectl('create', '--validate=false', '-f', file)).toMatchObject({
      stderr: expect.stringContaining('configmaps "settings" already exists'),
    });
    await world.kubectl('label', 'configmap', 'settings', 'tier=front');
    await world.kubectl('patch', 'cm', 'settings', '--type=merge', '-p', '{"data":{"a":null,"b":"2"}}');
    await world.kubectl('patch', 'cm', 'settings', '--type=json', '-p', '[{"op":"add","path":"/data/c","value":"3"}]');
    expect(world.kube.list('v1', 'ConfigMap')).toMatchObject([
      { metadata: { labels: { tier: 'front' } }, data: { b: '2', c: '3' } },
    ]);
    expect(world.kube.list('v1', 'ConfigMap')[0]?.['data']).toEqual({ b: '2', c: '3' });
    expect(await world.kubectl('delete', 'cm', 'settings')).toMatchObject({ code: 0 });
    expect(world.kube.list('v1', 'ConfigMap')).toEqual([]);
  });

  test('waits behind finalizers, and defines kinds', async () => {
    await using world = await createWorld();
    world.kube.put({ ...configMap, metadata: { ...configMap.metadata, finalizers: ['example.com/hold'] } });
    await world.kubectl('delete', 'cm', 'settings', '--wait=false');
    expect(world.kube.list('v1', 'ConfigMap')).toMatchObject([{ metadata: { deletionTimestamp: expect.any(String) } }]);
    await world.kubectl('patch', 'cm', 'settings', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    expect(world.kube.list('v1', 'ConfigMap')).toEqual([]);
    const definition = await world.file('crd.json', JSON.stringify(definedKind));
    await world.kubectl('create', '--validate=false', '-f', definition);
    const ship = { apiVersion: 'sea.example/v1', kind: 'Ship', metadata: { name: 'ada' } };
    await world.kubectl('create', '--validate=false', '-f', await world.file('ship.json', JSON.stringify(ship)));
    expect((await world.kubectl('get', 'sh', '-o', 'name')).stdout).toBe('ship.sea.example/ada\n');
  });

  test('watches', async () => {
    await using world = await createWorld({ objects: [webPod('web-1')] });
    await using watching = world.start('get', 'pods', '--watch', '-o', 'name');
    await watching.shows(/pod\/web-1\n/);
    world.kube.put(webPod('web-2'));
    await watching.shows(/pod\/web-2\n/);
    await using table = world.start('get', 'pods', '--watch');
    await table.shows(/web-2 +1\/1/);
    world.kube.put({ ...webPod('web-3'), status: { phase: 'Pending' } });
    await table.shows(/web-3 +0\/1 +Pending/);
    expect(table.text.match(/NAME/g)).toHaveLength(1);
  });

  test('is let in by a token, a certificate or a plugin, and not otherwise', async () => {
    await using world = await createWorld({
      authenticate: (token) => (token === 'from-plugin' ? { user: 'plug', groups: ['in'] } : undefined),
    });
    const answer =
      '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"from-plugin"}}';
    const exec = { command: '/bin/sh', args: ['-c', 'printf %s "$ANSWER"'], env: { ANSWER: answer } };
    await world.use(world.kube.kubeconfig({ exec }));
    expect((await world.kubectl('auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}')).stdout).toBe('plug');
    await world.use(world.kube.kubeconfig({ certificate: { user: 'anna', groups: ['ops'] } }));
    const whoami = await world.kubectl('auth', 'whoami', '-o', 'jsonpath={.status.userInfo}');
    expect(JSON.parse(whoami.stdout)).toEqual({ username: 'anna', groups: ['ops', 'system:authenticated'] });
    await world.use(world.kube.kubeconfig());
    expect((await world.kubectl('get', 'pods')).stderr).toContain('error: You must be logged in to the server');
  });

  test('may do what it is allowed, and is told what it is not', async () => {
    await using world = await createWorld({
      authorize: ({ verb, resource }) => verb !== 'delete' && resource !== 'secrets',
    });
    expect(await world.kubectl('auth', 'can-i', 'list', 'pods')).toMatchObject({ code: 0, stdout: 'yes\n' });
    expect(await world.kubectl('auth', 'can-i', 'delete', 'pods')).toMatchObject({ code: 1, stdout: 'no\n' });
    expect((await world.kubectl('get', 'secrets')).stderr).toContain(
      'Error from server (Forbidden): secrets is forbidden: User "emulated" cannot list resource "secrets" in API group "" in the namespace "default"',
    );
  });

  test('forwards ports, and is told when nothing listens', async () => {
    await using world = await createWorld({ objects: [webPod('web-1')] });
    const server = createServer((request, response) => response.end(`hello ${request.url ?? ''}`));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      world.kube.servePod({ namespace: 'default', name: 'web-1' }, { 8080: (server.address() as AddressInfo).port });
      await using forwarding = world.start('port-forward', 'pod/web-1', ':8080', ':9999');
      const [, good] = await forwarding.shows(/127\.0\.0\.1:(\d+) -> 8080/);
      const [, bad] = await forwarding.shows(/127\.0\.0\.1:(\d+) -> 9999/);
      const answers = await Promise.all(
        ['/a', '/b', '/c'].map(async (name) => await (await fetch(`http://127.0.0.1:${good}${name}`)).text()),
      );
      expect(answers).toEqual(['hello /a', 'hello /b', 'hello /c']);
      await expect(fetch(`http://127.0.0.1:${bad}/`)).rejects.toThrow('fetch failed');
      await forwarding.until(
        () => (forwarding.stderr.includes('connection refused') ? true : undefined),
        'saying that the connection was refused',
      );
      const upgrades = world.kube.requests.filter(({ status }) => status === 101);
      expect(upgrades.map(({ method }) => method)).toEqual(['GET']);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  interface World extends AsyncDisposable {
    readonly kube: KubeEmulator;
    file(name: string, text: string): Promise<string>;
    /** From now on kubectl goes by this kubeconfig. */
    use(kubeconfig: string): Promise<void>;
    kubectl(...args: readonly string[]): Promise<Ended>;
    start(...args: readonly string[]): Program;
  }

  async function createWorld(options: KubeEmulatorOptions = {}): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-kubectl-'));
    const kube = await startKubeEmulator(options);
    const env = { HOME: folder, KUBECONFIG: join(folder, 'config'), PATH: process.env['PATH'] };
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    await file('config', kube.kubeconfig());
    return {
      kube,
      file,
      use: async (kubeconfig) => void (await file('config', kubeconfig)),
      kubectl: async (...args) => await runToEnd(path('kubectl'), args, { env }),
      start: (...args) => new Program(path('kubectl'), args, { env, input: '' }),
      [Symbol.asyncDispose]: async () => {
        await kube.close();
        expect(await readFile(env.KUBECONFIG, 'utf8')).toContain('emulated');
        await rm(folder, { recursive: true });
      },
    };
  }
});

const configMap: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'default' },
};

const runnerSet: KubeObject = {
  apiVersion: 'actions.github.com/v1alpha1',
  kind: 'AutoscalingRunnerSet',
  metadata: { name: 'linux', namespace: 'arc-runners' },
};

const definedKind: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'ships.sea.example' },
  spec: {
    group: 'sea.example',
    scope: 'Namespaced',
    names: { kind: 'Ship', plural: 'ships', shortNames: ['sh'] },
    versions: [{ name: 'v1', served: true, storage: true }],
  },
};

function webPod(name: string, labels: Readonly<Record<string, string>> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: 'web', ...labels } },
    spec: { containers: [{ name: 'main', ports: [{ containerPort: 8080 }] }] },
    status: { phase: 'Running', containerStatuses: [{ ready: true, restartCount: 2 }] },
  };
}

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  startKubeEmulator,
  type KubeEmulator,
  type KubeEmulatorOptions,
  type KubeObject,
} from '@hawser/emulators/kube';
import { createKubeProvider, diagnose, type Hop, type KubeVia } from '@hawser/tunnels';
import type { Foreground } from '@hawser/tunnels/supervisor';
import { Client, Follower, inForeground } from '../support/foreground.js';
import { Project, spec } from '../support/project.js';

const to = { host: 'svc/web', port: 80 };

let kube: KubeEmulator;
let project: Project;
let via: KubeVia;
let supervisor: Foreground | undefined;
let servers: Server[] = [];
beforeEach(async () => {
  project = await Project.make();
});
afterEach(async () => {
  await supervisor?.close();
  supervisor = undefined;
  await kube.close();
  for (const server of servers) server.close();
  servers = [];
  await project[Symbol.asyncDispose]();
});

/** A cluster with a service, and a supervisor whose tunnels lead there. */
async function supervise(
  options: KubeEmulatorOptions = {},
  config: Parameters<KubeEmulator['kubeconfig']>[0] = {},
): Promise<Foreground['client']> {
  kube = await startKubeEmulator({ objects: [service], ...options });
  via = { kind: 'kube', kubeconfig: join(project.folder, 'kubeconfig') };
  await writeFile(via.kubeconfig as string, kube.kubeconfig(config), { mode: 0o600 });
  const provider = createKubeProvider({ env: project.env });
  supervisor = await inForeground(project, { kube: async () => provider });
  return supervisor.client;
}

/** A ready pod that says its name, then echoes. */
async function runPod(name: string): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(`${name}\n`);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  kube.servePod({ namespace: 'default', name }, { 8080: (server.address() as AddressInfo).port });
  kube.put(pod(name));
}

describe('a tunnel to pods', () => {
  test('goes to the new pod when one is replaced, and ends only what the old one carried', async () => {
    const client = await supervise();
    await runPod('web-1');
    const [tunnel] = await client.up([spec({ via, to })]);
    expect(tunnel).toMatchObject({ link: { state: 'ready', connects: 1, pids: [] }, probe: { state: 'ok' } });
    const first = new Client(tunnel!);
    await first.hears('web-1\n');
    kube.remove(pod('web-1'));
    await runPod('web-2');
    const second = new Client(tunnel!);
    await second.hears('web-2\n');
    first.socket.write('still here');
    await first.hears('web-1\nstill here');
    second.socket.destroy();
    first.socket.destroy();
    const [status] = (await client.status()).tunnels;
    expect(status).toMatchObject({ link: { state: 'ready', connects: 1 }, connections: { refused: 0 } });
  });

  test('holds a connection while no pod is ready', async () => {
    const client = await supervise();
    await runPod('web-1');
    const [tunnel] = await client.up([spec({ via, to, holdMs: 60_000 })]);
    kube.remove(pod('web-1'));
    const waiting = new Client(tunnel!);
    await waiting.connected();
    await runPod('web-2');
    await waiting.hears('web-2\n');
    waiting.socket.destroy();
  });

  test('resets what the server cuts, and goes on with the next connection', async () => {
    const client = await supervise();
    await runPod('web-1');
    const [tunnel] = await client.up([spec({ via, to })]);
    const cut = new Client(tunnel!);
    await cut.hears('web-1\n');
    kube.cut();
    expect(await cut.over).toBe('ECONNRESET');
    const next = new Client(tunnel!);
    await next.hears('web-1\n');
    next.socket.destroy();
  });

  test('runs the credential plugin again after a 401, unnoticed', async () => {
    const accepted = new Set(['token-1']);
    const plugin = join(project.folder, 'plugin');
    const answer =
      '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"token-%s"}}';
    await writeFile(plugin, `#!/bin/sh\necho x >> "$0.runs"\nprintf '${answer}' "$(wc -l < "$0.runs")"\n`, {
      mode: 0o700,
    });
    const client = await supervise(
      { authenticate: (token) => (accepted.has(token.trim()) ? { user: 'me', groups: [] } : undefined) },
      { exec: { command: plugin } },
    );
    await runPod('web-1');
    const [tunnel] = await client.up([spec({ via, to })]);
    accepted.clear();
    accepted.add('token-2');
    const renewed = new Client(tunnel!);
    await renewed.hears('web-1\n');
    renewed.socket.destroy();
    expect((await client.status()).tunnels[0]?.link).toMatchObject({ state: 'ready', connects: 1 });
  });

  test('needs somebody when the credentials are refused for good, and goes on when they are mended', async () => {
    let accepts = true;
    const client = await supervise({ authenticate: () => (accepts ? { user: 'me', groups: [] } : undefined) });
    await runPod('web-1');
    const [tunnel] = await client.up([spec({ via, to, holdMs: 60_000 })]);
    await using follower = new Follower((signal) => client.events({ signal }));
    accepts = false;
    const waiting = new Client(tunnel!);
    const { failure } = await follower.until(({ state }) => state === 'needs-auth');
    expect(failure).toMatchObject({
      cause: 'auth',
      authCommand: `kubectl --kubeconfig ${via.kubeconfig} auth whoami`,
      watch: via.kubeconfig,
    });
    accepts = true;
    await writeFile(via.kubeconfig as string, kube.kubeconfig());
    await waiting.hears('web-1\n');
    waiting.socket.destroy();
  });

  test('is not ready where forwarding is denied, and says what is missing', async () => {
    const client = await supervise({ authorize: ({ subresource }) => subresource !== 'portforward' });
    await runPod('web-1');
    await expect(client.up([spec({ via, to })])).rejects.toMatchObject({
      message: expect.stringContaining('does not let you forward ports of pods in default'),
    });
  });

  test('says of a port on which nothing listens what the pod said', async () => {
    const client = await supervise();
    kube.put(pod('web-1'));
    await expect(
      client.up([spec({ via, to, probe: { kind: 'http', path: '/' } })], { timeoutMs: 2_000 }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('connection refused'),
    });
  });
});

describe('net doctor for pods', () => {
  const go = async (): Promise<readonly Pick<Hop, 'hop' | 'verdict'>[]> => {
    const hops: Hop[] = [];
    const provider = createKubeProvider({ env: project.env });
    const providers = { kube: async () => provider } as never;
    const runtimeDirectory = project.folder;
    for await (const hop of diagnose({ via, to, providers, runtimeDirectory, signal: new AbortController().signal })) {
      hops.push(hop);
      expect(hop.detail).toMatch(/\S/);
      if (hop.verdict === 'fail') expect(hop.hint).toMatch(/\S/);
    }
    return hops.map(({ hop, verdict }) => ({ hop, verdict }));
  };
  const pass = (...hops: readonly Hop['hop'][]): readonly Pick<Hop, 'hop' | 'verdict'>[] =>
    hops.map((hop) => ({ hop, verdict: 'pass' }));

  test('goes the whole way, or ends at the step that fails', async () => {
    let authorized = true;
    await supervise({
      authenticate: (token) => (token === 'bad' ? undefined : { user: 'me', groups: [] }),
      authorize: () => authorized,
    });
    expect(await go()).toEqual([...pass('config', 'dns', 'tcp', 'auth'), { hop: 'pod', verdict: 'fail' }]);
    kube.put(pod('web-1'));
    expect((await go()).slice(0, 5)).toEqual(pass('config', 'dns', 'tcp', 'auth', 'pod'));
    expect((await go()).at(-1)).toEqual({ hop: 'target', verdict: 'fail' });
    await runPod('web-1');
    expect((await go()).filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    authorized = false;
    expect((await go()).at(-1)).toEqual({ hop: 'auth', verdict: 'fail' });
    const config = kube.kubeconfig();
    const withConfig = async (text: string): Promise<Pick<Hop, 'hop' | 'verdict'> | undefined> => {
      await writeFile(via.kubeconfig as string, text);
      return (await go()).at(-1);
    };
    expect(await withConfig(config.replace(kube.token, 'bad'))).toEqual({ hop: 'auth', verdict: 'fail' });
    expect(await withConfig(kube.kubeconfig({ exec: { command: 'no-such-plugin' } }))).toEqual({
      hop: 'credentials',
      verdict: 'fail',
    });
    expect(await withConfig(config.replace('server:', 'tls-server-name: other\n      server:'))).toEqual({
      hop: 'host-key',
      verdict: 'fail',
    });
    expect(await withConfig(config.replace(kube.url, 'https://127.0.0.1:1'))).toEqual({ hop: 'tcp', verdict: 'fail' });
    expect(await withConfig(config.replace(kube.url, 'https://no-such-host.invalid'))).toEqual({
      hop: 'dns',
      verdict: 'fail',
    });
    expect(await withConfig('clusters: 7')).toEqual({ hop: 'config', verdict: 'fail' });
  });
});

const service: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
};

function pod(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: 'web' } },
    spec: { containers: [{ name: 'main' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

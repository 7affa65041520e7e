import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomKey } from '@hawser/api-keys';
import { startKubeEmulator, type KubeEmulator } from '@hawser/emulators/kube';
import { openCluster } from '@hawser/kube-client';
import { createSigner, createSigningKey } from '@hawser/receipts';
import type { ControllerSettings } from '../../src/controller/index.js';
import { createController, serveController } from '../../src/controller/index.js';
import { createGateway, createRunnerAccess, serveGateway } from '../../src/gateway/index.js';
import { forwardToRunners, openKubeCluster } from '../../src/kube/index.js';
import { systemClock } from '../../src/local/clock.js';
import type { CreatedSession, SessionView } from '../../src/protocol/index.js';
import { migrate, openStore, storedLog } from '../../src/store/index.js';
import { createMemoryKeys, openTickets, registerBootstrapKey } from '../../src/tickets/index.js';
import { controllerRole, namespace, template } from './kube-world.js';

const runner = fileURLToPath(new URL('kube-runner.mjs', import.meta.url));

/** Controller and gateway of the product over a double of Kubernetes, whose pods are the product's runners. */
export interface KubeSystem extends AsyncDisposable {
  readonly kube: KubeEmulator;
  readonly gatewayUrl: string;
  create(body: object): Promise<CreatedSession>;
  ask(method: string, path: string, body?: object): Promise<Response>;
  /** The session once `holds` does. */
  session(id: string, holds?: (view: SessionView) => boolean): Promise<SessionView>;
  podOf(session: string): { readonly namespace: string; readonly name: string };
}

export async function createKubeSystem(settings: Partial<ControllerSettings> = {}): Promise<KubeSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-kube-'));
  const kube = await startKubeEmulator({
    rbac: true,
    strict: true,
    objects: controllerRole,
    run: { images: { 'registry.example/hawser-sessions-runner': { command: [process.execPath, runner] } } },
  });
  const config = join(folder, 'config');
  await writeFile(config, kube.kubeconfig({ serviceAccount: { namespace: 'sessions', name: 'controller' } }));
  const laptop = join(folder, 'laptop');
  await writeFile(laptop, kube.kubeconfig());
  const cluster = await openCluster({ kubeconfig: config, env: {} });
  const viewersCluster = await openCluster({ kubeconfig: laptop, env: {} });
  const file = join(folder, 'store.db');
  await migrate({ file });
  const store = await openStore({ file });
  const tickets = openTickets({ store, keys: createMemoryKeys(), issuer: 'test', nowMs: Date.now });
  const apiKey = randomKey();
  await registerBootstrapKey({ store, key: apiKey, nowMs: Date.now() });
  let internalUrl = '';
  const filled = {
    ...template,
    get controllerUrl() {
      return internalUrl;
    },
  };
  const controller = createController({
    store,
    cluster: openKubeCluster({ cluster, template: filled }),
    tickets,
    access: createRunnerAccess({ nowMs: Date.now }),
    signer: createSigner(createSigningKey()),
    clock: systemClock,
    sealingKeys: [randomBytes(32)],
    version: '0.0.0',
    settings: { ratePerMinute: null, sweepMs: 200, settleMs: 500, lostAfterMs: 1_000, graceMs: 300, ...settings },
  });
  const served = await serveController({ controller });
  ({ internalUrl } = served);
  controller.start();
  const forward = forwardToRunners(viewersCluster, filled);
  const gateway = createGateway({
    store,
    tickets,
    log: (session) => storedLog(store, session),
    pageFolder: folder,
    clock: systemClock,
    connect: (address) => forward(address),
  });
  const door = await serveGateway({ gateway });
  const ask: KubeSystem['ask'] = async (method, path, body) =>
    await fetch(`${served.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  return {
    kube,
    gatewayUrl: door.url,
    ask,
    create: async (body) => {
      const answer = await ask('POST', '/api/sessions', body);
      if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
      return (await answer.json()) as CreatedSession;
    },
    session: async (id, holds = () => true) => {
      for (;;) {
        const changed = new AbortController();
        const change = store.changed(id, { timeoutMs: 1_000, signal: changed.signal });
        const view = (await (await ask('GET', `/api/sessions/${id}`)).json()) as SessionView;
        if (holds(view)) {
          changed.abort();
          return view;
        }
        await change;
      }
    },
    podOf: (session) => ({
      namespace,
      name:
        kube.list('v1', 'Pod', namespace).find(({ metadata }) => metadata.labels?.['hawser.dev/session'] === session)
          ?.metadata.name ?? '',
    }),
    [Symbol.asyncDispose]: async () => {
      await door.close();
      await served.close();
      await store.close();
      await cluster.close();
      await viewersCluster.close();
      await kube.close();
      await rm(folder, { recursive: true });
    },
  };
}

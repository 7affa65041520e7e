import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { EmulatorError } from '../errors.js';
import { createFaults } from '../http/faults.js';
import { createListener } from '../http/listener.js';
import { deleteObject } from './api/delete.js';
import { allowedByRoles } from './api/rbac.js';
import { serve } from './api/serve.js';
import type { World } from './api/world.js';
import { refusePod } from './cluster/admission.js';
import { startGarbageCollector } from './cluster/garbage.js';
import { startJobController } from './cluster/jobs.js';
import { type Kubelet, startKubelet } from './cluster/kubelet.js';
import { createShelf } from './cluster/parts.js';
import { createServiceAccounts } from './cluster/service-accounts.js';
import { serveUpgrade } from './forward/serve-upgrade.js';
import { createIdentify } from './identify.js';
import { writeKubeconfig } from './kubeconfig.js';
import { createKinds, type Kind } from './store/kinds.js';
import { createStore } from './store/store.js';
import { createAuthority } from './tls/authority.js';
import type { ForwardProtocol, KubeEmulator, KubeEmulatorOptions, KubeFault, KubeObject } from './types.js';

const host = '127.0.0.1';

const allForwardProtocols: readonly ForwardProtocol[] = [
  'SPDY/3.1+portforward.k8s.io',
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
];

/**
 * Starts a Kubernetes API server on this machine, on loopback only and by TLS with an authority of its own.
 *
 * It keeps any object of any group, in memory. Pods are what a test says they are, and their ports are those of this
 * machine that {@link KubeEmulator.servePod} names; with {@link KubeEmulatorOptions.run} they are processes.
 *
 * @throws {@link EmulatorError} `HAWSER_EMULATOR_LISTEN` or, for a port that is none, `HAWSER_EMULATOR_OPTION`
 */
export async function startKubeEmulator(options: KubeEmulatorOptions = {}): Promise<KubeEmulator> {
  const { port = 0 } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new EmulatorError('HAWSER_EMULATOR_OPTION', `The port is not a number from 0 to 65535: ${port}.`);
  }
  const token = `emulated-${randomBytes(18).toString('base64url')}`;
  const authority = createAuthority('hawser emulated cluster');
  const server = authority.issueServer([
    'kubernetes.default.svc',
    'kubernetes',
    'localhost',
    host,
    '::1',
    ...(options.names ?? []),
  ]);
  const kinds = createKinds(options.absentGroups ?? []);
  const store = createStore();
  const shelf = createShelf(kinds, store);
  const served = new Map<string, Readonly<Record<number, number>>>();
  const accounts = createServiceAccounts();
  const faults = createFaults<KubeFault['does']>();
  const requests: { method: string; path: string; status: number }[] = [];
  let kubelet: Kubelet | undefined;
  const running = (): Kubelet => {
    if (kubelet) return kubelet;
    throw new EmulatorError('HAWSER_EMULATOR_OPTION', 'No pods run here: the emulator was started without `run`.');
  };
  const authenticate =
    options.authenticate ??
    ((given: string) => (given === token ? { user: 'emulated', groups: ['system:masters'] } : undefined));
  const world: World = {
    kinds,
    store,
    identify: createIdentify((given) => accounts.identify(given) ?? authenticate(given)),
    may: (who, what) =>
      (options.authorize?.({ ...who, ...what }) ?? true) && (!options.rbac || allowedByRoles(shelf, who, what)),
    open: new Set(),
    watches: new Set(),
    faults,
    isStrict: options.strict ?? false,
    forwardProtocols: options.forwardProtocols ?? allForwardProtocols,
    placeOf: (namespace, name, wanted) => {
      const local = served.get(`${namespace}/${name}`)?.[wanted];
      if (local !== undefined) return { host, port: local };
      const address = kubelet?.addressOf(namespace, name);
      return address === undefined ? undefined : { host: address, port: wanted };
    },
    logOf: (namespace, name, container) => kubelet?.logOf(namespace, name, container),
    isRunning: (pod) => kubelet?.isRunning(pod) ?? false,
    tokenOf: accounts.tokenOf,
    record: (method, path, status) => requests.push({ method, path, status }),
  };
  const put = (object: KubeObject): void => {
    store.put(kinds.of(object), object);
    if (object.kind === 'CustomResourceDefinition') kinds.define(object);
  };
  for (const object of [...['default', 'kube-system'].map(namespaceNamed), ...(options.objects ?? [])]) put(object);

  const erase = (kind: Kind, object: KubeObject): void => void deleteObject(store, world.isRunning, kind, object);
  const controllers = options.run
    ? [startGarbageCollector(shelf, erase), startJobController(shelf, erase, (pod) => refusePod(shelf, pod))]
    : [];
  if (options.run) kubelet = await startKubelet(shelf, options.run);

  const listener = createListener({
    host,
    port,
    tls: {
      cert: server.certPem,
      key: server.keyPem,
      ca: authority.caPem,
      requestCert: true,
      rejectUnauthorized: false,
    },
    serve: (raw, response) => void serve(world, raw, response),
  });
  listener.server.on('upgrade', (raw: IncomingMessage, socket: Duplex, head: Buffer) => {
    serveUpgrade(world, raw, socket, head);
  });
  await listener.start();
  const url = `https://${host}:${listener.port}`;
  const cut = (): void => {
    for (const stream of world.open) stream.destroy();
  };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    cut();
    return (closed ??= stop());
  };
  const awaited = new Set<(reason: EmulatorError) => void>();
  const until = async (holds: () => boolean): Promise<void> => {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const done = (): void => {
        stopListening();
        awaited.delete(fail);
      };
      const fail = (reason: EmulatorError): void => {
        done();
        reject(reason);
      };
      const stopListening = store.onChange(() => {
        if (!holds()) return;
        done();
        resolve();
      });
      awaited.add(fail);
    });
  };
  const stop = async (): Promise<void> => {
    const reason = new EmulatorError(
      'HAWSER_EMULATOR_CLOSED',
      'The server was closed before what was waited for came true.',
    );
    for (const fail of awaited) fail(reason);
    for (const controller of controllers) controller.close();
    await kubelet?.close();
    await listener.stop();
  };
  return {
    url,
    caPem: authority.caPem,
    token,
    kubeconfig: ({ namespace, certificate, exec, serviceAccount } = {}) => {
      const issued = certificate && authority.issueClient(certificate.user, certificate.groups ?? []);
      const own = serviceAccount ? accounts.tokenOf(serviceAccount.namespace, serviceAccount.name) : token;
      const credential = exec ? { exec } : issued ? { certificate: issued } : { token: own };
      return writeKubeconfig({ server: url, caPem: authority.caPem, namespace, credential });
    },
    put,
    remove: (object) => void store.remove(kinds.of(object), object.metadata.namespace, object.metadata.name),
    list: (apiVersion, kind, namespace) =>
      store.list(
        kinds.of({ apiVersion, kind, metadata: { name: '', ...(namespace !== undefined && { namespace }) } }),
        namespace,
      ),
    serviceAccountToken: (account) => accounts.tokenOf(account.namespace, account.name),
    servePod: (pod, ports) => served.set(`${pod.namespace}/${pod.name}`, ports),
    requests,
    cut,
    stallWatches: () => {
      for (const stall of world.watches) stall();
    },
    fail: (fault) => faults.add(fault),
    pods: {
      processOf: (pod) => running().processOf(pod.namespace, pod.name),
      addressOf: (pod) => running().addressOf(pod.namespace, pod.name),
      outOfMemory: (pod) => running().outOfMemory(pod.namespace, pod.name),
      evict: (pod, message = 'The node was low on resource: memory.') =>
        running().evict(pod.namespace, pod.name, message),
      loseNode: () => running().loseNode(),
      unschedulable: (message) => running().unschedulable(message),
    },
    logs: (pod) => {
      const lines = running().logOf(pod.namespace, pod.name)?.lines ?? [];
      return Buffer.concat(lines.map(({ bytes }) => bytes)).toString();
    },
    until,
    compact: () => store.compact(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Those that every cluster has. */
function namespaceNamed(name: string): KubeObject {
  const metadata = { name, labels: { 'kubernetes.io/metadata.name': name } };
  return { apiVersion: 'v1', kind: 'Namespace', metadata, status: { phase: 'Active' } };
}

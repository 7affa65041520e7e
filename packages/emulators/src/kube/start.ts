import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { EmulatorError } from '../errors.js';
import { createListener } from '../http/listener.js';
import { serve } from './api/serve.js';
import type { World } from './api/world.js';
import { serveUpgrade } from './forward/serve-upgrade.js';
import { createIdentify } from './identify.js';
import { writeKubeconfig } from './kubeconfig.js';
import { createKinds } from './store/kinds.js';
import { createStore } from './store/store.js';
import { createAuthority } from './tls/authority.js';
import type { ForwardProtocol, KubeEmulator, KubeEmulatorOptions, KubeObject } from './types.js';

const host = '127.0.0.1';

const allForwardProtocols: readonly ForwardProtocol[] = [
  'SPDY/3.1+portforward.k8s.io',
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
];

/**
 * Starts a Kubernetes API server on this machine, on loopback only and by TLS with an authority of its own.
 *
 * It keeps any object of any group, in memory, and runs none of them: pods are what a test says they are, and their
 * ports are those of this machine that {@link KubeEmulator.servePod} names.
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
  const pods = new Map<string, Readonly<Record<number, number>>>();
  const requests: { method: string; path: string; status: number }[] = [];
  const world: World = {
    kinds,
    store,
    identify: createIdentify(
      options.authenticate ??
        ((given) => (given === token ? { user: 'emulated', groups: ['system:masters'] } : undefined)),
    ),
    may: (who, what) => options.authorize?.({ ...who, ...what }) ?? true,
    open: new Set(),
    forwardProtocols: options.forwardProtocols ?? allForwardProtocols,
    portOf: (namespace, name, wanted) => pods.get(`${namespace}/${name}`)?.[wanted],
    record: (method, path, status) => requests.push({ method, path, status }),
  };
  const put = (object: KubeObject): void => {
    store.put(kinds.of(object), object);
    if (object.kind === 'CustomResourceDefinition') kinds.define(object);
  };
  for (const object of [...['default', 'kube-system'].map(namespaceNamed), ...(options.objects ?? [])]) put(object);

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
    return (closed ??= listener.stop());
  };
  return {
    url,
    caPem: authority.caPem,
    token,
    kubeconfig: ({ namespace, certificate, exec } = {}) => {
      const issued = certificate && authority.issueClient(certificate.user, certificate.groups ?? []);
      const credential = exec ? { exec } : issued ? { certificate: issued } : { token };
      return writeKubeconfig({ server: url, caPem: authority.caPem, namespace, credential });
    },
    put,
    remove: (object) => void store.remove(kinds.of(object), object.metadata.namespace, object.metadata.name),
    list: (apiVersion, kind, namespace) =>
      store.list(
        kinds.of({ apiVersion, kind, metadata: { name: '', ...(namespace !== undefined && { namespace }) } }),
        namespace,
      ),
    servePod: (pod, ports) => pods.set(`${pod.namespace}/${pod.name}`, ports),
    requests,
    cut,
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

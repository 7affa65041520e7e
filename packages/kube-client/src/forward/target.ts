import { KubeClientError } from '../errors.js';
import type { ForwardPlace, ForwardTarget } from '../types.js';

/** What is asked of a cluster to find places. */
export interface Reader {
  get<T>(path: string): Promise<T>;
  list<T>(path: string, labelSelector: string): Promise<readonly T[]>;
}

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec?: {
    readonly containers?: readonly {
      readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[] | null;
    }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface Service {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      readonly targetPort?: number | string;
    }[];
  };
}

interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    readonly values?: readonly string[];
  }[];
}

/** The words kubectl takes; of a workload, the path of resources whose `spec.selector` selects pods. */
const kinds: ReadonlyMap<string, string> = new Map([
  ...words('pod', 'po', 'pod', 'pods'),
  ...words('service', 'svc', 'service', 'services'),
  ...words('apps/v1/deployments', 'deploy', 'deployment', 'deployments'),
  ...words('apps/v1/statefulsets', 'sts', 'statefulset', 'statefulsets'),
  ...words('batch/v1/jobs', 'job', 'jobs'),
]);

function words(kind: string, ...names: readonly string[]): readonly (readonly [string, string])[] {
  return names.map((name) => [name, kind]);
}

/**
 * All ready pods that a target means, each with its port.
 *
 * @throws KubeClientError `HAWSER_KUBE_NO_READY_POD`, `HAWSER_KUBE_NOT_FOUND`, `HAWSER_KUBE_CONFIG_INVALID` for a target
 *   that is none
 */
export async function findPlaces(
  reader: Reader,
  namespace: string,
  target: ForwardTarget,
): Promise<readonly ForwardPlace[]> {
  const base = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const { kind, name } = parseTarget(target.target);
  if (kind === 'pod') {
    const pod = await reader.get<Pod>(`${base}/pods/${encodeURIComponent(name)}`);
    const { phase = 'unknown' } = pod.status ?? {};
    if (phase !== 'Running' || isLeaving(pod)) {
      throw noReadyPod(`The pod ${name} cannot be connected to: it is ${isLeaving(pod) ? 'being deleted' : phase}.`);
    }
    return [{ namespace, pod: name, port: portOf(pod, target.port) }];
  }
  let { port } = target;
  let selector: string;
  if (kind === 'selector') selector = name;
  else if (kind === 'service') {
    const service = await reader.get<Service>(`${base}/services/${encodeURIComponent(name)}`);
    port = targetPort(service, name, port);
    selector = selectorOf({ matchLabels: service.spec?.selector ?? {} });
    if (selector === '') {
      throw noReadyPod(
        `The service ${name} selects no pods.`,
        'Forward to a pod itself, or to a service with a selector.',
      );
    }
  } else {
    const [group, version, resource] = kind.split('/');
    const path = `/apis/${group}/${version}/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`;
    const workload = await reader.get<{ readonly spec?: { readonly selector?: LabelSelector } }>(path);
    selector = selectorOf(workload.spec?.selector ?? {});
    if (selector === '') throw noReadyPod(`${target.target} selects no pods.`);
  }
  const pods = await reader.list<Pod>(`${base}/pods`, selector);
  const ready = pods.filter(isReady);
  if (ready.length === 0) throw noReadyPod(`${target.target} in ${namespace} has no ready pod: ${states(pods)}.`);
  return ready.map((pod) => ({ namespace, pod: pod.metadata.name, port: portOf(pod, port) }));
}

function parseTarget(target: string): { readonly kind: string; readonly name: string } {
  const slash = target.indexOf('/');
  const [word, name] = [target.slice(0, Math.max(slash, 0)), target.slice(slash + 1)];
  // The key of a label may hold a slash as well: app.kubernetes.io/name=web.
  if (target.includes('=')) return { kind: 'selector', name: target };
  const kind = kinds.get(word);
  if (kind !== undefined && name !== '' && !name.includes('/')) return { kind, name };
  throw new KubeClientError('HAWSER_KUBE_CONFIG_INVALID', `'${target}' does not say which pods are meant.`, {
    hint: 'Write it like svc/NAME, pod/NAME, deployment/NAME, statefulset/NAME, job/NAME or KEY=VALUE.',
  });
}

/** From the port of the service to that of its pods. */
function targetPort(service: Service, name: string, wanted: number | string): number | string {
  const ports = service.spec?.ports ?? [];
  const found = ports.find((port) => port.port === wanted || port.name === String(wanted));
  if (!found) {
    const known = ports.map((port) => (port.name ? `${port.port} (${port.name})` : String(port.port))).join(', ');
    throw new KubeClientError('HAWSER_KUBE_NOT_FOUND', `The service ${name} has no port ${wanted}.`, {
      hint: known ? `It has ${known}.` : 'It has none.',
    });
  }
  return found.targetPort || found.port;
}

function portOf(pod: Pod, wanted: number | string): number {
  if (typeof wanted === 'number') return wanted;
  const ports = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  const found = ports.find(({ name }) => name === wanted);
  if (found) return found.containerPort;
  const names = ports.flatMap(({ name }) => (name ? [name] : []));
  throw new KubeClientError('HAWSER_KUBE_NOT_FOUND', `The pod ${pod.metadata.name} has no port named ${wanted}.`, {
    hint: names.length > 0 ? `It has ${names.join(', ')}.` : 'None of its ports has a name: give the number.',
  });
}

/** As the query of a list takes it. */
function selectorOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const others = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator.toLowerCase()} (${values.join(',')})`;
  });
  return [...equal, ...others].join(',');
}

function isReady(pod: Pod): boolean {
  const conditions = pod.status?.conditions ?? [];
  return !isLeaving(pod) && conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

function isLeaving(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** What the pods are that are not ready. */
function states(pods: readonly Pod[]): string {
  if (pods.length === 0) return 'there is none at all';
  const shown = pods.slice(0, 3).map((pod) => {
    const state = isLeaving(pod) ? 'being deleted' : (pod.status?.phase ?? 'unknown');
    return `${pod.metadata.name} is ${state === 'Running' ? 'running but not ready' : state}`;
  });
  return shown.join(', ') + (pods.length > 3 ? `, and ${pods.length - 3} more` : '');
}

function noReadyPod(message: string, hint?: string): KubeClientError {
  return new KubeClientError('HAWSER_KUBE_NO_READY_POD', message, { hint });
}

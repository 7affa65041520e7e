import type { KubeObject } from '../types.js';

/** A kind of object, and the paths it is served under. */
export interface Kind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** In paths, such as `pods`. */
  readonly resource: string;
  readonly isNamespaced: boolean;
  readonly shortNames: readonly string[];
  readonly subresources: readonly string[];
  /** Questions to the server, which keeps none of them. */
  readonly isReview?: boolean;
}

/** The kinds a server knows. */
export interface Kinds {
  all(): readonly Kind[];
  byResource(group: string, version: string, resource: string): Kind | undefined;
  /** Unknown kinds become known: their resource is the kind in lower case with an `s`. */
  of(object: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>): Kind;
  /** What a CustomResourceDefinition defines is served from then on. */
  define(definition: KubeObject): void;
}

export function createKinds(absentGroups: readonly string[]): Kinds {
  const known = builtIn.filter((kind) => !absentGroups.includes(kind.group));
  const find = (group: string, version: string, matches: (kind: Kind) => boolean): Kind | undefined =>
    known.find((kind) => kind.group === group && kind.version === version && matches(kind));
  return {
    all: () => known,
    byResource: (group, version, resource) => find(group, version, (kind) => kind.resource === resource),
    of: (object) => {
      const { group, version } = splitApiVersion(object.apiVersion);
      const found = find(group, version, (kind) => kind.kind === object.kind);
      if (found) return found;
      const resource = `${object.kind.toLowerCase()}s`;
      const isNamespaced = object.metadata.namespace !== undefined;
      const made = {
        group,
        version,
        kind: object.kind,
        resource,
        isNamespaced,
        shortNames: [],
        subresources: ['status'],
      };
      known.push(made);
      return made;
    },
    define: (definition) => {
      const spec = definition['spec'] as CustomResourceSpec;
      for (const { name: version } of spec.versions) {
        if (find(spec.group, version, (kind) => kind.kind === spec.names.kind)) continue;
        known.push({
          group: spec.group,
          version,
          kind: spec.names.kind,
          resource: spec.names.plural,
          isNamespaced: spec.scope === 'Namespaced',
          shortNames: spec.names.shortNames ?? [],
          subresources: ['status'],
        });
      }
    },
  };
}

/** `apps/v1` or `v1`. */
export function splitApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** The other way around. */
export function apiVersionOf(kind: Pick<Kind, 'group' | 'version'>): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

interface CustomResourceSpec {
  readonly group: string;
  readonly scope: string;
  readonly names: { readonly kind: string; readonly plural: string; readonly shortNames?: readonly string[] };
  readonly versions: readonly { readonly name: string }[];
}

const builtIn: readonly Kind[] = [
  ...inGroup('', 'v1', [
    ['Namespace', 'namespaces', false, 'ns', 'status', 'finalize'],
    ['Node', 'nodes', false, 'no', 'status'],
    ['Pod', 'pods', true, 'po', 'status', 'log', 'exec', 'portforward', 'eviction'],
    ['Service', 'services', true, 'svc', 'status'],
    ['Endpoints', 'endpoints', true, 'ep'],
    ['ConfigMap', 'configmaps', true, 'cm'],
    ['Secret', 'secrets', true, ''],
    ['ServiceAccount', 'serviceaccounts', true, 'sa', 'token'],
    ['Event', 'events', true, 'ev'],
    ['PersistentVolume', 'persistentvolumes', false, 'pv', 'status'],
    ['PersistentVolumeClaim', 'persistentvolumeclaims', true, 'pvc', 'status'],
    ['ResourceQuota', 'resourcequotas', true, 'quota', 'status'],
    ['LimitRange', 'limitranges', true, 'limits'],
  ]),
  ...inGroup('apps', 'v1', [
    ['Deployment', 'deployments', true, 'deploy', 'status'],
    ['StatefulSet', 'statefulsets', true, 'sts', 'status'],
    ['DaemonSet', 'daemonsets', true, 'ds', 'status'],
    ['ReplicaSet', 'replicasets', true, 'rs', 'status'],
  ]),
  ...inGroup('batch', 'v1', [
    ['Job', 'jobs', true, '', 'status'],
    ['CronJob', 'cronjobs', true, 'cj', 'status'],
  ]),
  ...inGroup('coordination.k8s.io', 'v1', [['Lease', 'leases', true, '']]),
  ...inGroup('discovery.k8s.io', 'v1', [['EndpointSlice', 'endpointslices', true, '']]),
  ...inGroup('networking.k8s.io', 'v1', [
    ['Ingress', 'ingresses', true, 'ing', 'status'],
    ['NetworkPolicy', 'networkpolicies', true, 'netpol'],
  ]),
  ...inGroup('policy', 'v1', [['PodDisruptionBudget', 'poddisruptionbudgets', true, 'pdb', 'status']]),
  ...inGroup('rbac.authorization.k8s.io', 'v1', [
    ['Role', 'roles', true, ''],
    ['RoleBinding', 'rolebindings', true, ''],
    ['ClusterRole', 'clusterroles', false, ''],
    ['ClusterRoleBinding', 'clusterrolebindings', false, ''],
  ]),
  ...inGroup('apiextensions.k8s.io', 'v1', [
    ['CustomResourceDefinition', 'customresourcedefinitions', false, 'crd', 'status'],
  ]),
  ...inGroup('authentication.k8s.io', 'v1', [['SelfSubjectReview', 'selfsubjectreviews', false, '']]).map(asReview),
  ...inGroup('authorization.k8s.io', 'v1', [['SelfSubjectAccessReview', 'selfsubjectaccessreviews', false, '']]).map(
    asReview,
  ),
  // The four kinds of Actions Runner Controller 0.9 and later.
  ...inGroup('actions.github.com', 'v1alpha1', [
    ['AutoscalingRunnerSet', 'autoscalingrunnersets', true, '', 'status'],
    ['AutoscalingListener', 'autoscalinglisteners', true, '', 'status'],
    ['EphemeralRunnerSet', 'ephemeralrunnersets', true, '', 'status'],
    ['EphemeralRunner', 'ephemeralrunners', true, '', 'status'],
  ]),
];

type Row = readonly [
  kind: string,
  resource: string,
  isNamespaced: boolean,
  shortName: string,
  ...subresources: string[],
];

function inGroup(group: string, version: string, rows: readonly Row[]): Kind[] {
  return rows.map(([kind, resource, isNamespaced, shortName, ...subresources]) => ({
    group,
    version,
    kind,
    resource,
    isNamespaced,
    shortNames: shortName === '' ? [] : [shortName],
    subresources,
  }));
}

function asReview(kind: Kind): Kind {
  return { ...kind, isReview: true };
}

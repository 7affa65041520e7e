import type { KubeObject } from '../types.js';

/** Asked for by `Accept: application/json;as=Table;v=v1;g=meta.k8s.io`, as kubectl does for people. */
export function wantsTable(accept: string): boolean {
  return /as=Table;v=v1;g=meta\.k8s\.io/.test(accept.replaceAll(' ', ''));
}

/** `meta/v1 Table`. In a watch only the first has its columns described. */
export function toTable(kind: string, objects: readonly KubeObject[], metadata: object, hasColumns = true): object {
  const columns = [nameColumn, ...(columnsByKind[kind] ?? []), ageColumn];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: hasColumns
      ? columns.map(({ name }, index) => ({
          name,
          type: 'string',
          format: index === 0 ? 'name' : '',
          description: name,
          priority: 0,
        }))
      : [],
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object)),
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
}

interface Column {
  readonly name: string;
  readonly cell: (object: KubeObject) => string;
}

const nameColumn: Column = { name: 'Name', cell: ({ metadata }) => metadata.name };
const ageColumn: Column = { name: 'Age', cell: ({ metadata }) => age(metadata['creationTimestamp']) };

const columnsByKind: Readonly<Record<string, readonly Column[]>> = {
  Pod: [
    {
      name: 'Ready',
      cell: (pod) => {
        const statuses = list(pod, 'status', 'containerStatuses');
        const all = statuses.length || list(pod, 'spec', 'containers').length;
        return `${statuses.filter((status) => read(status, 'ready') === true).length}/${all}`;
      },
    },
    {
      name: 'Status',
      cell: (pod) => (pod.metadata['deletionTimestamp'] ? 'Terminating' : text(pod, 'Unknown', 'status', 'phase')),
    },
    {
      name: 'Restarts',
      cell: (pod) =>
        String(
          list(pod, 'status', 'containerStatuses').reduce<number>((sum, one) => sum + count(one, 'restartCount'), 0),
        ),
    },
  ],
  Deployment: [
    { name: 'Ready', cell: (one) => `${count(one, 'status', 'readyReplicas')}/${text(one, '1', 'spec', 'replicas')}` },
    { name: 'Up-to-date', cell: (one) => text(one, '0', 'status', 'updatedReplicas') },
    { name: 'Available', cell: (one) => text(one, '0', 'status', 'availableReplicas') },
  ],
  StatefulSet: [
    { name: 'Ready', cell: (one) => `${count(one, 'status', 'readyReplicas')}/${text(one, '1', 'spec', 'replicas')}` },
  ],
  Service: [
    { name: 'Type', cell: (one) => text(one, 'ClusterIP', 'spec', 'type') },
    { name: 'Cluster-IP', cell: (one) => text(one, '<none>', 'spec', 'clusterIP') },
    {
      name: 'Port(s)',
      cell: (one) =>
        list(one, 'spec', 'ports')
          .map((port) => `${text(port, '', 'port')}/${text(port, 'TCP', 'protocol')}`)
          .join(','),
    },
  ],
  Job: [
    {
      name: 'Completions',
      cell: (one) => `${count(one, 'status', 'succeeded')}/${text(one, '1', 'spec', 'completions')}`,
    },
  ],
  Namespace: [{ name: 'Status', cell: (one) => text(one, 'Active', 'status', 'phase') }],
};

/** Whole units, the largest that fits. */
function age(created: unknown): string {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(String(created))) / 1000));
  if (Number.isNaN(seconds)) return '<unknown>';
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

function read(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

function text(value: unknown, fallback: string, ...path: readonly string[]): string {
  const found = read(value, ...path);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : fallback;
}

function count(value: unknown, ...path: readonly string[]): number {
  const found = read(value, ...path);
  return typeof found === 'number' ? found : 0;
}

function list(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = read(value, ...path);
  return Array.isArray(found) ? found : [];
}

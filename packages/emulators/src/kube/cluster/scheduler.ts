import type { KubeObject } from '../types.js';
import { createEvents } from './events.js';
import { type Condition, type Shelf, withCondition } from './parts.js';
import { specOf } from './pod-spec.js';

/** Gives pods the one node there is. */
export interface Scheduler {
  readonly nodeName: string;
  /** The pod with its node, or undefined when it has to wait. */
  place(pod: KubeObject): KubeObject | undefined;
  /** Pods wait from now on, for these words; undefined lets them go. */
  refuse(message: string | undefined): void;
}

export function createScheduler(shelf: Shelf, nodeLabels: Readonly<Record<string, string>>): Scheduler {
  const nodeName = 'emulated-node';
  const tell = createEvents(shelf, 'default-scheduler');
  const labels: Readonly<Record<string, string>> = {
    'kubernetes.io/os': 'linux',
    'kubernetes.io/hostname': nodeName,
    ...nodeLabels,
  };
  let refusal: string | undefined;
  shelf.put({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName, labels },
    status: {
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    },
  });
  return {
    nodeName,
    refuse: (message) => (refusal = message),
    place: (pod) => {
      const spec = specOf(pod);
      if (spec.nodeName !== undefined) return pod;
      const isMisfit = Object.entries(spec.nodeSelector ?? {}).some(([label, value]) => labels[label] !== value);
      const misfit = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
      const why = refusal ?? (isMisfit ? misfit : undefined);
      const status = (pod['status'] ?? {}) as { readonly conditions?: readonly Condition[] };
      const say = (condition: Omit<Condition, 'type'>): readonly Condition[] =>
        withCondition(status.conditions ?? [], { type: 'PodScheduled', ...condition });
      if (why !== undefined) {
        const conditions = say({ status: 'False', reason: 'Unschedulable', message: why });
        if (JSON.stringify(conditions) === JSON.stringify(status.conditions)) return undefined;
        shelf.put({ ...pod, status: { ...status, phase: 'Pending', conditions } });
        tell(pod, 'Warning', 'FailedScheduling', why);
        return undefined;
      }
      const { namespace = '', name } = pod.metadata;
      tell(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${nodeName}`);
      return shelf.put({
        ...pod,
        spec: { ...spec, nodeName },
        status: { ...status, phase: 'Pending', conditions: say({ status: 'True' }) },
      });
    },
  };
}

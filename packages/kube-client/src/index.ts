export { openCluster } from './cluster.js';
export {
  type JsonValue,
  KubeClientError,
  type KubeClientErrorCode,
  type KubeClientErrorRow,
  kubeClientErrors,
} from './errors.js';
export type { Cluster, ClusterOptions, ForwardPlace, ForwardTarget, ListOptions, WatchEvent } from './types.js';

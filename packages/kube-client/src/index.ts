export { openCluster } from './cluster.js';
export {
  type JsonValue,
  KubeClientError,
  type KubeClientErrorCode,
  type KubeClientErrorRow,
  kubeClientErrors,
} from './errors.js';
export type {
  Cluster,
  ClusterOptions,
  DeleteOptions,
  ForwardPlace,
  ForwardTarget,
  ListOptions,
  PatchKind,
  WatchEvent,
  WatchOptions,
} from './types.js';

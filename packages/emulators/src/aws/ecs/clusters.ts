import { AwsError } from '../../ssm/api/aws-error.js';
import type { World } from '../world.js';

/** One cluster. */
export interface Cluster {
  readonly name: string;
  readonly arn: string;
  capacityProviders: readonly string[];
}

/** All clusters of the account. */
export interface Clusters {
  readonly all: ReadonlyMap<string, Cluster>;
  create(name: string, capacityProviders: readonly string[]): Cluster;
  /** By name or ARN; `default` when nothing is said. @throws AwsError ClusterNotFoundException */
  find(name: string | undefined): Cluster;
  remove(cluster: Cluster): void;
}

/** Makes the table of clusters, empty. */
export function createClusters(world: World): Clusters {
  const all = new Map<string, Cluster>();
  return {
    all,
    create: (name, capacityProviders) => {
      const cluster = all.get(name) ?? { name, arn: world.arn('ecs', `cluster/${name}`), capacityProviders };
      all.set(name, cluster);
      return cluster;
    },
    find: (name = 'default') => {
      const cluster = all.get(name.replace(/^arn:.*:cluster\//u, ''));
      if (!cluster) throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
      return cluster;
    },
    remove: (cluster) => void all.delete(cluster.name),
  };
}

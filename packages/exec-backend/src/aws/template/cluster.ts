import type { StackNames } from '../names.js';
import { type Resources, sub } from './syntax.js';

/** Where tasks run. */
export const cluster = (names: StackNames): Resources => ({
  Cluster: {
    Type: 'AWS::ECS::Cluster',
    Properties: { ClusterName: sub(names.cluster), CapacityProviders: ['FARGATE', 'FARGATE_SPOT'] },
  },
});

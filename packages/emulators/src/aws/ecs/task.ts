import type { Input } from '../../ssm/api/operation.js';
import type { RunningContainer } from './container.js';
import type { ContainerDefinition } from './container-definition.js';
import type { TaskDefinition } from './definitions.js';

/** Why a task stops. */
export interface Stop {
  readonly stopCode: string;
  readonly reason: string;
}

/** One container of a task, as far as it has come. */
export interface TaskContainer {
  readonly definition: ContainerDefinition;
  readonly arn: string;
  readonly runtimeId: string;
  readonly imageDigest: string | undefined;
  /** The definition's with what RunTask put over it. */
  readonly command: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
  lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  exitCode: number | undefined;
  reason: string | undefined;
  running: RunningContainer | undefined;
}

/** Life-cycle states in their order. @see ECS developer guide "Amazon ECS task lifecycle" */
export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

/** When a task came how far; milliseconds since 1970. */
export interface TaskTimes {
  readonly createdAt: number;
  connectivityAt?: number;
  pullStartedAt?: number;
  pullStoppedAt?: number;
  startedAt?: number;
  executionStoppedAt?: number;
  stoppingAt?: number;
  stoppedAt?: number;
}

/** A task, from RunTask until it is forgotten. */
export interface Task {
  readonly id: string;
  readonly arn: string;
  readonly clusterArn: string;
  readonly definition: TaskDefinition;
  /** What RunTask was asked. */
  readonly input: Input;
  readonly containers: readonly TaskContainer[];
  readonly times: TaskTimes;
  readonly folder: string;
  /** Emptied by StopTask. */
  readonly tags: Map<string, string>;
  lastStatus: TaskStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  /** Grows with every change that is told of. */
  version: number;
  stop: Stop | undefined;
}

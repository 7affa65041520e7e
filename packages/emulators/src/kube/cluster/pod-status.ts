import { createHash } from 'node:crypto';
import type { KubeImage, KubeObject } from '../types.js';
import type { ContainerEnd } from './container-process.js';
import { type Condition, withCondition } from './parts.js';
import { type Container, specOf } from './pod-spec.js';

/** A container that was started, and how it stands. */
export interface StartedContainer {
  readonly container: Container;
  readonly startedAt: string;
  readonly end?: ContainerEnd & { readonly finishedAt: string };
}

/** Why a pod's end is not that of its containers. */
export interface PodFailure {
  readonly reason: string;
  readonly message: string;
  /** Of the condition DisruptionTarget. */
  readonly disruption: string;
}

/** The one address of the only node. */
export const hostAddress = '127.0.0.1';

/** As tags and digests come and go, an image is also known by its name alone. */
export function findImage(images: Readonly<Record<string, KubeImage>>, reference: string): KubeImage | undefined {
  return (
    images[reference] ?? images[reference.replace(/@.*$/, '')] ?? images[reference.replace(/(?::[^/]*)?(?:@.*)?$/, '')]
  );
}

/** Status of a pod whose containers were started (core/v1 PodStatus, as kubelet 1.34 writes it). */
export function startedStatus(
  object: KubeObject,
  images: Readonly<Record<string, KubeImage>>,
  pod: {
    readonly uid: string;
    readonly address: string;
    readonly startTime: string;
    readonly started: readonly StartedContainer[];
    readonly failure?: PodFailure;
  },
): object {
  const { conditions = [] } = (object['status'] ?? {}) as { readonly conditions?: readonly Condition[] };
  const isOver = pod.started.every(({ end }) => end);
  const succeeded = isOver && !pod.failure && pod.started.every(({ end }) => end?.exitCode === 0);
  const phase = !isOver ? 'Running' : succeeded ? 'Succeeded' : 'Failed';
  const isReady = pod.started.every(({ end }) => !end);
  const why = !isOver ? 'ContainersNotReady' : succeeded ? 'PodCompleted' : 'PodFailed';
  const { failure } = pod;
  let next = readiness(conditions, isReady, why);
  if (failure) {
    const { disruption: reason, message } = failure;
    next = withCondition(next, { type: 'DisruptionTarget', status: 'True', reason, message });
  }
  return {
    phase,
    ...(failure && isOver && { reason: failure.reason, message: failure.message }),
    conditions: next,
    hostIP: hostAddress,
    hostIPs: [{ ip: hostAddress }],
    podIP: pod.address,
    podIPs: [{ ip: pod.address }],
    startTime: pod.startTime,
    qosClass: 'BestEffort',
    containerStatuses: pod.started.map(({ container, startedAt, end }) => {
      const containerID = `hawser://${pod.uid}/${container.name}`;
      return {
        ...common(container),
        image: container.image,
        imageID: imageId(images, container.image),
        containerID,
        ready: !end,
        started: !end,
        state: end
          ? {
              terminated: {
                exitCode: end.exitCode,
                reason: end.reason,
                ...(end.message !== undefined && { message: end.message }),
                startedAt,
                finishedAt: end.finishedAt,
                containerID,
              },
            }
          : { running: { startedAt } },
      };
    }),
  };
}

/** Status of a pod whose containers wait, each for a reason of its own. */
export function waitingStatus(
  object: KubeObject,
  startTime: string,
  waitingFor: (container: Container) => { readonly reason: string; readonly message?: string },
): object {
  const before = (object['status'] ?? {}) as {
    readonly conditions?: readonly Condition[];
    readonly startTime?: string;
  };
  return {
    ...before,
    phase: 'Pending',
    conditions: readiness(before.conditions ?? [], false, 'ContainersNotReady'),
    hostIP: hostAddress,
    hostIPs: [{ ip: hostAddress }],
    startTime: before.startTime ?? startTime,
    containerStatuses: specOf(object).containers.map((container) => ({
      ...common(container),
      image: container.image,
      imageID: '',
      ready: false,
      started: false,
      state: { waiting: waitingFor(container) },
    })),
  };
}

function common(container: Container): object {
  return { name: container.name, restartCount: 0, lastState: {} };
}

function readiness(conditions: readonly Condition[], isReady: boolean, why: string): readonly Condition[] {
  const said = { status: isReady ? 'True' : 'False', ...(!isReady && { reason: why }) } as const;
  let next = withCondition(conditions, { type: 'Initialized', status: 'True' });
  next = withCondition(next, { type: 'ContainersReady', ...said });
  return withCondition(next, { type: 'Ready', ...said });
}

function imageId(images: Readonly<Record<string, KubeImage>>, reference: string): string {
  const name = reference.replace(/(?::[^/]*)?(?:@.*)?$/, '');
  const digest =
    findImage(images, reference)?.digest ?? `sha256:${createHash('sha256').update(reference).digest('hex')}`;
  return `${name}@${digest}`;
}

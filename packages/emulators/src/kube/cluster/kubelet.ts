import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { now } from '../store/store.js';
import type { KubeObject, KubeRunOptions } from '../types.js';
import { createAddresses } from './addresses.js';
import { type ContainerEnd, type ContainerProcess, startContainer } from './container-process.js';
import { environmentOf, expand } from './environment.js';
import { createEvents } from './events.js';
import { isGoing, type Shelf, uidOf, withCondition } from './parts.js';
import type { PodLog } from './pod-log.js';
import { type Container, specOf } from './pod-spec.js';
import { findImage, type PodFailure, startedStatus, type StartedContainer, waitingStatus } from './pod-status.js';
import { createQueue } from './queue.js';
import { createScheduler } from './scheduler.js';
import { createPlaceFinder, fillVolumes, NotYet } from './volumes.js';

/** Runs pods as processes of this machine. */
export interface Kubelet {
  /** Processes of it are there, or about to be. */
  isRunning(pod: KubeObject): boolean;
  addressOf(namespace: string, name: string): string | undefined;
  /** What a container printed; of the first one unless named. */
  logOf(namespace: string, name: string, container?: string): PodLog | undefined;
  processOf(namespace: string, name: string): number | undefined;
  outOfMemory(namespace: string, name: string): void;
  evict(namespace: string, name: string, message: string): void;
  loseNode(): void;
  unschedulable(message: string | undefined): void;
  close(): Promise<void>;
}

interface Running extends StartedContainer {
  readonly process: ContainerProcess;
  end?: ContainerEnd & { readonly finishedAt: string };
}

/** A pod from the moment its volumes are filled until its last process is gone. */
interface Pod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly folder: string;
  readonly address: string;
  readonly startTime: string;
  readonly started: Running[];
  isStopping: boolean;
  failure?: PodFailure;
  killTimer?: NodeJS.Timeout;
}

/** Until a pod that waits is looked at again, whatever happens. */
const RETRY_MS = 1_000;

export async function startKubelet(shelf: Shelf, options: KubeRunOptions): Promise<Kubelet> {
  const kind = shelf.kind('v1', 'Pod');
  const scheduler = createScheduler(shelf, options.nodeLabels ?? {});
  const tell = createEvents(shelf, 'kubelet');
  const nextAddress = createAddresses();
  const root = await mkdtemp(join(tmpdir(), 'hawser-pods-'));
  const pods = new Map<string, Pod>();
  /** Keys of pods that wait for a Secret or a ConfigMap. */
  const waiting = new Set<string>();
  const work = new Set<Promise<void>>();
  let isClosed = false;

  const find = (namespace: string, name: string): Pod | undefined =>
    [...pods.values()].find((pod) => pod.namespace === namespace && pod.name === name);
  const stored = ({ uid, namespace, name }: Pick<Pod, 'uid' | 'namespace' | 'name'>): KubeObject | undefined => {
    const object = shelf.store.get(kind, namespace, name);
    return object && uidOf(object) === uid ? object : undefined;
  };
  const isOver = (pod: Pod): boolean => pod.started.length > 0 && pod.started.every(({ end }) => end);
  const track = (promise: Promise<void>): void => {
    work.add(promise);
    void promise.then(() => work.delete(promise));
  };

  const sync = (key: string): void => {
    const [namespace = '', name = ''] = key.split('/');
    const object = shelf.store.get(kind, namespace, name);
    if (!object || ['Succeeded', 'Failed'].includes(phaseOf(object))) return;
    const pod = pods.get(uidOf(object));
    if (isGoing(object)) {
      if (pod && pod.started.length > 0) stop(pod, Number(object.metadata['deletionGracePeriodSeconds'] ?? 0));
      else shelf.remove(object);
      return;
    }
    if (pod) return;
    const placed = scheduler.place(object);
    if (placed) begin(placed, key);
    else queue.addAfter(key, RETRY_MS);
  };

  /** Starts a pod, or says what it waits for. */
  const begin = (object: KubeObject, key: string): void => {
    const { namespace = '', name } = object.metadata;
    if (specOf(object).containers.some(({ image }) => !findImage(options.images, image))) {
      return putWaiting(object, ({ image }) => {
        if (findImage(options.images, image)) return creating;
        const message = `Back-off pulling image "${image}": it is not among the images of this emulator`;
        return { reason: 'ImagePullBackOff', message };
      });
    }
    const uid = uidOf(object);
    const pod: Pod = {
      uid,
      namespace,
      name,
      folder: join(root, uid),
      address: nextAddress(),
      startTime: now(),
      started: [],
      isStopping: false,
    };
    pods.set(uid, pod);
    track(
      fillVolumes(shelf, object, join(pod.folder, 'volumes'))
        .then(async (places) => {
          await mkdir(join(pod.folder, 'home'), { recursive: true, mode: 0o700 });
          const fresh = stored(pod);
          if (isClosed || !fresh || isGoing(fresh) || pods.get(uid) !== pod) return await drop(pod);
          start(pod, fresh, places);
        })
        .catch(async (error: unknown) => {
          await drop(pod);
          if (!(error instanceof NotYet)) throw error;
          waiting.add(key);
          queue.addAfter(key, RETRY_MS);
          const fresh = stored(pod);
          if (!fresh) return;
          putWaiting(fresh, () => creating);
          tell(fresh, 'Warning', 'FailedMount', `MountVolume.SetUp failed for a volume: ${error.message}`);
        }),
    );
  };

  const start = (pod: Pod, object: KubeObject, places: ReadonlyMap<string, string>): void => {
    const home = join(pod.folder, 'home');
    const addressed = { ...object, status: { ...(object['status'] as object), podIP: pod.address } };
    // All of it is worked out before the first process is there, since it may lack something.
    const plans = specOf(object).containers.map((container) => {
      const place = createPlaceFinder(container, places);
      const image = findImage(options.images, container.image) ?? {};
      const env: Record<string, string> = {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        HOME: home,
        HOSTNAME: pod.name,
        HAWSER_EMULATED_POD_IP: pod.address,
        ...environmentOf(shelf, addressed, container, place),
      };
      for (const [name, value] of Object.entries(image.env ?? {})) env[name] = expand(value, env);
      const words = [...(container.command ?? image.command ?? []), ...(container.args ?? [])];
      return {
        container,
        env,
        command: words.map((word) => place(expand(word, env))),
        cwd: container.workingDir === undefined ? home : place(container.workingDir),
      };
    });
    for (const { container, ...plan } of plans) {
      const started = startContainer({ id: `${pod.uid}/${container.name}/${randomUUID()}`, ...plan });
      const running: Running = { container, startedAt: now(), process: started };
      pod.started.push(running);
      track(
        started.ended.then(async (end) => {
          running.end = { ...end, finishedAt: now() };
          await settle(pod);
        }),
      );
      tell(object, 'Normal', 'Started', `Started container ${container.name}`);
    }
    write(pod);
  };

  /** After the end of a container. */
  const settle = async (pod: Pod): Promise<void> => {
    write(pod);
    if (!isOver(pod)) return;
    clearTimeout(pod.killTimer);
    await rm(pod.folder, { recursive: true, force: true });
    const object = stored(pod);
    if (object && isGoing(object)) shelf.remove(object);
    else if (!object) pods.delete(pod.uid);
  };

  /** Before anything of it was started. */
  const drop = async (pod: Pod): Promise<void> => {
    if (pods.get(pod.uid) === pod) pods.delete(pod.uid);
    await rm(pod.folder, { recursive: true, force: true });
  };

  const stop = (pod: Pod, graceSeconds: number): void => {
    if (!pod.isStopping) for (const one of pod.started) one.process.signal('SIGTERM');
    pod.isStopping = true;
    clearTimeout(pod.killTimer);
    pod.killTimer = setTimeout(() => kill(pod), graceSeconds * 1_000).unref();
  };

  const kill = (pod: Pod, reason?: ContainerEnd['reason']): void => {
    clearTimeout(pod.killTimer);
    for (const one of pod.started) one.process.kill(reason);
  };

  const write = (pod: Pod): void => {
    const object = stored(pod);
    if (object) put(object, startedStatus(object, options.images, pod));
  };
  const putWaiting = (object: KubeObject, waitingFor: (container: Container) => Waiting): void =>
    put(object, waitingStatus(object, now(), waitingFor));
  const put = (object: KubeObject, status: object): void => {
    if (JSON.stringify(object['status']) !== JSON.stringify(status)) shelf.put({ ...object, status });
  };

  const queue = createQueue(sync);
  const stopListening = shelf.store.onChange(({ type, kind: changed, object }) => {
    if (changed.kind === 'Secret' || changed.kind === 'ConfigMap') {
      for (const key of waiting) queue.add(key);
      waiting.clear();
    }
    if (changed !== kind) return;
    if (type !== 'DELETED') return queue.add(`${object.metadata.namespace ?? ''}/${object.metadata.name}`);
    const pod = pods.get(uidOf(object));
    if (!pod) return;
    // Deleted by force: its processes go all the same.
    if (pod.started.length > 0 && !isOver(pod)) kill(pod);
    else pods.delete(pod.uid);
  });
  for (const { metadata } of shelf.store.list(kind)) queue.add(`${metadata.namespace ?? ''}/${metadata.name}`);

  return {
    isRunning: (object) => {
      const pod = pods.get(uidOf(object));
      return pod !== undefined && !isOver(pod);
    },
    addressOf: (namespace, name) => find(namespace, name)?.address,
    logOf: (namespace, name, container) =>
      find(namespace, name)?.started.find((one) => container === undefined || one.container.name === container)?.process
        .log,
    processOf: (namespace, name) => find(namespace, name)?.started[0]?.process.pid,
    outOfMemory: (namespace, name) => {
      const pod = find(namespace, name);
      if (pod) kill(pod, 'OOMKilled');
    },
    evict: (namespace, name, message) => {
      const pod = find(namespace, name);
      if (!pod) return;
      pod.failure = { reason: 'Evicted', message, disruption: 'TerminationByKubelet' };
      kill(pod);
    },
    loseNode: () => {
      for (const pod of [...pods.values()].filter((one) => !isOver(one))) {
        const object = stored(pod);
        if (!object) continue;
        // Nobody is there to tell how its containers ended.
        const status = startedStatus(object, options.images, pod) as {
          readonly conditions: Parameters<typeof withCondition>[0];
        };
        const why = { reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' };
        let conditions = withCondition(status.conditions, { type: 'Ready', status: 'False', reason: 'NodeNotReady' });
        conditions = withCondition(conditions, { type: 'DisruptionTarget', status: 'True', ...why });
        shelf.remove(shelf.put({ ...object, status: { ...status, conditions } }));
      }
    },
    unschedulable: (message) => scheduler.refuse(message),
    close: async () => {
      isClosed = true;
      stopListening();
      queue.close();
      for (const pod of pods.values()) kill(pod);
      while (work.size > 0) await Promise.allSettled(work);
      await rm(root, { recursive: true, force: true });
    },
  };
}

interface Waiting {
  readonly reason: string;
  readonly message?: string;
}

const creating: Waiting = { reason: 'ContainerCreating' };

function phaseOf(object: KubeObject): string {
  return ((object['status'] ?? {}) as { readonly phase?: string }).phase ?? 'Pending';
}

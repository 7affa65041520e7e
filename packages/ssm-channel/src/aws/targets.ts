import { SsmChannelError } from '../errors.js';
import type { AwsApi, CallOptions, EcsContainer, EcsTask, ManagedNode } from './api.js';

/** A target that a session can be started on. */
export interface FoundTarget {
  /** As StartSession and the encryption context want it. */
  readonly target: string;
  /** How a person would call it: a name where there is one. */
  readonly label: string;
  /** What is known of the node, when it had to be looked up. */
  readonly node?: ManagedNode;
  /** The container, when the target is one of ECS and had to be looked up. */
  readonly ecs?: { readonly cluster: string; readonly task: string; readonly container: string };
}

/** The calls that finding a target takes. */
export type TargetLookup = Pick<AwsApi, 'describeInstances' | 'describeTask'>;

/**
 * Turns what a person typed into a target: an id (`i-…`, `mi-…`, `ecs:<cluster>_<task>_<runtime id>`: no call is
 * made), `ecs:<cluster>/<task>` with an optional `/<container>`, `tag:<Key>=<Value>`, or a name: a `Name` tag, the
 * name of a hybrid node, a host name.
 *
 * Nodes that are offline only count when none of that name is online: a replaced machine keeps its name for days.
 *
 * @throws SsmChannelError `HAWSER_SSM_TARGET_NOT_FOUND`, `…_TARGET_NOT_CONNECTED` (found, but offline),
 * `…_TARGET_AMBIGUOUS` (`details.candidates` lists them), `…_BAD_INPUT`, and what the calls throw.
 */
export async function findTarget(text: string, api: TargetLookup, options: CallOptions = {}): Promise<FoundTarget> {
  const wanted = text.trim();
  if (wanted === '') throw new SsmChannelError('HAWSER_SSM_BAD_INPUT', 'The target is empty');
  if (/^(i|mi)-[0-9a-f]+$/.test(wanted)) return { target: wanted, label: wanted };
  if (wanted.startsWith('ecs:')) {
    return /^ecs:[^/]+_[^/_]+_[^/_]+$/.test(wanted)
      ? { target: wanted, label: wanted }
      : await findContainer(wanted, api, options);
  }
  if (wanted.startsWith('tag:')) return theOne(wanted, await nodesByTag(wanted, api, options));
  const tagged = await api.describeInstances({ tag: { key: 'Name', value: wanted } }, options);
  if (tagged.length > 0) return theOne(wanted, tagged);
  const all = await api.describeInstances({}, options);
  return theOne(
    wanted,
    all.filter((node) => isCalled(node, wanted)),
  );
}

async function nodesByTag(wanted: string, api: TargetLookup, options: CallOptions): Promise<readonly ManagedNode[]> {
  const [, key, value] = /^tag:([^=]+)=(.+)$/.exec(wanted) ?? [];
  if (key !== undefined && value !== undefined) return await api.describeInstances({ tag: { key, value } }, options);
  throw new SsmChannelError('HAWSER_SSM_BAD_INPUT', `The target ${wanted} is not of the form tag:Key=Value`);
}

function isCalled(node: ManagedNode, wanted: string): boolean {
  const name = wanted.toLowerCase();
  const host = node.computerName?.toLowerCase();
  return node.name?.toLowerCase() === name || host === name || host?.split('.')[0] === name;
}

function theOne(wanted: string, nodes: readonly ManagedNode[]): FoundTarget {
  const [only, ...others] = nodes.some((node) => node.online) ? nodes.filter((node) => node.online) : nodes;
  if (only === undefined) {
    throw new SsmChannelError('HAWSER_SSM_TARGET_NOT_FOUND', `No managed node answers to ${wanted}`);
  }
  if (others.length > 0) {
    const candidates = [only, ...others].map((node) => ({
      id: node.id,
      name: node.name ?? node.computerName,
      online: node.online,
    }));
    throw new SsmChannelError(
      'HAWSER_SSM_TARGET_AMBIGUOUS',
      `${candidates.length} managed nodes answer to ${wanted}: ${list(candidates)}`,
      { details: { candidates } },
    );
  }
  if (!only.online) {
    const since = only.lastPing === undefined ? '' : ` since ${only.lastPing.toISOString()}`;
    throw new SsmChannelError(
      'HAWSER_SSM_TARGET_NOT_CONNECTED',
      `${wanted} is the node ${only.id}, which has been out of touch with Session Manager${since}`,
      { details: { target: only.id, pingStatus: only.pingStatus } },
    );
  }
  return { target: only.id, label: only.name ?? only.computerName ?? only.id, node: only };
}

/** How many candidates a message names; `details` has them all. */
const NAMED = 10;

function list(candidates: readonly { readonly id: string; readonly name: string | undefined }[]): string {
  const named = candidates.slice(0, NAMED).map(({ id, name }) => (name === undefined ? id : `${id} (${name})`));
  return candidates.length > NAMED ? `${named.join(', ')} and ${candidates.length - NAMED} more` : named.join(', ');
}

async function findContainer(wanted: string, api: TargetLookup, options: CallOptions): Promise<FoundTarget> {
  const [, cluster, taskId, name] = /^ecs:([^/]+)\/([^/]+)(?:\/([^/]+))?$/.exec(wanted) ?? [];
  if (cluster === undefined || taskId === undefined) {
    throw new SsmChannelError(
      'HAWSER_SSM_BAD_INPUT',
      `The target ${wanted} is not of the form ecs:cluster/task/container`,
      {
        hint: 'Write ecs:cluster/task, ecs:cluster/task/container or ecs:cluster_task_runtimeId.',
      },
    );
  }
  const task = await api.describeTask({ cluster, task: taskId }, options);
  if (task === undefined) {
    throw new SsmChannelError('HAWSER_SSM_TARGET_NOT_FOUND', `The cluster ${cluster} has no task ${taskId}`);
  }
  const container = theContainer(wanted, task, name);
  return {
    target: `ecs:${task.cluster}_${task.id}_${container.runtimeId}`,
    label: `${task.cluster}/${task.id}/${container.name}`,
    ecs: { cluster: task.cluster, task: task.id, container: container.name },
  };
}

function theContainer(
  wanted: string,
  task: EcsTask,
  name: string | undefined,
): EcsContainer & { readonly runtimeId: string } {
  const named = task.containers.filter((container) => name === undefined || container.name === name);
  if (named.length === 0) {
    const names = task.containers.map((container) => container.name);
    throw new SsmChannelError(
      'HAWSER_SSM_TARGET_NOT_FOUND',
      `The task ${task.id} has no container ${name}; it has ${names.join(', ')}`,
      {
        details: { containers: names },
      },
    );
  }
  const [only, ...others] = named.filter((container) => container.running);
  if (only?.runtimeId === undefined) {
    throw new SsmChannelError('HAWSER_SSM_TARGET_NOT_CONNECTED', `No container of ${wanted} is running`, {
      hint: 'Check what state the task is in: a stopped one cannot be reached.',
    });
  }
  if (others.length > 0) {
    const candidates = [only, ...others].map((container) => container.name);
    throw new SsmChannelError(
      'HAWSER_SSM_TARGET_AMBIGUOUS',
      `The task ${task.id} has ${candidates.length} running containers: ${candidates.join(', ')}`,
      { details: { candidates }, hint: `Name one: ${wanted}/${only.name}` },
    );
  }
  return { ...only, runtimeId: only.runtimeId };
}

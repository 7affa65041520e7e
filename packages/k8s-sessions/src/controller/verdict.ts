import type { ExitReason, ExitRecord } from '../protocol/types.js';
import type { PodFact } from './ports.js';

/** What the runner said of its end, if it said anything, and what the cluster says of its pod. */
export interface Witnesses {
  readonly record: ExitRecord | null;
  readonly fact: PodFact | undefined;
  /** Bytes that have reached the store: how far the log goes where no record came. */
  readonly head: number;
  readonly stopReason: 'cancelled' | 'deadline' | 'idle' | null;
}

/** How a session ended, by all that is known. Undefined: nobody has said anything yet. */
export function verdictOf({ record, fact, head, stopReason }: Witnesses): ExitRecord | undefined {
  const cluster = clusterReason(fact);
  if (record) return cluster && isEndFromOutside(record) ? { ...record, reason: cluster } : record;
  if (!isPodOver(fact)) return undefined;
  const reason = cluster ?? stopReason ?? 'lost';
  return {
    reason,
    code: null,
    // A kernel that is out of memory ends with SIGKILL and nothing else; of the other ends nobody knows how they went.
    signal: reason === 'oom' ? 'SIGKILL' : null,
    offset: head,
    digest: null,
    message: sentenceOf(reason, fact),
  };
}

/** Whether the pod has ended, or is no longer there. */
export function isPodOver(fact: PodFact | undefined): boolean {
  return fact !== undefined && (fact.phase === 'succeeded' || fact.phase === 'failed' || fact.phase === 'gone');
}

/**
 * Whether a record may be only half of the truth: the runner saw a SIGKILL or SIGTERM (or a shell's 128 + n for it) and
 * cannot know who sent it. The kubelet does.
 */
export function isEndFromOutside({ reason, code, signal }: ExitRecord): boolean {
  if (reason === 'signal') return signal === 'SIGKILL' || signal === 'SIGTERM';
  return reason === 'nonzero' && (code === 137 || code === 143);
}

/** The reason the cluster names, where it names one that a runner cannot see. */
export function clusterReason(
  fact: PodFact | undefined,
): Extract<ExitReason, 'oom' | 'evicted' | 'deadline' | 'node_lost'> | undefined {
  switch (fact?.terminated?.reason) {
    case 'OOMKilled':
      return 'oom';
    case 'Evicted':
    case 'Preempting':
    case 'TerminationByKubelet':
    case 'EvictionByEvictionAPI':
    case 'PreemptionByScheduler':
    case 'DeletionByTaintManager':
      return 'evicted';
    case 'DeadlineExceeded':
      return 'deadline';
    case 'NodeLost':
    case 'NodeShutdown':
    case 'Terminated':
      return 'node_lost';
    default:
      return undefined;
  }
}

function sentenceOf(reason: ExitReason, fact: PodFact | undefined): string {
  const said = fact?.terminated?.message ?? null;
  const words: Partial<Record<ExitReason, string>> = {
    oom: 'The container went over its memory limit and was killed.',
    evicted: 'The node put the pod out.',
    deadline: 'The time limit ended the pod from outside.',
    node_lost: 'The node that the pod was on is gone.',
    cancelled: 'The session was cancelled, and its runner ended without a word about the command.',
    idle: 'Nothing happened for too long, and the runner ended without a word about the command.',
    lost: 'The pod is gone, and no word came of how the command ended.',
  };
  const exit = fact?.terminated?.exitCode ?? null;
  const ended = reason === 'lost' && exit !== null ? ` Its container ended with ${exit}.` : '';
  return `${words[reason] ?? reason}${ended}${said === null ? '' : ` ${said}`}`;
}

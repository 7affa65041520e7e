/**
 * Where an execution stands. Phases carry a rank and a write may only raise it; any phase that is not the end may be
 * followed by any end, because events get lost and overtake each other; an end never changes.
 *
 * `error`: the command never ran. `lost`: it may have run, and nothing can say how it ended.
 */
export type Phase =
  | 'accepted'
  | 'queued'
  | 'provisioning'
  | 'preparing'
  | 'running'
  | 'cancelling'
  | 'succeeded'
  | 'failed'
  | 'timed_out'
  | 'cancelled'
  | 'error'
  | 'lost';

/** The coarse word for a phase: what the design document calls `status`. */
export type Status = 'starting' | 'running' | 'completed' | 'failed';

/** Why an execution ended as it did, or could not begin. */
export type ReasonCode =
  | 'exit_nonzero'
  | 'timeout'
  | 'cancelled'
  | 'image_pull'
  | 'image_platform'
  | 'clone_failed'
  | 'clone_auth'
  | 'ref_not_found'
  | 'secret_missing'
  | 'command_not_found'
  | 'out_of_memory'
  | 'no_capacity'
  | 'network'
  | 'spot_interrupted'
  | 'quota'
  | 'permission'
  | 'lock_held'
  | 'lock_timeout'
  | 'payload'
  | 'lost';

const ranks: Readonly<Record<Phase, number>> = {
  accepted: 0,
  queued: 1,
  provisioning: 2,
  preparing: 3,
  running: 4,
  cancelling: 5,
  succeeded: 9,
  failed: 9,
  timed_out: 9,
  cancelled: 9,
  error: 9,
  lost: 9,
};

/** Whether `phase` is an end: nothing follows it. */
export function isEnd(phase: Phase): boolean {
  return ranks[phase] === 9;
}

/** Whether a record that stands at `from` may be written with `to`. The same phase again is no change, and refused. */
export function mayFollow(from: Phase, to: Phase): boolean {
  return ranks[to] > ranks[from];
}

/** The coarse word for a phase. */
export function statusOf(phase: Phase): Status {
  if (phase === 'succeeded') return 'completed';
  if (isEnd(phase)) return 'failed';
  return phase === 'running' || phase === 'cancelling' ? 'running' : 'starting';
}

import type { Hub, LogLine } from '../hub/types.js';

/** Which log, and how long. */
export interface FollowOptions {
  /** Default `run`. */
  readonly log?: 'build' | 'run';
  /** Go on as lines come. Default false: what there is, and no more. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The lines of a Space's log, each once, over broken connections. Ends when the Hub ends the log, or at the signal.
 *
 * @throws HfPushError HAWSER_HF_SPACE_NOT_FOUND, HAWSER_HF_ACCESS_DENIED, HAWSER_HF_ENDPOINT_UNREACHABLE.
 */
export function followLogs(hub: Hub, space: string, options: FollowOptions = {}): AsyncIterable<LogLine> {
  const { log = 'run', follow = false, signal } = options;
  return hub.logs(space, log, { follow, ...(signal ? { signal } : {}) });
}

import { packKeyframe, packSegment, type LogSource, type Segment, type Keyframe } from '../log/index.js';
import type { RunnerControl, RunnerPhase } from './control-types.js';
import { isRefused, untilDone } from './retry.js';

/** What leaves the runner, in order; waits on disk for a controller that is away, not in memory. */
export interface Outbox {
  phase(phase: RunnerPhase): void;
  segment(segment: Segment): void;
  keyframe(keyframe: Keyframe): void;
  /** Resolves when all that was put in so far is kept by the controller, or was refused. */
  flushed(): Promise<void>;
}

export interface OutboxOptions {
  readonly control: RunnerControl;
  /** Where segments and keyframes are read again when their turn comes. */
  readonly source: () => LogSource;
  readonly signal: AbortSignal;
  /** The controller takes nothing more from this attempt. */
  readonly onRefused: (why: Error) => void;
}

export function createOutbox({ control, source, signal, onRefused }: OutboxOptions): Outbox {
  let last: Promise<void> = Promise.resolve();
  let isOver = false;
  const put = (send: () => Promise<void>): void => {
    last = last.then(async () => {
      if (isOver) return;
      try {
        await untilDone(send, signal);
      } catch (error) {
        isOver = true;
        if (isRefused(error)) onRefused(error);
      }
    });
  };
  return {
    phase: (phase) => put(async () => control.phase(phase)),
    segment: ({ head: { n } }) =>
      put(async () => {
        const segment = await source().segment(n);
        if (segment) await control.segment(n, packSegment(segment));
      }),
    keyframe: ({ offset }) =>
      put(async () => {
        const keyframe = await source().keyframe(offset);
        if (keyframe?.offset === offset) await control.keyframe(await packKeyframe(keyframe));
      }),
    flushed: async () => last,
  };
}

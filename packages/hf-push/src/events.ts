/** The steps of a push, in their order. */
export type PushStep =
  | 'stage'
  | 'create'
  | 'settings'
  | 'compare'
  | 'upload'
  | 'commit'
  | 'wait'
  | 'live-check'
  | 'rollback';

/** What happens while this library works, for whoever shows it. Values of secrets and tokens are never in it. */
export type HfPushEvent =
  /**
   * A step of a push begins or ended; one that is not needed is not named at all. `space` has no namespace as long as
   * nobody was asked whose the token is.
   */
  | { readonly type: 'step'; readonly step: PushStep; readonly state: 'started' | 'done'; readonly space: string }
  /** Something a person should know although it stops nothing. */
  | { readonly type: 'warning'; readonly message: string; readonly hint?: string }
  /** A request is about to be repeated. */
  | {
      readonly type: 'retry';
      readonly method: string;
      /** Path below the endpoint, with its query. */
      readonly path: string;
      /** The try that failed, from 1. */
      readonly attempt: number;
      readonly waitMs: number;
      readonly reason: string;
    }
  /** Bytes of a large file that went out, of all it has. */
  | { readonly type: 'uploaded'; readonly path: string; readonly bytes: number; readonly totalBytes: number }
  /** The Space's stage as its runtime names it. */
  | { readonly type: 'runtime'; readonly space: string; readonly stage: string }
  /** A line of the Space's build or run log. */
  | { readonly type: 'log'; readonly log: 'build' | 'run'; readonly timestamp: string; readonly line: string };

/** Takes events; what it throws is not caught. */
export type OnEvent = (event: HfPushEvent) => void;

/** Does a step of a push, and tells its beginning and, when it did not fail, its end. */
export async function inStep<Result>(
  { onEvent }: { readonly onEvent: OnEvent | undefined },
  step: PushStep,
  space: string,
  work: () => Promise<Result>,
): Promise<Result> {
  onEvent?.({ type: 'step', step, state: 'started', space });
  const result = await work();
  onEvent?.({ type: 'step', step, state: 'done', space });
  return result;
}

/**
 * Exit codes besides 0, and besides 1 and 2 which errors carry themselves (1: the world is not as wanted,
 * 2: the input or a stored document is wrong).
 */
export const exitCodes: {
  /** A command that hands on a remote exit code stopped watching while the remote command may still run. */
  readonly stillRuns: 75;
  /** A command that hands on a remote exit code ran out of time. */
  readonly timedOut: 124;
  /** A command that hands on a remote exit code could not run the remote command. */
  readonly neverRan: 125;
  /** Hang-up, Ctrl-C, broken pipe and SIGTERM: 128 and the signal's number, as shells report them. */
  readonly SIGHUP: 129;
  readonly SIGINT: 130;
  readonly SIGPIPE: 141;
  readonly SIGTERM: 143;
} = { stillRuns: 75, timedOut: 124, neverRan: 125, SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 };

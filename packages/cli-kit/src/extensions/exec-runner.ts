/** A run that is about to start on this machine. */
export interface RunnerInput {
  readonly executionId: string;
  /** From 1. */
  readonly attempt: number;
  /** The folder that holds work tree, home folder and temporary files of this run, and nothing else. */
  readonly folder: string;
  /** The clean clone, where the command begins or somewhere below. */
  readonly tree: string;
}

/**
 * Says what commands of `hawser exec --runner NAME` are run by, on this machine: NAME is the extension's in the manifest.
 * Clone, log, deadline, receipt and the true exit code remain Hawser's.
 */
export interface ExecRunner {
  /** What it is called in a receipt, in a word or two: `nice`, `firejail`. */
  readonly label: string;
  /** What the command is kept apart from, and what not; shown before it starts. */
  readonly note: string;
  /**
   * Program and arguments to which the command's own words are added: `['nice', '-n', '10']`. The program gets the
   * environment of the command, must hand it on, and end as the command does. Throwing means that the run never began.
   */
  wrap(run: RunnerInput): readonly string[] | Promise<readonly string[]>;
}

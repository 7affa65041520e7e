import { exitCodes } from '@hawser/cli-kit/start';
import { type ExecutionRecord, type ExitCode, exitCodeOf, type ReasonCode } from '@hawser/exec-client/contract';
import { CliError } from '../errors.js';

/** What is known of an execution that somebody watched: the data of `exec`, `exec wait` and `exec rerun`. */
export interface Watched {
  readonly execution: ExecutionRecord;
  /** With what we exit, and whose word that is: the command's, or ours. */
  readonly exit: ExitCode;
  /** Where the receipt was written, when one was asked for. */
  readonly receipt?: string;
}

/** What to do about each reason. */
const nextSteps: Readonly<Record<ReasonCode, (id: string, isLocal: boolean) => string>> = {
  exit_nonzero: (id) => `hawser exec logs ${id} shows what it printed.`,
  timeout: () => 'Give it more time with --timeout.',
  cancelled: (id) => `hawser exec rerun ${id} runs it again, from the same commit.`,
  image_pull: () => 'Check the name, the tag and the registry of --image, and whether the backend may pull from it.',
  image_platform: () => 'Choose another processor with --platform, or an image that is built for this one.',
  clone_failed: () =>
    'Read what git said, above; git ls-remote REPO on your machine tells whether the address is right.',
  clone_auth: () => 'Store credentials for the git server: hawser exec secrets set git/HOST',
  ref_not_found: () => 'Push the branch, or name another with --branch; git ls-remote REPO lists those there are.',
  secret_missing: () => 'Store it: hawser exec secrets set NAME; hawser exec secrets lists those there are.',
  command_not_found: (_id, isLocal) =>
    isLocal
      ? 'Install it there, or look in your own places: --env PATH.'
      : 'Choose an image that has it with --image, or install it in the command.',
  out_of_memory: () => 'Give it more with --memory.',
  no_capacity: () => 'Try again in a while, or with less --cpu and --memory.',
  network: () => 'Try again; hawser exec doctor looks at the way.',
  spot_interrupted: (id) => `Run it again: hawser exec rerun ${id}`,
  quota: () => 'Ask AWS for more of the quota that is named, or wait until other tasks have ended.',
  permission: () => 'hawser exec doctor says which permission is missing.',
  lock_held: () => 'hawser exec locks shows who holds it; queue for it with --lock-policy wait.',
  lock_timeout: () => 'hawser exec locks shows who holds it; wait longer with --lock-timeout.',
  payload: () => 'Try again; hawser exec doctor looks at the way.',
  lost: (id) => `See what it did before it is run again: hawser exec logs ${id}`,
};

/** What to do next about an execution that did not go well. */
export function nextStep({ execution_id, reason_code, backend }: ExecutionRecord): string {
  return nextSteps[reason_code ?? 'exit_nonzero'](execution_id, backend.kind === 'local');
}

/** The facts of an execution that was started for somebody who does not watch it: that it was is all he asked for. */
export function startedOf(execution: ExecutionRecord): Watched {
  return { execution, exit: { code: 0, origin: 'still_running' } };
}

/** The facts of an execution whose end is its own: the command's, somebody's wish, or that it has not ended yet. */
export function outcomeOf(execution: ExecutionRecord): Watched {
  return { execution, exit: exitCodeOf(execution) };
}

/**
 * The error that an execution ended with, where its end is none of the command's: it never ran, it ran out of time, or
 * nobody knows.
 */
export function failureOf(execution: ExecutionRecord): CliError | undefined {
  const { execution_id, phase, reason_code, reason, timeout_seconds } = execution;
  const options = {
    hint: nextStep(execution),
    details: { execution_id, phase, ...(reason_code && { reason_code }) },
  };
  const why = reason === undefined ? '.' : `: ${reason}`;
  switch (phase) {
    case 'error':
      return new CliError('HAWSER_EXEC_NEVER_RAN', `The command never ran${why}`, {
        ...options,
        runExitCode: exitCodes.neverRan,
      });
    case 'lost':
      return new CliError('HAWSER_EXEC_LOST', `Nobody knows how the command ended${why}`, {
        ...options,
        runExitCode: exitCodes.neverRan,
      });
    case 'timed_out':
      return new CliError(
        'HAWSER_EXEC_TIMED_OUT',
        `The command had not ended after ${timeout_seconds} s and was stopped.`,
        {
          ...options,
          runExitCode: exitCodes.timedOut,
        },
      );
    default:
      return undefined;
  }
}

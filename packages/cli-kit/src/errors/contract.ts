import { inspect } from 'node:util';
import { cliKitErrors } from '../errors.js';

/** Anything JSON can say. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * The shape of every error a Hawser library throws on purpose. There is no shared base class: two copies of a library
 * may meet in one process, where `instanceof` lies.
 */
export interface HawserError extends Error {
  /** Stable for ever, e.g. `HAWSER_SSM_TARGET_NOT_CONNECTED`. */
  readonly code: `HAWSER_${string}`;
  /** 1: the world is not as wanted. 2: the input or a stored document is wrong. */
  readonly exitCode: 1 | 2;
  /** The next step, as a sentence or the exact command. */
  readonly hint?: string;
  /** Facts for `--json`; never a secret. */
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;
  /** How a command that hands on a remote exit code ends because of this, where that is not 125: 75 or 124. */
  readonly runExitCode?: number | undefined;
}

/** An error as it is shown: what `--json` prints under `error`. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly exitCode: number;
  readonly details: Readonly<Record<string, unknown>>;
  /** What was thrown; shown under `--debug` only. */
  readonly thrown: unknown;
}

/** Where bugs are reported. */
export const issueAddress = 'https://github.com/hawser/hawser/issues';

/** Whether a thrown value keeps the contract, whoever's copy of a library threw it. */
export function isHawserError(thrown: unknown): thrown is HawserError {
  if (!(thrown instanceof Error) && Object.prototype.toString.call(thrown) !== '[object Error]') return false;
  const error = thrown as Partial<HawserError>;
  return (
    typeof error.message === 'string' &&
    typeof error.code === 'string' &&
    /^HAWSER_[A-Z0-9]+(_[A-Z0-9]+)*$/.test(error.code) &&
    (error.exitCode === 1 || error.exitCode === 2)
  );
}

/**
 * Turns whatever was thrown into what is shown. An error that neither keeps the contract nor comes from oclif is a bug
 * of ours: it gets the code `HAWSER_CLI_BUG`, exit code 1 and the address to report it.
 */
export function toFailure(thrown: unknown): Failure {
  if (isHawserError(thrown)) {
    return {
      code: thrown.code,
      message: asSentence(thrown.message),
      ...(thrown.hint === undefined ? {} : { hint: thrown.hint }),
      exitCode: thrown.exitCode,
      details: { ...thrown.details },
      thrown,
    };
  }
  if (isOclifError(thrown)) {
    const { exitCode, hint } = cliKitErrors.HAWSER_CLI_COMMAND_FAILED;
    const message = asSentence(thrown.message.replace(/\s*See more help with --help/, ''));
    return { code: 'HAWSER_CLI_COMMAND_FAILED', message, hint, exitCode, details: {}, thrown };
  }
  const said = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : inspect(thrown);
  return {
    code: 'HAWSER_CLI_BUG',
    message: `Something unexpected happened: ${said.split('\n')[0]}`,
    hint: `This is a bug in Hawser. Please report it with the output of --debug: ${issueAddress}`,
    exitCode: 1,
    details: {},
    thrown,
  };
}

/** A message with the full stop that whoever wrote it may have left out: AWS does, git does, a plugin may. */
export function asSentence(message: string): string {
  return /[\p{L}\p{N}'"’”)\]}%]$/u.test(message) && !message.includes('\n') ? `${message}.` : message;
}

/** Commands of oclif's own plugins, such as `plugins install`, throw errors that name an exit code in `oclif.exit`. */
function isOclifError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'oclif' in thrown && thrown.oclif !== undefined;
}

import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { exitCodes } from '@hawser/cli-kit';
import type { Session, SessionEnd } from '@hawser/ssm-channel';
import { CliError } from '../errors.js';

/** How a remote command ended. Its output is here only when it was captured. */
export interface RunEnd {
  readonly exitCode: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/**
 * Shows the output of a running remote command, or captures it, until it ends. Output is read no faster than it is
 * taken. Throws when the link is lost or the time is up, with the exit code for it.
 */
export async function runCommand({
  session,
  capture,
  timeoutMs,
  signal,
}: {
  readonly session: Session;
  readonly capture: boolean;
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal;
}): Promise<RunEnd> {
  session.stdin.end();
  let late = false;
  const stop = (): void => {
    late = true;
    void session.terminate();
  };
  const timer = timeoutMs === undefined ? undefined : setTimeout(stop, timeoutMs);
  const take = capture ? read : (from: Readable, to: Writable) => copy(from, to, signal);
  const [stdout, stderr, end] = await Promise.all([
    take(session.stdout, process.stdout),
    take(session.stderr, process.stderr),
    session.ended,
  ]).finally(() => clearTimeout(timer));
  signal.throwIfAborted();
  return {
    exitCode: exitCodeOf(end, late, timeoutMs),
    ...(capture ? { stdout: stdout ?? '', stderr: stderr ?? '' } : {}),
  };
}

function exitCodeOf(end: SessionEnd, late: boolean, timeoutMs: number | undefined): number {
  if (end.exitCode !== undefined) return end.exitCode;
  if (!late) throw exitUnknown(end);
  const message = `The command had not ended after ${(timeoutMs ?? 0) / 1000} s and was stopped.`;
  throw new CliError('HAWSER_SSM_RUN_TIMED_OUT', message, { runExitCode: exitCodes.timedOut });
}

/** Why nobody knows how a command ended. While the link is lost it may still run. */
export function exitUnknown({ reason, output, error }: SessionEnd): CliError {
  const why = error?.message ?? (output || 'the far side ended the session');
  return new CliError('HAWSER_SSM_EXIT_UNKNOWN', `How the command ended is not known: ${why}`, {
    cause: error,
    runExitCode: reason === 'lost' ? exitCodes.stillRuns : exitCodes.neverRan,
    details: { reason },
  });
}

async function read(from: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of from) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Copies bytes as fast as they are taken; ends when they do, and does not close where they go. */
async function copy(from: Readable, to: Writable, signal: AbortSignal): Promise<undefined> {
  for await (const chunk of from) {
    if (signal.aborted) continue;
    if (!to.write(chunk)) await once(to, 'drain', { signal }).catch(() => undefined);
  }
}

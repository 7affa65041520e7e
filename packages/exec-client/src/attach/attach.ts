import type { Readable, Writable } from 'node:stream';
import type { ChannelTuning, SessionEnd, SessionState, SsmApi } from '@hawser/ssm-channel';
import type { AttachGrant } from '../contract/index.js';
import { ExecError } from '../errors.js';
import { createSentinelFilter } from './sentinel.js';

/** Which session, and whose terminal. */
export interface AttachOptions {
  /** What the service gave for the execution. */
  readonly grant: AttachGrant;
  /** One command was asked for instead of a shell. */
  readonly isCommand?: boolean;
  /** Default: this process's. */
  readonly input?: Readable | undefined;
  readonly output?: Writable | undefined;
  readonly errors?: Writable | undefined;
  /** For resuming when the link is lost: only who has credentials of the account can ask for that. */
  readonly api?: SsmApi | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hears of the link. */
  readonly onState?: ((state: SessionState) => void) | undefined;
  readonly tuning?: ChannelTuning | undefined;
}

/** How a session into an execution ended. */
export type AttachedEnd =
  /** What ran there ended by itself. The code is missing when the session was torn off before it was told. */
  | { readonly reason: 'ended'; readonly exitCode?: number }
  /** The person left it: the session is over, the execution goes on. */
  | { readonly reason: 'left' };

/**
 * Puts a terminal on a session into a running task, and answers with the exit code of what ran there. Raw mode, changes of
 * size and `~.` are the terminal's as in every session; the line with the exit code is never seen.
 *
 * @throws ExecError HAWSER_EXEC_UNREACHABLE when the session was lost
 * @throws SsmChannelError when it could not be opened
 */
export async function attachToExecution(options: AttachOptions): Promise<AttachedEnd> {
  const { grant, isCommand = false, api, signal, tuning } = options;
  const [{ openSession }, { attachSession }] = await Promise.all([
    import('@hawser/ssm-channel'),
    import('@hawser/terminal'),
  ]);
  const start = { sessionId: grant.session_id, streamUrl: grant.stream_url, tokenValue: grant.token };
  const session = await openSession({
    start,
    target: grant.target,
    ...(api && { api }),
    ...(signal && { signal }),
    ...tuning,
  });
  if (options.onState) session.on('state', options.onState);
  const { stream, exitCode } = createSentinelFilter(grant.sentinel, { holdsLineEnd: isCommand });
  // What broke off is told by how the session ended.
  const { left, end } = await attachSession(session, {
    filter: stream,
    ...(options.input && { input: options.input }),
    ...(options.output && { output: options.output }),
    ...(options.errors && { errors: options.errors }),
    ...(signal && { signal }),
  });
  return left ? { reason: 'left' } : endOf(end, exitCode());
}

function endOf(end: SessionEnd, exitCode: number | undefined): AttachedEnd {
  if (exitCode !== undefined) return { reason: 'ended', exitCode };
  if (end.reason === 'lost' || end.reason === 'failed') {
    throw new ExecError('HAWSER_EXEC_UNREACHABLE', `The session was lost: ${end.error?.message ?? end.output}`, {
      hint: 'hawser exec attach ID opens another; the execution goes on.',
      cause: end.error,
    });
  }
  return { reason: 'ended' };
}

import type { Duplex } from 'node:stream';
import { attachTerminal } from './attach.js';
import type { AttachOptions, Remote } from './types.js';

/** A far side that is over once its terminal lets go of it. Sessions of `@hawser/ssm-channel` are of this shape. */
export interface RemoteSession<End> extends Remote {
  /** Settles when the session is over, with how it ended. */
  readonly ended: Promise<End>;
  /** Ends it; answers as {@link RemoteSession.ended}. */
  terminate(): Promise<End>;
}

/** How a terminal is put on a session that is its own. */
export interface AttachSessionOptions extends Omit<AttachOptions, 'remote'> {
  /** Output goes through this before it is shown. It is ended when the output breaks off, too. */
  readonly filter?: Duplex;
}

/** How such a session ended, and whether that was because the terminal let go. */
export interface AttachedSession<End> {
  readonly left: boolean;
  readonly end: End;
}

/**
 * As {@link attachTerminal}, for a session that nobody else looks at: when the person leaves it, it is ended.
 *
 * @throws what `ended` or `terminate()` of the session rejects with
 */
export async function attachSession<End>(
  session: RemoteSession<End>,
  { filter, ...options }: AttachSessionOptions = {},
): Promise<AttachedSession<End>> {
  const { stdin, stderr, ended } = session;
  if (filter) {
    // A pipe does not hand on that its source broke off, and whoever shows the filter's output would wait for ever.
    session.stdout.on('error', () => filter.end());
    session.stdout.pipe(filter);
  }
  const { reason } = await attachTerminal({
    ...options,
    remote: {
      stdin,
      stdout: filter ?? session.stdout,
      ...(stderr && { stderr }),
      resize: (size) => session.resize(size),
      ended,
    },
  });
  return reason === 'ended' ? { left: false, end: await ended } : { left: true, end: await session.terminate() };
}

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SsmChannelError } from '../errors.js';
import { quoteCommand } from '../session/command-line.js';
import { openSession } from '../session/open.js';
import type { Session } from '../session/types.js';
import type { CopyOptions } from './types.js';

/** How long a program that has nothing more to say may take to end, in milliseconds. */
const FAREWELL_MS = 2_000;

/** Marks the answers of one copy. */
export function newToken(): string {
  return randomBytes(8).toString('hex');
}

/** What arrived is not what was sent raw: something on the way is not made for bytes. Text will pass. */
export class RawBytesChanged extends Error {}

/** Starts a script on the target: on a terminal, which takes input, or without one, which sends faster. */
export async function startScript(
  { api, target, signal, tuning }: CopyOptions,
  document: 'AWS-StartInteractiveCommand' | 'AWS-StartNonInteractiveCommand',
  script: string,
): Promise<Session> {
  const start = await api.startSession(
    {
      target,
      document,
      parameters: {
        command: [quoteCommand(['sh', '-c', script])],
        ...(document === 'AWS-StartNonInteractiveCommand' ? { separateOutputStream: ['true'] } : {}),
      },
    },
    signal ? { signal } : {},
  );
  return await openSession({ ...tuning, start, api, target, ...(signal ? { signal } : {}) });
}

/** Lets a session end by itself, and ends it when it does not. */
export async function partFrom(session: Session): Promise<void> {
  const patience = new AbortController();
  const waited = delay(FAREWELL_MS, undefined, { signal: patience.signal }).catch(() => undefined);
  await Promise.race([session.ended, waited]);
  patience.abort();
  await session.terminate();
}

/**
 * Why a session ended before the script had answered: the link, the signal, a target that cannot run the script.
 *
 * @param noise what was printed instead
 */
export async function explainSilence(
  { api, target, signal }: CopyOptions,
  session: Session,
  noise: string,
  began: boolean,
): Promise<Error> {
  const { error, output, reason } = await session.ended;
  signal?.throwIfAborted();
  if (error !== undefined) return error;
  const said = [noise, output.trim()].filter((text) => text !== '').join('\n');
  const details = { target, reason, words: said };
  if (began || reason !== 'exited') {
    return new SsmChannelError(
      'HAWSER_SSM_COPY_REMOTE_FAILED',
      `The session with ${target} ended in the middle of the copy${because(said)}`,
      { details },
    );
  }
  const [node] = await api.describeInstances({ ids: [target] }, signal ? { signal } : {}).catch(() => []);
  if (node?.platform === 'Windows') {
    return new SsmChannelError(
      'HAWSER_SSM_COPY_UNSUPPORTED',
      `${target} is a Windows node, and copies need a POSIX shell`,
      {
        details,
        hint: 'Forward a port to its SSH or file server and copy through that.',
      },
    );
  }
  return new SsmChannelError(
    'HAWSER_SSM_COPY_UNSUPPORTED',
    `${target} could not run the copy's shell script${because(said)}`,
    { details },
  );
}

function because(words: string): string {
  return words === '' ? '' : `: ${words}`;
}

import { type SessionEnd, SsmChannelError } from '@hawser/ssm-channel';
import type { Ending } from './ending.js';
import { strings } from './strings.js';
import type { Voice } from './voice.js';

/** Says how a session ended, and sorts that into endings. */
export function concluded(end: SessionEnd, sessionId: string, voice: Voice): Ending {
  voice.log.info(`Session ${sessionId} ended: ${end.reason}, ${end.bytesIn} bytes in, ${end.bytesOut} bytes out`);
  if (end.error !== undefined) return failed(end.error, sessionId, voice);
  voice.say(strings.ended(sessionId, end.output));
  return { how: 'done', ...(end.exitCode === undefined ? {} : { remoteExitCode: end.exitCode }) };
}

/** Says why there is no session, or no more. */
export function failed(error: unknown, sessionId: string, voice: Voice): Ending {
  const { details } = error instanceof SsmChannelError ? error : {};
  voice.log.debug(error instanceof Error ? (error.stack ?? error.message) : String(error));
  if (error instanceof SsmChannelError && error.code === 'HAWSER_SSM_SESSION_TIMED_OUT')
    voice.fail(strings.timedOut(sessionId));
  // The service closed the channel with a text of its own: that is what the original shows.
  else if (voice.isDropIn && typeof details?.['output'] === 'string')
    voice.fail(strings.ended(sessionId, details['output']));
  else voice.fail(strings.cannotStart(explain(error)));
  return { how: 'failed' };
}

function explain(error: unknown): string {
  if (!(error instanceof SsmChannelError)) return error instanceof Error ? error.message : String(error);
  return `${error.message}. ${error.hint}`;
}

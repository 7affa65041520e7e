import type { Transform } from 'node:stream';
import type { Session, SessionEnd } from '@hawser/ssm-channel';
import { attachSession } from '@hawser/terminal';

/**
 * Puts the terminal on a session until it is over or the person leaves it. With `json` its output goes to stderr,
 * because stdout belongs to the envelope.
 */
export async function attach(
  session: Session,
  { json, signal, filter }: { readonly json: boolean; readonly signal: AbortSignal; readonly filter?: Transform },
): Promise<SessionEnd> {
  const { end } = await attachSession(session, {
    ...(filter && { filter }),
    output: json ? process.stderr : process.stdout,
    interrupts: 'leave',
    signal,
  });
  return end;
}

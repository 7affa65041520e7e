import type { Transform } from 'node:stream';
import type { Session, SessionEnd } from '@hawser/ssm-channel';
import { attachTerminal } from '@hawser/terminal';

/**
 * Puts the terminal on a session until it is over or the person leaves it. With `json` its output goes to stderr,
 * because stdout belongs to the envelope.
 */
export async function attach(
  session: Session,
  { json, signal, filter }: { readonly json: boolean; readonly signal: AbortSignal; readonly filter?: Transform },
): Promise<SessionEnd> {
  const left = await attachTerminal({
    remote: {
      stdin: session.stdin,
      stdout: filter ? session.stdout.pipe(filter) : session.stdout,
      stderr: session.stderr,
      resize: (size) => session.resize(size),
      ended: session.ended,
    },
    output: json ? process.stderr : process.stdout,
    interrupts: 'leave',
    signal,
  });
  return left.reason === 'ended' ? session.ended : session.terminate();
}

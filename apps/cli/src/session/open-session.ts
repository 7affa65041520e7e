import type { Context, Out } from '@hawser/cli-kit';
import type { Session, SessionState } from '@hawser/ssm-channel';
import type { FoundTarget, StartSessionRequest } from '@hawser/ssm-channel/aws';

/** Which session on which target. */
export interface SessionRequest extends Pick<StartSessionRequest, 'document' | 'parameters' | 'reason'> {
  /** What the person typed. */
  readonly target: string;
}

/** Finds the target, starts a session on it and opens its byte streams. It is terminated when the command ends. */
export async function openSessionOn(
  { target: text, ...request }: SessionRequest,
  { aws, out, signal, onEnd }: Pick<Context, 'aws' | 'out' | 'signal' | 'onEnd'>,
): Promise<{ readonly session: Session; readonly target: FoundTarget }> {
  const { openSession } = await import('@hawser/ssm-channel');
  const target = await aws.findTarget(text, { signal });
  const api = await aws.api();
  const start = await api.startSession({ target: target.target, ...request }, { signal });
  out.hide(start.tokenValue);
  const session = await openSession({ start, target: target.target, api, signal });
  onEnd(async () => void (await session.terminate()));
  watch(session, out);
  if (session.facts.customerMessage) out.say(session.facts.customerMessage);
  return { session, target };
}

/** Tells people about the link, and whoever looks for a fault about everything. */
export function watch(
  session: {
    on(event: 'state', listener: (state: SessionState) => void): unknown;
    on(event: 'debug', listener: (line: string) => void): unknown;
  },
  out: Out,
): void {
  let down = false;
  session.on('state', ({ state, cause }) => {
    if (state === 'resuming' && !down) out.say(`\nThe link is down${cause ? ` (${cause})` : ''}; bringing it back …`);
    if (state === 'connected' && down) out.say('The link is back.');
    down = state === 'resuming';
  });
  session.on('debug', (line) => out.debug(line));
}

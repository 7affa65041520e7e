import type { Context } from '@hawser/cli-kit';
import type { Forward } from '@hawser/ssm-channel';
import type { FoundTarget, StartSessionRequest } from '@hawser/ssm-channel/aws';
import { CliError } from '../errors.js';
import { watch } from './open-session.js';

/** What is forwarded where. */
export interface ForwardRequest {
  /** What the person typed. */
  readonly target: string;
  /** Without a host it is the target's own port. */
  readonly remote: { readonly host: string | undefined; readonly port: number };
  /** Without a host it is both loopback addresses. */
  readonly listen: { readonly host: string | undefined; readonly port: number };
  readonly lanes: number;
}

/** Finds the target, starts the sessions and listens. All is closed when the command ends. */
export async function openForward(
  { target: text, remote, listen: { host, port }, lanes }: ForwardRequest,
  { aws, out, signal, onEnd }: Pick<Context, 'aws' | 'out' | 'signal' | 'onEnd'>,
): Promise<{ readonly forward: Forward; readonly target: FoundTarget }> {
  const { forwardPort } = await import('@hawser/ssm-channel');
  const target = await aws.findTarget(text, { signal });
  const api = await aws.api();
  const request: StartSessionRequest = {
    target: target.target,
    document:
      remote.host === undefined ? 'AWS-StartPortForwardingSession' : 'AWS-StartPortForwardingSessionToRemoteHost',
    parameters: { portNumber: [String(remote.port)], ...(remote.host === undefined ? {} : { host: [remote.host] }) },
  };
  const start = await api.startSession(request, { signal });
  const others = await Promise.all(Array.from({ length: lanes - 1 }, () => api.startSession(request, { signal })));
  for (const { tokenValue } of [start, ...others]) out.hide(tokenValue);
  const forward = await forwardPort({
    start,
    target: target.target,
    lanes: others,
    api,
    signal,
    listen: { port, ...(host === undefined ? {} : { host }) },
  });
  onEnd(async () => void (await forward.close()));
  watch(forward, out);
  const where = `${remote.host ?? 'localhost'}:${remote.port}`;
  forward.on('connect-error', () => void out.warn(`${target.label} could not connect to ${where}.`));
  forward.on('connection', ({ active }) => out.debug(`connection accepted, ${active} open`));
  return { forward, target };
}

/** Waits until the person ends a forward; throws when it ended by itself. */
export async function untilForwardEnds(forward: Forward, signal: AbortSignal): Promise<void> {
  const end = await forward.ended;
  if (signal.aborted) return;
  if (end.error) throw end.error;
  throw new CliError(
    'HAWSER_SSM_FORWARD_ENDED',
    `The far side ended the session${end.output ? `: ${end.output}` : '.'}`,
    {
      details: { reason: end.reason },
    },
  );
}

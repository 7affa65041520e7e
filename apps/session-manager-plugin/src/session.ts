import { type DocumentSession, openDocumentSession } from '@hawser/ssm-channel';
import { failed } from './conclusion.js';
import { type Ending, exitStatus } from './ending.js';
import { createSessionApi } from './session-api.js';
import { onAskedToEnd } from './signals.js';
import { runForward } from './run-forward.js';
import { runStreams } from './run-streams.js';
import { strings } from './strings.js';
import { type SessionRequest, family } from './validate.js';
import type { Voice } from './voice.js';

/** What a session is run with besides the request. */
export interface SessionContext {
  readonly voice: Voice;
  /** Client version stated to service and agent. */
  readonly version: string;
  readonly withoutAws: boolean;
}

/** Runs one session from its opening to its end, and says everything the original says about it. */
export async function runSession(request: SessionRequest, context: SessionContext): Promise<Ending> {
  const { voice } = context;
  const { sessionId } = request.start;
  const interrupted = new AbortController();
  const giveBack = onAskedToEnd({
    first: () => interrupted.abort(),
    status: exitStatus({ how: 'interrupted' }, voice),
  });
  using api = createSessionApi(request, context);
  voice.say(strings.starting(sessionId));
  try {
    const opened = await openDocumentSession({
      start: request.start,
      api,
      target: request.target ?? '',
      clientVersion: context.version,
      ...(request.clientId === undefined ? {} : { clientId: request.clientId }),
      ...(request.localPort === undefined ? {} : { listen: { port: request.localPort } }),
      signal: interrupted.signal,
    });
    giveBack();
    return await serve(opened, request, voice);
  } catch (error) {
    giveBack();
    if (interrupted.signal.aborted) {
      voice.say(strings.ended(sessionId, ''));
      return { how: 'interrupted' };
    }
    return failed(error, sessionId, voice);
  }
}

async function serve(opened: DocumentSession, request: SessionRequest, voice: Voice): Promise<Ending> {
  const live = opened.kind === 'forward' ? opened.forward : opened.session;
  const { facts } = live;
  live.on('debug', voice.log.debug);
  live.on('state', ({ state, attempt, cause }) =>
    voice.log[state === 'resuming' ? 'warn' : 'info'](
      [`The link is ${state}`, attempt && `attempt ${attempt}`, cause].filter(Boolean).join(', '),
    ),
  );
  const { expected } = request;
  if (expected !== undefined && family(expected) !== family(facts.sessionType)) {
    await (opened.kind === 'forward' ? opened.forward.close() : opened.session.terminate());
    voice.fail(strings.cannotStart(`the session is of type ${facts.sessionType}, and ${expected} was expected`));
    return { how: 'failed' };
  }
  voice.log.info(
    `Session ${request.start.sessionId} is of type ${facts.sessionType}${facts.encrypted ? ', encrypted' : ''}; agent ${facts.agentVersion || 'unknown'}`,
  );
  if (facts.customerMessage !== '') voice.say(`${facts.customerMessage}\n`);
  return opened.kind === 'forward' ? await runForward(opened.forward, voice) : await runStreams(opened.session, voice);
}

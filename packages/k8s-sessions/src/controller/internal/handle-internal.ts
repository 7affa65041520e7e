import { Problem, asProblem, problemResponse } from '../problem.js';
import { healthz, metrics, readyz } from '../routes/service-routes.js';
import type { Service } from '../service.js';
import { whileAsked } from '../while-asked.js';
import { assign, claim } from './assign.js';
import { takeExit } from './exit.js';
import { takeBeat, takeKeyframe, takePhase, takeSegment } from './progress.js';
import { isSecretOf } from './runner-call.js';
import type { RunnerCall } from './runner-call.js';

const calls: Readonly<Record<string, (call: RunnerCall) => Promise<Response>>> = {
  'POST claim': claim,
  'POST phase': takePhase,
  'PUT segments': takeSegment,
  'PUT keyframes': takeKeyframe,
  'POST exit': takeExit,
  'POST beat': takeBeat,
};

const path = /^\/internal\/runner\/([0-9a-f-]{36})\/(\d{1,6})\/([a-z]+)(?:\/(\d{1,9}))?$/;

/** Answers runners, and whoever looks after the process, on the internal port. */
export function createInternalHandler(service: Service): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname } = new URL(request.url);
    try {
      return await answer(service, request, pathname);
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code === 'internal') service.trouble(problem.cause, `${request.method} ${pathname}`);
      return problemResponse(problem);
    }
  };
}

async function answer(service: Service, request: Request, pathname: string): Promise<Response> {
  if (pathname === '/healthz') return healthz();
  if (pathname === '/readyz') return readyz({ service });
  if (pathname === '/metrics') return metrics({ service });
  const [, session = '', attempt, name = '', rest = ''] = path.exec(pathname) ?? [];
  const secret = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
  const epoch = request.headers.get('x-hawser-epoch') ?? '';
  if (attempt === undefined) throw new Problem('not_found', `There is nothing at ${pathname}.`);
  if (`${request.method} ${name}` === 'POST assignment') {
    return assign(service, request, whileAsked(request, service.closing), {
      session,
      attempt: Number(attempt),
      secret,
    });
  }
  const call = calls[`${request.method} ${name}`];
  if (!call) throw new Problem('not_found', `There is nothing at ${pathname}.`);
  const row = await service.store.session(session);
  if (!row) throw new Problem('not_found', `There is no session ${session}.`);
  if (!isSecretOf(row.runnerSecretHash, secret)) {
    // A secret of an older attempt is a good one that came to its end.
    const isOld = isSecretOf(service.sealer.secrets(session, Number(attempt)).hash, secret);
    if (isOld) throw new Problem('attempt_over', `Attempt ${attempt} of this session is over.`);
    throw new Problem('unauthenticated', 'The secret is not that of this attempt.');
  }
  if (row.attempt !== Number(attempt)) throw new Problem('attempt_over', `Attempt ${attempt} of this session is over.`);
  return call({ service, request, signal: whileAsked(request, service.closing), row, epoch, rest });
}

import { randomUUID } from 'node:crypto';
import type { HttpRequest, HttpResponse } from '../../http/server.js';
import { AwsError } from '../../ssm/api/aws-error.js';
import type { Budget } from '../faults/budget.js';
import type { Throttle } from '../faults/throttle.js';
import type { Caller } from '../iam/caller.js';
import type { World } from '../world.js';
import type { Match } from './match.js';

/** One call, as it is remembered for tests. */
export interface ApiCall {
  /** `service:Operation`. */
  readonly operation: string;
  readonly input: unknown;
  readonly at: number;
}

/** What answers requests. */
export interface ApiSetup {
  readonly world: World;
  readonly throttle: Throttle;
  readonly budget: Budget;
  match(request: HttpRequest): Match | undefined;
  /** @throws AwsError */
  authenticate(request: HttpRequest, service: string): Caller;
  /** @throws AwsError when the caller's role does not allow it */
  authorize(caller: Caller, match: Match): void;
  record(call: ApiCall): void;
}

/** Thrown instead of an answer: the connection is cut. */
export class LostAnswer extends Error {
  static {
    this.prototype.name = 'LostAnswer';
  }
}

/** Answers one request to the AWS APIs. @throws LostAnswer */
export async function answerApi(setup: ApiSetup, request: HttpRequest): Promise<HttpResponse> {
  const requestId = randomUUID();
  const match = setup.match(request);
  const response =
    match === undefined
      ? {
          status: 404,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ __type: 'UnknownOperationException', message: 'No emulated API is asked this way.' }),
        }
      : await answerMatch(setup, request, match, requestId);
  return {
    ...response,
    headers: { 'x-amzn-requestid': requestId, date: new Date().toUTCString(), ...response.headers },
  };
}

async function answerMatch(
  setup: ApiSetup,
  request: HttpRequest,
  match: Match,
  requestId: string,
): Promise<HttpResponse> {
  const { world, budget } = setup;
  const operation = `${match.service}:${match.operation}`;
  let response: HttpResponse;
  try {
    const caller = setup.authenticate(request, match.service);
    setup.record({ operation, input: match.input, at: world.nowMs() });
    if (!setup.throttle.admit(operation, world.nowMs())) throw throttled(match.service);
    if (spends(budget, 'serverErrors', match)) {
      throw new AwsError('InternalFailure', 'The request processing has failed because of an unknown error.', {
        status: 500,
      });
    }
    setup.authorize(caller, match);
    response = match.encode(await match.run({ caller, requestId }), requestId);
  } catch (error) {
    response = match.fail(asAwsError(error), requestId);
  }
  if (spends(budget, 'loseAnswers', match)) throw new LostAnswer(`The answer to ${operation} was lost.`);
  return response;
}

/** By the operation's whole name, or its own alone. */
function spends(budget: Budget, kind: 'loseAnswers' | 'serverErrors', { service, operation }: Match): boolean {
  return budget.spend(kind, `${service}:${operation}`) || budget.spend(kind, operation);
}

function throttled(service: string): AwsError {
  return service === 'lambda'
    ? new AwsError('TooManyRequestsException', 'Rate exceeded', { status: 429 })
    : new AwsError('ThrottlingException', 'Rate exceeded');
}

function asAwsError(error: unknown): AwsError {
  return error instanceof AwsError
    ? error
    : new AwsError('InternalFailure', `The emulator failed: ${String(error)}`, { status: 500 });
}

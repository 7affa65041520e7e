import { randomUUID } from 'node:crypto';
import type { HttpRequest, HttpResponse } from '../../http/server.js';
import type { SigningFault } from '../../http/sigv4.js';
import { AwsError, provokedError } from './aws-error.js';
import { parseInput, type Input, type Service } from './operation.js';
import { callerIdentity, stsAction, stsError } from './sts-service.js';

/** One call, as it is remembered for tests. */
export interface ApiCall {
  readonly operation: string;
  readonly input: unknown;
  readonly signature: 'none' | 'valid' | 'invalid';
}

/** What the API is made of. */
export interface ApiSetup {
  readonly accountId: string;
  readonly services: readonly Service[];
  /** Operation → error type; read at every call. */
  readonly refuse: Readonly<Record<string, string>>;
  /** `undefined`: the signature is right. */
  judge(request: HttpRequest, signingName: string): SigningFault | undefined;
  record(call: ApiCall): void;
  /** Wall clock, in milliseconds since 1970. */
  date(): number;
}

/** Answers one request to the AWS APIs. Unknown operations are errors at once: nothing here is worth a retry. */
export function answerApi(setup: ApiSetup, request: HttpRequest): HttpResponse {
  const requestId = randomUUID();
  const common = { 'x-amzn-requestid': requestId, date: new Date(setup.date()).toUTCString() };
  const action = stsAction(request);
  const response = action === undefined ? answerJson(setup, request) : answerQuery(setup, request, action, requestId);
  return { ...response, headers: { ...common, ...response.headers } };
}

function answerJson(setup: ApiSetup, request: HttpRequest): HttpResponse {
  const [prefix = '', operation = ''] = (request.headers['x-amz-target'] ?? '').split('.');
  const service = setup.services.find((candidate) => candidate.targetPrefix === prefix);
  try {
    const run = service?.operations[operation];
    if (request.method !== 'POST' || service === undefined || run === undefined) {
      throw new AwsError('UnknownOperationException', `The emulator does not know ${prefix || 'this'}.${operation}.`);
    }
    const input = admit(setup, request, service.signingName, operation, () => parseInput(request));
    return json(200, run(input));
  } catch (error) {
    const fault = error instanceof AwsError ? error : new AwsError('InternalServerError', String(error));
    return json(fault.status, { __type: fault.type, [service?.messageMember ?? 'message']: fault.message });
  }
}

function answerQuery(setup: ApiSetup, request: HttpRequest, action: string, requestId: string): HttpResponse {
  try {
    if (action !== 'GetCallerIdentity') throw new AwsError('InvalidAction', `Could not find operation ${action}`);
    admit(setup, request, 'sts', action, () => ({}));
    return callerIdentity(setup.accountId, requestId);
  } catch (error) {
    return stsError(error as AwsError, requestId);
  }
}

/** Checks who is asking and whether the test wants a refusal, and remembers the call either way. */
function admit(
  setup: ApiSetup,
  request: HttpRequest,
  signingName: string,
  operation: string,
  parse: () => Input,
): Input {
  const fault = setup.judge(request, signingName);
  const unsigned = request.headers['authorization'] === undefined;
  const input = parse();
  setup.record({ operation, input, signature: fault === undefined ? 'valid' : unsigned ? 'none' : 'invalid' });
  if (fault !== undefined) throw new AwsError(fault.type, fault.message);
  const refusal = setup.refuse[operation];
  if (refusal !== undefined) throw provokedError(refusal);
  return input;
}

function json(status: number, body: object): HttpResponse {
  return { status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(body) };
}

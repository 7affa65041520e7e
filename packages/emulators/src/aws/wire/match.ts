import { AwsError } from '../../ssm/api/aws-error.js';
import { parseInput, type Input } from '../../ssm/api/operation.js';
import type { HttpRequest, HttpResponse } from '../../http/server.js';
import { parseQuery } from './query.js';
import type { CallContext, JsonService, Operation, QueryService } from './service.js';
import { escapeXml, toXml } from './xml.js';

/** A request that was understood: what it asks of whom, and how the answer is written. */
export interface Match {
  readonly service: string;
  readonly operation: string;
  readonly input: Input;
  run(call: CallContext): unknown;
  encode(result: unknown, requestId: string): HttpResponse;
  fail(error: AwsError, requestId: string): HttpResponse;
}

/** Understands requests of the JSON protocols; `undefined` when it is another protocol. */
export function matchJson(services: readonly JsonService[], request: HttpRequest): Match | undefined {
  const target = request.headers['x-amz-target'];
  if (target === undefined) return undefined;
  const dot = target.lastIndexOf('.');
  const operation = target.slice(dot + 1);
  const service = services.find((one) => one.target === target.slice(0, dot));
  const type = `application/x-amz-json-${service?.version ?? '1.1'}`;
  return {
    service: service?.name ?? 'unknown',
    operation,
    ...prepare(service?.operations[operation], target, () => parseInput(request)),
    encode: (result) => ({ status: 200, headers: { 'content-type': type }, body: JSON.stringify(result) }),
    fail: (error) => ({
      status: error.status,
      headers: { 'content-type': type, 'x-amzn-errortype': error.type },
      body: JSON.stringify({ __type: error.type, message: error.message, ...error.members }),
    }),
  };
}

/** Understands requests of the Query protocols; `undefined` when it is another protocol. */
export function matchQuery(services: readonly QueryService[], request: HttpRequest): Match | undefined {
  if (!(request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) return undefined;
  const { action, version, input } = parseQuery(request.body.toString('utf8'));
  const service = services.find((one) => one.version === version);
  const item = service?.protocol === 'ec2' ? 'item' : 'member';
  const xmlns = ` xmlns="${service?.namespace ?? ''}"`;
  const unknown = service?.operations[action] === undefined;
  return {
    service: service?.name ?? 'unknown',
    operation: action,
    input,
    run: (call) => {
      if (unknown) throw new AwsError('InvalidAction', `The emulator does not know ${action} of ${version}.`);
      return service.operations[action]!(input, call);
    },
    encode: (result, requestId) =>
      xml(
        200,
        item === 'item'
          ? `<${action}Response${xmlns}><requestId>${requestId}</requestId>${toXml(result, item)}</${action}Response>`
          : `<${action}Response${xmlns}><${action}Result>${toXml(result, item)}</${action}Result>` +
              `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`,
      ),
    fail: (error, requestId) =>
      xml(
        error.status,
        item === 'item'
          ? `<Response><Errors><Error>${named(error)}</Error></Errors><RequestID>${requestId}</RequestID></Response>`
          : `<ErrorResponse${xmlns}><Error><Type>${error.status < 500 ? 'Sender' : 'Receiver'}</Type>${named(error)}` +
              `</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
      ),
  };
}

function named(error: AwsError): string {
  const code = queryCodes[error.type] ?? error.type;
  return `<Code>${code}</Code><Message>${escapeXml(error.message)}</Message>`;
}

/** Errors that the Query protocols call by another name than the JSON protocols. */
const queryCodes: Readonly<Record<string, string>> = {
  InvalidSignatureException: 'SignatureDoesNotMatch',
  UnrecognizedClientException: 'InvalidClientTokenId',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  IncompleteSignatureException: 'IncompleteSignature',
  ThrottlingException: 'Throttling',
  AccessDeniedException: 'AccessDenied',
};

function xml(status: number, body: string): HttpResponse {
  return { status, headers: { 'content-type': 'text/xml' }, body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}` };
}

/** What is malformed is told when the call is run, so that it is counted like any other. */
function prepare(operation: Operation | undefined, name: string, parse: () => Input): Pick<Match, 'input' | 'run'> {
  let input: Input = {};
  let fault: AwsError | undefined;
  try {
    input = parse();
  } catch (error) {
    fault = error as AwsError;
  }
  return {
    input,
    run: (call) => {
      if (operation === undefined) {
        throw new AwsError('UnknownOperationException', `The emulator does not know ${name}.`);
      }
      if (fault !== undefined) throw fault;
      return operation(input, call);
    },
  };
}

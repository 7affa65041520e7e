import { AwsError } from '../../ssm/api/aws-error.js';
import type { Input } from '../../ssm/api/operation.js';
import type { HttpRequest, HttpResponse } from '../../http/server.js';
import type { Match } from '../wire/match.js';
import type { World } from '../world.js';
import type { EmulatedFunction } from './function.js';
import { unpack, type Functions } from './functions.js';

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly operation: string;
  run(name: string, input: Input, request: HttpRequest): Promise<HttpResponse | object> | HttpResponse | object;
}

const maxPayloadBytes = 6 * 1024 * 1024;
const maxZipBytes = 50 * 1024 * 1024;

/** AWS Lambda's API; `undefined` for requests that are none of it. */
export function createLambdaService(world: World, functions: Functions): (request: HttpRequest) => Match | undefined {
  const routes = routesOf(world, functions);
  return (request) => {
    const path = request.url.split('?')[0]!;
    if (!/^\/20\d\d-\d\d-\d\d\/(?:functions|account-settings)/u.test(path)) return undefined;
    for (const route of routes) {
      const match = route.method === request.method ? route.path.exec(path) : null;
      if (!match) continue;
      const name = decodeURIComponent(match[1] ?? '');
      const input = { FunctionName: name, ...bodyOf(request, route.operation) };
      return asMatch(route.operation, input, () => route.run(name, input, request));
    }
    return asMatch(`${request.method} ${path}`, {}, () => {
      throw new AwsError('UnknownOperationException', `The emulator does not know ${request.method} ${path}.`, {
        status: 404,
      });
    });
  };
}

function asMatch(operation: string, input: Input, run: () => unknown): Match {
  return {
    service: 'lambda',
    operation,
    input,
    run,
    encode: (result) =>
      isResponse(result)
        ? result
        : { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(result) },
    fail: (error) => ({
      status: error.status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.type },
      body: JSON.stringify({ Type: error.status < 500 ? 'User' : 'Service', message: error.message, ...error.members }),
    }),
  };
}

function isResponse(result: unknown): result is HttpResponse {
  return typeof (result as { readonly status?: unknown }).status === 'number';
}

/** An invocation's body is the event, and none of the API's business. */
function bodyOf(request: HttpRequest, operation: string): Input {
  if (operation === 'Invoke' || request.body.length === 0) return {};
  try {
    return JSON.parse(request.body.toString('utf8')) as Input;
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json.');
  }
}

function routesOf(world: World, functions: Functions): readonly Route[] {
  const at = (tail: string): RegExp => new RegExp(`^/20\\d\\d-\\d\\d-\\d\\d/functions/([^/]+)${tail}$`, 'u');
  const configuration = (one: EmulatedFunction): object => describe(world, one);
  return [
    {
      method: 'GET',
      path: /^\/20\d\d-\d\d-\d\d\/functions\/?()$/u,
      operation: 'ListFunctions',
      run: () => ({ Functions: [...functions.all.values()].map(configuration) }),
    },
    {
      method: 'POST',
      path: /^\/20\d\d-\d\d-\d\d\/functions\/?()$/u,
      operation: 'CreateFunction',
      run: async (_name, input) => {
        const code = input['Code'] as { readonly ZipFile?: string } | undefined;
        const made = await functions.create(String(input['FunctionName']), input, unpack(zipOf(code?.ZipFile)));
        return {
          status: 201,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(configuration(made)),
        };
      },
    },
    {
      method: 'GET',
      path: at('/?'),
      operation: 'GetFunction',
      run: (name) => ({
        Configuration: configuration(functions.find(name)),
        Code: { RepositoryType: 'S3', Location: `${world.endpoint()}/code/${name}` },
        Tags: Object.fromEntries(functions.find(name).tags),
      }),
    },
    {
      method: 'GET',
      path: at('/configuration'),
      operation: 'GetFunctionConfiguration',
      run: (name) => configuration(functions.find(name)),
    },
    {
      method: 'PUT',
      path: at('/configuration'),
      operation: 'UpdateFunctionConfiguration',
      run: (name, input) => {
        checkRevision(functions.find(name), input);
        return configurationUnseen(world, functions.changeSettings(name, input));
      },
    },
    {
      method: 'PUT',
      path: at('/code'),
      operation: 'UpdateFunctionCode',
      run: async (name, input) => {
        checkRevision(functions.find(name), input);
        const code = unpack(zipOf(input['ZipFile'] as string | undefined));
        if (input['DryRun'] === true) return configuration(functions.find(name));
        const changed = await functions.changeCode(name, code);
        const architectures = input['Architectures'] as readonly string[] | undefined;
        if (architectures !== undefined) changed.architectures = architectures;
        return configurationUnseen(world, changed);
      },
    },
    {
      method: 'DELETE',
      path: at('/?'),
      operation: 'DeleteFunction',
      run: async (name) => {
        await functions.remove(name);
        return { status: 204 };
      },
    },
    {
      method: 'GET',
      path: at('/policy'),
      operation: 'GetPolicy',
      run: (name) => ({
        Policy: JSON.stringify(policyOf(functions.find(name))),
        RevisionId: functions.find(name).revision,
      }),
    },
    {
      method: 'PUT',
      path: at('/concurrency'),
      operation: 'PutFunctionConcurrency',
      run: (name, input) => {
        functions.find(name).concurrency = Number(input['ReservedConcurrentExecutions']);
        return { ReservedConcurrentExecutions: functions.find(name).concurrency };
      },
    },
    {
      method: 'GET',
      path: at('/concurrency'),
      operation: 'GetFunctionConcurrency',
      run: (name) => ({ ReservedConcurrentExecutions: functions.find(name).concurrency }),
    },
    {
      method: 'DELETE',
      path: at('/concurrency'),
      operation: 'DeleteFunctionConcurrency',
      run: (name) => {
        functions.find(name).concurrency = undefined;
        return { status: 204 };
      },
    },
    {
      method: 'GET',
      path: at('/url'),
      operation: 'GetFunctionUrlConfig',
      run: (name) => {
        const one = functions.find(name);
        if (one.url === undefined) {
          throw new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', {
            status: 404,
          });
        }
        return {
          FunctionUrl: `${world.endpoint()}/lambda-url/${one.url.id}/`,
          FunctionArn: one.arn,
          AuthType: one.url.authType,
          CreationTime: new Date(one.url.createdMs).toISOString(),
        };
      },
    },
    {
      method: 'POST',
      path: at('/invocations'),
      operation: 'Invoke',
      run: (name, _input, request) => invoke(functions, name, request),
    },
  ];
}

async function invoke(functions: Functions, name: string, request: HttpRequest): Promise<HttpResponse> {
  const one = functions.find(name);
  if (request.body.length > maxPayloadBytes) {
    throw new AwsError(
      'RequestTooLargeException',
      `Request must be smaller than ${maxPayloadBytes} bytes for the InvokeFunction operation`,
      { status: 413 },
    );
  }
  let event: unknown;
  try {
    event = request.body.length === 0 ? {} : JSON.parse(request.body.toString('utf8'));
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json.');
  }
  const kind = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (kind === 'DryRun') return { status: 204 };
  const result = functions.invoke(one, event);
  if (kind === 'Event') {
    void result.catch(() => undefined);
    return { status: 202 };
  }
  const { payload, failed } = await result;
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-amz-executed-version': '$LATEST',
      ...(failed ? { 'x-amz-function-error': 'Unhandled' } : {}),
    },
    body: payload,
  };
}

function zipOf(text: string | undefined): Uint8Array {
  if (text === undefined) {
    throw new AwsError('InvalidParameterValueException', 'Please provide a source for function code.');
  }
  const zip = Buffer.from(text, 'base64');
  if (zip.length > maxZipBytes) {
    throw new AwsError(
      'RequestEntityTooLargeException',
      'Request must be smaller than 70167211 bytes for the UpdateFunctionCode operation',
      { status: 413 },
    );
  }
  return zip;
}

function checkRevision(one: EmulatedFunction, input: Input): void {
  const wanted = input['RevisionId'];
  if (wanted !== undefined && wanted !== one.revision) {
    throw new AwsError(
      'PreconditionFailedException',
      'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
      { status: 412 },
    );
  }
}

/** Whoever reads it has seen an update in progress, which ends with that. */
function describe(world: World, one: EmulatedFunction): object {
  const shown = configurationUnseen(world, one);
  if (Number.isFinite(one.updatingUntilMs)) one.updatingUntilMs = 0;
  return shown;
}

function configurationUnseen(world: World, one: EmulatedFunction): object {
  return {
    FunctionName: one.name,
    FunctionArn: one.arn,
    Runtime: one.runtime,
    Role: one.role,
    Handler: one.handler,
    CodeSize: one.codeBytes,
    Description: one.description,
    Timeout: one.timeout,
    MemorySize: one.memory,
    LastModified: new Date(one.modifiedMs).toISOString().replace('Z', '+0000'),
    CodeSha256: one.codeSha256,
    Version: '$LATEST',
    Environment: { Variables: one.environment },
    RevisionId: one.revision,
    State: 'Active',
    LastUpdateStatus: world.nowMs() < one.updatingUntilMs ? 'InProgress' : 'Successful',
    PackageType: 'Zip',
    Architectures: one.architectures,
    LoggingConfig: { LogFormat: 'Text', LogGroup: one.logGroup },
  };
}

function policyOf(one: EmulatedFunction): object {
  return {
    Version: '2012-10-17',
    Id: 'default',
    Statement: [...one.permissions].map(([Sid, permission]) => ({
      Sid,
      Effect: 'Allow',
      Principal: permission.principal === '*' ? '*' : { Service: permission.principal },
      Action: permission.action,
      Resource: one.arn,
      ...(permission.sourceArn === undefined
        ? {}
        : { Condition: { ArnLike: { 'AWS:SourceArn': permission.sourceArn } } }),
    })),
  };
}

import { Readable } from 'node:stream';
import type { Server } from 'node:http';
import type { HttpRequest, HttpResponse } from '../../http/server.js';
import { AwsError } from '../../ssm/api/aws-error.js';
import { parseInput, readMembers, type Input } from '../../ssm/api/operation.js';
import type { Match } from '../wire/match.js';
import type { World } from '../world.js';

/** The tables, in memory, by dynalite. It is loaded when first asked. */
export interface Tables {
  /** Understands requests to DynamoDB. */
  match(request: HttpRequest): Match | undefined;
  /** Calls an operation from within the emulator. @throws AwsError what DynamoDB answers */
  call(operation: string, input: Input): Promise<Input>;
  /** Tables that were made and not deleted. */
  names(): readonly string[];
  close(): Promise<void>;
}

const target = 'DynamoDB_20120810';
const type = 'application/x-amz-json-1.0';

/** Makes an account without tables. */
export function createTables(world: World): Tables {
  let loading: Promise<Server> | undefined;
  const timeToLive = new Map<string, Input>();
  const recovery = new Map<string, boolean>();
  const existing = new Set<string>();
  const load = (): Promise<Server> => {
    loading ??= import('dynalite').then(({ default: dynalite }) =>
      dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }),
    );
    return loading;
  };
  const send = async (operation: string, body: Buffer): Promise<HttpResponse> => {
    const server = await load();
    const response = await hand(server, operation, body);
    if (response.status === 200 && /^(?:Create|Delete)Table$/u.test(operation)) {
      const { TableName } = JSON.parse(body.toString('utf8')) as { readonly TableName: string };
      if (operation === 'CreateTable') existing.add(TableName);
      else existing.delete(TableName);
    }
    return response;
  };
  const call = async (operation: string, input: Input): Promise<Input> => {
    const { status, body } = await send(operation, Buffer.from(JSON.stringify(input)));
    const answer = JSON.parse(String(body)) as Record<string, unknown>;
    if (status === 200) return answer;
    const name = String(answer['__type']).split('#').at(-1)!;
    throw new AwsError(name, String(answer['message'] ?? answer['Message']), { status });
  };
  const tableOf = async (input: Input): Promise<string> => {
    const name = readMembers(input).text('TableName').split('/').at(-1)!;
    await call('DescribeTable', { TableName: name });
    return name;
  };
  /** What dynalite does not know. */
  const own: Readonly<Record<string, (input: Input) => Promise<Input>>> = {
    UpdateTimeToLive: async (input) => {
      const table = await tableOf(input);
      const specification = input['TimeToLiveSpecification'] as Input;
      timeToLive.set(table, specification);
      return { TimeToLiveSpecification: specification };
    },
    DescribeTimeToLive: async (input) => {
      const known = timeToLive.get(await tableOf(input));
      const on = known?.['Enabled'] === true;
      return {
        TimeToLiveDescription: {
          TimeToLiveStatus: on ? 'ENABLED' : 'DISABLED',
          ...(on ? { AttributeName: known['AttributeName'] } : {}),
        },
      };
    },
    UpdateContinuousBackups: async (input) => {
      const table = await tableOf(input);
      const specification = input['PointInTimeRecoverySpecification'] as Input | undefined;
      recovery.set(table, specification?.['PointInTimeRecoveryEnabled'] === true);
      return backups(recovery.get(table)!);
    },
    DescribeContinuousBackups: async (input) => backups(recovery.get(await tableOf(input)) ?? false),
  };
  const backups = (on: boolean): Input => ({
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: on ? 'ENABLED' : 'DISABLED' },
    },
  });
  /** dynalite takes region and account from this process's environment. */
  const rename = (body: string | Buffer | undefined): string =>
    String(body).replaceAll(
      /"(TableArn|IndexArn)":"arn:aws:dynamodb:[^:"]*:[^:"]*:/gu,
      `"$1":"${world.arn('dynamodb', '')}`,
    );

  return {
    match: (request) => {
      const [prefix, operation = ''] = (request.headers['x-amz-target'] ?? '').split('.');
      if (prefix !== target) return undefined;
      const answer = own[operation];
      return {
        service: 'dynamodb',
        operation,
        input: parseInput(request),
        run: async () => {
          if (answer !== undefined) return { status: 200, body: JSON.stringify(await answer(parseInput(request))) };
          return await send(operation, request.body);
        },
        encode: (result) => {
          const { status, body } = result as HttpResponse;
          return { status, headers: { 'content-type': type }, body: rename(body) };
        },
        fail: (error) => ({
          status: error.status,
          headers: { 'content-type': type },
          body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${error.type}`, message: error.message }),
        }),
      };
    },
    call: async (operation, input) => await (own[operation] ?? ((given) => call(operation, given)))(input),
    names: () => [...existing],
    close: async () => {
      if (loading === undefined) return;
      const server = await loading;
      // It says that it never listened, and closes its tables all the same.
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Hands a request to dynalite without a socket between: it wants little of a request, and little of an answer. */
function hand(server: Server, operation: string, body: Buffer): Promise<HttpResponse> {
  return new Promise((resolve) => {
    const request = Object.assign(Readable.from([body]), {
      method: 'POST',
      url: '/',
      headers: {
        host: 'dynamodb.us-east-1.amazonaws.com',
        'content-type': type,
        'x-amz-target': `${target}.${operation}`,
        // Signatures were verified before; it only looks whether there is one.
        authorization:
          'AWS4-HMAC-SHA256 Credential=a/20000101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
        'x-amz-date': '20000101T000000Z',
      },
    });
    const response = {
      statusCode: 200,
      setHeader: () => undefined,
      removeHeader: () => undefined,
      end: (text: string | Buffer) => resolve({ status: response.statusCode, body: text }),
    };
    server.emit('request', request, response);
  });
}

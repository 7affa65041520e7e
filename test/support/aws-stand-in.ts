import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request to the stand-in. */
export interface AskedOfAws {
  readonly action: string;
  readonly parameters: URLSearchParams;
  readonly authorization: string;
}

/** What it answers to an operation: its body, or an error. */
export type AwsAnswer = {
  readonly status?: number;
  readonly body?: string;
  /** An error of the query protocol (XML) or of REST (JSON). */
  readonly error?: string;
  readonly message?: string;
  /** Added to the Date header. */
  readonly skewMs?: number;
  /** Never answered. */
  readonly silent?: boolean;
};

/** A scripted AWS on loopback: `Action=` of the query protocol, or the path, decides. */
export interface AwsStandIn extends AsyncDisposable {
  readonly url: string;
  readonly asked: AskedOfAws[];
  close(): Promise<void>;
}

/** Starts it. `answer` gets what was asked; `undefined` is a 404. */
export async function startAwsStandIn(answer: (asked: AskedOfAws) => AwsAnswer | undefined): Promise<AwsStandIn> {
  const asked: AskedOfAws[] = [];
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://x');
      const parameters = new URLSearchParams(body || url.search);
      const one = {
        action: parameters.get('Action') ?? url.pathname,
        parameters,
        authorization: request.headers.authorization ?? '',
      };
      asked.push(one);
      const said = answer(one) ?? { status: 404, error: 'ResourceNotFoundException' };
      if (said.silent) return;
      const isXml = parameters.has('Action');
      response.setHeader('date', new Date(Date.now() + (said.skewMs ?? 0)).toUTCString());
      response.setHeader('content-type', isXml ? 'text/xml' : 'application/json');
      if (said.error !== undefined) {
        response.setHeader('x-amzn-errortype', said.error);
        response.statusCode = said.status ?? 400;
        const { error, message = error } = said;
        response.end(
          isXml
            ? `<ErrorResponse><Error><Type>Sender</Type><Code>${error}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`
            : JSON.stringify({ message }),
        );
      } else {
        response.statusCode = said.status ?? 200;
        response.end(said.body ?? '');
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What STS answers. */
export function assumedRole(keys: {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}): AwsAnswer {
  return {
    body:
      `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>` +
      `<AccessKeyId>${keys.accessKeyId}</AccessKeyId><SecretAccessKey>${keys.secretAccessKey}</SecretAccessKey>` +
      `<SessionToken>${keys.sessionToken}</SessionToken><Expiration>${keys.expiration.toISOString()}</Expiration>` +
      `</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  };
}

/** What STS answers to GetCallerIdentity. */
export function callerIdentityAnswer(arn: string): AwsAnswer {
  return {
    body:
      `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>` +
      `<Arn>${arn}</Arn><UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account>` +
      `</GetCallerIdentityResult></GetCallerIdentityResponse>`,
  };
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8') as AsyncIterable<string>) text += part;
  return text;
}

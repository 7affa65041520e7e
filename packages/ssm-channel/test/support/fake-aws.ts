import { createHash, createHmac } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { once } from 'node:events';

/** One call as the fake service saw it. */
export interface SeenCall {
  readonly operation: string;
  readonly input: Record<string, unknown>;
  readonly headers: IncomingMessage['headers'];
}

/** What the fake service answers: a body, or an error of the service. */
export type Answer =
  | { readonly body: unknown }
  | { readonly error: string; readonly message?: string; readonly status?: number };

export interface FakeAws extends AsyncDisposable {
  readonly endpoint: string;
  readonly port: number;
  readonly calls: SeenCall[];
}

/** A loopback service of AWS's JSON protocol that answers by operation name. It looks at nothing else. */
export async function startFakeAws(
  answers: Record<string, (input: Record<string, unknown>, nth: number) => Answer | 'never'>,
  options: { readonly tls?: { readonly key: string; readonly cert: string }; readonly date?: () => Date } = {},
): Promise<FakeAws> {
  const calls: SeenCall[] = [];
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
      const input = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>;
      calls.push({ operation, input, headers: request.headers });
      const nth = calls.filter((call) => call.operation === operation).length;
      const answer = answers[operation]?.(input, nth) ?? { error: 'UnknownOperationException' };
      if (answer === 'never') return;
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.setHeader('x-amzn-requestid', `request-${calls.length}`);
      if (options.date) response.setHeader('date', options.date().toUTCString());
      response.statusCode = 'error' in answer ? (answer.status ?? 400) : 200;
      response.end(
        JSON.stringify('error' in answer ? { __type: answer.error, message: answer.message ?? '' } : answer.body),
      );
    });
  };
  const server: Server = options.tls ? createTlsServer(options.tls, handle) : createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface FakeProxy extends AsyncDisposable {
  readonly url: string;
  /** `host:port` of every CONNECT, in order. */
  readonly connects: string[];
  readonly authorizations: (string | undefined)[];
}

/** A proxy for CONNECT that brings everybody to one loopback port, whatever host they ask for. */
export async function startFakeProxy(toPort: number, status = 200): Promise<FakeProxy> {
  const connects: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    connects.push(request.url ?? '');
    authorizations.push(request.headers['proxy-authorization']);
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(toPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connects,
    authorizations,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The SigV4 signature of a request without a body, computed from the specification and nothing of ours. */
export function signatureOf(request: {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signedHeaders: readonly string[];
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
}): string {
  const { url, headers, signedHeaders, secretAccessKey, region, service } = request;
  const path = url.pathname.split('/').map(encode).join('/');
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&');
  const lines = signedHeaders.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = ['GET', path, query, lines, signedHeaders.join(';'), sha256('')].join('\n');
  const date = headers['x-amz-date'] ?? '';
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const key = ['aws4_request', service, region, date.slice(0, 8)].reduceRight(
    (secret: string | Buffer, part) => hmac(secret, part),
    `AWS4${secretAccessKey}`,
  );
  return createHmac('sha256', key)
    .update(['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n'))
    .digest('hex');
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

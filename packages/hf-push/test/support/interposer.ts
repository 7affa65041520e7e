import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as send,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HubEmulator } from '@hawser/emulators/hub';
import { afterEach } from '@jest/globals';

/** What is done to a request that an emulated Hub would have answered well. */
export type Deed =
  /** Nothing is done, and this is the answer. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly text?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** It is done, and this is the answer. */
  | { readonly kind: 'answer-after'; readonly status: number; readonly text?: string }
  /** It is done, and the answer is another. */
  | { readonly kind: 'rewrite'; readonly rewrite: (text: string) => string }
  /** Nothing is done, the connection is cut after so many bytes of the body. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** It is done, and the connection cut without an answer, or after half of it. */
  | { readonly kind: 'cut-answer'; readonly half?: boolean }
  /** It is done, and the answer does not end. */
  | { readonly kind: 'endless' }
  /** It is done when this settles. */
  | { readonly kind: 'hold'; readonly until: Promise<unknown> };

/** When something is done. */
export interface Trouble {
  readonly method?: string;
  /** Matched against the path with its query. */
  readonly path: RegExp;
  /** Default 1. */
  readonly times?: number;
  /** Let so many matching requests pass first. Default 0. */
  readonly after?: number;
  readonly does: Deed;
}

/** Stands between a pusher and an emulated Hub, and does what no well-meant server would. */
export interface Interposer extends AsyncDisposable {
  readonly endpoint: string;
  /** `METHOD path` of what came, queries cut off. */
  readonly came: readonly string[];
  trouble(trouble: Trouble): void;
  /** Settles when a request has come whose `METHOD path` matches, after `skip` of those that came so far and will. */
  reached(line: RegExp, skip?: number): Promise<void>;
  /** From now on all goes well. */
  calm(): void;
}

const running: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((stop) => stop()));
});

/** Starts one that is stopped after the test. */
export async function interpose(hub: HubEmulator): Promise<Interposer> {
  const troubles: { readonly trouble: Trouble; times: number; after: number }[] = [];
  const came: string[] = [];
  const waiting = new Set<() => void>();
  const agent = new Agent({ keepAlive: true });
  const next = (method: string, path: string): Deed | undefined => {
    for (const one of troubles) {
      const { trouble } = one;
      if (one.times <= 0 || (trouble.method ?? method) !== method || path.search(trouble.path) < 0) continue;
      if (one.after-- > 0) continue;
      one.times -= 1;
      return trouble.does;
    }
    return undefined;
  };
  const server: Server = createServer((request, response) => {
    const { method = 'GET', url = '/', socket } = request;
    came.push(`${method} ${url.replace(/\?.*/, '')}`);
    for (const look of waiting) look();
    response.on('error', () => undefined);
    const work = answer(request, response, next(method, url));
    work.catch(() => socket.destroy());
  });
  /** What the Hub answers, with its own address replaced by ours. */
  const forward = async (request: IncomingMessage): Promise<Forwarded> => {
    const { method, url, headers } = request;
    const outgoing = send(`${hub.endpoint}${url}`, { method, headers, agent });
    request.pipe(outgoing);
    request.on('close', () => request.complete || outgoing.destroy());
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const isText = /json|text/.test(incoming.headers['content-type'] ?? '');
    const body = Buffer.concat(chunks);
    return {
      status: incoming.statusCode ?? 0,
      headers: incoming.headers,
      body: isText ? Buffer.from(body.toString().replaceAll(hub.endpoint, endpoint)) : body,
    };
  };
  const answer = async (request: IncomingMessage, response: ServerResponse, deed: Deed | undefined): Promise<void> => {
    if (deed?.kind === 'cut') return await cutAfter(request, deed.bytes);
    if (deed?.kind === 'answer') {
      // Read to its end, as a server would that answers in the middle of it and goes on.
      request.resume();
      response.writeHead(deed.status, { 'content-type': 'application/json', ...deed.headers }).end(deed.text ?? '{}');
      return;
    }
    if (deed?.kind === 'hold') await deed.until;
    const { status, headers, body } = await forward(request);
    const { 'content-length': _length, 'transfer-encoding': _encoding, ...rest } = headers;
    switch (deed?.kind) {
      case 'cut-answer':
        if (!deed.half) return void request.socket.destroy();
        response.writeHead(status, { ...rest, 'content-length': body.length + 10 }).flushHeaders();
        return void response.write(body.subarray(0, body.length >> 1), () => request.socket.destroy());
      case 'endless':
        response.writeHead(status, rest);
        return await writeOn(response);
      case 'answer-after':
        return void response.writeHead(deed.status, { 'content-type': 'text/html' }).end(deed.text ?? '');
      case 'rewrite':
        return void response.writeHead(status, rest).end(deed.rewrite(body.toString()));
      default:
        response.writeHead(status, { ...rest, 'content-length': body.length }).end(body);
    }
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async (): Promise<void> => {
    agent.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  running.push(stop);
  return {
    endpoint,
    came,
    trouble: (trouble) => void troubles.push({ trouble, times: trouble.times ?? 1, after: trouble.after ?? 0 }),
    reached: (line, skip = 0) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (came.filter((each) => line.test(each)).length <= skip) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    calm: () => void troubles.splice(0),
    async [Symbol.asyncDispose]() {
      running.splice(running.indexOf(stop), 1);
      await stop();
    },
  };
}

interface Forwarded {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

async function cutAfter(request: IncomingMessage, bytes: number): Promise<void> {
  const { socket } = request;
  let came = 0;
  for await (const chunk of request) {
    came += (chunk as Buffer).length;
    if (came >= bytes) break;
  }
  socket.destroy();
}

async function writeOn(response: ServerResponse): Promise<void> {
  const zeros = Buffer.alloc(1 << 20);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  while (!response.destroyed)
    if (!response.write(zeros)) await once(response, 'drain', { signal: gone.signal }).catch(() => undefined);
}

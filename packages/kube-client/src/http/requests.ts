import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { type Agent, request as requestHttps } from 'node:https';
import type { Credential, Credentials } from '../credentials/credentials.js';
import { KubeClientError } from '../errors.js';
import { createAgent, type Trust } from './agent.js';
import { answerFailure, connectionFailure } from './failure.js';

/** One request. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute, with its query. */
  readonly path: string;
  readonly accept?: string;
  readonly body?: unknown;
  /** Of the body; default `application/json`. */
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Requests with the credentials of a cluster; renewed once where they are refused. */
export interface Requests {
  /** Settles with the head of a good answer. Throws KubeClientError, or what the signal was aborted with. */
  send(request: Request): Promise<IncomingMessage>;
  /** Reads all of an answer. */
  text(request: Request): Promise<string>;
  /** Runs something with a credential; again with the next when that throws `HAWSER_KUBE_UNAUTHORIZED`. */
  authorized<T>(attempt: (credential: Credential, agent: Agent) => Promise<T>, signal?: AbortSignal): Promise<T>;
  readonly server: URL;
  close(): void;
}

/** Until the head of an answer is there. */
const HEAD_TIMEOUT_MS = 30_000;

/** One page of 500 large objects is a tenth of this. */
const BODY_LIMIT = 512 << 20;

export function createRequests(server: URL, trust: Trust, credentials: Credentials): Requests {
  let agent: { readonly made: Agent; readonly for: Credential } | undefined;
  const agentFor = (credential: Credential): Agent => {
    if (agent?.for.cert === credential.cert && agent?.for.key === credential.key && agent) return agent.made;
    agent?.made.destroy();
    agent = { made: createAgent(trust, credential), for: credential };
    return agent.made;
  };
  const authorized: Requests['authorized'] = async (attempt, signal) => {
    const first = await credentials.current(signal);
    try {
      return await attempt(first, agentFor(first));
    } catch (error) {
      if (!(error instanceof KubeClientError) || error.code !== 'HAWSER_KUBE_UNAUTHORIZED') throw error;
      const next = await credentials.renew(first, signal);
      if (!next) throw error;
      return await attempt(next, agentFor(next));
    }
  };
  const send: Requests['send'] = async (request) => {
    return await authorized(async (credential, used) => {
      const response = await ask(server, request, credential.headers, used);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return response;
      throw answerFailure(
        `${request.method} ${request.path}`,
        status,
        await readText(server, response, request.signal),
      );
    }, request.signal);
  };
  return {
    server,
    authorized,
    send,
    text: async (request) => await readText(server, await send(request), request.signal),
    close: () => agent?.made.destroy(),
  };
}

/** A connection kept from before may have been closed by the other side just now: then a GET is asked again. */
async function ask(
  server: URL,
  request: Request,
  headers: OutgoingHttpHeaders,
  agent: Agent,
): Promise<IncomingMessage> {
  for (;;) {
    const { response, error, isStale } = await askOnce(server, request, headers, agent);
    if (response) return response;
    request.signal?.throwIfAborted();
    if (!isStale || request.method !== 'GET') throw connectionFailure(server, error);
  }
}

interface Outcome {
  readonly response?: IncomingMessage;
  readonly error?: Error;
  readonly isStale: boolean;
}

async function askOnce(server: URL, request: Request, own: OutgoingHttpHeaders, agent: Agent): Promise<Outcome> {
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const headers: OutgoingHttpHeaders = {
    accept: request.accept ?? 'application/json',
    'user-agent': 'hawser',
    ...(body !== undefined && {
      'content-type': request.contentType ?? 'application/json',
      'content-length': Buffer.byteLength(body),
    }),
    ...own,
  };
  return await new Promise((resolve) => {
    const asked = requestHttps({
      agent,
      method: request.method,
      host: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port || 443,
      path: `${server.pathname.replace(/\/$/, '')}${request.path}`,
      headers,
      ...(request.signal && { signal: request.signal }),
    });
    const timer = setTimeout(() => {
      asked.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
    }, HEAD_TIMEOUT_MS);
    asked.on('response', (response) => {
      clearTimeout(timer);
      resolve({ response, isStale: false });
    });
    asked.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve({ error, isStale: asked.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE') });
    });
    asked.end(body);
  });
}

async function readText(server: URL, response: IncomingMessage, signal: AbortSignal | undefined): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part);
      size += part.length;
      if (size > BODY_LIMIT) throw new Error(`the answer is longer than ${BODY_LIMIT >> 20} MiB`);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw connectionFailure(server, error);
  }
  return Buffer.concat(parts).toString('utf8');
}

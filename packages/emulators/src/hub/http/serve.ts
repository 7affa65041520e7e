import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Faults } from '../../http/faults.js';
import type { HubFault, HubRequest } from '../types.js';
import { Refusal, type Answer } from './answer.js';
import { Body, type Call, type Caller } from './call.js';
import type { RateLimit } from './rate-limit.js';

/** What answers one kind of request. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Matched against the undecoded path; what it catches becomes {@link Call.params}. */
  readonly path: RegExp;
  answer(call: Call): Promise<Answer> | Answer;
}

/** What a Hub's door needs. */
export interface Door {
  readonly routes: readonly Route[];
  readonly faults: Faults<HubFault['does']>;
  readonly rateLimit: RateLimit | undefined;
  /** Who a request comes from. Throws 401 for a token nobody has. */
  identify(headers: IncomingMessage['headers']): Caller | undefined;
  /** Writes down what a request has changed, before it is answered. */
  keep(): void;
  record(request: HubRequest): void;
}

/** Answers one request, or does to it what a fault says. Never rejects. */
export async function serve(door: Door, raw: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = raw.method ?? 'GET';
  const target = raw.url ?? '/';
  const body = new Body(raw);
  const record = (status: number): void => door.record({ method, path: target, status, bytes: body.bytes });
  const ending = new AbortController();
  response.once('close', () => ending.abort());
  // A client may be gone before everything is said to it.
  response.on('error', () => undefined);

  const fault = door.faults.next(method, target);
  if (fault?.kind === 'stall') return record(0);
  if (fault?.kind === 'drop-before') {
    raw.socket.destroy();
    return record(0);
  }
  let answer: Answer;
  try {
    answer =
      fault?.kind === 'status'
        ? { status: fault.status, headers: fault.headers ?? {}, json: fault.body ?? { error: 'Provoked.' } }
        : await work(door, method, target, raw, body, ending.signal);
  } catch (error) {
    // A body that breaks off: there is nobody left to answer.
    if (raw.destroyed && !raw.complete) return record(0);
    answer =
      error instanceof Refusal
        ? error.answer
        : { status: 500, json: { error: `The emulator failed: ${error instanceof Error ? error.stack : 'unknown'}` } };
  }
  if (fault?.kind === 'stall-after') return record(0);
  if (fault?.kind === 'drop-after') {
    raw.socket.destroy();
    return record(0);
  }
  // What was left of a body that was refused half-way: the next request comes behind it.
  raw.resume();
  try {
    await send(answer, method, response, raw.headers['x-request-id']);
  } catch {
    // The connection broke: there is nobody left to answer.
    response.destroy();
  }
  record(answer.status);
}

async function work(
  door: Door,
  method: string,
  target: string,
  raw: IncomingMessage,
  body: Body,
  signal: AbortSignal,
): Promise<Answer> {
  const { pathname, searchParams } = new URL(target, 'http://hub');
  const caller = door.identify(raw.headers);
  const limited = pathname.startsWith('/api/')
    ? door.rateLimit?.take(caller?.account.name ?? `address ${raw.socket.remoteAddress}`)
    : undefined;
  if (limited && !limited.allowed)
    throw new Refusal(429, 'You have sent too many requests in this window.', { headers: limited.headers });
  const asked = method === 'HEAD' ? 'GET' : method;
  const fitting = door.routes.flatMap((route) => {
    const match = route.path.exec(pathname);
    return match ? [{ route, match }] : [];
  });
  const found = fitting.find(({ route }) => route.method === asked);
  if (!found) {
    if (fitting.length === 0) throw new Refusal(404, `This Hub has nothing at ${method} ${pathname}.`);
    throw new Refusal(405, `${method} is not for ${pathname}.`, {
      headers: { Allow: fitting.map(({ route }) => route.method).join(', ') },
    });
  }
  const params = found.match.slice(1).map((part: string | undefined) => decode(part ?? ''));
  const call: Call = {
    method,
    path: pathname,
    query: searchParams,
    params,
    headers: raw.headers,
    caller,
    body,
    signal,
  };
  const answer = await found.route.answer(call);
  if (asked !== 'GET') door.keep();
  return limited ? { ...answer, headers: { ...limited.headers, ...answer.headers } } : answer;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal(400, `'${part}' is not a part of an address.`);
  }
}

async function send(
  { status, headers, json, body }: Answer,
  method: string,
  response: ServerResponse,
  asked: string | string[] | undefined,
): Promise<void> {
  // Clients send an id of their own, perhaps behind `Root=...;`, and find their request by it.
  const requestId = `Root=${randomUUID()}${typeof asked === 'string' ? `;${asked.replace(/^Root=[^;]*;/u, '')}` : ''}`;
  const base = { 'X-Request-Id': requestId, ...headers };
  if (body instanceof Readable) {
    response.writeHead(status, base);
    if (method === 'HEAD') body.destroy();
    else return await pipeline(body, response);
    response.end();
    return;
  }
  const content = Buffer.from(json === undefined ? (body ?? '') : JSON.stringify(json));
  response.writeHead(status, {
    ...(json === undefined ? {} : { 'Content-Type': 'application/json; charset=utf-8' }),
    'Content-Length': content.length,
    ...base,
  });
  response.end(method === 'HEAD' ? undefined : content);
}

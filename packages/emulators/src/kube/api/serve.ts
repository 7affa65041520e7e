import type { IncomingMessage, ServerResponse } from 'node:http';
import { demand, isPublic, verbOf } from './access.js';
import { discover, versionInfo } from './discovery.js';
import { parseJson } from './json.js';
import { serveLog } from './log.js';
import { answerObject } from './objects.js';
import { openApi } from './openapi.js';
import { parsePath } from './path.js';
import { readReview } from './protobuf.js';
import { review } from './reviews.js';
import { ApiStatus, noSuchResource, notAllowed, unauthorized } from './status.js';
import { serveWatch } from './watch.js';
import type { Identity, World } from './world.js';

/** A real server takes about three mebibytes. */
const BODY_LIMIT = 3 << 20;

/** Answers one request that is not an upgrade. */
export async function serve(world: World, raw: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = raw.method ?? 'GET';
  const fault = world.faults.next(method, raw.url ?? '/');
  if (fault?.kind === 'drop' || fault?.kind === 'stall') {
    world.record(method, raw.url ?? '/', 0);
    if (fault.kind === 'drop') raw.socket.destroy();
    else raw.resume();
    return;
  }
  const answer = (status: number, body: object | string): void => {
    if (fault?.kind === 'drop-after') {
      world.record(method, raw.url ?? '/', 0);
      raw.socket.destroy();
      return;
    }
    world.record(method, raw.url ?? '/', status);
    const isText = typeof body === 'string';
    response.writeHead(status, { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json' });
    response.end(isText ? body : JSON.stringify(body));
  };
  try {
    const body = await readBody(raw);
    if (fault?.kind === 'status') {
      throw new ApiStatus(fault.status, fault.reason ?? 'InternalError', fault.message ?? 'a fault was asked for');
    }
    const url = new URL(raw.url ?? '/', 'https://kubernetes');
    const who = authenticate(world, raw, url.pathname);
    const plain = answerPlain(world, url) ?? openApi(url.pathname, world.kinds.all());
    if (plain !== undefined) return answer(200, plain);
    const path = parsePath(url.pathname);
    const kind = path && world.kinds.byResource(path.group, path.version, path.resource);
    if (!path || !kind) throw noSuchResource();
    const contentType = (raw.headers['content-type'] ?? '').replace(/;.*/, '').trim();
    const isProtobuf = contentType === 'application/vnd.kubernetes.protobuf';
    if (kind.isReview) {
      if (method !== 'POST') throw notAllowed();
      return answer(201, review(world, who, kind, isProtobuf ? readReview(body) : parseJson(body)));
    }
    const isToken = path.subresource === 'token';
    if (isProtobuf && !isToken)
      throw new ApiStatus(415, 'UnsupportedMediaType', 'this server takes objects as JSON only');
    const isWatch = method === 'GET' && ['true', '1'].includes(url.searchParams.get('watch') ?? '');
    demand(world, who, verbOf(method, path, isWatch), path);
    const accept = raw.headers.accept ?? '';
    if (isWatch) {
      world.record(method, raw.url ?? '/', 200);
      return serveWatch(world, { kind, path, query: url.searchParams, accept }, response);
    }
    if (kind.kind === 'Pod' && path.subresource === 'log' && method === 'GET') {
      serveLog(world, path, url.searchParams, response);
      return world.record(method, raw.url ?? '/', 200);
    }
    // Of a request for a token nothing is looked at.
    const read = isToken ? Buffer.from('{}') : body;
    const query = url.searchParams;
    const found = answerObject(world, { method, kind, path, query, accept, contentType, body: read });
    answer(found.status, found.body);
  } catch (error) {
    if (error instanceof ApiStatus) return answer(error.code, error.toJSON());
    // The connection broke while the body was being read: there is nobody left to answer.
    if (raw.destroyed && !raw.complete) return;
    const message = error instanceof Error ? error.message : String(error);
    answer(500, new ApiStatus(500, 'InternalError', `Internal error occurred: ${message}`).toJSON());
  }
}

/** Throws 401 for credentials nobody knows, and where some are needed. */
export function authenticate(world: World, raw: IncomingMessage, pathname: string): Identity {
  const who = world.identify(raw);
  if (who === undefined) throw unauthorized();
  if (who !== 'anonymous') return who;
  if (!isPublic(pathname)) throw unauthorized();
  return { user: 'system:anonymous', groups: ['system:unauthenticated'] };
}

/** Paths that are no resources. */
function answerPlain(world: World, url: URL): object | string | undefined {
  if (url.pathname === '/version' || url.pathname === '/version/') return versionInfo;
  const [, check] = /^\/(healthz|livez|readyz)(?:\/ping)?\/?$/.exec(url.pathname) ?? [];
  if (check) return url.searchParams.has('verbose') ? `[+]ping ok\n${check} check passed\n` : 'ok';
  return discover(url.pathname, world.kinds.all());
}

async function readBody(raw: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= BODY_LIMIT) chunks.push(chunk);
  }
  if (size > BODY_LIMIT) throw new ApiStatus(413, 'RequestEntityTooLarge', `limit is ${BODY_LIMIT}`);
  return Buffer.concat(chunks);
}

import { allows } from '@hawser/api-keys';
import { apiRoutes } from '@hawser/exec-client/contract';
import type { ApiRoute } from '@hawser/exec-client/contract';
import { ApiError, errorResponse } from '../core/api-error.js';
import type { Caller } from '../ports.js';
import { RateLimiter } from './rate-limit.js';
import { endpoints } from './endpoints.js';
import type { Service } from './route.js';
import { scopes } from './scopes.js';
import type { RouteScope } from './scopes.js';

const nobody: Caller = { scopes: [] };

/** Answers requests. What fails becomes an answer. */
export function createRouter(service: Service): (request: Request) => Promise<Response> {
  const limiter = new RateLimiter(service.ports.limits.rate, service.ports.clock);

  return async (request) => {
    const requestId = requestIdOf(request, service);
    let response: Response;
    try {
      response = await answer(service, limiter, request, requestId);
    } catch (error) {
      response = errorResponse(error, requestId);
      if (response.status >= 500) service.ports.trouble?.(error, requestId);
    }
    response.headers.set('x-request-id', requestId);
    response.headers.set('cache-control', 'no-store');
    return response;
  };
}

async function answer(service: Service, limiter: RateLimiter, request: Request, requestId: string): Promise<Response> {
  const url = new URL(request.url);
  const { route, id } = find(request.method, url.pathname);
  const caller = await admit(service, limiter, scopes[route], request);
  return endpoints[route]({ service, request, requestId, caller, id, query: url.searchParams });
}

/** Who asks, and whether they may. */
async function admit(service: Service, limiter: RateLimiter, scope: RouteScope, request: Request): Promise<Caller> {
  if (scope === 'open' || scope === 'job') return nobody;
  const caller = await authenticate(service, request);
  if (!caller) throw new ApiError('unauthorized', 'The API key is missing, unknown, expired or revoked.');
  limiter.take(caller.keyId ?? caller.arn ?? caller.name ?? '');
  const allowed = scope === 'any' || allows(caller.scopes, scope);
  if (allowed) return caller;
  throw new ApiError('forbidden', `This key may not do that: it lacks the scope ${scope}.`, {
    details: { scope },
  });
}

/** Keys that cannot be looked up are no wrong keys. */
async function authenticate({ ports }: Service, request: Request): Promise<Caller | undefined> {
  try {
    return await ports.authenticator.authenticate(request);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError('store_unavailable', 'Keys cannot be looked up just now.', { retryAfter: 2, cause: error });
  }
}

function find(method: string, pathname: string): { readonly route: ApiRoute; readonly id: string } {
  const asked = method === 'HEAD' ? 'GET' : method;
  const others: string[] = [];
  for (const [name, [routeMethod, pattern]] of Object.entries(apiRoutes)) {
    const id = match(pattern, pathname);
    if (id === undefined) continue;
    if (routeMethod === asked) return { route: name as ApiRoute, id };
    others.push(routeMethod);
  }
  if (others.length === 0) throw new ApiError('not_found', `There is nothing at ${pathname}.`);
  throw new ApiError('method_not_allowed', `${method} does not go with ${pathname}.`, { details: { allowed: others } });
}

/** Holds a path against a pattern: what stands for `{id}`, or empty text where the pattern has none. */
function match(pattern: string, pathname: string): string | undefined {
  const wanted = pattern.split('/');
  const parts = pathname.split('/');
  if (wanted.length !== parts.length) return undefined;
  let id = '';
  for (const [index, part] of wanted.entries()) {
    const given = parts[index] ?? '';
    if (part === '{id}') id = decoded(given);
    else if (part !== given) return undefined;
  }
  return id === '' && wanted.includes('{id}') ? undefined : id;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** The id that the sender gave, where it may stand in a header again; else one of ours. */
function requestIdOf(request: Request, { ports }: Service): string {
  const given = request.headers.get('x-request-id');
  return given !== null && /^[\w.:-]{1,128}$/.test(given) ? given : `req_${ports.ids.random(8)}`;
}

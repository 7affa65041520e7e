import { ApiError, errorResponse } from '../core/api-error.js';
import type { Caller } from '../ports.js';
import { RateLimiter } from './rate-limit.js';
import { routes } from './routes.js';
import type { Route, Service } from './route.js';

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
    }
    response.headers.set('x-request-id', requestId);
    response.headers.set('cache-control', 'no-store');
    return response;
  };
}

async function answer(service: Service, limiter: RateLimiter, request: Request, requestId: string): Promise<Response> {
  const url = new URL(request.url);
  const { route, path } = find(request.method, url.pathname);
  const caller = await admit(service, limiter, route, request);
  return route.handle({ service, request, requestId, caller, path, query: url.searchParams });
}

/** Who asks, and whether they may. */
async function admit(service: Service, limiter: RateLimiter, route: Route, request: Request): Promise<Caller> {
  if (route.scope === 'open' || route.scope === 'job') return nobody;
  const caller = await authenticate(service, request);
  if (!caller) throw new ApiError('unauthorized', 'The API key is missing, unknown, expired or revoked.');
  limiter.take(caller.keyId ?? caller.arn ?? caller.name ?? '');
  const allowed = route.scope === 'any' || caller.scopes.includes('admin') || caller.scopes.includes(route.scope);
  if (allowed) return caller;
  throw new ApiError('forbidden', `This key may not do that: it lacks the scope ${route.scope}.`, {
    details: { scope: route.scope },
  });
}

/** Keys that cannot be looked up are no wrong keys. */
async function authenticate({ ports }: Service, request: Request): Promise<Caller | undefined> {
  try {
    return await ports.authenticator.authenticate(request);
  } catch (error) {
    throw new ApiError('store_unavailable', 'Keys cannot be looked up just now.', { retryAfter: 2, cause: error });
  }
}

function find(method: string, pathname: string): { readonly route: Route; readonly path: Record<string, string> } {
  const asked = method === 'HEAD' ? 'GET' : method;
  const others: string[] = [];
  for (const route of routes) {
    const path = match(route.path, pathname);
    if (path && route.method === asked) return { route, path };
    if (path) others.push(route.method);
  }
  if (others.length === 0) throw new ApiError('not_found', `There is nothing at ${pathname}.`);
  throw new ApiError('method_not_allowed', `${method} does not go with ${pathname}.`, { details: { allowed: others } });
}

/** Holds a path against a pattern. A last part in braces with `+` takes slashes too. */
function match(pattern: string, pathname: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const parts = pathname.split('/');
  const path: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const given = parts[index];
    if (given === undefined) return undefined;
    if (!part.startsWith('{')) {
      if (part !== given) return undefined;
      continue;
    }
    const rest = part.endsWith('+}');
    const value = decoded(rest ? parts.slice(index).join('/') : given);
    if (value === undefined || value === '') return undefined;
    path[part.slice(1, rest ? -2 : -1)] = value;
    if (rest) return path;
  }
  return parts.length === wanted.length ? path : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The id that the sender gave, where it may stand in a header again; else one of ours. */
function requestIdOf(request: Request, { ports }: Service): string {
  const given = request.headers.get('x-request-id');
  return given !== null && /^[\w.:-]{1,128}$/.test(given) ? given : `req_${ports.ids.random(8)}`;
}

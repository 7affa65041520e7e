import { Authenticator, demand } from './authenticate.js';
import { createClientReader } from './client-address.js';
import { endpoints } from './endpoints.js';
import { Problem, asProblem, problemResponse } from './problem.js';
import { MemoryRates } from './rate-limit.js';
import { findRoute, routes } from './route-table.js';
import type { RouteName } from './route-table.js';
import type { Context, KeyContext } from './routes/context.js';
import type { Service } from './service.js';
import { whileAsked } from './while-asked.js';

/** Answers the requests of people and programs. What fails becomes an answer. */
export function createHandler(service: Service): (request: Request, remoteAddress: string) => Promise<Response> {
  const clientOf = createClientReader(service.settings.trustedProxies);
  const authenticator = new Authenticator(service);
  const rates = new MemoryRates();
  const lines = new Map<string, Promise<void>>();

  async function answer(request: Request, remoteAddress: string): Promise<[RouteName | 'none', Response]> {
    const url = new URL(request.url);
    const found = findRoute(request.method, url.pathname);
    if (!('route' in found)) return ['none', problemResponse(noRoute(request.method, url.pathname, found.allowed))];
    const { route, params } = found;
    try {
      const client = clientOf(request, remoteAddress);
      const base = (service.settings.publicUrl ?? client.origin ?? '').replace(/\/+$/, '');
      const signal = whileAsked(request, service.closing);
      const context: Context = { service, request, signal, url, client, base, params, rates, lines };
      const scope = routes[route][2];
      if (scope === 'open') return [route, await run(route, context)];
      const principal = await authenticator.authenticate(request, client.bucket);
      if (scope !== 'any') demand(principal, scope);
      return [route, await run(route, { ...context, principal } as KeyContext)];
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code === 'internal') service.trouble(problem.cause, `${request.method} ${url.pathname}`);
      return [route, problemResponse(problem)];
    }
  }

  return async (request, remoteAddress) => {
    const [route, response] = await answer(request, remoteAddress);
    service.metrics.requests.inc({ route, status: String(response.status) });
    response.headers.set('x-content-type-options', 'nosniff');
    if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
    return response;
  };
}

function run(route: RouteName, context: Context): Promise<Response> {
  const endpoint = endpoints[route] as (context: Context) => Promise<Response>;
  return endpoint(context);
}

function noRoute(method: string, pathname: string, allowed: readonly string[]): Problem {
  if (allowed.length === 0) return new Problem('not_found', `There is nothing at ${pathname}.`);
  return new Problem('method_not_allowed', `${method} does not go with ${pathname}.`, {
    details: { allowed },
    headers: { allow: allowed.join(', ') },
  });
}

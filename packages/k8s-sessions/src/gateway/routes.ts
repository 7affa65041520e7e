import type { ExchangeAnswer, ShareRequest } from '../protocol/edge-types.js';
import { isOver } from '../protocol/states.js';
import { logRoutes } from '../log/routes.js';
import { asProblem, Problem, problemResponse } from '../controller/problem.js';
import type { RunnerAccess } from '../controller/ports.js';
import type { SessionRow } from '../store/types.js';
import { mayHaveRunner } from './attend.js';
import { grantCookie, grantOf, type FrontDesk } from './grants.js';
import type { GatewayMetrics } from './metrics.js';
import { isBrowser, isOwnOrigin } from './origins.js';
import { securityHeaders, type Page } from './page.js';
import type { GatewayOptions, Viewer } from './types.js';

/** What the routes answer from. */
export interface RoutePorts extends GatewayOptions {
  readonly desk: FrontDesk;
  readonly metrics: GatewayMetrics;
  readonly access: RunnerAccess;
  readonly page: Page;
  readonly nowMs: () => number;
  readonly origins: readonly string[];
}

interface Context extends RoutePorts {
  readonly draining: boolean;
}

/** Bytes a body may have: a ticket is below 1 KiB. */
const maxBody = 16_384;

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const assetPath = /^\/ws\/assets\/([\w.-]+)$/;
const sessionPath = new RegExp(`^/ws/(${uuid})(?:/(exchange|tickets|log|screen|search|wait))?/?$`);
const relayPath = new RegExp(`^/internal/runner/(${uuid})(/.+)$`);

/** Answers a request that is no WebSocket. Never rejects. */
export async function answerHttp(
  context: Context,
  request: Request,
  peer: { readonly secure: boolean },
): Promise<Response> {
  try {
    return await route(context, request, peer);
  } catch (error) {
    const problem = asProblem(error);
    if (problem.code === 'internal') {
      const why = error instanceof Error ? error.message : String(error);
      context.onLog?.({ level: 'error', event: 'request_failed', why });
    }
    return problemResponse(problem);
  }
}

async function route(context: Context, request: Request, peer: { readonly secure: boolean }): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  if (pathname === '/healthz') return text('ok');
  // The database may be away: whoever is let in goes on, so a gateway stays ready. Only one that ends is not.
  if (pathname === '/readyz') return text(context.draining ? 'draining' : 'ok', context.draining ? 503 : 200);
  if (pathname === '/metrics') {
    return text(await context.metrics.registry.metrics(), 200, context.metrics.registry.contentType);
  }
  const [, asset] = assetPath.exec(pathname) ?? [];
  if (asset !== undefined) {
    only(request, 'GET', 'HEAD');
    return (await context.page.asset(asset, request)) ?? notFound();
  }
  const [, relayed, rest = ''] = relayPath.exec(pathname) ?? [];
  if (relayed !== undefined) return await relay(context, request, relayed, `${rest}${search}`);
  const [, session, what] = sessionPath.exec(pathname) ?? [];
  if (session === undefined) return notFound();
  if (what === undefined) {
    only(request, 'GET', 'HEAD');
    return await context.page.document(request);
  }
  if (!isOwnOrigin(Object.fromEntries(request.headers), context.origins)) {
    throw new Problem('foreign_origin', 'This is for the pages of this service alone.');
  }
  if (what === 'exchange') return await exchange(context, request, session, peer);
  const viewer = await viewerOf(context, request, session);
  if (what === 'tickets') return await share(context, request, viewer);
  only(request, 'GET', 'HEAD');
  return await readLogOf(context, request, viewer, `/${what}${search}`);
}

async function exchange(
  context: Context,
  request: Request,
  session: string,
  peer: { readonly secure: boolean },
): Promise<Response> {
  only(request, 'POST');
  const { ticket } = (await bodyOf(request)) as { readonly ticket?: unknown };
  if (typeof ticket !== 'string') throw new Problem('invalid_request', 'The body holds no ticket.');
  const done = await context.tickets.exchange({ ticket, session, userAgent: request.headers.get('user-agent') });
  context.metrics.exchanged(done.ok ? 'exchanged' : done.why);
  if (!done.ok) {
    if (done.why === 'used') {
      const hint = 'A link works once. Whoever sent it can make another.';
      throw new Problem('ticket_used', 'This link was used already.', { hint });
    }
    throw new Problem('ticket_invalid', `This link is not good (${done.why}).`, { hint: 'Ask for a new one.' });
  }
  const { grant, row } = done;
  context.desk.admit(grant, row);
  const browser = isBrowser(Object.fromEntries(request.headers));
  const answer: ExchangeAnswer = {
    session,
    viewer: row.viewer,
    role: row.role,
    expiresAt: new Date(row.expiresAt).toISOString(),
    ...(!browser && { grant }),
  };
  const secure = context.secureCookies ?? peer.secure;
  const cookie = grantCookie(grant, row, { secure, nowMs: context.nowMs() });
  return json(answer, 200, browser ? { 'set-cookie': cookie } : {});
}

async function viewerOf(context: Context, request: Request, session: string): Promise<Viewer> {
  const grant = grantOf(Object.fromEntries(request.headers));
  const standing = grant === undefined ? undefined : await context.desk.check(grant, session);
  if (standing?.ok !== true) {
    throw new Problem('grant_invalid', 'No grant came along that holds for this session.', {
      hint: 'Open a link to it first.',
    });
  }
  return { session, viewer: standing.row.viewer, role: standing.row.role };
}

async function share(context: Context, request: Request, by: Viewer): Promise<Response> {
  only(request, 'POST');
  const { role, ttl_seconds: seconds = 300 } = (await bodyOf(request)) as Partial<ShareRequest>;
  if (role !== 'view' && role !== 'control') throw new Problem('invalid_request', 'role must be view or control.');
  if (typeof seconds !== 'number' || !(seconds >= 1 && seconds <= 300)) {
    throw new Problem('invalid_request', 'ttl_seconds must be a number from 1 to 300.');
  }
  if (by.role !== 'control') throw new Problem('forbidden', 'Who may only look on cannot let others in.');
  if (context.share === undefined) throw new Problem('forbidden', 'This service makes links for API keys alone.');
  return json(await context.share({ session: by.session, role, ttlMs: seconds * 1000, by }), 201);
}

async function readLogOf(context: Context, request: Request, viewer: Viewer, path: string): Promise<Response> {
  const row = await rowOf(context, viewer.session);
  if (mayHaveRunner(row)) {
    const headers = new Headers(request.headers);
    headers.set('x-hawser-viewer', viewer.viewer);
    headers.set('x-hawser-role', viewer.role);
    try {
      return guarded(
        await context.access.fetch(row, path, { method: request.method, headers, signal: request.signal }),
      );
    } catch (error) {
      // What was stored so far is better than nothing; where nothing will be added it is all there is.
      if (!isOver(row.state)) throw error;
    }
  }
  const { pathname, search } = new URL(path, 'http://log');
  return guarded(
    await logRoutes(context.log(viewer.session))(
      new Request(`http://log${pathname}${search}`, {
        method: request.method,
        headers: request.headers,
        signal: request.signal,
      }),
    ),
  );
}

async function relay(context: Context, request: Request, session: string, path: string): Promise<Response> {
  const [, token] = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  if (token === undefined || !(await context.mayRelay?.(token, session))) {
    throw new Problem('unauthenticated', 'This is for the controller alone.');
  }
  const { method, headers, body, signal } = request;
  return await context.access.fetch(await rowOf(context, session), path, {
    method,
    headers,
    signal,
    ...(body && { body, duplex: 'half' as const }),
  });
}

async function rowOf(context: Context, session: string): Promise<SessionRow> {
  const row = await context.desk.session(session);
  if (row === undefined) throw new Problem('not_found', `There is no session ${session}.`);
  if (row.state === 'expired') throw new Problem('expired', `Session ${session} is past its time; its log is gone.`);
  return row;
}

async function bodyOf(request: Request): Promise<object> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBody)
    throw new Problem('too_large', 'The body is too large.');
  const body = await request.text();
  try {
    const value: unknown = JSON.parse(body);
    if (body.length <= maxBody && typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw new Problem('invalid_request', 'The body must be a small JSON object.');
}

function only(request: Request, ...methods: readonly string[]): void {
  if (methods.includes(request.method)) return;
  throw new Problem('method_not_allowed', `Only ${methods.join(' and ')} can be done here.`, {
    headers: { allow: methods.join(', ') },
  });
}

function notFound(): Response {
  return problemResponse(new Problem('not_found', 'There is nothing at this address.'));
}

/** What programs print may look like a page: no browser may take it for one of ours. */
function guarded(response: Response): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(securityHeaders)) headers.set(name, value);
  headers.set('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox");
  headers.set('cache-control', 'no-store');
  return new Response(response.body, { status: response.status, headers });
}

function json(value: object, status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  });
}

function text(value: string, status = 200, type = 'text/plain; charset=utf-8'): Response {
  return new Response(value, { status, headers: { 'content-type': type, 'cache-control': 'no-store' } });
}

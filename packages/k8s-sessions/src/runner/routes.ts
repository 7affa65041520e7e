import { Problem, asProblem, problemResponse } from '../controller/problem.js';
import { logRoutes } from '../log/index.js';
import type { TerminalSize } from '../protocol/types.js';
import type { DialClaim } from './dial-types.js';
import { answerFiles } from './files.js';
import type { Hub } from './hub.js';

/** What a question to a runner is about, and who asks it. */
export interface RouteContext {
  readonly hub: Hub;
  readonly claim: DialClaim;
  /** See `ServeRunnerOptions.folder`. */
  readonly folder: string | undefined;
}

/** Most bytes of one `POST /input`. */
const mostInputBytes = 1_048_576;
const sizeLimit = 1000;

/** Answers what is asked of a session over HTTP; see the paths of `RunnerAddress`. Never rejects. */
export async function answerRoute(request: Request, context: RouteContext): Promise<Response> {
  try {
    return await route(request, context);
  } catch (error) {
    return problemResponse(asProblem(error));
  }
}

async function route(request: Request, context: RouteContext): Promise<Response> {
  const { pathname } = new URL(request.url);
  const key = `${request.method} ${pathname}`;
  if (key === 'POST /input') return await input(request, context);
  if (key === 'POST /signal') return await signal(request, context);
  if (key === 'POST /resize') return await resize(request, context);
  if (pathname.startsWith('/files/')) {
    mustControl(context);
    if (context.folder === undefined) throw notRunning(context);
    return await answerFiles(request, context.folder, decodeURIComponent(pathname.slice('/files/'.length)));
  }
  const { log, command, exit } = context.hub;
  return await logRoutes(log.source, { title: command, exitCode: () => exit?.code ?? null })(request);
}

/** `{ text, take? }`, or the bytes as they are. `take` takes the keyboard from whoever has it. */
async function input(request: Request, { hub, claim, ...rest }: RouteContext): Promise<Response> {
  const context = { hub, claim, ...rest };
  mustControl(context);
  const { data, take } = await typed(request);
  if (data.length > mostInputBytes)
    throw new Problem('too_large', `${data.length} bytes were typed at once; ${mostInputBytes} are the most.`);
  if (take) hub.take(claim.viewer);
  mustHoldKeyboard(context);
  if (!hub.type(claim.viewer, data)) throw notRunning(context);
  await hub.typed();
  return accepted(hub);
}

async function signal(request: Request, context: RouteContext): Promise<Response> {
  mustControl(context);
  const { signal: name } = await json(request);
  if (typeof name !== 'string' || !/^SIG[A-Z]+[0-9]?$/u.test(name))
    throw new Problem('invalid_request', 'The body names no signal, such as {"signal":"SIGINT"}.');
  mustHoldKeyboard(context);
  if (!context.hub.isPlugged) throw notRunning(context);
  context.hub.signal(name);
  return accepted(context.hub);
}

async function resize(request: Request, context: RouteContext): Promise<Response> {
  mustControl(context);
  const { cols, rows } = await json(request);
  if (!isCount(cols) || !isCount(rows))
    throw new Problem('invalid_request', `The body gives no size, such as {"cols":120,"rows":40}, up to ${sizeLimit}.`);
  mustHoldKeyboard(context);
  if (context.hub.exit) throw notRunning(context);
  const size: TerminalSize = { cols, rows };
  context.hub.resize(size);
  return accepted(context.hub);
}

async function typed(request: Request): Promise<{ readonly data: Uint8Array; readonly take: boolean }> {
  if (!(request.headers.get('content-type') ?? '').includes('json'))
    return { data: new Uint8Array(await request.arrayBuffer()), take: false };
  const { text, take } = await json(request);
  if (typeof text !== 'string') throw new Problem('invalid_request', 'The body has no "text" to type.');
  return { data: Buffer.from(text), take: take === true };
}

async function json(request: Request): Promise<Readonly<Record<string, unknown>>> {
  let body: unknown;
  try {
    body = await request.json();
  } catch (cause) {
    throw new Problem('invalid_request', 'The body is no JSON.', { cause });
  }
  if (typeof body === 'object' && body !== null) return body as Record<string, unknown>;
  throw new Problem('invalid_request', 'The body is no JSON object.');
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= sizeLimit;
}

function accepted(hub: Hub): Response {
  return Response.json({ head: hub.log.head }, { status: 202 });
}

function mustControl({ claim }: RouteContext): void {
  if (claim.role !== 'control') throw new Problem('not_control', 'This viewer may only look.');
}

function mustHoldKeyboard({ hub, claim }: RouteContext): void {
  if (hub.claimKeyboard(claim.viewer)) return;
  throw new Problem('not_control', `${hub.holder ?? 'Somebody'} has the keyboard at the moment.`, {
    hint: 'Wait until it is released, or send "take": true with the text.',
  });
}

function notRunning({ hub }: RouteContext): Problem {
  return new Problem('not_running', `Nothing reads what is typed: session ${hub.session} is ${hub.state}.`);
}

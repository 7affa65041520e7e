import type { PrincipalRow, SessionRow } from '../../store/types.js';
import { mayKnow } from '../authenticate.js';
import type { Client } from '../client-address.js';
import { Problem } from '../problem.js';
import type { MemoryRates } from '../rate-limit.js';
import type { Service } from '../service.js';

/** What a route is handed. */
export interface Context {
  readonly service: Service;
  readonly request: Request;
  /** Aborted when whoever asks, or this replica, goes away. */
  readonly signal: AbortSignal;
  readonly url: URL;
  readonly client: Client;
  /** Where links begin: empty for relative ones. */
  readonly base: string;
  readonly params: Readonly<Record<string, string>>;
  readonly rates: MemoryRates;
  /** The end of the line of each key that creates one session at a time. */
  readonly lines: Map<string, Promise<void>>;
}

/** What a route behind a key is handed. */
export interface KeyContext extends Context {
  readonly principal: PrincipalRow;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The session that a path names. Another's is not there. */
export async function sessionOf({ service, params, principal }: KeyContext): Promise<SessionRow> {
  const id = params['id'] ?? '';
  const row = uuid.test(id) ? await service.store.session(id) : undefined;
  if (!row || !mayKnow(principal, row)) throw new Problem('not_found', `There is no session ${id}.`);
  return row;
}

/** An answer that is JSON. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(body, { status, headers });
}

/** A number in a query. */
export function numberIn(url: URL, name: string, bounds: { least: number; most: number; default: number }): number {
  const text = url.searchParams.get(name);
  if (text === null) return bounds.default;
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value >= bounds.least && value <= bounds.most) return value;
  throw new Problem('invalid_request', `${name} must be a number from ${bounds.least} to ${bounds.most}.`, {
    details: { problems: [{ path: name, message: `must be a number from ${bounds.least} to ${bounds.most}` }] },
  });
}

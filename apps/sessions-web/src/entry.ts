import type { ShareAnswer, ShareRequest } from '@hawser/k8s-sessions/protocol';

/** What the address of the page says. */
export interface Entry {
  readonly session: string;
  /** One-time ticket, from `#t=` or `?token=`; null when the page is opened again. */
  readonly ticket: string | null;
  /** Moment to show, in milliseconds from the start, from `#at=` (seconds). */
  readonly atMs: number | null;
}

/** Reads the address `/ws/{id}#t=…&at=…`. */
export function readEntry(location: {
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
}): Entry {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const at = Number(fragment.get('at') ?? NaN);
  return {
    session: decodeURIComponent(/\/ws\/([^/]+)\/?$/.exec(location.pathname)?.[1] ?? ''),
    ticket: fragment.get('t') || new URLSearchParams(location.search).get('token') || null,
    atMs: Number.isFinite(at) && at >= 0 ? at * 1000 : null,
  };
}

/** The address without a ticket, at a moment or not. */
export function plainAddress(entry: Entry, atMs: number | null = entry.atMs): string {
  return `/ws/${encodeURIComponent(entry.session)}${atMs === null ? '' : `#at=${Number((atMs / 1000).toFixed(2))}`}`;
}

/** What the service answers below the address of a session, with the grant that the browser holds as a cookie. */
export interface Service {
  share(request: ShareRequest): Promise<ShareAnswer>;
  get(path: string, signal?: AbortSignal): Promise<Response>;
  /** Address of a download. */
  address(path: string): string;
}

/** Calls below `/ws/{id}`. */
export function openService(session: string): Service {
  const base = `/ws/${encodeURIComponent(session)}`;
  const ask = async (path: string, options: RequestInit): Promise<Response> => {
    const answer = await fetch(`${base}${path}`, { credentials: 'same-origin', cache: 'no-store', ...options });
    if (answer.ok) return answer;
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string; title?: string };
    throw new Error(problem.detail ?? problem.title ?? `The service answered ${answer.status}.`);
  };
  return {
    share: async (request) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await ask('/tickets', { method: 'POST', headers, body: JSON.stringify(request) });
      return (await answer.json()) as ShareAnswer;
    },
    get: (path, signal) => ask(path, signal ? { signal } : {}),
    address: (path) => `${base}${path}`,
  };
}

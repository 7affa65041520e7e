import type { ViewerRole } from './types.js';

/**
 * What the gateway answers below `/ws/{id}`, for the page and for programs. Problems are `application/problem+json` with a
 * stable `code`, as of the API.
 *
 * - `GET /ws/{id}` the page; takes no ticket, so that whoever only fetches a link uses nothing up · `GET /ws/assets/{file}`
 * - `POST /ws/{id}/exchange` {@link ExchangeRequest} to {@link ExchangeAnswer}
 * - `WS /ws/{id}` subprotocol `tsess.v1`, with the grant as cookie, as `Authorization: Grant <grant>`, or as a second
 *   offered subprotocol `grant.<grant>`; or `?token=<ticket>`, which is exchanged on the way
 * - with the same cookie or header: `GET /ws/{id}/log`, `/screen`, `/search`, `/wait` (queries as of the API) and
 *   `POST /ws/{id}/tickets` {@link ShareRequest} to {@link ShareAnswer}, for those who may control
 *
 * A WebSocket that cannot be had is refused by status to programs, and to browsers (which show scripts no status)
 * accepted and closed at once: 4003 for a grant that is not good, 4040 for a session that is not there, 1013 when the
 * service cannot tell at the moment, 1008 for a foreign origin.
 */
export interface ExchangeRequest {
  /** The ticket: what stands behind `#t=` in the link. */
  readonly ticket: string;
}

/** A viewer's standing. Browsers get the grant as a cookie that no script can read, programs in the body. */
export interface ExchangeAnswer {
  readonly session: string;
  readonly viewer: string;
  readonly role: ViewerRole;
  /** ISO 8601. The grant is worth nothing after it, however much it is used. */
  readonly expiresAt: string;
  /** For programs only: those that send neither `Origin` nor `Sec-Fetch-Site`. */
  readonly grant?: string;
}

/** Asks for one more link to the same session. */
export interface ShareRequest {
  readonly role: ViewerRole;
  /** At most 300, the default. */
  readonly ttl_seconds?: number;
}

/** A link that works once. Also the body of `POST /api/sessions/{id}/tickets`. */
export interface ShareAnswer {
  readonly session: string;
  readonly role: ViewerRole;
  readonly token: string;
  /** `/ws/{id}#t=…`, below the public address when the service knows it. */
  readonly terminalUrl: string;
  readonly ticketExpiresAt: string;
}

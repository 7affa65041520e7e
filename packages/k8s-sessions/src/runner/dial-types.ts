import type { ViewerRole } from '../protocol/types.js';

/**
 * What whoever dials a runner shows: `Authorization: Dial <base64url(JSON)>.<base64url(HMAC-SHA256)>` under the session's
 * dial key (HMAC-SHA256 of the text `dial` under the attempt's secret). The runner answers with the header
 * `x-hawser-runner-proof`, the HMAC of `<nonce>.<epoch>` under the same key: an address that now belongs to another pod cannot.
 */
export interface DialClaim {
  readonly session: string;
  readonly viewer: string;
  readonly role: ViewerRole;
  /** 16 random bytes, hex. */
  readonly nonce: string;
  /** Milliseconds since 1970; at most 60 s ahead. */
  readonly expiresAtMs: number;
}

/**
 * Paths a runner serves on its port (7681), each behind a dial token; a person's browser or a stock ttyd client uses
 * HTTP Basic with the user `runner` and the attempt's debug password instead, for `/`, `/token` and `/ws` only.
 *
 * - `GET /` page · `GET /token` · `WS /ws` the protocol of ttyd, subprotocol `tty`
 * - `WS /session` subprotocol `tsess.v1`
 * - `GET /log`, `/screen`, `/search`, `/wait` · `POST /input`, `/signal`, `/resize` · `/files/{path}`: queries and bodies
 *   exactly as below `/api/sessions/{id}`, so that they are relayed as they are.
 */
export interface RunnerAddress {
  readonly host: string;
  readonly port: number;
}

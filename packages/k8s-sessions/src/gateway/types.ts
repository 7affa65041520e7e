import type { Duplex } from 'node:stream';
import type { Registry } from 'prom-client';
import type { Clock } from '../controller/ports.js';
import type { LogSource } from '../log/types.js';
import type { ShareAnswer } from '../protocol/edge-types.js';
import type { ViewerRole } from '../protocol/types.js';
import type { RunnerAddress } from '../runner/dial-types.js';
import type { GrantRow, SessionStore } from '../store/types.js';

/** Opens a stream of bytes to a runner where no plain connection gets there: see `forwardToRunners` of `/kube`. */
export type RunnerConnector = (address: RunnerAddress) => Promise<Duplex>;

/** Who looks on, as the gateway knows it from a grant. */
export interface Viewer {
  readonly session: string;
  readonly viewer: string;
  readonly role: ViewerRole;
}

/** What was exchanged for a ticket. */
export interface Exchanged {
  /** 32 random bytes, base64url. */
  readonly grant: string;
  readonly row: GrantRow;
}

/** Why a ticket or a grant is worth nothing. */
export type Refusal = 'invalid' | 'expired' | 'used' | 'revoked' | 'unknown';

/** Tickets and grants, as far as a gateway needs them. Both reject with `HAWSER_SESSIONS_STORE_UNAVAILABLE` when they cannot tell. */
export interface GatewayTickets {
  exchange(input: {
    readonly ticket: string;
    readonly session: string;
    readonly userAgent: string | null;
  }): Promise<({ readonly ok: true } & Exchanged) | { readonly ok: false; readonly why: Refusal }>;
  checkGrant(
    grant: string,
    session: string,
  ): Promise<{ readonly ok: true; readonly row: GrantRow } | { readonly ok: false; readonly why: Refusal }>;
}

/** What a gateway is made of. */
export interface GatewayOptions {
  readonly store: Pick<SessionStore, 'session' | 'changed' | 'revokedViewers' | 'addEvent'>;
  readonly tickets: GatewayTickets;
  /** Default: a connection to the address in the session's row. */
  readonly connect?: RunnerConnector;
  /** The stored log of a session that is over. */
  readonly log: (session: string) => LogSource;
  /** Folder of the built page: `index.html` and what it loads. */
  readonly pageFolder: string;
  readonly clock: Clock;
  /** Makes one more link. Absent: sharing from the page is not offered. */
  readonly share?: (input: {
    readonly session: string;
    readonly role: ViewerRole;
    readonly ttlMs: number;
    readonly by: Viewer;
  }) => Promise<ShareAnswer>;
  /** Whether a token of the controller's, audience `gateway`, lets it ask this session's runner. Absent: no relay. */
  readonly mayRelay?: (token: string, session: string) => Promise<boolean>;
  /** Origins of pages, beside the gateway's own, that may open sockets: `https://example.com`. */
  readonly origins?: readonly string[];
  /** Whether cookies are for TLS only, as behind a balancer that ends it. Default: as the request came. */
  readonly secureCookies?: boolean;
  /** Milliseconds for which a grant that was seen good lets its viewer in again while the store is away; 0 never. Default 5 min. */
  readonly grantCacheMs?: number;
  /** Sockets at the same time; beyond it 503. Default 10,000. */
  readonly maxSockets?: number;
  /** Metrics are registered here; default a registry of its own. */
  readonly registry?: Registry;
  /** What happened, for the service's log: never a ticket, a grant or what was typed. */
  readonly onLog?: (line: GatewayLogLine) => void;
}

/** One line of the service's log. */
export interface GatewayLogLine {
  readonly level: 'info' | 'warning' | 'error';
  readonly event: string;
  readonly session?: string;
  readonly viewer?: string;
  readonly why?: string;
}

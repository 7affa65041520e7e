import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { GrantRow, SessionRow, SessionStore } from '../store/types.js';
import { Remembered } from './remembered.js';
import type { GatewayTickets, Refusal } from './types.js';

/** What a look at a grant came to. */
export type Standing = { readonly ok: true; readonly row: GrantRow } | { readonly ok: false; readonly why: Refusal };

/** Grants and sessions that are remembered at most. */
const most = 20_000;

/** Name of the cookie: browsers refuse the prefixed one without TLS. */
function cookieName(secure: boolean): string {
  return secure ? '__Secure-hawser-grant' : 'hawser-grant';
}

/**
 * The cookie a browser keeps its grant in: unreadable for scripts, sent by pages of this origin alone, for one session.
 *
 * @see RFC 6265bis §4.1.3 for the prefix
 */
export function grantCookie(
  grant: string,
  row: GrantRow,
  facts: { readonly secure: boolean; readonly nowMs: number },
): string {
  const seconds = Math.max(0, Math.floor((row.expiresAt - facts.nowMs) / 1000));
  return [
    `${cookieName(facts.secure)}=${grant}`,
    `Path=/ws/${row.session}`,
    `Max-Age=${seconds}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(facts.secure ? ['Secure'] : []),
  ].join('; ');
}

/** The grant that came with a request: as a header, an offered subprotocol, or a cookie. */
export function grantOf(headers: IncomingHttpHeaders): string | undefined {
  const [, shown] = /^Grant ([\w-]{43})$/i.exec(headers.authorization ?? '') ?? [];
  const [, offered] = /(?:^|,)\s*grant\.([\w-]{43})\s*(?:,|$)/.exec(headers['sec-websocket-protocol'] ?? '') ?? [];
  const [, kept] = /(?:^|;)\s*(?:__Secure-)?hawser-grant=([\w-]{43})(?:;|$)/.exec(headers.cookie ?? '') ?? [];
  return shown ?? offered ?? kept;
}

/**
 * Says who may come in, and where to. While the store is away, whoever was let in a moment ago still is: what the store
 * last said of a grant and of its session is remembered, by the hash of the grant.
 */
export class FrontDesk {
  readonly #store: Pick<SessionStore, 'session'>;
  readonly #tickets: GatewayTickets;
  readonly #nowMs: () => number;
  readonly #grants: Remembered<GrantRow>;
  readonly #sessions: Remembered<SessionRow>;

  constructor(options: {
    readonly store: Pick<SessionStore, 'session'>;
    readonly tickets: GatewayTickets;
    readonly nowMs: () => number;
    readonly rememberMs: number;
  }) {
    this.#store = options.store;
    this.#tickets = options.tickets;
    this.#nowMs = options.nowMs;
    this.#grants = new Remembered({ most, forMs: options.rememberMs });
    this.#sessions = new Remembered({ most, forMs: options.rememberMs });
  }

  /** @throws SessionsError HAWSER_SESSIONS_STORE_UNAVAILABLE for a grant that was not seen lately */
  async check(grant: string, session: string): Promise<Standing> {
    const key = keyOf(grant, session);
    try {
      const standing = await this.#tickets.checkGrant(grant, session);
      if (standing.ok) this.#grants.put(key, standing.row, this.#nowMs());
      else this.#grants.forget(key);
      return standing;
    } catch (error) {
      const row = isStoreAway(error) ? this.#grants.get(key, this.#nowMs()) : undefined;
      if (row === undefined || this.#nowMs() >= row.expiresAt) throw error;
      return { ok: true, row };
    }
  }

  /** Takes note of a grant that was just exchanged. */
  admit(grant: string, row: GrantRow): void {
    this.#grants.put(keyOf(grant, row.session), row, this.#nowMs());
  }

  /** @throws SessionsError HAWSER_SESSIONS_STORE_UNAVAILABLE for a session that was not seen lately */
  async session(id: string): Promise<SessionRow | undefined> {
    try {
      const row = await this.#store.session(id);
      if (row === undefined) this.#sessions.forget(id);
      else this.#sessions.put(id, row, this.#nowMs());
      return row;
    } catch (error) {
      const row = isStoreAway(error) ? this.#sessions.get(id, this.#nowMs()) : undefined;
      if (row === undefined) throw error;
      return row;
    }
  }
}

/** Whether it is the store that cannot answer, and nothing that it said. */
export function isStoreAway(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === 'HAWSER_SESSIONS_STORE_UNAVAILABLE';
}

function keyOf(grant: string, session: string): string {
  return `${session} ${createHash('sha256').update(grant).digest('base64')}`;
}

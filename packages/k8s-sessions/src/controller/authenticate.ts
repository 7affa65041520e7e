import { allows } from '@hawser/api-keys';
import type { PrincipalRow, SessionRow } from '../store/types.js';
import { Problem } from './problem.js';
import { MemoryRates } from './rate-limit.js';
import type { Service } from './service.js';

/** What a key may be allowed. `admin` may do everything, and sees everybody's sessions. */
export const scopes = ['create', 'view', 'control', 'admin'] as const;

export type Scope = (typeof scopes)[number];

const failuresPerMinute = 30;
const windowMs = 60_000;

/** Wrong keys by address. A key costs a bcrypt to refuse, so an address may show few of them. */
export class Authenticator {
  readonly #service: Service;
  readonly #failures = new MemoryRates();

  constructor(service: Service) {
    this.#service = service;
  }

  /** @throws Problem `unauthenticated`, `rate_limited`, `store_unavailable` */
  async authenticate(request: Request, bucket: string): Promise<PrincipalRow> {
    const nowMs = this.#service.nowMs();
    const windowStart = nowMs - (nowMs % windowMs);
    if (this.#failures.peek(bucket, windowStart) >= failuresPerMinute) {
      throw new Problem('rate_limited', 'This address has shown too many wrong keys.', {
        retryAfter: (windowStart + windowMs - nowMs) / 1000,
      });
    }
    const [, key] = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
    const verdict = key === undefined ? undefined : await this.#service.keys.verify(key);
    const principal = verdict?.ok ? await this.#service.store.principal(verdict.key.keyId) : undefined;
    if (principal) return principal;
    if (key !== undefined) this.#failures.count(bucket, windowStart);
    const wrong =
      verdict && !verdict.ok && verdict.why === 'expired' ? 'has expired' : 'is missing, unknown or revoked';
    throw new Problem('unauthenticated', `The API key ${wrong}.`, {
      hint: 'Send it as: Authorization: Bearer <key>.',
      headers: { 'www-authenticate': 'Bearer realm="hawser sessions"' },
    });
  }
}

/** @throws Problem `forbidden` */
export function demand(principal: PrincipalRow, scope: Scope): void {
  if (allows(principal.scopes, scope)) return;
  throw new Problem('forbidden', `This key may not do that: it lacks the scope ${scope}.`, { details: { scope } });
}

/** Whether a session is this key's to see. */
export function mayKnow(principal: PrincipalRow, row: SessionRow): boolean {
  return row.owner === principal.keyId || allows(principal.scopes, 'admin');
}

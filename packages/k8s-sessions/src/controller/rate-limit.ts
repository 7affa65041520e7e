import type { PrincipalRow } from '../store/types.js';
import { Problem } from './problem.js';
import type { Service } from './service.js';

const windowMs = 60_000;
const mostBuckets = 10_000;

/**
 * Lets a session be created, or not: a sliding minute for the key and one for the client address. While the database is
 * away the count is kept in memory, with this replica's share of the limit.
 *
 * @throws Problem `rate_limited`
 */
export async function takeFromRate(
  service: Service,
  memory: MemoryRates,
  principal: PrincipalRow,
  bucket: string,
): Promise<Readonly<Record<string, string>>> {
  const limit = principal.quota.perMinute ?? service.settings.ratePerMinute;
  if (limit === null) return {};
  const nowMs = service.nowMs();
  const windowStart = nowMs - (nowMs % windowMs);
  let fullest = 0;
  for (const key of [`create:key:${principal.keyId}`, `create:address:${bucket}`]) {
    let share = limit;
    let count;
    try {
      count = await service.store.countRate(key, windowStart, windowMs);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'HAWSER_SESSIONS_STORE_UNAVAILABLE') throw error;
      count = memory.count(key, windowStart);
      share = Math.max(1, Math.floor(limit / service.settings.replicas));
    }
    const { used, retryMs } = slide(count, nowMs - windowStart, share);
    if (used > share) {
      const whose = key.startsWith('create:key') ? 'This key' : 'This address';
      throw new Problem('rate_limited', `${whose} may create ${limit} sessions a minute.`, {
        retryAfter: retryMs / 1000,
        details: { limit, window_seconds: windowMs / 1000 },
        headers: rateHeaders(limit, 0, retryMs),
      });
    }
    fullest = Math.max(fullest, used);
  }
  return rateHeaders(limit, Math.max(0, Math.floor(limit - fullest)), windowMs - (nowMs - windowStart));
}

/** This window's count and the part of the last one that still lies within a minute. */
function slide(
  { current, previous }: { readonly current: number; readonly previous: number },
  elapsedMs: number,
  limit: number,
): { readonly used: number; readonly retryMs: number } {
  const used = current + previous * (1 - elapsedMs / windowMs);
  // The next window counts this one down; before that, the last one counts itself down.
  const inThisWindow =
    previous > 0 ? (1 - (limit - current) / previous) * windowMs - elapsedMs : Number.POSITIVE_INFINITY;
  const untilNext = windowMs - elapsedMs;
  return { used, retryMs: current < limit && inThisWindow < untilNext ? Math.max(1000, inThisWindow) : untilNext };
}

/** Header fields of draft-ietf-httpapi-ratelimit-headers-10. */
function rateHeaders(limit: number, remaining: number, resetMs: number): Readonly<Record<string, string>> {
  const seconds = Math.max(1, Math.ceil(resetMs / 1000));
  return {
    'ratelimit-policy': `"create";q=${limit};w=${windowMs / 1000}`,
    ratelimit: `"create";r=${remaining};t=${seconds}`,
  };
}

/** Counts in this process: what is left when the database is away, and how often an address has shown wrong keys. */
export class MemoryRates {
  #windowStart = 0;
  #current = new Map<string, number>();
  #previous = new Map<string, number>();

  count(key: string, windowStart: number): { readonly current: number; readonly previous: number } {
    if (windowStart !== this.#windowStart || this.#current.size >= mostBuckets) {
      this.#previous = windowStart - this.#windowStart === windowMs ? this.#current : new Map();
      this.#current = new Map();
      this.#windowStart = windowStart;
    }
    const current = (this.#current.get(key) ?? 0) + 1;
    this.#current.set(key, current);
    return { current, previous: this.#previous.get(key) ?? 0 };
  }

  /** How much was counted in this window, adding nothing. */
  peek(key: string, windowStart: number): number {
    return windowStart === this.#windowStart ? (this.#current.get(key) ?? 0) : 0;
  }
}

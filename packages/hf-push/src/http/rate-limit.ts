import type { AnswerHeaders } from './answer.js';

/** What a 429 allows: `windowMs` until the window is over, or `retryAfterMs` as Retry-After has it. */
export interface RateLimit {
  /** Requests left in the window. */
  readonly remaining: number;
  /** Until the window is over, in milliseconds. */
  readonly resetMs: number;
}

/**
 * Reads `RateLimit: "api";r=0;t=55`; undefined when there is none or it says something else.
 *
 * @see IETF draft-ietf-httpapi-ratelimit-headers-09 §4.
 */
export function parseRateLimit(header: string | null): RateLimit | undefined {
  if (!header) return undefined;
  const remaining = /;\s*r=(\d+)/.exec(header)?.[1];
  const seconds = /;\s*t=(\d+)/.exec(header)?.[1];
  if (remaining === undefined || seconds === undefined) return undefined;
  return { remaining: Number(remaining), resetMs: Number(seconds) * 1000 };
}

/** Milliseconds that a Retry-After header asks for, in either of its forms; undefined when there is none. */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (!header) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/**
 * How long to wait before the next try, in milliseconds: until the window is over and a second more when none are left,
 * else what Retry-After says, else 1, 2, 4 and 8 seconds.
 */
export function retryDelayMs(headers: AnswerHeaders | undefined, attempt: number, nowMs: number): number {
  const limit = parseRateLimit(headers?.get('ratelimit') ?? null);
  if (limit?.remaining === 0) return limit.resetMs + 1000;
  return parseRetryAfter(headers?.get('retry-after') ?? null, nowMs) ?? Math.min(8000, 1000 * 2 ** (attempt - 1));
}

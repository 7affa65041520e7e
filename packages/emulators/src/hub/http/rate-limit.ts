/** A window a caller's requests are counted in. */
export interface RateLimit {
  /** Counts a request. `allowed` is false for the ones too many. */
  take(caller: string): { readonly allowed: boolean; readonly headers: Readonly<Record<string, string>> };
}

/**
 * Makes a limit per caller in fixed windows, told as the Hub does (IETF draft "RateLimit header fields for HTTP" 9):
 * what is left, and how many seconds until the window ends.
 */
export function createRateLimit(
  limit: { readonly requests: number; readonly windowSeconds: number },
  nowMs: () => number,
): RateLimit {
  const windows = new Map<string, { endsMs: number; used: number }>();
  return {
    take: (caller) => {
      const now = nowMs();
      let window = windows.get(caller);
      if (!window || window.endsMs <= now) {
        window = { endsMs: now + limit.windowSeconds * 1000, used: 0 };
        windows.set(caller, window);
      }
      window.used += 1;
      const seconds = Math.ceil((window.endsMs - now) / 1000);
      return {
        allowed: window.used <= limit.requests,
        headers: {
          RateLimit: `"api";r=${Math.max(0, limit.requests - window.used)};t=${seconds}`,
          'RateLimit-Policy': `"fixed window";"api";q=${limit.requests};w=${limit.windowSeconds}`,
        },
      };
    },
  };
}

import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request may have come from a page: from one of ours, or from no page at all (programs send no `Origin`).
 * A browser sends its cookies with a WebSocket whichever page opens it, so only this keeps others' pages out.
 */
export function isOwnOrigin(headers: IncomingHttpHeaders, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (origins.includes(origin)) return true;
  try {
    const page = new URL(origin);
    // Written as the browser writes it: lower case, and without the port that goes without saying.
    return page.host === new URL(`${page.protocol}//${host ?? ''}`).host;
  } catch {
    return false;
  }
}

/** Whether a request was made by a browser: it says so in ways no script can take away. */
export function isBrowser(headers: IncomingHttpHeaders): boolean {
  return headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
}

import { ContextsError } from '../errors.js';
import { checkPrefectUrl, shownUrl } from '../prefect/url.js';

/**
 * Checks the base URL of a Prefect API.
 *
 * @throws ContextsError HAWSER_ENV_BAD_INPUT that says what would be right
 */
export function prefectUrl(text: string, from: string): string {
  try {
    return checkPrefectUrl(text);
  } catch (error) {
    if (!(error instanceof ContextsError)) throw error;
    throw badInput(`PREFECT_API_URL (${from}): ${error.message}`, error.hint);
  }
}

/**
 * Checks the base URL of an OpenLineage server: an origin, to which clients append `/api/v1/lineage`.
 *
 * The Python client joins by `urljoin`, so that a base of `…/api/v1` would make `/api/api/v1/lineage`
 * (openlineage-python, transport/http.py).
 *
 * @throws ContextsError HAWSER_ENV_BAD_INPUT that says what would be right
 */
export function openLineageUrl(text: string, from: string): string {
  const what = `OPENLINEAGE_URL (${from})`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw badInput(
      `${what}: '${shownUrl(text)}' is no address of an HTTP server.`,
      'It looks like http://127.0.0.1:5000.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw badInput(
      `${what}: the address at ${url.host} holds a login.`,
      'Take it out, and set OPENLINEAGE_API_KEY instead.',
    );
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    // As `urljoin` does: the last segment of a path without a slash at its end is replaced.
    const joined = new URL('api/v1/lineage', url).pathname;
    throw badInput(
      `${what}: '${text}' is more than an origin: clients append api/v1/lineage, and would post to ${joined}.`,
      `Say ${url.origin}.`,
    );
  }
  return url.origin;
}

/** Whether a value is an address with a login in it, which is a secret. */
export function holdsLogin(value: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*@/i.test(value);
}

/** The loopback port an address leads to, if it is one. */
export function loopbackPort(value: string): number | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || url.port === '') return undefined;
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname) ? Number(url.port) : undefined;
}

/** An error about what was asked for. */
export function badInput(message: string, hint: string): ContextsError {
  return new ContextsError('HAWSER_ENV_BAD_INPUT', message, { hint });
}

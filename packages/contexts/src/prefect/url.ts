import { ContextsError } from '../errors.js';

/** A server's base path, or a workspace of Prefect Cloud. */
const API_PATH = /(?:^|\/)api(?:\/accounts\/[^/]+\/workspaces\/[^/]+)?$/;

/**
 * Checks the address of a Prefect API, and gives it in the one spelling that we write: without a slash at its end.
 *
 * Prefect appends its routes to the address as it is. Without `/api` each of them is answered by the server's web page:
 * 404, with HTML.
 *
 * @throws ContextsError HAWSER_CTX_BAD_INPUT, saying what is wrong and what would be right
 */
export function checkPrefectUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw refused(`'${shownUrl(text)}' is no address of a Prefect API`, 'It looks like http://127.0.0.1:4200/api.');
  }
  if (url.username !== '' || url.password !== '') {
    throw refused(
      `The address of Prefect at ${url.host} holds a login, which would be stored and shown with it`,
      'Take it out, and set PREFECT_API_AUTH_STRING instead.',
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw refused(
      `'${text}' ends in ${url.search}${url.hash}, but Prefect appends its routes to the address`,
      `Say ${url.origin}${url.pathname}.`,
    );
  }
  const path = url.pathname.replace(/\/+$/, '');
  if (!API_PATH.test(path)) {
    throw refused(
      `'${text}' does not end in /api: Prefect's web page lies there, and answers every call with 404 and HTML`,
      `Say ${url.origin}${path}/api.`,
    );
  }
  return `${url.origin}${path}`;
}

/** An address as it may be shown: without a login. */
export function shownUrl(text: string): string {
  return text.replace(/(?<=:\/\/)[^/?#]*@/, '');
}

function refused(message: string, hint: string): ContextsError {
  return new ContextsError('HAWSER_CTX_BAD_INPUT', `${message}.`, { hint });
}

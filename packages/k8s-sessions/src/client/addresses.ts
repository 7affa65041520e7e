import { SessionsError } from '../errors.js';

/**
 * An address below a service's own, whatever path that has.
 *
 * @throws SessionsError `HAWSER_SESSIONS_BAD_INPUT` when `service` is no http or https address
 */
export function addressBelow(service: string, path: string): URL {
  const url = URL.canParse(service) ? new URL(service) : undefined;
  if (!url || !/^https?:$/u.test(url.protocol) || url.username || url.password) {
    throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', `${hideLogin(service)} is no address of a sessions service.`, {
      hint: 'Give a URL that begins with http:// or https:// and holds no login.',
    });
  }
  url.pathname = `${url.pathname.replace(/\/+$/u, '')}${path}`;
  url.search = '';
  url.hash = '';
  return url;
}

function hideLogin(text: string): string {
  return text.replace(/\/\/[^/@]*@/u, '//');
}

/** A link to a terminal taken apart: `{service}/ws/{id}`, with the ticket in its fragment or query. */
export interface TerminalLink {
  readonly url: string;
  readonly session: string;
  readonly ticket: string | undefined;
}

/**
 * Takes a link apart, as somebody pasted it.
 *
 * @throws SessionsError `HAWSER_SESSIONS_BAD_INPUT` when it leads to no terminal
 */
export function parseTerminalLink(link: string): TerminalLink {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  const [, prefix = '', session] = /^(.*)\/ws\/([\w-]+)\/?$/u.exec(url?.pathname ?? '') ?? [];
  if (!url || session === undefined) {
    throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', 'This is no link to a terminal.', {
      hint: 'A link looks like https://sessions.example.com/ws/<id>#t=<ticket>.',
    });
  }
  const ticket = new URLSearchParams(url.hash.slice(1)).get('t') ?? url.searchParams.get('token') ?? undefined;
  return { url: addressBelow(url.origin, prefix).href, session, ticket };
}

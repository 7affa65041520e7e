import { lookup as dnsLookup } from 'node:dns/promises';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { SessionsError } from '../errors.js';
import type { SourceRules } from '../runner/control-types.js';
import { isPublicAddress } from './addresses.js';
import { checkAddress, credentialFor, hostOf, rejected } from './source-url.js';

/** An address as a resolver gives it. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Turns a name into addresses. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

const maxRedirects = 5;

/** What {@link httpGet} needs to know. */
export interface GetOptions {
  readonly rules: SourceRules;
  readonly resolve: Resolve;
  readonly signal: AbortSignal;
}

/** An answer, and where it came from in the end. */
export interface Got {
  readonly url: URL;
  readonly addresses: readonly ResolvedAddress[];
  readonly body: IncomingMessage;
}

/** The system's own resolver. */
export async function systemResolve(host: string): Promise<readonly ResolvedAddress[]> {
  const found = await dnsLookup(host, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
}

/**
 * Gets an address over HTTP. Every hop is judged anew by the rules, its name is resolved once, every address of it must be
 * public, and the connection is made to those addresses and no others: what the name says a moment later changes nothing.
 *
 * @throws SessionsError HAWSER_SESSIONS_SOURCE_REJECTED by the rules, HAWSER_SESSIONS_SOURCE_FAILED when nobody answers or
 * the answer is not 200.
 */
export async function httpGet(start: URL, options: GetOptions): Promise<Got> {
  let url = start;
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const addresses = await pinned(url, options);
    const body = await once(url, addresses, options);
    const { statusCode = 0, headers } = body;
    if (statusCode === 200) return { url, addresses, body };
    body.destroy();
    if (statusCode < 300 || statusCode >= 400 || headers.location === undefined) {
      throw failed(`${hostOf(url)} answered ${statusCode} to the request for the source`, {
        ...(statusCode === 404 && { hint: 'Check that the address is right, and that it is open to everybody.' }),
      });
    }
    if (!URL.canParse(headers.location, url.href)) throw failed(`${hostOf(url)} sends on to an address that is none`);
    url = new URL(headers.location, url);
  }
  throw failed(`${hostOf(start)} sends on and on`);
}

/** Addresses of a URL's host, all of them allowed. */
export async function pinned(url: URL, { rules, resolve }: GetOptions): Promise<readonly ResolvedAddress[]> {
  checkAddress(url, rules);
  const host = hostOf(url);
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family: family === 6 ? 6 : 4 }];
  let addresses: readonly ResolvedAddress[];
  try {
    addresses = await resolve(host);
  } catch (cause) {
    throw failed(`No address is known for ${host}`, { cause });
  }
  if (addresses.length === 0) throw failed(`No address is known for ${host}`);
  const inside = addresses.find(({ address }) => !isPublicAddress(address));
  if (inside && !rules.allowPrivate) throw rejected(`${host} leads to ${inside.address}, which is not public`);
  return addresses;
}

async function once(
  url: URL,
  addresses: readonly ResolvedAddress[],
  { rules, signal }: GetOptions,
): Promise<IncomingMessage> {
  const credential = credentialFor(url, rules.credentials);
  const first = addresses[0] as ResolvedAddress;
  const options: RequestOptions = {
    agent: false,
    signal,
    headers: {
      'user-agent': 'hawser',
      accept: '*/*',
      ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
    },
    lookup: (_host, asked, callback) => {
      if (asked.all) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    },
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, resolve);
    request.on('error', (cause) => reject(failed(`${hostOf(url)} cannot be reached: ${cause.message}`, { cause })));
    request.end();
  });
}

/** The error of everything that did not work out on the way. */
export function failed(
  message: string,
  options: { readonly hint?: string; readonly cause?: unknown } = {},
): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_SOURCE_FAILED', `${message}.`, options);
}

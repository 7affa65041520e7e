import type { Clock } from '../http/clock.js';

/** The public client of the official tools, which the Hub knows; `HF_DEVICE_CODE_OAUTH_CLIENT_ID` names another. */
export const DEVICE_CLIENT_ID = '26be6b09-91c5-47da-9861-d2d2bb7a7e36';

/** For one request. */
export const TIMEOUT_MS: number = 30_000;

/** How to ask for tokens. */
export interface OAuthOptions {
  /** Default: `HF_ENDPOINT` of `env`, else https://huggingface.co. */
  readonly endpoint?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default: that of Node. */
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

/** An answer of the device or token endpoint: a code, a token, or why there is none. */
export interface TokenAnswer {
  readonly status: number;
  /** @see RFC 8628 §3.2. */
  readonly device_code?: string;
  readonly user_code?: string;
  readonly verification_uri?: string;
  readonly verification_uri_complete?: string;
  /** In seconds. */
  readonly interval?: number;
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
  /** @see RFC 6749 §5.2, RFC 8628 §3.5. */
  readonly error?: string;
  readonly error_description?: string;
}

/** One request, without tries; undefined for an answer that says nothing: a broken connection, a 5xx, no JSON. */
export async function askForToken(
  url: string,
  body: URLSearchParams | string,
  { fetch: ask = globalThis.fetch, signal }: OAuthOptions,
): Promise<TokenAnswer | undefined> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await ask(url, {
      method: 'POST',
      body,
      headers: {
        accept: 'application/json',
        ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
      },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const answer: unknown = await response.json();
    if (response.status >= 500 || typeof answer !== 'object' || answer === null) return undefined;
    return { ...answer, status: response.status };
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** Whether the Hub gave a token. */
export function hasToken(answer: TokenAnswer | undefined): answer is TokenAnswer & { access_token: string } {
  return typeof answer?.access_token === 'string' && answer.access_token !== '';
}

/** What the Hub said in place of a token. */
export function whyNoToken(answer: TokenAnswer | undefined): string {
  if (!answer) return 'the Hub cannot be reached, or does not answer as a Hub';
  return answer.error_description ?? answer.error ?? `status ${answer.status}`;
}

export function clientIdOf(env: OAuthOptions['env']): string {
  return env['HF_DEVICE_CODE_OAUTH_CLIENT_ID'] || DEVICE_CLIENT_ID;
}

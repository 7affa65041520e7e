import { HfPushError } from '../errors.js';
import { endpointOf } from '../hub/endpoint.js';
import { askForToken, hasToken, TIMEOUT_MS, whyNoToken, type OAuthOptions } from './oauth.js';

const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ID_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:id_token';

/**
 * Exchanges the identity of a CI job for a token that may write to one Space for an hour: `HF_OIDC_ID_TOKEN`, or one
 * that GitHub Actions mints.
 *
 * @throws HfPushError HAWSER_HF_LOGIN_FAILED: who asked for this way wants no other.
 * @see RFC 8693 §2.1; the Hub's trusted publishers.
 */
export async function exchangeCiToken(resource: string, options: OAuthOptions): Promise<string> {
  const endpoint = endpointOf(options);
  const subject = options.env['HF_OIDC_ID_TOKEN'] || (await mintGithubToken(endpoint, options));
  const answer = await askForToken(
    `${endpoint}/oauth/token`,
    JSON.stringify({
      grant_type: EXCHANGE_GRANT,
      subject_token_type: ID_TOKEN_TYPE,
      subject_token: subject,
      resource,
    }),
    options,
  );
  if (hasToken(answer)) return answer.access_token;
  throw failed(`the Hub gives no token for ${resource}: ${whyNoToken(answer).replaceAll(subject, '[redacted]')}`);
}

async function mintGithubToken(audience: string, { env, fetch: ask = fetch, signal }: OAuthOptions): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env;
  if (env['GITHUB_ACTIONS'] !== 'true')
    throw failed('HF_OIDC_RESOURCE is set, but there is no id token: set HF_OIDC_ID_TOKEN, or unset HF_OIDC_RESOURCE');
  if (!url || !token) throw failed('GitHub gives this job no id token: it needs `permissions: id-token: write`');
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const wanted = new URL(url);
    wanted.searchParams.set('audience', audience);
    const response = await ask(wanted, {
      headers: { authorization: `Bearer ${token}` },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const { value } = (await response.json()) as { value?: unknown };
    if (response.ok && typeof value === 'string') return value;
    throw new Error(`status ${response.status}`);
  } catch (cause) {
    signal?.throwIfAborted();
    throw failed(`GitHub gives no id token: ${(cause as Error).message}`, cause);
  }
}

function failed(why: string, cause?: unknown): HfPushError {
  return new HfPushError('HAWSER_HF_LOGIN_FAILED', `Failed to retrieve token after login: ${why}`, { cause });
}

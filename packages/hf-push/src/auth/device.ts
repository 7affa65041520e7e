import { HfPushError } from '../errors.js';
import { systemClock } from '../http/clock.js';
import { endpointOf } from '../hub/endpoint.js';
import { askForToken, clientIdOf, hasToken, whyNoToken, type OAuthOptions, type TokenAnswer } from './oauth.js';
import type { NewToken } from './token-store.js';

/** What the person is to do. */
export interface DeviceCode {
  /** To be typed at `url`. */
  readonly userCode: string;
  readonly url: string;
  /** The page with the code filled in already. */
  readonly completeUrl: string;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
}

/** How to log in. */
export interface DeviceLoginOptions extends OAuthOptions {
  /** Shows the code; the login goes on at once. */
  readonly onCode: (code: DeviceCode) => void;
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const PHRASE = 'Failed to retrieve token after login';

/**
 * Logs in through a browser anywhere: shows a code, and asks until the person has typed it. The token is not kept; give
 * it to {@link saveToken}.
 *
 * @throws HfPushError HAWSER_HF_LOGIN_FAILED when the person says no, the code runs out, or the Hub refuses.
 * @see RFC 8628 §3.
 */
export async function loginByDevice(options: DeviceLoginOptions): Promise<NewToken> {
  const { env, clock = systemClock, signal } = options;
  const endpoint = endpointOf(options);
  const client = { client_id: clientIdOf(env) };
  const begun = await askForToken(`${endpoint}/oauth/device`, new URLSearchParams(client), options);
  const { device_code: deviceCode, user_code: userCode, verification_uri: url } = begun ?? {};
  if (typeof deviceCode !== 'string' || typeof userCode !== 'string' || typeof url !== 'string')
    throw failed(whyNoToken(begun));
  const startedMs = clock.now();
  const expiresAtMs = startedMs + 1000 * numberOr(begun?.expires_in, 900);
  const complete = begun?.verification_uri_complete;
  options.onCode({ userCode, url, completeUrl: typeof complete === 'string' ? complete : url, expiresAtMs });
  let intervalMs = 1000 * numberOr(begun?.interval, 5);
  const form = new URLSearchParams({ ...client, grant_type: DEVICE_GRANT, device_code: deviceCode });
  while (clock.now() + intervalMs < expiresAtMs) {
    await clock.sleep(intervalMs, signal);
    const answer = await askForToken(`${endpoint}/oauth/token`, form, options);
    if (hasToken(answer)) return tokenOf(answer, clock.now());
    switch (answer?.error) {
      // No answer, or none of OAuth's: the way is bad, not the login.
      case undefined:
      case 'authorization_pending':
        break;
      case 'slow_down':
        intervalMs += 5000;
        break;
      case 'expired_token':
        throw failed('the code was not used in time');
      case 'access_denied':
        throw failed('the login was denied in the browser');
      default:
        throw failed(whyNoToken(answer));
    }
  }
  throw failed('the code was not used in time');
}

/** The token of an answer, as it is kept. */
export function tokenOf(
  { access_token: token, refresh_token: refreshToken, expires_in: seconds }: TokenAnswer & { access_token: string },
  nowMs: number,
): NewToken {
  return {
    token,
    ...(typeof refreshToken === 'string' && refreshToken !== '' ? { refreshToken } : {}),
    ...(typeof seconds === 'number' ? { expiresAt: Math.floor(nowMs / 1000 + seconds) } : {}),
  };
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && value > 0 ? value : otherwise;
}

function failed(why: string): HfPushError {
  return new HfPushError('HAWSER_HF_LOGIN_FAILED', `${PHRASE}: ${why}`);
}

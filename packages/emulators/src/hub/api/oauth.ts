import { json, type Answer } from '../http/answer.js';
import { isRecord, type Call } from '../http/call.js';
import type { Route } from '../http/serve.js';
import type { Hub } from '../state/hub.js';
import type { Tokens } from '../state/tokens.js';

/** How fast devices may ask, and for how long. */
export interface DeviceTimes {
  readonly intervalSeconds: number;
  readonly expiresInSeconds: number;
}

type Fields = Readonly<Record<string, string>>;

const grants = {
  device: 'urn:ietf:params:oauth:grant-type:device_code',
  refresh: 'refresh_token',
  exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
} as const;
const idTokenType = 'urn:ietf:params:oauth:token-type:id_token';
const hour = 3600;

/** Device login (RFC 8628), refreshing, and trusted publishers (RFC 8693). */
export function oauthRoutes(hub: Hub, tokens: Tokens, times: DeviceTimes): readonly Route[] {
  return [
    {
      method: 'POST',
      path: /^\/oauth\/device$/u,
      answer: async (call) => device(hub, tokens, times, await fieldsOf(call)),
    },
    {
      method: 'POST',
      path: /^\/oauth\/token$/u,
      answer: async (call) => token(hub, tokens, times, await fieldsOf(call)),
    },
    { method: 'GET', path: /^\/device$/u, answer: (call) => page(tokens, call.query.get('user_code') ?? '') },
    {
      method: 'POST',
      path: /^\/device$/u,
      answer: async (call) => {
        const { user_code: code = '', answer = 'approve' } = await fieldsOf(call);
        const isKnown = answer === 'approve' ? approve(hub, tokens, code) : deny(tokens, code);
        return html(isKnown ? 200 : 404, isKnown ? 'Done. You may close this page.' : 'There is no such code.');
      },
    },
  ];
}

/** What a person's yes does. False for a code nobody waits with. */
export function approve(hub: Hub, tokens: Tokens, userCode: string, name?: string): boolean {
  const login = tokens.deviceByUserCode(userCode);
  const account = name === undefined ? hub.accounts[0] : hub.accounts.find((one) => one.name === name);
  if (!login || !account) return false;
  login.state = { account };
  return true;
}

/** What a person's no does. */
export function deny(tokens: Tokens, userCode: string): boolean {
  const login = tokens.deviceByUserCode(userCode);
  if (login) login.state = 'denied';
  return login !== undefined;
}

function device(hub: Hub, tokens: Tokens, { intervalSeconds, expiresInSeconds }: DeviceTimes, fields: Fields): Answer {
  const clientId = fields['client_id'];
  if (clientId === undefined || clientId === '') return wrong('invalid_client', 'client_id is missing.');
  const login = tokens.startDevice(clientId, hub.nowMs() + expiresInSeconds * 1000);
  return json({
    device_code: login.deviceCode,
    user_code: login.userCode,
    verification_uri: hub.url('/device'),
    verification_uri_complete: hub.url(`/device?user_code=${login.userCode}`),
    interval: intervalSeconds,
    expires_in: expiresInSeconds,
  });
}

function token(hub: Hub, tokens: Tokens, times: DeviceTimes, fields: Fields): Answer {
  switch (fields['grant_type']) {
    case grants.device:
      return poll(hub, tokens, times, fields);
    case grants.refresh: {
      const account = tokens.redeemRefresh(fields['refresh_token'] ?? '');
      return account ? granted(tokens, account) : wrong('invalid_grant', 'The refresh token is not known.');
    }
    case grants.exchange:
      return exchange(hub, tokens, fields);
    default:
      return wrong('unsupported_grant_type', `There is ${Object.values(grants).join(', ')}.`);
  }
}

function poll(hub: Hub, tokens: Tokens, { intervalSeconds }: DeviceTimes, fields: Fields): Answer {
  const login = tokens.device(fields['device_code'] ?? '');
  if (!login || login.clientId !== fields['client_id']) return wrong('invalid_grant', 'The device code is not known.');
  const now = hub.nowMs();
  const isEarly = now < login.polledMs + intervalSeconds * 1000;
  login.polledMs = now;
  if (now >= login.expiresMs) return wrong('expired_token', 'The code was not used in time.');
  if (login.state === 'denied') return wrong('access_denied', 'The person said no.');
  if (isEarly) return wrong('slow_down', `Ask every ${intervalSeconds} seconds.`);
  if (login.state === 'pending') return wrong('authorization_pending', 'The person has not answered yet.');
  tokens.forgetDevice(login);
  return granted(tokens, login.state.account);
}

function granted(tokens: Tokens, account: Parameters<Tokens['issueRefresh']>[0]): Answer {
  return json({
    access_token: tokens.issue({ account }, 'hf_oauth_'),
    token_type: 'bearer',
    expires_in: 8 * hour,
    refresh_token: tokens.issueRefresh(account),
    scope: 'openid profile read-repos write-repos manage-repos',
  });
}

/** Whoever runs a job for a Space gets a token for that Space. The job's own token is read, its signature is not. */
function exchange(hub: Hub, tokens: Tokens, fields: Fields): Answer {
  if (fields['subject_token_type'] !== idTokenType)
    return wrong('invalid_request', `subject_token_type must be ${idTokenType}.`);
  const { aud: audience, exp } = claimsOf(fields['subject_token'] ?? '');
  if (![audience].flat().includes(hub.url(''))) return wrong('invalid_grant', `The audience must be ${hub.url('')}.`);
  if (typeof exp === 'number' && exp * 1000 <= hub.nowMs()) return wrong('invalid_grant', 'The id token has expired.');
  const [, owner = '', name = ''] = /^spaces\/([^/]+)\/([^/]+)$/u.exec(fields['resource'] ?? '') ?? [];
  const account = hub.accounts.find((one) => one.name === owner || one.orgs?.[owner] !== undefined);
  if (!account || name === '')
    return wrong('invalid_target', `There is no trusted publisher for ${fields['resource']}.`);
  return json({
    access_token: tokens.issue({ account, only: `${owner}/${name}` }, 'hf_jwt_'),
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'bearer',
    expires_in: hour,
  });
}

function claimsOf(jwt: string): Readonly<Record<string, unknown>> {
  try {
    const claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as unknown;
    return isRecord(claims) ? claims : {};
  } catch {
    return {};
  }
}

/** Forms and JSON are both taken: official clients send either. */
async function fieldsOf(call: Call): Promise<Fields> {
  if (call.headers['content-type']?.startsWith('application/json') === true) {
    const fields = Object.entries(await call.body.json());
    return Object.fromEntries(fields.map(([name, value]) => [name, String(value)]));
  }
  return Object.fromEntries(new URLSearchParams((await call.body.buffer(maxFormBytes)).toString()));
}

const maxFormBytes = 64 << 10;

function wrong(error: string, description: string): Answer {
  return { status: 400, json: { error, error_description: description } };
}

function page(tokens: Tokens, userCode: string): Answer {
  const login = tokens.deviceByUserCode(userCode);
  if (!login) return html(404, 'There is no such code.');
  return html(
    200,
    `<form method="post"><p>Let the device with the code ${login.userCode} in?</p>` +
      `<input type="hidden" name="user_code" value="${login.userCode}">` +
      '<button name="answer" value="approve">Yes</button> <button name="answer" value="deny">No</button></form>',
  );
}

function html(status: number, content: string): Answer {
  return {
    status,
    headers: { 'Content-Type': 'text/html; charset=utf-8' },
    body: `<!doctype html><title>Emulated Hub</title>${content}\n`,
  };
}

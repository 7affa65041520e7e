import { ContextsError } from '../errors.js';
import type { Environment } from '../types.js';

/** Longest wait for one answer, in milliseconds. */
const ANSWER_WITHIN_MS = 10_000;
/** Far more than a secret has. */
const MOST_BYTES = 1 << 20;

/** How Vault is reached, from `HAWSER_VAULT_*`. */
export interface VaultSettings {
  /** `HAWSER_VAULT_ADDR`: an origin, by https unless it is this machine. */
  readonly address: string;
  /** `HAWSER_VAULT_NAMESPACE`. */
  readonly namespace?: string;
  /** `HAWSER_VAULT_AUTH_MOUNT`; default `github`. */
  readonly authMount: string;
  /** `HAWSER_VAULT_ROLE`: with it and without a token, the job's OIDC token is exchanged for one. */
  readonly role?: string;
  /** `HAWSER_VAULT_OIDC_AUDIENCE`; default `hawser`. */
  readonly audience: string;
  /** `HAWSER_VAULT_KV_MOUNT`; default `kv`. */
  readonly kvMount: string;
  /** `HAWSER_VAULT_PREFECT_PATH`; default `hawser/prefect`. */
  readonly path: string;
  /** `HAWSER_VAULT_TOKEN`. */
  readonly token?: string;
  /** `ACTIONS_ID_TOKEN_REQUEST_URL` and `…_TOKEN` of a GitHub Actions job. */
  readonly job?: { readonly url: string; readonly token: string };
}

/**
 * Reads the settings of Vault; undefined when `HAWSER_VAULT_ADDR` is not set.
 *
 * @throws ContextsError HAWSER_ENV_VAULT_FAILED for an address that would send the token over the network unencrypted
 */
export function vaultSettings(env: Environment): VaultSettings | undefined {
  const address = env['HAWSER_VAULT_ADDR'];
  if (!address) return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isHere = url !== undefined && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url === undefined || (url.protocol !== 'https:' && !(isHere && url.protocol === 'http:'))) {
    throw failed('HAWSER_VAULT_ADDR is no https address.', 'It looks like https://vault.example.com:8200.');
  }
  const namespace = env['HAWSER_VAULT_NAMESPACE'];
  const role = env['HAWSER_VAULT_ROLE'];
  const token = env['HAWSER_VAULT_TOKEN'];
  const jobUrl = env['ACTIONS_ID_TOKEN_REQUEST_URL'];
  const jobToken = env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
  return {
    address: url.origin,
    authMount: env['HAWSER_VAULT_AUTH_MOUNT'] || 'github',
    audience: env['HAWSER_VAULT_OIDC_AUDIENCE'] || 'hawser',
    kvMount: env['HAWSER_VAULT_KV_MOUNT'] || 'kv',
    path: env['HAWSER_VAULT_PREFECT_PATH'] || 'hawser/prefect',
    ...(namespace ? { namespace } : {}),
    ...(role ? { role } : {}),
    ...(token ? { token } : {}),
    ...(jobUrl && jobToken ? { job: { url: jobUrl, token: jobToken } } : {}),
  };
}

/** How the secret is read. */
export interface ReadVaultOptions {
  readonly signal?: AbortSignal;
  /** Longest wait for one answer, in milliseconds; default 10,000. */
  readonly answerWithinMs?: number;
}

/**
 * Reads the secret of this project, as variables: `prefect_api_key` is `PREFECT_API_KEY`, every other key in upper case.
 * The token is sent to the address of the settings and nowhere else, redirections included.
 *
 * Vault HTTP API: `POST /v1/auth/<mount>/login` (JWT/OIDC auth method) and `GET /v1/<mount>/data/<path>` (KV version 2).
 *
 * @throws ContextsError HAWSER_ENV_VAULT_FAILED; its words never hold a token or a value
 */
export async function readVault(
  settings: VaultSettings,
  options: ReadVaultOptions = {},
): Promise<ReadonlyMap<string, string>> {
  const token = settings.token ?? (await logIn(settings, options));
  const path = `${settings.kvMount}/data/${settings.path}`;
  const answer = await ask(settings, options, 'Vault', `read ${path}`, `${settings.address}/v1/${encodePath(path)}`, {
    headers: { ...namespaceHeader(settings), 'X-Vault-Token': token },
  });
  const data = valueIn(valueIn(answer, 'data'), 'data');
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw failed(
      `Vault answered for ${path} with something that is no secret of KV version 2.`,
      'Check HAWSER_VAULT_KV_MOUNT: the mount must be of version 2.',
    );
  }
  return new Map(Object.entries(data).map(([key, value]) => [key.toUpperCase(), textOf(key, value)]));
}

async function logIn(settings: VaultSettings, options: ReadVaultOptions): Promise<string> {
  const { role, job, authMount, address, audience } = settings;
  if (role === undefined || job === undefined) {
    throw failed(
      'There is no login to Vault: neither HAWSER_VAULT_TOKEN nor HAWSER_VAULT_ROLE within a GitHub Actions job.',
      'Set HAWSER_VAULT_TOKEN; in a job, set HAWSER_VAULT_ROLE and grant it id-token: write.',
    );
  }
  const url = new URL(job.url);
  url.searchParams.set('audience', audience);
  const issued = await ask(settings, options, 'GitHub', 'ask GitHub for an OIDC token', url.href, {
    headers: { authorization: `bearer ${job.token}` },
  });
  const jwt = valueIn(issued, 'value');
  if (typeof jwt !== 'string') throw failed('GitHub answered without an OIDC token.', 'Grant the job id-token: write.');
  const login = `auth/${authMount}/login`;
  const answer = await ask(settings, options, 'Vault', `log in at ${login}`, `${address}/v1/${encodePath(login)}`, {
    method: 'POST',
    headers: { ...namespaceHeader(settings), 'content-type': 'application/json' },
    body: JSON.stringify({ role, jwt }),
  });
  const token = valueIn(valueIn(answer, 'auth'), 'client_token');
  if (typeof token === 'string' && token !== '') return token;
  throw failed(
    `Vault answered the login at ${login} without a token.`,
    'Check HAWSER_VAULT_AUTH_MOUNT and HAWSER_VAULT_ROLE.',
  );
}

async function ask(
  settings: VaultSettings,
  { signal, answerWithinMs = ANSWER_WITHIN_MS }: ReadVaultOptions,
  whom: 'GitHub' | 'Vault',
  what: string,
  url: string,
  request: RequestInit,
): Promise<unknown> {
  const patience = AbortSignal.timeout(answerWithinMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      ...request,
      redirect: 'error',
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
    });
    text = await readText(response);
  } catch (error) {
    signal?.throwIfAborted();
    const why = patience.aborted ? `no answer within ${answerWithinMs / 1_000} s` : reasonOf(error);
    const hint = whom === 'GitHub' ? 'Check the network of the job.' : 'Check HAWSER_VAULT_ADDR and the network.';
    throw failed(`Cannot ${what}: ${why}.`, hint);
  }
  if (!response.ok)
    throw whom === 'GitHub' ? refusedByGitHub(what, response.status) : refused(settings, what, response.status);
  try {
    return JSON.parse(text);
  } catch {
    throw failed(
      `Cannot ${what}: the answer is no JSON.`,
      whom === 'GitHub' ? 'Try again in a while.' : 'Check HAWSER_VAULT_ADDR: something else may answer there.',
    );
  }
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += (part as Uint8Array).length;
    if (bytes > MOST_BYTES) throw new Error('the answer is too long');
    parts.push(part as Uint8Array);
  }
  return Buffer.concat(parts).toString();
}

function refusedByGitHub(what: string, status: number): ContextsError {
  return failed(`Cannot ${what}: it answered ${status}.`, 'Grant the job id-token: write.');
}

/** Says what a status of Vault means; the body is left out, as it may repeat what was sent. */
function refused(settings: VaultSettings, what: string, status: number): ContextsError {
  const hints: Readonly<Record<number, string>> = {
    400: 'Check HAWSER_VAULT_ROLE and HAWSER_VAULT_OIDC_AUDIENCE.',
    403: `Log in again, or ask for the policy: read on ${settings.kvMount}/data/${settings.path}.`,
    404: 'Check HAWSER_VAULT_KV_MOUNT, HAWSER_VAULT_PREFECT_PATH, HAWSER_VAULT_AUTH_MOUNT and HAWSER_VAULT_NAMESPACE.',
    503: 'Vault is sealed or on standby: have it unsealed, or ask another node.',
  };
  const words: Readonly<Record<number, string>> = {
    403: ' (permission denied)',
    404: ' (nothing there)',
    503: ' (sealed)',
  };
  return failed(
    `Cannot ${what}: Vault answered ${status}${words[status] ?? ''}.`,
    hints[status] ?? 'Check HAWSER_VAULT_ADDR and the login to Vault.',
  );
}

function textOf(key: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw failed(`The key ${key} of the secret in Vault holds no text.`, 'Store one text for each key.');
}

function namespaceHeader({ namespace }: VaultSettings): Readonly<Record<string, string>> {
  return namespace === undefined ? {} : { 'X-Vault-Namespace': namespace };
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function valueIn(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

/** The system's reason of a failed fetch; `fetch failed` says nothing. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const { code, message: inner } = (cause ?? {}) as { readonly code?: string; readonly message?: string };
  return code ?? inner ?? message;
}

function failed(message: string, hint: string): ContextsError {
  return new ContextsError('HAWSER_ENV_VAULT_FAILED', message, { hint });
}

import { createHash, createHmac } from 'node:crypto';

/** A key the verifier knows, as STS would. */
export interface KnownKey {
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Query parameters that aws-iam-authenticator lets through (pkg/token, `parameterWhitelist`). */
const ALLOWED = new Set([
  'action',
  'version',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
]);
const LIFETIME_MS = 15 * 60_000;

/**
 * A cluster's side of the token: the rules of aws-iam-authenticator's `pkg/token` verifier, then the signature as STS
 * would recompute it. Written from the rules, apart from what the library signs with. Returns the access key, or says
 * why not.
 */
export function verifyEksToken(
  token: string,
  options: {
    readonly cluster: string;
    readonly hosts: readonly string[];
    readonly keys: Readonly<Record<string, KnownKey>>;
    readonly nowMs: number;
  },
): { readonly accessKeyId: string } | { readonly refused: string } {
  if (token.length > 4096) return { refused: 'token is too large' };
  if (!token.startsWith('k8s-aws-v1.')) return { refused: 'token is missing its prefix' };
  const encoded = token.slice('k8s-aws-v1.'.length);
  if (!/^[\w-]+$/.test(encoded)) return { refused: 'token is not base64url without padding' };
  const text = Buffer.from(encoded, 'base64url').toString('utf8');
  const url = new URL(text);
  if (url.protocol !== 'https:') return { refused: `unexpected scheme ${url.protocol}` };
  if (!options.hosts.includes(url.host)) return { refused: `unexpected host ${url.host}` };
  if (url.pathname !== '/') return { refused: `unexpected path ${url.pathname}` };
  const parameters = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    const lower = name.toLowerCase();
    if (!ALLOWED.has(lower)) return { refused: `non-whitelisted parameter ${name}` };
    if (parameters.has(lower)) return { refused: `parameter ${name} is there twice` };
    parameters.set(lower, value);
  }
  if (parameters.get('action') !== 'GetCallerIdentity') return { refused: 'unexpected action' };
  if (!parameters.get('x-amz-signedheaders')?.split(';').includes('x-k8s-aws-id')) {
    return { refused: 'the cluster id is not signed' };
  }
  const expires = Number(parameters.get('x-amz-expires'));
  if (!(expires >= 0 && expires <= 900)) return { refused: 'invalid X-Amz-Expires' };
  const date = parameters.get('x-amz-date') ?? '';
  const signedMs = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
  if (!(options.nowMs - signedMs < LIFETIME_MS)) return { refused: 'the token has expired' };
  if (signedMs - options.nowMs > LIFETIME_MS) return { refused: 'the token is of the future' };
  return recompute(text, url.host, options);
}

function recompute(
  text: string,
  host: string,
  { cluster, keys }: { readonly cluster: string; readonly keys: Readonly<Record<string, KnownKey>> },
): { readonly accessKeyId: string } | { readonly refused: string } {
  const pairs = text.slice(text.indexOf('?') + 1).split('&');
  const signature = pairs.find((pair) => pair.startsWith('X-Amz-Signature='))?.split('=')[1];
  const value = (name: string): string =>
    decodeURIComponent(pairs.find((pair) => pair.startsWith(`${name}=`))?.split('=')[1] ?? '');
  const [accessKeyId = '', day = '', region = '', service = '', end = ''] = value('X-Amz-Credential').split('/');
  const key = keys[accessKeyId];
  if (key === undefined) return { refused: 'InvalidClientTokenId' };
  if (value('X-Amz-Security-Token') !== (key.sessionToken ?? '')) return { refused: 'InvalidClientTokenId' };
  const names = value('X-Amz-SignedHeaders');
  const headers: Readonly<Record<string, string>> = { host, 'x-k8s-aws-id': cluster };
  const canonical =
    `GET\n/\n${pairs
      .filter((pair) => !pair.startsWith('X-Amz-Signature='))
      .toSorted()
      .join('&')}\n` +
    `${names
      .split(';')
      .map((name) => `${name}:${headers[name]}\n`)
      .join('')}\n${names}\n` +
    createHash('sha256').digest('hex');
  const toSign = [
    'AWS4-HMAC-SHA256',
    value('X-Amz-Date'),
    `${day}/${region}/${service}/${end}`,
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n');
  let secret: string | Buffer = `AWS4${key.secretAccessKey}`;
  for (const part of [day, region, service, end]) secret = createHmac('sha256', secret).update(part).digest();
  const right = createHmac('sha256', secret).update(toSign).digest('hex');
  return right === signature ? { accessKeyId } : { refused: 'SignatureDoesNotMatch' };
}

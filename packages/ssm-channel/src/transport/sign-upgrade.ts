import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';

/** What a request is signed with. */
export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Query parameters of a presigned URL; one of them is enough to know it. */
const PRESIGNED = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-signedheaders',
  'x-amz-signature',
  'x-amz-security-token',
]);

/** Whether the URL carries its signature itself: such an upgrade must not be signed again. */
export function isPresigned(streamUrl: string): boolean {
  return [...new URL(streamUrl).searchParams.keys()].some((name) => PRESIGNED.has(name.toLowerCase()));
}

/** The region that an AWS host name states (`ssmmessages.<region>.amazonaws.com` and its kin), if it does. */
export function regionOfHost(hostname: string): string | undefined {
  return /(?:^|\.)ssmmessages(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\./.exec(hostname)?.[1];
}

/**
 * The headers that sign a websocket upgrade: SigV4 over `GET`, path, the whole query (a `cell-number` among it), host
 * and an empty body, for the service `ssmmessages`.
 *
 * The official plugin signs so since 1.2.764.0 (session-manager-plugin `src/websocketutil`). The caller needs the
 * permission `ssmmessages:OpenDataChannel`.
 */
export async function signUpgrade(options: {
  readonly streamUrl: string;
  readonly region: string;
  readonly credentials: SigningCredentials;
  readonly date: Date;
}): Promise<Readonly<Record<string, string>>> {
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const { streamUrl, region, credentials, date } = options;
  const url = new URL(streamUrl);
  const signer = new SignatureV4({ credentials, region, service: 'ssmmessages', sha256: Sha256, applyChecksum: false });
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(url.searchParams.keys())) query[name] = url.searchParams.getAll(name);
  const { headers } = await signer.sign(
    {
      method: 'GET',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query,
      headers: { host: url.host },
    },
    { signingDate: date },
  );
  const { host: _sentAnyway, ...added } = headers;
  return added;
}

type SourceData = string | ArrayBuffer | ArrayBufferView;

/** The hash that the signer asks for, from Node's own. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: SourceData) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: SourceData): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function bytesOf(data: SourceData): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

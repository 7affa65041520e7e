import { ContextsError } from '../errors.js';
import { assumeRole } from './assume-role.js';
import type { AwsCredentials } from './aws-credentials.js';
import { checkClusterName, checkRegion } from './names.js';
import { presignIdentity } from './presign.js';
import { stsHost } from './sts-host.js';

/** What {@link eksToken} makes a token of. */
export interface EksTokenOptions {
  /** Name of the cluster; its id for a local cluster on Outposts. */
  readonly cluster: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** Default: the clock. */
  readonly nowMs?: number;
  /** Host that the cluster asks who we are. Default: the region's own, in its partition. */
  readonly stsHost?: string;
  /** Assume this role first, and be it. The only case in which anything is sent. */
  readonly roleArn?: string;
  /** Where AssumeRole is sent. Default: the host above. */
  readonly stsEndpoint?: string;
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
}

/** A bearer token for one cluster. */
export interface EksToken {
  readonly token: string;
  /** RFC 3339, whole seconds: 14 minutes from now, or when the credentials end if that is sooner. */
  readonly expiresAt: string;
}

/** The cluster takes a token for 15 minutes from its signing; one is left for the way there and for clocks. */
const LIFETIME_MS = 14 * 60_000;
/** aws-iam-authenticator pkg/token refuses anything longer. */
const MAX_TOKEN_BYTES = 4096;
const SESSION_NAME = 'EKSGetTokenAuth';

/**
 * Makes the token that an EKS cluster takes for an identity: the presigned request of {@link presignIdentity}. Sends
 * nothing unless a role is to be assumed.
 *
 * @throws ContextsError `HAWSER_AWS_BAD_INPUT` for a name that cannot be a cluster's or a region's,
 * `HAWSER_AWS_CREDENTIALS_EXPIRED` when the credentials have ended, `HAWSER_AWS_TOKEN_TOO_LONG` over 4,096 bytes, and
 * what AssumeRole raises.
 */
export async function eksToken(options: EksTokenOptions): Promise<EksToken> {
  const { cluster, region, nowMs = Date.now(), roleArn } = options;
  checkClusterName(cluster);
  checkRegion(region);
  const host = options.stsHost ?? stsHost(region);
  const credentials =
    roleArn === undefined
      ? options.credentials
      : await assumeRole({
          roleArn,
          sessionName: SESSION_NAME,
          region,
          credentials: options.credentials,
          nowMs,
          endpoint: options.stsEndpoint ?? `https://${host}`,
          fetch: options.fetch,
          signal: options.signal,
        });
  const endsMs = credentials.expiration?.getTime() ?? Infinity;
  if (endsMs <= nowMs) {
    throw new ContextsError('HAWSER_AWS_CREDENTIALS_EXPIRED', 'The AWS credentials have expired', {
      details: { expiration: new Date(endsMs).toISOString() },
    });
  }
  const url = presignIdentity({ host, region, cluster, keys: credentials, nowMs });
  const token = `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`;
  if (token.length > MAX_TOKEN_BYTES) {
    throw new ContextsError(
      'HAWSER_AWS_TOKEN_TOO_LONG',
      `The token for the cluster ${cluster} is ${token.length} bytes, and a cluster takes ${MAX_TOKEN_BYTES} at most`,
      { details: { bytes: token.length, limitBytes: MAX_TOKEN_BYTES } },
    );
  }
  return { token, expiresAt: wholeSeconds(Math.min(nowMs + LIFETIME_MS, endsMs)) };
}

function wholeSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

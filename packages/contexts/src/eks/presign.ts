import { presignedQuery, type SigningKeys } from './sigv4.js';

/** What a presigned identity request is made of. */
export interface PresignInput {
  readonly host: string;
  readonly region: string;
  /** Name of the cluster; its id for a local cluster on Outposts. */
  readonly cluster: string;
  readonly keys: SigningKeys;
  readonly nowMs: number;
}

/** Seconds. STS looks at it, the cluster does not; the AWS CLI writes the same. */
const EXPIRES_SECONDS = 60;

/**
 * The URL that proves an identity to one cluster: a GetCallerIdentity that only the holder of the keys can have signed,
 * with the cluster's name among the signed headers so that no other cluster can use it.
 *
 * @see aws-iam-authenticator, README "API Authorization from Outside a Cluster".
 */
export function presignIdentity({ host, region, cluster, keys, nowMs }: PresignInput): string {
  const query = presignedQuery(
    {
      method: 'GET',
      host,
      query: [
        ['Action', 'GetCallerIdentity'],
        ['Version', '2011-06-15'],
      ],
      headers: { 'x-k8s-aws-id': cluster },
      body: '',
      region,
      service: 'sts',
      keys,
      nowMs,
    },
    EXPIRES_SECONDS,
  );
  return `https://${host}/?${query}`;
}

import { findRegion } from '../aws/region.js';
import { ContextsError } from '../errors.js';
import { readAwsFiles } from '../eks/aws-files.js';
import { describeCluster, type EksCluster } from '../eks/describe.js';
import { checkClusterName, checkRegion } from '../eks/names.js';
import { sdkCredentials } from '../eks/sdk-credentials.js';
import type { Environment } from '../types.js';

/** Longest wait for EKS, in milliseconds. */
const TIMEOUT_MS = 15_000;

/**
 * Asks EKS for the cluster a kubeconfig is to lead to, with the credentials and in the region the AWS CLI would use.
 *
 * @throws ContextsError HAWSER_AWS_BAD_INPUT, HAWSER_AWS_REGION_MISSING, HAWSER_AWS_CREDENTIALS_MISSING,
 *   HAWSER_AWS_CLUSTER_NOT_FOUND and what every call to AWS may raise
 */
export async function findCluster(options: {
  readonly cluster: string;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly endpointUrl?: string | undefined;
  readonly env: Environment;
  readonly home: string;
  /** Carries the calls to AWS, past a proxy for example; the SDK's own when missing. */
  readonly requestHandler?: object | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<EksCluster> {
  const { cluster, region, profile, endpointUrl, env, home, requestHandler, signal } = options;
  checkClusterName(cluster);
  if (region !== undefined) checkRegion(region);
  const found = findRegion({ region, profile, env, files: await readAwsFiles(env, home) });
  if (found.source === 'default') {
    throw new ContextsError('HAWSER_AWS_REGION_MISSING', `No AWS region is set for the cluster ${cluster}.`);
  }
  const credentials = await sdkCredentials({ profile, env, requestHandler });
  const session = { credentials, region: found.region, endpointUrl, requestHandler, timeoutMs: TIMEOUT_MS, signal };
  return describeCluster(session, cluster);
}

import { type AwsSession, callAws, clientConfig } from '../aws/aws-call.js';
import { ContextsError } from '../errors.js';
import { partitionOf } from './sts-host.js';

/** What DescribeCluster says, as far as anybody here asks. */
export interface EksCluster {
  readonly name: string;
  readonly arn: string;
  readonly version: string;
  readonly platformVersion: string;
  /** CREATING, ACTIVE, DELETING, FAILED, UPDATING or PENDING. */
  readonly status: string;
  /** Empty while it is being created. */
  readonly endpoint: string;
  /** Base64 of the PEM, as the API answers it; empty while the cluster is being created. */
  readonly certificateAuthority: string;
  readonly vpcId?: string | undefined;
  readonly endpointPublicAccess: boolean;
  readonly endpointPrivateAccess: boolean;
  readonly publicAccessCidrs: readonly string[];
  /** API, API_AND_CONFIG_MAP or CONFIG_MAP. */
  readonly authenticationMode?: string | undefined;
  readonly oidcIssuer?: string | undefined;
  readonly healthIssues: readonly { readonly code: string; readonly message: string }[];
  readonly upgradePolicy?: string | undefined;
  readonly deletionProtection?: boolean | undefined;
  /** Of a local cluster on an Outpost. */
  readonly outpostId?: string | undefined;
}

/**
 * Asks EKS for a cluster.
 *
 * @throws ContextsError `HAWSER_AWS_CLUSTER_NOT_FOUND`, and what every call raises; see `callAws`.
 */
export async function describeCluster(
  session: AwsSession & { readonly account?: string | undefined },
  name: string,
): Promise<EksCluster> {
  const { EKSClient, DescribeClusterCommand } = await import('@aws-sdk/client-eks');
  const client = new EKSClient(clientConfig(session));
  const resource = `arn:${partitionOf(session.region)}:eks:${session.region}:${session.account ?? '*'}:cluster/${name}`;
  try {
    const { cluster = {} } = await callAws(session, { action: 'eks:DescribeCluster', resource }, (abortSignal) =>
      client.send(new DescribeClusterCommand({ name }), { abortSignal }),
    );
    const network = cluster.resourcesVpcConfig ?? {};
    return {
      name: cluster.name ?? name,
      arn: cluster.arn ?? resource,
      version: cluster.version ?? '',
      platformVersion: cluster.platformVersion ?? '',
      status: cluster.status ?? 'PENDING',
      endpoint: cluster.endpoint ?? '',
      certificateAuthority: cluster.certificateAuthority?.data ?? '',
      vpcId: network.vpcId,
      endpointPublicAccess: network.endpointPublicAccess ?? false,
      endpointPrivateAccess: network.endpointPrivateAccess ?? false,
      publicAccessCidrs: network.publicAccessCidrs ?? [],
      authenticationMode: cluster.accessConfig?.authenticationMode,
      oidcIssuer: cluster.identity?.oidc?.issuer,
      healthIssues: (cluster.health?.issues ?? []).map(({ code = '', message = '' }) => ({ code, message })),
      upgradePolicy: cluster.upgradePolicy?.supportType,
      deletionProtection: cluster.deletionProtection,
      outpostId: cluster.outpostConfig === undefined ? undefined : cluster.id,
    };
  } catch (error) {
    const { details } = error as Partial<ContextsError>;
    if (details?.['awsCode'] !== 'ResourceNotFoundException') throw error;
    throw new ContextsError(
      'HAWSER_AWS_CLUSTER_NOT_FOUND',
      `There is no EKS cluster ${name} in ${session.region}${session.account === undefined ? '' : ` of ${session.account}`}`,
      { details: { cluster: name, region: session.region }, cause: error },
    );
  } finally {
    client.destroy();
  }
}

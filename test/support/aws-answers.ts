import type { AskedOfAws, AwsAnswer } from './aws-stand-in.js';

/** A cluster, as DescribeCluster answers. */
export interface ClusterAnswer {
  readonly endpoint: string;
  readonly caPem: string;
  readonly status?: string;
  readonly isPublic?: boolean;
  readonly issuer?: string;
  readonly authenticationMode?: string;
  readonly publicAccessCidrs?: readonly string[];
  readonly issues?: readonly { readonly code: string; readonly message: string }[];
}

export function clusterAnswer(cluster: ClusterAnswer): AwsAnswer {
  const { endpoint, caPem, status = 'ACTIVE', isPublic = true, issuer, authenticationMode = 'API' } = cluster;
  return {
    body: JSON.stringify({
      cluster: {
        name: 'staging',
        arn: 'arn:aws:eks:eu-west-1:123456789012:cluster/staging',
        version: '1.34',
        platformVersion: 'eks.7',
        status,
        endpoint,
        certificateAuthority: { data: Buffer.from(caPem).toString('base64') },
        resourcesVpcConfig: {
          vpcId: 'vpc-1',
          endpointPublicAccess: isPublic,
          endpointPrivateAccess: true,
          publicAccessCidrs: cluster.publicAccessCidrs ?? ['0.0.0.0/0'],
        },
        accessConfig: { authenticationMode },
        ...(issuer === undefined ? {} : { identity: { oidc: { issuer } } }),
        health: { issues: cluster.issues ?? [] },
        upgradePolicy: { supportType: 'STANDARD' },
        deletionProtection: true,
      },
    }),
  };
}

/** Answers of IAM, in the query protocol. */
export function iamAnswers(options: {
  readonly providers: Readonly<Record<string, readonly string[]>>;
  readonly trustPolicy?: object;
}): (asked: AskedOfAws) => AwsAnswer | undefined {
  return ({ action, parameters }) => {
    if (action === 'ListOpenIDConnectProviders') {
      const items = Object.keys(options.providers).map((arn) => `<member><Arn>${arn}</Arn></member>`);
      return { body: result(action, `<OpenIDConnectProviderList>${items.join('')}</OpenIDConnectProviderList>`) };
    }
    if (action === 'GetOpenIDConnectProvider') {
      const ids = options.providers[parameters.get('OpenIDConnectProviderArn') ?? ''] ?? [];
      return {
        body: result(action, `<ClientIDList>${ids.map((id) => `<member>${id}</member>`).join('')}</ClientIDList>`),
      };
    }
    if (action !== 'GetRole') return undefined;
    const policy = encodeURIComponent(JSON.stringify(options.trustPolicy ?? {}));
    const name = parameters.get('RoleName') ?? '';
    return {
      body: result(
        action,
        `<Role><RoleName>${name}</RoleName><Arn>arn:aws:iam::123456789012:role/${name}</Arn><Path>/</Path><RoleId>AROA</RoleId><CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>${policy}</AssumeRolePolicyDocument></Role>`,
      ),
    };
  };
}

function result(action: string, inner: string): string {
  return `<${action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><${action}Result>${inner}</${action}Result></${action}Response>`;
}
